"""Who calls: a connection, or whoever sends signed HTTP requests; and what a call is carried out with."""

from __future__ import annotations

import secrets
from collections.abc import Awaitable, Callable
from typing import Any, Final, NamedTuple, Protocol

from gateway.deribit.callers.asker import Asker
from gateway.deribit.callers.desk import Desk
from gateway.deribit.callers.keys import PortKey
from gateway.deribit.callers.markets import Markets
from gateway.deribit.callers.signatures import Signatures
from gateway.deribit.dialect.failures import Failure
from gateway.deribit.dialect.order_state import LABEL_END
from gateway.deribit.dialect.params import Params
from gateway.inbound.context import VenueContext

TOKEN_CHARS: Final = 12
"""That make a client order id unlike all others: 48 bits."""


class Subscriber(Protocol):
    """A connection that gets channels."""

    @property
    def caller(self) -> Caller:
        """Who it is."""

    def send(self, text: bytes) -> None:
        """Send it a message."""


class Caller:
    """Who calls, until it goes: its session, and the key that it has shown."""

    def __init__(self, asker: Asker, address: str) -> None:
        self.asker = asker
        self.address: Final = address
        self.key: PortKey | None = None
        self.desk: Desk | None = None
        """Of the key's account."""
        self.subscriber: Subscriber | None = None
        """If it is a WebSocket."""
        self.mark = ""
        """Of the signed request that is carried out: what it enters is called by it, so that it is entered once, whatever happens."""

    def own_desk(self) -> Desk:
        """The account that it acts for."""
        assert self.desk is not None, "a private call is let through with a key alone"
        return self.desk

    def client_order_id(self, label: str) -> str:
        """A name for an order that no other has."""
        return f"{label}{LABEL_END}{self.mark or secrets.token_hex(TOKEN_CHARS // 2)}"


class Venue(Protocol):
    """What calls are carried out with."""

    @property
    def context(self) -> VenueContext:
        """What the sessions of the venue share."""

    @property
    def markets(self) -> Markets:
        """All that is public."""

    @property
    def signatures(self) -> Signatures:
        """Whose signature it is."""

    async def log_in(self, caller: Caller, key: PortKey) -> None:
        """Let a caller act by a key. Raises `Failure`."""

    async def subscribe(self, caller: Caller, channels: list[str], is_private: bool) -> list[str]:
        """Send channels from now on; returns those that are sent. Raises `Failure`."""

    def unsubscribe(self, caller: Caller, channels: list[str] | None) -> list[str]:
        """Send channels no longer, or none at all; returns those that were sent. Raises `Failure`."""


Carries = Callable[[Venue, Caller, Params], Awaitable[Any]]


class Method(NamedTuple):
    """A row of the table of calls."""

    carry_out: Carries
    scope: str = ""
    """What a key must allow; empty: nothing."""
    acts: bool = False
    """Whether it changes something: then a signed request is taken once."""
    asks: bool = False
    """Whether it asks the venue by the caller's session, which counts it; else it costs as much as a question."""


def needs_socket() -> Failure:
    """A call that only a connection can make."""
    return Failure(
        10030, "must_be_websocket_request", reason="an HTTP request is signed by itself; this needs a WebSocket"
    )
