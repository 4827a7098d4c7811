"""What an investor bought and sold through one intermediary, by Moscow day, and the sums that the annual cap reads (RET-1).

Every figure is in kopecks. Each is kept for purchases and sales apart, and for what was paid in roubles and in
anything else, called crypto here, apart, so that a supervisor may switch basis, window or scope at any moment and find
the sums of the past. An exchange of one asset for another is a purchase and a sale. Beside them stands the intermediary that
purchases bind to (RET-4).
"""

from __future__ import annotations

from typing import Final

from compliance.registry.listings import ROUBLE, AssetRecord
from compliance.registry.records import Registry

ROLLING_DAYS: Final = 365
"""A rolling year: so many Moscow days, today included."""

Rate = tuple[int, int]
"""Kopecks for so many minor units of an asset."""

ROUBLES: Final[Rate] = (1, 1)

NO_RATE: Final[Rate] = (0, 1)
"""There was none: what is valued by it counts as nothing."""


def rate_of(registry: Registry, asset: AssetRecord) -> Rate:
    """Kopecks for minor units of an asset: of roubles at face, of all else the last trade for roubles here, else its reference price.

    Of 0 kopecks: there is neither.
    """
    if asset.asset == ROUBLE:
        return ROUBLES
    market = registry.rouble_market(asset.asset)
    return NO_RATE if market is None else (market.last_ticks * market.unit, market.lot_base)


