"""What a WebSocket begins with, an HTTP request: may it come from there, what subprotocols does it offer; and the answers, health's, too.

Every page that a browser shows may connect to the machine that the browser runs on. It can't hide where it is from (`Origin`),
nor, if it has its own name point to a venue's address, by which name it called the venue (`Host`).
"""

from __future__ import annotations

import ipaddress
import json
from collections.abc import Iterable
from typing import Final

from multidict import CIMultiDict
from picows import WSUpgradeResponse, WSUpgradeResponseWithListener

from engine.vocabulary.codes import CORE_VERSION
from gateway.inbound.context import VenueContext
from gateway.protocol.wire import CODECS, JSON, Codec
from gateway.server.door.sockets import plain_address

ANY: Final = "*"


class Callers:
    """Who may call, and by which name."""

    def __init__(self, hosts: Iterable[str], origins: Iterable[str]) -> None:
        """Prepare.

        Args:
            hosts: names of ours, beside the addresses we listen on; `*`: any.
            origins: web pages from there are let in.
        """
        self._hosts: Final = frozenset(host.lower() for host in hosts)
        self._origins: Final = frozenset(origin.lower() for origin in origins)

    def refuse(self, headers: CIMultiDict[str], address: str) -> tuple[str, WSUpgradeResponseWithListener] | None:
        """Why a request is not let in, as metrics call it, and the answer that says so; None: it may pass.

        Args:
            headers: of the request.
            address: the address of ours that it came to.
        """
        hosts, origins = headers.getall("Host", []), headers.getall("Origin", [])
        if not all(value.isascii() for value in headers.values()):
            return "bad_header", refusal(400, "a header is not ASCII")
        if len(hosts) != 1:
            return "bad_header", refusal(400, "one Host is needed")
        host = hosts[0].lower()
        if not self._is_ours(host, address):
            return "forbidden_host", refusal(403, "Host: no name or address of this venue")
        if origins and not (len(origins) == 1 and self._may_come_from(origins[0].lower(), host)):
            return "forbidden_origin", refusal(403, "Origin: pages from there may not connect")
        return None

    def _is_ours(self, host: str, address: str) -> bool:
        name = host.partition("]")[0].removeprefix("[") if host.startswith("[") else host.partition(":")[0]
        if ANY in self._hosts or name in self._hosts:
            return True
        ours = plain_address(address)
        if name == "localhost":
            return ipaddress.ip_address(ours).is_loopback
        try:
            return plain_address(name) == ours
        except ValueError:
            return False

    def _may_come_from(self, origin: str, host: str) -> bool:
        return origin in self._origins or origin in {f"http://{host}", f"https://{host}"}


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
        # No further than what is durable: this answer waits for no disk.
        "seq": context.tip()[0],
        "connections": connections,
        "time": context.now(),
    }
    if context.time_scale:
        facts |= {"test": True, "time_scale": context.time_scale}
    response = WSUpgradeResponse.create_ok_response(json.dumps(facts).encode(), {"Content-Type": "application/json"})
    return WSUpgradeResponseWithListener(response, None)
