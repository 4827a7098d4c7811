"""LEV-1: nothing is bought on credit (concept of 23.12.2025).

No rule could refuse it: no order of this venue can ask for credit. What is bought is paid for in full, and reserved in full before; a future
is covered in full; so nothing is owed but what a declared default leaves. Tests hold it as an invariant: tests/engine/test_no_credit.py.
"""

from __future__ import annotations

from typing import Final

from compliance.rulebook.declaration import CLEARING
from compliance.rules.rule import Rule

RULE: Final[Rule] = Rule(
    "LEV-1",
    CLEARING,
    {},
    compares="Nothing: an order that the account could not pay at its worst price is refused for lack of funds, whatever a rulebook says.",
    exempt="Nobody.",
)
