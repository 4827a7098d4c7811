"""SAN-1: blocked owners neither trade nor move assets; they may cancel. Both sides, and between own accounts too."""

from __future__ import annotations

from typing import Final

from compliance.registry.listings import Listing
from compliance.registry.records import Investor
from compliance.rulebook.declaration import ORDER_ENTRY
from compliance.rules.case import Case, Profile, TransferCase
from compliance.rules.finding import Finding
from compliance.rules.rule import FAILS, PASSES, OrderRule, Rule, TransferRule
from engine.vocabulary.said import Said, said


class BlockedOwner(OrderRule):
    """A blocked owner may not trade at all."""

    def known(self, profile: Profile, listing: Listing, side: int) -> int:
        """Fails for a blocked investor, both sides."""
        return FAILS if profile.blocked else PASSES

    def examine(self, case: Case) -> Finding:
        """Whether the investor is on the list."""
        return ListFinding([("investor", case.investor)], trades=True)


class BlockedParty(TransferRule):
    """A blocked owner neither sends nor receives, between own accounts either."""

    def examine(self, case: TransferCase) -> Finding:
        """Whether one of the two owners is on the list."""
        return ListFinding([("sender", case.sender), ("receiver", case.receiver)], trades=False)


class ListFinding(Finding):
    """Who of those concerned is on the list."""

    def __init__(self, parties: list[tuple[str, Investor]], *, trades: bool) -> None:
        self.parties: Final = parties
        self.trades: Final = trades
        """Whether it is about an order, not about a transfer."""
        super().__init__(not any(investor.blocked for _, investor in parties))

    def refusal(self) -> Said:
        """The first who is, the sender before the receiver."""
        listed = next(investor for _, investor in self.parties if investor.blocked)
        return said("SAN-1.trade", listed.investor) if self.trades else said("SAN-1.move", listed.investor)

    def inputs(self) -> list[tuple[str, str]]:
        """The names."""
        return [(role, investor.investor) for role, investor in self.parties]

    def arithmetic(self) -> str:
        """Each of them."""
        return "; ".join(
            [
                f"{investor.investor} {'is' if investor.blocked else 'is not'} on the list of blocked owners"
                for _, investor in self.parties
            ]
        )


RULE: Final[Rule] = Rule(
    "SAN-1",
    ORDER_ENTRY,
    {},
    compares="The investor with the list of blocked owners.",
    exempt="Nobody; cancels always pass.",
    orders=BlockedOwner,
    transfers=BlockedParty,
)