def in_kopecks(value: int, rate: Rate) -> int:
    """A value in minor units of the asset of a rate, rounded up to the kopeck: what a purchase counts."""
    return -(-value * rate[0] // rate[1])


def proceeds(value: int, rate: Rate) -> int:
    """The same rounded down, to the stricter side too: what a sale gives back."""
    return value * rate[0] // rate[1]


class Turnover:
    """Purchases and sale proceeds of some days, without fees."""

    def __init__(self) -> None:
        self.bought: int = 0
        self.bought_for_crypto: int = 0
        self.sold: int = 0
        self.sold_for_crypto: int = 0

    def add(self, for_crypto: bool, bought: int, sold: int) -> None:
        """Count what a trade bought and sold for the investor, or (negative) the correction of one."""
        if for_crypto:
            self.bought_for_crypto += bought
            self.sold_for_crypto += sold
        else:
            self.bought += bought
            self.sold += sold

    def add_all(self, other: Turnover) -> None:
        """Count all of another turnover."""
        self.bought += other.bought
        self.bought_for_crypto += other.bought_for_crypto
        self.sold += other.sold
        self.sold_for_crypto += other.sold_for_crypto

    def counted(self, net: bool, crypto: bool) -> int:
        """Purchases, less (net) sale proceeds; what was priced in crypto only if that counts. Below 0: more was sold."""
        total = self.bought
        if crypto:
            total += self.bought_for_crypto
        if net:
            total -= self.sold
            if crypto:
                total -= self.sold_for_crypto
        return total


class Purchases:
    """One investor through one intermediary: a turnover for each Moscow day, and what open orders can still purchase."""

    def __init__(self) -> None:
        self.days: Final[dict[int, Turnover]] = {}
        """By Moscow day since 1970-01-01, in order. No more than the days of a leap year."""
        self.reserved: int = 0
        """What the open orders that purchase for roubles can still take of the cap."""
        self.reserved_for_crypto: int = 0
        """What those can that purchase for anything else, each at the rate of its reservation."""
        self.open_purchases: int = 0
        """How many orders are open that bind to the intermediary, whether they count for the cap or not."""
        self._today: int = -1
        self._year: Turnover = Turnover()
        self._rolling: Turnover = Turnover()

    def turnover(self, today: int, first_day: int, rolling: bool) -> Turnover:
        """The sums of the calendar year that began on `first_day`, or of the rolling year, as of today.

        The sums are made once a day and kept: O(1) otherwise.
        """
        if today != self._today:
            self._today = today
            self._year = self._sum(first_day)
            self._rolling = self._sum(today - ROLLING_DAYS + 1)
        return self._rolling if rolling else self._year

    def add(self, day: int, today: int, first_day: int, *, for_crypto: bool, bought: int, sold: int) -> None:
        """Count a trade of today, or the correction of one of an earlier day, and forget days that no window reaches."""
        figures = self.days.get(day)
        if figures is None:
            if day != today:
                return
            oldest = min(first_day, today - ROLLING_DAYS + 1)
            for gone in [each for each in self.days if each < oldest]:
                del self.days[gone]
            figures = self.days[day] = Turnover()
        figures.add(for_crypto, bought, sold)
        if today == self._today:
            if day >= first_day:
                self._year.add(for_crypto, bought, sold)
            if day > today - ROLLING_DAYS:
                self._rolling.add(for_crypto, bought, sold)

    def reserves(self, crypto: bool) -> int:
        """What open orders can still take of the cap."""
        return self.reserved + self.reserved_for_crypto if crypto else self.reserved

    def _sum(self, first_day: int) -> Turnover:
        total = Turnover()
        for day, figures in self.days.items():
            if day >= first_day:
                total.add_all(figures)
        return total


class YearsIntermediary:
    """The intermediary through which an investor bought in a Moscow year, which RET-4 binds to.

    The latest purchase binds: under RET-4 it is through the first one's intermediary, unless a change was allowed. A
    purchase that is undone binds no more, which can happen on its own day only.
    """

    def __init__(self) -> None:
        self.year: int = 0
        """The Moscow year of the latest purchase; 0: nothing was bought yet."""
        self.name: str = ""
        """Empty: the account of that purchase was held directly, or there was none."""
        self.day: int = -1
        """The Moscow day of `purchases`."""
        self.earlier_year: int = 0
        self.earlier_name: str = ""
        """Year and name as that day began."""
        self.purchases: Final[dict[int, str]] = {}
        """Through whom each purchase of that day was made, by trade id times two plus side, the latest last."""

    def bind(self, trade_id: int, side: int, day: int, *, year: int, name: str) -> None:
        """Take note of a purchase of a Moscow day (from 1970-01-01) and its year."""
        if day != self.day:
            self.day = day
            self.earlier_year = self.year
            self.earlier_name = self.name
            self.purchases.clear()
        self.purchases[trade_id * 2 + side] = name
        self.year = year
        self.name = name

    def undo(self, trade_id: int, side: int) -> None:
        """Forget a purchase that was undone: the one before it binds. Nothing to do for one that did not count."""
        if self.purchases.pop(trade_id * 2 + side, None) is None:
            return
        if self.purchases:
            self.name = next(reversed(self.purchases.values()))
        else:
            self.year = self.earlier_year
            self.name = self.earlier_name


class InvestorLedger:
    """The sums of one investor."""

    def __init__(self) -> None:
        self.bound: Final = YearsIntermediary()
        self.by_intermediary: Final[dict[str, Purchases]] = {}

    def through(self, intermediary: str) -> Purchases:
        """The purchases through an intermediary, begun when first asked for."""
        found = self.by_intermediary.get(intermediary)
        if found is None:
            found = Purchases()
            self.by_intermediary[intermediary] = found
        return found

    def used(
        self,
        today: int,
        first_day: int,
        *,
        rolling: bool,
        net: bool,
        crypto: bool,
        intermediary: str | None = None,
    ) -> int:
        """What counts for the cap of what was traded, through one intermediary or (None) all.

        Args:
            today: the Moscow day, from 1970-01-01.
            first_day: the 1 January of its year.
            rolling: of the last 365 days, today included, instead of since `first_day`.
            net: sale proceeds are taken off; never below nothing.
            crypto: what was priced in crypto counts too.
        """
        total = 0
        for name, line in self.by_intermediary.items():
            if intermediary is None or name == intermediary:
                total += line.turnover(today, first_day, rolling).counted(net, crypto)
        return max(total, 0)

    def reserved(self, crypto: bool, intermediary: str | None = None) -> int:
        """What open orders can still take of the cap, through one intermediary or (None) all."""
        total = 0
        for name, line in self.by_intermediary.items():
            if intermediary is None or name == intermediary:
                total += line.reserves(crypto)
        return total


class RatedOrder:
    """The rate at which an open order priced in another asset than RUB is valued, and what of it has been filled at that rate.

    What the order takes of the cap is rounded up once, over all its fills and what is open: in how many parts it fills
    changes nothing, and used and reserved together never grow by a fill.
    """

    def __init__(self, rate: Rate) -> None:
        self.rate: Final = rate
        self.spent: int = 0
        """Value of the fills so far, in minor units of the quote asset."""

    def costs(self, value: int) -> int:
        """What a value beyond the fills so far adds, in kopecks."""
        return in_kopecks(self.spent + value, self.rate) - in_kopecks(self.spent, self.rate)

    def spend(self, value: int) -> int:
        """Count a fill of this value; returns what it adds, in kopecks."""
        kopecks = self.costs(value)
        self.spent += value
        return kopecks


class CountedSide:
    """What one side of a trade counted for, so that its correction takes back exactly that. Kopecks."""

    def __init__(
        self, investor: str, intermediary: str, for_crypto: bool, rate: Rate, *, bought: int, sold: int
    ) -> None:
        self.investor: Final = investor
        self.intermediary: Final = intermediary
        self.for_crypto: Final = for_crypto
        self.rate: Final = rate
        self.bought: int = bought
        self.sold: int = sold
