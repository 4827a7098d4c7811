"""Compares what a book did with what was recorded, and says honestly where and why they differ."""

from __future__ import annotations

import bisect
from collections import Counter, defaultdict, deque
from collections.abc import Callable
from typing import NamedTuple

from engine.vocabulary.codes import BUY, SELL
from engine.vocabulary.limits import NS_PER_SECOND
from loadtest.flow.format import BookSeen, Levels, Recording, TradeSeen

TRADE_WINDOW_NS = 5 * NS_PER_SECOND
"""A trade of ours is that of the recording if price and quantity agree and the times are this close."""
# Recorded books are published apart from the order events: ours may agree with one a little earlier or later.
BOOK_WINDOW_NS = 3 * NS_PER_SECOND
DEPTHS = (1, 5, 10, 20)
DEEPEST = max(DEPTHS)
REASON_DEPTH = 10
"""The depth at which the reasons for differing books are counted."""

EARLIER_OR_LATER = "the same book stood within 3 s: published earlier or later than the order events"
TRADED_DIFFERENTLY = "a trade at this price came out differently"
NOT_ENDED = "an order whose end the recording does not carry stands here"
BEYOND_OPENING = "rested before the recording began, deeper than its first published book"
UNEXPLAINED = "no cause visible in the recording"
OTHER_QUANTITY = "our trade at this price and time has another quantity"
NO_TRADE = "no trade of ours at this price and time"


class TradeMade(NamedTuple):
    """A trade of ours; `maker` is the reference of the resting order."""

    time_ns: int
    price_ticks: int
    quantity_lots: int
    maker: str


class Difference(NamedTuple):
    """The first level, from the touch outwards, at which a recorded book is not ours; `lots` is recorded less ours."""

    side: int
    price_ticks: int
    lots: int


class BookComparison:
    """Counts the recorded books that ours equals, at several depths."""

    def __init__(self, recording: Recording) -> None:
        self.recording = recording
        self.depth = recording.depth or DEEPEST
        """Deeper than the recorded books show, nothing is compared."""
        self.skip = recording.books_used
        self.compared = 0
        self.best_price = 0
        self.agree: Counter[int] = Counter()
        self.agree_at_reason_depth = 0
        self.open: deque[tuple[BookSeen, Difference]] = deque()
        self.history: deque[tuple[int, Levels, Levels]] = deque()
        self.differences: list[Difference] = []
        self.earlier_or_later = 0

    def moved(self, time_ns: int, levels: Callable[[int, int], Levels]) -> None:
        """Note the state of our book after an action; `levels(side, depth)` reads it."""
        depth = min(REASON_DEPTH, self.depth)
        bids, asks = levels(BUY, depth), levels(SELL, depth)
        history = self.history
        history.append((time_ns, bids, asks))
        while history[0][0] < time_ns - BOOK_WINDOW_NS:
            history.popleft()
        while self.open and self.open[0][0].time_ns < time_ns - BOOK_WINDOW_NS:
            self.differences.append(self.open.popleft()[1])
        for waiting in tuple(self.open):
            if _agrees(waiting[0], bids, asks, REASON_DEPTH):
                self.earlier_or_later += 1
                self.open.remove(waiting)

    def seen(self, book: BookSeen, levels: Callable[[int, int], Levels]) -> None:
        """Compare a recorded book with ours as it stands."""
        if self.skip:
            self.skip -= 1
            return
        self.compared += 1
        depth = min(DEEPEST, self.depth)
        bids, asks = levels(BUY, depth), levels(SELL, depth)
        self.best_price += _prices(bids[:1] + asks[:1]) == _prices(book.bids[:1] + book.asks[:1])
        for depth in DEPTHS:
            if depth <= self.depth:
                self.agree[depth] += _agrees(book, bids, asks, depth)
        if _agrees(book, bids, asks, REASON_DEPTH):
            self.agree_at_reason_depth += 1
            return
        recent = any(_agrees(book, earlier[1], earlier[2], REASON_DEPTH) for earlier in self.history)
        if recent:
            self.earlier_or_later += 1
        else:
            self.open.append((book, _first_difference(book, bids, asks)))

    def reasons(self, traded_differently: set[int]) -> Counter[str]:
        """Why recorded books differ at ten levels, each by its first differing level."""
        counts: Counter[str] = Counter()
        if self.earlier_or_later:
            counts[EARLIER_OR_LATER] = self.earlier_or_later
        for difference in [*self.differences, *(difference for _, difference in self.open)]:
            counts[self._reason(difference, traded_differently)] += 1
        return counts

    def _reason(self, difference: Difference, traded_differently: set[int]) -> str:
        side, price, lots = difference
        if price in traded_differently:
            return TRADED_DIFFERENTLY
        if (side, price) in self.recording.unfinished:
            return NOT_ENDED
        deepest = self.recording.seen_depth[side]
        if lots > 0 and (price < deepest if side == BUY else price > deepest):
            return BEYOND_OPENING
        return UNEXPLAINED


