"""Rulebooks, the registry and the pre-trade hook: what a regime lets through, and why not."""

from compliance.hook import VENUE, ComplianceHook
from compliance.rulebook.faults import RulebookError
from compliance.rulebook.rulebook import BUILT_IN_RULEBOOKS, Rulebook, RuleData
from compliance.rules.catalogue import load_rulebook

__all__ = [
    "BUILT_IN_RULEBOOKS",
    "VENUE",
    "ComplianceHook",
    "RuleData",
    "Rulebook",
    "RulebookError",
    "load_rulebook",
]
