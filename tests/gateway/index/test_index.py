"""The index against a search of all rows: of journals with every kind of command, archived, growing, cut, and its files damaged."""

from __future__ import annotations

import os
import random
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from gateway.disk import Disk
from gateway.index.index import Index, index_directory
from gateway.index.keys import ACCOUNT, CLIENT_ORDER, INSTRUMENT, ORDER, REPORT
from gateway.journal.compaction import archive, to_archive
from gateway.journal.files import JournalError
from gateway.journal.reader import JournalDamage
from tests.support.engine.desks.sessions import in_batches, session_rows
from tests.support.gateway.journal.indexes import (
    all_rows,
    caught_up,
    check_answers,
    check_places,
    files_of,
    reports,
    true_answers,
)
from tests.support.gateway.journal.journals import open_writer, write_journal
from tests.support.places import ROOT

pytestmark = pytest.mark.usefixtures("small_runs")


@pytest.fixture
def journal(tmp_path: Path) -> Path:
    """One with every kind of command and event, in three segments."""
    found = tmp_path / "venue" / "journal"
    shutil.copytree(ROOT / "tests/golden/v6-everything", found, ignore=shutil.ignore_patterns("*.json"))
    return found


def test_it_finds_what_a_search_of_all_rows_finds(journal: Path) -> None:
    rows = all_rows(journal)
    answers = true_answers(rows)
    built = caught_up(journal)
    check_answers(built, answers)
    check_places(built, rows)
    built.close()
    read = caught_up(journal)
    assert read.runs == built.runs > 5
    assert not read.rebuilt
    check_answers(read, answers, every=9)


def test_archived_segments_are_read_as_others(journal: Path) -> None:
    rows = all_rows(journal)
    caught_up(journal).close()
    for number in to_archive(journal, 1):
        archive(journal, number)
    index = caught_up(journal)
    check_places(index, rows)
    assert list(index.rows(range(1, len(rows) + 1))) == rows
    index.close()
    before = files_of(index_directory(journal))
    shutil.rmtree(index_directory(journal))
    caught_up(journal).close()
    assert files_of(index_directory(journal)) == before


def test_nothing_is_there_of_what_nobody_named(journal: Path) -> None:
    index = caught_up(journal)
    for kind, key in (
        (ACCOUNT, "nobody"),
        (ORDER, 10**9),
        (ORDER, -1),
        (CLIENT_ORDER, ("a", "")),
        (INSTRUMENT, "\U0010ffff" * 40),
    ):
        assert list(index.find(kind, key)) == []
    with pytest.raises(ValueError, match="nothing that a journal can name"):
        list(index.find(ORDER, 2**64))
    with pytest.raises(ValueError, match="nothing that a journal can name"):
        list(index.find(ACCOUNT, "\ud800"))
    for seq in (0, index.last_seq + 1):
        with pytest.raises(LookupError, match=f"there are 1 to {index.last_seq}"):
            list(index.rows([seq]))


def test_reports_end_before_a_row(journal: Path) -> None:
    index = caught_up(journal)
    found = next(
        found for (kind, key), found in true_answers(all_rows(journal)).items() if (kind, key) == (REPORT, "a")
    )
    rows, numbers = found[::2], found[1::2]
    middle = len(rows) // 2
    assert reports(index, "a", 0, rows[middle]) == rows[:middle]
    assert reports(index, "a", numbers[middle] - 1)[-(len(rows) - middle) :] == rows[middle:]
    assert reports(index, "a", numbers[-1])[-1] == rows[-1]


@pytest.mark.parametrize("seed", range(3))
def test_an_index_that_follows_is_one_that_was_built_at_the_end(tmp_path: Path, seed: int) -> None:
    chance = random.Random(seed)
    journal = tmp_path / "venue" / "journal"
    rows = session_rows(250)
    writer = open_writer(journal, segment_bytes=30_000)
    index, beside = Index(journal), Index(journal)
    for batch in in_batches(rows, 7):
        writer.append(batch)
        if chance.random() < 0.2:
            writer.close()
            writer = open_writer(journal, segment_bytes=30_000)
        if chance.random() < 0.3:
            if chance.random() < 0.3:
                index.close()
                index = Index(journal)
            assert index.hold()
            for _ in index.catch_up():
                pass
            for _ in beside.catch_up():
                pass
            assert index.last_seq == beside.last_seq == writer.next_seq - 1
    writer.close()
    for _ in index.catch_up():
        pass
    for _ in beside.catch_up():
        pass
    answers = true_answers(all_rows(journal))
    check_answers(index, answers, every=4)
    check_answers(beside, answers, every=7)
    assert not index.rebuilt
    index.close()
    followed = files_of(index_directory(journal))
    shutil.rmtree(index_directory(journal))
    caught_up(journal).close()
    assert files_of(index_directory(journal)) == followed


