"""INT-1: clients of a suspended or unlicensed intermediary may cancel and sell (RET-5), not buy."""

from __future__ import annotations

from typing import Final

from compliance.registry.listings import Listing
from compliance.registry.records import Intermediary
from compliance.rulebook.declaration import ORDER_ENTRY
from compliance.rules.case import ISSUE, TRANSFER, Arrival, Case, Profile
from compliance.rules.finding import Finding, yes_no
from compliance.rules.rule import FAILS, PASSES, SELLS_OF_HOLDINGS, OrderRule, Rule
from engine.vocabulary.codes import FIAT
from engine.vocabulary.said import Said, said


class BarredIntermediary(OrderRule):
    """What is bought through a barred intermediary is refused."""

    def crypto_only(self) -> bool:
        """It is about the intermediary, whatever is traded through it."""
        return False

    def known(self, profile: Profile, listing: Listing, side: int) -> int:
        """Fails through a barred intermediary."""
        return FAILS if profile.barred else PASSES

    def examine(self, case: Case) -> Finding:
        """The intermediary's licence, and whether it is suspended."""
        return LicenceFinding(case.client.intermediary)

    def at_door(self, arrival: Arrival) -> Finding | None:
        """The same of what is as good as bought: whatever is no money, as orders are asked about whatever they trade."""
        as_good_as_bought = arrival.door in (TRANSFER, ISSUE) and arrival.asset.kind != FIAT
        return LicenceFinding(arrival.client.intermediary) if as_good_as_bought else None


class LicenceFinding(Finding):
    """The intermediary of the account; None: it is held directly."""

    def __init__(self, intermediary: Intermediary | None) -> None:
        self.intermediary: Final = intermediary
        super().__init__(intermediary is None or not intermediary.barred)

    def refusal(self) -> Said:
        """What the intermediary lacks."""
        intermediary = self.intermediary
        assert intermediary is not None
        if intermediary.suspended:
            return said("INT-1.suspended", intermediary.intermediary)
        return said("INT-1.unlicensed", intermediary.intermediary)

    def inputs(self) -> list[tuple[str, str]]:
        """What is on record of it."""
        intermediary = self.intermediary
        if intermediary is None:
            return [("intermediary", "none")]
        return [
            ("intermediary", intermediary.intermediary),
            ("licensed", yes_no(intermediary.licensed)),
            ("suspended", yes_no(intermediary.suspended)),
        ]

    def arithmetic(self) -> str:
        """Its state in words."""
        if self.intermediary is None:
            return "held directly: there is no intermediary to look at"
        state = "licensed and not suspended" if self.passed else "suspended or without a licence"
        return f"{self.intermediary.intermediary} is {state}"


RULE: Final[Rule] = Rule(
    "INT-1",
    ORDER_ENTRY,
    {},
    compares="The intermediary's licence, and whether it is suspended.",
    exempt=f"Accounts held directly. {SELLS_OF_HOLDINGS}",
    orders=BarredIntermediary,
)
