"""What investors have bought and may still buy with their open orders: caps (RET-1), intermediaries (RET-4), exposure
(DER-2, DER-4), portfolios (DER-3, ELR-2).

All sums are in minor units of the quote asset, which is the kopeck wherever a rule compares them. An open buy order is
reserved at its limit, the worst price it can get; a fill moves its part from reserved to used at the price of the trade.
A purchase counts on the Moscow day of its fill: at New Year what was used starts at nothing and what is reserved stays. A
purchase priced in another asset counts at the rate that held when its reservation was checked, the last trade of the quote asset
for roubles; a sale at the rate that holds when it is made.

Every open buy order of the venue is kept, so that sums can be made anew when a rulebook or a class changes, but sums are
kept only for whom a rule reads them: purchases and sales of retail investors, exposure in derivatives of everyone, portfolios
of financial firms. What an investor traded while not retail is not counted later (QUAL-1 has no volume limit).
"""

from __future__ import annotations

from typing import Final

from compliance.ledger.exposure import Exposures
from compliance.ledger.portfolio import Portfolio, Portfolios, Worth
from compliance.ledger.purchases import NO_RATE, CountedSide, InvestorLedger, Rate, RatedBuy, in_kopecks
from compliance.registry.calendar import MoscowYears
from compliance.registry.listings import Listing
from compliance.registry.records import Client, Investor, Registry
from engine.vocabulary.codes import BUY, SELL
from engine.vocabulary.days import moscow_day
from engine.vocabulary.messages.events import Trade, TradeCorrected

OpenOrder = tuple[Client, Listing, int, int]
"""Client, instrument, limit in ticks, leaves in lots. A tuple: one is made for every buy order on the fast path."""

BY_FUNDS: Final = -1
"""Instead of a limit in ticks: the order is by funds, and its leaves are what is left of its budget in minor units."""

ROUBLES: Final[Rate] = (1, 1)


def worth(listing: Listing, price_ticks: int, leaves_lots: int) -> int:
    """What an open order can still cost, without fees, in quote minor units."""
    return leaves_lots if price_ticks == BY_FUNDS else price_ticks * leaves_lots * listing.unit


