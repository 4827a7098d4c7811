"""What class an investor is of, by QUAL-0 and ELR-1 or by the supervisor's word."""

from __future__ import annotations

from typing import Final

from compliance.registry.classes import (
    CLASSES,
    FIRM_CLASSES,
    INDIVIDUAL_CLASSES,
    QUALIFIED,
    QUALIFIED_FIRM,
    RETAIL,
    SUPER_QUALIFIED,
    UNQUALIFIED_FIRM,
)
from compliance.registry.records import Investor
from compliance.rulebook.rulebook import Rulebook
from compliance.rules.elr_1 import SuperQualified
from compliance.rules.qual_0 import Qualified
from engine.vocabulary.codes import FIRM
from engine.vocabulary.said import Said, listed, said


class Classification:
    """The thresholds of a rulebook, and the classes that they make."""

    def __init__(self, rulebook: Rulebook) -> None:
        self.qualified: Final = Qualified(rulebook.rules["QUAL-0"].parameters)
        # Switched off, ELR-1 refuses nobody; what makes an individual super-qualified it says all the same.
        highest = rulebook.rules.get("ELR-1")
        self.super_qualified: Final[SuperQualified | None] = (
            None if highest is None else SuperQualified(highest.parameters)
        )

    def of(self, investor: Investor) -> int:
        """The class of an investor by the evidence on record, or the supervisor's override."""
        if investor.class_override:
            return CLASSES.index(investor.class_override)
        return self.derived(investor)

    def derived(self, investor: Investor) -> int:
        """The class that the evidence on record proves, whatever a supervisor has set."""
        if investor.kind == FIRM:
            return QUALIFIED_FIRM if self.qualified.met_by(investor) else UNQUALIFIED_FIRM
        if self.super_qualified is not None and self.super_qualified.met_by(investor):
            return SUPER_QUALIFIED
        return QUALIFIED if self.qualified.met_by(investor) else RETAIL

    def arithmetic(self, investor: Investor) -> str:
        """The evidence against the thresholds of ordinary qualified status; empty: the class was set."""
        return "" if investor.class_override else self.qualified.arithmetic(investor)

    def evidence(self, investor: Investor) -> list[tuple[str, str, str]]:
        """Each rule that makes a class of an investor: its id, the figures on record against its thresholds, and the class, or that it makes none."""
        firm = investor.kind == FIRM
        met = self.qualified.met_by(investor)
        name = CLASSES[QUALIFIED_FIRM if firm else QUALIFIED]
        found = [("QUAL-0", self.qualified.arithmetic(investor), name if met else _not(name))]
        if not firm and self.super_qualified is not None:
            highest, name = self.super_qualified, CLASSES[SUPER_QUALIFIED]
            is_met = highest.met_by(investor)
            found.append(("ELR-1", highest.arithmetic(investor), name if is_met else _not(name)))
        return found


def _not(name: str) -> str:
    return f"not {name}"


def override_problem(kind: int, class_override: str, reason: str) -> Said | None:
    """Why a supervisor can't set this class instead of the derived one; None if they can."""
    allowed = [CLASSES[number] for number in (FIRM_CLASSES if kind == FIRM else INDIVIDUAL_CLASSES)]
    if class_override not in allowed:
        return said("class.override", class_override, listed(allowed))
    if not reason.strip():
        return said("class.reason")
    return None
