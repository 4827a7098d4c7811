"""Rules on amounts: the value of one order, the annual cap, the exposure. All in kopecks."""

from __future__ import annotations

from typing import Final

from compliance.case import DEPENDS, FOR_PURCHASES, FOR_RETAIL, NO_LIMIT, PASSES, Case, Figures, Profile, Rule
from compliance.classes import CLASSES
from compliance.listings import Listing
from compliance.rulebook import Rulebook, RuleData
from engine.codes import BUY
from engine.problem import decimal


def by_class(data: RuleData) -> list[int]:
    """The figures of a rule that has one for each class, in kopecks, in the order of the class codes."""
    return [data.parameters.number(f"{name}_rub") for name in CLASSES]


def compared(value: int, limit: int) -> str:
    """A value against a limit, both in kopecks."""
    return f"{decimal(value, 2)} {'<=' if value <= limit else '>'} {decimal(limit, 2)}"


def left_over(limit: int, taken: list[tuple[str, int]], value: int) -> str:
    """What a limit leaves after what was taken of it, against a value. All in kopecks."""
    remaining = limit - sum([amount for _, amount in taken])
    terms = "".join([f" - {decimal(amount, 2)} {name}" for name, amount in taken])
    sign = ">=" if value <= remaining else "<"
    return f"{decimal(limit, 2)}{terms} = {decimal(remaining, 2)} remaining {sign} {decimal(value, 2)}"


class AnnualCap(Rule):
    """RET-1: retail purchases of at most 300 000 RUB in a Moscow calendar year (Bank of Russia, 23.12.2025)."""

    def __init__(self, data: RuleData, book: Rulebook) -> None:
        super().__init__(data, book)
        self.cap_kopecks: Final = data.parameters.number("retail_cap_rub")
        self.aggregate: Final[bool] = data.parameters.word("cap_scope") == "aggregate"

    def spares(self, profile: Profile, listing: Listing, side: int) -> str:
        """All but retail purchases that count."""
        if not profile.retail:
            return FOR_RETAIL
        if side != BUY:
            return FOR_PURCHASES
        return "" if listing.capped else "it counts purchases of spot instruments priced in RUB"

    def bears(self, profile: Profile, listing: Listing, side: int) -> int:
        """Depends on other purchases for a retail purchase that is priced in roubles."""
        return PASSES if self.spares(profile, listing, side) else DEPENDS

    def judge(self, case: Case) -> str:
        """Add the order, at its worst price, to what was used and is reserved in the year."""
        scope = self._scope(case)
        used, reserved = self._usage(case)
        remaining = self.cap_kopecks - used - reserved
        if case.value <= remaining:
            return ""
        where = "" if scope is None else f" through {scope or 'no intermediary'}"
        return (
            f"cap {decimal(self.cap_kopecks, 2)} RUB a year{where}, used {decimal(used, 2)}, "
            f"reserved {decimal(reserved, 2)}, remaining {decimal(max(remaining, 0), 2)}; "
            f"this order {decimal(case.value, 2)}"
        )

    def figures(self, case: Case) -> Figures:
        """Cap, used, reserved and what remains against this order."""
        used, reserved = self._usage(case)
        scope = self._scope(case)
        inputs = [
            ("class", CLASSES[case.investor.investor_class]),
            *([] if scope is None else [("intermediary", scope or "none")]),
            ("used", decimal(used, 2)),
            ("reserved", decimal(reserved, 2)),
            ("this order", decimal(case.value, 2)),
        ]
        return Figures(inputs, left_over(self.cap_kopecks, [("used", used), ("reserved", reserved)], case.value))

    def _scope(self, case: Case) -> str | None:
        """The intermediary whose purchases count; None: those through all."""
        return None if self.aggregate else case.client.intermediary_name

    def _usage(self, case: Case) -> tuple[int, int]:
        """What is used and reserved of the cap."""
        scope = self._scope(case)
        sums = case.ledger.look(case.client)
        return sums.used(case.ledger.years.of(case.time_ns), scope), sums.reserved(scope)


class LargestOrder(Rule):
    """OPS-1: the largest value of one order, by class (after RTS 6 and 7, SEC Rule 15c3-5). Orders priced in roubles."""

    def __init__(self, data: RuleData, book: Rulebook) -> None:
        super().__init__(data, book)
        self.limits: Final = by_class(data)

    def spares(self, profile: Profile, listing: Listing, side: int) -> str:
        """Orders priced in another asset."""
        return "" if listing.in_roubles else "it is for orders priced in RUB"

    def bears(self, profile: Profile, listing: Listing, side: int) -> int:
        """Passes up to the limit, which the table holds."""
        return PASSES

    def allows_up_to(self, profile: Profile, listing: Listing) -> int:
        """The limit of the class."""
        return NO_LIMIT if self.spares(profile, listing, BUY) else self.limits[profile.investor_class]

    def judge(self, case: Case) -> str:
        """Compare the order's value with the limit."""
        limit = self.limits[case.investor.investor_class]
        if case.value <= limit:
            return ""
        name = CLASSES[case.investor.investor_class]
        return f"an order of {name} may be worth {decimal(limit, 2)} RUB; this order {decimal(case.value, 2)}"

    def figures(self, case: Case) -> Figures:
        """The order's value against the limit of the class."""
        limit = self.limits[case.investor.investor_class]
        inputs = [("class", CLASSES[case.investor.investor_class]), ("this order", decimal(case.value, 2))]
        return Figures(inputs, compared(case.value, limit))


class ExposureLimit(Rule):
    """DER-4: each investor's exposure in derivatives and securities on crypto prices is limited, by class.

    Counted are open buy orders at their limit and what is held at cost, priced in roubles.
    """

    def __init__(self, data: RuleData, book: Rulebook) -> None:
        super().__init__(data, book)
        self.limits: Final = by_class(data)

    def spares(self, profile: Profile, listing: Listing, side: int) -> str:
        """All but purchases of derivatives priced in RUB."""
        if side != BUY:
            return FOR_PURCHASES
        return "" if listing.derivative and listing.in_roubles else "it is for derivatives priced in RUB"

    def bears(self, profile: Profile, listing: Listing, side: int) -> int:
        """Depends on other exposure for the purchase of a derivative."""
        return PASSES if self.spares(profile, listing, side) else DEPENDS

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

    def figures(self, case: Case) -> Figures:
        """Limit, held, reserved and what remains against this order."""
        sums = case.ledger.look(case.client)
        limit = self.limits[case.investor.investor_class]
        taken = [("held", sums.held()), ("reserved", sums.exposure_reserved)]
        inputs = [
            ("class", CLASSES[case.investor.investor_class]),
            *[(name, decimal(amount, 2)) for name, amount in taken],
            ("this order", decimal(case.value, 2)),
        ]
        return Figures(inputs, left_over(limit, taken, case.value))
