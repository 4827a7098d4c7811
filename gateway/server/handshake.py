"""What a WebSocket begins with, an HTTP request that names the subprotocols it offers, and the answers; health's, too."""

from __future__ import annotations

import json

from multidict import CIMultiDict
from picows import WSUpgradeResponse, WSUpgradeResponseWithListener

from engine.vocabulary.codes import CORE_VERSION
from gateway.inbound.context import VenueContext
from gateway.protocol.wire import CODECS, JSON, Codec


def negotiate(headers: CIMultiDict[str]) -> tuple[Codec | None, dict[str, str]]:
    """The codec of the first subprotocol offered that there is, JSON if none is offered, and the header that says so."""
    offered = [name.strip() for value in headers.getall("Sec-WebSocket-Protocol", []) for name in value.split(",")]
    if not offered:
        return JSON, {}
    for name in offered:
        if name in CODECS:
            return CODECS[name], {"Sec-WebSocket-Protocol": name}
    return None, {}


def refusal(status: int, reason: str) -> WSUpgradeResponseWithListener:
    """An answer that says why not."""
    return WSUpgradeResponseWithListener(WSUpgradeResponse.create_error_response(status, reason.encode()), None)


def health(context: VenueContext, connections: int) -> WSUpgradeResponseWithListener:
    """How the venue is, for whoever asks."""
    facts = {
        "venue": context.venue_id,
        "core_version": CORE_VERSION,
        "rulebook": context.fanout.rulebook,
        "durability": context.durability,
        "seq": context.fanout.seq,
        "connections": connections,
    }
    response = WSUpgradeResponse.create_ok_response(json.dumps(facts).encode(), {"Content-Type": "application/json"})
    return WSUpgradeResponseWithListener(response, None)
