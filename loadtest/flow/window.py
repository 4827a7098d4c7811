"""What a LOBSTER recording shows of the book: a window of so many levels a side, and nothing of what happens outside.

The message file has no event of a level that is not in the window then. So when a level comes into it, orders may stand there
that no message entered, and orders that stood there may be gone. The row of the order book file says how much there is, and the
messages until the level leaves again say of which orders something is taken: those are there, in the order of their ids, which
are given in the order of entry. Of the rest nothing is ever heard: it is one order behind them. From there on the level is only
compared.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Iterator
from typing import Final, NamedTuple

from engine.vocabulary.codes import BUY, SELL, SIDES
from loadtest.flow.format import Enter, Levels, Order, Recording, Reduce, Withdraw

NEW, PARTIAL_CANCEL, DELETION, VISIBLE, HIDDEN, CROSS, HALT = range(1, 8)
OF_ORDERS: Final = (PARTIAL_CANCEL, DELETION, VISIBLE)
"""The types of messages that take something off a resting order."""
CAME_IN: Final = "levels that came into the recorded window with other orders than were seen there"
UNSEEN: Final = "messages about an order outside the recorded window"
REST: Final = 0
"""The id of what is in a level and is never named."""

Window = tuple[Levels, Levels]
"""Bids and asks, as a row of the order book file shows them."""


class Message(NamedTuple):
    """One row of the message file; `side` is that of the resting order."""

    time_ns: int
    kind: int
    order_id: int
    lots: int
    price_ticks: int
    side: int


def last_of_group(rows: list[Message], place: int) -> int:
    """The last row of the aggressive order that begins at a row: executions of one moment on one side. Else the row itself."""
    row = rows[place]
    while row.kind == VISIBLE and place + 1 < len(rows):
        following = rows[place + 1]
        if (following.kind, following.time_ns, following.side) != (VISIBLE, row.time_ns, row.side):
            break
        place += 1
    return place


class Resting:
    """An order of ours that rests."""

    def __init__(self, reference: str, order_id: int, lots: int) -> None:
        self.reference: Final = reference
        self.order_id: Final = order_id
        self.lots = lots


class WindowedBook:
    """The book as the messages make it, order by order, and what has to be made up as the window moves.

    Args:
        recording: where it is counted what was made up.
        rows: all messages.
        books: bids and asks after each of them; none: nothing was recorded.
    """

    def __init__(self, recording: Recording, rows: list[Message], books: list[Window]) -> None:
        self._recording: Final = recording
        self._books: Final = books
        self._levels: Final[tuple[dict[int, list[Resting]], ...]] = ({}, {})
        """By side and price: the orders there, the first to trade first."""
        self._outside: Final[tuple[dict[int, None], ...]] = ({}, {})
        """By side: the prices outside the window at which orders of ours stand."""
        self._orders: Final[dict[int, Resting]] = {}
        """By id."""
        self._times_entered: Final[defaultdict[int, int]] = defaultdict(int)
        self._created: Final = {row.order_id: place for place, row in enumerate(rows) if row.kind == NEW}
        self._named: Final[defaultdict[tuple[int, int], list[tuple[int, int, int]]]] = defaultdict(list)
        """By side and price: the messages that take something off an order: place, id, lots."""
        self._still_named: Final[defaultdict[int, int]] = defaultdict(int)
        """By id: how much messages will still take off it."""
        self._leaves: Final[defaultdict[tuple[int, int], list[int]]] = defaultdict(list)
        """By side and price: the places after which it is in the window no longer."""
        for place, row in enumerate(rows):
            if row.kind in OF_ORDERS:
                self._named[row.side, row.price_ticks].append((place, row.order_id, row.lots))
                self._still_named[row.order_id] += row.lots
        place = last_of_group(rows, 0)
        while books and place + 1 < len(rows):
            before, place = place, last_of_group(rows, place + 1)
            for side in (BUY, SELL):
                now = {price_ticks for price_ticks, _ in books[place][side]}
                for price_ticks, _ in books[before][side]:
                    if price_ticks not in now:
                        self._leaves[side, price_ticks].append(place)

    def reference(self, order_id: int) -> str:
        """What our order is called that stands for a recorded one; its id if there is none."""
        order = self._orders.get(order_id)
        return order.reference if order is not None else str(order_id)

    def open(self, first: list[Message]) -> Iterator[Enter]:
        """The orders that stood before the first messages, from the row of the order book file after them."""
        shown = self._books[len(first) - 1]
        before = (dict(shown[BUY]), dict(shown[SELL]))
        for message in first:
            if message.kind in (NEW, *OF_ORDERS):
                level = before[message.side]
                change = message.lots if message.kind == NEW else -message.lots
                level[message.price_ticks] = level.get(message.price_ticks, 0) - change
        for side in (BUY, SELL):
            for price_ticks, lots in before[side].items():
                until = None if price_ticks in dict(shown[side]) else len(first) - 1
                for order_id, size in self._wanted(-1, (side, price_ticks), lots, until=until):
                    yield self._enter(first[0].time_ns, (side, price_ticks), order_id, size)

    def open_all(self, time_ns: int) -> Iterator[Enter]:
        """The orders that stood before the first message, where there is no order book file: all that are ever named."""
        places: dict[int, tuple[int, int]] = {}
        for place, named in self._named.items():
            for _, order_id, _ in named:
                if order_id not in self._created:
                    places[order_id] = place
        for order_id, place in sorted(places.items()):
            yield self._enter(time_ns, place, order_id, self._still_named[order_id])

    def take(self, message: Message, before: int, place: int) -> Iterator[Order]:
        """Follow a message about an order; what it asks for, execution apart, and what has to be made up before it.

        Args:
            message: of a type from `NEW` to `VISIBLE`.
            before: which row of the order book file stands before it.
            place: its own.
        """
        where = message.side, message.price_ticks
        if message.kind == NEW:
            if self._books:
                recorded = dict(self._books[place][message.side]).get(message.price_ticks)
                if recorded is None:
                    self._outside[message.side][message.price_ticks] = None
                elif message.price_ticks not in dict(self._books[before][message.side]):
                    # Who stood there unseen stands before it.
                    self._outside[message.side].pop(message.price_ticks, None)
                    yield from self._settle(
                        message.time_ns, place, where, recorded - message.lots, new=message.order_id
                    )
            yield self._enter(message.time_ns, where, message.order_id, message.lots)
            return
        self._still_named[message.order_id] -= message.lots
        order = self._orders.get(message.order_id)
        if order is None:
            self._recording.left_out[UNSEEN] += 1
        elif message.kind == DELETION:
            yield self._withdraw(message.time_ns, where, order)
        elif message.kind == VISIBLE or message.lots >= order.lots:
            self._shrink(where, order, message.lots)
            if message.kind == PARTIAL_CANCEL:
                yield Withdraw(message.time_ns, order.reference)
        else:
            self._shrink(where, order, message.lots)
            yield Reduce(message.time_ns, order.reference, message.lots)

    def move(self, time_ns: int, before: int, place: int) -> Iterator[Order]:
        """Make up what differs in levels that came into the window between two rows of the order book file."""
        for side in (BUY, SELL):
            shown, now = dict(self._books[before][side]), dict(self._books[place][side])
            if shown.keys() == now.keys():
                continue
            outside = self._outside[side]
            worst = next(reversed(now), None) if len(now) >= self._recording.depth else None
            for price_ticks in shown:
                if price_ticks not in now and worst is not None and _is_worse(side, price_ticks, worst):
                    outside[price_ticks] = None
            for price_ticks, lots in now.items():
                if price_ticks not in shown:
                    outside.pop(price_ticks, None)
                    yield from self._settle(time_ns, place, (side, price_ticks), lots)
            for price_ticks in list(outside):
                if worst is None or not _is_worse(side, price_ticks, worst):
                    # The window has come over it, and shows nothing there.
                    del outside[price_ticks]
                    yield from self._settle(time_ns, place, (side, price_ticks), 0)

    def _settle(
        self, time_ns: int, place: int, where: tuple[int, int], lots: int, *, new: int = REST
    ) -> Iterator[Order]:
        """Bring a level to what is recorded of it: the orders that are named until it leaves, and one for the rest.

        An order that is `new` is not in it yet.
        """
        wanted = self._wanted(place, where, lots, new=new)
        level = self._levels[where[0]].get(where[1], [])
        kept = 0
        while kept < min(len(level), len(wanted)) and (level[kept].order_id, level[kept].lots) == wanted[kept]:
            kept += 1
        if kept == len(level) == len(wanted):
            return
        self._recording.used[CAME_IN] += 1
        for order in list(level[kept:]):
            yield self._withdraw(time_ns, where, order)
        for order_id, size in wanted[kept:]:
            yield self._enter(time_ns, where, order_id, size)

    def _wanted(
        self, place: int, where: tuple[int, int], lots: int, *, new: int = REST, until: int | None = None
    ) -> list[tuple[int, int]]:
        """Ids and lots of what is in a level after a message, if it has so many lots; `until` when it stays in the window."""
        if not lots:
            return []
        leaves, named = self._leaves[where], self._named[where]
        if until is None:
            at = bisect_right(leaves, max(place, 0))
            until = leaves[at] if at < len(leaves) else len(self._books)
        sizes: dict[int, int] = {}
        for _, order_id, taken in named[bisect_left(named, (place + 1,)) : bisect_left(named, (until + 1,))]:
            if order_id != new and self._created.get(order_id, -1) <= place:
                sizes[order_id] = sizes.get(order_id, 0) + taken
        rest = lots - sum(sizes.values())
        for order_id in sorted(sizes):
            more = max(min(rest, self._still_named[order_id] - sizes[order_id]), 0)
            sizes[order_id] += more
            rest -= more
        found = sorted(sizes.items())
        return [*found, (REST, rest)] if rest > 0 else found

    def _enter(self, time_ns: int, where: tuple[int, int], order_id: int, lots: int) -> Enter:
        """Let an order rest. Each time it is another one of ours: a venue takes an id once."""
        self._times_entered[order_id] += 1
        times = self._times_entered[order_id]
        if order_id == REST:
            reference = f"found-{SIDES[where[0]]}-{where[1]}-{times}"
        else:
            reference = str(order_id) if times == 1 else f"{order_id}-{times}"
        order = Resting(reference, order_id, lots)
        self._levels[where[0]].setdefault(where[1], []).append(order)
        if order_id != REST:
            self._orders[order_id] = order
        return Enter(time_ns, reference, where[0], where[1], lots)

    def _withdraw(self, time_ns: int, where: tuple[int, int], order: Resting) -> Withdraw:
        self._shrink(where, order, order.lots)
        return Withdraw(time_ns, order.reference)

    def _shrink(self, where: tuple[int, int], order: Resting, lots: int) -> None:
        order.lots -= lots
        if order.lots <= 0:
            level = self._levels[where[0]][where[1]]
            level.remove(order)
            if not level:
                del self._levels[where[0]][where[1]]
            self._orders.pop(order.order_id, None)


def _is_worse(side: int, price: int, other: int) -> bool:
    return price < other if side == BUY else price > other
