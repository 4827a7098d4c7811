"""What transfers do to contracts of foreign trade: a payment uses a contract up, a refund gives back (SET-1).

The payer pays the other party. What goes the other way is a refund: of what was paid, and no more. Another asset than the
contract's currency is worth what it last traded at for roubles here, else its reference price, at the moment of the transfer.
What was paid and what may be refunded are apart: each rounding is to the stricter side, so that nothing repeated makes room.
"""

from __future__ import annotations

from typing import Final

from compliance.ledger.purchases import rate_of
from compliance.registry.listings import AssetRecord
from compliance.registry.records import Contract, Investor, Registry
from engine.vocabulary.codes import CROSS_BORDER
from engine.vocabulary.messages.events import Transferred

UNKNOWN: Final = -1
"""What is worth nothing that anybody knows."""


class Settlement:
    """A transfer of an amount between two investors, before a contract to which both are parties."""

    def __init__(
        self, registry: Registry, contract: Contract, asset: AssetRecord, amount: int, *, is_refund: bool
    ) -> None:
        self.contract: Final = contract
        self.is_refund: Final = is_refund
        """Whether it goes back to the payer."""
        worth: tuple[int, int] | None = (amount, 1)
        if asset is not contract.asset:
            paid_in, owed_in = rate_of(registry, asset), rate_of(registry, contract.asset)
            worth = None
            if paid_in[0] and owed_in[0]:
                worth = amount * paid_in[0] * owed_in[1], paid_in[1] * owed_in[0]
        self.worth: Final[int] = UNKNOWN if worth is None else -(-worth[0] // worth[1])
        """In minor units of the contract's currency, rounded up; UNKNOWN: what is moved, or owed, has no price in roubles."""
        self._gives_back: Final[int] = 0 if worth is None else worth[0] // worth[1]
        self.room: Final[int] = contract.refundable if is_refund else contract.left
        """How much it may be worth."""

    @property
    def fits(self) -> bool:
        """Whether a payment is within what is left, a refund within what may be refunded."""
        return self.worth != UNKNOWN and self.worth <= self.room

    def book(self) -> None:
        """Use the contract up, or give back: rounded down, so that no refund makes room for more than it brought.

        What may be refunded shrinks by the worth rounded up: a refund of less than a minor unit can't be repeated without end.
        """
        contract = self.contract
        if self.worth == UNKNOWN:
            return
        if self.is_refund:
            contract.refundable = max(contract.refundable - self.worth, 0)
            contract.paid = max(contract.paid - self._gives_back, 0)
        else:
            contract.paid += self.worth
            contract.refundable += self.worth


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
