"""What a connection is told first, and what when it has logged in."""

from __future__ import annotations

from typing import Final

from engine.vocabulary.codes import CORE_VERSION
from gateway.inbound.context import VenueContext
from gateway.inbound.keyholders import Proven
from gateway.protocol.messages import Hello, Login, Welcome

PROTOCOL: Final = "sbx.v1"


def hello(context: VenueContext, nonce: str, now_ns: int) -> Hello:
    """What venue this is, and what is to be signed for a login."""
    return Hello(
        venue=context.venue_id,
        protocol=PROTOCOL,
        core_version=CORE_VERSION,
        nonce=nonce,
        durability=context.durability,
        rulebook=context.fanout.rulebook,
        time=now_ns,
        heartbeat_interval=context.heartbeat_ns,
        heartbeat_timeout=context.silence_ns,
    )


def welcome(login: Login, proven: Proven, context: VenueContext) -> Welcome:
    """Who it is, which accounts it may use, and what it may do with its key; not what its rates are, nor whether it is armed."""
    (who, key, scopes), reports = proven, context.fanout.reports
    last = {account: reports.last_seq(account) for account in reports.accounts.get(who.participant, ())}
    seq, link = context.tip()
    made = Welcome(id=login.id, participant=who.participant, role=who.role, accounts=last, seq=seq, link=link.hex())
    made.lang = login.lang
    if key is not None:
        made.key, made.scopes, made.key_expires = key.key, list(scopes), key.expires_ns
    return made
