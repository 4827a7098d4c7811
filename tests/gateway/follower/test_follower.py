"""The follower in this process: what it saves and when, and what it does if the journal is not what it should be."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from engine.exchange import Exchange
from engine.state.hook import PreTradeHook
from engine.vocabulary.messages.events import OrderAccepted
from gateway.follower.follower import Follower
from gateway.follower.told import Alarmed, Followed, Noted, Saved, Told, decode, encode
from gateway.index.index import Index, index_directory
from gateway.journal.compaction import archive, to_archive
from gateway.journal.reader import JournalDamage
from gateway.snapshots.folder import folder_beside, list_snapshots
from tests.support.engine.desks.sessions import in_batches, session_rows
from tests.support.gateway.journal.indexes import all_rows, caught_up, check_answers, files_of, true_answers
from tests.support.gateway.journal.journals import KEY, VENUE, open_writer, write_journal

ROWS = session_rows(300)


@pytest.fixture(autouse=True)
def often(monkeypatch: pytest.MonkeyPatch) -> None:
    """As many snapshots as are due, however long they take."""
    monkeypatch.setattr("gateway.follower.follower.SNAPSHOT_SHARE", 0)


@pytest.fixture
def journal(tmp_path: Path) -> Path:
    return tmp_path / "venue" / "journal"


class Listener:
    """A follower, and what it told."""

    def __init__(self, journal: Path, key: Ed25519PrivateKey = KEY, clock: Callable[[], float] = lambda: 0.0) -> None:
        self.told: list[Told] = []
        self.follower = Follower(
            journal,
            VENUE,
            key,
            lambda: Exchange(PreTradeHook()),
            tell=self.told.append,
            snapshot_commands=40,
            clock=clock,
        )

    def work(self) -> None:
        for _ in self.follower.work():
            pass

    def of(self, kind: type[Told]) -> list[Told]:
        return [each for each in self.told if isinstance(each, kind)]


def snapshots(journal: Path) -> list[int]:
    return list_snapshots(folder_beside(journal))


def test_it_indexes_the_journal_and_saves_a_snapshot_where_that_is_on_the_disk(journal: Path) -> None:
    write_journal(journal, ROWS, segment_bytes=20_000)
    listener = Listener(journal)
    listener.work()
    listener.follower.close()
    # While it is behind: every fifth one. Then the last batch's, since the head says that it is on the disk.
    assert snapshots(journal)[-1] > len(ROWS) - 40
    assert [told.seq for told in listener.of(Saved) if isinstance(told, Saved)] == snapshots(journal)
    assert not listener.of(Alarmed)
    check_answers(caught_up(journal), true_answers(all_rows(journal)), every=9)


def test_nothing_is_saved_of_what_the_venue_has_not_said_is_on_the_disk(journal: Path) -> None:
    writer = open_writer(journal)
    listener = Listener(journal)
    for batch in in_batches(ROWS[:100], 4):
        writer.append(batch)
        listener.work()
    assert snapshots(journal) == []
    assert listener.follower.seq == 40
    writer.write_head()
    listener.work()
    assert snapshots(journal) == [100]
    writer.close()


def test_it_begins_again_with_its_snapshot_and_goes_on(journal: Path) -> None:
    writer = open_writer(journal, segment_bytes=20_000)
    fed = []
    for batch in in_batches(ROWS, 4):
        writer.append(batch)
        if len(batch) and batch[0][0] % 7 == 0:
            writer.write_head()
            listener = Listener(journal)
            listener.work()
            fed.append(snapshots(journal))
            listener.follower.close()
            assert not listener.of(Alarmed)
    writer.close()
    assert fed[-1][-1] > len(ROWS) - 60
    assert len(fed[-1]) > 3


def test_archived_segments_stop_it_nowhere(journal: Path) -> None:
    write_journal(journal, ROWS[:200], segment_bytes=15_000)
    listener = Listener(journal)
    listener.work()
    for number in to_archive(journal, 1):
        archive(journal, number)
    listener.work()
    # The place of the newest snapshot is in an archive now.
    again = Listener(journal)
    listener.follower.close()
    again.work()
    writer = open_writer(journal)
    for batch in in_batches(ROWS[200:], 4):
        writer.append(batch)
    writer.close()
    again.work()
    assert snapshots(journal)[-1] > len(ROWS) - 40
    assert not again.of(Alarmed)


def test_an_index_that_can_not_be_saved_is_told_and_holds_no_snapshot_up(journal: Path) -> None:
    write_journal(journal, ROWS)
    index_directory(journal).write_text("of somebody")
    listener = Listener(journal)
    listener.work()
    listener.work()
    [note] = listener.of(Noted)
    assert isinstance(note, Noted)
    assert "the index can't be saved, so it is kept in memory" in note.text
    assert snapshots(journal)[-1] > len(ROWS) - 40
    listener.follower.close()


def test_a_journal_that_does_not_replay_is_an_alarm_and_ends_the_snapshots_not_the_index(journal: Path) -> None:
    rows = [
        (seq, time_ns, command, [_other(event) if seq == 120 else event for event in events])
        for seq, time_ns, command, events in ROWS
    ]
    assert rows != ROWS
    write_journal(journal, rows)
    listener = Listener(journal)
    listener.work()
    listener.work()
    [alarm] = listener.of(Alarmed)
    assert isinstance(alarm, Alarmed)
    assert "does not replay" in alarm.text and "sequence number 120" in alarm.text
    assert all(seq < 120 for seq in snapshots(journal))
    index = Index(journal)
    assert not index.hold()
    listener.follower.close()
    assert len(files_of(index_directory(journal))) == 0
    for _ in index.catch_up():
        pass
    assert index.last_seq == len(ROWS)


def _other(event: object) -> object:
    return msgspec.structs.replace(event, client_order_id="other") if type(event) is OrderAccepted else event


def test_a_damaged_journal_ends_it(journal: Path) -> None:
    write_journal(journal, ROWS)
    segment = journal / "journal-00000001.sbxj"
    data = bytearray(segment.read_bytes())
    data[len(data) // 2] ^= 1
    segment.write_bytes(data)
    with pytest.raises(JournalDamage):
        Listener(journal).work()


def test_snapshots_of_another_venue_or_journal_are_an_alarm(journal: Path, tmp_path: Path) -> None:
    write_journal(journal, ROWS[:120])
    Listener(journal).work()
    other = tmp_path / "other" / "journal"
    write_journal(other, ROWS[:200], batch=3)
    folder_beside(journal).rename(folder_beside(other))
    listener = Listener(other)
    listener.work()
    [alarm] = listener.of(Alarmed)
    assert isinstance(alarm, Alarmed) and "is not of this journal" in alarm.text
    listener = Listener(other, Ed25519PrivateKey.generate())
    listener.work()
    listener.work()
    assert len(listener.of(Alarmed)) == 1


def test_a_damaged_snapshot_and_a_damaged_run_are_noted(journal: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gateway.index.growing.RUN_ROWS", 50)
    write_journal(journal, ROWS)
    listener = Listener(journal)
    listener.work()
    listener.follower.close()
    newest = sorted(folder_beside(journal).iterdir())[-1]
    run = sorted(index_directory(journal).iterdir())[1]
    before = run.read_bytes()
    for path in (newest, run):
        data = bytearray(path.read_bytes())
        data[-70] ^= 1
        path.write_bytes(data)
    listener = Listener(journal)
    listener.work()
    notes = [told.text for told in listener.told if isinstance(told, Noted)]
    assert len(notes) == 2, notes
    assert run.name in notes[0] and newest.name in notes[1]
    assert run.read_bytes() == before


def test_a_full_disk_is_tried_again(journal: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_journal(journal, ROWS[:150])
    now = [0.0]
    listener = Listener(journal, clock=lambda: now[0])

    def full(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr("gateway.snapshots.making.save_snapshot", full)
        listener.work()
        assert snapshots(journal) == []
    listener.work()
    assert snapshots(journal) == []
    now[0] = 31.0
    listener.work()
    assert snapshots(journal) == [150]
    assert [told for told in listener.told if isinstance(told, Noted)] != []


def test_it_tells_how_far_it_is_once_a_second(journal: Path) -> None:
    write_journal(journal, ROWS)
    now = [0.0]

    def clock() -> float:
        now[0] += 0.01
        return now[0]

    listener = Listener(journal, clock=clock)
    listener.work()
    told = [each for each in listener.told if isinstance(each, Followed)]
    assert 1 < len(told) <= now[0] + 1
    assert told[-1].indexed_seq == len(ROWS)


def test_lines_are_bounded_and_what_is_none_is_told_apart() -> None:
    for told in (Followed(1, 2), Saved(1, 2, 0.5), Noted("x"), Alarmed("\x00" * 100_000)):
        line = encode(told)
        assert line.endswith(b"\n") and len(line) <= 4_096
        found = decode(line)
        assert found == told or isinstance(found, Alarmed)
    assert decode(b"Traceback (most recent call last):") is None
