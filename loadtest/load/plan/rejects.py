"""Requests that the venue must refuse: one for each check that can fail, and one for each rule of general-2026.

They cost a venue as much as others: a refused order is decided, journaled and reported like one that is accepted.
"""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Final

from loadtest.load.plan.desk import PICK, Desk, Request
from loadtest.load.plan.market import Market
from loadtest.load.plan.seats import ANONYMOUS
from loadtest.load.plan.settings import Rejects
from loadtest.load.plan.shapes import PlanError

Attempt = Callable[[int, float], Request]
"""Makes one request of its id and the time at which it is due."""

_SMALL_RUB: Final = 10_000.0
_OVER_CAP_RUB: Final = 350_000.0
"""Above the annual cap of RET-1, below the largest order of a retail investor."""
_OVER_ORDER_RUB: Final = 1_300_000.0
"""Above the largest order of a retail investor (OPS-1), whatever the price is just then."""
_UNHELD_RUB: Final = 800_000.0
"""More than a client holds of anything but roubles, below its largest order."""
_FAR: Final = 0.5
"""Of the fair price: far below any book, and outside every static band."""
_BELOW: Final = 0.95
"""Of the fair price: below any offer, and inside every static band."""


class RejectMaker:
    """Makes its kinds in turn, beginning anywhere: connections that begin together don't all try the same."""

    def __init__(self, part: Rejects, desk: Desk) -> None:
        for kind in part.kinds:
            if kind not in KINDS:
                raise PlanError(f"rejects.kinds: unknown kind {kind!r}; known: {', '.join(KINDS)}")
        wanted = part.kinds or KINDS
        # An unknown order can be named by everybody: it stands in where the seat can make nothing of what is wanted.
        found = [attempt for kind in wanted if (attempt := _MAKE[kind](desk)) is not None]
        self._attempts: Final = found or [_unknown_order(desk)]
        self._turn = -1

    def __call__(self, request_id: int, at_s: float, draw: int) -> Request:
        """Make one request."""
        if self._turn < 0:
            self._turn = draw >> PICK
        self._turn += 1
        return self._attempts[self._turn % len(self._attempts)](request_id, at_s)


def _order(
    desk: Desk, account: str, market: Market | None, terms: Callable[[Market, float], str], *, buys: bool = True
) -> Attempt | None:
    """Attempts to enter an order on an account in a market; None if one of the two is missing."""
    if not account or market is None:
        return None
    orders = desk.orders_of(account, desk.resting)
    return lambda request_id, at_s: orders.enter(request_id, market, buys, terms(market, at_s))


def _limit(market: Market, at_s: float, value_rub: float, factor: float = 1.0) -> str:
    """A limit order of a value in roubles at the fair price, or a fraction of it."""
    ticks = int(market.fair_ticks(at_s) * factor)
    return f'"price":"{market.price(ticks)}","quantity":"{market.quantity(market.lots(value_rub))}"'


def _named(desk: Desk, *names: str) -> Market | None:
    """The market of the first of these instruments that the venue lists."""
    listed = {each.instrument: each for each in desk.seat.instruments}
    return next((desk.market(listed[name]) for name in names if name in listed), None)


def _first(desk: Desk, kind: str) -> Market | None:
    """The first instrument of a kind."""
    return next((desk.market(each) for each in desk.seat.instruments if each.kind == kind), None)


def _small(market: Market, at_s: float) -> str:
    return _limit(market, at_s, _SMALL_RUB)


def _client(desk: Desk) -> str:
    return desk.seat.clients[0] if desk.seat.clients else ""


def _plain(number: Decimal) -> str:
    return format(number.normalize(), "f")


# ── the venue's own checks ─────────────────────────────────────────────────────────────────────────────────────────


def _tick(desk: Desk) -> Attempt | None:
    def terms(market: Market, at_s: float) -> str:
        price = (int(market.fair_ticks(at_s)) + Decimal("0.5")) * market.listed.tick
        return f'"price":"{_plain(price)}","quantity":"{market.quantity(market.lots(_SMALL_RUB))}"'

    return _order(desk, desk.seat.main, desk.markets[0], terms)


def _lot(desk: Desk) -> Attempt | None:
    def terms(market: Market, at_s: float) -> str:
        quantity = (market.lots(_SMALL_RUB) + Decimal("0.5")) * market.listed.lot
        return f'"price":"{market.price(int(market.fair_ticks(at_s)))}","quantity":"{_plain(quantity)}"'

    return _order(desk, desk.seat.main, desk.markets[0], terms)


def _size(desk: Desk) -> Attempt | None:
    def terms(market: Market, at_s: float) -> str:
        quantity = market.listed.max_quantity + market.listed.lot
        return f'"price":"{market.price(int(market.fair_ticks(at_s) * _FAR))}","quantity":"{_plain(quantity)}"'

    return _order(desk, desk.seat.main, desk.markets[0], terms)


