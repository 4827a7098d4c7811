"""ELR-2: firms that are qualified investors trade, financial firms within a limit (Bank of Russia, 12.03.2025).

The limit is a share of capital for all that such a firm has open and holds: whatever it is, but roubles.
"""

from __future__ import annotations

from typing import Final

from compliance.ledger.ledger import Ledger
from compliance.ledger.portfolio import HELD
from compliance.registry.classes import UNQUALIFIED_FIRM, class_name, is_firm
from compliance.registry.listings import Listing
from compliance.registry.records import Investor, Registry
from compliance.rulebook.declaration import ORDER_ENTRY, PERCENT, Parameter
from compliance.rulebook.rulebook import Rulebook, RuleData
from compliance.rules.case import NOTHING, Arrival, Case, Profile
from compliance.rules.finding import PASSED, Finding, yes_no
from compliance.rules.rule import DEPENDS, FAILS, PASSES, SELLS_OF_HOLDINGS, OrderRule, Rule
from compliance.rules.share import Share
from engine.vocabulary.said import Said, said


class QualifiedFirmsOnly(OrderRule):
    """Firms that are not qualified are refused, and what makes a financial firm have more than a share of its capital."""

    def __init__(self, data: RuleData, rulebook: Rulebook) -> None:
        super().__init__(data, rulebook)
        self.hundredths_of_percent: Final = data.parameters.number("financial_firm_percent_of_capital")

    def spares(self, profile: Profile, listing: Listing, side: int) -> str:
        """Individuals."""
        return "" if is_firm(profile.investor_class) else "it is for firms"

    def known(self, profile: Profile, listing: Listing, side: int) -> int:
        """Fails for firms that are not qualified; depends on what a financial firm has, for what it buys or sells short."""
        return by_status(profile.investor_class, profile.financial, listing, side)

    def doubtful(self, registry: Registry, ledger: Ledger) -> list[Investor]:
        """Financial firms beyond their share. O(what financial firms hold)."""
        return [firm for firm in registry.financial.values() if self._share(ledger, firm, NOTHING).is_beyond]

    def outside(self, registry: Registry, ledger: Ledger) -> list[tuple[str, Said]]:
        """Financial firms that have more than their share, or something without a rouble value."""
        return [(each.name, each.standing()) for each in self.shares(registry, ledger) if each.is_beyond]

    def shares(self, registry: Registry, ledger: Ledger) -> list[Share]:
        """What each financial firm has of its share. O(what financial firms hold)."""
        return [
            self._share(ledger, firm, NOTHING) for firm in registry.financial.values() if is_firm(firm.investor_class)
        ]

    def examine(self, case: Case) -> Finding:
        """The firm's class and, of a financial firm, what it has with the order against the share of capital."""
        investor = case.investor
        status = by_status(investor.investor_class, investor.financial, case.listing, case.side)
        if status != DEPENDS:
            passed = status == PASSES
            return PASSED if passed and not case.explained else FirmFinding(passed, case, None)
        share = self._share(case.ledger, investor, case.adds_of(HELD), case.listing.quote.asset)
        return PASSED if share.fits and not case.explained else FirmFinding(share.fits, case, share)

    def _share(self, ledger: Ledger, firm: Investor, adds: int, quote: str = "") -> Share:
        worth = ledger.worth(firm.investor, HELD)
        share = self.hundredths_of_percent
        return Share(firm.investor, firm.capital_rub, share, worth, clients=0, adds=adds, quote=quote)

    def at_door(self, arrival: Arrival) -> Finding | None:
        """The status of a firm that would come to hold crypto here; what settles a contract is SET-1's."""
        return StatusAtDoorFinding(arrival) if is_firm(arrival.investor.investor_class) and arrival.enters else None


class StatusAtDoorFinding(Finding):
    """Whether a firm that would come to hold crypto here is a qualified investor."""

    def __init__(self, arrival: Arrival) -> None:
        self.arrival: Final = arrival
        super().__init__(arrival.investor.investor_class != UNQUALIFIED_FIRM)

    def refusal(self) -> Said:
        """What the firm lacks."""
        return unqualified_words(self.arrival.investor)

    def inputs(self) -> list[tuple[str, str]]:
        """Asset and class."""
        return self.arrival.inputs()

    def arithmetic(self) -> str:
        """The class."""
        name = class_name(self.arrival.investor.investor_class)
        return f"{name} {'is' if self.passed else 'is not'} qualified_firm"


def unqualified_words(investor: Investor) -> Said:
    """What a firm that is not qualified lacks."""
    return said("ELR-2.unqualified", investor.investor, f"{investor.assets_rub}.00", f"{investor.income_rub}.00")


def by_status(investor_class: int, financial: bool, listing: Listing, side: int) -> int:
    """What a firm's status decides; the rest is a matter of its limit."""
    if investor_class == UNQUALIFIED_FIRM:
        return FAILS
    return DEPENDS if financial and listing.opens(side) else PASSES


class FirmFinding(Finding):
    """A firm's status and, where that depends on what a financial firm has, its share of capital."""

    def __init__(self, passed: bool, case: Case, share: Share | None) -> None:
        super().__init__(passed)
        self.case: Final = case
        self.share: Final = share

    def refusal(self) -> Said:
        """What the firm lacks, or what it has too much of."""
        investor = self.case.investor
        if self.share is None:
            return unqualified_words(investor)
        return self.share.refusal(said("ELR-2.firm", investor.investor))

    def inputs(self) -> list[tuple[str, str]]:
        """The firm's class and, of a financial firm, what it has."""
        investor = self.case.investor
        inputs = [("class", class_name(investor.investor_class)), ("financial firm", yes_no(investor.financial))]
        if self.share is not None:
            inputs += self.share.inputs()
        elif not self.passed:
            inputs += [("net assets", f"{investor.assets_rub}.00"), ("revenue", f"{investor.income_rub}.00")]
        return inputs

    def arithmetic(self) -> str:
        """What decided, in words."""
        investor = self.case.investor
        if self.share is not None:
            return self.share.arithmetic()
        name = class_name(investor.investor_class)
        if not self.passed:
            return f"{name} is not qualified_firm"
        return f"{name}: the limit is on purchases" if investor.financial else f"{name}, no financial firm: no limit"


RULE: Final[Rule] = Rule(
    "ELR-2",
    ORDER_ENTRY,
    {
        "financial_firm_percent_of_capital": Parameter(
            PERCENT,
            "the share of capital that a financial firm may hold and have open",
            "Largest value of all that is held and open, as a share of the firm's capital.",
            formerly="financial_firm_order_percent_of_capital",
        ),
    },
    compares=(
        "A firm's class with qualified firm; all that a financial firm holds, its open purchases at their worst price, its futures, "
        "and this order with a share of its capital."
    ),
    exempt=f"Individuals. {SELLS_OF_HOLDINGS}",
    reported=("risk-based limits for financial firms, no figure published",),
    orders=QualifiedFirmsOnly,
)
