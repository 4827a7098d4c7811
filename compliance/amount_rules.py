"""Rules on amounts: the annual cap of purchases, the value of one order. All in kopecks."""

from __future__ import annotations

from typing import Final

from compliance.calendar import moscow_day
from compliance.case import DEPENDS, NO_LIMIT, PASSES, Case, Profile, Rule
from compliance.classes import CLASSES
from compliance.ledger import InvestorLedger, Ledger
from compliance.listings import Listing
from compliance.rulebook import Rulebook, RuleData
from engine.codes import BUY
from engine.problem import decimal


def by_class(data: RuleData) -> list[int]:
    """The figures of a rule that has one for each class, in kopecks, in the order of the class codes."""
    return [data.parameters.number(f"{name}_rub") for name in CLASSES]


class AnnualCap(Rule):
    """RET-1: retail purchases of at most 300 000 RUB in a year (Bank of Russia, 23.12.2025).

    Gross, or net of what sales brought in; in the Moscow calendar year, or the last 365 days; together, or through each
    intermediary; what is paid in crypto at its rouble value, or not at all.
    """

    def __init__(self, data: RuleData, book: Rulebook) -> None:
        super().__init__(data, book)
        self.cap_kopecks: Final = data.parameters.number("retail_cap_rub")
        self.aggregate: Final[bool] = data.parameters.word("cap_scope") == "aggregate"
        self.net: Final[bool] = data.parameters.word("cap_basis") == "net_of_sales"
        self.rolling: Final[bool] = data.parameters.word("cap_window") == "rolling_year"
        self.crypto: Final = data.parameters.flag("crypto_for_crypto_counted")

    def bears(self, profile: Profile, listing: Listing, side: int) -> int:
        """Depends on other purchases for a retail purchase that counts."""
        counts = listing.capped or (self.crypto and listing.crypto_priced)
        return DEPENDS if profile.retail and side == BUY and counts else PASSES

    def judge(self, case: Case) -> str:
        """Add the order, at its worst price, to what was used and is reserved in the year."""
        costs = case.kopecks
        if costs < 0:
            listing = case.listing
            return (
                f"{listing.instrument} is priced in {listing.quote.asset}, for which there is neither a trade for roubles "
                f"here nor a reference price: the rouble value that counts for the cap is not known"
            )
        scope = None if self.aggregate else case.client.intermediary_name
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

    def usage(self, ledger: Ledger, sums: InvestorLedger, time_ns: int, intermediary: str | None) -> tuple[int, int]:
        """What an investor has used and reserved of the cap at a time, through one intermediary or (None) all."""
        day, first_day = moscow_day(time_ns), ledger.years.first_day(time_ns)
        used = sums.used(day, first_day, self.rolling, self.net, self.crypto, intermediary)
        return used, sums.reserved(self.crypto, intermediary)


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
