"""Rulebooks, the registry and the pre-trade hook: what a regime lets through, and why not."""

from compliance.hook import VENUE, ComplianceHook
from compliance.registry.records import RISK_LEVELS, Contract
from compliance.rulebook.faults import RulebookError
from compliance.rulebook.format import rulebook_digest
from compliance.rulebook.rulebook import BUILT_IN_RULEBOOKS, Rulebook, RuleData
from compliance.rules.catalogue import load_rulebook
from compliance.rules.risk_1 import digest_of, warning_texts
from compliance.standing import CapLeft, cap_left, has_tiers, largest_order

__all__ = [
    "BUILT_IN_RULEBOOKS",
    "RISK_LEVELS",
    "VENUE",
    "CapLeft",
    "ComplianceHook",
    "Contract",
    "RuleData",
    "Rulebook",
    "RulebookError",
    "cap_left",
    "digest_of",
    "has_tiers",
    "largest_order",
    "load_rulebook",
    "rulebook_digest",
    "warning_texts",
]
