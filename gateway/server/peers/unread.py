"""What peers leave unread: kept in order until their sockets take it, and bounded for each peer and for all of them.

A burst that the venue itself made is nobody's fault, however large: it waits here and leaves in pieces. Slow is a peer
that leaves more unread than one would that reads the same at `MIN_READ_BYTES_PER_SECOND`. The difference is its lag.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Sequence
from typing import Final, Protocol

from engine.vocabulary.limits import NS_PER_SECOND, SOCKET_BUFFER_BYTES
from engine.vocabulary.memory_limits import (
    MAX_LAG_BYTES,
    MAX_UNREAD_BYTES,
    MIN_READ_BYTES_PER_SECOND,
    SEND_PIECE_BYTES,
    STALLED_SECONDS,
    UNREAD_TIMEOUT_SECONDS,
)

# How often a peer that is behind is looked at.
LOOK_SECONDS: Final = 1
# What a piece takes beside its bytes: its head, and its places here. A turn's frames for a peer can be a single small one.
PIECE_OVERHEAD_BYTES: Final = 150
# Of the bound over all, what is free again after those who are furthest behind have gone: so that it is not searched for
# them at every write.
FREED_SHARE: Final = 8


class Peer(Protocol):
    """Somebody who has not read all that was sent."""

    @property
    def backlog(self) -> Backlog:
        """What waits."""

    def look(self, now_ns: int) -> None:
        """Take note of what was read."""

    def drop(self) -> None:
        """End the connection at once; nothing waits any more then."""


def cut(frames: list[bytes]) -> Iterator[list[bytes]]:
    """The frames of each piece, of about `SEND_PIECE_BYTES`: pieces go out one by one, so each ends where a frame ends."""
    begin = size = 0
    for end, frame in enumerate(frames, start=1):
        size += len(frame)
        if size >= SEND_PIECE_BYTES or end == len(frames):
            yield frames[begin:end]
            begin, size = end, 0


class Unread:
    """What all peers together have unread, and who they are."""

    def __init__(self) -> None:
        self.behind: Final[dict[Peer, None]] = {}
        """Those for whom something waits."""
        self.bytes = 0
        """What it takes in memory, as each transport was looked at last: not less than it is."""
        self._holders: Final[dict[int, int]] = {}
        """How many peers each piece waits for, by the identity of the piece: what is sent to many is there once."""

    def hold(self, piece: bytes) -> None:
        """A piece waits for a peer more."""
        key = id(piece)
        holders = self._holders.get(key, 0)
        self._holders[key] = holders + 1
        if not holders:
            self.bytes += len(piece) + PIECE_OVERHEAD_BYTES

    def release(self, piece: bytes) -> None:
        """It waits for a peer less."""
        key = id(piece)
        holders = self._holders.pop(key) - 1
        if holders:
            self._holders[key] = holders
        else:
            self.bytes -= len(piece) + PIECE_OVERHEAD_BYTES

    def bound(self, now_ns: int) -> None:
        """See that it is no more than there may be, by dropping those who are furthest behind.

        O(n log n) in those who are behind, once for each eighth of the bound that was sent to them.
        """
        if self.bytes <= MAX_UNREAD_BYTES:
            return
        for peer in self.behind:
            peer.look(now_ns)
        enough = MAX_UNREAD_BYTES - MAX_UNREAD_BYTES // FREED_SHARE
        for peer in sorted(self.behind, key=_how_far_behind, reverse=True):
            if self.bytes <= enough:
                break
            peer.drop()


def _how_far_behind(peer: Peer) -> tuple[int, int, int]:
    """Its lag, in what a kernel's buffer holds; among those who read fast enough, for how long something waits; then how much."""
    backlog = peer.backlog
    return max(backlog.lag_bytes // SOCKET_BUFFER_BYTES, 0), backlog.behind_ns, backlog.unread_bytes


class Backlog:
    """What waits for one peer, and how far the peer is behind. It has no socket and no clock: both are told by its owner.

    It begins when a transport takes no more, and ends when all is with the transport again.
    """

    def __init__(self, unread: Unread) -> None:
        self._all: Final = unread
        self._pieces: Final[deque[bytes]] = deque()
        self._in_transport = 0
        self.waiting_bytes = 0
        """In the pieces that wait here."""
        self.lag_bytes = 0
        """How much more than would be unread by one that reads as slowly as it may; below zero: it reads faster."""
        self._due_ns = 0
        """When such a one would have read all."""
        self._begun_ns = 0
        self._looked_ns = 0
        self._progressed_ns = 0
        """When it was last seen to have taken something."""

    def begin(self, now_ns: int, in_transport: int) -> None:
        """The peer is behind from now on: its transport has so many bytes that the kernel did not take."""
        self._begun_ns = self._looked_ns = self._progressed_ns = self._due_ns = now_ns
        self._note_transport(in_transport)
        self._allow(in_transport)

    def put(self, pieces: Sequence[bytes], first: bool = False) -> int:
        """Let pieces of whole frames wait, last or first of all, as of the last look; returns their bytes."""
        if first:
            self._pieces.extendleft(reversed(pieces))
        else:
            self._pieces.extend(pieces)
        for piece in pieces:
            self._all.hold(piece)
        size = sum(map(len, pieces))
        self.waiting_bytes += size
        self._allow(size)
        return size

    def take(self) -> bytes:
        """Take out what is sent next: about `SEND_PIECE_BYTES`, which the transport has from now on."""
        pieces = self._pieces
        taken: list[bytes] = []
        size = 0
        while pieces and size < SEND_PIECE_BYTES:
            piece = pieces.popleft()
            self._all.release(piece)
            taken.append(piece)
            size += len(piece)
        self.waiting_bytes -= size
        self._note_transport(self._in_transport + size)
        return b"".join(taken)

    def look(self, now_ns: int, in_transport: int, is_ours: bool = False) -> None:
        """Take note of how many bytes the transport still has. O(1).

        `is_ours`: it would take more, but the venue has not come to it yet.
        """
        passed_ns = now_ns - self._looked_ns
        # A venue that has not looked for so long stood still itself.
        ours_ns = passed_ns if is_ours else max(passed_ns - 2 * LOOK_SECONDS * NS_PER_SECOND, 0)
        self._begun_ns += ours_ns
        self._progressed_ns += ours_ns
        self._due_ns += ours_ns
        self._looked_ns = now_ns
        if in_transport < self._in_transport:
            self._progressed_ns = now_ns
        self._note_transport(in_transport)
        allowed_bytes = max(self._due_ns - now_ns, 0) * MIN_READ_BYTES_PER_SECOND // NS_PER_SECOND
        self.lag_bytes = self.unread_bytes - allowed_bytes

    @property
    def unread_bytes(self) -> int:
        """What waits, and what the transport had when it was last looked at."""
        return self.waiting_bytes + self._in_transport

    @property
    def behind_ns(self) -> int:
        """For how long the peer had been behind when it was last looked at, without what was the venue's doing."""
        return self._looked_ns - self._begun_ns

    @property
    def idle_ns(self) -> int:
        """For how long the peer had taken nothing when it was last looked at, without what was the venue's doing."""
        return self._looked_ns - self._progressed_ns

    @property
    def is_slow(self) -> bool:
        """Whether the peer was too slow when it was last looked at."""
        if self.unread_bytes <= MAX_LAG_BYTES:
            return self.idle_ns > UNREAD_TIMEOUT_SECONDS * NS_PER_SECOND
        return self.lag_bytes > MAX_LAG_BYTES or self.idle_ns > STALLED_SECONDS * NS_PER_SECOND

    def end(self) -> None:
        """Nothing waits any more, or nobody."""
        for piece in self._pieces:
            self._all.release(piece)
        self._pieces.clear()
        self.waiting_bytes = 0
        self._note_transport(0)

    def _note_transport(self, in_transport: int) -> None:
        self._all.bytes += in_transport - self._in_transport
        self._in_transport = in_transport

    def _allow(self, size: int) -> None:
        """Give the peer the time for what is new."""
        self._due_ns = max(self._due_ns, self._looked_ns) + size * NS_PER_SECOND // MIN_READ_BYTES_PER_SECOND
