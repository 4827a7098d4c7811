"""What accounts hold of assets, part by part, added up for whom a section asks."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from engine.book.entities import Balance
from engine.exchange import Exchange
from engine.vocabulary.decimals import decimal
from gateway.reporting.tables.tables import AMOUNT, Column

PARTS: Final = (
    Column("available", AMOUNT),
    Column("reserved", AMOUNT),
    Column("frozen", AMOUNT),
    Column("held", AMOUNT),
    Column("arrested", AMOUNT),
    Column("total", AMOUNT),
)
"""The columns of `Held.amounts`."""


class Held:
    """Amounts of one asset, in minor units."""

    __slots__ = ("_amounts", "scale")

    def __init__(self, scale: int) -> None:
        self.scale: Final = scale
        self._amounts = [0] * (len(PARTS) - 1)

    def add(self, balance: Balance) -> None:
        """Count what an account has."""
        for place, amount in enumerate(parts_of(balance)):
            self._amounts[place] += amount

    def add_all(self, other: Held) -> None:
        """Count all of another, of the same asset."""
        for place, amount in enumerate(other._amounts):
            self._amounts[place] += amount

    @property
    def total(self) -> int:
        """All parts together."""
        return sum(self._amounts)

    def amounts(self) -> tuple[str, ...]:
        """The parts and their sum, as decimals."""
        return tuple(decimal(amount, self.scale) for amount in (*self._amounts, self.total))


def parts_of(balance: Balance) -> tuple[int, ...]:
    """The parts of a balance, in the order of `PARTS`."""
    return (balance.available, balance.reserved, balance.frozen, balance.held, balance.arrested)


def balances_of(exchange: Exchange) -> Iterator[tuple[str, str, Balance, int]]:
    """Account, asset, balance and the asset's decimals, of all that is not empty. O(accounts times their assets)."""
    assets = list(exchange.assets.values())
    for account in exchange.accounts.values():
        for place, balance in account.balances.items():
            if any(parts_of(balance)):
                asset = assets[place]
                yield account.account, asset.asset, balance, asset.scale
