"""A start from a snapshot and what follows it in the journal is the start from all of the journal, and falls back on it."""

from __future__ import annotations

import random
import shutil
from itertools import islice
from pathlib import Path

import msgspec
import pytest

from engine.record.rows import encode_events
from engine.snapshot.encoding import state_digest
from engine.vocabulary.messages.commands import Tick
from engine.vocabulary.messages.events import DayEnded
from gateway.core import new_exchange
from gateway.disk import Disk
from gateway.journal.key import venue_key
from gateway.journal.reader import JournalDamage, JournalReader
from gateway.server.sequencing.sequencer import Sequencer
from gateway.server.sequencing.startup import StartError, start_venue
from gateway.snapshots.folder import SNAPSHOT_FOLDER, list_snapshots, newest_first, read_snapshot, snapshot_name
from gateway.snapshots.making import begin_replica
from gateway.snapshots.sealed import SnapshotError, SnapshotUnusable, open_sealed, seal
from gateway.venue.venue import parse_venue
from tests.support.gateway.feeds.listened import Listened
from tests.support.gateway.inprocess.saved_venue import drawn, save, started, traded
from tests.support.gateway.journal.journals import frame_offsets
from tests.support.gateway.venues.small_venue import venue_text


@pytest.fixture(scope="module")
def saved(tmp_path_factory):
    """A venue that was stopped thrice, a snapshot made each time, and that has crashed since."""
    directory = tmp_path_factory.mktemp("saved") / "venue"
    for seed in range(3):
        traded(directory, seed, 150)
        save(directory)
    traded(directory, 3, 150, in_order=False)
    return directory


@pytest.fixture
def venue(saved, tmp_path):
    """A copy of it."""
    return shutil.copytree(saved, tmp_path / "venue")


def newest(directory):
    return list_snapshots(directory / SNAPSHOT_FOLDER)[-1]


def path_of(directory, place):
    folder = directory / SNAPSHOT_FOLDER
    return folder / snapshot_name(list_snapshots(folder)[place])


def test_both_starts_have_one_state_and_one_future(venue, tmp_path):
    other = shutil.copytree(venue, tmp_path / "other")
    quick, slow = started(venue), started(other, use_snapshot=False)
    assert (quick.snapshot_seq, slow.snapshot_seq) == (newest(venue), 0)
    assert quick.recovered == slow.recovered > quick.snapshot_seq + 100
    assert (quick.notes, quick.unusable) == (slow.notes, slow.unusable) == ([], [])
    assert state_digest(quick.exchange) == state_digest(slow.exchange)
    assert quick.fanout.state() == slow.fanout.state()
    listened = [Listened(each.fanout) for each in (quick, slow)]
    assert listened[0].firsts() == listened[1].firsts()
    assert listened[0].last_reports() == listened[1].last_reports()
    now_ns = quick.exchange.time_ns
    chance = random.Random(9)
    commands = [drawn(chance, number) for number in range(10**7, 10**7 + 300)]
    told = []
    for each, hearing, directory in zip((quick, slow), listened, (venue, other), strict=True):
        hearing.join()
        sequencer = Sequencer(each.exchange, each.writer, each.fanout, directory, clock=lambda: now_ns)
        events = [encode_events(row[3]) for command in commands for row in sequencer.sequence([command])]
        told.append((events, hearing.outbox.frames))
        each.writer.close()
    assert told[0] == told[1]
    assert len(told[0][1]) > 300
    assert (venue / "journal").is_dir() and all(
        (other / "journal" / path.name).read_bytes() == path.read_bytes() for path in (venue / "journal").glob("*.sbxj")
    )


def test_what_the_venue_file_had_set_up_is_known(venue):
    """Nothing is set up twice, what is new is, and what is defined otherwise now is told."""
    text = venue_text('\n[[assets]]\nasset = "ETH"\nkind = "crypto"\nscale = 8\n')
    changed = parse_venue(text.replace('max_quantity = "1000"', 'max_quantity = "999"'), "", Path())
    found = start_venue(changed, venue, "os", new_exchange)
    assert found.snapshot_seq == newest(venue)
    assert found.exchange.seq == found.recovered + 1
    assert "ETH" in found.exchange.assets
    assert found.notes == [
        "instrument BTC/RUB: max_quantity is 999 in the file, 1000 here; to have it so: sbx control terms BTC/RUB max_quantity=999"
    ]
    found.writer.close()


