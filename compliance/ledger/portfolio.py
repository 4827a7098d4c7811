"""What a financial firm has, in kopecks: what it holds, its futures, what it has issued, and what its open purchases can cost.

What is held is read from the balances of the core, so it counts however it came: bought, deposited, transferred or issued. All accounts
of an investor count together.

    held      amount times the last trade for roubles of the asset, else its reference price; rounded up for each asset
    futures   lots, long or short, times the mark; else what they were entered at. With open orders, as under exposure: the most of
              nothing filled, all buys filled, all sells filled
    issued    securities of the firm's own that are outstanding, valued as held. Those that it holds itself are among them
    open      orders that acquire what is no future, at the price at which they reserve; priced in another asset at the rate of their check

To sell for another asset than money is to acquire that asset. What a security or future follows may be no crypto: it is none of these.

An open buy that is paid with something that counts itself adds nothing: what pays for it is held, and it costs no more than its limit. An
open sale for an asset that counts adds what it brings in at most, at the upper band: that may be more than what is held is worth. Nothing
is added by what brings in a security of the firm's own issue, if what is issued counts.
"""

from __future__ import annotations

from typing import Final

from compliance.ledger.exposure import Position
from compliance.ledger.purchases import in_kopecks, rate_of
from compliance.registry.listings import COINS, FUTURES, ISSUED, ROUBLE_COINS, SECURITIES, AssetRecord, Listing
from compliance.registry.records import Client, Investor, Registry
from engine.vocabulary.codes import BUY

HELD: Final = COINS | ROUBLE_COINS | SECURITIES | FUTURES
"""All that can be held or opened."""

_PAYS: Final = 32
"""More than any part of what is acquired: so many of them go to one of what pays for it."""


class Worth:
    """What an investor has of some parts, in kopecks."""

    def __init__(self) -> None:
        self.coins: int = 0
        self.securities: int = 0
        self.rouble_coins: int = 0
        self.futures: int = 0
        self.issued: int = 0
        self.open: int = 0
        """What open orders can acquire."""
        self.unpriced: str = ""
        """An asset of which there is some, and no rouble value is known; empty: there is none."""

    @property
    def total(self) -> int:
        """All together; -1: not known."""
        if self.unpriced:
            return -1
        return self.coins + self.securities + self.rouble_coins + self.futures + self.issued + self.open

    def add(self, part: int, kopecks: int) -> None:
        """Count what is held, or was issued."""
        if part == COINS:
            self.coins += kopecks
        elif part == SECURITIES:
            self.securities += kopecks
        elif part == ISSUED:
            self.issued += kopecks
        else:
            self.rouble_coins += kopecks


