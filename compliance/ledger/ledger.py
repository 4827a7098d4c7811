"""What investors have bought and may still buy with their open orders: caps (RET-1), intermediaries (RET-4), exposure
(DER-2, DER-4), portfolios (DER-3, ELR-2).

All sums are in minor units of the quote asset, which is the kopeck wherever a rule compares them. An open buy order is
reserved at its limit, the worst price it can get; a fill moves its part from reserved to used at the price of the trade.
A sale for another asset than money is a purchase of that asset, worth what it brings in. Its limit is the least that it
brings in, so it is reserved at the upper static band if that is higher.
A purchase counts on the Moscow day of its fill: at New Year what was used starts at nothing and what is reserved stays. A
purchase priced in another asset counts at the rate that held when its reservation was checked, the last trade of the quote asset
for roubles. A sale counts at the rate that holds when it is made; one that is a purchase too, at the rate of that.

Every open order of the venue that can purchase is kept, so that sums can be made anew when a rulebook or a class changes, but
sums are kept only for whom a rule reads them: purchases and sales of retail investors, exposure in derivatives of everyone, portfolios
of financial firms. What an investor traded while not retail is not counted later (QUAL-1 has no volume limit).
"""

from __future__ import annotations

from typing import Final

from compliance.ledger.exposure import Exposures
from compliance.ledger.fill import Fill
from compliance.ledger.open_orders import BY_FUNDS, ONLY_REDUCES, OpenOrder, worth
from compliance.ledger.portfolio import Portfolio, Portfolios, Worth
from compliance.ledger.purchases import ROUBLES, CountedSide, InvestorLedger, RatedOrder, in_kopecks, proceeds, rate_of
from compliance.registry.calendar import MoscowYears
from compliance.registry.listings import Listing
from compliance.registry.records import Client, Investor, Registry
from engine.vocabulary.codes import BUY, SELL
from engine.vocabulary.days import moscow_day
from engine.vocabulary.messages.events import TradeCorrected