def test_reports_from_before_the_snapshot_are_said_not_to_be_here(venue):
    found = started(venue)
    for account in ("alice", "bob"):
        last, first = found.fanout.reports.last_seq(account), found.fanout.reports.first_kept(account)
        assert last == found.exchange.accounts[account].report_seq
        assert 1 < first <= last
        assert found.fanout.reports.after(account, first - 2, 10) is None
        kept = found.fanout.reports.after(account, first - 1, 10**6)
        assert [each.seq for each in kept or ()] == list(range(first, last + 1))
    found.writer.close()


# ── falling back ───────────────────────────────────────────────────────────────────────────────────────────────────


def start_after(directory):
    """Where the snapshot was taken that a start begins with, and what it says of others; the state is the same always."""
    found = started(directory)
    found.writer.abandon()
    return found.snapshot_seq, found.unusable, state_digest(found.exchange)


def test_a_damaged_snapshot_falls_back_on_the_one_before_and_then_on_the_journal(venue):
    seqs = list_snapshots(venue / SNAPSHOT_FOLDER)
    expected = start_after(venue)
    assert expected[:2] == (seqs[-1], [])
    for damaged in range(1, len(seqs) + 1):
        path = path_of(venue, -damaged)
        path.write_bytes(path.read_bytes()[:-1])
        begun, unusable, digest = start_after(venue)
        assert begun == ([0, *seqs][-damaged - 1])
        assert [line.partition(":")[0] for line in unusable] == [
            path_of(venue, -each).name for each in range(1, damaged + 1)
        ]
        assert digest == expected[2]


def test_a_snapshot_of_a_venue_that_has_lost_its_journal_s_end_stops_the_start(venue):
    """The journal was cut, and no head is there to tell."""
    (venue / "journal" / "head").unlink()
    for segment in sorted((venue / "journal").glob("*.sbxj"))[-2:]:
        segment.unlink()
    with pytest.raises(
        JournalDamage,
        match=rf"{path_of(venue, -1).name} has {newest(venue)}: its end is damaged or was cut off\. So the snapshots are not of",
    ):
        started(venue)


def test_without_a_snapshot_no_number_is_given_out_twice_either(venue):
    """The journal was put back from before the newest snapshot: refused, as long as that is there."""
    (venue / "journal" / "head").unlink()
    segments = sorted((venue / "journal").glob("*.sbxj"))
    for segment in segments[2:]:
        segment.unlink()
    segments[1].write_bytes(segments[1].read_bytes()[:-10])
    before = {path.name: path.read_bytes() for path in (venue / "journal").iterdir()}
    with pytest.raises(SnapshotError, match=r"would be given out again\. So the snapshots are not of this journal"):
        started(venue, use_snapshot=False)
    assert {path.name: path.read_bytes() for path in (venue / "journal").iterdir()} == before
    (venue / SNAPSHOT_FOLDER).rename(venue / "away")
    started(venue, use_snapshot=False).writer.abandon()


def test_a_torn_frame_that_a_snapshot_has_was_synced_and_stops_the_start(tmp_path):
    """No crash tears what the head had said to be on the disk."""
    directory = tmp_path / "venue"
    traded(directory, 1, 40)
    save(directory)
    (directory / "journal" / "head").unlink()
    segment = directory / "journal" / "journal-00000001.sbxj"
    data = segment.read_bytes()
    segment.write_bytes(data[: frame_offsets(data)[-2] + 50])
    with pytest.raises(JournalDamage, match="torn frame"):
        started(directory)
    assert not list((directory / "journal").glob("torn-*"))


