"""What a venue does while a frame of its journal is synced: the sequencer without sockets, its sync ended by the test."""

from __future__ import annotations

import errno
from queue import SimpleQueue
from typing import Any

import pytest

from engine.exchange import Exchange
from engine.vocabulary.limits import MAX_TURN_COMMANDS, NS_PER_SECOND
from engine.vocabulary.messages.commands import Tick
from gateway.disk import DISK, Disk
from gateway.inbound.session import Session
from gateway.journal.reader import JournalReader
from gateway.journal.syncing import SyncThread
from gateway.server.sequencing.sequencer import VenueHalted
from tests.support.gateway.inprocess.bench import SUBSCRIBE, Bench, benched, order
from tests.support.gateway.inprocess.session_words import said


class HeldSync:
    """A sync that is done when somebody waits for it."""

    def __init__(self) -> None:
        self.begun = 0
        self.is_closed = False
        self.error: OSError | None = None

    def begin(self, descriptor: int) -> None:
        self.begun += 1

    def end(self) -> int:
        if self.error is not None:
            raise self.error
        return 7

    def close(self) -> None:
        self.is_closed = True


@pytest.fixture
def bench(tmp_path):
    with benched(tmp_path, durability="fsync", piece_events=5) as bench:
        yield bench


@pytest.fixture
def sync(bench, monkeypatch):
    # Single commands, too.
    monkeypatch.setattr("gateway.server.sequencing.sequencer.SHORT_SYNC_NS", 0)
    sync = HeldSync()
    bench.started.writer.sync_beside(sync)
    return sync


def frames_of(bench: Bench) -> list[list[int]]:
    """The sequence numbers in each frame of the journal."""
    return [[row[0] for row in batch] for batch in JournalReader(bench.directory / "journal").batches()]


def send(bench: Bench, session: Session, *requests: dict[str, Any]) -> None:
    """Let requests wait, although the session has not heard all yet."""
    for request in requests:
        session.receive(session.codec.encode(request))
    bench.sequencer.submit(session)


def synced(bench: Bench) -> None:
    """The disk is done, and the venue goes on."""
    bench.sequencer.synced()
    bench.sequencer.write()


def test_what_turns_apply_meanwhile_is_the_next_frame(bench, sync):
    alice, writer = bench.session("alice"), bench.started.writer
    first = bench.started.exchange.seq
    before, waited_ns = writer.last, writer.waited_ns
    for number in range(1, 4):
        send(bench, alice, order("alice", number))
        bench.sequencer.turn()
    assert (writer.is_syncing, writer.last, sync.begun) == (True, before, 1)
    # Applied, and neither written nor said.
    assert bench.started.exchange.seq == first + 3
    assert [frames_of(bench)[-1], [each["id"] for each in said(alice)]] == [[first + 1], [1]]
    synced(bench)
    assert [writer.last[0], sync.begun, [each["id"] for each in said(alice)]] == [first + 1, 2, [2, 3]]
    assert frames_of(bench)[-2:] == [[first + 1], [first + 2, first + 3]]
    synced(bench)
    assert (writer.is_syncing, writer.last[0], sync.begun, writer.waited_ns - waited_ns) == (False, first + 3, 2, 14)


def test_the_head_says_only_what_is_synced(bench, sync):
    alice, writer = bench.session("alice"), bench.started.writer
    send(bench, alice, order("alice", 1))
    bench.sequencer.turn()
    writer.write_head()
    head = (bench.directory / "journal" / "head").read_text()
    assert f'"seq":{bench.started.exchange.seq - 1},' in head
    bench.sequencer.synced()
    writer.write_head()
    head = (bench.directory / "journal" / "head").read_text()
    assert f'"seq":{bench.started.exchange.seq},' in head


def test_a_frame_is_never_written_before_the_one_before_it_is_synced(bench, sync):
    alice = bench.session("alice")
    send(bench, alice, order("alice", 1))
    bench.sequencer.turn()
    send(bench, alice, order("alice", 2))
    bench.sequencer.turn()
    with pytest.raises(VenueHalted, match="one frame at most"):
        bench.sequencer.write()