def test_every_byte_of_a_run_is_verified_before_it_counts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gateway.index.growing.RUN_ROWS", 12)
    journal = tmp_path / "venue" / "journal"
    write_journal(journal, session_rows(6))
    answers = true_answers(all_rows(journal))
    caught_up(journal).close()
    [(name, sound)] = files_of(index_directory(journal)).items()
    path = index_directory(journal) / name
    for place in range(len(sound)):
        path.write_bytes(sound[:place] + bytes((sound[place] ^ 0xFF,)) + sound[place + 1 :])
        index = caught_up(journal, saves=False)
        # All keys are in one block.
        check_answers(index, answers, every=12)
        assert [row[0] for row in index.rows([1, 2, 9])] == [1, 2, 9]
        assert len(index.rebuilt) == 1, f"byte {place} of {len(sound)} may be anything"
    # Whoever saves puts it right.
    index = caught_up(journal)
    check_answers(index, answers)
    index.close()
    assert path.read_bytes() == sound


@pytest.mark.parametrize("size", [0, 7, 40, 100, 400, -1])
def test_a_run_that_is_cut_off_or_gone_is_built_again(journal: Path, size: int) -> None:
    caught_up(journal).close()
    before = files_of(index_directory(journal))
    name, sound = list(before.items())[3]
    (index_directory(journal) / name).write_bytes(sound[:size])
    (index_directory(journal) / list(before)[5]).unlink()
    index = caught_up(journal)
    assert [found for _ in index.verify() for found in index.rebuilt]
    index.close()
    assert files_of(index_directory(journal)) == before


def test_bytes_behind_a_run_are_found(journal: Path) -> None:
    caught_up(journal).close()
    before = files_of(index_directory(journal))
    name, sound = list(before.items())[2]
    (index_directory(journal) / name).write_bytes(sound + b"x")
    index = caught_up(journal)
    assert len(list(index.verify())) == index.runs
    assert index.rebuilt == [f"{name}: something stands behind it"]
    index.close()
    assert files_of(index_directory(journal)) == before


def test_runs_of_another_journal_are_thrown_away(journal: Path, tmp_path: Path) -> None:
    caught_up(journal).close()
    before = files_of(index_directory(journal))
    other = tmp_path / "other" / "journal"
    shutil.copytree(ROOT / "tests/golden/v5-everything", other, ignore=shutil.ignore_patterns("*.json"))
    shutil.copytree(index_directory(journal), index_directory(other))
    index = caught_up(other)
    assert index.rebuilt
    check_answers(index, true_answers(all_rows(other)), every=20)
    index.close()
    shutil.rmtree(index_directory(journal))
    shutil.copytree(index_directory(other), index_directory(journal))
    caught_up(journal).close()
    assert files_of(index_directory(journal)) == before


def test_runs_of_rows_that_a_crash_took_back_are_thrown_away(tmp_path: Path) -> None:
    journal = tmp_path / "venue" / "journal"
    rows = session_rows(300)
    write_journal(journal, rows, close=False)
    index = caught_up(journal)
    segment = journal / "journal-00000001.sbxj"
    cut = index.reader().locate(150).offset
    index.close()
    segment.write_bytes(segment.read_bytes()[:cut])
    (journal / "head").unlink(missing_ok=True)
    index = caught_up(journal)
    assert index.rebuilt
    check_answers(index, true_answers(all_rows(journal)))
    index.close()
    followed = files_of(index_directory(journal))
    shutil.rmtree(index_directory(journal))
    caught_up(journal).close()
    assert files_of(index_directory(journal)) == followed


