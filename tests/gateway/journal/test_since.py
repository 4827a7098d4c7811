"""A journal that is read from a point on: what lies before is verified, and not looked into."""

from __future__ import annotations

import pytest

from engine.record.rows import FIRST_LINK
from gateway.journal.compaction import archive
from gateway.journal.files import segment_name
from gateway.journal.head import Point
from gateway.journal.reader import JournalDamage, JournalReader
from tests.support.engine.desks.sessions import session_rows
from tests.support.gateway.journal.journals import write_journal

ROWS = session_rows(12)


@pytest.fixture(scope="module")
def journal(tmp_path_factory):
    """Three segments and more."""
    directory = tmp_path_factory.mktemp("since") / "journal"
    write_journal(directory, ROWS, batch=2, segment_bytes=600)
    return directory


def points(journal) -> list[Point]:
    """Where each batch ends."""
    reader = JournalReader(journal)
    return [Point(reader.batch_tip.next_seq - 1, reader.batch_tip.link, "somebody") for _ in reader.batches()]


def test_all_rows_after_a_point_come_and_no_others(journal):
    found = points(journal)
    assert len(found) > 8
    for point in found:
        reader = JournalReader(journal, settle_seconds=0)
        assert [row[0] for row in reader.rows(point)] == list(range(point.seq + 1, len(ROWS) + 1))
        assert (reader.batch_tip.next_seq, reader.batch_tip.link) == (len(ROWS) + 1, found[-1].link)
        assert reader.batch_tip.time_ns == ROWS[-1][1]


def test_archives_are_read_likewise(journal, tmp_path):
    for path in journal.iterdir():
        (tmp_path / path.name).write_bytes(path.read_bytes())
    archive(tmp_path, 1)
    point = points(journal)[4]
    assert [row[0] for row in JournalReader(tmp_path).rows(point)] == list(range(point.seq + 1, len(ROWS) + 1))


def test_a_point_that_the_journal_does_not_have_is_damage(journal):
    point = points(journal)[3]
    with pytest.raises(JournalDamage, match="somebody has 00"):
        list(JournalReader(journal).rows(Point(point.seq, FIRST_LINK, "somebody")))
    with pytest.raises(JournalDamage, match="no batch ends with sequence number"):
        list(JournalReader(journal).rows(Point(point.seq - 1, point.link, "somebody")))
    with pytest.raises(JournalDamage, match="its end is damaged or was cut off"):
        list(JournalReader(journal).rows(Point(len(ROWS) + 3, point.link, "somebody")))


def test_what_changes_before_the_point_is_found(journal, tmp_path):
    for path in journal.iterdir():
        (tmp_path / path.name).write_bytes(path.read_bytes())
    point = points(journal)[-2]
    path = tmp_path / segment_name(2)
    data = path.read_bytes()
    assert len(data) > 500
    # Every third byte: no field of a frame is shorter than three, but for the kind, which its head's checksum has with the others.
    for place in range(0, len(data), 3):
        other = bytearray(data)
        other[place] ^= 1 << place % 8
        path.write_bytes(bytes(other))
        with pytest.raises(JournalDamage):
            list(JournalReader(tmp_path, settle_seconds=0).rows(point))
