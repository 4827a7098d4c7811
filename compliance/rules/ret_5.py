"""RET-5: sells of what is held pass the rules on who may trade (Bank of Russia, 11.12.2025). It refuses nothing itself.

Data only: `OrderRule.spared_sell` asks whether it is in force.
"""

from __future__ import annotations

from typing import Final

from compliance.rulebook.declaration import ORDER_ENTRY
from compliance.rules.rule import Rule

RULE: Final[Rule] = Rule(
    "RET-5",
    ORDER_ENTRY,
    {},
    compares="Nothing: it refuses no order, and exempts sells of what is held from rules on who may trade.",
    exempt=(
        "SAN-1, ANON-1, OPS-1, a stablecoin that only settles (SET-2) and what a lost tier halts for retail (RET-2) hold for "
        "sells too; futures are sold without being held."
    ),
)
