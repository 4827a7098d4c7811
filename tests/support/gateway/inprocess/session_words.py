"""Speaking to a session without a socket."""

from __future__ import annotations

import json
from typing import Any

import msgspec

from gateway.inbound.session import Session
from gateway.protocol.messages import login_challenge
from gateway.protocol.wire import TEXT
from tests.support.gateway.venues.small_venue import KEYS


def log_in(session: Session, name: str, nonce: str = "abcd", key: str = "") -> dict[str, Any]:
    signature = KEYS[key or name].sign(login_challenge("small", name, nonce)).hex()
    return {"type": "login", "id": 1, "participant": name, "signature": signature}


def said(session: Session, *requests: dict[str, Any]) -> list[dict[str, Any]]:
    """Send requests; what is answered at once."""
    for request in requests:
        session.receive_frame(TEXT, True, False, json.dumps(request).encode(), 0)
    return heard(session)


def heard(session: Session) -> list[dict[str, Any]]:
    """What waits to go out, taken out."""
    is_text = session.codec.opcode == TEXT
    payloads = [frame[{126: 4, 127: 10}.get(frame[1], 2) :] for frame in session.frames]
    session.frames.clear()
    return [json.loads(payload) if is_text else msgspec.msgpack.decode(payload) for payload in payloads]