def _prices(levels: Levels) -> list[int]:
    return [price for price, _ in levels]


def _agrees(book: BookSeen, bids: Levels, asks: Levels, depth: int) -> bool:
    return book.bids[:depth] == bids[:depth] and book.asks[:depth] == asks[:depth]


def _first_difference(book: BookSeen, bids: Levels, asks: Levels) -> Difference:
    """The differing level nearest to the touch; bids first if both sides differ at the same rank."""
    found: list[tuple[int, Difference]] = []
    for side, recorded, ours in ((BUY, book.bids, bids), (SELL, book.asks, asks)):
        for rank in range(REASON_DEPTH):
            theirs = recorded[rank] if rank < len(recorded) else None
            mine = ours[rank] if rank < len(ours) else None
            if theirs == mine:
                continue
            # Of two different prices the better one is the level that only one book has.
            if mine is None or (theirs is not None and _better(side, theirs[0], mine[0])):
                assert theirs is not None
                found.append((rank, Difference(side, theirs[0], theirs[1])))
            elif theirs is None or _better(side, mine[0], theirs[0]):
                found.append((rank, Difference(side, mine[0], -mine[1])))
            else:
                found.append((rank, Difference(side, mine[0], theirs[1] - mine[1])))
            break
    return min(found)[1]


def _better(side: int, price: int, other: int) -> bool:
    return price > other if side == BUY else price < other


class TradeComparison(NamedTuple):
    """Recorded trades and ours, matched one to one."""

    recorded: int
    made: int
    equal: int
    """Equal in price and quantity, wherever they happened."""
    equal_in_time: int
    """Equal and within five seconds of each other."""
    equal_maker: int
    """Of these, with the same resting order (where the recording names it)."""
    makers_known: int
    reasons: Counter[str]
    """Why the others have no trade of ours within five seconds."""
    made_otherwise: int
    """Trades of ours that were not recorded."""
    differing_prices: set[int]


def compare_trades(recording: Recording, made: list[TradeMade]) -> TradeComparison:
    """Match recorded trades with ours, each at most once, the nearest in time first. O(n log n)."""
    recorded = [action for action in recording.actions if type(action) is TradeSeen]
    by_content: defaultdict[tuple[int, int], list[int]] = defaultdict(list)
    for place, trade in enumerate(made):
        by_content[trade.price_ticks, trade.quantity_lots].append(place)
    times_at: defaultdict[int, list[int]] = defaultdict(list)
    for trade in made:
        times_at[trade.price_ticks].append(trade.time_ns)
    taken: set[int] = set()
    reasons: Counter[str] = Counter()
    equal_maker = 0
    differing: set[int] = set()
    for seen in recorded:
        nearest = _nearest(seen, by_content[seen.price_ticks, seen.quantity_lots], made, taken)
        if nearest is None:
            differing.add(seen.price_ticks)
            reasons[seen.note or _trade_reason(seen, times_at[seen.price_ticks])] += 1
            continue
        taken.add(nearest)
        equal_maker += bool(seen.maker) and made[nearest].maker == seen.maker
    differing.update(trade.price_ticks for place, trade in enumerate(made) if place not in taken)
    ours = Counter((trade.price_ticks, trade.quantity_lots) for trade in made)
    theirs = Counter((trade.price_ticks, trade.quantity_lots) for trade in recorded)
    return TradeComparison(
        len(recorded),
        len(made),
        (ours & theirs).total(),
        len(taken),
        equal_maker,
        sum(bool(seen.maker) for seen in recorded),
        reasons,
        len(made) - len(taken),
        differing,
    )


def _nearest(seen: TradeSeen, candidates: list[int], made: list[TradeMade], taken: set[int]) -> int | None:
    """The nearest trade of ours not matched yet, by preference with the recorded maker."""
    free = [place for place in candidates if place not in taken]
    near = [place for place in free if abs(made[place].time_ns - seen.time_ns) <= TRADE_WINDOW_NS]
    if not near:
        return None
    return min(near, key=lambda place: (made[place].maker != seen.maker, abs(made[place].time_ns - seen.time_ns)))


def _trade_reason(seen: TradeSeen, times_ns: list[int]) -> str:
    """Why a recorded trade has no counterpart, from our trades at its price (times in order)."""
    at = bisect.bisect_left(times_ns, seen.time_ns - TRADE_WINDOW_NS)
    near = at < len(times_ns) and times_ns[at] <= seen.time_ns + TRADE_WINDOW_NS
    return OTHER_QUANTITY if near else NO_TRADE
