"""Who sends: the seat of one connection, with what it may trade and for whom."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from decimal import Decimal
from typing import Final, NamedTuple

ANONYMOUS: Final = ("XMR", "ZEC", "DASH")
"""Privacy coins: listed only so that the rules can be seen to refuse them."""
_CLIENT: Final = re.compile(r"c[0-9]+")


class Listed(NamedTuple):
    """An instrument, as the venue lists it."""

    instrument: str
    kind: str
    """spot, note, future."""
    base: str
    quote: str
    tick: Decimal
    lot: Decimal
    min_quantity: Decimal
    max_quantity: Decimal
    reference_price: Decimal


class Seat(NamedTuple):
    """What one connection logs in as, and what it has.

    Of the accounts, `NAME.main` is a firm's that may do nearly everything, `NAME.c1` and so on are its retail clients', and
    the others are each refused by one rule: `untested`, `unwarned`, `blocked`, `second`, `nameless`, `suspended`, `unrisked`.
    """

    number: int
    """Of the connection, over all machines; its random numbers follow from it."""
    participant: str
    accounts: tuple[str, ...]
    instruments: tuple[Listed, ...]
    prefix: str
    """Client order ids begin with it: of this connection and run alone."""

    @property
    def main(self) -> str:
        """The account that may do nearly everything; the first if none is named so."""
        return self.named("main") or self.accounts[0]

    @property
    def clients(self) -> tuple[str, ...]:
        """The accounts of retail clients."""
        return tuple(account for account in self.accounts if _CLIENT.fullmatch(account.rpartition(".")[2]))

    def named(self, suffix: str) -> str:
        """The account `NAME.suffix`; empty if there is none."""
        return next((account for account in self.accounts if account.rpartition(".")[2] == suffix), "")


def traded(instruments: Iterable[Listed], kinds: Sequence[str], most: int) -> tuple[Listed, ...]:
    """The first `most` instruments of these kinds that have a price to begin with and that the rules let a firm trade."""
    fit = [
        each for each in instruments if each.kind in kinds and each.reference_price > 0 and each.base not in ANONYMOUS
    ]
    return tuple(fit[:most])
