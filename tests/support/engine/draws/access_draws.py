"""Random commands about who may log in."""

from __future__ import annotations

import random
from typing import Final

from engine.exchange import Exchange
from engine.vocabulary.access import ROLES, SCOPES, SCOPES_OF
from engine.vocabulary.limits import NS_PER_SECOND
from engine.vocabulary.messages.commands import AnyCommand, RegisterKey, RegisterParticipant, RevokeKey

NAMES: Final = ("a", "b", "c", "op", "sup", "watch")
"""Those that have accounts in the sessions, and staff."""
PLACES: Final = ("10.0.0.0/8", "127.0.0.1", "::1")


def drawn_access(chance: random.Random, exchange: Exchange) -> AnyCommand:
    """Registers somebody; or gives somebody a key, replaces or revokes one: of one's own, or of others as staff or as the venue file."""
    known = exchange.access.of
    name = chance.choice(NAMES)
    if name not in known or chance.random() < 0.05:
        role = {"op": "operator", "sup": "supervisor", "watch": "surveillance"}.get(name, chance.choice(ROLES))
        who = chance.choice((("", ""), ("op", "operator"), ("sup", "supervisor")))
        return RegisterParticipant(name, role, drawn_key(chance), by=who[0], by_role=who[1])
    participant = known[name]
    keys = [*participant.keys, "nosuch"]
    sender = chance.choice(
        (("", "", ""), (name, participant.role, chance.choice(keys)), ("op", "operator", ""), ("sup", "supervisor", ""))
    )
    if chance.random() < 0.25:
        return RevokeKey(name, chance.choice((*keys, "")) if chance.random() < 0.3 else keys[0], "drawn", *sender)
    scopes = tuple(scope for scope in SCOPES_OF[participant.role] if chance.random() < 0.6)
    return RegisterKey(
        name,
        f"k{chance.randrange(40)}",
        drawn_key(chance),
        scopes if chance.random() < 0.9 else (chance.choice(SCOPES),),
        tuple(place for place in PLACES if chance.random() < 0.2),
        exchange.time_ns + chance.choice((1, 5, 600)) * NS_PER_SECOND if chance.random() < 0.4 else 0,
        keys[0] if chance.random() < 0.3 else "",
        chance.choice((0, 0, NS_PER_SECOND, 60 * NS_PER_SECOND)) if chance.random() < 0.5 else 0,
        "drawn",
        *sender,
    )


def drawn_key(chance: random.Random) -> str:
    """Mostly a new one; now and then one of few, which may be in force, or have ended."""
    bits = chance.getrandbits(256) if chance.random() < 0.8 else chance.randrange(20)
    return f"{bits:064x}"
