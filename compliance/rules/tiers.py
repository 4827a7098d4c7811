"""Liquidity tiers of assets: highly liquid or other, by RET-2 with LIQ-1 and LIQ-2, and what a loss does to retail.

An asset that was highly liquid and is not any more has *lost* its tier, until it has it again; the time of the loss is on
record. What that does is a parameter of RET-2 in force (`on_tier_loss`), so a change of it holds for earlier losses too. An
asset that never was highly liquid is simply not. Under a rulebook without RET-2 there are no tiers: records stay as they
are, and the next rulebook with RET-2 finds what has changed.
"""

from __future__ import annotations

from compliance.registry.calendar import iso_date
from compliance.registry.listings import NEVER, AssetRecord
from compliance.rules.ret_2 import HighlyLiquidOnly
from engine.vocabulary.messages.events import Event, RegistryChanged
from engine.vocabulary.said import Said, said


def put_in_tiers(assets: list[AssetRecord], rule: HighlyLiquidOnly | None, time_ns: int) -> list[Event]:
    """Put assets in their tiers, at a time in nanoseconds, UTC. RegistryChanged for each that changed. O(assets)."""
    if rule is None:
        return []
    events: list[Event] = []
    for asset in assets:
        highly_liquid = asset.crypto and rule.highly_liquid(asset)
        if highly_liquid != asset.highly_liquid:
            asset.highly_liquid = highly_liquid
            asset.lost_ns = NEVER if highly_liquid else time_ns
            events.append(_tier_changed(asset, _standing(rule, asset)))
    return events


def end_graces(assets: list[AssetRecord], rule: HighlyLiquidOnly | None, day: int) -> list[Event]:
    """RegistryChanged for each asset whose grace period ended with the day before a Moscow day. O(assets)."""
    if rule is None:
        return []
    ended = [asset for asset in assets if rule.graced(asset) and rule.last_day(asset) + 1 == day]
    return [_tier_changed(asset, said("tier.grace_ended")) for asset in ended]


def _tier_changed(asset: AssetRecord, how: Said) -> RegistryChanged:
    return RegistryChanged("tier", asset.asset, "", how.template, how.values)


def _standing(rule: HighlyLiquidOnly, asset: AssetRecord) -> Said:
    """The tier, and for one that was lost what that does."""
    if asset.highly_liquid:
        return said("tier.highly_liquid")
    if rule.on_tier_loss == "grace":
        return said("tier.grace", iso_date(rule.last_day(asset)))
    return said("tier.halted") if rule.on_tier_loss == "halt" else said("tier.sell_only")
