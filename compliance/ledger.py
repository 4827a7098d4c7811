"""What investors have bought and may still buy with their open orders: caps (RET-1), intermediaries (RET-4), exposure (DER-4).

All sums are in minor units of the quote asset, which is the kopeck wherever a rule compares them. An open buy order is
reserved at its limit, the worst price it can get; a fill moves its part from reserved to used at the price of the trade.
A purchase counts in the Moscow year of its fill: at New Year what was used starts at nothing and what is reserved stays.

Every open buy order of the venue is kept, so that sums can be made anew when a rulebook or a class changes, but sums are
kept only for whom a rule reads them: purchases of retail investors, exposure in derivatives of everyone. Purchases that an
investor made while not retail are not counted later (QUAL-1 has no volume limit).
"""

from __future__ import annotations

from typing import Final

from compliance.calendar import MoscowYears
from compliance.listings import Listing
from compliance.registry import Client

# Client, instrument, limit in ticks, leaves in lots. A tuple: one is made for every buy order on the fast path.
OpenBuy = tuple[Client, Listing, int, int]

# Instead of a limit in ticks: the order is by funds, and its leaves are what is left of its budget in minor units.
BY_FUNDS: Final = -1


def worth(listing: Listing, price_ticks: int, leaves_lots: int) -> int:
    """What an open order can still cost, without fees, in quote minor units."""
    return leaves_lots if price_ticks == BY_FUNDS else price_ticks * leaves_lots * listing.unit


class Purchases:
    """Retail purchases through one intermediary."""

    def __init__(self) -> None:
        self.used: int = 0
        """Bought in the year of the ledger."""
        self.reserved: int = 0
        """What the open buy orders that count for the cap can still cost."""
        self.open_buys: int = 0
        """How many buy orders are open, whether they count for the cap or not."""


class Position:
    """What an investor holds of one derivative by purchases on this venue, and what it cost."""

    def __init__(self) -> None:
        self.lots: int = 0
        self.cost: int = 0

    def sell(self, lots: int) -> None:
        """Take sold lots off, at average cost; what remains is rounded up. More than was bought leaves nothing."""
        if lots >= self.lots:
            self.lots = 0
            self.cost = 0
        else:
            self.cost -= self.cost * lots // self.lots
            self.lots -= lots


class InvestorLedger:
    """The sums of one investor."""

    def __init__(self) -> None:
        self.year: int = 0
        """The Moscow year in which `used` and `bound` were made; 0: nothing was bought yet."""
        self.bound: str = ""
        """The intermediary through which the purchases of `year` were made."""
        self.by_intermediary: Final[dict[str, Purchases]] = {}
        self.exposure_reserved: int = 0
        """What open buy orders in derivatives can still cost."""
        self.positions: Final[dict[str, Position]] = {}
        """By instrument."""

    def through(self, intermediary: str) -> Purchases:
        """The purchases through an intermediary, begun when first asked for."""
        found = self.by_intermediary.get(intermediary)
        if found is None:
            found = Purchases()
            self.by_intermediary[intermediary] = found
        return found

    def used(self, year: int, intermediary: str | None) -> int:
        """What was bought in a Moscow year, through one intermediary or (None) all."""
        if year != self.year:
            return 0
        return sum([line.used for name, line in self.by_intermediary.items() if intermediary in (None, name)])

    def reserved(self, intermediary: str | None) -> int:
        """What open buy orders that count for the cap can still cost, through one intermediary or (None) all."""
        return sum([line.reserved for name, line in self.by_intermediary.items() if intermediary in (None, name)])

    def held(self) -> int:
        """What the derivatives held have cost."""
        return sum([position.cost for position in self.positions.values()])

    def buy(self, year: int, intermediary: str, value: int) -> None:
        """Count a retail purchase in the year of its fill, and bind to the intermediary.

        The latest purchase binds: under RET-4 it is through the first one's intermediary, unless a change was allowed.
        """
        if year != self.year:
            self.year = year
            for line in self.by_intermediary.values():
                line.used = 0
        self.bound = intermediary
        self.through(intermediary).used += value


