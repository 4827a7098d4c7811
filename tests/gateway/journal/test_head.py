"""The head: what is missing at the end of a journal shows, and what others were told of it binds."""

from __future__ import annotations

import errno
import json
import shutil
import threading
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from gateway.journal.files import JournalError
from gateway.journal.head import HEAD_FILE, HeadFile, Point, is_begun, read_head
from gateway.journal.reader import JournalDamage, JournalReader
from gateway.journal.recovery import recover
from gateway.journal.writer import Durability, JournalWriter
from gateway.keys import public_key_bytes
from tests.support.engine.desks.sessions import in_batches, session_rows
from tests.support.gateway.journal.journals import (
    KEY,
    VENUE,
    FailingDisk,
    frame_offsets,
    open_writer,
    plain,
    read_rows,
    recovered_rows,
    write_journal,
)

ROWS = session_rows(20)
FIRST = "journal-00000001.sbxj"
OTHER_KEY = Ed25519PrivateKey.from_private_bytes(bytes([7]) * 32)


def writer_of(directory: Path, durability: Durability, segment_bytes: int = 1 << 20) -> JournalWriter:
    recovery = recover(directory, VENUE, KEY)
    list(recovery.rows())
    return recovery.writer(durability, segment_bytes=segment_bytes)


def test_the_head_has_the_last_batch_that_is_on_the_disk(tmp_path: Path) -> None:
    writer = writer_of(tmp_path, "fsync")
    writer.write_head()
    assert read_head(tmp_path) is None
    for batch in in_batches(ROWS[:8], 4):
        writer.append(batch)
        writer.write_head()
        head = read_head(tmp_path)
        assert head is not None
        assert (head.venue, head.durability, head.seq) == (VENUE, "fsync", batch[-1][0])
        assert (head.seq, head.link) == writer.last
        assert head.is_signed_by(public_key_bytes(KEY)) and not head.is_signed_by(public_key_bytes(OTHER_KEY))
    assert (tmp_path / HEAD_FILE).stat().st_mode & 0o777 == 0o600
    writer.append(ROWS[8:])
    writer.close()
    head = read_head(tmp_path)
    assert head is not None and head.seq == len(ROWS)
    reader = JournalReader(tmp_path)
    list(reader.rows())
    assert reader.head is not None and (reader.head.seq, reader.head.link) == (len(ROWS), reader.batch_tip.link)
    assert sorted(path.name for path in tmp_path.iterdir()) == [HEAD_FILE, FIRST]


def test_under_os_it_trails_until_something_is_synced(tmp_path: Path) -> None:
    writer = writer_of(tmp_path, "os", segment_bytes=800)
    heads = []
    for batch in in_batches(ROWS, 2):
        writer.append(batch)
        writer.write_head()
        head = read_head(tmp_path)
        heads.append((batch[-1][0], 0 if head is None else head.seq, writer._segment))
    # Always as of the end of the segment before.
    last_of = {0: 0} | {segment: seq for seq, _, segment in heads}
    assert [head for _, head, _ in heads] == [last_of[segment - 1] for _, _, segment in heads]
    assert heads[-1][1] > 0
    writer.close()
    head = read_head(tmp_path)
    assert head is not None and (head.durability, head.seq) == ("os", len(ROWS))


def test_a_start_vouches_for_what_it_has_synced_again(tmp_path: Path) -> None:
    write_journal(tmp_path, ROWS[:8], close=False)
    assert read_head(tmp_path) is None
    writer = writer_of(tmp_path, "os")
    writer.append(ROWS[8:10])
    writer.write_head()
    head = read_head(tmp_path)
    assert head is not None and head.seq == 8
    writer.abandon()


@pytest.fixture
def journal(tmp_path: Path) -> Path:
    """Several segments, the last one open, and a head as of its last batch."""
    directory = tmp_path / "journal"
    writer = open_writer(directory, segment_bytes=800)
    for batch in in_batches(ROWS, 2):
        writer.append(batch)
    writer.write_head()
    writer.abandon()
    return directory


def refused(directory: Path, words: str, segment: str = "") -> JournalDamage:
    """A reader refuses the journal, and so does a start, which changes nothing."""
    before = {path.name: path.read_bytes() for path in directory.iterdir()}
    for read in (read_rows, recovered_rows):
        with pytest.raises(JournalDamage, match=words) as caught:
            read(directory)
        assert not segment or caught.value.segment == segment
    assert {path.name: path.read_bytes() for path in directory.iterdir()} == before
    return caught.value


def test_whatever_is_cut_off_the_end_shows(journal: Path, tmp_path: Path) -> None:
    assert recovered_rows(journal) == plain(ROWS)
    segments = sorted(path.name for path in journal.glob("journal-*.sbxj"))
    assert len(segments) >= 4
    cuts = 0
    for number, name in enumerate(segments):
        data = (journal / name).read_bytes()
        offsets = frame_offsets(data)
        # Whole frames, and within the last one: that was on the disk, so it is not torn.
        for end in (*offsets[1:], *([len(data) - 1] if number == len(segments) - 1 else [])):
            copy = tmp_path / f"{name}-{end}"
            shutil.copytree(journal, copy)
            for later in segments[number + 1 :]:
                (copy / later).unlink()
            (copy / name).write_bytes(data[:end])
            refused(copy, f"the head has {len(ROWS)}: its end is damaged or was cut off", name)
            # Without the head nobody can tell.
            (copy / HEAD_FILE).unlink()
            assert len(recovered_rows(copy)) < len(ROWS)
            cuts += 1
    assert cuts > 8
    for name in segments:
        (journal / name).unlink()
    refused(journal, "the journal ends with sequence number 0;")


