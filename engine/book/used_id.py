"""What client order ids stand for, and for how long: until the trading day ends, or the order does that has one."""

from __future__ import annotations

from mypy_extensions import mypyc_attr

from engine.vocabulary.said import Said


@mypyc_attr(acyclic=True)
class UsedId:
    """What a client order id was used for. Kept until the day ends: a request sent again is answered, never done twice (P5)."""

    @property
    def has_ended(self) -> bool:
        """Whether its id is free again when the day ends."""
        return True

    @property
    def used_for(self) -> Said:
        """What it was, for people."""
        raise NotImplementedError


class UsedIds:
    """The client order ids of one account. Most of what has ended is there as a few bytes (`engine/book/kept.py`)."""

    day: int = -1
    """The trading day that `current` is of; an account that does nothing stays in an earlier one."""
    noted_day: int = -1
    """The last day for which the account is noted as one that has ids."""
    count: int = 0
    """Ids that are kept for the day: those used in it, and those of orders that were open when it began."""

    def __init__(self) -> None:
        self.current: dict[str, UsedId | bytes] = {}
        self.former: dict[str, UsedId | bytes] = {}
        """What earlier days have left, swept bit by bit: of it only open orders count."""

    def find(self, client_order_id: str) -> UsedId | bytes | None:
        """What an id stands for; None: it is free. The day must have begun."""
        found = self.current.get(client_order_id)
        if found is not None or not self.former:
            return found
        found = self.former.get(client_order_id)
        return found if found is not None and _is_open(found) else None

    def bring(self, client_order_id: str, order: UsedId) -> None:
        """Bring the id of an order into the day, if it is one from before: it ends now. O(1).

        An order of the day may have the id of one that ended before.
        """
        if self.former.get(client_order_id) is order:
            del self.former[client_order_id]
            self.current[client_order_id] = order

    def keep(self, client_order_id: str, kept: bytes) -> None:
        """Use an id up for what ends at once. O(1)."""
        self.current[client_order_id] = kept
        self.count += 1

    def open(self, client_order_id: str, used: UsedId) -> None:
        """Use an id up for what has not ended. O(1)."""
        self.current[client_order_id] = used
        self.count += 1

    def shrink(self, client_order_id: str, kept: bytes) -> None:
        """Let a few bytes stand for what has ended. O(1)."""
        self.current[client_order_id] = kept

    def begin_day(self, day: int, opened: int) -> None:
        """Let the ids of an earlier day be free but for those of so many open orders. O(1), if what was left then has been swept."""
        if self.former:
            self.former.update(self.current)
        else:
            self.former = self.current
        self.current = {}
        self.day = day
        self.count = opened

    def sweep(self, most: int) -> int:
        """Forget up to `most` ids of earlier days, and move those of open orders to the others; returns how many."""
        former = self.former
        swept = 0
        while former and swept < most:
            client_order_id, used = former.popitem()
            swept += 1
            if _is_open(used):
                self.current[client_order_id] = used
        if not former:
            # An empty dictionary keeps the room that it had.
            self.former = {}
        return swept

    def entries(self, day: int) -> list[tuple[str, UsedId | bytes]]:
        """All ids that are not free on a day, and what they stand for. O(ids)."""
        current = [(name, used) for name, used in self.current.items() if self.day == day or _is_open(used)]
        return [(name, used) for name, used in self.former.items() if _is_open(used)] + current

    def check(self, day: int) -> tuple[int, int]:
        """Assert that the counts are those of the ids; returns how many are not free on a day, and will be when it ends. O(ids)."""
        entries = self.entries(day)
        ended = sum([not _is_open(used) for _, used in entries])
        assert self.day != day or len(entries) == self.count, "ids are counted wrong"
        return (len(entries), ended)


def _is_open(used: UsedId | bytes) -> bool:
    return not isinstance(used, bytes) and not used.has_ended
