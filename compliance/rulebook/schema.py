"""What a rulebook may say: every rule id, what it applies to, and its parameters with their kinds.

Kinds: `rub` is a decimal string of roubles, kept in kopecks; `percent` a decimal string, kept in hundredths of a
percent; `count` a whole number; `score` percent points from 0 to 100; `flag` true or false; `names` a list of strings;
`some:a|b` a list of these words; `one:a|b` one of these words.
"""

from __future__ import annotations

from typing import Final

STATUSES: Final = ("in_force", "recommended", "proposed", "draft", "announced", "statement", "assumed")
# What enforces a rule. `order_entry`: a check before matching. `transfer`: a check that only transfers between accounts
# meet. `classification`: what an investor or asset counts as. `clearing`, `lifecycle`, `venue`: data for those parts,
# never claimed to be checked at order entry.
APPLIES_TO: Final = ("order_entry", "transfer", "classification", "clearing", "lifecycle", "venue")

_BY_CLASS: Final = {
    "retail_rub": "rub",
    "qualified_rub": "rub",
    "super_qualified_rub": "rub",
    "unqualified_firm_rub": "rub",
    "qualified_firm_rub": "rub",
}

PARAMETERS: Final[dict[str, dict[str, str]]] = {
    "ELR-1": {"assets_above_rub": "rub", "income_above_rub": "rub", "combine": "one:or|and"},
    "ELR-2": {"financial_firm_order_percent_of_capital": "percent"},
    "ELR-3": {"classes": "some:retail|qualified"},
    "ELR-4": {},
    "DER-1": {},
    "DER-2": {"cover_percent": "percent", "exposure_limit_rub": "rub"},
    "DER-3": {"exposure_percent_of_capital": "percent"},
    "DER-4": _BY_CLASS,
    "RET-1": {
        "retail_cap_rub": "rub",
        "cap_scope": "one:aggregate|per_intermediary",
        "cap_basis": "one:gross_purchases|net_of_sales",
        "cap_window": "one:calendar_year|rolling_year",
        "crypto_for_crypto_counted": "flag",
    },
    "RET-2": {
        "highly_liquid_by": "one:list|criteria|list_or_criteria",
        "foreign_stablecoins": "flag",
        "crypto_for_crypto": "flag",
        "on_tier_loss": "one:sell_only|grace|halt",
        "grace_days": "count",
    },
    "RET-3": {"pass_mark": "score", "validity_days": "count", "retest_delay_days": "count"},
    "RET-4": {"change_when_suspended": "flag", "direct_accounts": "flag", "authorisation_required": "flag"},
    "RET-5": {},
    "QUAL-0": {
        "individual_assets_rub": "rub",
        "firm_net_assets_rub": "rub",
        "firm_revenue_rub": "rub",
        "firm_combine": "one:or|and",
    },
    "QUAL-1": {"risk_test_required": "flag", "pass_mark": "score", "validity_days": "count"},
    "ANON-1": {"banned_privacy": "some:default|optional"},
    "LIQ-1": {"market_cap_above_rub": "rub", "turnover_above_rub": "rub", "history_years": "count"},
    "LIQ-2": {"assets": "names"},
    "CUR-1": {},
    "SET-1": {"contract_reference_required": "flag", "non_resident_required": "flag"},
    "SET-2": {
        "stablecoin_mode": "one:tradable|settlement_only",
        "usdt_mode": "one:tradable|settlement_only",
        "retail": "flag",
    },
    "FRZ-1": {"reported_frozen_rub": "rub"},
    "RISK-1": {"warning_version": "count"},
    "SAN-1": {},
    "INT-1": {},
    "OPS-1": _BY_CLASS,
    "OPS-2": {"capacity_multiple": "count", "alert_seconds": "count"},
}

# What has to do with each rule. A book that says otherwise is refused: nothing may pretend to be checked.
ENFORCED_BY: Final[dict[str, str]] = {
    "ELR-1": "order_entry",
    "ELR-2": "order_entry",
    "ELR-3": "order_entry",
    "ELR-4": "transfer",
    "DER-1": "order_entry",
    "DER-2": "order_entry",
    "DER-3": "order_entry",
    "DER-4": "order_entry",
    "RET-1": "order_entry",
    "RET-2": "order_entry",
    "RET-3": "order_entry",
    "RET-4": "order_entry",
    "RET-5": "order_entry",
    "QUAL-0": "classification",
    "QUAL-1": "order_entry",
    "ANON-1": "order_entry",
    "LIQ-1": "classification",
    "LIQ-2": "classification",
    "CUR-1": "transfer",
    "SET-1": "transfer",
    "SET-2": "order_entry",
    "FRZ-1": "lifecycle",
    "RISK-1": "order_entry",
    "SAN-1": "order_entry",
    "INT-1": "order_entry",
    "OPS-1": "order_entry",
    "OPS-2": "venue",
}

# Rules that can refuse a transfer: those of `transfer`, and bans on persons and coins that orders meet too.
ON_TRANSFERS: Final = ("SAN-1", "ANON-1", "CUR-1", "ELR-4", "SET-1")

# RET-5 refuses nothing: it exempts sells from the others, so it has no place in the order of decision.
PERMISSIONS: Final = ("RET-5",)
