"""What behaviours work with: the open orders of an account, the markets of a seat, and how random bits are spent.

Payloads are put together from pieces of JSON that never change. It is done at send time, beside the sending itself, so it
must be quick: encoding a Struct of the protocol takes about as long again as all of a behaviour.
"""

from __future__ import annotations

from functools import cache
from itertools import count
from typing import Final

from loadtest.load.plan.market import Market, activity, market_of
from loadtest.load.plan.mixes import Mix
from loadtest.load.plan.seats import Listed, Seat

# Each request has 63 random bits. Which behaviour spends which:
MARKET: Final = 0xFF
"""The lowest eight: which market, through `Desk.choices`."""
MARKETS: Final = MARKET + 1
SIZE: Final = 8
DISTANCE: Final = 19
"""Where eleven bits begin that pick one of `market.SAMPLES`."""
SAMPLE: Final = 0x7FF
SIDE: Final = 30
KIND: Final = 40
"""Where ten bits begin, which are compared with a share of `WHOLE`."""
SHARE: Final = 0x3FF
WHOLE: Final = SHARE + 1
PICK: Final = 50
"""Where the last thirteen begin: one of a list."""

Entered = tuple[Market, bool, int, int]
"""Of an order: its market, whether it buys, ticks, lots."""
Own = tuple[int, Market, bool, int, int]
"""An order as it was entered: the number in its client order id, its market, whether it buys, ticks, lots."""
Choices = tuple[tuple[Market, list[int]], ...]
"""`MARKETS` of them."""
Request = tuple[str, bytes]
"""A kind of request and its payload."""


class Orders:
    """What one account has entered and not cancelled; some of it may have filled meanwhile, which nobody waits to hear."""

    def __init__(self, account: str, resting: int, prefix: str, numbers: count[int]) -> None:
        self.account: Final = account
        self.resting: Final = resting
        """The most that is kept open; whoever enters cancels first."""
        self.open: Final[list[Own]] = []
        """Oldest first."""
        self._numbers: Final = numbers
        self._named: Final = f',"account":"{account}","client_order_id":"{prefix}'

    def enter(self, request_id: int, market: Market, buys: bool, terms: str) -> Request:
        """An order that is not kept: it never rests. `terms` is the JSON of what else it says."""
        return "new_order", (
            f'{{"type":"new_order","id":{request_id}{self._named}{next(self._numbers)}",{market.terms[buys]}{terms}}}'
        ).encode()

    def rest(self, request_id: int, order: Entered, more: str = "") -> Request:
        """A limit order that is kept; `more` is the JSON of what else it says."""
        market, _, ticks, lots = order
        terms = f'"price":"{market.price(ticks)}","quantity":"{market.quantity(lots)}"{more}'
        return self.keep(request_id, order, terms)

    def keep(self, request_id: int, order: Entered, terms: str) -> Request:
        """An order that is kept, to be changed or cancelled some time; `terms` as of `enter`."""
        number = next(self._numbers)
        self.open.append((number, *order))
        market, buys, _, _ = order
        return "new_order", (
            f'{{"type":"new_order","id":{request_id}{self._named}{number}",{market.terms[buys]}{terms}}}'
        ).encode()

    def cancel(self, request_id: int, place: int) -> Request:
        """Cancel the order at a place of `open`."""
        number = self.open.pop(place)[0]
        return "cancel_order", f'{{"type":"cancel_order","id":{request_id}{self._named}{number}"}}'.encode()

    def cancel_all(self, request_id: int) -> Request:
        """Cancel all of the account; `Desk.forget` has all its lists forget it."""
        return "mass_cancel", f'{{"type":"mass_cancel","id":{request_id},"account":"{self.account}"}}'.encode()

    def amend(self, request_id: int, place: int, ticks: int, lots: int) -> Request:
        """Change price and quantity of the order at a place of `open`; of the two only what differs is sent."""
        number, market, buys, old_ticks, old_lots = self.open[place]
        self.open[place] = (number, market, buys, ticks, lots)
        changes = "" if ticks == old_ticks else f',"price":"{market.price(ticks)}"'
        if lots != old_lots:
            changes += f',"quantity":"{market.quantity(lots)}"'
        return "amend_order", f'{{"type":"amend_order","id":{request_id}{self._named}{number}"{changes}}}'.encode()


class Desk:
    """All that the behaviours of one seat share."""

    def __init__(self, mix: Mix, seat: Seat, seconds: float) -> None:
        self.seat: Final = seat
        self.resting: Final = mix.resting
        self.numbers: Final = count(1)
        self._lists: Final[list[Orders]] = []
        self._drift: Final = mix.drift_at(seconds)
        listed = mix.traded(seat.instruments)
        # A venue may list nothing of the kinds that the mix trades.
        self.markets: Final = [self.market(each) for each in listed or seat.instruments[:1]]
        self.orders: Final = self.orders_of(seat.main, mix.resting)
        """Of the main account."""

    def market(self, listed: Listed) -> Market:
        """The market of an instrument."""
        return market_of(listed, self._drift)

    def orders_of(self, account: str, resting: int) -> Orders:
        """An own list of open orders for an account."""
        self._lists.append(Orders(account, resting, self.seat.prefix, self.numbers))
        return self._lists[-1]

    def forget(self, account: str) -> None:
        """Nothing of an account is open any more."""
        for orders in self._lists:
            if orders.account == account:
                orders.open.clear()

    def choices(self, value_rub: float, markets: list[Market] | None = None) -> Choices:
        """What the `MARKET` bits pick: a market, and quantities in lots of which the `SIZE` bits pick one."""
        return _choices(tuple(markets or self.markets), value_rub)


@cache
def _choices(markets: tuple[Market, ...], value_rub: float) -> Choices:
    """The same for all seats, which are thousands."""
    tables = [(market, market.sizes(value_rub)) for market in markets]
    return tuple([tables[place] for place in activity(markets, MARKETS)])
