"""How much of a venue's memory bad connections may take: the sum of the bounds that stand for each of them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from engine.vocabulary.limits import DEFAULT_BURST_UNITS, DEFAULT_UNITS_PER_SECOND, KEPT_ORDER_BYTES
from engine.vocabulary.memory_limits import CONNECTION_BYTES, MAX_UNREAD_BYTES


class Allowed(NamedTuple):
    """One part of a bound."""

    what: str
    size_bytes: int


def allowed(strength: Mapping[str, int], seconds: float) -> list[Allowed]:
    """What the bad connections of a siege may take, beside what the venue takes without them.

    Args:
        strength: connections of each attack.
        seconds: how long it lasts.
    """
    connections = sum(strength.values())
    # Each attack has a participant of its own; what he asks within his rate is kept until the day ends.
    units = len(strength) * (DEFAULT_BURST_UNITS + DEFAULT_UNITS_PER_SECOND * (1 + round(seconds)))
    return [
        Allowed(f"{connections:,} sockets with what they are read into and sent from", connections * CONNECTION_BYTES),
        Allowed("what is unread, of all connections", MAX_UNREAD_BYTES),
        Allowed(f"what {len(strength)} participants may ask to be kept", units * KEPT_ORDER_BYTES),
    ]
