"""OPS-1: the largest value of one order, by class (after RTS 6 and 7, SEC Rule 15c3-5). Orders priced in roubles."""

from __future__ import annotations

from typing import Final

from compliance.registry.classes import CLASSES
from compliance.registry.listings import Listing
from compliance.rulebook.declaration import ORDER_ENTRY
from compliance.rulebook.rulebook import Rulebook, RuleData
from compliance.rules.case import Case, Profile
from compliance.rules.finding import PASSED, Finding
from compliance.rules.limits import by_class, compared, limits_by_class
from compliance.rules.rule import NO_LIMIT, PASSES, OrderRule, Rule
from engine.vocabulary.codes import BUY
from engine.vocabulary.decimals import decimal
from engine.vocabulary.said import Said, said


class LargestOrder(OrderRule):
    """An order worth more than the limit of the class is refused."""

    def __init__(self, data: RuleData, rulebook: Rulebook) -> None:
        super().__init__(data, rulebook)
        self.limits: Final = by_class(data)

    def spares(self, profile: Profile, listing: Listing, side: int) -> str:
        """Orders priced in another asset."""
        return "" if listing.in_roubles else "it is for orders priced in RUB"

    def known(self, profile: Profile, listing: Listing, side: int) -> int:
        """Passes up to the limit, which the table holds."""
        return PASSES

    def allows_up_to(self, profile: Profile, listing: Listing) -> int:
        """The limit of the class."""
        return NO_LIMIT if self.spares(profile, listing, BUY) else self.limits[profile.investor_class]

    def examine(self, case: Case) -> Finding:
        """The order's value against the limit of the class."""
        investor_class = case.investor.investor_class
        limit = self.limits[investor_class]
        fits = case.value <= limit
        return PASSED if fits and not case.explained else SizeFinding(fits, investor_class, limit, case.value)


class SizeFinding(Finding):
    """The order's value against the limit of the class."""

    def __init__(self, fits: bool, investor_class: int, limit: int, value: int) -> None:
        super().__init__(fits)
        self.investor_class: Final = investor_class
        self.limit: Final = limit
        self.value: Final = value

    def refusal(self) -> Said:
        """The limit, and the value."""
        name = CLASSES[self.investor_class]
        return said("OPS-1.value", name, decimal(self.limit, 2), decimal(self.value, 2))

    def inputs(self) -> list[tuple[str, str]]:
        """Class and value."""
        return [("class", CLASSES[self.investor_class]), ("this order", decimal(self.value, 2))]

    def arithmetic(self) -> str:
        """The value against the limit."""
        return compared(self.value, self.limit, self.passed)


RULE: Final[Rule] = Rule(
    "OPS-1",
    ORDER_ENTRY,
    limits_by_class(
        "the largest order",
        "Largest value of one order, priced in RUB, of",
        "a limit of nothing: every order that it looks at is refused",
    ),
    compares="The order's value at its worst price with the limit of the investor's class.",
    exempt="Orders priced in another asset than RUB.",
    orders=LargestOrder,
)
