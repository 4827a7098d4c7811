"""Whether the rules of a rulebook fit together: its orders of decision, and rules that refer to each other."""

from __future__ import annotations

from compliance.rulebook.declaration import TRANSFER, Declaration
from compliance.rulebook.faults import Place
from compliance.rulebook.rulebook import RuleData
from engine.vocabulary.codes import INSTRUMENT_KINDS


def check_orders(whole: Place, order: list[str], transfer_order: list[str] | None, stated: list[Declaration]) -> None:
    """Check both orders of decision. A rulebook without one on transfers may have no rule that only they meet."""
    _check_order(whole, "order", order, [each.rule for each in stated if each.on_orders])
    if transfer_order is not None:
        _check_order(whole, "transfer_order", transfer_order, [each.rule for each in stated if each.on_transfers])
        return
    for each in stated:
        if each.enforced_by == TRANSFER:
            whole.fault("transfer_order", f"transfer_order is missing: nothing else enforces {each.rule}")


def _check_order(whole: Place, key: str, order: list[str], can_refuse: list[str]) -> None:
    """An order of decision names each rule that can refuse, once, and no other."""
    what = "an order" if key == "order" else "a transfer"
    for rule in order:
        if rule not in can_refuse:
            whole.fault(key, f"{key}: {rule} is not a rule of this book that can refuse {what}")
    for rule in can_refuse:
        if rule not in order:
            whole.fault(key, f"{key}: {rule} is missing")


def check_sense(whole: Place, stated: list[str], rules: dict[str, RuleData], kinds: list[str]) -> None:
    """Refuse rulebooks whose rules contradict each other or refer to rules that they lack. Of rules without faults."""
    if "QUAL-0" not in stated:
        whole.fault("rules", "rule QUAL-0 is missing: without it nobody can be classified")
    ordinary, super_qualified = rules.get("QUAL-0"), rules.get("ELR-1")
    if ordinary is not None and not ordinary.enabled:
        whole.at("QUAL-0").fault("enabled", "enabled: must be true: without it nobody can be classified")
    holders = rules.get("RET-5")
    if holders is not None and not holders.enabled:
        whole.at("RET-5").fault("enabled", "enabled: must be true: what lowers exposure passes in every regime")
    if ordinary is not None and super_qualified is not None:
        least = ordinary.parameters.number("individual_assets_rub")
        if super_qualified.parameters.number("assets_above_rub") < least:
            whole.at("ELR-1").fault(
                "assets_above_rub",
                "assets_above_rub: below individual_assets_rub of QUAL-0, "
                "so a super-qualified investor need not be qualified",
            )
    tiers = rules.get("RET-2")
    if tiers is not None:
        basis = tiers.parameters.word("highly_liquid_by")
        for rule, needed in (("LIQ-1", basis != "list"), ("LIQ-2", basis != "criteria")):
            off = rule in rules and not rules[rule].enabled
            if needed and (rule not in stated or (off and tiers.enabled)):
                which = f"{rule}, which is switched off" if off else rule
                whole.at("RET-2").fault("highly_liquid_by", f"highly_liquid_by: {basis} needs rule {which}")
    if len(kinds) < len(INSTRUMENT_KINDS) and "DER-1" not in stated:
        whole.fault("kinds", "kinds: leaves some out, but no rule DER-1 is there to refuse them")