class Ledger:
    """The open orders and the sums of all investors."""

    def __init__(self, registry: Registry) -> None:
        self._registry: Final = registry
        self.open_orders: Final[dict[int, OpenOrder]] = {}
        """Every open buy order, by order id."""
        self.open_sells: Final[dict[int, OpenOrder]] = {}
        """Open sell orders of what can be sold short or is sold for another asset than money, by order id."""
        self.pairs: Final[dict[int, int]] = {}
        """The other leg of each kept order of a pair, by order id: one of the two can fill, so they count as one."""
        self.rated: Final[dict[int, RatedOrder]] = {}
        """Rates of open orders priced in another asset than RUB, by order id: of retail investors and financial firms."""
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

    def kopecks(self, order_id: int, listing: Listing, value: int, rests: bool) -> int:
        """What an order of this value priced in another asset than RUB is worth in roubles; -1 if there is no rate for it.

        A resting order has the rate of its reservation, a new one or an amend that of now.
        """
        rated = self.rated.get(order_id) if rests else None
        if rated is None:
            rated = RatedOrder(rate_of(self._registry, listing.quote))
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
        if not (investor.retail or investor.financial or listing.has_positions):
            # Nobody's sums count it: only noted.
            orders[order_id] = entry
            return
        earlier = orders.get(order_id)
        if earlier is not None:
            self._count(order_id, side, earlier, -1)
        if listing.otherwise_priced and (investor.retail or investor.financial):
            self.rated[order_id] = RatedOrder(rate_of(self._registry, listing.quote))
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

    def pair(self, order_id: int, other_id: int, side: int) -> None:
        """Let two kept orders count as the larger of them: a trade of the one, or its end, ends the other."""
        orders = self.open_orders if side == BUY else self.open_sells
        if order_id in orders and other_id in orders and order_id not in self.pairs:
            self._count(order_id, side, orders[order_id], -1)
            self._count(other_id, side, orders[other_id], -1)
            self.pairs[order_id], self.pairs[other_id] = other_id, order_id
            self._count(order_id, side, orders[order_id], 1)

    def part(self, order_id: int) -> None:
        """Let each leg of a pair count for itself again: one of them has traded or ended."""
        other_id = self.pairs.get(order_id)
        if other_id is not None:
            side = BUY if order_id in self.open_orders else SELL
            orders = self.open_orders if side == BUY else self.open_sells
            self._count(order_id, side, orders[order_id], -1)
            del self.pairs[order_id], self.pairs[other_id]
            self._count(order_id, side, orders[order_id], 1)
            self._count(other_id, side, orders[other_id], 1)

    def release(self, order_id: int) -> None:
        """Forget an order that ended. Nothing to do for an order that isn't kept."""
        if self.pairs:
            self.part(order_id)
        side = BUY
        entry = self.open_orders.pop(order_id, None)
        if entry is None and self.open_sells:
            side = SELL
            entry = self.open_sells.pop(order_id, None)
        if entry is not None:
            self._count(order_id, side, entry, -1)
            if entry[1].otherwise_priced:
                self.rated.pop(order_id, None)

    def fill(self, fill: Fill, side: int) -> None:
        """Follow a fill of an order that is kept: from reserved to used, at the price of the trade, on the Moscow day of its time."""
        order_id, leaves_lots = fill.order(side)
        if self.pairs:
            self.part(order_id)
        orders = self.open_orders if side == BUY else self.open_sells
        entry = orders[order_id]
        client, listing, limit_ticks, before = entry
        lots, per_lot = fill.lots, fill.price_ticks * listing.unit
        if leaves_lots and limit_ticks == BY_FUNDS:
            leaves_lots = max(before - per_lot * lots, 0)
        rest = (client, listing, limit_ticks, leaves_lots)
        if leaves_lots:
            orders[order_id] = rest
        else:
            del orders[order_id]
        if client.investor.financial:
            self._count_portfolio(order_id, side, entry, -1)
            self.portfolios.touch(client)
        if client.investor.retail:
            self._count_retail(order_id, side, entry, -1)
            self._use(fill, order_id, side, entry, per_lot * lots)
            if leaves_lots:
                self._count_retail(order_id, side, rest, 1)
        if leaves_lots and client.investor.financial:
            self._count_portfolio(order_id, side, rest, 1)
        elif listing.otherwise_priced and not leaves_lots:
            self.rated.pop(order_id, None)
        if listing.has_positions:
            self._fill_position(side, entry, leaves_lots, lots, per_lot)

    def sold(self, fill: Fill, client: Client, listing: Listing) -> None:
        """Follow a fill of a sale that is not kept, since it adds nothing: proceeds of a retail investor, a note's position."""
        entry: OpenOrder = (client, listing, 0, 0)
        lots, per_lot = fill.lots, fill.price_ticks * listing.unit
        if client.investor.retail:
            self._use(fill, fill.sell_order_id, SELL, entry, per_lot * lots)
        if listing.exposed:
            self._fill_position(SELL, entry, 0, lots, per_lot)

    def correct(
        self, correction: TradeCorrected, buyer: Client, seller: Client, listing: Listing, time_ns: int
    ) -> None:
        """Follow the correction of a trade to another price (0: it was undone), on the Moscow day of the trade."""
        old_ticks, new_ticks, lots = correction.price_ticks, correction.new_price_ticks, correction.quantity_lots
        trade_id = correction.trade_id
        sides = self.counted.get(trade_id)
        if sides is not None:
            value = new_ticks * lots * listing.unit
            for side, counted in enumerate(sides):
                if counted is not None:
                    bought = in_kopecks(value, counted.rate) if listing.purchase(side) else 0
                    sold = proceeds(value, counted.rate) if listing.sale(side) else 0
                    line = self.begin(counted.investor).through(counted.intermediary)
                    line.add(
                        moscow_day(correction.trade_time_ns),
                        moscow_day(time_ns),
                        self.years.first_day(time_ns),
                        for_crypto=counted.for_crypto,
                        bought=bought - counted.bought,
                        sold=sold - counted.sold,
                    )
                    counted.bought, counted.sold = bought, sold
        for side, client in enumerate((buyer, seller)):
            self.doubtful[client.investor.investor] = client.investor
            self.portfolios.touch(client)
            if not new_ticks:
                self.look(client).bound.undo(trade_id, side)
            if listing.has_positions:
                position = self.exposures.position(client, listing)
                position.correct(side, lots, old_ticks * listing.unit, new_ticks * listing.unit)
                self.exposures.sum_up(position)

    def hand_over(self, asset: str, sender: Client, receiver: Client | None, amount: int) -> None:
        """Follow notes that were moved to another account, or (None) redeemed or withdrawn."""
        for listing in self._registry.rouble_markets.get(asset, []):
            if listing.exposed:
                amount = self.exposures.hand_over(sender, receiver, listing, amount)

    def outgrown(self) -> list[Investor]:
        """Who has an open sale that may count, or have been asked about, at a lower band than that of now. O(open sales kept)."""
        found: list[Investor] = []
        for client, listing, price_ticks, _ in self.open_sells.values():
            future = listing.future
            if future is None:
                # Nobody is told when the band of a spot instrument moves.
                if client.investor.retail or client.investor.financial:
                    found.append(client.investor)
            elif 0 <= price_ticks < future.high_ticks or listing.asked_ticks < future.high_ticks:
                found.append(client.investor)
        return found

    def uncount(self, order_id: int, side: int) -> OpenOrder | None:
        """Take an order's own reservation, of a pair that of both, out of the sums, to judge it; `recount` puts it back."""
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
        O(investors + open orders that are kept).
        """
        self.portfolios.begin_anew()
        for sums in self.investors.values():
            for line in sums.by_intermediary.values():
                line.reserved = line.reserved_for_crypto = line.open_purchases = 0
        for side, orders in enumerate((self.open_orders, self.open_sells)):
            for order_id, entry in orders.items():
                if entry[1].otherwise_priced:
                    self._keep_rate(order_id, entry)
            for order_id, entry in orders.items():
                # Of a pair the later leg, for both.
                if order_id >= self.pairs.get(order_id, 0):
                    counted = self._with_other(order_id, side, entry)
                    if entry[0].investor.retail:
                        self._count_retail(order_id, side, counted, 1)
                    if entry[0].investor.financial:
                        self._count_portfolio(order_id, side, counted, 1)

    def take_over(self, order_id: int, side: int, entry: OpenOrder) -> None:
        """Keep an open order that a snapshot names, its rate and its owner's class known already."""
        if entry[1].otherwise_priced and order_id not in self.rated:
            self._keep_rate(order_id, entry)
        (self.open_orders if side == BUY else self.open_sells)[order_id] = entry
        self._count(order_id, side, entry, 1)

    def _count(self, order_id: int, side: int, entry: OpenOrder, sign: int) -> None:
        """Add an open order to the sums that a rule reads (sign 1), or take it off (sign -1): of a pair both at once."""
        if self.pairs:
            entry = self._with_other(order_id, side, entry)
        investor = entry[0].investor
        if investor.retail:
            self._count_retail(order_id, side, entry, sign)
        if investor.financial:
            self._count_portfolio(order_id, side, entry, sign)
        if entry[1].has_positions:
            self._count_exposure(side, entry, sign)

    def _with_other(self, order_id: int, side: int, entry: OpenOrder) -> OpenOrder:
        """An order as it counts: of a pair at the dearer price, and with the larger quantity if one leg was just cut."""
        other_id = self.pairs.get(order_id)
        if other_id is None:
            return entry
        other = (self.open_orders if side == BUY else self.open_sells)[other_id]
        return (entry[0], entry[1], max(entry[2], other[2]), max(entry[3], other[3]))

    def _keep_rate(self, order_id: int, entry: OpenOrder) -> None:
        """Give an open order the rate of now if somebody's sums want one and it has none; else let it have none."""
        investor = entry[0].investor
        if not (investor.retail or investor.financial):
            self.rated.pop(order_id, None)
            return
        rated = self.rated.get(order_id)
        if rated is None or not rated.rate[0]:
            self.rated[order_id] = RatedOrder(rate_of(self._registry, entry[1].quote))

    def _count_portfolio(self, order_id: int, side: int, entry: OpenOrder, sign: int) -> None:
        """Add a financial firm's open order to its portfolio, or take it off. One of a future is part of its position."""
        client, listing, price_ticks, leaves_lots = entry
        if listing.shortable:
            return
        value = worth(listing, price_ticks, leaves_lots)
        if listing.otherwise_priced:
            value = self.rated[order_id].costs(value)
        self.portfolios.of(client.investor).count(listing, side, value * sign)

    def _count_retail(self, order_id: int, side: int, entry: OpenOrder, sign: int) -> None:
        client, listing, price_ticks, leaves_lots = entry
        if not listing.takes_on_crypto(side):
            return
        line = self.begin(client.investor.investor).through(client.intermediary_name)
        line.open_purchases += sign
        if not listing.purchase(side):
            return
        kopecks = worth(listing, price_ticks, leaves_lots)
        if listing.otherwise_priced:
            kopecks = self.rated[order_id].costs(kopecks)
        if listing.in_roubles:
            line.reserved += kopecks * sign
        else:
            line.reserved_for_crypto += kopecks * sign

    def _count_exposure(self, side: int, entry: OpenOrder, sign: int) -> None:
        client, listing, price_ticks, leaves_lots = entry
        position = self.exposures.position(client, listing)
        lots = 0 if price_ticks == BY_FUNDS else leaves_lots
        value = worth(listing, price_ticks, leaves_lots)
        position.open(side, lots * sign, value * sign, price_ticks == ONLY_REDUCES)
        self.exposures.sum_up(position)

    def _fill_position(self, side: int, entry: OpenOrder, leaves_lots: int, lots: int, per_lot: int) -> None:
        """Move a fill from what an order leaves open to the position of its account."""
        client, listing, price_ticks, before = entry
        position = self.exposures.position(client, listing)
        gone = worth(listing, price_ticks, before) - worth(listing, price_ticks, leaves_lots)
        opened = 0 if price_ticks == BY_FUNDS else leaves_lots - before
        position.open(side, opened, -gone, price_ticks == ONLY_REDUCES)
        closes = listing.shortable and position.closable(side) > 0
        position.fill(side, lots, per_lot)
        if closes and position.opens(side) > 0:
            # What was let in because it closed may open a position now.
            self.doubtful[client.investor.investor] = client.investor
        self.exposures.sum_up(position)

    def _use(self, fill: Fill, order_id: int, side: int, entry: OpenOrder, value: int) -> None:
        """Count a retail investor's fill: a purchase, which binds to the intermediary (RET-4), a sale, or both."""
        client, listing = entry[0], entry[1]
        investor, intermediary = client.investor.investor, client.intermediary_name
        if listing.takes_on_crypto(side):
            bound = self.begin(investor).bound
            time_ns = fill.time_ns
            bound.bind(fill.trade_id, side, moscow_day(time_ns), year=self.years.of(time_ns), name=intermediary)
        bought, sold, rate = 0, 0, ROUBLES
        rated = self.rated.get(order_id)
        if listing.otherwise_priced:
            # A sale that is no purchase has a rate of its own; so has what an earlier version did not keep.
            rate = rate_of(self._registry, listing.quote) if rated is None else rated.rate
        if listing.purchase(side):
            bought = in_kopecks(value, rate) if rated is None else rated.spend(value)
        if listing.sale(side):
            sold = proceeds(value, rate)
        if listing.purchase(side) or listing.sale(side):
            counted = CountedSide(investor, intermediary, not listing.in_roubles, rate, bought=bought, sold=sold)
            self._note(fill, side, counted)

    def _note(self, fill: Fill, side: int, counted: CountedSide) -> None:
        """Add one side of a trade to the turnover of its day, and remember it for corrections."""
        day = moscow_day(fill.time_ns)
        line = self.begin(counted.investor).through(counted.intermediary)
        line.add(
            day,
            day,
            self.years.first_day(fill.time_ns),
            for_crypto=counted.for_crypto,
            bought=counted.bought,
            sold=counted.sold,
        )
        if day != self.counted_day:
            # Only a trade of the trading day can be corrected, and that is the Moscow day.
            self.counted_day = day
            self.counted.clear()
        self.counted.setdefault(fill.trade_id, [None, None])[side] = counted
