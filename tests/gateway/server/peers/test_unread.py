"""How far peers are behind, and what they may leave unread, on a clock of the test's own."""

from __future__ import annotations

from collections import deque

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.vocabulary.limits import NS_PER_SECOND
from engine.vocabulary.memory_limits import (
    MAX_LAG_BYTES,
    MAX_UNREAD_BYTES,
    MIN_READ_BYTES_PER_SECOND,
    SEND_PIECE_BYTES,
    STALLED_SECONDS,
    UNREAD_TIMEOUT_SECONDS,
)
from gateway.server.peers.unread import FREED_SHARE, LOOK_SECONDS, PIECE_OVERHEAD_BYTES, Backlog, Unread, cut

MEBIBYTE = 1 << 20


class ReadingPeer:
    """A peer whose transport takes a piece whenever it is empty, and who reads at a pace."""

    def __init__(self, unread: Unread, bytes_per_second: int = 0) -> None:
        self.backlog = Backlog(unread)
        self.bytes_per_second = bytes_per_second
        self.in_transport = 0
        self.now_ns = 0
        self.is_dropped = False
        self._unread = unread
        unread.behind[self] = None
        self.backlog.begin(0, 0)

    def look(self, now_ns: int) -> None:
        self.backlog.look(now_ns, self.in_transport)

    def drop(self) -> None:
        self.is_dropped = True
        del self._unread.behind[self]
        self.backlog.end()

    def burst(self, mebibytes: int) -> None:
        for _ in range(mebibytes):
            self.backlog.put([bytes(MEBIBYTE)])

    def until_slow_or_done(self, seconds: int, flow: int = 0) -> int:
        """Let seconds go by, in which the venue sends so many bytes each; returns after how many it was slow, or done."""
        stream = bytes(flow)
        for second in range(1, seconds + 1):
            left = self.bytes_per_second
            while left and (self.in_transport or self.backlog.waiting_bytes):
                if not self.in_transport:
                    self.in_transport = len(self.backlog.take())
                read = min(left, self.in_transport)
                self.in_transport -= read
                left -= read
            self.now_ns += LOOK_SECONDS * NS_PER_SECOND
            self.look(self.now_ns)
            if self.backlog.is_slow or not (self.backlog.unread_bytes or flow):
                return second
            if flow:
                self.backlog.put([stream])
        return seconds + 1


