"""Rules on amounts: the value of one order, the annual cap, the exposure. All in kopecks."""

from __future__ import annotations

from typing import Final

from compliance.case import DEPENDS, NO_LIMIT, PASSES, Case, Profile, Rule
from compliance.classes import CLASSES
from compliance.listings import Listing
from compliance.rulebook import Rulebook, RuleData
from engine.codes import BUY
from engine.problem import decimal


def by_class(data: RuleData) -> list[int]:
    """The figures of a rule that has one for each class, in kopecks, in the order of the class codes."""
    return [data.parameters.number(f"{name}_rub") for name in CLASSES]


class AnnualCap(Rule):
    """RET-1: retail purchases of at most 300 000 RUB in a Moscow calendar year (Bank of Russia, 23.12.2025)."""

    def __init__(self, data: RuleData, book: Rulebook) -> None:
        super().__init__(data, book)
        self.cap_kopecks: Final = data.parameters.number("retail_cap_rub")
        self.aggregate: Final[bool] = data.parameters.word("cap_scope") == "aggregate"

    def bears(self, profile: Profile, listing: Listing, side: int) -> int:
        """Depends on other purchases for a retail purchase that is priced in roubles."""
        return DEPENDS if profile.retail and side == BUY and listing.capped else PASSES

    def judge(self, case: Case) -> str:
        """Add the order, at its worst price, to what was used and is reserved in the year."""
        scope = None if self.aggregate else case.client.intermediary_name
        sums = case.ledger.look(case.client)
        used = sums.used(case.ledger.years.of(case.time_ns), scope)
        reserved = sums.reserved(scope)
        remaining = self.cap_kopecks - used - reserved
        if case.value <= remaining:
            return ""
        where = "" if scope is None else f" through {scope or 'no intermediary'}"
        return (
            f"cap {decimal(self.cap_kopecks, 2)} RUB a year{where}, used {decimal(used, 2)}, "
            f"reserved {decimal(reserved, 2)}, remaining {decimal(max(remaining, 0), 2)}; "
            f"this order {decimal(case.value, 2)}"
        )


class LargestOrder(Rule):
    """OPS-1: the largest value of one order, by class (after RTS 6 and 7, SEC Rule 15c3-5). Orders priced in roubles."""

    def __init__(self, data: RuleData, book: Rulebook) -> None:
        super().__init__(data, book)
        self.limits: Final = by_class(data)

    def bears(self, profile: Profile, listing: Listing, side: int) -> int:
        """Passes up to the limit, which the table holds."""
        return PASSES

    def allows_up_to(self, profile: Profile, listing: Listing) -> int:
        """The limit of the class."""
        return self.limits[profile.investor_class] if listing.in_roubles else NO_LIMIT

    def judge(self, case: Case) -> str:
        """Compare the order's value with the limit."""
        limit = self.limits[case.investor.investor_class]
        if case.value <= limit:
            return ""
        name = CLASSES[case.investor.investor_class]
        return f"an order of {name} may be worth {decimal(limit, 2)} RUB; this order {decimal(case.value, 2)}"


class ExposureLimit(Rule):
    """DER-4: each investor's exposure in derivatives and securities on crypto prices is limited, by class.

    Counted are open buy orders at their limit and what is held at cost, priced in roubles.
    """

    def __init__(self, data: RuleData, book: Rulebook) -> None:
        super().__init__(data, book)
        self.limits: Final = by_class(data)

    def bears(self, profile: Profile, listing: Listing, side: int) -> int:
        """Depends on other exposure for the purchase of a derivative."""
        return DEPENDS if listing.derivative and listing.in_roubles and side == BUY else PASSES

    def judge(self, case: Case) -> str:
        """Add the order, at its worst price, to the exposure."""
        limit = self.limits[case.investor.investor_class]
        sums = case.ledger.look(case.client)
        held = sums.held()
        remaining = limit - held - sums.exposure_reserved
        if case.value <= remaining:
            return ""
        return (
            f"exposure limit {decimal(limit, 2)} RUB, held {decimal(held, 2)}, "
            f"reserved {decimal(sums.exposure_reserved, 2)}, remaining {decimal(max(remaining, 0), 2)}; "
            f"this order {decimal(case.value, 2)}"
        )
