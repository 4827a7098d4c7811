"""What the rules and their parameters mean, in words: for explanations, comparisons and the generated document.

Data beside `compliance.rulebook.schema`: that one says what a rulebook may write, this one what it says by it.
"""

from __future__ import annotations

from typing import Final


class Meaning:
    """What one parameter says."""

    def __init__(self, name: str, text: str, unit: str = "", words: dict[str, str] | None = None) -> None:
        self.name: Final = name
        """What a sentence calls it: `the retail cap`."""
        self.text: Final = text
        """What it sets, in one line."""
        self.unit: Final = unit
        """Of a count; the other kinds have theirs."""
        self.words: Final[dict[str, str]] = {} if words is None else words
        """What each word that it may have stands for."""


class RuleMeaning:
    """What one rule does."""

    def __init__(self, compares: str, exempt: str, reported: tuple[str, ...] = ()) -> None:
        self.compares: Final = compares
        self.exempt: Final = exempt
        """Whom or what it does not concern."""
        self.reported: Final = reported
        """Other values and readings that were reported."""


_OR_AND: Final = {"or": "one of the figures is enough", "and": "all of them are needed"}
_SETTLES: Final = {"tradable": "bought and sold here", "settlement_only": "never bought or sold here"}
_SELLS: Final = "Sells of what is held (RET-5)."
_TEST_MARK: Final = Meaning("the pass mark", "The least score, in percent, that passes the test.")
_TEST_VALIDITY: Final = Meaning(
    "the validity of the test", "How long a pass counts, to the end of its last Moscow day.", "days"
)


def _by_class(what: str, text: str) -> dict[str, Meaning]:
    """The meanings of a figure that each class of investor has."""
    return {
        f"{key}_rub": Meaning(f"{what} for {whom}", f"{text} {whom}.")
        for key, whom in (
            ("retail", "retail individuals"),
            ("qualified", "ordinary qualified individuals"),
            ("super_qualified", "super-qualified individuals"),
            ("unqualified_firm", "firms without qualified status"),
            ("qualified_firm", "qualified firms"),
        )
    }


