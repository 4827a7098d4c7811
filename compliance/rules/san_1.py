"""SAN-1: blocked owners neither trade nor move assets; they may cancel. Both sides, and between own accounts too.

A firm is blocked with any of the beneficial owners that it names (ID-1): how much of it is theirs is not on record.
"""

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

    def crypto_only(self) -> bool:
        """It is about persons, whatever they trade."""
        return False

    def holds_anyway(self, listing: Listing) -> bool:
        """It stops a person, whatever is traded."""
        return True

    def way_out(self, listing: Listing) -> Said:
        """The supervisor's: an owner on the list does nothing by itself."""
        return said("way_out.close_out") if listing.shortable else said("SAN-1.way_out")

    def known(self, profile: Profile, listing: Listing, side: int) -> int:
        """Fails for an investor that is blocked, itself or with an owner: both sides."""
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
        super().__init__(not any(investor.listed is not None for _, investor in parties))

    def refusal(self) -> Said:
        """The first who is, the sender before the receiver."""
        listed = next(investor for _, investor in self.parties if investor.listed is not None)
        owner = listed.listed
        if owner is None or owner is listed:
            return said("SAN-1.trade", listed.investor) if self.trades else said("SAN-1.move", listed.investor)
        if self.trades:
            return said("SAN-1.owner_trade", owner.investor, listed.investor)
        return said("SAN-1.owner_move", owner.investor, listed.investor)

    def inputs(self) -> list[tuple[str, str]]:
        """The names."""
        return [(role, investor.investor) for role, investor in self.parties]

    def arithmetic(self) -> str:
        """Each of them."""
        return "; ".join([_place_on_list(investor) for _, investor in self.parties])


def _place_on_list(investor: Investor) -> str:
    """Whether an investor is on the list, itself or with a beneficial owner."""
    listed = investor.listed
    if listed is None:
        owners = ", nor is a beneficial owner of it" if investor.owners else ""
        return f"{investor.investor} is not on the list of blocked owners{owners}"
    whose = "" if listed is investor else f"{listed.investor}, a beneficial owner of "
    return f"{whose}{investor.investor}{',' if whose else ''} is on the list of blocked owners"


def listed_owner(owner: Investor) -> Said:
    """That an owner is on the list, or one of its own."""
    listed = owner.listed
    if listed is None or listed is owner:
        return said("SAN-1.owner", owner.investor)
    return said("SAN-1.owner_of", listed.investor, owner.investor)


RULE: Final[Rule] = Rule(
    "SAN-1",
    ORDER_ENTRY,
    {},
    compares="The investor, and the beneficial owners that a firm names, with the list of blocked owners.",
    exempt="Nobody; cancels always pass.",
    orders=BlockedOwner,
    transfers=BlockedParty,
)
