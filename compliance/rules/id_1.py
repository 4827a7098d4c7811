"""ID-1: one person is one investor. Who must have documents on record, and a firm its beneficial owners, before it buys.

What else it says holds under any rulebook, or what one let happen could not be undone by the next: no document is on record of
two investors (`compliance.registry.persons`), and who shares a beneficial owner does not trade with each other (the core).
"""

from __future__ import annotations

from typing import Final

from compliance.registry.listings import Listing
from compliance.registry.records import Investor
from compliance.rulebook.declaration import FLAG, ORDER_ENTRY, SOME, Parameter
from compliance.rulebook.rulebook import Rulebook, RuleData
from compliance.rules.case import Arrival, Case, Profile
from compliance.rules.elr_3 import access_class
from compliance.rules.finding import Finding
from compliance.rules.rule import FAILS, FOR_PURCHASES, PASSES, SELLS_OF_HOLDINGS, OrderRule, Rule
from engine.vocabulary.codes import FIRM
from engine.vocabulary.said import Said, said


class OnePerson(OrderRule):
    """Who has no document on record buys nothing: nobody can say how often the same person has come already."""

    def __init__(self, data: RuleData, rulebook: Rulebook) -> None:
        super().__init__(data, rulebook)
        self.classes: Final = data.parameters.names("documents_required_of")
        self.owners_required: Final = data.parameters.flag("owners_required")

    def spares(self, profile: Profile, listing: Listing, side: int) -> str:
        """Sells of what is held, and classes of which no document is required."""
        if not listing.opens(side):
            return FOR_PURCHASES
        name = access_class(profile.retail, profile.investor_class)
        return "" if name in self.classes else f"no document is required of {name}"

    def known(self, profile: Profile, listing: Listing, side: int) -> int:
        """Fails without what is required."""
        return PASSES if profile.identified else FAILS

    def identified(self, investor: Investor) -> bool:
        """Whether a document is on record, and of a firm who its owners are, as a `Profile` says."""
        if investor.person is None:
            return False
        return investor.kind != FIRM or not self.owners_required or len(investor.owners) > 0

    def examine(self, case: Case) -> Finding:
        """What is on record."""
        return DocumentFinding(self, case.investor)

    def at_door(self, arrival: Arrival) -> Finding | None:
        """The same of what is as good as bought."""
        investor = arrival.investor
        concerned = access_class(investor.retail, investor.investor_class) in self.classes
        return DocumentFinding(self, investor) if arrival.bought and concerned else None


class DocumentFinding(Finding):
    """What is on record of who the investor is: that there is something, never what."""

    def __init__(self, rule: OnePerson, investor: Investor) -> None:
        self.rule: Final = rule
        self.investor: Final = investor
        super().__init__(rule.identified(investor))

    def refusal(self) -> Said:
        """What is missing."""
        if self.investor.person is None:
            return said("ID-1.document", self.investor.investor)
        return said("ID-1.owner", self.investor.investor)

    def inputs(self) -> list[tuple[str, str]]:
        """How many documents, and of a firm how many owners."""
        person = self.investor.person
        found = [("documents on record", str(0 if person is None else len(person.keys)))]
        if self.investor.kind == FIRM:
            found.append(("beneficial owners named", str(len(self.investor.owners))))
        return found

    def arithmetic(self) -> str:
        """What is on record against what is required."""
        needed = "a document"
        if self.investor.kind == FIRM and self.rule.owners_required:
            needed = "a document and a beneficial owner"
        return f"{needed} {'is' if self.passed else 'is not'} on record"


RULE: Final[Rule] = Rule(
    "ID-1",
    ORDER_ENTRY,
    {
        "documents_required_of": Parameter(
            SOME,
            "the classes that must have a document on record",
            "Who buys only with a document on record.",
            words={
                "retail": "individuals and firms without qualified status",
                "qualified": "ordinary qualified individuals",
                "super_qualified": "super-qualified individuals",
                "qualified_firm": "qualified firms",
            },
        ),
        "owners_required": Parameter(
            FLAG,
            "the duty of firms to name beneficial owners",
            "Whether a firm among them must name a beneficial owner, too.",
        ),
    },
    compares="What is on record of an investor's documents, and of a firm's beneficial owners, with what is required of the class.",
    exempt=SELLS_OF_HOLDINGS,
    orders=OnePerson,
)
