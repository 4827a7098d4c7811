"""The journal on a sound disk: writing, rolling, closing, continuing, locking."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from pathlib import Path

import msgspec
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from engine.record.rows import HEADER, SegmentHeader, encode_frame
from engine.record.segments import Tip
from engine.vocabulary import codes
from engine.vocabulary.messages.commands import Sequenced, Tick
from gateway.journal.files import JournalError, JournalLocked, measure_sync, save_fault
from gateway.journal.key import keep_venue_key, venue_key
from gateway.journal.reader import JournalDamage, JournalReader, JournalVersion
from gateway.journal.recovery import recover
from gateway.keys import KeyFileError, public_key_bytes
from tests.support.engine.desks.sessions import in_batches, session_rows
from tests.support.gateway.journal.journals import (
    KEY,
    VENUE,
    FailingDisk,
    open_writer,
    plain,
    read_rows,
    recovered_rows,
    write_journal,
)
from tests.support.places import ROOT

ROWS = session_rows(20)
OTHER_KEY = Ed25519PrivateKey.from_private_bytes(bytes([7]) * 32)


def test_what_is_appended_reads_back(tmp_path: Path) -> None:
    write_journal(tmp_path / "a" / "b", ROWS)
    assert read_rows(tmp_path / "a" / "b") == plain(ROWS)


def test_a_closed_segment_is_signed_and_the_next_start_begins_another(tmp_path: Path) -> None:
    for part in in_batches(ROWS, 10):
        write_journal(tmp_path, part)
    reader = JournalReader(tmp_path, public_key_bytes(KEY), VENUE)
    assert sum(1 for _ in reader.rows()) == len(ROWS)
    assert [segment.is_signed for segment in reader.segments] == [True] * len(in_batches(ROWS, 10))
    assert [segment.header.first_seq for segment in reader.segments] == [1, 11, 21]
    assert read_rows(tmp_path) == plain(ROWS)


def test_after_a_crash_the_same_segment_goes_on(tmp_path: Path) -> None:
    for part in in_batches(ROWS, 10):
        write_journal(tmp_path, part, close=False)
    reader = JournalReader(tmp_path)
    assert sum(1 for _ in reader.rows()) == len(ROWS)
    assert [segment.is_signed for segment in reader.segments] == [False]
    write_journal(tmp_path, [])
    assert JournalReader(tmp_path).segments == []
    assert read_rows(tmp_path) == plain(ROWS)


def test_segments_end_at_the_frame_that_passes_the_size(tmp_path: Path) -> None:
    write_journal(tmp_path, ROWS, batch=1, segment_bytes=800)
    reader = JournalReader(tmp_path)
    assert sum(1 for _ in reader.rows()) == len(ROWS)
    assert len(reader.segments) >= 4
    for segment in reader.segments[:-1]:
        assert segment.is_signed and 800 <= segment.size < 1_600
    assert read_rows(tmp_path) == plain(ROWS)


def test_the_header_tells_venue_key_version_and_rulebook(tmp_path: Path) -> None:
    writer = open_writer(tmp_path, segment_bytes=1)
    writer.rulebook_digest = "ab" * 32
    writer.append(ROWS[:1])
    writer.close()
    reader = JournalReader(tmp_path)
    list(reader.rows())
    assert [segment.header.rulebook_digest for segment in reader.segments] == ["", "ab" * 32]
    header = reader.segments[1].header
    assert (header.venue, header.public_key) == (VENUE, public_key_bytes(KEY))
    assert (header.core_version, header.segment, header.first_seq) == (codes.CORE_VERSION, 2, 1)


def test_rows_that_are_not_dense_are_a_bug_and_nothing_is_written(tmp_path: Path) -> None:
    writer = open_writer(tmp_path)
    for rows in (ROWS[1:2], [ROWS[0], ROWS[2]]):
        with pytest.raises(AssertionError, match="dense"):
            writer.append(rows)
    writer.append(ROWS[:2])
    writer.close()
    assert read_rows(tmp_path) == plain(ROWS[:2])


def test_fsync_syncs_each_batch_and_os_none(tmp_path: Path) -> None:
    counts = {}
    for durability in ("fsync", "os"):
        disk = FailingDisk(0, 0)
        recovery = recover(tmp_path / durability, VENUE, KEY, disk)
        list(recovery.rows())
        writer = recovery.writer("fsync" if durability == "fsync" else "os")
        disk.syncs = 0
        disk.writes.clear()
        for batch in in_batches(ROWS, 4):
            writer.append(batch)
        counts[durability] = (disk.syncs, len(disk.writes))
        writer.close()
        # The signature, and the head.
        assert disk.syncs == counts[durability][0] + 2
        assert read_rows(tmp_path / durability) == plain(ROWS)
    batches = len(in_batches(ROWS, 4))
    assert counts == {"fsync": (batches, batches), "os": (0, batches)}


def test_a_closed_writer_refuses(tmp_path: Path) -> None:
    writer = open_writer(tmp_path)
    writer.close()
    with pytest.raises(JournalError, match="closed"):
        writer.append(ROWS[:1])
    writer.close()
    assert read_rows(tmp_path) == []


def test_only_one_process_has_the_journal(tmp_path: Path) -> None:
    writer = open_writer(tmp_path)
    with pytest.raises(JournalLocked, match="in use"):
        recover(tmp_path, VENUE, KEY)
    code = (
        "import sys, pathlib; from tests.support.gateway.journal.journals import *; from gateway.journal.files import JournalLocked\n"
        "try: recover(pathlib.Path(sys.argv[1]), VENUE, KEY)\n"
        "except JournalLocked: sys.exit(42)"
    )
    root = ROOT
    assert subprocess.run([sys.executable, "-c", code, str(tmp_path)], check=False, cwd=root).returncode == 42
    writer.close()
    assert subprocess.run([sys.executable, "-c", code, str(tmp_path)], check=False, cwd=root).returncode == 0
    recover(tmp_path, VENUE, KEY).close()


def test_the_journal_of_another_venue_or_key_is_refused(tmp_path: Path) -> None:
    write_journal(tmp_path, ROWS)
    for venue, key, reason in (("other", KEY, "belongs to venue 'venue'"), (VENUE, OTHER_KEY, "its key is")):
        recovery = recover(tmp_path, venue, key)
        with pytest.raises(JournalDamage, match=reason):
            list(recovery.rows())
        recovery.close()


def test_a_journal_of_another_core_version_is_refused_with_the_version_needed(tmp_path: Path) -> None:
    needed = codes.CORE_VERSION + 1
    header = SegmentHeader(VENUE, public_key_bytes(KEY), 1, 1, Tip().link, core_version=needed)
    frame, _ = encode_frame(HEADER, 1, 0, header.encode(), previous_link=Tip().link, salt=0)
    (tmp_path / "journal-00000001.sbxj").write_bytes(frame)
    recovery = recover(tmp_path, VENUE, KEY)
    with pytest.raises(JournalVersion, match=f"core version {needed}") as caught:
        list(recovery.rows())
    assert caught.value.needed == needed
    recovery.close()


def test_a_missing_segment_is_damage(tmp_path: Path) -> None:
    write_journal(tmp_path, ROWS, batch=2, segment_bytes=800)
    (tmp_path / "journal-00000002.sbxj").unlink()
    with pytest.raises(JournalDamage, match="missing") as caught:
        read_rows(tmp_path)
    assert caught.value.segment == "journal-00000002.sbxj"


def test_an_unfinished_segment_is_thrown_away(tmp_path: Path) -> None:
    write_journal(tmp_path, ROWS[:3])
    (tmp_path / "journal-00000002.new").write_bytes(b"half a header")
    write_journal(tmp_path, ROWS[3:])
    assert read_rows(tmp_path) == plain(ROWS)
    assert not list(tmp_path.glob("*.new"))


def test_recovery_writes_and_syncs_the_last_frame_again(tmp_path: Path) -> None:
    write_journal(tmp_path, ROWS, close=False)
    segment = tmp_path / "journal-00000001.sbxj"
    before = segment.read_bytes()
    disk = FailingDisk(0, 0)
    recovery = recover(tmp_path, VENUE, KEY, disk)
    disk.syncs = 0
    list(recovery.rows())
    assert len(disk.writes) == 1 and before.endswith(disk.writes[0]) and disk.writes[0].startswith(b"\xc1SBXFRAM\xc1")
    assert disk.syncs == 2
    assert segment.read_bytes() == before
    recovery.close()


def test_the_writer_is_not_given_before_all_rows_are_read(tmp_path: Path) -> None:
    recovery = recover(tmp_path, VENUE, KEY)
    with pytest.raises(AssertionError, match="read all rows"):
        recovery.writer()
    recovery.close()


def test_measure_sync_measures_and_leaves_nothing(tmp_path: Path) -> None:
    assert 0 < measure_sync(tmp_path) < 10_000_000_000
    assert list(tmp_path.iterdir()) == []


def test_a_fault_is_saved_and_never_overwritten(tmp_path: Path) -> None:
    sequenced = Sequenced(17, 123, ROWS[-1][2])  # type: ignore[arg-type]
    try:
        raise ValueError("broken invariant")
    except ValueError as error:
        paths = [save_fault(tmp_path, sequenced, error), save_fault(tmp_path, Sequenced(17, 124, Tick()), error)]
    assert [path.name for path in paths] == ["fault-17.msgpack", "fault-17-2.msgpack"]
    assert msgspec.msgpack.decode(paths[0].read_bytes(), type=Sequenced) == sequenced
    assert msgspec.msgpack.decode(paths[1].read_bytes(), type=Sequenced) == Sequenced(17, 124, Tick())
    text = (tmp_path / "fault-17.txt").read_text()
    assert "sequence number 17" in text and repr(ROWS[-1][2]) in text and "ValueError: broken invariant" in text
    assert (tmp_path / "fault-17-2.txt").exists()


def test_the_venue_key_is_made_once_and_kept_private(tmp_path: Path) -> None:
    key, file = venue_key(tmp_path, has_journal=False)
    assert file.name == "venue.key.new" and os.stat(file).st_mode & 0o777 == 0o600
    keep_venue_key(tmp_path)
    path = tmp_path / "venue.key"
    assert os.stat(path).st_mode & 0o777 == 0o600
    again, file = venue_key(tmp_path, has_journal=True)
    assert (public_key_bytes(again), file) == (public_key_bytes(key), path)
    keep_venue_key(tmp_path)
    assert [entry.name for entry in tmp_path.iterdir()] == ["venue.key"]
    path.chmod(0o640)
    with pytest.raises(KeyFileError, match="chmod 600"):
        venue_key(tmp_path, has_journal=True)
    path.chmod(0o600)
    path.write_bytes(b"no key")
    with pytest.raises(KeyFileError):
        venue_key(tmp_path, has_journal=True)


def test_a_key_that_a_crash_left_without_its_name_is_that_of_the_journal_it_began(tmp_path: Path) -> None:
    first, _ = venue_key(tmp_path, has_journal=False)
    again, file = venue_key(tmp_path, has_journal=True)
    assert public_key_bytes(again) == public_key_bytes(first)
    assert file.name == "venue.key.new"
    # Without a journal it signed nothing yet.
    other, _ = venue_key(tmp_path, has_journal=False)
    assert public_key_bytes(other) != public_key_bytes(first)


def test_a_journal_without_its_key_is_refused_and_nothing_is_written(tmp_path: Path) -> None:
    with pytest.raises(KeyFileError, match=r"no venue\.key"):
        venue_key(tmp_path, has_journal=True)
    assert list(tmp_path.iterdir()) == []


def test_a_reader_beside_a_writer_waits_for_the_frame_that_is_being_written(tmp_path: Path) -> None:
    write_journal(tmp_path, ROWS, close=False)
    segment = tmp_path / "journal-00000001.sbxj"
    data = segment.read_bytes()
    segment.write_bytes(data[:-50])
    finish = threading.Timer(0.05, segment.write_bytes, [data])
    reader = JournalReader(tmp_path, settle_seconds=0.5)
    finish.start()
    assert [row[0] for row in reader.rows()] == [row[0] for row in ROWS]
    finish.join()
    assert reader.torn is None


def test_recovery_of_an_empty_journal_yields_nothing(tmp_path: Path) -> None:
    assert recovered_rows(tmp_path / "new") == []
