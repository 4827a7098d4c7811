"""How requests come about: a class for each behaviour that a mix may name.

Each is called once for each of its requests, with the request's id, the time it is due (seconds from the start) and 63 random
bits, and returns the kind of request and its payload. Nothing else goes in, so the same calls make the same requests.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any, Final

from loadtest.load.plan.desk import (
    DISTANCE,
    KIND,
    MARKET,
    MARKETS,
    PICK,
    SAMPLE,
    SHARE,
    SIDE,
    SIZE,
    WHOLE,
    Desk,
    Request,
)
from loadtest.load.plan.market import BASIS_POINTS, SAMPLES, activity, behind, through
from loadtest.load.plan.rejects import RejectMaker
from loadtest.load.plan.settings import (
    Amends,
    Cancels,
    Collectors,
    Makers,
    Part,
    Questions,
    Quotes,
    Rejects,
    Retail,
    Stops,
    Takers,
)

Behaviour = Callable[[int, float, int], Request]

_SHOWN: Final = 10
"""An iceberg shows one part of so many."""
_STOP_LIMIT_BP: Final = 50
_NOTHING: Final = ""


@cache
def dealt(*shares: tuple[float, str]) -> tuple[str, ...]:
    """A table for ten random bits: each value on as many of `WHOLE` places as its share says, nothing on those left over."""
    table = [value for share, value in shares for _ in range(round(share * WHOLE))]
    return tuple((table + [_NOTHING] * WHOLE)[:WHOLE])


class MakerOrders:
    """Limit orders behind the touch; beyond `resting` the oldest is cancelled, in a request of its own."""

    def __init__(self, part: Makers, desk: Desk) -> None:
        self._orders = desk.orders
        self._choices = desk.choices(part.value_rub)
        self._sells, self._buys = behind(part.half_spread_bp, part.max_distance_bp)
        self._buy_bits = round(part.buy_share * WHOLE)
        self._more = dealt(
            (part.iceberg_share, "iceberg"),
            (part.post_only_share, ',"post_only":"reprice"'),
            (part.pegged_share, ',"order_type":"pegged","peg":"own"'),
            (part.day_share, ',"time_in_force":"day"'),
        )

    def __call__(self, request_id: int, at_s: float, draw: int) -> Request:
        """Make one request."""
        orders = self._orders
        if len(orders.open) >= orders.resting:
            return orders.cancel(request_id, 0)
        market, sizes = self._choices[draw & MARKET]
        lots = sizes[draw >> SIZE & SAMPLE]
        buys = (draw >> SIDE & SHARE) < self._buy_bits
        if buys:
            ticks = int(market.fair_ticks(at_s) * self._buys[draw >> DISTANCE & SAMPLE])
        else:
            ticks = int(market.fair_ticks(at_s) * self._sells[draw >> DISTANCE & SAMPLE]) + 1
        more = self._more[draw >> KIND & SHARE]
        if more == "iceberg":
            more = f',"order_type":"iceberg","display_quantity":"{market.quantity(-(-lots // _SHOWN))}"'
        return orders.rest(request_id, (market, buys, ticks, lots), more)


def _plain_makers(part: Amends | Cancels, desk: Desk) -> MakerOrders:
    """What enters the orders that a behaviour then changes or cancels."""
    like = Makers(
        weight=part.weight,
        value_rub=part.value_rub,
        half_spread_bp=part.half_spread_bp,
        max_distance_bp=part.max_distance_bp,
    )
    return MakerOrders(like, desk)


class QuoteLadders:
    """`mass_quote`: a ladder on both sides of one market replaces the one before."""

    def __init__(self, part: Quotes, desk: Desk) -> None:
        self._part = part
        self._desk = desk
        self._choices = desk.choices(part.value_rub)
        self._head = f',"account":"{desk.seat.main}","quote_id":"{desk.seat.prefix}'

    def __call__(self, request_id: int, at_s: float, draw: int) -> Request:
        """Make one request."""
        part = self._part
        market, sizes = self._choices[draw & MARKET]
        quantity = market.quantity(sizes[draw >> SIZE & SAMPLE])
        fair = market.fair_ticks(at_s)
        step = max(int(fair * part.step_bp / BASIS_POINTS), 1)
        bid = int(fair * (1 - part.half_spread_bp / BASIS_POINTS))
        ask = int(fair * (1 + part.half_spread_bp / BASIS_POINTS)) + 1
        bids, asks = (
            ",".join([f'["{market.price(best + sign * step * level)}","{quantity}"]' for level in range(part.levels)])
            for best, sign in ((bid, -1), (ask, 1))
        )
        return "mass_quote", (
            f'{{"type":"mass_quote","id":{request_id}{self._head}{next(self._desk.numbers)}",'
            f'"instrument":"{market.listed.instrument}","bids":[{bids}],"asks":[{asks}]}}'
        ).encode()


class TakerOrders:
    """Orders that trade at once and never rest: market orders, and limits beyond the other touch."""

    def __init__(self, part: Takers, desk: Desk) -> None:
        self._orders = desk.orders
        self._choices = desk.choices(part.value_rub)
        self._sells, self._buys = through(part.half_spread_bp, part.max_through_bp)
        self._buy_bits = round(part.buy_share * WHOLE)
        self._kinds = dealt(
            (part.market_share, "market"),
            (part.funds_share, "funds"),
            (part.fok_share, "fok"),
            (part.min_quantity_share, "min_quantity"),
        )

    def __call__(self, request_id: int, at_s: float, draw: int) -> Request:
        """Make one request."""
        market, sizes = self._choices[draw & MARKET]
        lots = sizes[draw >> SIZE & SAMPLE]
        buys = (draw >> SIDE & SHARE) < self._buy_bits
        kind = self._kinds[draw >> KIND & SHARE]
        if kind == "market":
            return self._orders.enter(
                request_id, market, buys, f'"order_type":"market","quantity":"{market.quantity(lots)}"'
            )
        if kind == "funds":
            # Whole units: every quote asset can be had in them.
            budget = max(int(lots * market.lot_value), 1)
            return self._orders.enter(request_id, market, buys, f'"order_type":"market","funds":"{budget}"')
        fair = market.fair_ticks(at_s)
        if buys:
            ticks = int(fair * self._buys[draw >> DISTANCE & SAMPLE]) + 1
        else:
            ticks = int(fair * self._sells[draw >> DISTANCE & SAMPLE])
        terms = f'"price":"{market.price(ticks)}","quantity":"{market.quantity(lots)}"'
        if kind == "fok":
            return self._orders.enter(request_id, market, buys, terms + ',"time_in_force":"fok"')
        if kind == "min_quantity":
            terms += f',"min_quantity":"{market.quantity(-(-lots // 2))}"'
        return self._orders.enter(request_id, market, buys, terms + ',"time_in_force":"ioc"')


class AmendedOrders:
    """Changes of own resting orders; while fewer than half of `resting` are open, orders for them."""

    def __init__(self, part: Amends, desk: Desk) -> None:
        self._orders = desk.orders
        self._sells, self._buys = behind(part.half_spread_bp, part.max_distance_bp)
        self._enter = _plain_makers(part, desk)
        self._price_bits = round(part.price_share * WHOLE)
        self._smaller_bits = round((part.price_share + part.smaller_share) * WHOLE)
        self._enough = {market: market.lots(2 * part.value_rub) for market in desk.markets}

    def __call__(self, request_id: int, at_s: float, draw: int) -> Request:
        """Make one request."""
        orders = self._orders
        if len(orders.open) * 2 < orders.resting:
            return self._enter(request_id, at_s, draw)
        place = (draw >> PICK) % len(orders.open)
        _, market, buys, ticks, lots = orders.open[place]
        kind = draw >> KIND & SHARE
        # Orders that grew without end would take all that the account has.
        if kind >= self._smaller_bits and lots < self._enough[market]:
            return orders.amend(request_id, place, ticks, lots + max(lots // 4, 1))
        if kind >= self._price_bits and lots > 1:
            return orders.amend(request_id, place, ticks, lots - max(lots // 4, 1))
        if buys:
            moved = int(market.fair_ticks(at_s) * self._buys[draw >> DISTANCE & SAMPLE])
        else:
            moved = int(market.fair_ticks(at_s) * self._sells[draw >> DISTANCE & SAMPLE]) + 1
        # An amend that changes nothing says nothing.
        return orders.amend(request_id, place, moved if moved != ticks else moved + (-1 if buys else 1), lots)


class CancelledOrders:
    """Cancels of own resting orders; while fewer than half of `resting` are open, orders for them."""

    def __init__(self, part: Cancels, desk: Desk) -> None:
        self._desk = desk
        self._orders = desk.orders
        self._enter = _plain_makers(part, desk)
        self._mass_bits = round(part.mass_share * WHOLE)

    def __call__(self, request_id: int, at_s: float, draw: int) -> Request:
        """Make one request."""
        orders = self._orders
        if len(orders.open) * 2 < orders.resting:
            return self._enter(request_id, at_s, draw)
        if (draw >> KIND & SHARE) < self._mass_bits:
            self._desk.forget(orders.account)
            return orders.cancel_all(request_id)
        return orders.cancel(request_id, (draw >> PICK) % len(orders.open))


class StopOrders:
    """Stops away from the price, on a list of their own: what rests on the book must not push them out."""

    def __init__(self, part: Stops, desk: Desk) -> None:
        self._part = part
        self._orders = desk.orders_of(desk.seat.main, desk.resting)
        self._choices = desk.choices(part.value_rub)
        self._buy_bits = round(part.buy_share * WHOLE)
        self._kinds = dealt((part.limit_share, "stop_limit"), (part.trailing_share, "trailing_stop"))

    def __call__(self, request_id: int, at_s: float, draw: int) -> Request:
        """Make one request."""
        orders, part = self._orders, self._part
        if len(orders.open) >= orders.resting:
            return orders.cancel(request_id, 0)
        market, sizes = self._choices[draw & MARKET]
        buys = (draw >> SIDE & SHARE) < self._buy_bits
        sign = 1 if buys else -1
        place = (draw >> DISTANCE & SAMPLE) / SAMPLES
        away_bp = part.nearest_bp + (part.farthest_bp - part.nearest_bp) * place
        fair = market.fair_ticks(at_s)
        stop = market.price(int(fair * (1 + sign * away_bp / BASIS_POINTS)))
        terms = f'"quantity":"{market.quantity(sizes[draw >> SIZE & SAMPLE])}"'
        kind = self._kinds[draw >> KIND & SHARE]
        if kind == "trailing_stop":
            terms += f',"order_type":"trailing_stop","trail_bps":{max(int(away_bp), 1)}'
        elif kind == "stop_limit":
            limit = market.price(int(fair * (1 + sign * (away_bp + _STOP_LIMIT_BP) / BASIS_POINTS)))
            terms += f',"order_type":"stop_limit","stop_price":"{stop}","price":"{limit}"'
        else:
            terms += f',"order_type":"stop","stop_price":"{stop}"'
        return orders.keep(request_id, (market, buys, 0, 0), terms)


class CollectedOrders:
    """Limit orders on both sides of the fair price, for an auction to cross.

    Those that would cross are for the auction alone (`at_open`): what it leaves of them ends with it, and no cancel misses them.
    """

    def __init__(self, part: Collectors, desk: Desk) -> None:
        self._part = part
        self._orders = desk.orders
        self._choices = desk.choices(part.value_rub)
        self._market_bits = round(part.market_share * WHOLE)

    def __call__(self, request_id: int, at_s: float, draw: int) -> Request:
        """Make one request."""
        orders = self._orders
        market, sizes = self._choices[draw & MARKET]
        lots = sizes[draw >> SIZE & SAMPLE]
        buys = (draw >> SIDE & SHARE) * 2 < WHOLE
        if (draw >> KIND & SHARE) < self._market_bits:
            terms = f'"order_type":"market","time_in_force":"at_open","quantity":"{market.quantity(lots)}"'
            return orders.enter(request_id, market, buys, terms)
        away_bp = self._part.around_bp * (2 * (draw >> DISTANCE & SAMPLE) / SAMPLES - 1)
        ticks = int(market.fair_ticks(at_s) * (1 + away_bp / BASIS_POINTS))
        if buys == (away_bp > 0):
            terms = f'"time_in_force":"at_open","price":"{market.price(ticks)}","quantity":"{market.quantity(lots)}"'
            return orders.enter(request_id, market, buys, terms)
        if len(orders.open) >= orders.resting:
            return orders.cancel(request_id, 0)
        return orders.rest(request_id, (market, buys, ticks, lots))


class RetailOrders:
    """Small orders of the seat's clients; without any, of its main account."""

    def __init__(self, part: Retail, desk: Desk) -> None:
        names = desk.seat.clients or (desk.seat.main,)
        self._clients = [desk.orders_of(name, part.resting) for name in names]
        liquid = [market for market in desk.markets if market.listed.instrument in ("BTC/RUB", "ETH/RUB")]
        self._choices = desk.choices(part.value_rub, liquid or desk.markets[:1])
        self._sells, self._buys = behind(part.half_spread_bp, part.max_distance_bp)
        self._buy_bits = round(part.buy_share * WHOLE)
        self._kinds = dealt((part.aggressive_share / 2, "market"), (part.aggressive_share / 2, "ioc"))
        self._through_sells, self._through_buys = through(part.half_spread_bp, part.half_spread_bp)

    def __call__(self, request_id: int, at_s: float, draw: int) -> Request:
        """Make one request."""
        orders = self._clients[(draw >> PICK) % len(self._clients)]
        market, sizes = self._choices[draw & MARKET]
        lots = sizes[draw >> SIZE & SAMPLE]
        buys = (draw >> SIDE & SHARE) < self._buy_bits
        kind = self._kinds[draw >> KIND & SHARE]
        place = draw >> DISTANCE & SAMPLE
        if kind == "market":
            return orders.enter(request_id, market, buys, f'"order_type":"market","quantity":"{market.quantity(lots)}"')
        fair = market.fair_ticks(at_s)
        if kind == "ioc":
            factors = self._through_buys if buys else self._through_sells
            price = market.price(int(fair * factors[place]) + buys)
            terms = f'"price":"{price}","quantity":"{market.quantity(lots)}","time_in_force":"ioc"'
            return orders.enter(request_id, market, buys, terms)
        if len(orders.open) >= orders.resting:
            return orders.cancel(request_id, 0)
        factors = self._buys if buys else self._sells
        return orders.rest(request_id, (market, buys, int(fair * factors[place]) + (not buys), lots))


