"""RET-5: what lowers exposure passes the rules on who may trade (Bank of Russia, 11.12.2025). It refuses nothing itself.

It holds under every rulebook, whether stated or not: `RuleTable.judge` and `OrderRule.holds_anyway`.
"""

from __future__ import annotations

from typing import Final

from compliance.rulebook.declaration import ORDER_ENTRY
from compliance.rules.rule import Rule

RULE: Final[Rule] = Rule(
    "RET-5",
    ORDER_ENTRY,
    {},
    compares="Nothing: it refuses no order, and exempts what lowers exposure from rules on who may trade.",
    exempt=(
        "SAN-1, ANON-1, OPS-1, a stablecoin that only settles (SET-2) and what a lost tier halts for retail (RET-2) hold "
        "anyway. A sale for another asset is a purchase while what is sold can be sold for roubles."
    ),
)