def _notional(desk: Desk) -> Attempt | None:
    """The largest quantity at a price at which it is worth more than a venue lets one order be."""

    def terms(market: Market, at_s: float) -> str:
        return f'"price":"{market.price(int(market.fair_ticks(at_s) * 10))}","quantity":"{_plain(market.listed.max_quantity)}"'

    return _order(desk, desk.seat.main, desk.markets[0], terms)


def _band(desk: Desk) -> Attempt | None:
    return _order(
        desk, desk.seat.main, _first(desk, "future"), lambda market, at_s: _limit(market, at_s, _SMALL_RUB, _FAR)
    )


def _invalid(desk: Desk) -> Attempt | None:
    def terms(market: Market, at_s: float) -> str:
        price = market.price(int(market.fair_ticks(at_s)))
        return f'"order_type":"stop","time_in_force":"ioc","stop_price":"{price}","quantity":"{market.quantity(market.lots(_SMALL_RUB))}"'

    return _order(desk, desk.seat.main, desk.markets[0], terms)


def _fillability(desk: Desk) -> Attempt | None:
    """Fill or kill, below any offer."""

    def terms(market: Market, at_s: float) -> str:
        return _limit(market, at_s, _SMALL_RUB, _BELOW) + ',"time_in_force":"fok"'

    return _order(desk, desk.seat.main, desk.markets[0], terms)


def _funds(desk: Desk) -> Attempt | None:
    """A client sells what it doesn't hold."""
    market = _named(desk, "ETH/RUB", "BTC/RUB")
    return _order(desk, _client(desk), market, lambda each, at_s: _limit(each, at_s, _UNHELD_RUB), buys=False)


def _unknown_instrument(desk: Desk) -> Attempt:
    numbers, seat = desk.numbers, desk.seat
    head = f',"account":"{seat.main}","client_order_id":"{seat.prefix}'
    tail = '","instrument":"NONE/RUB","side":"buy","price":"1","quantity":"1"}'

    def attempt(request_id: int, at_s: float) -> Request:
        return "new_order", f'{{"type":"new_order","id":{request_id}{head}{next(numbers)}{tail}'.encode()

    return attempt


def _unknown_order(desk: Desk) -> Attempt:
    numbers, seat = desk.numbers, desk.seat
    head = f',"account":"{seat.main}","client_order_id":"{seat.prefix}'

    def attempt(request_id: int, at_s: float) -> Request:
        return "cancel_order", f'{{"type":"cancel_order","id":{request_id}{head}{next(numbers)}"}}'.encode()

    return attempt


# ── the rules of general-2026 ──────────────────────────────────────────────────────────────────────────────────────


def _misfit(suffix: str) -> Callable[[Desk], Attempt | None]:
    """An account that one rule refuses whatever it buys."""
    return lambda desk: _order(desk, desk.seat.named(suffix), _named(desk, "BTC/RUB"), _small)


def _client_buys(*names: str, value_rub: float = _SMALL_RUB) -> Callable[[Desk], Attempt | None]:
    """A retail client buys what it may not, or more than it may."""
    return lambda desk: _order(
        desk, _client(desk), _named(desk, *names), lambda market, at_s: _limit(market, at_s, value_rub)
    )


def _anonymous(desk: Desk) -> Attempt | None:
    return _order(desk, desk.seat.main, _named(desk, *(f"{coin}/RUB" for coin in ANONYMOUS)), _small)


def _order_value(desk: Desk) -> Attempt | None:
    """A client sells more than a retail order may be worth: a firm's bound is as high as the instruments' own."""
    market = _named(desk, "BTC/RUB", "ETH/RUB")
    return _order(desk, _client(desk), market, lambda each, at_s: _limit(each, at_s, _OVER_ORDER_RUB), buys=False)


_MAKE: Final[dict[str, Callable[[Desk], Attempt | None]]] = {
    "tick": _tick,
    "lot": _lot,
    "size": _size,
    "notional": _notional,
    "band": _band,
    "invalid": _invalid,
    "fillability": _fillability,
    "funds": _funds,
    "unknown_instrument": _unknown_instrument,
    "unknown_order": _unknown_order,
    "ANON-1": _anonymous,
    "OPS-1": _order_value,
    "RET-1": _client_buys("BTC/RUB", "ETH/RUB", value_rub=_OVER_CAP_RUB),
    "RET-2": _client_buys("SOL/RUB", "XRP/RUB", "BNB/RUB", "TRX/RUB", "TON/RUB"),
    "DER-1": _client_buys("BTC-NOTE"),
    "SET-2": _client_buys("A7A5/RUB"),
    "RET-3": _misfit("untested"),
    "ID-1": _misfit("nameless"),
    "RISK-1": _misfit("unwarned"),
    "SAN-1": _misfit("blocked"),
    "RET-4": _misfit("second"),
    "INT-1": _misfit("suspended"),
    "QUAL-1": _misfit("unrisked"),
}
KINDS: Final = tuple(_MAKE)
"""Reject codes and rules that can be brought about."""
