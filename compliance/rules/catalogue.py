"""Every rule that a rulebook may state. A new one needs its file, a line here, and the rulebooks that include it."""

from __future__ import annotations

from typing import Final

from compliance.rulebook.format import parse_rulebook
from compliance.rulebook.rulebook import AT_LAST, Overrides, Rulebook
from compliance.rules import (
    abuse_1,
    aml_1,
    aml_2,
    anon_1,
    arr_1,
    cool_1,
    cur_1,
    cust_1,
    der_1,
    der_2,
    der_3,
    der_4,
    disc_1,
    elr_1,
    elr_2,
    elr_3,
    elr_4,
    frz_1,
    id_1,
    int_1,
    lev_1,
    liq_1,
    liq_2,
    ops_1,
    ops_2,
    pay_1,
    qual_0,
    qual_1,
    ret_1,
    ret_2,
    ret_3,
    ret_4,
    ret_5,
    risk_1,
    san_1,
    set_1,
    set_2,
    suit_1,
)
from compliance.rules.rule import Rule

RULES: Final[dict[str, Rule]] = {
    each.rule: each
    for each in (
        elr_1.RULE,
        elr_2.RULE,
        elr_3.RULE,
        elr_4.RULE,
        der_1.RULE,
        der_2.RULE,
        der_3.RULE,
        der_4.RULE,
        ret_1.RULE,
        ret_2.RULE,
        ret_3.RULE,
        ret_4.RULE,
        ret_5.RULE,
        qual_0.RULE,
        qual_1.RULE,
        anon_1.RULE,
        liq_1.RULE,
        liq_2.RULE,
        cur_1.RULE,
        pay_1.RULE,
        set_1.RULE,
        set_2.RULE,
        frz_1.RULE,
        arr_1.RULE,
        cust_1.RULE,
        risk_1.RULE,
        san_1.RULE,
        aml_1.RULE,
        aml_2.RULE,
        cool_1.RULE,
        id_1.RULE,
        int_1.RULE,
        ops_1.RULE,
        ops_2.RULE,
        suit_1.RULE,
        disc_1.RULE,
        lev_1.RULE,
        abuse_1.RULE,
    )
}
"""By id, in the order in which documents show them."""


def load_rulebook(
    name: str, documents: dict[str, str], overrides: Overrides | None = None, day: int = AT_LAST
) -> Rulebook:
    """Parse and validate the rulebook `name` from the TOML texts of it and of every document it includes, by name.

    `overrides` are set on top of the documents, and the whole is validated with them. The rulebook is that of a Moscow day, in days
    since 1970-01-01; if none is said, it is as if all its dates had come.

    Raises:
        RulebookError: anything is missing, unknown, malformed, contradictory or superfluous; its faults say what and where.
    """
    rulebook = parse_rulebook(name, documents, RULES, overrides)
    return rulebook if day == AT_LAST else rulebook.on(day)
