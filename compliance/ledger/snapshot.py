"""The state of the ledger as plain data: open orders, turnovers, positions. Sums follow from them and are made anew."""

from __future__ import annotations

from compliance.ledger.exposure import Exposures
from compliance.ledger.ledger import Ledger
from compliance.ledger.open_orders import OpenOrder
from compliance.ledger.portfolio import Portfolio
from compliance.ledger.purchases import CountedSide, InvestorLedger, RatedOrder, Turnover, YearsIntermediary
from compliance.messages.ledger_state import (
    BoundState,
    CountedState,
    DayState,
    LedgerState,
    OpenOrderState,
    PortfolioState,
    PositionState,
    RatedState,
    SumsState,
)
from compliance.registry.records import Registry
from engine.vocabulary.codes import BUY, SELL
from engine.vocabulary.wide import wide


def take_ledger(ledger: Ledger) -> LedgerState:
    """Open orders, turnovers by investor and day, positions, what can be corrected, who is to be looked at again. O(state)."""
    exposures = ledger.exposures
    return LedgerState(
        buys=_open(ledger.open_orders),
        sells=_open(ledger.open_sells),
        pairs=sorted([(order_id, other_id) for order_id, other_id in ledger.pairs.items() if order_id < other_id]),
        rates=[
            RatedState(order_id, wide(rated.rate[0]), wide(rated.rate[1]), wide(rated.spent))
            for order_id, rated in ledger.rated.items()
        ],
        investors=[_sums(name, sums) for name, sums in ledger.investors.items()],
        positions=[
            PositionState(account, instrument, wide(position.units), wide(position.value))
            for account, by_instrument in exposures.positions.items()
            for instrument, position in by_instrument.items()
        ],
        futures=[
            (name, [(each.client.account, each.listing.instrument) for each in positions])
            for name, positions in exposures.futures.items()
        ],
        portfolios=[_portfolio(portfolio) for portfolio in ledger.portfolios.all()],
        counted_day=ledger.counted_day,
        counted=[(trade_id, _side(sides[BUY]), _side(sides[SELL])) for trade_id, sides in ledger.counted.items()],
        doubtful=list(ledger.doubtful),
    )


def restore_ledger(registry: Registry, ledger: Ledger, saved: LedgerState) -> None:
    """Fill an empty ledger from what `take_ledger` returned. The investors' classes are known already."""
    for sums in saved.investors:
        _restore_sums(ledger.begin(sums.investor), sums)
    exposures = ledger.exposures
    for each in saved.positions:
        position = exposures.position(registry.clients[each.account], registry.listings[each.instrument])
        position.units = int(each.units)
        position.value = int(each.value)
        exposures.sum_up(position)
    _restore_futures(exposures, saved)
    for firm in saved.portfolios:
        _restore_portfolio(registry, ledger.portfolios.of(registry.investors[firm.investor]), firm)
    for row in saved.rates:
        rated = ledger.rated[row.order_id] = RatedOrder((int(row.kopecks), int(row.units)))
        rated.spent = int(row.spent)
    for side, orders in ((BUY, saved.buys), (SELL, saved.sells)):
        for order in orders:
            client, listing = registry.clients[order.account], registry.listings[order.instrument]
            ledger.take_over(order.order_id, side, (client, listing, order.price_ticks, order.leaves_lots))
    for order_id, other_id in saved.pairs:
        ledger.pair(order_id, other_id, BUY if order_id in ledger.open_orders else SELL)
    ledger.counted_day = saved.counted_day
    for trade_id, bought_side, sold_side in saved.counted:
        ledger.counted[trade_id] = [_counted(bought_side), _counted(sold_side)]
    for name in saved.doubtful:
        ledger.doubtful[name] = registry.investors[name]


def _open(orders: dict[int, OpenOrder]) -> list[OpenOrderState]:
    return [
        OpenOrderState(order_id, client.account, listing.instrument, price_ticks, leaves_lots)
        for order_id, (client, listing, price_ticks, leaves_lots) in orders.items()
    ]


# ── turnovers ──────────────────────────────────────────────────────────────────────────────────────────────────────


def _sums(name: str, sums: InvestorLedger) -> SumsState:
    lines = [
        (
            intermediary,
            [
                DayState(
                    day,
                    wide(each.bought),
                    wide(each.bought_for_crypto),
                    wide(each.sold),
                    wide(each.sold_for_crypto),
                )
                for day, each in line.days.items()
            ],
        )
        for intermediary, line in sums.by_intermediary.items()
    ]
    return SumsState(name, _bound(sums.bound), lines)


def _restore_sums(sums: InvestorLedger, saved: SumsState) -> None:
    _restore_bound(sums.bound, saved.bound)
    for intermediary, days in saved.lines:
        line = sums.through(intermediary)
        for each in days:
            turnover = line.days[each.day] = Turnover()
            turnover.bought = int(each.bought)
            turnover.bought_for_crypto = int(each.bought_for_crypto)
            turnover.sold = int(each.sold)
            turnover.sold_for_crypto = int(each.sold_for_crypto)


def _bound(bound: YearsIntermediary) -> BoundState:
    purchases = list(bound.purchases.items())
    return BoundState(bound.year, bound.name, bound.day, bound.earlier_year, bound.earlier_name, purchases)


def _restore_bound(bound: YearsIntermediary, saved: BoundState) -> None:
    bound.year = saved.year
    bound.name = saved.name
    bound.day = saved.day
    bound.earlier_year = saved.earlier_year
    bound.earlier_name = saved.earlier_name
    bound.purchases.update(dict(saved.purchases))


def _side(side: CountedSide | None) -> CountedState | None:
    if side is None:
        return None
    return CountedState(
        side.investor,
        side.intermediary,
        side.for_crypto,
        wide(side.rate[0]),
        wide(side.rate[1]),
        wide(side.bought),
        wide(side.sold),
    )


def _counted(saved: CountedState | None) -> CountedSide | None:
    if saved is None:
        return None
    rate = (int(saved.kopecks), int(saved.units))
    return CountedSide(
        saved.investor,
        saved.intermediary,
        saved.for_crypto,
        rate,
        bought=int(saved.bought),
        sold=int(saved.sold),
    )


# ── positions and portfolios ───────────────────────────────────────────────────────────────────────────────────────


def _restore_futures(exposures: Exposures, saved: LedgerState) -> None:
    """Those that are settled stand no more among an investor's futures, and the others in the order in which they were begun."""
    exposures.futures.clear()
    for name, positions in saved.futures:
        exposures.futures[name] = [exposures.positions[account][instrument] for account, instrument in positions]


def _portfolio(portfolio: Portfolio) -> PortfolioState:
    return PortfolioState(
        portfolio.investor.investor,
        list(portfolio.changed),
        [(account, list(held.items())) for account, held in portfolio.read.items()],
        list(portfolio.units.items()),
    )


def _restore_portfolio(registry: Registry, portfolio: Portfolio, saved: PortfolioState) -> None:
    """What open orders can acquire is counted with them."""
    portfolio.changed.clear()
    for account in saved.changed:
        portfolio.changed[account] = registry.clients[account]
    for account, held in saved.read:
        portfolio.read[account] = dict(held)
    portfolio.units.update(dict(saved.units))