def test_it_is_never_trusted_over_a_damaged_journal(journal: Path) -> None:
    index = caught_up(journal)
    segment = journal / "journal-00000002.sbxj"
    data = bytearray(segment.read_bytes())
    data[len(data) // 2] ^= 1
    segment.write_bytes(data)
    with pytest.raises(JournalDamage, match=r"journal-00000002\.sbxj, frame at offset"):
        list(index.rows(range(1, index.last_seq + 1)))
    segment.unlink()
    with pytest.raises(JournalError, match=r"journal-00000002\.sbxj.*the segment is missing"):
        list(caught_up(journal, saves=False).rows(range(1, index.last_seq + 1)))


def test_one_process_saves_and_the_others_build_in_memory(journal: Path) -> None:
    first = Index(journal)
    assert first.hold()
    second = Index(journal)
    assert not second.hold()
    for _ in second.catch_up():
        pass
    assert files_of(index_directory(journal)) == {}
    check_answers(second, true_answers(all_rows(journal)), every=20)
    first.close()
    assert second.hold()


def test_what_a_killed_process_left_unfinished_is_removed(journal: Path) -> None:
    caught_up(journal).close()
    before = files_of(index_directory(journal))
    (index_directory(journal) / "index-00000009-000000000777.sbxi.new").write_bytes(b"half")
    caught_up(journal).close()
    assert files_of(index_directory(journal)) == before


def test_a_disk_that_fails_leaves_whole_runs(journal: Path) -> None:
    class Full(Disk):
        def __init__(self, room: int) -> None:
            self.room = room

        def write(self, descriptor: int, data: bytes) -> int:
            if not self.room:
                raise OSError(28, "No space left on device")
            taken = super().write(descriptor, data[: self.room])
            self.room -= taken
            return taken

    index = Index(journal, disk=Full(9_000))
    assert index.hold()
    with pytest.raises(OSError, match="No space"):
        list(index.catch_up())
    index.close()
    index = caught_up(journal)
    assert not index.rebuilt
    check_answers(index, true_answers(all_rows(journal)), every=20)


@pytest.mark.parametrize("make", [os.mkdir, os.mkfifo])
def test_in_the_place_of_what_is_no_file_a_run_is_built_in_memory(journal: Path, make: Callable[[Path], None]) -> None:
    caught_up(journal).close()
    path = sorted(index_directory(journal).iterdir())[1]
    path.unlink()
    make(path)
    index = caught_up(journal)
    assert f"{path.name}: it is no file" in index.rebuilt
    check_answers(index, true_answers(all_rows(journal)), every=20)
    index.close()


@pytest.mark.parametrize("is_folder", [True, False])
def test_what_nobody_may_read_is_built_in_memory(journal: Path, is_folder: bool) -> None:
    """Of a folder, and of files in it. (Whoever owns the machine may read all of a real one.)"""

    class Forbidding(Disk):
        def names(self, directory: Path) -> list[str]:
            return super().names(self._checked(directory, is_folder and directory.name == "index"))

        def exists(self, path: Path) -> bool:
            return super().exists(self._checked(path, path.suffix == ".sbxi"))

        def open(self, path: Path, flags: int, mode: int = 0o600) -> int:
            return super().open(self._checked(path, path.suffix == ".sbxi"), flags, mode)

        def _checked(self, path: Path, is_forbidden: bool) -> Path:
            if is_forbidden:
                raise PermissionError(13, "Permission denied", str(path))
            return path

    caught_up(journal).close()
    before = files_of(index_directory(journal))
    index = Index(journal, disk=Forbidding())
    for _ in index.catch_up():
        pass
    assert is_folder or index.rebuilt[0].endswith("it can't be read: Permission denied")
    check_answers(index, true_answers(all_rows(journal)), every=20)
    index.close()
    assert files_of(index_directory(journal)) == before


def test_a_row_of_an_unknown_version_is_said(tmp_path: Path) -> None:
    journal = tmp_path / "journal"
    shutil.copytree(ROOT / "tests/golden/v1-narrow", journal)
    with pytest.raises(JournalError, match="of a version that this program does not know"):
        caught_up(journal)
