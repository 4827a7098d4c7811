"""Whether what is written is what stands there: folders and files that are renamed, removed or replaced under a writer."""

from __future__ import annotations

import errno
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from gateway.disk import create_file
from gateway.journal.files import JournalGone, JournalLocked, Lock, save_bytes
from gateway.journal.recovery import recover
from tests.support.engine.desks.sessions import session_rows
from tests.support.gateway.journal.journals import (
    KEY,
    VENUE,
    FailingDisk,
    open_writer,
    plain,
    recovered_rows,
    write_journal,
)
from tests.support.places import ROOT

ROWS = session_rows(20)
FIRST = "journal-00000001.sbxj"


def renamed(journal: Path) -> None:
    journal.rename(journal.with_name("elsewhere"))


def removed(journal: Path) -> None:
    shutil.rmtree(journal)


def replaced(journal: Path) -> None:
    renamed(journal)
    shutil.copytree(journal.with_name("elsewhere"), journal)


def parent_renamed(journal: Path) -> None:
    journal.parent.rename(journal.parent.with_name("elsewhere"))


def segment_removed(journal: Path) -> None:
    (journal / FIRST).unlink()


def segment_replaced(journal: Path) -> None:
    data = (journal / FIRST).read_bytes()
    (journal / "new").write_bytes(data)
    (journal / "new").rename(journal / FIRST)


def file_in_its_place(journal: Path) -> None:
    renamed(journal)
    journal.write_bytes(b"")


AWAY = [renamed, removed, replaced, parent_renamed, segment_removed, segment_replaced, file_in_its_place]


@pytest.mark.parametrize("happens", AWAY)
def test_a_writer_notices(tmp_path: Path, happens: Callable[[Path], None]) -> None:
    journal = tmp_path / "venue" / "journal"
    writer = open_writer(journal)
    writer.append(ROWS[:4])
    writer.check_place()
    happens(journal)
    with pytest.raises(JournalGone, match="while the venue ran"):
        writer.check_place()
    # Nor is it signed as if all were well.
    with pytest.raises(JournalGone):
        writer.close()


@pytest.mark.parametrize("happens", AWAY)
def test_a_new_segment_is_not_begun_elsewhere(tmp_path: Path, happens: Callable[[Path], None]) -> None:
    journal = tmp_path / "venue" / "journal"
    writer = open_writer(journal, segment_bytes=500)
    writer.append(ROWS[:10])
    happens(journal)
    with pytest.raises(JournalGone):
        writer.append(ROWS[10:])
    writer.abandon()
    assert not (journal / "journal-00000002.sbxj").exists()


def test_all_that_is_written_is_its_owners_alone(tmp_path: Path) -> None:
    previous = os.umask(0)
    try:
        write_journal(tmp_path, ROWS, segment_bytes=800)
        save_bytes(tmp_path, "torn-1-1", b"x")
        create_file(tmp_path / "any", b"x")
    finally:
        os.umask(previous)
    assert {path.stat().st_mode & 0o777 for path in tmp_path.iterdir()} == {0o600}


# ── locks ──────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_lock_survives_renames(tmp_path: Path) -> None:
    venue = tmp_path / "venue"
    venue.mkdir()
    key = venue / "key"
    key.write_bytes(b"x")
    lock = Lock()
    lock.take(venue)
    lock.take(key)
    venue.rename(tmp_path / "renamed")
    for path in (tmp_path / "renamed", tmp_path / "renamed" / "key"):
        with pytest.raises(JournalLocked, match="in use"):
            Lock().take(path)
    lock.release()
    lock.release()
    again = Lock()
    again.take(tmp_path / "renamed")
    again.release()


def test_a_recovery_lets_go_of_all_that_it_was_given(tmp_path: Path) -> None:
    for let_go in ("close", "writer"):
        lock = Lock()
        lock.take(tmp_path)
        recovery = recover(tmp_path / "journal", VENUE, KEY, lock=lock)
        list(recovery.rows())
        with pytest.raises(JournalLocked):
            Lock().take(tmp_path)
        if let_go == "close":
            recovery.close()
        else:
            recovery.writer().close()
        again = Lock()
        again.take(tmp_path)
        again.release()


# ── one file for one torn tail ─────────────────────────────────────────────────────────────────────────────────────


def torn_journal(directory: Path) -> bytes:
    """A journal whose last frame is torn; returns its bytes."""
    write_journal(directory, ROWS[:4], close=False)
    size = (directory / FIRST).stat().st_size
    write_journal(directory, ROWS[4:8], close=False)
    data = (directory / FIRST).read_bytes()[:-3]
    (directory / FIRST).write_bytes(data)
    return data[size:]


def test_attempts_on_a_failing_disk_leave_one_file_of_a_torn_tail(tmp_path: Path) -> None:
    operation = 0
    done = False
    while not done:
        operation += 1
        directory = tmp_path / str(operation)
        torn = torn_journal(directory)
        # The same failure again and again, as on a disk that stays full.
        for _ in range(3):
            recovery = None
            try:
                recovery = recover(directory, VENUE, KEY, FailingDisk(operation, errno.ENOSPC))
                list(recovery.rows())
                done = True
            except OSError:
                assert sum(path.stat().st_size for path in directory.glob("torn-*")) <= len(torn)
            if recovery is not None:
                recovery.close()
        assert recovered_rows(directory) == plain(ROWS[:4])
        assert [path.read_bytes() for path in directory.glob("torn-*")] == [torn]
    assert operation > 4


FULL = """
import pathlib, sys
from gateway.journal.recovery import recover
from tests.support.gateway.journal.journals import KEY, VENUE
import resource, signal
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (10, 10))
recovery = recover(pathlib.Path(sys.argv[1]), VENUE, KEY)
try:
    list(recovery.rows())
except OSError as error:
    sys.exit(error.errno)
"""


def test_attempts_without_room_leave_nothing_behind(tmp_path: Path) -> None:
    torn = torn_journal(tmp_path)
    for _ in range(3):
        ended = subprocess.run([sys.executable, "-c", FULL, str(tmp_path)], check=False, cwd=ROOT)
        assert ended.returncode == errno.EFBIG
        assert list(tmp_path.glob("torn-*")) == []
    assert recovered_rows(tmp_path) == plain(ROWS[:4])
    assert [path.read_bytes() for path in tmp_path.glob("torn-*")] == [torn]


def test_the_same_bytes_elsewhere_or_others_at_the_same_place_have_files_of_their_own(tmp_path: Path) -> None:
    names = [
        save_bytes(tmp_path, stem, data).name
        for stem, data in (
            ("torn-1-5", b"a"),
            ("torn-1-50", b"a"),
            ("torn-1-5", b"b"),
            ("torn-1-5", b"a"),
            ("torn-1-5", b"b"),
        )
    ]
    assert names == ["torn-1-5.bin", "torn-1-50.bin", "torn-1-5-2.bin", "torn-1-5.bin", "torn-1-5-2.bin"]
    assert len(list(tmp_path.iterdir())) == 3
