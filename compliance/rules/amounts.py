"""Rules on amounts: the annual cap of purchases, the value of one order. All in kopecks."""

from __future__ import annotations

from typing import Final

from compliance.ledger.ledger import InvestorLedger, Ledger
from compliance.registry.calendar import moscow_day
from compliance.registry.classes import CLASSES
from compliance.registry.listings import Listing
from compliance.rulebook.format import Rulebook, RuleData
from compliance.rules.case import DEPENDS, FOR_PURCHASES, FOR_RETAIL, NO_LIMIT, PASSES, Case, Figures, Profile, Rule
from engine.vocabulary.codes import BUY
from engine.vocabulary.decimals import decimal


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
    """RET-1: retail purchases of at most 300 000 RUB in a year (Bank of Russia, 23.12.2025).

    Gross, or net of what sales brought in; in the Moscow calendar year, or the last 365 days; together, or through each
    intermediary; what is paid in another asset at its rouble value, or not at all.
    """

    def __init__(self, data: RuleData, book: Rulebook) -> None:
        super().__init__(data, book)
        self.cap_kopecks: Final = data.parameters.number("retail_cap_rub")
        self.aggregate: Final[bool] = data.parameters.word("cap_scope") == "aggregate"
        self.net: Final[bool] = data.parameters.word("cap_basis") == "net_of_sales"
        self.rolling: Final[bool] = data.parameters.word("cap_window") == "rolling_year"
        self.crypto: Final = data.parameters.flag("crypto_for_crypto_counted")

    def spares(self, profile: Profile, listing: Listing, side: int) -> str:
        """All but retail purchases that count."""
        if not profile.retail:
            return FOR_RETAIL
        if side != BUY:
            return FOR_PURCHASES
        if listing.capped or (self.crypto and listing.otherwise_priced):
            return ""
        return f"it counts purchases of spot instruments{'' if self.crypto else ' priced in RUB'}"

    def bears(self, profile: Profile, listing: Listing, side: int) -> int:
        """Depends on other purchases for a retail purchase that counts."""
        return PASSES if self.spares(profile, listing, side) else DEPENDS

    def judge(self, case: Case) -> str:
        """Add the order, at its worst price, to what was used and is reserved in the year."""
        costs = case.kopecks
        if costs < 0:
            listing = case.listing
            return (
                f"{listing.instrument} is priced in {listing.quote.asset}, for which there is neither a trade for roubles "
                f"here nor a reference price: the rouble value that counts for the cap is not known"
            )
        scope = self._scope(case)
        used, reserved = self.usage(case.ledger, case.ledger.look(case.client), case.time_ns, scope)
        remaining = self.cap_kopecks - used - reserved
        if costs <= remaining:
            return ""
        where = "" if scope is None else f" through {scope or 'no intermediary'}"
        return (
            f"cap {decimal(self.cap_kopecks, 2)} RUB {'in 365 days' if self.rolling else 'a year'}{where}, "
            f"used {decimal(used, 2)}{' net of sales' if self.net else ''}, reserved {decimal(reserved, 2)}, "
            f"remaining {decimal(max(remaining, 0), 2)}; this order {decimal(costs, 2)}"
        )

    def figures(self, case: Case) -> Figures:
        """Cap, used, reserved and what remains against this order."""
        scope, costs = self._scope(case), case.kopecks
        used, reserved = self.usage(case.ledger, case.ledger.look(case.client), case.time_ns, scope)
        inputs = [
            ("class", CLASSES[case.investor.investor_class]),
            *([] if scope is None else [("intermediary", scope or "none")]),
            ("used", decimal(used, 2)),
            ("reserved", decimal(reserved, 2)),
            ("this order", "of unknown value in RUB" if costs < 0 else decimal(costs, 2)),
        ]
        if costs < 0:
            return Figures(inputs, f"there is no rouble value of {case.listing.quote.asset}")
        return Figures(inputs, left_over(self.cap_kopecks, [("used", used), ("reserved", reserved)], costs))

    def _scope(self, case: Case) -> str | None:
        """The intermediary whose purchases count; None: those through all."""
        return None if self.aggregate else case.client.intermediary_name

    def usage(self, ledger: Ledger, sums: InvestorLedger, time_ns: int, intermediary: str | None) -> tuple[int, int]:
        """What an investor has used and reserved of the cap at a time, through one intermediary or (None) all."""
        day, first_day = moscow_day(time_ns), ledger.years.first_day(time_ns)
        used = sums.used(
            day, first_day, rolling=self.rolling, net=self.net, crypto=self.crypto, intermediary=intermediary
        )
        return used, sums.reserved(self.crypto, intermediary)


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
