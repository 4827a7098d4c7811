"""RET-1: retail purchases of at most 300 000 RUB in a year (Bank of Russia, 23.12.2025).

Gross, or net of what sales brought in; in the Moscow calendar year, or the last 365 days; together, or through each
intermediary; what is paid in another asset at its rouble value, or not at all. All in kopecks.
"""

from __future__ import annotations

from typing import Final

from compliance.ledger.ledger import InvestorLedger, Ledger
from compliance.registry.classes import CLASSES
from compliance.registry.listings import Listing
from compliance.registry.records import Investor, Registry
from compliance.rulebook.declaration import FLAG, ONE, ORDER_ENTRY, RUB, STARTS, Parameter, starts
from compliance.rulebook.rulebook import Rulebook, RuleData
from compliance.rules.case import Case, Profile
from compliance.rules.finding import PASSED, Finding, called
from compliance.rules.limits import left_over
from compliance.rules.rule import FOR_PURCHASES, FOR_RETAIL, OrderRule, Rule
from engine.vocabulary.codes import BUY
from engine.vocabulary.days import moscow_day
from engine.vocabulary.decimals import decimal
from engine.vocabulary.said import Said, said


class AnnualCap(OrderRule):
    """A retail purchase beyond what the cap leaves is refused."""

    def __init__(self, data: RuleData, rulebook: Rulebook) -> None:
        super().__init__(data, rulebook)
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

    def doubtful(self, registry: Registry, ledger: Ledger) -> list[Investor]:
        """All who buy, if a day that passes can take sales out of the sums. Of corrections the ledger knows. O(investors)."""
        if not (self.net and self.rolling):
            return []
        found: list[Investor] = []
        for name, sums in ledger.investors.items():
            if any(line.open_buys for line in sums.by_intermediary.values()):
                found.append(registry.investors[name])
        return found

    def examine(self, case: Case) -> Finding:
        """Add the order, at its worst price, to what was used and is reserved in the window."""
        scope = None if self.aggregate else case.client.intermediary_name
        used, reserved = self.usage(case.ledger, case.ledger.look(case.client), case.time_ns, scope)
        # A value below 0 is not known.
        fits = 0 <= case.kopecks <= self.cap_kopecks - used - reserved
        if fits and not case.explained:
            return PASSED
        return CapFinding(fits, self, case, used=used, reserved=reserved, scope=scope)

    def usage(self, ledger: Ledger, sums: InvestorLedger, time_ns: int, intermediary: str | None) -> tuple[int, int]:
        """What an investor has used and reserved of the cap at a time, through one intermediary or (None) all."""
        day, first_day = moscow_day(time_ns), ledger.years.first_day(time_ns)
        used = sums.used(
            day, first_day, rolling=self.rolling, net=self.net, crypto=self.crypto, intermediary=intermediary
        )
        return used, sums.reserved(self.crypto, intermediary)


class CapFinding(Finding):
    """Cap, used, reserved and what remains against the order."""

    def __init__(self, fits: bool, rule: AnnualCap, case: Case, *, used: int, reserved: int, scope: str | None) -> None:
        super().__init__(fits)
        self.rule: Final = rule
        self.case: Final = case
        self.used: Final = used
        self.reserved: Final = reserved
        self.scope: Final = scope
        """The intermediary whose purchases count; None: those through all."""
        self.valued: Final[bool] = case.kopecks >= 0
        """Whether the rouble value of the order is known."""

    def refusal(self) -> Said:
        """What the cap leaves, or that the order's value is not known."""
        rule, listing = self.rule, self.case.listing
        if not self.valued:
            return said("RET-1.unvalued", listing.instrument, listing.quote.asset)
        remaining = max(rule.cap_kopecks - self.used - self.reserved, 0)
        window = said("RET-1.days") if rule.rolling else said("RET-1.year")
        if self.scope is not None:
            window = said("RET-1.through", window, called(self.scope))
        used: str | Said = decimal(self.used, 2)
        if rule.net:
            used = said("RET-1.net", used)
        cap, reserved = decimal(rule.cap_kopecks, 2), decimal(self.reserved, 2)
        return said("RET-1.cap", cap, window, used, reserved, decimal(remaining, 2), decimal(self.case.kopecks, 2))

    def inputs(self) -> list[tuple[str, str]]:
        """Class, scope and sums."""
        return [
            ("class", CLASSES[self.case.investor.investor_class]),
            *([] if self.scope is None else [("intermediary", self.scope or "none")]),
            ("used", decimal(self.used, 2)),
            ("reserved", decimal(self.reserved, 2)),
            ("this order", decimal(self.case.kopecks, 2) if self.valued else "of unknown value in RUB"),
        ]

    def arithmetic(self) -> str:
        """What remains against the order."""
        if not self.valued:
            return f"there is no rouble value of {self.case.listing.quote.asset}"
        taken = [("used", self.used), ("reserved", self.reserved)]
        return left_over(self.rule.cap_kopecks, taken, self.case.kopecks, self.passed)


RULE: Final[Rule] = Rule(
    "RET-1",
    ORDER_ENTRY,
    {
        "retail_cap_rub": Parameter(
            RUB,
            "the retail cap",
            "What retail may purchase in one window at most.",
            zero="a limit of nothing: every order that it looks at is refused",
        ),
        "cap_scope": Parameter(
            ONE,
            "the scope of the cap",
            "Which purchases count together.",
            words={"aggregate": "all intermediaries together", "per_intermediary": "each intermediary by itself"},
        ),
        "cap_basis": Parameter(
            ONE,
            "the basis of the cap",
            "Whether sales give anything back.",
            words={"gross_purchases": "sales give nothing back", "net_of_sales": "sales are taken off"},
        ),
        "cap_window": Parameter(
            ONE,
            "the window of the cap",
            "Over which time purchases add up.",
            words={
                "calendar_year": "the Moscow calendar year",
                "rolling_year": "the last 365 days, today included",
            },
        ),
        "crypto_for_crypto_counted": Parameter(
            FLAG,
            "counting of purchases paid in another asset than RUB",
            "Whether a purchase priced in another asset than RUB counts.",
        ),
        STARTS: starts(),
    },
    compares="Purchases of the window, open buys at their worst price and this order with the cap.",
    exempt="Qualified investors; sells; derivatives; purchases priced in another asset than RUB, unless those count.",
    reported=("each intermediary by itself, a reading of June 2026: so much through any one licensed broker",),
    orders=AnnualCap,
)