def test_a_frame_grows_beyond_a_turn_up_to_its_bounds(bench, sync, monkeypatch):
    monkeypatch.setattr("gateway.server.sequencing.gathered.MAX_BATCH_EVENTS", 2 * 2 * MAX_TURN_COMMANDS)
    alice = bench.session("alice")
    send(bench, alice, order("alice", 0))
    bench.sequencer.turn()
    first = bench.started.exchange.seq
    send(bench, alice, *(order("alice", number) for number in range(1, 3 * MAX_TURN_COMMANDS)))
    for _ in range(4):
        bench.sequencer.turn()
    # An order that rests is two events. What has no room waits in its inbox, unread from there on.
    assert bench.started.exchange.seq == first + 2 * MAX_TURN_COMMANDS
    assert bench.sequencer.is_full and bench.sequencer.waiting_requests == MAX_TURN_COMMANDS - 1
    synced(bench)
    assert len(frames_of(bench)[-1]) == 2 * MAX_TURN_COMMANDS
    assert not bench.sequencer.is_full


def test_questions_are_answered_once_a_sync_of_what_is_written(bench, sync, monkeypatch):
    monkeypatch.setattr("gateway.inbound.questions.MAX_ANSWER_STEPS", 1)
    alice, bob = bench.session("alice"), bench.session("bob")
    send(bench, alice, order("alice", 1), {"type": "open_orders", "id": 2, "account": "alice"})
    send(bench, bob, {**SUBSCRIBE, "id": 3})
    bench.sequencer.turn()
    assert bench.sequencer.may_answer
    bench.sequencer.answer()
    bench.sequencer.answer()
    assert [each["id"] for each in said(alice)] == [1, 2]
    assert said(bob) == []
    # An answer would be of what is applied and not written.
    send(bench, alice, order("alice", 4), {"type": "open_orders", "id": 5, "account": "alice"})
    bench.sequencer.turn()
    bench.sequencer.synced()
    assert not bench.sequencer.may_answer
    bench.sequencer.answer()
    assert said(alice) == said(bob) == []
    bench.sequencer.write()
    while bench.sequencer.has_questions:
        bench.sequencer.answer()
        if bench.started.writer.is_syncing:
            bench.sequencer.synced()
    told = said(alice)
    assert [each["id"] for each in told] == [4, 5]
    assert len(told[1]["orders"]) == 2
    assert said(bob)[1]["bids"] == [["90.0", "0.2"]]


def test_what_is_left_of_a_command_shares_a_frame_and_its_reply_comes_last(bench, sync):
    alice, bob = bench.session("alice"), bench.session("bob")
    send(bench, alice, *(order("alice", each) for each in range(13)))
    while bench.sequencer.has_work:
        bench.sequencer.turn()
        if bench.sequencer.is_full or bench.started.writer.is_syncing:
            synced(bench)
    while bench.started.writer.is_syncing:
        synced(bench)
    said(alice)
    send(bench, bob, order("bob", 60, side="sell", price="120"))
    bench.sequencer.turn()
    first = bench.started.exchange.seq
    send(bench, alice, {"type": "mass_cancel", "id": 50, "account": "alice"}, order("alice", 20))
    while bench.sequencer.has_work:
        bench.sequencer.turn()
    synced(bench)
    assert frames_of(bench)[-1] == [first + each for each in range(1, 5)]
    assert [command for _, _, command in bench.journaled()[-3:-1]] == [Tick(), Tick()]
    heard = [(each["type"], each.get("id", 0)) for each in said(alice)]
    assert heard == [*[("execution_report", 0)] * 13, ("mass_cancelled", 50), ("execution_report", 20)]


def test_what_is_due_comes_before_what_was_sent_while_the_disk_is_slow_too(bench, sync):
    alice = bench.session("alice")
    until_ns = bench.now_ns + 10 * NS_PER_SECOND
    send(bench, alice, order("alice", 1, time_in_force="gtd", expire_time=until_ns))
    bench.sequencer.turn()
    bench.now_ns = until_ns + 1
    send(bench, alice, order("alice", 2))
    bench.sequencer.turn()
    said(alice)
    synced(bench)
    assert [each.get("reason", each["exec_type"]) for each in said(alice)] == ["expired", "new"]