class Portfolio:
    """One investor over all accounts. What is held is read when it is asked for, of the accounts in which it may have changed."""

    def __init__(self, investor: Investor) -> None:
        self.investor: Final = investor
        self.changed: Final[dict[str, Client]] = {client.account: client for client in investor.clients}
        """Accounts to read."""
        self.open: Final[dict[int, int]] = {}
        """What open orders can acquire, by the parts that it and what pays for it are."""
        self.read: Final[dict[str, dict[int, int]]] = {}
        """What each account held when it was last read, by the asset's number."""
        self.units: Final[dict[int, int]] = {}
        """All accounts together, in minor units."""

    def count(self, listing: Listing, side: int, kopecks: int) -> None:
        """Count an open order that acquires, or (negative) no longer."""
        key = self._parts(listing, side)
        self.open[key] = self.open.get(key, 0) + kopecks

    def takes_on(self, listing: Listing, side: int, parts: int) -> bool:
        """Whether what an order brings is of some parts, and no security of the firm's own issue that counts anyhow."""
        return _takes_on(self._parts(listing, side) % _PAYS, parts)

    def adds(self, listing: Listing, side: int, parts: int) -> bool:
        """Whether an order makes what there is of some parts more: it takes on, and is no buy that pays with what counts."""
        return _adds(self._parts(listing, side), parts)

    def held(self) -> dict[int, int]:
        """What is held, in minor units by the asset's number. O(assets of the accounts in which it may have changed)."""
        units = self.units
        for client in self.changed.values():
            for number, before in self.read.get(client.account, {}).items():
                units[number] -= before
            now = self.read[client.account] = client.held()
            for number, amount in now.items():
                units[number] = units.get(number, 0) + amount
        self.changed.clear()
        return units

    def issued(self, registry: Registry) -> list[AssetRecord]:
        """The securities of its own issue."""
        return [asset for name in self.investor.issues_as for asset in registry.issued_by.get(name, [])]

    def worth(self, registry: Registry, futures: list[Position], parts: int, more: tuple[str, int] = ("", 0)) -> Worth:
        """What there is of some parts. O(assets held, futures).

        Args:
            registry: prices.
            futures: the investor's positions in them.
            parts: of `compliance.registry.listings`.
            more: so much of an asset is issued besides.
        """
        worth = Worth()
        own: dict[int, int] = {}
        if parts & ISSUED:
            for asset in self.issued(registry):
                amount = asset.core.outstanding + (more[1] if asset.asset == more[0] else 0)
                own[asset.core.number] = amount
        for number, units in self.held().items():
            asset = registry.numbered[number]
            if not asset.part & parts:
                continue
            if number in own:
                # Once: what is held of it is part of the issue, unless it was brought in.
                own[number] = max(own[number], units)
            elif units:
                _value(worth, registry, asset, asset.part, units)
        for number, units in own.items():
            if units:
                _value(worth, registry, registry.numbered[number], ISSUED, units)
        if parts & FUTURES:
            for position in futures:
                _value_future(worth, registry, position)
        for key, kopecks in self.open.items():
            if _adds(key, parts):
                worth.open += kopecks
        return worth

    def _parts(self, listing: Listing, side: int) -> int:
        acquired = listing.acquired(side)
        if acquired is None:
            return 0
        part = acquired.part
        # By the investor's name alone, which never changes, so that what was counted is found again.
        if part == SECURITIES and acquired.core.issuer == self.investor.investor:
            part |= ISSUED
        # A sale may bring in more than what it gives is worth.
        return part + _PAYS * listing.quote.part if side == BUY else part


class Portfolios:
    """Those of financial firms."""

    def __init__(self) -> None:
        self._kept: Final[dict[str, Portfolio]] = {}
        """Of financial firms, by investor."""

    def of(self, investor: Investor) -> Portfolio:
        """The portfolio of a financial firm, begun when first asked for."""
        found = self._kept.get(investor.investor)
        if found is None:
            found = self._kept[investor.investor] = Portfolio(investor)
        return found

    def touch(self, client: Client) -> None:
        """Take note that what an account holds may have changed. Nothing to do for one that is no financial firm's."""
        investor = client.investor
        if investor.financial:
            self.of(investor).changed[client.account] = client

    def all(self) -> list[Portfolio]:
        """Those that were begun, in that order."""
        return list(self._kept.values())

    def begin_anew(self) -> None:
        """Forget everything, after it has changed who is a financial firm."""
        self._kept.clear()


def _adds(key: int, parts: int) -> bool:
    """Whether an order, by the parts that what it acquires and what pays are, makes what there is of some parts more."""
    pays, acquired = divmod(key, _PAYS)
    return _takes_on(acquired, parts) and not pays & parts


def _takes_on(acquired: int, parts: int) -> bool:
    return bool(acquired & parts) and not acquired & parts & ISSUED


def _value(worth: Worth, registry: Registry, asset: AssetRecord, part: int, units: int) -> None:
    rate = rate_of(registry, asset)
    if not rate[0]:
        worth.unpriced = worth.unpriced or asset.asset
    else:
        worth.add(part, in_kopecks(units, rate))


def _value_future(worth: Worth, registry: Registry, position: Position) -> None:
    value, quote = position.marked(), position.listing.quote
    if value and not position.listing.in_roubles:
        rate = rate_of(registry, quote)
        if not rate[0]:
            worth.unpriced = worth.unpriced or quote.asset
            return
        value = in_kopecks(value, rate)
    worth.futures += value
