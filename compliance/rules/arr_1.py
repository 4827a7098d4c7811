"""ARR-1: a court or an investigator may arrest holdings (law on seizing crypto in criminal cases, adopted 12.02.2026).

In an asset's life, not at order entry: what is arrested is not available, so nothing of it can be ordered, moved or withdrawn.
Specified in docs/CLEARING.md.
"""

from __future__ import annotations

from typing import Final

from compliance.rulebook.declaration import LIFECYCLE
from compliance.rules.rule import Rule

ARREST: Final = "ARR-1"
"""The rule under which holdings are arrested."""

RULE: Final[Rule] = Rule(
    ARREST,
    LIFECYCLE,
    {},
    compares="What a holder would sell, move or take out with what no paper arrests.",
    exempt="Sales of what is arrested, if the paper allows them: the proceeds are arrested in its place. What covers positions, until it is free.",
)
