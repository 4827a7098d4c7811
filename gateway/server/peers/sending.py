"""What goes out to one peer: at once as long as its transport takes it, and in pieces, as it reads, from then on."""

from __future__ import annotations

import asyncio
import time
from collections import deque
from typing import Final, Protocol

from engine.vocabulary.limits import MAX_TURN_COMMANDS, NS_PER_SECOND, SOCKET_BUFFER_BYTES
from engine.vocabulary.memory_limits import LATE_NS, SEND_PIECE_BYTES
from gateway.inbound.session import Session
from gateway.server.loop.guarded import Failing, guarded
from gateway.server.peers.unread import LOOK_SECONDS, Backlog, Unread, cut


class Venue(Failing, Protocol):
    """Whose peers they are."""

    @property
    def is_syncing(self) -> bool:
        """Whether a frame of the journal is synced: what is said now may be of it."""


class Senders:
    """What all senders of a venue share: the bound on what is unread, whose turn it is, and what waits for the disk."""

    def __init__(self, host: Venue) -> None:
        self.host: Final = host
        """As `guarded` finds it."""
        self.unread: Final = Unread()
        self._participants: Final[deque[Sender]] = deque()
        self._strangers: Final[deque[Sender]] = deque()
        """Those that have a piece to send: to who is logged in, and to who is not."""
        self._joined: Final[dict[tuple[int, ...], tuple[bytes, list[bytes]]]] = {}
        """The pieces made since the last turn, and the frames of each, by the identities of the frames."""
        self._late: list[Owner] = []
        """Those with something new that have not read what came before."""
        self._holding: dict[Sender, None] = {}
        """Those who hold something back."""
        self._is_scheduled = False
        self._loop: Final = asyncio.get_running_loop()

    def put_off(self, owner: Owner) -> None:
        """Let what is new for one that does not read be put together with what comes next."""
        if not self._late:
            self._loop.call_later(LATE_NS / NS_PER_SECOND, self._send_late)
        self._late.append(owner)

    def add(self, sender: Sender, is_logged_in: bool) -> None:
        """Let a sender send a piece when it is its turn.

        In each pass of the loop there is one piece for who is logged in, and one for who is not: peers that read as fast as
        the venue writes, however many, don't keep requests waiting, nor subscribers the reports of participants.
        """
        (self._participants if is_logged_in else self._strangers).append(sender)
        self._schedule()

    def cut(self, frames: list[bytes]) -> list[bytes]:
        """Frames as pieces that can wait: the same pieces for all who are sent the same. O(frames)."""
        if len(frames) == 1:
            return frames.copy()
        pieces: list[bytes] = []
        for group in cut(frames):
            key = tuple(map(id, group))
            found = self._joined.get(key)
            if found is None:
                # The frames are kept, so that no other can come to have the identity of one of them.
                found = b"".join(group), group
                self._joined[key] = found
            pieces.append(found[0])
        return pieces

    def hold(self, sender: Sender) -> None:
        """Let a sender send what it holds back when the frame that is synced now is durable."""
        self._holding[sender] = None

    def let_go(self, sender: Sender) -> None:
        """It holds nothing back any more: its peer is gone."""
        self._holding.pop(sender, None)

    def release(self) -> None:
        """It is: let all of them send it."""
        holding, self._holding = self._holding, {}
        for sender in holding:
            sender.release()
        self.end_turn()

    def end_turn(self) -> None:
        """Everybody has been sent what there was."""
        self._joined.clear()

    def _schedule(self) -> None:
        if not self._is_scheduled:
            self._is_scheduled = True
            self._loop.call_soon(self._send_next)

    @guarded
    def _send_late(self) -> None:
        """The same pieces for all who were sent the same."""
        late, self._late = self._late, []
        for owner in late:
            owner.flush_late()
        self.end_turn()

    @guarded
    def _send_next(self) -> None:
        self._is_scheduled = False
        for ready in (self._participants, self._strangers):
            if ready:
                ready.popleft().send_piece()
        if self._participants or self._strangers:
            self._schedule()


class Owner(Protocol):
    """The connection whose bytes are sent."""

    @property
    def host(self) -> Failing:
        """The venue."""

    @property
    def session(self) -> Session:
        """Its `is_backed_up` is kept here."""

    def backed_up(self) -> None:
        """The session has begun or ceased to be backed up."""

    def flush_late(self) -> None:
        """Send what was put off, if there is any."""

    def may_ask(self) -> None:
        """It is backed up still, but its peer reads, or another second has gone by."""

    def released(self) -> None:
        """What waited for the disk has left."""

    def too_slow(self) -> None:
        """The peer leaves too much unread: the connection is aborted."""


