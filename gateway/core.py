"""The core as the gateway runs it: the exchange behind the compliance rules."""

from __future__ import annotations

from compliance.hook import ComplianceHook
from engine.exchange import Exchange


def new_exchange() -> Exchange:
    """An empty exchange: what a venue starts from, and what a replay starts from."""
    return Exchange(ComplianceHook())