class AskedQuestions:
    """`open_orders` and `balances` of the main account; some of them `candle_history` of an instrument."""

    def __init__(self, part: Questions, desk: Desk) -> None:
        self._rest = f',"account":"{desk.seat.main}"}}'
        self._candle_bits = round(part.candles_share * WHOLE)
        places = activity(tuple(desk.markets), MARKETS) if self._candle_bits else []
        self._candles = [
            f',"instrument":"{desk.markets[place].listed.instrument}","interval":"{part.interval}","limit":{part.limit}}}'
            for place in places
        ]

    def __call__(self, request_id: int, at_s: float, draw: int) -> Request:
        """Make one request."""
        if (draw >> PICK & SHARE) < self._candle_bits:
            kind = "candle_history"
            return kind, f'{{"type":"{kind}","id":{request_id}{self._candles[draw & MARKET]}'.encode()
        kind = "balances" if draw >> KIND & 1 else "open_orders"
        return kind, f'{{"type":"{kind}","id":{request_id}{self._rest}'.encode()


_MADE_OF: Final[dict[type[Part], Callable[[Any, Desk], Behaviour]]] = {
    Makers: MakerOrders,
    Quotes: QuoteLadders,
    Takers: TakerOrders,
    Amends: AmendedOrders,
    Cancels: CancelledOrders,
    Stops: StopOrders,
    Collectors: CollectedOrders,
    Retail: RetailOrders,
    Questions: AskedQuestions,
    Rejects: RejectMaker,
}


def behaviour_of(part: Part, desk: Desk) -> Behaviour:
    """What carries out a part of a mix, for one seat."""
    return _MADE_OF[type(part)](part, desk)
