"""ELR-2: firms that are qualified investors trade, financial firms within a limit (Bank of Russia, 12.03.2025)."""

from __future__ import annotations

from typing import Final

from compliance.registry.classes import UNQUALIFIED_FIRM, class_name, is_firm
from compliance.registry.listings import Listing
from compliance.registry.records import Investor
from compliance.rulebook.declaration import ORDER_ENTRY, PERCENT, Parameter
from compliance.rulebook.rulebook import Rulebook, RuleData
from compliance.rules.case import Arrival, Case, Profile
from compliance.rules.finding import PASSED, Finding, yes_no
from compliance.rules.rule import DEPENDS, FAILS, PASSES, SELLS_OF_HOLDINGS, OrderRule, Rule
from engine.vocabulary.decimals import decimal
from engine.vocabulary.said import Said, said


class QualifiedFirmsOnly(OrderRule):
    """Firms that are not qualified are refused, and what a financial firm buys beyond a share of its capital."""

    def __init__(self, data: RuleData, rulebook: Rulebook) -> None:
        super().__init__(data, rulebook)
        self.hundredths_of_percent: Final = data.parameters.number("financial_firm_order_percent_of_capital")

    def spares(self, profile: Profile, listing: Listing, side: int) -> str:
        """Individuals."""
        return "" if is_firm(profile.investor_class) else "it is for firms"

    def known(self, profile: Profile, listing: Listing, side: int) -> int:
        """Fails for firms that are not qualified; depends on the rouble value of a financial firm's purchase, or future sold."""
        return by_status(profile.investor_class, profile.financial, listing, side)

    def examine(self, case: Case) -> Finding:
        """The firm's class and, of a financial firm's purchase, its value against the share of capital."""
        investor = case.investor
        status = by_status(investor.investor_class, investor.financial, case.listing, case.side)
        # Kopecks of capital times hundredths of a percent: rounded down, to the stricter side.
        limit = investor.capital_rub * 100 * self.hundredths_of_percent // 10_000
        # A value below 0 is not known.
        fits = 0 <= case.kopecks <= limit
        passed = status == PASSES or (status == DEPENDS and fits)
        return PASSED if passed and not case.explained else FirmFinding(passed, self, case, status, limit)

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
    """A firm's status, and the value of the order against the limit of a financial firm."""

    def __init__(self, passed: bool, rule: QualifiedFirmsOnly, case: Case, status: int, limit: int) -> None:
        super().__init__(passed)
        self.rule: Final = rule
        self.case: Final = case
        self.status: Final = status
        self.limit: Final = limit
        """Of a financial firm's purchase, in kopecks."""
        self.valued: Final[bool] = case.kopecks >= 0
        """Whether the rouble value of the order is known."""

    def refusal(self) -> Said:
        """What the firm or the order lacks."""
        case, investor = self.case, self.case.investor
        if self.status == FAILS:
            return unqualified_words(investor)
        if case.unbounded:
            return said("ELR-2.unbounded", case.listing.instrument)
        if not self.valued:
            return said("ELR-2.unvalued", case.listing.instrument, case.listing.quote.asset)
        share, capital = decimal(self.rule.hundredths_of_percent, 2), f"{investor.capital_rub}.00"
        return said("ELR-2.share", decimal(self.limit, 2), share, capital, decimal(case.kopecks, 2))

    def inputs(self) -> list[tuple[str, str]]:
        """The firm's class and, of a financial firm's purchase, value and capital."""
        investor = self.case.investor
        inputs = [("class", class_name(investor.investor_class)), ("financial firm", yes_no(investor.financial))]
        if self.status == FAILS:
            inputs += [("net assets", f"{investor.assets_rub}.00"), ("revenue", f"{investor.income_rub}.00")]
        elif self.status == DEPENDS and self.valued:
            inputs += [("capital", f"{investor.capital_rub}.00"), ("this order", decimal(self.case.kopecks, 2))]
        return inputs

    def arithmetic(self) -> str:
        """What decided, in words."""
        case, investor = self.case, self.case.investor
        name = class_name(investor.investor_class)
        if self.status == FAILS:
            return f"{name} is not qualified_firm"
        if self.status == PASSES:
            return (
                f"{name}: the limit is on purchases" if investor.financial else f"{name}, no financial firm: no limit"
            )
        if case.unbounded:
            return f"{case.listing.instrument} has no static band: nothing says what this sale brings in at most"
        if not self.valued:
            return f"the value of {case.listing.quote.asset} in RUB is not known"
        share = f"{decimal(self.rule.hundredths_of_percent, 2)} % of {investor.capital_rub}.00"
        return f"{decimal(case.kopecks, 2)} {'<=' if self.passed else '>'} {decimal(self.limit, 2)} = {share}"


RULE: Final[Rule] = Rule(
    "ELR-2",
    ORDER_ENTRY,
    {
        "financial_firm_order_percent_of_capital": Parameter(
            PERCENT,
            "a financial firm's largest purchase",
            "Largest value of one purchase, as a share of the firm's capital.",
        ),
    },
    compares=(
        "A firm's class with qualified firm; the rouble value of a financial firm's purchase, or future sold, with a share of "
        "its capital."
    ),
    exempt=f"Individuals. {SELLS_OF_HOLDINGS}",
    reported=("risk-based limits for financial firms, no figure published",),
    orders=QualifiedFirmsOnly,
)