def test_a_snapshot_of_another_history_of_the_venue_stops_the_start(saved, tmp_path):
    """The directory was put back from a copy, and went on; the snapshots were not."""
    first, second = tmp_path / "first", tmp_path / "second"
    traded(first, 1, 40)
    shutil.copytree(first, second)
    for directory, seed in ((first, 2), (second, 3)):
        traded(directory, seed, 40)
        save(directory)
    shutil.copytree(second / SNAPSHOT_FOLDER, first / SNAPSHOT_FOLDER, dirs_exist_ok=True)
    with pytest.raises(
        JournalDamage, match=r"its link is .*; snapshot-.* has .*\. So the snapshots are not of this journal"
    ):
        started(first)
    found = started(first, use_snapshot=False)
    found.writer.close()


def test_a_snapshot_of_another_venue_is_refused_with_words(venue, tmp_path):
    other = tmp_path / "other"
    traded(other, 1, 900)
    made = save(other)
    assert made.seq > newest(venue)
    shutil.copy(made.path, venue / SNAPSHOT_FOLDER)
    with pytest.raises(SnapshotError, match=r"is a snapshot of venue 'small' with key .*, not of .*: move it away"):
        started(venue)
    made.path.unlink()


def test_a_tail_that_comes_out_otherwise_is_told_with_where_it_began(venue):
    found = started(venue)
    found.writer.append([(found.recovered + 1, found.exchange.time_ns, Tick(), [DayEnded(1)])])
    found.writer.abandon()
    with pytest.raises(StartError, match=rf"from {path_of(venue, -1).name} on: .*`sbx serve --no-snapshot` begins"):
        started(venue)
    with pytest.raises(StartError) as refused:
        started(venue, use_snapshot=False)
    assert "snapshot" not in str(refused.value)


def test_a_snapshot_that_holds_another_state_than_it_says_is_not_begun_with(venue):
    """One command ahead, signed by the venue itself: its program has a fault."""
    header = read_snapshot(venue / SNAPSHOT_FOLDER, newest(venue)).header
    key, _ = venue_key(venue, has_journal=True)
    begun = begin_replica(venue / "journal", "small", header.public_key, new_exchange)
    begun.replica.feed(list(islice(JournalReader(venue / "journal").rows(begun.point), 1)))
    begun.replica.end_batch()
    state = begun.replica.state()
    ahead = msgspec.structs.replace(header, state_bytes=len(state))
    path_of(venue, -1).write_bytes(seal(ahead, state, key))
    with pytest.raises(SnapshotError, match="is sound, but nothing comes of it: AssertionError: its state is of"):
        started(venue)
    started(venue, use_snapshot=False).writer.abandon()


class Flipping(Disk):
    """Reads one file with one bit of one byte changed."""

    def __init__(self, path):
        self.path = path
        self.data = path.read_bytes()
        self.place = self.bit = 0

    def read(self, path):
        if path != self.path:
            return super().read(path)
        data = bytearray(self.data)
        data[self.place] ^= 1 << self.bit
        return bytes(data)


def check_flips(directory, step):
    """With a byte of the newest snapshot changed, that is found, and the one before is the first that is sound."""
    folder = directory / SNAPSHOT_FOLDER
    public_key = read_snapshot(folder, newest(directory)).header.public_key
    disk = Flipping(path_of(directory, -1))
    for place in range(0, len(disk.data), step):
        disk.place, disk.bit = place, place % 8
        unusable: list[str] = []
        name, _ = next(newest_first(folder, "small", public_key, unusable, disk))
        assert name == path_of(directory, -2).name
        assert len(unusable) == 1
        assert disk.path.name in unusable[0]


def test_every_byte_that_changes_is_found(venue):
    disk = Flipping(path_of(venue, -1))
    for place in range(len(disk.data)):
        disk.place, disk.bit = place, place % 8
        with pytest.raises(SnapshotUnusable):
            open_sealed(disk.read(disk.path))


def test_whatever_byte_changes_the_one_before_serves(venue):
    check_flips(venue, 97)


@pytest.mark.soak
def test_whatever_byte_changes_the_one_before_serves_each_time(venue):
    check_flips(venue, 1)
