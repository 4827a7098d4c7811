"""One session of the venue, asked by awaiting: a request of `sbx.v1` goes in, its reply comes back; all else is heard."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Final, TypeVar

import msgspec

from gateway.audit.audit import LOGIN_FAILED, Audit
from gateway.deribit.dialect.failures import Failure, of_error, too_many, unavailable
from gateway.protocol import messages as m
from gateway.server.peers.local import LocalPeer, LocalPeers, NotLetIn
from gateway.venue.venue import Participant

R = TypeVar("R", bound=m.Message)
MAX_WAITING: Final = 64
"""Requests of one session that wait for their reply; the venue reads no connection of which 256 wait."""
_ENCODE: Final = msgspec.json.Encoder().encode
_DECODE: Final = msgspec.json.Decoder(m.AnyMessage).decode


def _nothing(message: m.AnyMessage) -> None:
    """Nobody listens."""


class Asker:
    """A session and whoever waits for its replies.

    Args:
        peers: of the venue.
        address: of whoever it speaks for; empty: the port itself, which nothing limits.
        hears: takes what answers nothing, in order.
    """

    def __init__(self, peers: LocalPeers, address: str, hears: Callable[[m.AnyMessage], None] = _nothing) -> None:
        self._hears: Final = hears
        self._waiting: Final[dict[int, asyncio.Future[m.Message]]] = {}
        self._last_id = 0
        self._peer: Final[LocalPeer] = peers.enter(address, self._hear, self._ended)

    @property
    def is_over(self) -> bool:
        """Whether its session has ended: then another one is needed."""
        return self._peer.is_over

    @property
    def participant(self) -> Participant | None:
        """For whom it acts."""
        return self._peer.session.participant

    def act_for(self, participant: Participant, scopes: tuple[str, ...], key: str = "") -> None:
        """Act for a participant from now on within some scopes, by a key; empty: only to listen. Raises `Failure`."""
        try:
            self._peer.act_for(participant, scopes, key)
        except NotLetIn as error:
            raise too_many(str(error)) from error

    def note_failed(self, audit: Audit, claimed: str) -> None:
        """Have it noted that whoever it speaks for did not prove to have a key."""
        audit.note(LOGIN_FAILED, self._peer.session.caller, reason="deribit_key", claimed=claimed)

    def charge(self, units: int) -> None:
        """What is answered without the session costs as much as a question. Raises `Failure`: too much is owed."""
        meter = self._peer.session.meter
        if meter is None:
            return
        was_owing = meter.is_overdrawn
        # Of a new connection the venue looks at one request whatever its address owes: it may be a login. This may not.
        if not meter.admit() or (meter.is_overdrawn and not was_owing):
            raise too_many("too much was asked at once", wait=-(-meter.wait_ns() // 1_000_000_000))
        meter.charge(units)

    @property
    def wait_s(self) -> float:
        """How long nothing more should be read from whom it speaks for: until nothing is owed."""
        meter = self._peer.session.meter
        return meter.wait_ns() / 1e9 if meter is not None and meter.is_overdrawn else 0.0

    async def ask(self, request: m.AnyRequest, kind: type[R]) -> R:
        """Send a request and wait for the reply, which must be of a kind.

        Raises:
            Failure: it was not sequenced, another kind of reply came, or the session is over.
        """
        reply = await self.reply_to(request)
        assert isinstance(reply, kind), f"{type(reply).__name__} answers {type(request).__name__}"
        return reply

    async def reply_to(self, request: m.AnyRequest) -> m.Message:
        """The same, whatever the reply is."""
        if self._peer.is_over:
            raise unavailable("the session has ended: send it again")
        if len(self._waiting) >= MAX_WAITING:
            raise Failure(10047, "matching_engine_queue_full", reason=f"more than {MAX_WAITING} requests wait")
        self._last_id += 1
        reply_id = self._last_id
        future = self._waiting[reply_id] = asyncio.get_running_loop().create_future()
        try:
            self._peer.ask(_ENCODE(msgspec.structs.replace(request, id=reply_id)))
            reply: m.Message = await future
        finally:
            self._waiting.pop(reply_id, None)
        if isinstance(reply, m.Error):
            raise of_error(reply)
        return reply

    def end(self) -> None:
        """Leave."""
        self._peer.end()

    def _hear(self, payload: bytes) -> None:
        message: m.AnyMessage = _DECODE(payload)
        reply_id = getattr(message, "id", None)
        if reply_id is not None:
            future = self._waiting.get(reply_id)
            if future is not None and not future.done():
                future.set_result(message)
        # A reply is a report, too.
        self._hears(message)

    def _ended(self) -> None:
        for future in self._waiting.values():
            if not future.done():
                future.set_exception(unavailable("the session has ended: send it again"))