def test_a_frame_that_was_never_synced_is_torn_as_ever(journal: Path) -> None:
    writer = open_writer(journal)
    writer.append([(len(ROWS) + 1, *ROWS[-1][1:])])
    writer.abandon()
    last = max(journal.glob("journal-*.sbxj"))
    last.write_bytes(last.read_bytes()[:-1])
    assert recovered_rows(journal) == plain(ROWS)
    assert len(list(journal.glob("torn-*.bin"))) == 1


def test_another_history_with_sound_checksums_shows(journal: Path, tmp_path: Path) -> None:
    # The venue's own key, other batches: what the venue itself could forge.
    other = tmp_path / "other"
    write_journal(other, ROWS, batch=4)
    shutil.copy(journal / HEAD_FILE, other / HEAD_FILE)
    refused(other, "its link is .*; the head has ")
    write_journal(tmp_path / "longer", ROWS[:18], batch=3)
    writer = open_writer(tmp_path / "longer")
    writer.append([*ROWS[18:], (len(ROWS) + 1, *ROWS[-1][1:])])
    writer.abandon()
    shutil.copy(journal / HEAD_FILE, tmp_path / "longer" / HEAD_FILE)
    refused(tmp_path / "longer", f"no batch ends with sequence number {len(ROWS)}, which the head has as an end")


@pytest.mark.parametrize(
    ("field", "value"),
    [("seq", 2), ("link", "00" * 32), ("durability", "os"), ("venue", "other"), ("signature", "00" * 64)],
)
def test_a_head_that_the_venue_did_not_sign_shows(journal: Path, field: str, value: object) -> None:
    fields = json.loads((journal / HEAD_FILE).read_bytes())
    assert fields[field] != value
    (journal / HEAD_FILE).write_text(json.dumps(fields | {field: value}))
    refused(journal, "the venue's key did not sign this", HEAD_FILE)


@pytest.mark.parametrize("data", [b"", b"{}", b"\xff", b"null", b'{"format":"x","venue":"venue"}'])
def test_what_is_no_head_shows(journal: Path, data: bytes) -> None:
    (journal / HEAD_FILE).write_bytes(data)
    refused(journal, "it is no head", HEAD_FILE)


def test_a_head_of_another_format_shows(journal: Path) -> None:
    fields = json.loads((journal / HEAD_FILE).read_bytes())
    for change in ({"format": "sandbox-exchange head 2"}, {"link": "00"}, {"seq": 0}, {"seq": -1}):
        (journal / HEAD_FILE).write_text(json.dumps(fields | change))
        with pytest.raises(JournalError, match="no head"):
            read_head(journal)


def test_the_head_of_a_venue_at_work_is_read_before_its_segments(journal: Path) -> None:
    """Else the head could be newer than what was read of them."""
    reader = JournalReader(journal)
    rows = reader.rows()
    next(rows)
    writer = open_writer(journal)
    writer.append([(len(ROWS) + 1, *ROWS[-1][1:])])
    writer.write_head()
    writer.abandon()
    assert sum(1 for _ in rows) >= len(ROWS) - 1
    assert reader.head is not None and reader.head.seq == len(ROWS)


def test_what_others_were_told_must_be_there(journal: Path) -> None:
    reader = JournalReader(journal)
    told = [Point(batch[-1][0], reader.batch_tip.link, "the tip") for batch in reader.batches()]
    list(JournalReader(journal, points=told).rows())
    for point in (
        Point(4, told[2].link, "the tip"),
        Point(5, told[2].link, "the tip"),
        Point(99, bytes(32), "the tip"),
    ):
        with pytest.raises(JournalDamage, match="the tip has"):
            list(JournalReader(journal, points=[*told, point]).rows())


@pytest.mark.parametrize("error", [errno.EIO, errno.ENOSPC])
def test_a_head_that_cannot_be_written_leaves_the_one_before(journal: Path, error: int) -> None:
    before = (journal / HEAD_FILE).read_bytes()
    for operation in (1, 2):
        disk = FailingDisk(operation, error)
        with pytest.raises(OSError, match="injected"):
            HeadFile(journal, VENUE, KEY, durability="fsync", disk=disk).write(99, bytes(32))
        assert (journal / HEAD_FILE).read_bytes() == before
    assert recovered_rows(journal) == plain(ROWS)


def test_it_never_goes_back_and_ends_with_its_writer(tmp_path: Path) -> None:
    file = HeadFile(tmp_path, VENUE, KEY, durability="fsync")
    threads = [threading.Thread(target=file.write, args=(seq, bytes(32))) for seq in range(1, 40)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    head = read_head(tmp_path)
    assert head is not None and head.seq == 39
    file.close()
    file.write(50, bytes(32))
    head = read_head(tmp_path)
    assert head is not None and head.seq == 39


def test_what_is_left_of_a_journal_is_seen(tmp_path: Path, journal: Path) -> None:
    assert is_begun(journal)
    for path in journal.glob("journal-*"):
        path.unlink()
    assert is_begun(journal)
    (journal / HEAD_FILE).unlink()
    assert not is_begun(journal)
    assert not is_begun(tmp_path / "none")
