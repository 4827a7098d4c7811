"""May this investor come to hold this? The one question behind every door: transfer, issue and deposit.

An order asks the same rules of the asset that it brings in (`Listing.acquired`). Which rule speaks at which door stands in
docs/RULES.md, "Doors to a holding".
"""

from __future__ import annotations

from compliance.rules.case import Arrival
from compliance.rules.finding import Finding
from compliance.rules.rule import OrderRule


def may_come_to_hold(rules: list[OrderRule], arrival: Arrival) -> list[tuple[OrderRule, Finding]]:
    """What each rule that is concerned finds, passed or not, in the order of decision. If all have passed, it may be held."""
    found: list[tuple[OrderRule, Finding]] = []
    for rule in rules:
        finding = rule.at_door(arrival)
        if finding is not None:
            found.append((rule, finding))
    return found