def in_memory(*peers: ReadingPeer) -> int:
    """What is unread by peers that wait for nothing alike."""
    pieces = sum(-(-peer.backlog.waiting_bytes // MEBIBYTE) for peer in peers)
    return sum(peer.backlog.unread_bytes for peer in peers) + pieces * PIECE_OVERHEAD_BYTES


def test_who_reads_as_slowly_as_one_may_gets_the_longest_burst():
    peer = ReadingPeer(Unread(), MIN_READ_BYTES_PER_SECOND)
    peer.burst(200)
    assert peer.backlog.unread_bytes > 20 * MAX_LAG_BYTES
    assert peer.until_slow_or_done(1_000) == 200 * MEBIBYTE // MIN_READ_BYTES_PER_SECOND
    assert not peer.backlog.is_slow
    assert peer.backlog.lag_bytes <= 0


def test_who_reads_more_slowly_is_slow_once_the_difference_is_too_large():
    peer = ReadingPeer(Unread(), MIN_READ_BYTES_PER_SECOND * 3 // 4)
    peer.burst(200)
    seconds = peer.until_slow_or_done(1_000)
    assert peer.backlog.is_slow
    assert seconds == MAX_LAG_BYTES // (MIN_READ_BYTES_PER_SECOND // 4) + 1


def test_a_stream_is_too_much_for_who_reads_more_slowly_than_one_may_and_than_it_flows():
    peer = ReadingPeer(Unread(), MIN_READ_BYTES_PER_SECOND // 2)
    assert peer.until_slow_or_done(1_000, flow=10 * MIN_READ_BYTES_PER_SECOND) < 80
    assert peer.backlog.is_slow
    # One that flows no faster than it is read is not.
    peer = ReadingPeer(Unread(), MIN_READ_BYTES_PER_SECOND // 2)
    assert peer.until_slow_or_done(1_000, flow=MIN_READ_BYTES_PER_SECOND // 2) == 1_001
    assert not peer.backlog.is_slow


@pytest.mark.parametrize(("mebibytes", "seconds"), [(9, STALLED_SECONDS), (7, UNREAD_TIMEOUT_SECONDS)])
def test_who_reads_nothing_is_slow_sooner_if_that_is_much(mebibytes, seconds):
    peer = ReadingPeer(Unread())
    peer.burst(mebibytes)
    assert peer.until_slow_or_done(100) == seconds + 1
    assert peer.backlog.is_slow


def test_who_reads_a_little_now_and_then_is_not_dropped_for_standing_still():
    peer = ReadingPeer(Unread())
    peer.burst(7)
    for _ in range(4):
        assert peer.until_slow_or_done(UNREAD_TIMEOUT_SECONDS - 1) == UNREAD_TIMEOUT_SECONDS
        peer.bytes_per_second = 1_000
        peer.until_slow_or_done(1)
        peer.bytes_per_second = 0
        assert not peer.backlog.is_slow
    assert peer.until_slow_or_done(UNREAD_TIMEOUT_SECONDS + 1) == UNREAD_TIMEOUT_SECONDS + 1


def test_while_the_venue_itself_stands_still_nobody_is_slow():
    peer = ReadingPeer(Unread())
    peer.burst(9)
    assert peer.until_slow_or_done(STALLED_SECONDS - 3) == STALLED_SECONDS - 2
    peer.now_ns += 3_600 * NS_PER_SECOND
    peer.look(peer.now_ns)
    assert not peer.backlog.is_slow
    assert peer.until_slow_or_done(10) < 3
    assert peer.backlog.is_slow


def test_while_the_venue_has_not_come_to_a_peer_that_would_take_more_it_is_not_slow():
    peer = ReadingPeer(Unread())
    peer.burst(20)
    for second in range(100):
        peer.backlog.look(second * NS_PER_SECOND, 0, True)
        assert not peer.backlog.is_slow
        assert peer.backlog.lag_bytes == 0
    peer.now_ns = 99 * NS_PER_SECOND
    assert peer.until_slow_or_done(100) == STALLED_SECONDS + 1


def test_all_together_have_a_bound_and_who_is_furthest_behind_goes_first():
    unread = Unread()
    readers = [ReadingPeer(unread, 10 * MIN_READ_BYTES_PER_SECOND) for _ in range(2)]
    # None of them is slow by itself.
    idlers = [ReadingPeer(unread) for _ in range(40)]
    slower = [ReadingPeer(unread, MIN_READ_BYTES_PER_SECOND // 2) for _ in range(10)]
    for peer in (*idlers, *slower):
        peer.burst(3)
    for reader in readers:
        reader.burst(20)
    for peer in (*readers, *idlers, *slower):
        peer.until_slow_or_done(4)
        assert not peer.backlog.is_slow
    before = unread.bytes
    unread.bound(4 * NS_PER_SECOND)
    assert unread.bytes == before < MAX_UNREAD_BYTES
    # The bound is passed.
    readers[0].burst((MAX_UNREAD_BYTES - before) // MEBIBYTE + 1)
    unread.bound(4 * NS_PER_SECOND)
    enough = MAX_UNREAD_BYTES * (FREED_SHARE - 1) // FREED_SHARE
    assert enough - 3 * MEBIBYTE < unread.bytes <= enough
    assert not any(peer.is_dropped for peer in (*readers, *slower))
    assert 0 < sum(peer.is_dropped for peer in idlers) < len(idlers)
    # When those are gone, those who read too slowly go; then who has been at it for longest; then who has the most.
    late = ReadingPeer(unread, 10 * MIN_READ_BYTES_PER_SECOND)
    late.backlog.begin(4 * NS_PER_SECOND, 0)
    late.burst(MAX_UNREAD_BYTES // 2 // MEBIBYTE)
    readers[0].burst(MAX_UNREAD_BYTES // MEBIBYTE)
    unread.bound(4 * NS_PER_SECOND)
    assert all(peer.is_dropped for peer in (*idlers, *slower, readers[0]))
    assert list(unread.behind) == [readers[1], late]
    assert unread.bytes == in_memory(readers[1], late)


def test_what_was_read_before_the_bound_is_looked_at_counts():
    unread = Unread()
    peers = [ReadingPeer(unread) for _ in range(2)]
    for peer in peers:
        peer.burst(MAX_UNREAD_BYTES // MEBIBYTE * 9 // 20)
        peer.in_transport = len(peer.backlog.take())
    # Both have read all they were sent, and nobody has looked.
    for peer in peers:
        while peer.backlog.waiting_bytes:
            peer.backlog.take()
        peer.in_transport = 0
    peers[0].burst(MAX_UNREAD_BYTES // MEBIBYTE // 5)
    assert unread.bytes > MAX_UNREAD_BYTES
    unread.bound(NS_PER_SECOND)
    assert peers[0].backlog.unread_bytes == MAX_UNREAD_BYTES // MEBIBYTE // 5 * MEBIBYTE
    assert unread.bytes == in_memory(*peers)
    assert not any(peer.is_dropped for peer in peers)


def test_what_waits_for_many_is_there_once():
    unread = Unread()
    peers = [ReadingPeer(unread, 10 * MIN_READ_BYTES_PER_SECOND) for _ in range(300)]
    alike = [bytes(MEBIBYTE) for _ in range(3)]
    for peer in peers:
        peer.backlog.put(alike)
    assert unread.bytes == 3 * (MEBIBYTE + PIECE_OVERHEAD_BYTES)
    peers[0].drop()
    assert unread.bytes == 3 * (MEBIBYTE + PIECE_OVERHEAD_BYTES)
    for peer in peers[1:]:
        assert peer.until_slow_or_done(10) == 2
    assert unread.bytes == 0


STEPS = st.lists(
    st.tuples(st.lists(st.integers(1, 300_000), max_size=5), st.booleans(), st.integers(0, 3), st.integers(0, 300_000)),
    max_size=20,
)


@given(STEPS)
def test_frames_leave_whole_and_in_order_and_every_byte_is_counted(steps):
    unread = Unread()
    other = Backlog(unread)
    other.begin(0, 0)
    other.put([b"other"])
    before = unread.bytes
    backlog = Backlog(unread)
    backlog.begin(0, 1_000)
    in_transport = 1_000
    expected: deque[bytes] = deque()
    number = 0
    for now_ns, (sizes, first, takes, wanted) in enumerate(steps):
        frames = []
        for size in sizes:
            number += 1
            frames.append(number.to_bytes(4, "big") * (size // 4 + 1))
        if first:
            expected.extendleft(reversed(frames))
        else:
            expected.extend(frames)
        assert backlog.put([b"".join(group) for group in cut(frames)], first) == sum(map(len, frames))
        for _ in range(takes):
            taken = backlog.take()
            assert len(taken) < 2 * SEND_PIECE_BYTES + 300_004
            assert bool(taken) == bool(expected)
            in_transport += len(taken)
            while taken:
                frame = expected.popleft()
                assert taken.startswith(frame)
                taken = taken[len(frame) :]
        in_transport -= min(wanted, in_transport)
        backlog.look(now_ns, in_transport)
        assert backlog.waiting_bytes == sum(map(len, expected))
        assert backlog.unread_bytes == backlog.waiting_bytes + in_transport
        pieces = unread.bytes - before - backlog.unread_bytes
        assert pieces % PIECE_OVERHEAD_BYTES == 0
        assert bool(expected) <= pieces // PIECE_OVERHEAD_BYTES <= len(expected)
    backlog.end()
    assert (backlog.waiting_bytes, backlog.unread_bytes, unread.bytes) == (0, 0, before)
    assert backlog.take() == b""