class Ledger:
    """The open orders and the sums of all investors."""

    def __init__(self, registry: Registry) -> None:
        self._registry: Final = registry
        self.open_orders: Final[dict[int, OpenOrder]] = {}
        """Every open buy order, by order id."""
        self.open_sells: Final[dict[int, OpenOrder]] = {}
        """Open sell orders of what can be sold short, by order id."""
        self.rated: Final[dict[int, RatedBuy]] = {}
        """Rates of buy orders priced in another asset than RUB, by order id: of retail investors and financial firms."""
        self.investors: Final[dict[str, InvestorLedger]] = {}
        self.doubtful: Final[dict[str, Investor]] = {}
        """Investors of whose orders one may have come to be forbidden by what nobody was rechecked for: a correction, or a sale
        whose terms have changed by themselves."""
        self.exposures: Final = Exposures()
        """In derivatives priced in roubles."""
        self.portfolios: Final = Portfolios()
        self.counted: Final[dict[int, list[CountedSide | None]]] = {}
        """What the trades of `counted_day` counted for: buyer's and seller's side, by trade id."""
        self.counted_day: int = -1
        self.years: Final = MoscowYears()
        self._nothing: Final = InvestorLedger()

    def look(self, client: Client) -> InvestorLedger:
        """The sums of a client's investor, to read: one who has bought nothing yet gets empty ones."""
        return self.investors.get(client.investor.investor, self._nothing)

    def begin(self, investor: str) -> InvestorLedger:
        """The sums of an investor, begun when first asked for."""
        found = self.investors.get(investor)
        if found is None:
            found = InvestorLedger()
            self.investors[investor] = found
        return found

    def rate(self, listing: Listing) -> Rate:
        """Kopecks for minor units of the quote asset: its last trade for roubles here, else its reference price."""
        market = self._registry.rouble_markets.get(listing.quote.asset)
        return NO_RATE if market is None else (market.last_ticks * market.unit, market.lot_base)

    def kopecks(self, order_id: int, listing: Listing, value: int, rests: bool) -> int:
        """What an order of this value priced in another asset than RUB is worth in roubles; -1 if there is no rate for it.

        A resting order has the rate of its reservation, a new one or an amend that of now.
        """
        rated = self.rated.get(order_id) if rests else None
        if rated is None:
            rated = RatedBuy(self.rate(listing))
        return rated.costs(value) if rated.rate[0] else -1

    def worth(self, name: str, parts: int, more: tuple[str, int] = ("", 0)) -> Worth:
        """What a financial firm has of some parts, by name; of anybody else what was issued under it. See `Portfolio.worth`."""
        firm = self._registry.financial.get(name)
        if firm is None:
            return Portfolio(Investor(name)).worth(self._registry, [], parts, more)
        return self.portfolios.of(firm).worth(self._registry, self.exposures.futures_of(firm), parts, more)

    def reserve(self, order_id: int, side: int, entry: OpenOrder) -> None:
        """Reserve for an order as it is to stand, instead of what was reserved for it before."""
        orders = self.open_orders if side == BUY else self.open_sells
        client, listing = entry[0], entry[1]
        investor = client.investor
        if not (investor.retail or investor.financial or listing.followed):
            # Nobody's sums count it: only noted.
            orders[order_id] = entry
            return
        earlier = orders.get(order_id)
        if earlier is not None:
            self._count(order_id, side, earlier, -1)
        if listing.rated and (investor.retail or investor.financial):
            self.rated[order_id] = RatedBuy(self.rate(listing))
        orders[order_id] = entry
        self._count(order_id, side, entry, 1)

    def amend(self, order_id: int, side: int, price_ticks: int, leaves_lots: int) -> None:
        """Reserve exactly what an order can still cost as it now stands. Nothing to do for an order that isn't kept."""
        orders = self.open_orders if side == BUY else self.open_sells
        entry = orders.get(order_id)
        if entry is None:
            return
        self._count(order_id, side, entry, -1)
        amended = (entry[0], entry[1], price_ticks, leaves_lots)
        orders[order_id] = amended
        self._count(order_id, side, amended, 1)

    def release(self, order_id: int) -> None:
        """Forget an order that ended. Nothing to do for an order that isn't kept."""
        entry = self.open_orders.pop(order_id, None)
        if entry is not None:
            self._count(order_id, BUY, entry, -1)
            if entry[1].rated:
                self.rated.pop(order_id, None)
        elif self.open_sells:
            entry = self.open_sells.pop(order_id, None)
            if entry is not None:
                self._count(order_id, SELL, entry, -1)

    def buy(self, trade: Trade, order_id: int, listing: Listing, leaves_lots: int, time_ns: int) -> None:
        """Move a fill of a buy order from reserved to used: at the price of the trade, on the Moscow day of its time."""
        price_ticks, lots = trade.price_ticks, trade.quantity_lots
        entry = self.open_orders[order_id]
        client, _, limit_ticks, before = entry
        value = price_ticks * lots * listing.unit
        if leaves_lots and limit_ticks == BY_FUNDS:
            leaves_lots = max(before - value, 0)
        rest = (client, listing, limit_ticks, leaves_lots)
        if leaves_lots:
            self.open_orders[order_id] = rest
        else:
            del self.open_orders[order_id]
        if client.investor.financial:
            self._count_portfolio(order_id, entry, -1)
            self.portfolios.touch(client)
        if client.investor.retail:
            self._count_retail(order_id, entry, -1)
            self._use(trade.trade_id, order_id, entry, value=value, time_ns=time_ns)
            if leaves_lots:
                self._count_retail(order_id, rest, 1)
        if leaves_lots and client.investor.financial:
            self._count_portfolio(order_id, rest, 1)
        elif listing.rated and not leaves_lots:
            self.rated.pop(order_id, None)
        if listing.followed:
            self._fill_position(BUY, entry, leaves_lots, lots, price_ticks * listing.unit)

    def sell(
        self, trade: Trade, order_id: int, client: Client, listing: Listing, *, leaves_lots: int, time_ns: int
    ) -> None:
        """Follow a fill of a sell order: proceeds of a retail investor, a derivative's position."""
        lots = trade.quantity_lots
        per_lot = trade.price_ticks * listing.unit
        if listing.followed:
            entry = self.open_sells.get(order_id)
            if entry is None:
                # Of a note: its open sells are not kept, since they add nothing.
                self._fill_position(SELL, (client, listing, 0, 0), 0, lots, per_lot)
                return
            if leaves_lots:
                self.open_sells[order_id] = (client, listing, entry[2], leaves_lots)
            else:
                del self.open_sells[order_id]
            self._fill_position(SELL, entry, leaves_lots, lots, per_lot)
        elif client.investor.retail and (listing.capped or listing.otherwise_priced):
            rate = ROUBLES if listing.capped else self.rate(listing)
            # Proceeds are rounded down: to the stricter side, as purchases are rounded up.
            kopecks = per_lot * lots * rate[0] // rate[1]
            counted = CountedSide(
                client.investor.investor, client.intermediary_name, listing.otherwise_priced, rate, kopecks
            )
            self._note(trade.trade_id, SELL, counted, time_ns)

    def correct(
        self, correction: TradeCorrected, buyer: Client, seller: Client, listing: Listing, time_ns: int
    ) -> None:
        """Follow the correction of a trade to another price (0: it was undone), on the Moscow day of the trade."""
        old_ticks, new_ticks, lots = correction.price_ticks, correction.new_price_ticks, correction.quantity_lots
        trade_id = correction.trade_id
        for investor in (buyer.investor, seller.investor):
            self.doubtful[investor.investor] = investor
        sides = self.counted.get(trade_id)
        if sides is not None:
            value = new_ticks * lots * listing.unit
            for side, counted in enumerate(sides):
                if counted is not None:
                    rate = counted.rate
                    kopecks = in_kopecks(value, rate) if side == BUY else value * rate[0] // rate[1]
                    line = self.begin(counted.investor).through(counted.intermediary)
                    line.add(
                        moscow_day(correction.trade_time_ns),
                        moscow_day(time_ns),
                        self.years.first_day(time_ns),
                        side,
                        for_crypto=counted.for_crypto,
                        kopecks=kopecks - counted.kopecks,
                    )
                    counted.kopecks = kopecks
        if not new_ticks:
            self.look(buyer).bound.undo(trade_id)
        for client in (buyer, seller):
            self.portfolios.touch(client)
        if listing.followed:
            for side, client in enumerate((buyer, seller)):
                position = self.exposures.position(client, listing)
                position.correct(side, lots, old_ticks * listing.unit, new_ticks * listing.unit)
                self.exposures.sum_up(position)

    def hand_over(self, asset: str, sender: Client, receiver: Client | None, amount: int) -> None:
        """Follow notes that were moved to another account, or (None) redeemed or withdrawn. O(instruments)."""
        for listing in self._registry.listings.values():
            if listing.exposed and not listing.shortable and listing.base.asset == asset:
                amount = self.exposures.hand_over(sender, receiver, listing, amount)

    def outgrown(self) -> list[Investor]:
        """Who has an open sale that counts at a lower band than that of now, at which it is worth more. O(sales of futures)."""
        found: list[Investor] = []
        for client, listing, price_ticks, _ in self.open_sells.values():
            future = listing.future
            if future is not None and price_ticks < future.high_ticks:
                found.append(client.investor)
        return found

    def uncount(self, order_id: int, side: int) -> OpenOrder | None:
        """Take an order's own reservation out of the sums, to judge it; `recount` puts it back."""
        entry = (self.open_orders if side == BUY else self.open_sells).get(order_id)
        if entry is not None:
            self._count(order_id, side, entry, -1)
        return entry

    def recount(self, order_id: int, side: int, entry: OpenOrder | None) -> None:
        """Put back what `uncount` took out."""
        if entry is not None:
            self._count(order_id, side, entry, 1)

    def rebuild(self) -> None:
        """Make the retail reservations and the portfolios anew from the open orders, after it has changed who is retail or financial.

        An order priced in another asset keeps its rate; one that has none, or whose owner was neither, gets that of now.
        O(investors + open buy orders).
        """
        self.portfolios.begin_anew()
        for sums in self.investors.values():
            for line in sums.by_intermediary.values():
                line.reserved = 0
                line.reserved_for_crypto = 0
                line.open_buys = 0
        for order_id, entry in self.open_orders.items():
            investor = entry[0].investor
            if entry[1].rated:
                self._keep_rate(order_id, entry)
            if investor.retail:
                self._count_retail(order_id, entry, 1)
            if investor.financial:
                self._count_portfolio(order_id, entry, 1)

    def take_over(self, order_id: int, side: int, entry: OpenOrder) -> None:
        """Keep an open order that a snapshot names, its rate and its owner's class known already."""
        if side == BUY and entry[1].rated and order_id not in self.rated:
            self._keep_rate(order_id, entry)
        (self.open_orders if side == BUY else self.open_sells)[order_id] = entry
        self._count(order_id, side, entry, 1)

    def _count(self, order_id: int, side: int, entry: OpenOrder, sign: int) -> None:
        """Add an open order to the sums that a rule reads (sign 1), or take it off (sign -1)."""
        if side == BUY:
            investor = entry[0].investor
            if investor.retail:
                self._count_retail(order_id, entry, sign)
            if investor.financial:
                self._count_portfolio(order_id, entry, sign)
        if entry[1].followed:
            self._count_exposure(side, entry, sign)

    def _keep_rate(self, order_id: int, entry: OpenOrder) -> None:
        """Give an open buy order the rate of now if somebody's sums want one and it has none; else let it have none."""
        investor = entry[0].investor
        if not (investor.retail or investor.financial):
            self.rated.pop(order_id, None)
            return
        rated = self.rated.get(order_id)
        if rated is None or not rated.rate[0]:
            self.rated[order_id] = RatedBuy(self.rate(entry[1]))

    def _count_portfolio(self, order_id: int, entry: OpenOrder, sign: int) -> None:
        """Add an open buy order of a financial firm to its portfolio, or take it off. One of a future is part of its position."""
        client, listing, price_ticks, leaves_lots = entry
        if listing.shortable:
            return
        value = worth(listing, price_ticks, leaves_lots)
        if listing.rated:
            value = self.rated[order_id].costs(value)
        self.portfolios.of(client.investor).count(listing, value * sign)

    def _count_retail(self, order_id: int, entry: OpenOrder, sign: int) -> None:
        client, listing, price_ticks, leaves_lots = entry
        line = self.begin(client.investor.investor).through(client.intermediary_name)
        line.open_buys += sign
        if listing.capped:
            line.reserved += worth(listing, price_ticks, leaves_lots) * sign
        elif listing.otherwise_priced:
            value = worth(listing, price_ticks, leaves_lots)
            line.reserved_for_crypto += self.rated[order_id].costs(value) * sign

    def _count_exposure(self, side: int, entry: OpenOrder, sign: int) -> None:
        client, listing, price_ticks, leaves_lots = entry
        position = self.exposures.position(client, listing)
        lots = 0 if price_ticks == BY_FUNDS else leaves_lots
        position.open(side, lots * sign, worth(listing, price_ticks, leaves_lots) * sign)
        self.exposures.sum_up(position)

    def _fill_position(self, side: int, entry: OpenOrder, leaves_lots: int, lots: int, per_lot: int) -> None:
        """Move a fill from what an order leaves open to the position of its account."""
        client, listing, price_ticks, before = entry
        position = self.exposures.position(client, listing)
        gone = worth(listing, price_ticks, before) - worth(listing, price_ticks, leaves_lots)
        position.open(side, 0 if price_ticks == BY_FUNDS else leaves_lots - before, -gone)
        position.fill(side, lots, per_lot)
        self.exposures.sum_up(position)

    def _use(self, trade_id: int, order_id: int, entry: OpenOrder, *, value: int, time_ns: int) -> None:
        """Count a retail purchase, and bind the investor to the intermediary (RET-4)."""
        client, listing = entry[0], entry[1]
        investor, intermediary = client.investor.investor, client.intermediary_name
        sums = self.begin(investor)
        sums.bound.bind(trade_id, moscow_day(time_ns), self.years.of(time_ns), intermediary)
        if listing.capped:
            self._note(trade_id, BUY, CountedSide(investor, intermediary, False, ROUBLES, value), time_ns)
        elif listing.otherwise_priced:
            rated = self.rated[order_id]
            kopecks = rated.spend(value)
            self._note(trade_id, BUY, CountedSide(investor, intermediary, True, rated.rate, kopecks), time_ns)

    def _note(self, trade_id: int, side: int, counted: CountedSide, time_ns: int) -> None:
        """Add one side of a trade to the turnover of its day, and remember it for corrections."""
        day = moscow_day(time_ns)
        line = self.begin(counted.investor).through(counted.intermediary)
        line.add(
            day,
            day,
            self.years.first_day(time_ns),
            side,
            for_crypto=counted.for_crypto,
            kopecks=counted.kopecks,
        )
        if day != self.counted_day:
            # Only a trade of the trading day can be corrected, and that is the Moscow day.
            self.counted_day = day
            self.counted.clear()
        sides = self.counted.get(trade_id)
        if sides is None:
            sides = self.counted[trade_id] = [None, None]
        sides[side] = counted
