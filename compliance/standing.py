"""What the rules in force leave an account, in figures that its owner may know."""

from __future__ import annotations

from typing import NamedTuple

from compliance.hook import ComplianceHook
from compliance.rules.ops_1 import LargestOrder
from compliance.rules.ret_1 import AnnualCap


class CapLeft(NamedTuple):
    """The annual cap of a retail investor (RET-1), in kopecks."""

    limit: int
    used: int
    reserved: int
    through: str | None
    """The intermediary whose purchases count; None: those through all count together."""


def cap_left(hook: ComplianceHook, account: str, time_ns: int) -> CapLeft | None:
    """What an account's investor has used of the annual cap at a time (nanoseconds since the epoch, UTC); None: it binds it not."""
    client = hook.intake.registry.clients.get(account)
    cap = next((rule for rule in _rules(hook) if isinstance(rule, AnnualCap)), None)
    if client is None or cap is None or not client.investor.retail:
        return None
    ledger = hook.intake.ledger
    through = None if cap.aggregate else client.intermediary_name
    used, reserved = cap.usage(ledger, ledger.look(client), time_ns, through)
    return CapLeft(cap.cap_kopecks, used, reserved, through)


def largest_order(hook: ComplianceHook, account: str) -> int | None:
    """The most that one order of an account priced in roubles may be worth, in kopecks (OPS-1); None: nothing says."""
    client = hook.intake.registry.clients.get(account)
    limit = next((rule for rule in _rules(hook) if isinstance(rule, LargestOrder)), None)
    return None if client is None or limit is None else limit.limits[client.investor.investor_class]


def has_tiers(hook: ComplianceHook) -> bool:
    """Whether a rule asks for the tier of an asset (RET-2)."""
    table = hook.intake.table
    return table is not None and table.tiers is not None


def _rules(hook: ComplianceHook) -> list[object]:
    table = hook.intake.table
    return [] if table is None else [*table.rules]