def test_a_sync_that_fails_halts_the_venue_and_nothing_more_is_written(bench, sync):
    alice = bench.session("alice")
    send(bench, alice, order("alice", 1))
    bench.sequencer.turn()
    send(bench, alice, order("alice", 2))
    bench.sequencer.turn()
    told, seq = bench.started.writer.last[0], bench.started.exchange.seq
    sync.error = OSError(errno.EIO, "Input/output error")
    with pytest.raises(VenueHalted, match=f"Input/output error. Nothing after sequence number {told} was"):
        bench.sequencer.synced()
    assert frames_of(bench)[-1] == [seq - 1]


def test_the_core_fails_while_a_frame_is_synced(bench, sync, monkeypatch):
    alice = bench.session("alice")
    send(bench, alice, order("alice", 1))
    bench.sequencer.turn()
    send(bench, alice, order("alice", 2))
    bench.sequencer.turn()
    seq = bench.started.exchange.seq

    def fail(self: Exchange, sequenced: object) -> None:
        raise ZeroDivisionError("a bug")

    monkeypatch.setattr(Exchange, "apply", fail)
    send(bench, alice, order("alice", 3))
    with pytest.raises(
        VenueHalted, match=f"failed on sequence number {seq + 1}.*everything before it is in the journal"
    ):
        bench.sequencer.turn()
    # What was applied before is durable, and nobody was told.
    assert frames_of(bench)[-2:] == [[seq - 1], [seq]]
    assert (bench.started.writer.last[0], bench.started.writer.is_syncing) == (seq, False)
    assert len(list(bench.directory.glob(f"fault-{seq + 1}*.msgpack"))) == 1


def test_a_single_command_waits_for_a_disk_that_is_quick(bench, sync, monkeypatch):
    monkeypatch.setattr("gateway.server.sequencing.sequencer.SHORT_SYNC_NS", 10**10)
    alice, writer = bench.session("alice"), bench.started.writer
    send(bench, alice, order("alice", 1))
    bench.sequencer.turn()
    assert (sync.begun, writer.is_syncing, writer.last[0]) == (0, False, bench.started.exchange.seq)
    assert 0 < writer.sync_ns <= writer.waited_ns
    send(bench, alice, order("alice", 2), order("alice", 3))
    bench.sequencer.turn()
    assert (sync.begun, writer.is_syncing) == (1, True)
    synced(bench)
    monkeypatch.setattr("gateway.server.sequencing.sequencer.SHORT_SYNC_NS", writer.sync_ns)
    send(bench, alice, order("alice", 4))
    bench.sequencer.turn()
    assert (sync.begun, writer.is_syncing) == (2, True)


def test_a_journal_that_is_closed_waits_for_its_sync(tmp_path, monkeypatch):
    monkeypatch.setattr("gateway.server.sequencing.sequencer.SHORT_SYNC_NS", 0)
    with benched(tmp_path, durability="fsync") as bench:
        sync = HeldSync()
        bench.started.writer.sync_beside(sync)
        alice = bench.session("alice")
        send(bench, alice, order("alice", 1))
        bench.sequencer.turn()
    assert sync.is_closed and not bench.started.writer.is_syncing
    reader = JournalReader(tmp_path / "journal")
    assert [row[0] for row in reader.rows()][-1] == bench.started.exchange.seq
    assert reader.segments[-1].is_signed


class FailingDisk(Disk):
    def sync(self, descriptor: int) -> None:
        raise OSError(errno.EIO, "Input/output error")


def test_a_thread_syncs_and_says_when_it_is_done(tmp_path):
    told: SimpleQueue[str] = SimpleQueue()
    with (tmp_path / "file").open("wb") as file:
        thread = SyncThread(lambda: told.put("done"), DISK)
        for _ in range(3):
            thread.begin(file.fileno())
            assert thread.end() > 0
            assert told.get(timeout=10) == "done"
        thread.close()
        failing = SyncThread(lambda: told.put("failed"), FailingDisk())
        failing.begin(file.fileno())
        assert told.get(timeout=10) == "failed"
        with pytest.raises(OSError, match="Input/output error"):
            failing.end()
        failing.close()
