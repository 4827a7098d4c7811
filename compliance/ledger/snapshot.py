"""The state of the ledger as plain data: open orders, turnovers, positions. Sums follow from them and are made anew."""

from __future__ import annotations

from compliance.ledger.ledger import Ledger
from compliance.ledger.purchases import CountedSide, RatedOrder, Turnover, YearsIntermediary
from compliance.registry.records import Registry
from engine.vocabulary.codes import BUY, SELL

_Order = tuple[int, str, str, int, int]
_Day = tuple[int, int, int, int, int]
_Bound = tuple[int, str, int, int, str, list[tuple[int, str]]]
_Sums = tuple[str, _Bound, list[tuple[str, list[_Day]]]]
_Side = tuple[str, str, bool, int, int, int, int]
LedgerState = tuple[
    list[_Order],
    list[_Order],
    list[tuple[int, int, int, int]],
    list[_Sums],
    list[tuple[str, str, int, int]],
    int,
    list[tuple[int, _Side | None, _Side | None]],
    list[tuple[int, int]],
]


def take_ledger(ledger: Ledger) -> list[object]:
    """Open buys, open sells, rates, turnovers by investor and day, positions, what can be corrected, pairs. O(state)."""
    return [
        *[
            [
                [order_id, client.account, listing.instrument, price_ticks, leaves_lots]
                for order_id, (client, listing, price_ticks, leaves_lots) in orders.items()
            ]
            for orders in (ledger.open_orders, ledger.open_sells)
        ],
        [[order_id, *rated.rate, rated.spent] for order_id, rated in sorted(ledger.rated.items(), key=_order_id)],
        [
            [
                name,
                _bound(sums.bound),
                [
                    [
                        intermediary,
                        [
                            [day, each.bought, each.bought_for_crypto, each.sold, each.sold_for_crypto]
                            for day, each in line.days.items()
                        ],
                    ]
                    for intermediary, line in sums.by_intermediary.items()
                ],
            ]
            for name, sums in ledger.investors.items()
        ],
        # Sorted: in which order they were begun depends on orders that were refused, too.
        sorted(
            [
                [account, instrument, position.units, position.value]
                for account, by_instrument in ledger.exposures.positions.items()
                for instrument, position in by_instrument.items()
                if position.units or position.value
            ]
        ),
        ledger.counted_day,
        [[trade_id, _side(sides[BUY]), _side(sides[SELL])] for trade_id, sides in ledger.counted.items()],
        sorted([[order_id, other_id] for order_id, other_id in ledger.pairs.items() if order_id < other_id]),
    ]


def restore_ledger(registry: Registry, ledger: Ledger, state: LedgerState) -> None:
    """Fill an empty ledger from what `take_ledger` returned. The investors' classes are known already."""
    buys, sells, rates, investors, positions, ledger.counted_day, counted, pairs = state
    for name, bound, lines in investors:
        sums = ledger.begin(name)
        _restore_bound(sums.bound, bound)
        for intermediary, days in lines:
            line = sums.through(intermediary)
            for day, bought, bought_for_crypto, sold, sold_for_crypto in days:
                turnover = line.days[day] = Turnover()
                turnover.bought = bought
                turnover.bought_for_crypto = bought_for_crypto
                turnover.sold = sold
                turnover.sold_for_crypto = sold_for_crypto
    for order_id, kopecks, units, spent in rates:
        rated = ledger.rated[order_id] = RatedOrder((kopecks, units))
        rated.spent = spent
    for side, orders in ((BUY, buys), (SELL, sells)):
        for order_id, account, instrument, price_ticks, leaves_lots in orders:
            entry = (registry.clients[account], registry.listings[instrument], price_ticks, leaves_lots)
            ledger.take_over(order_id, side, entry)
    for order_id, other_id in pairs:
        ledger.pair(order_id, other_id, BUY if order_id in ledger.open_orders else SELL)
    for account, instrument, units, value in positions:
        position = ledger.exposures.position(registry.clients[account], registry.listings[instrument])
        position.units = units
        position.value = value
        ledger.exposures.sum_up(position)
    for trade_id, bought_side, sold_side in counted:
        ledger.counted[trade_id] = [_counted(bought_side), _counted(sold_side)]


def _order_id(item: tuple[int, RatedOrder]) -> int:
    return item[0]


def _bound(bound: YearsIntermediary) -> list[object]:
    purchases = [[trade_id, name] for trade_id, name in bound.purchases.items()]
    return [bound.year, bound.name, bound.day, bound.earlier_year, bound.earlier_name, purchases]


def _restore_bound(bound: YearsIntermediary, row: _Bound) -> None:
    bound.year, bound.name, bound.day, bound.earlier_year, bound.earlier_name, purchases = row
    bound.purchases.update(dict(purchases))


def _side(side: CountedSide | None) -> list[object] | None:
    if side is None:
        return None
    return [side.investor, side.intermediary, side.for_crypto, *side.rate, side.bought, side.sold]


def _counted(row: _Side | None) -> CountedSide | None:
    if row is None:
        return None
    investor, intermediary, for_crypto, kopecks, units, bought, sold = row
    return CountedSide(investor, intermediary, for_crypto, (kopecks, units), bought=bought, sold=sold)