PARAMETER_MEANINGS: Final[dict[str, dict[str, Meaning]]] = {
    "ELR-1": {
        "assets_above_rub": Meaning(
            "the super-qualified threshold of securities and deposits", "Securities and deposits must be above it."
        ),
        "income_above_rub": Meaning("the super-qualified threshold of income", "Last year's income must be above it."),
        "combine": Meaning("how the two thresholds combine", "Whether one figure is enough.", "", _OR_AND),
    },
    "ELR-2": {
        "financial_firm_order_percent_of_capital": Meaning(
            "a financial firm's largest purchase", "Largest value of one purchase, as a share of the firm's capital."
        ),
    },
    "ELR-3": {
        "classes": Meaning(
            "the classes without access",
            "Who may not trade.",
            "",
            {"retail": "individuals and firms without qualified status", "qualified": "ordinary qualified individuals"},
        ),
    },
    "ELR-4": {},
    "DER-1": {},
    "DER-2": {
        "cover_percent": Meaning("the capital cover", "Capital that must cover the nominal, as a share of it."),
        "exposure_limit_rub": Meaning(
            "an intermediary's exposure limit", "Largest exposure of all clients of one intermediary together."
        ),
    },
    "DER-3": {
        "exposure_percent_of_capital": Meaning(
            "a bank's largest exposure", "Largest exposure to crypto prices, as a share of the bank's capital."
        ),
    },
    "DER-4": _by_class("the exposure limit", "Largest exposure in derivatives and securities on crypto prices of"),
    "RET-1": {
        "retail_cap_rub": Meaning("the retail cap", "What retail may purchase in one window at most."),
        "cap_scope": Meaning(
            "the scope of the cap",
            "Which purchases count together.",
            "",
            {"aggregate": "all intermediaries together", "per_intermediary": "each intermediary by itself"},
        ),
        "cap_basis": Meaning(
            "the basis of the cap",
            "Whether sales give anything back.",
            "",
            {"gross_purchases": "sales give nothing back", "net_of_sales": "sales are taken off"},
        ),
        "cap_window": Meaning(
            "the window of the cap",
            "Over which time purchases add up.",
            "",
            {"calendar_year": "the Moscow calendar year", "rolling_year": "the last 365 days, today included"},
        ),
        "crypto_for_crypto_counted": Meaning(
            "counting of purchases paid in another asset than RUB",
            "Whether a purchase priced in another asset than RUB counts.",
        ),
    },
    "RET-2": {
        "highly_liquid_by": Meaning(
            "what makes an asset highly liquid",
            "Which rule says that an asset is highly liquid.",
            "",
            {"list": "the list of LIQ-2", "criteria": "the criteria of LIQ-1", "list_or_criteria": "either of the two"},
        ),
        "foreign_stablecoins": Meaning(
            "retail purchases of foreign stablecoins", "Whether retail may buy a highly liquid foreign stablecoin."
        ),
        "crypto_for_crypto": Meaning(
            "retail purchases paid in crypto", "Whether retail may buy crypto that is priced in crypto."
        ),
        "on_tier_loss": Meaning(
            "the loss of high liquidity",
            "What happens to retail when an asset is highly liquid no more.",
            "",
            {
                "sell_only": "buys are refused at once, those that rest are cancelled",
                "grace": "buys are refused once the grace period has ended",
                "halt": "retail may neither buy nor sell it",
            },
        ),
        "grace_days": Meaning("the grace period", "How long retail may still buy, with `grace`.", "days"),
    },
    "RET-3": {
        "pass_mark": _TEST_MARK,
        "validity_days": _TEST_VALIDITY,
        "retest_delay_days": Meaning("the delay before a retest", "How long to wait after a test was failed.", "days"),
    },
    "RET-4": {
        "change_when_suspended": Meaning(
            "changing a suspended intermediary", "Whether clients of a suspended intermediary may choose another."
        ),
        "direct_accounts": Meaning(
            "retail purchases without an intermediary", "Whether accounts held directly may buy."
        ),
        "authorisation_required": Meaning(
            "authorisation by the year", "Whether a client must be authorised to buy through the intermediary."
        ),
    },
    "RET-5": {},
    "QUAL-0": {
        "individual_assets_rub": Meaning(
            "the qualified threshold of individuals", "Securities and deposits at which an individual is qualified."
        ),
        "firm_net_assets_rub": Meaning(
            "the qualified threshold of a firm's net assets", "Net assets at which a firm is qualified."
        ),
        "firm_revenue_rub": Meaning(
            "the qualified threshold of a firm's revenue", "Last year's revenue at which a firm is qualified."
        ),
        "firm_combine": Meaning(
            "how the two thresholds of firms combine", "Whether one figure is enough.", "", _OR_AND
        ),
    },
    "QUAL-1": {
        "risk_test_required": Meaning("the risk test", "Whether qualified individuals must pass one before they buy."),
        "pass_mark": _TEST_MARK,
        "validity_days": _TEST_VALIDITY,
    },
    "ANON-1": {
        "banned_privacy": Meaning(
            "the banned kinds of privacy",
            "Which privacy coins are refused.",
            "",
            {"default": "coins that are always private", "optional": "coins that can be private"},
        ),
    },
    "LIQ-1": {
        "market_cap_above_rub": Meaning(
            "the threshold of market capitalisation", "The two-year average must be above it."
        ),
        "turnover_above_rub": Meaning("the threshold of daily turnover", "The two-year average must be above it."),
        "history_years": Meaning("the least history", "For how long the asset must have been traded.", "years"),
    },
    "LIQ-2": {"assets": Meaning("the list of highly liquid assets", "The assets on the published list.")},
    "CUR-1": {},
    "SET-1": {
        "contract_reference_required": Meaning(
            "the contract reference", "Whether a cross-border settlement must name its contract."
        ),
        "non_resident_required": Meaning(
            "the non-resident party", "Whether one party of a cross-border settlement must be a non-resident."
        ),
    },
    "SET-2": {
        "stablecoin_mode": Meaning("what rouble stablecoins are for", "Use of rouble stablecoins.", "", _SETTLES),
        "usdt_mode": Meaning("what foreign stablecoins are for", "Use of foreign stablecoins.", "", _SETTLES),
        "retail": Meaning("retail purchases of rouble stablecoins", "Whether retail may buy rouble stablecoins."),
    },
    "FRZ-1": {
        "reported_frozen_rub": Meaning("the reported freeze", "What was frozen on the day that was reported."),
    },
    "RISK-1": {
        "warning_version": Meaning(
            "the version of the warning in force", "An acknowledgement of an earlier version does not count."
        ),
    },
    "SAN-1": {},
    "INT-1": {},
    "OPS-1": _by_class("the largest order", "Largest value of one order, priced in RUB, of"),
    "OPS-2": {
        "capacity_multiple": Meaning(
            "the capacity", "What the venue can take, as a multiple of the highest message rate seen.", "times"
        ),
        "alert_seconds": Meaning("the time for alerts", "Alerts are raised within it.", "seconds"),
    },
}

