"""What a connection is told that has logged in."""

from __future__ import annotations

from gateway.inbound.context import VenueContext
from gateway.inbound.keyholders import Proven
from gateway.protocol.messages import Login, Welcome


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
