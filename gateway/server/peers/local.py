"""Peers in the venue's own process: ports that speak the languages of other venues act through sessions as a connection does.

Such a peer sends whole messages of `sbx.v1`, and hears frames of it. It is limited, sequenced and answered as a connection is; what it
is told waits for the disk likewise. It always reads: what becomes of what it heard, and how much of it may wait, is its port's to bound.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, Protocol

from engine.vocabulary.limits import MAX_CONNECTIONS_PER_PARTICIPANT
from gateway.audit.audit import LOGIN
from gateway.inbound.context import VenueContext
from gateway.inbound.keyholders import Proven
from gateway.inbound.session import Session
from gateway.outbound.channels.outbox import Outbox
from gateway.protocol.wire import JSON, payload_of
from gateway.server.peers.ends import BY_CLIENT, REASONS, note_end
from gateway.venue.venue import Participant

Hears = Callable[[bytes], None]
"""Takes a message, as JSON."""


class Host(Protocol):
    """What a local peer needs of its server."""

    @property
    def is_syncing(self) -> bool:
        """Whether a frame of the journal is synced: what is said now may be of it."""

    def received(self, session: Session) -> None:
        """Requests of a session wait."""


class NotLetIn(Exception):
    """A peer may not act for a participant now; the message says why."""


class LocalPeer:
    """One session whose other end is in this process."""

    def __init__(self, peers: LocalPeers, session: Session, hears: Hears, ended: Callable[[], None]) -> None:
        self.session: Final = session
        self._peers: Final = peers
        self._hears = hears
        self._ended = ended
        self._held: list[bytes] = []
        """What waits for the disk."""
        self._has_left = False

    @property
    def is_over(self) -> bool:
        """Whether it can't ask any more."""
        return self.session.is_ended

    def ask(self, payload: bytes) -> None:
        """Send a request, a message of `sbx.v1.json`. Its answer is heard later, or at once if it is an error.

        A session that closes, after too many mistakes, ends the peer.
        """
        session = self.session
        assert not session.is_ended
        session.receive(payload)
        if (session.inbox and not session.is_waiting) or (session.questions and not session.is_asking):
            self._peers.host.received(session)
        self.flush()

    def act_for(self, participant: Participant, scopes: tuple[str, ...], key: str = "") -> None:
        """Be logged in, by what the port has looked at: the peer hears all reports of the participant from now on, if it may read.

        Args:
            participant: for whom.
            scopes: what it may ask for.
            key: by which key of the port, as the audit calls it; empty: the port itself listens, and nobody came.

        Raises:
            NotLetIn: the participant has as many connections as it may.
        """
        context, session = self._peers.context, self.session
        assert session.participant is None
        proven = Proven(participant, None, scopes)
        most = proven.most(MAX_CONNECTIONS_PER_PARTICIPANT)
        if context.connections_of(participant.participant) >= most:
            raise NotLetIn(f"a participant has at most {most} connections")
        session.act_as(proven)
        session.keys_left = context.keyholders.keys_of(participant.participant)
        context.keyholders.came(session, participant.participant, None)
        if key:
            session.caller.is_now(participant.participant, participant.role, key)
            context.audit.note(LOGIN, session.caller, lang="en")
        if session.meter is not None:
            session.meter.log_in(participant.participant, acts=proven.acts)
        if session.inbox:
            self._peers.host.received(session)

    def flush(self) -> None:
        """Hear what stands in the outbox, once it may be told."""
        session = self.session
        frames = session.frames.copy()
        session.frames.clear()
        session.answered_ns.clear()
        if self._peers.host.is_syncing:
            self._held += frames
            self._peers.hold(self)
        else:
            self._hear(frames)
        if session.closing is not None:
            self.end()

    def release(self) -> None:
        """Hear what waited for the disk."""
        held, self._held = self._held, []
        self._hear(held)

    def end(self) -> None:
        """Leave: what was asked and not carried out yet still is, and nobody hears of it."""
        if self._has_left:
            return
        self._has_left = True
        closing = self.session.closing
        if not self.session.is_ended:
            # One whose key has ended has ended with it.
            self.session.end()
        note_end(self._peers.context.audit, self.session, BY_CLIENT if closing is None else REASONS[closing[0]])
        self._held.clear()
        self._peers.left(self)
        ended, self._hears, self._ended = self._ended, _nobody_hears, _nobody_waits
        # Whoever asked by it and it know each other: nobody else would free them (tests/gateway/server/test_no_cycles.py).
        ended()

    def _hear(self, frames: list[bytes]) -> None:
        for frame in frames:
            if self._has_left:
                return
            self._hears(payload_of(frame))


def _nobody_hears(message: bytes) -> None:
    """It has ended."""


def _nobody_waits() -> None:
    """Likewise."""


class LocalPeers:
    """All of a server."""

    def __init__(self, host: Host, context: VenueContext) -> None:
        self.host: Final = host
        self.context: Final = context
        self._peers: Final[dict[Outbox, LocalPeer]] = {}
        self._holding: dict[LocalPeer, None] = {}
        """Those for whom something waits for the disk."""

    def enter(self, address: str, hears: Hears, ended: Callable[[], None]) -> LocalPeer:
        """Let a peer in; it is nobody's yet.

        Args:
            address: of whoever it speaks for, whose rate is its own until it acts for a participant; empty: it asks for the port
                itself, and is not limited.
            hears: takes what it is told.
            ended: is told when it is over, whoever ends it.
        """
        session = Session(self.context, JSON, "")
        if address:
            session.caller.came(address, address, 0)
            session.came_from(address)
        peer = self._peers[session] = LocalPeer(self, session, hears, ended)
        return peer

    def flush(self, outbox: Outbox) -> None:
        """Let the peer hear whose outbox it is, if it is one's here."""
        peer = self._peers.get(outbox)
        if peer is not None:
            peer.flush()

    def hold(self, peer: LocalPeer) -> None:
        """Something waits for it until what is synced now is durable."""
        self._holding[peer] = None

    def release(self) -> None:
        """It is."""
        holding, self._holding = self._holding, {}
        for peer in holding:
            peer.release()

    def left(self, peer: LocalPeer) -> None:
        """It has ended."""
        self._peers.pop(peer.session, None)
        self._holding.pop(peer, None)

    def end(self) -> None:
        """The venue stops: all of them leave."""
        for peer in list(self._peers.values()):
            peer.end()
