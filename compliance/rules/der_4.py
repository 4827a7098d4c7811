"""DER-4: each investor's exposure is limited, by class. No figure was published: a venue setting."""

from __future__ import annotations

from typing import Final

from compliance.ledger.ledger import Ledger
from compliance.registry.classes import CLASSES
from compliance.registry.records import Investor, Registry
from compliance.rulebook.declaration import ORDER_ENTRY
from compliance.rulebook.rulebook import Rulebook, RuleData
from compliance.rules.case import Case
from compliance.rules.exposure import ExposureRule, Headroom, fits
from compliance.rules.finding import PASSED, Finding
from compliance.rules.limits import by_class, limits_by_class
from compliance.rules.rule import Rule
from engine.vocabulary.decimals import decimal
from engine.vocabulary.said import Said, said


class ExposureLimit(ExposureRule):
    """What takes an investor's exposure beyond the limit of the class is refused."""

    def __init__(self, data: RuleData, rulebook: Rulebook) -> None:
        super().__init__(data, rulebook)
        self.limits: Final = by_class(data)

    def doubtful(self, registry: Registry, ledger: Ledger) -> list[Investor]:
        """Investors beyond the limit of their class. O(exposed investors)."""
        found: list[Investor] = []
        for name, exposure in ledger.exposures.by_investor.items():
            investor = registry.investors[name]
            if exposure > self.limits[investor.investor_class]:
                found.append(investor)
        return found

    def outside(self, registry: Registry, ledger: Ledger) -> list[tuple[str, Said]]:
        """The same, with the figures."""
        found: list[tuple[str, Said]] = []
        for investor in self.doubtful(registry, ledger):
            exposure, limit = ledger.exposures.by_investor[investor.investor], self.limits[investor.investor_class]
            beyond = said("DER-4.beyond", investor.investor, decimal(exposure, 2), decimal(limit, 2))
            found.append((investor.investor, beyond))
        return found

    def examine(self, case: Case) -> Finding:
        """Add what the order adds to the exposure over all accounts of the investor."""
        investor_class = case.investor.investor_class
        limit, exposure, adds = self.limits[investor_class], case.ledger.exposures.of(case.client), case.adds()
        if fits(limit, exposure, adds) and not case.explained:
            return PASSED
        return ExposureFinding(investor_class, Headroom(limit, exposure, adds))


class ExposureFinding(Finding):
    """The limit of the class, the exposure and what the order adds to it."""

    def __init__(self, investor_class: int, headroom: Headroom) -> None:
        self.investor_class: Final = investor_class
        self.headroom: Final = headroom
        super().__init__(headroom.fits)

    def refusal(self) -> Said:
        """What the limit leaves."""
        return self.headroom.refusal(said("DER-4.limit"))

    def inputs(self) -> list[tuple[str, str]]:
        """Class and exposure."""
        return [("class", CLASSES[self.investor_class]), *self.headroom.inputs()]

    def arithmetic(self) -> str:
        """What the limit leaves against what the order adds."""
        return self.headroom.arithmetic()


RULE: Final[Rule] = Rule(
    "DER-4",
    ORDER_ENTRY,
    # Zero is how the rulebooks say that DER-1 keeps a class out.
    limits_by_class(
        "the exposure limit",
        "Largest exposure in derivatives and securities on crypto prices of",
        "a limit of nothing: every purchase is refused",
        may_be_zero=("retail", "unqualified_firm"),
    ),
    compares="Positions at entry value and open orders at their worst price, over all accounts, with the limit of the class.",
    exempt="Spot trading; what closes a position; instruments priced in another asset than RUB.",
    reported=("strict limits asked for, no figure published",),
    orders=ExposureLimit,
)