RULE_MEANINGS: Final[dict[str, RuleMeaning]] = {
    "ELR-1": RuleMeaning(
        "An individual's class, made of the evidence on record, with super-qualified.",
        f"Firms (ELR-2); individuals without any qualified status (ELR-3). {_SELLS}",
        ("both figures needed (`and`), one report", "criteria not final (Ministry of Finance)"),
    ),
    "ELR-2": RuleMeaning(
        "A firm's class with qualified firm; the rouble value of a financial firm's purchase, or future sold, with a share of its capital.",
        f"Individuals. {_SELLS}",
        ("risk-based limits for financial firms, no figure published",),
    ),
    "ELR-3": RuleMeaning("The investor's class with those without access.", _SELLS),
    "ELR-4": RuleMeaning(
        "Settlement in crypto between two residents, outside the regime.",
        "Non-residents; what is settled inside the regime.",
        ("fines, in a draft",),
    ),
    "DER-1": RuleMeaning(
        "The instrument's kind with those that the rulebook admits; a derivative's investor with qualified status.",
        f"{_SELLS} Not of futures: they can be sold without being held.",
    ),
    "DER-2": RuleMeaning(
        "The exposure of all clients of an intermediary with its capital, and with a limit.",
        "Accounts held directly; spot trading; what closes a position; instruments priced in another asset than RUB.",
        ("full cover and a limit on the exposure, the limit without a figure",),
    ),
    "DER-3": RuleMeaning(
        "A bank's own exposure, and that of all its clients, with a share of its capital.",
        "Who is no bank and trades through none; spot trading; what closes a position.",
        ("1 % in the bill of 2026 too",),
    ),
    "DER-4": RuleMeaning(
        "Positions at entry value and open orders at their worst price, over all accounts, with the limit of the class.",
        "Spot trading; what closes a position; instruments priced in another asset than RUB.",
        ("strict limits asked for, no figure published",),
    ),
    "RET-1": RuleMeaning(
        "Purchases of the window, open buys at their worst price and this order with the cap.",
        "Qualified investors; sells; derivatives; purchases priced in another asset than RUB, unless those count.",
        ("each intermediary by itself",),
    ),
    "RET-2": RuleMeaning(
        "The asset's liquidity tier with highly liquid.",
        f"Qualified investors; assets that are no crypto; derivatives (DER-1). {_SELLS}",
        ("a list, or criteria (LIQ-1, LIQ-2)",),
    ),
    "RET-3": RuleMeaning(
        "The latest knowledge test with the pass mark, and its date with its validity.",
        f"Qualified investors. {_SELLS}",
        ("content, pass mark and validity unpublished",),
    ),
    "RET-4": RuleMeaning(
        "The intermediary of this account with that of the year's purchases and of open buys.",
        f"Qualified investors. {_SELLS}",
    ),
    "RET-5": RuleMeaning(
        "Nothing: it refuses no order, and exempts sells of what is held from rules on who may trade.",
        "SAN-1, ANON-1, OPS-1, a stablecoin that only settles (SET-2) and what a lost tier halts for retail (RET-2) hold for "
        "sells too; futures are sold without being held.",
    ),
    "QUAL-0": RuleMeaning(
        "The evidence on record with the thresholds; a figure that is reached counts.",
        "Investors whose class the supervisor has set, with a reason.",
        ("12 000 000 RUB from 2025 and 24 000 000 from 2026, unverified", "status by experience"),
    ),
    "QUAL-1": RuleMeaning(
        "The latest risk test with the pass mark, and its date with its validity.",
        f"Retail investors (RET-3); firms. {_SELLS}",
        ("content and pass mark unpublished",),
    ),
    "ANON-1": RuleMeaning(
        "The kind of privacy of what is bought or paid with, with those that are banned.",
        "Nobody; sells are refused too.",
    ),
    "LIQ-1": RuleMeaning(
        "An asset's two-year averages and history with the criteria.",
        "Assets that are no crypto.",
        ("60 billion USD of capitalisation and 12 billion USD of daily turnover",),
    ),
    "LIQ-2": RuleMeaning("An asset's name with the list.", "Assets that are no crypto."),
    "CUR-1": RuleMeaning(
        "The purpose of a transfer with payment inside Russia.", "Transfers to an own account; cross-border settlement."
    ),
    "SET-1": RuleMeaning(
        "A cross-border settlement's contract reference and parties with what is required.",
        "Transfers for another purpose.",
    ),
    "SET-2": RuleMeaning(
        "A stablecoin's mode with tradable; a retail purchase of a rouble stablecoin with what retail may do.",
        "Assets that are no stablecoin. Of retail's limit: qualified investors and sells (RET-5).",
        ("for foreign trade settlement only",),
    ),
    "FRZ-1": RuleMeaning(
        "What a holder would sell or move with what is not frozen.",
        "Assets without an issuer.",
        ("more than 2 500 000 000 RUB frozen on 06.03.2025",),
    ),
    "RISK-1": RuleMeaning("The version acknowledged with the version in force.", _SELLS),
    "SAN-1": RuleMeaning("The investor with the list of blocked owners.", "Nobody; cancels always pass."),
    "INT-1": RuleMeaning(
        "The intermediary's licence, and whether it is suspended.", f"Accounts held directly. {_SELLS}"
    ),
    "OPS-1": RuleMeaning(
        "The order's value at its worst price with the limit of the investor's class.",
        "Orders priced in another asset than RUB.",
    ),
    "OPS-2": RuleMeaning(
        "The venue's capacity with the highest message rate seen; the delay of alerts.", "Participants."
    ),
}