class Sender:
    """Sends to one peer, and knows what the peer leaves unread."""

    def __init__(self, owner: Owner, transport: asyncio.Transport, senders: Senders) -> None:
        self.host: Final = owner.host
        """As `guarded` finds it."""
        self.backlog: Final = Backlog(senders.unread)
        """What waits while the session is backed up."""
        self._owner: Final = owner
        self._session: Final = owner.session
        self._senders: Final = senders
        self._transport: Final = transport
        self._held: list[bytes] = []
        """What waits for the disk."""
        self._hangs_up = False
        """Behind that, the transport is closed."""
        self._is_full = False
        """The transport takes no more for now."""
        self._is_ready = False
        """It waits for its turn to send a piece."""
        self._timer: asyncio.TimerHandle | None = None
        self._loop: Final = asyncio.get_running_loop()
        transport.set_write_buffer_limits(high=SOCKET_BUFFER_BYTES, low=SOCKET_BUFFER_BYTES // 4)

    @property
    def unread_bytes(self) -> int:
        """What was sent and is not with the kernel yet."""
        return self.backlog.waiting_bytes + self._in_transport()

    @property
    def is_stuck(self) -> bool:
        """Whether the session is backed up, and its peer has taken nothing for a second."""
        return self._session.is_backed_up and self.backlog.idle_ns >= NS_PER_SECOND

    @property
    def is_holding(self) -> bool:
        """Whether something waits for the disk."""
        return bool(self._held)

    def send(self, frames: list[bytes], first: bool = False) -> int:
        """Send frames, after all that was sent before, or, if it is to go `first`, before what waits of it.

        While a frame of the journal is synced they are held back, but for those that go first.

        Returns:
            How many bytes they have; 0: the peer was too slow.
        """
        if first or not self._senders.host.is_syncing:
            return self._send(frames, first)
        if not self._held:
            self._senders.hold(self)
        self._held += frames
        return sum(map(len, frames))

    def release(self) -> None:
        """Send what was held back."""
        held, self._held = self._held, []
        if self._transport.is_closing():
            return
        self._send(held)
        self._owner.released()
        if self._hangs_up:
            self._transport.close()

    def hang_up(self) -> None:
        """Close the transport, behind what was sent."""
        if self._held:
            self._hangs_up = True
        else:
            self._transport.close()

    def _send(self, frames: list[bytes], first: bool = False) -> int:
        if not self._session.is_backed_up:
            pieces = [b"".join(frames)] if len(frames) <= MAX_TURN_COMMANDS else self._senders.cut(frames)
            if len(pieces) == 1 and len(pieces[0]) <= SEND_PIECE_BYTES:
                self._transport.write(pieces[0])
                return len(pieces[0])
            self._back_up()
        now_ns = time.monotonic_ns()
        self.look(now_ns)
        if self.backlog.is_slow:
            self.drop()
            return 0
        size = self.backlog.put(self._senders.cut(frames), first)
        self._senders.unread.bound(now_ns)
        self._send_soon()
        return size

    def look(self, now_ns: int) -> None:
        """Take note of what the peer has read."""
        self.backlog.look(now_ns, self._in_transport(), self._is_ready)

    def drop(self) -> None:
        """Let a peer go that is too slow. A close frame would only wait behind what it does not read."""
        self._owner.too_slow()
        self._transport.abort()
        self.end()

    def leave(self) -> None:
        """The connection is gone. What it held back goes, too: a disk may hang, while peers come and go."""
        self._held.clear()
        self._senders.let_go(self)
        self.end()

    def end(self) -> None:
        """Nothing waits any more: all is with the transport, or the connection is gone."""
        if not self._session.is_backed_up:
            return
        assert self._timer is not None
        self._timer.cancel()
        self.backlog.end()
        del self._senders.unread.behind[self]
        self._session.is_backed_up = False
        self._owner.backed_up()

    def send_piece(self) -> None:
        """Hand the transport what it gets next; if that was all, nothing waits any more."""
        self._is_ready = False
        if self._transport.is_closing() or not self._session.is_backed_up:
            return
        if self.backlog.waiting_bytes:
            # It may call `pause`; `resume` goes on then.
            self._transport.write(self.backlog.take())
            # What the transport has now may wait for others as well.
            self._senders.unread.bound(time.monotonic_ns())
        if self.backlog.waiting_bytes:
            self._send_soon()
            self._owner.may_ask()
        elif not self._is_full:
            self.end()

    # ── called by the transport ────────────────────────────────────────────────────────────────────────────────────

    def pause(self) -> None:
        """Let what follows wait."""
        self._is_full = True
        if not self._session.is_backed_up:
            self._back_up()

    def resume(self) -> None:
        """Go on."""
        self._is_full = False
        self._send_soon()

    # ── in pieces ──────────────────────────────────────────────────────────────────────────────────────────────────

    def _back_up(self) -> None:
        """Let all wait from now on."""
        self._session.is_backed_up = True
        self._senders.unread.behind[self] = None
        self.backlog.begin(time.monotonic_ns(), self._in_transport())
        self._timer = self._loop.call_later(LOOK_SECONDS, self._look_again)
        self._owner.backed_up()

    def _send_soon(self) -> None:
        if not (self._is_ready or self._is_full):
            self._is_ready = True
            self._senders.add(self, self._session.participant is not None)

    @guarded
    def _look_again(self) -> None:
        self.look(time.monotonic_ns())
        if self.backlog.is_slow:
            self.drop()
            return
        self._timer = self._loop.call_later(LOOK_SECONDS, self._look_again)
        self._owner.may_ask()

    def _in_transport(self) -> int:
        return 0 if self._transport.is_closing() else self._transport.get_write_buffer_size()
