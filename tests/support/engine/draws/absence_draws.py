"""Random commands about connections that are gone, and dead man's timers."""

from __future__ import annotations

import random

from engine.exchange import Exchange
from engine.vocabulary.limits import NS_PER_SECOND
from engine.vocabulary.messages.commands import (
    AnyCommand,
    ArmDisconnect,
    CancelAllAfter,
    DisarmDisconnect,
    Disconnected,
)


def drawn_absence(chance: random.Random, exchange: Exchange, account: str, participant: str) -> AnyCommand:
    """Of a participant: arms a connection, cuts it off, brings it back; or sets a timer, mostly one that ends soon."""
    if chance.random() < 0.4:
        timeout = chance.choice((0, 1, NS_PER_SECOND // 10, NS_PER_SECOND, 60 * NS_PER_SECOND, 86_400 * NS_PER_SECOND))
        return CancelAllAfter(participant, chance.choice(("", account, account)), timeout)
    presence = exchange.absence.of.get(participant)
    armed = [] if presence is None else list(presence.connections)
    if not armed or chance.random() < 0.4:
        grace = chance.choice((0, 1, NS_PER_SECOND, 30 * NS_PER_SECOND))
        return ArmDisconnect(participant, exchange.seq, chance.choice(((), (account,), ("nobody",))), grace)
    kind = Disconnected if chance.random() < 0.7 else DisarmDisconnect
    return kind(participant, chance.choice([*armed, 1]))
