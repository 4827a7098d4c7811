"""What client order ids stand for, and for how long: until the trading day ends, or the order does that has one."""

from __future__ import annotations


class UsedId:
    """What a client order id was used for. Kept until the day ends: a request sent again is answered, never done twice (P5)."""

    @property
    def used_for(self) -> str:
        """What it was, for people."""
        raise NotImplementedError


class UsedIds:
    """The client order ids of one account: an open order by itself, all that has ended as a few bytes (`engine/book/kept.py`)."""

    day: int = -1
    """The trading day that `current` is of; an account that does nothing stays in an earlier one."""
    noted_day: int = -1
    """The last day for which the account is noted as one that has ids."""
    count: int = 0
    """Ids that are kept for the day: those used in it, and those of orders that were open when it began."""
    ended: int = 0
    """Those of them whose orders have ended; they are free again when the day ends."""

    def __init__(self) -> None:
        self.current: dict[str, UsedId | bytes] = {}
        self.former: dict[str, UsedId | bytes] = {}
        """What earlier days have left: nothing but its open orders counts; swept bit by bit."""

    def find(self, client_order_id: str) -> UsedId | bytes | None:
        """What an id stands for; None: it is free. The day must have begun."""
        found = self.current.get(client_order_id)
        return self.open_before(client_order_id) if found is None and self.former else found

    def open_before(self, client_order_id: str) -> UsedId | None:
        """The open order of an earlier day that has an id, if it has not been swept yet."""
        found = self.former.get(client_order_id)
        return None if isinstance(found, bytes) else found

    def take(self, client_order_id: str, used: UsedId) -> None:
        """Use an id up for an order. O(1)."""
        self.current[client_order_id] = used
        self.count += 1

    def end(self, client_order_id: str, kept: bytes) -> None:
        """Keep of an order that has ended what later answers need. O(1)."""
        self.current[client_order_id] = kept
        self.ended += 1
        if self.former:
            self.former.pop(client_order_id, None)

    def correct(self, client_order_id: str, kept: bytes) -> None:
        """Put right what is kept of an order that has ended."""
        self.current[client_order_id] = kept

    def begin_day(self, day: int) -> None:
        """Let the ids of an earlier day be free but for those of open orders. O(1), if what the day before left has been swept."""
        if self.former:
            self.former.update(self.current)
        else:
            self.former = self.current
        self.current = {}
        self.day = day
        self.count -= self.ended
        self.ended = 0

    def sweep(self, most: int) -> int:
        """Forget up to `most` ids of earlier days, and move those of open orders to the others; returns how many."""
        former = self.former
        swept = 0
        while former and swept < most:
            client_order_id, used = former.popitem()
            swept += 1
            if not isinstance(used, bytes):
                self.current[client_order_id] = used
        if not former:
            # An empty dictionary keeps the room that it had.
            self.former = {}
        return swept

    def entries(self, day: int) -> list[tuple[str, UsedId | bytes]]:
        """All ids that are not free on a day, and what they stand for. O(ids)."""
        former = [(name, used) for name, used in self.former.items() if not isinstance(used, bytes)]
        current = [
            (name, used) for name, used in self.current.items() if self.day == day or not isinstance(used, bytes)
        ]
        return former + current
