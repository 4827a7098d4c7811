"""The core as the gateway runs it: the exchange behind the compliance rules."""

from __future__ import annotations

from compliance.hook import ComplianceHook
from compliance.intake import Standing
from engine.exchange import Exchange


def new_exchange() -> Exchange:
    """An empty exchange: what a venue starts from, and what a replay starts from."""
    return Exchange(ComplianceHook())


def outside_limits(exchange: Exchange) -> list[Standing]:
    """Who has more than a rule in force allows: the rule's id, who, and by how much."""
    hook = exchange.hook
    assert isinstance(hook, ComplianceHook)
    return hook.intake.outside()


def capacity_multiple(exchange: Exchange) -> int | None:
    """How often a venue must be able to take the highest message rate seen (OPS-2); None: no rule in force says so."""
    hook = exchange.hook
    if not isinstance(hook, ComplianceHook) or hook.intake.table is None:
        return None
    rule = hook.intake.table.rulebook.active("OPS-2")
    return None if rule is None else rule.parameters.number("capacity_multiple")