class Ledger:
    """The open buy orders and the sums of all investors."""

    def __init__(self) -> None:
        self.open_orders: Final[dict[int, OpenBuy]] = {}
        """By order id."""
        self.investors: Final[dict[str, InvestorLedger]] = {}
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

    def reserve(self, order_id: int, client: Client, listing: Listing, price_ticks: int, leaves_lots: int) -> None:
        """Reserve for a buy order with `leaves_lots` open at `price_ticks`, instead of what was reserved for it before."""
        earlier = self.open_orders.get(order_id)
        if earlier is not None:
            self._count(earlier, -1)
        entry = (client, listing, price_ticks, leaves_lots)
        self.open_orders[order_id] = entry
        self._count(entry, 1)

    def amend(self, order_id: int, price_ticks: int, leaves_lots: int) -> None:
        """Reserve exactly what an order can still cost as it now stands. Nothing to do for an order that isn't a buy."""
        entry = self.open_orders.get(order_id)
        if entry is not None:
            self.reserve(order_id, entry[0], entry[1], price_ticks, leaves_lots)

    def release(self, order_id: int) -> None:
        """Forget an order that ended. Nothing to do for an order that isn't a buy."""
        entry = self.open_orders.pop(order_id, None)
        if entry is not None:
            self._count(entry, -1)

    def fill(self, order_id: int, price_ticks: int, lots: int, leaves_lots: int, time_ns: int) -> None:
        """Move a fill of a buy order from reserved to used: at the price of the trade, in the Moscow year of its time."""
        entry = self.open_orders[order_id]
        client, listing, limit_ticks, before = entry
        value = price_ticks * lots * listing.unit
        if leaves_lots and limit_ticks == BY_FUNDS:
            leaves_lots = max(before - value, 0)
        if leaves_lots:
            rest = (client, listing, limit_ticks, leaves_lots)
            self.open_orders[order_id] = rest
        else:
            del self.open_orders[order_id]
        if not client.investor.retail and not listing.derivative:
            return
        self._count(entry, -1)
        if leaves_lots:
            self._count(rest, 1)
        if client.investor.retail:
            year = self.years.of(time_ns)
            self.begin(client.investor.investor).buy(year, client.intermediary_name, value if listing.capped else 0)
        if listing.derivative and listing.in_roubles:
            positions = self.begin(client.investor.investor).positions
            position = positions.get(listing.instrument)
            if position is None:
                position = Position()
                positions[listing.instrument] = position
            position.lots += lots
            position.cost += value

    def correct(self, client: Client, listing: Listing, tick_lots: int, gone_lots: int, time_ns: int) -> None:
        """Follow the correction of a trade: its value changed by `tick_lots`, and `gone_lots` of it were undone.

        The cap is put right if it is still that of the trade's Moscow year.
        """
        change = tick_lots * listing.unit
        sums = self.investors.get(client.investor.investor)
        if sums is None:
            return
        if client.investor.retail and listing.capped and sums.year == self.years.of(time_ns):
            line = sums.through(client.intermediary_name)
            line.used = max(line.used + change, 0)
        position = sums.positions.get(listing.instrument)
        if position is not None:
            position.lots = max(position.lots - gone_lots, 0)
            position.cost = max(position.cost + change, 0) if position.lots else 0

    def sold(self, client: Client, listing: Listing, lots: int) -> None:
        """Take a sale of a derivative off what is held of it."""
        position = self.begin(client.investor.investor).positions.get(listing.instrument)
        if position is not None:
            position.sell(lots)

    def uncount(self, order_id: int) -> OpenBuy | None:
        """Take an order's own reservation out of the sums, to judge it; `recount` puts it back."""
        entry = self.open_orders.get(order_id)
        if entry is not None:
            self._count(entry, -1)
        return entry

    def recount(self, entry: OpenBuy | None) -> None:
        """Put back what `uncount` took out."""
        if entry is not None:
            self._count(entry, 1)

    def rebuild(self) -> None:
        """Make all reservations anew from the open orders, after classes changed. O(investors + open buy orders)."""
        for sums in self.investors.values():
            sums.exposure_reserved = 0
            for line in sums.by_intermediary.values():
                line.reserved = 0
                line.open_buys = 0
        for entry in self.open_orders.values():
            self._count(entry, 1)

    def _count(self, entry: OpenBuy, sign: int) -> None:
        """Add an open buy order to the sums that a rule reads (sign 1), or take it off (sign -1)."""
        client, listing, price_ticks, leaves_lots = entry
        retail = client.investor.retail
        if not retail and not listing.derivative:
            return
        value = worth(listing, price_ticks, leaves_lots) * sign
        sums = self.begin(client.investor.investor)
        if retail:
            line = sums.through(client.intermediary_name)
            line.open_buys += sign
            if listing.capped:
                line.reserved += value
        if listing.derivative and listing.in_roubles:
            sums.exposure_reserved += value
