"""What transfers do to contracts of foreign trade: a payment uses a contract up, a refund gives back (SET-1).

The payer pays the other party. What goes the other way is a refund: of what was paid, and no more. Another asset than the
contract's currency is worth what it last traded at for roubles here, else its reference price, at the moment of the transfer.
"""

from __future__ import annotations

from typing import Final

from compliance.registry.listings import ROUBLE, AssetRecord
from compliance.registry.records import Contract, Investor, Registry
from engine.vocabulary.codes import CROSS_BORDER
from engine.vocabulary.messages.events import Transferred

UNKNOWN: Final = -1
"""What is worth nothing that anybody knows."""

Fraction = tuple[int, int]


def rouble_price(registry: Registry, asset: AssetRecord) -> Fraction | None:
    """Kopecks for so many minor units of an asset; None: it has no price in roubles here.

    Roubles at face, all else at the last trade of its spot market, else its reference price. O(instruments) for securities.
    """
    if asset.asset == ROUBLE:
        return 1, 1
    market = registry.rouble_market(asset.asset)
    if market is None or not market.last_ticks:
        return None
    return market.last_ticks * market.unit, market.lot_base


class Settlement:
    """A transfer of an amount between two investors, before a contract to which both are parties."""

    def __init__(
        self, registry: Registry, contract: Contract, asset: AssetRecord, amount: int, *, is_refund: bool
    ) -> None:
        self.contract: Final = contract
        self.is_refund: Final = is_refund
        """Whether it goes back to the payer."""
        worth: Fraction | None = (amount, 1)
        if asset is not contract.asset:
            paid_in, owed_in = rouble_price(registry, asset), rouble_price(registry, contract.asset)
            worth = None
            if paid_in is not None and owed_in is not None:
                worth = amount * paid_in[0] * owed_in[1], paid_in[1] * owed_in[0]
        self.worth: Final[int] = UNKNOWN if worth is None else -(-worth[0] // worth[1])
        """In minor units of the contract's currency, rounded up; UNKNOWN: what is moved, or owed, has no price in roubles."""
        self._gives_back: Final[int] = 0 if worth is None else worth[0] // worth[1]
        self.room: Final[int] = contract.paid if is_refund else contract.left
        """How much it may be worth."""

    @property
    def fits(self) -> bool:
        """Whether a payment is within what is left, a refund within what was paid."""
        return self.worth != UNKNOWN and self.worth <= self.room

    def book(self) -> None:
        """Use the contract up, or give back: rounded down, so that no refund makes room for more than it brought."""
        if self.is_refund:
            self.contract.paid = max(self.contract.paid - self._gives_back, 0)
        elif self.worth != UNKNOWN:
            self.contract.paid += self.worth


def between(contract: Contract, sender: Investor, receiver: Investor) -> bool:
    """Whether two investors are the parties of a contract, whichever pays."""
    return (sender is contract.payer and receiver is contract.payee) or (
        sender is contract.payee and receiver is contract.payer
    )


def follow_transfer(registry: Registry, event: Transferred) -> None:
    """Book what a transfer does to the contract that it names, whatever it moved and whether a rule asked for the contract."""
    contract = registry.contracts.get(event.contract_reference.strip())
    if contract is None or event.purpose != CROSS_BORDER:
        return
    sender, receiver = registry.clients[event.from_account].investor, registry.clients[event.to_account].investor
    if between(contract, sender, receiver):
        asset = registry.assets[event.asset]
        Settlement(registry, contract, asset, event.amount, is_refund=sender is contract.payee).book()
