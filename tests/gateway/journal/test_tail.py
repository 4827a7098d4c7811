"""A journal read from any place on, while it grows, is what the reader of the whole says that it is."""

from __future__ import annotations

import random
import shutil
from pathlib import Path

import pytest

from engine.record.segments import Tip
from gateway.journal.compaction import archive, to_archive
from gateway.journal.reader import JournalDamage, JournalReader
from gateway.journal.tail import Place, PlaceGone, Tail
from tests.support.engine.desks.sessions import in_batches, session_rows
from tests.support.gateway.journal.journals import open_writer, write_journal

ROWS = session_rows(120)


@pytest.fixture
def journal(tmp_path: Path) -> Path:
    """In several segments."""
    write_journal(tmp_path, ROWS, segment_bytes=6_000)
    return tmp_path


def seqs(tail: Tail) -> list[int]:
    return [row[0] for batch in tail.batches() for row in batch]


def places(journal: Path) -> list[Place]:
    """Before each batch."""
    tail = Tail(journal)
    return [Place(tail.place.segment, tail.start, Tip(b"", batch[0][0])) for batch in tail.batches()]


def test_it_reads_what_the_reader_reads(journal: Path) -> None:
    whole = [row for batch in Tail(journal).batches() for row in batch]
    assert whole == list(JournalReader(journal).rows())


@pytest.mark.parametrize("archived", [False, True])
def test_it_goes_on_from_any_place(journal: Path, archived: bool) -> None:
    found = places(journal)
    if archived:
        for number in to_archive(journal, 1):
            archive(journal, number)
    tail = Tail(journal)
    order = [*range(len(found)), *random.Random(1).sample(range(len(found)), 20)]
    for number in order:
        tail.go_to(found[number])
        assert next(tail.batches())[0][0] == found[number].tip.next_seq
        # What it says of its own place another one can begin with.
        rest = Tail(journal, tail.place)
        assert seqs(rest) == list(range(tail.place.tip.next_seq, len(ROWS) + 1))
        rest.close()
    tail.close()


def test_it_sees_a_journal_grow_byte_by_byte(tmp_path: Path) -> None:
    whole, growing = tmp_path / "whole", tmp_path / "growing"
    write_journal(whole, ROWS[:30], segment_bytes=3_000)
    growing.mkdir()
    tail = Tail(growing)
    assert seqs(tail) == []
    read: list[int] = []
    for segment in sorted(whole.glob("*.sbxj")):
        data = segment.read_bytes()
        header = next(size for size in range(1, len(data)) if _has_header(data[:size]))
        for size in range(header, len(data) + 1, 11):
            (growing / segment.name).write_bytes(data[:size])
            read += seqs(tail)
        (growing / segment.name).write_bytes(data)
        read += seqs(tail)
    assert read == [row[0] for row in ROWS[:30]]


def _has_header(data: bytes) -> bool:
    """Whether the header of a segment is whole: it has its name only then."""
    return len(data) >= 34 and len(data) >= 34 + int.from_bytes(data[10:14], "big") + 32


def test_a_torn_frame_that_recovery_cut_is_read_when_it_was_written_anew(tmp_path: Path) -> None:
    write_journal(tmp_path, ROWS[:20], close=False)
    segment = tmp_path / "journal-00000001.sbxj"
    data = segment.read_bytes()
    (tmp_path / "head").unlink(missing_ok=True)
    segment.write_bytes(data[:-40])
    tail = Tail(tmp_path)
    read = seqs(tail)
    assert read == [row[0] for row in ROWS[:16]]
    writer = open_writer(tmp_path)
    for batch in in_batches(ROWS[16:40], 3):
        writer.append(batch)
        read += seqs(tail)
    writer.close()
    assert read + seqs(tail) == [row[0] for row in ROWS[:40]]


def test_it_copes_with_segments_that_are_archived_while_it_reads(journal: Path) -> None:
    tail = Tail(journal)
    batches = tail.batches()
    read = [row[0] for row in next(batches)]
    for number in to_archive(journal, 1):
        archive(journal, number)
    read += [row[0] for batch in batches for row in batch]
    assert read == [row[0] for row in ROWS]


@pytest.mark.parametrize("byte", range(0, 2_000, 61))
def test_a_damaged_byte_is_found_unless_it_looks_like_a_write_that_goes_on(journal: Path, byte: int) -> None:
    segment = journal / "journal-00000002.sbxj"
    data = bytearray(segment.read_bytes())
    data[byte] ^= 0x10
    segment.write_bytes(data)
    with pytest.raises(JournalDamage, match=r"journal-00000002\.sbxj, frame at offset"):
        seqs(Tail(journal))


def test_places_of_another_journal_are_refused(journal: Path, tmp_path: Path) -> None:
    tail = Tail(journal)
    next(tail.batches())
    place = tail.place
    other = Place(place.segment, place.offset, Tip(bytes(32), place.tip.next_seq))
    with pytest.raises(PlaceGone, match="no frame that ends at offset"):
        seqs(Tail(journal, other))
    with pytest.raises(PlaceGone, match="no frame that ends at offset"):
        seqs(Tail(journal, Place(1, 10**9, place.tip)))
    with pytest.raises(PlaceGone, match=r"there is no journal-00000099\.sbxj any more"):
        seqs(Tail(journal, Place(99, 100, place.tip)))


def test_a_missing_segment_is_damage(journal: Path) -> None:
    (journal / "journal-00000002.sbxj").unlink()
    tail = Tail(journal)
    with pytest.raises(JournalDamage, match="the segment is missing"):
        seqs(tail)


def test_a_closed_segment_without_its_seal_is_damage(journal: Path) -> None:
    segment = journal / "journal-00000001.sbxj"
    segment.write_bytes(segment.read_bytes()[:-30])
    with pytest.raises(JournalDamage, match="without a seal, but another follows"):
        seqs(Tail(journal))


def test_bytes_behind_a_seal_are_damage(journal: Path) -> None:
    segment = journal / "journal-00000001.sbxj"
    segment.write_bytes(segment.read_bytes() + b"more")
    with pytest.raises(JournalDamage, match="4 bytes follow the seal"):
        seqs(Tail(journal))


def test_a_damaged_archive_is_damage(journal: Path) -> None:
    [number, *_] = to_archive(journal, 1)
    archive(journal, number)
    path = journal / "journal-00000001.sbxj.zst"
    data = path.read_bytes()
    shutil.copy(path, path.with_suffix(".kept"))
    for damaged in (data[: len(data) // 2], b"no archive", data[:-1], data + b"x"):
        path.write_bytes(damaged)
        with pytest.raises(JournalDamage):
            seqs(Tail(journal))
