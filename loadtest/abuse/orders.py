"""Ingredients that are orders: each adds so many of one kind to the venue, in a place where none of them trades yet."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from engine.vocabulary.codes import (
    AT_OPEN,
    BUY,
    DAY,
    GTD,
    ICEBERG,
    MARKET,
    PEG_MID,
    PEG_OPPOSITE,
    PEG_OWN,
    PEGGED,
    SELL,
    STOP,
    STOP_LIMIT,
    TRAILING_STOP,
)
from engine.vocabulary.limits import MAX_QUOTES_PER_SIDE
from engine.vocabulary.messages.commands import MassQuote, NewBracket, NewOrderPair
from loadtest.abuse.desk import (
    ASK,
    BID,
    BOOK,
    CALL_BOOK,
    DUE_NS,
    LOT_E8,
    NEAR_ASK,
    NEAR_BID,
    OTHER_BOOK,
    RICH,
    SERIES,
    SHARED_BOOK,
    TICK_E8,
    Desk,
)

Add = Callable[[Desk, int], None]
"""Adds so many of an ingredient to a venue."""

# Limits of pegs: just short of what expires on the other side.
PEG_BUY_LIMIT: Final = 10_099
PEG_SELL_LIMIT: Final = 9_901
UP: Final = 1
DOWN: Final = -1
LEVEL: Final = 0


def _orders(instrument: str, side: int, price: int, step: int = LEVEL, **terms: Any) -> Add:
    """Orders of one side, a step in ticks from one to the next, with further terms."""

    def add(desk: Desk, size: int) -> None:
        for number, account in desk.in_turn(size):
            # Without a limit the price is 0.
            desk.enter(account, instrument, side, price and max(price + number * step, 1), **terms)

    return add


def _by_sellers(instrument: str, price: int, step: int = LEVEL, **terms: Any) -> Add:
    """Sells of owners who have no buys."""

    def add(desk: Desk, size: int) -> None:
        for number in range(size):
            account = desk.sellers[number % len(desk.sellers)]
            desk.enter(account, instrument, SELL, price + number * step, **terms)

    return add


def _pegs(side: int, peg: int, offset: int = 0, step: int = LEVEL) -> Add:
    """Pegged orders, each a step further from what they follow."""
    limit = PEG_BUY_LIMIT if side == BUY else PEG_SELL_LIMIT

    def add(desk: Desk, size: int) -> None:
        for number in range(size):
            ticks = offset + number * step
            desk.enter(desk.next_pegger(), BOOK, side, limit, kind=PEGGED, peg=peg, peg_offset_e8=ticks * TICK_E8)

    return add


def _stops(side: int, price: int, step: int = LEVEL, instrument: str = BOOK, **terms: Any) -> Add:
    """Stops that become market orders, a step in ticks from one to the next."""

    def add(desk: Desk, size: int) -> None:
        for number, account in desk.in_turn(size):
            stop_e8 = (price + number * step) * TICK_E8
            desk.enter(account, instrument, side, 0, kind=STOP, stop_price_e8=stop_e8, **terms)

    return add


def _stop_limits(desk: Desk, size: int) -> None:
    """Stops that become bids, each better than the one before."""
    for number, account in desk.in_turn(size):
        desk.enter(account, BOOK, BUY, BID + 1 + number, kind=STOP_LIMIT, stop_price_e8=ASK * TICK_E8)


def _pairs(side: int, limit: int, step: int, stop: int) -> Add:
    """Pairs: a limit order a step from the one before, and a stop that all have at one price."""

    def add(desk: Desk, size: int) -> None:
        for number, account in desk.in_turn(size):
            first = desk.order(account, BOOK, side, max(limit + number * step, 1))
            second = desk.order(account, BOOK, side, 0, kind=STOP, stop_price_e8=stop * TICK_E8)
            desk.send(NewOrderPair(account, account, first, second))

    return add


def _brackets(desk: Desk, size: int) -> None:
    """Brackets whose entries rest a tick apart."""
    for number, account in desk.in_turn(size):
        entry = desk.order(account, BOOK, BUY, max(BID - number, 1))
        profit = desk.order(account, BOOK, SELL, 12_000)
        stop = desk.order(account, BOOK, SELL, 0, kind=STOP, stop_price_e8=BID * TICK_E8)
        desk.send(NewBracket(account, account, entry, profit, stop))


def _quotes(desk: Desk, size: int) -> None:
    """Bids in ladders of mass quotes, each of a firm of its own."""
    for first in range(0, size, MAX_QUOTES_PER_SIDE):
        account = desk.name("quoter-")
        desk.open_firm(account, RUB=RICH, BTC=RICH)
        ladder = [((BID - number) * TICK_E8, LOT_E8) for number in range(min(MAX_QUOTES_PER_SIDE, size - first))]
        desk.send(MassQuote(account, account, "q", BOOK, tuple(ladder), ()))


def _lots(instrument: str, side: int, price: int) -> Add:
    """One iceberg of so many lots that shows one at a time."""

    def add(desk: Desk, size: int) -> None:
        if size:
            desk.enter(desk.makers[0], instrument, side, price, size, kind=ICEBERG, display_e8=LOT_E8)

    return add


def _reducing(lots: int) -> Add:
    """Reduce-only sells of long positions, at one price."""

    def add(desk: Desk, size: int) -> None:
        for account in desk.makers:
            desk.take_position(account, 100_000)
        for _, account in desk.in_turn(size):
            desk.enter(account, SERIES, SELL, ASK + 500, lots, reduce_only=True)

    return add


ORDERS: Final[dict[str, tuple[str, Add]]] = {
    "pegs/own": ("bids pegged to the best bid", _pegs(BUY, PEG_OWN)),
    "pegs/own sells": ("asks pegged to the best ask", _pegs(SELL, PEG_OWN)),
    "pegs/mid": ("bids pegged to the middle", _pegs(BUY, PEG_MID)),
    "pegs/opposite": ("bids pegged below the best ask", _pegs(BUY, PEG_OPPOSITE, -1_500)),
    "pegs/ahead": ("bids pegged above the best bid, each a tick higher", _pegs(BUY, PEG_OWN, 1, UP)),
    "pegs/behind": ("bids pegged below the best bid, each a tick lower", _pegs(BUY, PEG_OWN, -1, DOWN)),
    "trails/sells": ("trailing sells", _orders(BOOK, SELL, 0, kind=TRAILING_STOP, trail_e8=5 * TICK_E8)),
    "trails/buys": ("trailing buys", _orders(BOOK, BUY, 0, kind=TRAILING_STOP, trail_e8=5 * TICK_E8)),
    "trails/percent": ("trailing sells by basis points", _orders(BOOK, SELL, 0, kind=TRAILING_STOP, trail_bps=10)),
    "expiries/bids": ("best bids that expire at one instant", _orders(BOOK, BUY, NEAR_BID, DOWN, life=GTD, expire_ns=DUE_NS)),
    "expiries/asks": ("best asks that expire at one instant", _orders(BOOK, SELL, NEAR_ASK, UP, life=GTD, expire_ns=DUE_NS)),
    "expiries/level": ("bids at one price that expire at one instant", _orders(BOOK, BUY, NEAR_BID, life=GTD, expire_ns=DUE_NS)),
    "expiries/stops": ("stops that expire at one instant", _stops(BUY, 12_000, life=GTD, expire_ns=DUE_NS)),
    "expiries/call": ("bids of a call that expire at one instant", _orders(CALL_BOOK, BUY, ASK, DOWN, life=GTD, expire_ns=DUE_NS)),
    "expiries/day": ("best bids that expire at midnight", _orders(BOOK, BUY, NEAR_BID, DOWN, life=DAY)),
    "levels/bids": ("bids a tick apart", _orders(BOOK, BUY, BID, DOWN)),
    "levels/asks": ("asks a tick apart", _orders(BOOK, SELL, ASK, UP)),
    "queue/bids": ("bids at one price", _orders(BOOK, BUY, BID)),
    "queue/asks": ("asks at one price", _orders(BOOK, SELL, ASK)),
    "queue/icebergs": ("icebergs of three lots at one price", _orders(BOOK, SELL, ASK, LEVEL, lots=3, kind=ICEBERG, display_e8=LOT_E8)),
    "queue/shares": ("asks at one price, allocated by shares", _orders(SHARED_BOOK, SELL, ASK)),
    "queue/others": ("asks at one price of other owners, allocated by shares", _by_sellers(SHARED_BOOK, ASK)),
    "lots/iceberg": ("lots of one iceberg that shows one at a time", _lots(BOOK, SELL, ASK)),
    "lots/shares": ("lots of one iceberg that shows one at a time, allocated by shares", _lots(SHARED_BOOK, SELL, ASK)),
    "stops/buys": ("stops at one price", _stops(BUY, ASK)),
    "stops/sells": ("sell stops at one price", _stops(SELL, BID)),
    "stops/ladder": ("stops a tick apart", _stops(BUY, ASK, UP)),
    "stops/bids": ("stops at one price that become better and better bids", _stop_limits),
    "stops/shares": ("stops at one price where shares are allocated", _stops(BUY, ASK, instrument=SHARED_BOOK)),
    "pairs/buys": ("pairs with stops at one price", _pairs(BUY, BID - 100, DOWN, ASK)),
    "pairs/sells": ("pairs of sells with stops at one price", _pairs(SELL, ASK + 100, UP, BID)),
    "brackets/bids": ("brackets whose entries rest", _brackets),
    "quotes/bids": ("bids in ladders of mass quotes", _quotes),
    "elsewhere/bids": ("bids in another instrument", _orders(OTHER_BOOK, BUY, BID, DOWN)),
    "at_open/bids": ("bids that wait for the opening auction", _orders(BOOK, BUY, BID - 50, life=AT_OPEN)),
    "at_open/asks": ("asks that wait for the opening auction", _orders(BOOK, SELL, ASK + 50, life=AT_OPEN)),
    "at_open/market": ("market orders that wait for the opening auction", _orders(BOOK, BUY, 0, kind=MARKET, life=AT_OPEN)),
    "reducing/asks": ("reduce-only asks of a future", _reducing(1)),
    "reducing/whole": ("reduce-only asks of a future, each of the whole position", _reducing(100_000)),
    "series/bids": ("bids a tick apart in a future", _orders(SERIES, BUY, BID, DOWN)),
    "series/asks": ("asks a tick apart in a future", _orders(SERIES, SELL, ASK, UP)),
    "call/bids": ("bids a tick apart in a call", _orders(CALL_BOOK, BUY, ASK, DOWN)),
    "call/asks": ("asks a tick apart in a call", _by_sellers(CALL_BOOK, BID, UP)),
    "call/market": ("market buys in a call", _orders(CALL_BOOK, BUY, 0, kind=MARKET)),
    "call/market sells": ("market sells in a call", _by_sellers(CALL_BOOK, 0, kind=MARKET)),
}  # fmt: skip
"""By name: family and variant. What it adds, and how."""
