"""What connections end of, as metrics and the audit call it."""

from __future__ import annotations

from typing import Final

from picows import WSTransport
from picows.picows import WSCloseHandshake

from gateway.audit.audit import DISCONNECTED, HANDSHAKE_REFUSED, Audit
from gateway.inbound.frames import (
    GOING_AWAY,
    MESSAGE_TOO_BIG,
    NORMAL,
    POLICY_VIOLATION,
    PROTOCOL_ERROR,
    TRY_AGAIN_LATER,
    UNSUPPORTED_DATA,
)
from gateway.inbound.session import Session

BY_CLIENT: Final = "client"
SLOW_CONSUMER: Final = "slow_consumer"
LOGIN_TIMEOUT: Final = "login_timeout"
DEAD_PEER: Final = "dead_peer"
ADDRESS_FULL: Final = "address_full"
REASONS: Final = {
    NORMAL: BY_CLIENT,
    GOING_AWAY: "venue_stops",
    PROTOCOL_ERROR: "protocol_error",
    UNSUPPORTED_DATA: "unsupported_data",
    POLICY_VIOLATION: "policy_violation",
    MESSAGE_TOO_BIG: "message_too_big",
    TRY_AGAIN_LATER: ADDRESS_FULL,
}
"""By the close code that the venue sends."""


def ended_by_picows(transport: WSTransport) -> str:
    """Why picows itself has ended a connection, which refuses what is no frame; if it has not, its client did."""
    handshake: WSCloseHandshake | None = transport.close_handshake
    if handshake is None or handshake.sent is None:
        return BY_CLIENT
    return REASONS.get(handshake.sent.code.value, BY_CLIENT)


def note_end(audit: Audit, session: Session, ended_by: str) -> None:
    """Note that a connection has ended: everybody's who had logged in; of a stranger what the venue ended."""
    why = {} if session.closing is None or not session.closing[1] else {"detail": session.closing[1]}
    if ended_by == ADDRESS_FULL:
        audit.note(HANDSHAKE_REFUSED, session.caller, reason=ended_by)
    elif session.caller.participant or ended_by not in _NO_FAULT:
        audit.note(DISCONNECTED, session.caller, reason=ended_by, **why)


_NO_FAULT: Final = (BY_CLIENT, REASONS[GOING_AWAY])
