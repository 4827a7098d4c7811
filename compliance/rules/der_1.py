"""DER-1: crypto derivatives and securities are for qualified investors, cash-settled (Bank of Russia, 28.05.2025).

Where the rulebook admits no spot trading, this rule refuses it: it would deliver crypto.
"""

from __future__ import annotations

from typing import Final

from compliance.registry.classes import class_name
from compliance.registry.listings import Listing
from compliance.rulebook.declaration import ORDER_ENTRY
from compliance.rulebook.rulebook import Rulebook, RuleData
from compliance.rules.case import Case, Profile
from compliance.rules.finding import Finding, yes_no
from compliance.rules.rule import FAILS, PASSES, SELLS_OF_HOLDINGS, OrderRule, Rule
from engine.vocabulary.codes import INSTRUMENT_KINDS
from engine.vocabulary.said import Said, listed, said


class QualifiedDerivatives(OrderRule):
    """Kinds that the rulebook leaves out are refused, and derivatives of retail investors."""

    def __init__(self, data: RuleData, rulebook: Rulebook) -> None:
        super().__init__(data, rulebook)
        self.kinds: Final = rulebook.kinds

    def spares(self, profile: Profile, listing: Listing, side: int) -> str:
        """Sells of what is held."""
        return self.spared_sell(listing, side)

    def known(self, profile: Profile, listing: Listing, side: int) -> int:
        """Fails for kinds that the rulebook leaves out, and for derivatives of retail investors."""
        return PASSES if self.admits(listing) and not unqualified(profile.retail, listing) else FAILS

    def examine(self, case: Case) -> Finding:
        """The kind against those admitted, and the class of who trades a derivative."""
        return KindFinding(self, case)

    def admits(self, listing: Listing) -> bool:
        """Whether the rulebook admits an instrument's kind."""
        return INSTRUMENT_KINDS[listing.kind] in self.kinds


def unqualified(retail: bool, listing: Listing) -> bool:
    """Whether a derivative would be traded by someone whom the retail rules bind."""
    return listing.derivative and retail


class KindFinding(Finding):
    """Whether the kind is admitted, and a derivative traded by someone qualified."""

    def __init__(self, rule: QualifiedDerivatives, case: Case) -> None:
        self.rule: Final = rule
        self.case: Final = case
        self.admitted: Final[bool] = rule.admits(case.listing)
        self.unqualified: Final[bool] = unqualified(case.investor.retail, case.listing)
        super().__init__(self.admitted and not self.unqualified)

    def refusal(self) -> Said:
        """Which of the two it is."""
        listing, investor = self.case.listing, self.case.investor
        if not self.admitted:
            kind = INSTRUMENT_KINDS[listing.kind]
            return said("DER-1.kind", listing.instrument, kind, listed(self.rule.kinds))
        name = class_name(investor.investor_class)
        return said("DER-1.unqualified", listing.instrument, investor.investor, name)

    def inputs(self) -> list[tuple[str, str]]:
        """Kind and class."""
        listing = self.case.listing
        return [
            ("kind", INSTRUMENT_KINDS[listing.kind]),
            ("derivative or security", yes_no(listing.derivative)),
            ("class", class_name(self.case.investor.investor_class)),
        ]

    def arithmetic(self) -> str:
        """Both comparisons, as far as they were made."""
        listing = self.case.listing
        kind = INSTRUMENT_KINDS[listing.kind]
        if not self.admitted:
            return f"{kind} is not among the admitted: {', '.join(self.rule.kinds)}"
        if not listing.derivative:
            return f"{kind} is admitted, and no derivative"
        name = class_name(self.case.investor.investor_class)
        return f"{kind} is admitted; {name} {'is not' if self.unqualified else 'is'} qualified"


def delivery_refusal(instrument: str) -> Said:
    """Why what a derivative follows is not delivered, whoever asks."""
    return said("DER-1.delivery", instrument)


RULE: Final[Rule] = Rule(
    "DER-1",
    ORDER_ENTRY,
    {},
    compares="The instrument's kind with those that the rulebook admits; a derivative's investor with qualified status.",
    exempt=f"{SELLS_OF_HOLDINGS} Not of futures: they can be sold without being held.",
    orders=QualifiedDerivatives,
)
