"""Archived segments: read like the others, found out when damaged, and never the only thing that is lost."""

from __future__ import annotations

import errno
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
import zstandard
from click.testing import CliRunner

from gateway.cli.recordings.compact import command as compact_command
from gateway.cli.recordings.replay import command as replay_command
from gateway.cli.recordings.verify import command as verify_command
from gateway.journal import archive as archives
from gateway.journal.archive import archive_of, journal_bytes, pack, read_segment
from gateway.journal.compaction import archive, to_archive
from gateway.journal.files import JournalError, JournalLocked, Lock, list_segments, segment_name
from gateway.journal.reader import JournalDamage
from tests.support.engine.desks.sessions import session_rows
from tests.support.gateway.journal.journals import (
    FailingDisk,
    open_writer,
    plain,
    read_rows,
    recovered_rows,
    write_journal,
)
from tests.support.places import ROOT

ROWS = session_rows(400)
SEGMENT_BYTES = 6_000

COMPACTER = """
import pathlib, sys, time
from gateway.journal.compaction import archive, to_archive, verify
directory = pathlib.Path(sys.argv[1])
for _ in verify(directory):
    pass
print("verified", flush=True)
for number in to_archive(directory, 1):
    archive(directory, number)
    print("archived", flush=True)
"""


def names(directory: Path) -> list[str]:
    """The files that are segments or archives."""
    return sorted(path.name for path in directory.glob("journal-*"))


def compact(directory: Path, *options: str) -> dict[str, object]:
    """Run the command; what it prints for machines."""
    result = CliRunner().invoke(compact_command, [str(directory), *options, "--json"])
    assert result.exit_code == 0, result.output
    found: dict[str, object] = json.loads(result.output)
    return found


@pytest.fixture(scope="module")
def original(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A journal of several segments, the last one open."""
    directory = tmp_path_factory.mktemp("original")
    write_journal(directory, ROWS, segment_bytes=SEGMENT_BYTES, close=False)
    assert len(list_segments(directory)) > 5
    return directory


@pytest.fixture
def journal(original: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(original, tmp_path / "journal"))


def test_what_is_archived_is_read_as_before(journal: Path, original: Path) -> None:
    before = read_rows(journal)
    found = compact(journal, "--keep", "2")
    numbers = list_segments(journal)
    assert numbers == list_segments(original)
    assert names(journal) == [
        *(segment_name(number) + ".zst" for number in numbers[:-2]),
        *map(segment_name, numbers[-2:]),
    ]
    assert read_rows(journal) == before == plain(ROWS)
    assert recovered_rows(journal) == before
    assert journal_bytes(journal) == journal_bytes(original) == sum(path.stat().st_size for path in original.iterdir())
    stored = sum((journal / name).stat().st_size for name in names(journal))
    assert isinstance(found["bytes_before"], int) and isinstance(found["bytes_after"], int)
    assert stored == journal_bytes(original) - found["bytes_before"] + found["bytes_after"]
    assert found["bytes_after"] < found["bytes_before"] / 2
    for number in numbers:
        assert read_segment(journal, number)[1] == (original / segment_name(number)).read_bytes()


def test_commands_say_the_same_of_an_archived_journal(journal: Path) -> None:
    def said() -> tuple[object, ...]:
        verified = json.loads(CliRunner().invoke(verify_command, [str(journal), "--json"]).output)
        replayed = json.loads(CliRunner().invoke(replay_command, [str(journal), "--json"]).output)
        del replayed["seconds"], replayed["commands_per_second"]
        for segment in verified["segments"]:
            segment["name"] = segment["name"].removesuffix(".zst")
        return (verified, replayed)

    before = said()
    compact(journal)
    assert said() == before


def test_a_venue_goes_on_over_archives(journal: Path) -> None:
    """Started again and again, archived between, beside a writer that works."""
    expected = read_rows(journal)
    for _ in range(3):
        writer = open_writer(journal, SEGMENT_BYTES)
        for row in session_rows(40):
            writer.append([(writer.next_seq, expected[-1][1], row[2], row[3])])
            expected.append(plain([(writer.next_seq - 1, expected[-1][1], row[2], row[3])])[0])
        compact(journal)
        assert not to_archive(journal, 1)
        writer.append([(writer.next_seq, expected[-1][1], ROWS[0][2], ROWS[0][3])])
        expected.append(plain([(writer.next_seq - 1, expected[-1][1], ROWS[0][2], ROWS[0][3])])[0])
        writer.close()
        assert read_rows(journal) == expected


def test_nothing_to_do_changes_nothing(tmp_path: Path) -> None:
    write_journal(tmp_path, ROWS[:20])
    before = names(tmp_path)
    result = CliRunner().invoke(compact_command, [str(tmp_path)])
    assert (result.exit_code, result.output) == (
        0,
        "nothing to archive: the newest segments stay as they are; the journal is sound\n",
    )
    assert names(tmp_path) == before


def test_a_damaged_journal_of_which_nothing_is_to_be_archived_is_no_success(journal: Path, tmp_path: Path) -> None:
    write_journal(tmp_path / "one", ROWS[:20])
    compact(journal)
    for directory, name in ((tmp_path / "one", segment_name(1)), (journal, segment_name(2) + ".zst")):
        path = directory / name
        sound = bytearray(path.read_bytes())
        for place in (len(sound) // 3, len(sound) // 2):
            path.write_bytes(bytes(each ^ (255 * (number == place)) for number, each in enumerate(sound)))
            result = CliRunner().invoke(compact_command, [str(directory)])
            assert result.exit_code == 1 and name in result.output, result.output
            assert CliRunner().invoke(compact_command, [str(directory), "--json"]).exit_code == 1
        path.write_bytes(sound)
        assert CliRunner().invoke(compact_command, [str(directory)]).exit_code == 0


def test_a_damaged_journal_is_left_alone(journal: Path) -> None:
    path = journal / segment_name(3)
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)
    before = names(journal)
    result = CliRunner().invoke(compact_command, [str(journal)])
    assert result.exit_code == 1 and f"{path.name}, frame at offset" in result.output
    assert names(journal) == before


def test_each_flipped_byte_of_an_archive_is_found_or_means_nothing(tmp_path: Path) -> None:
    """zstd leaves a few bits without a meaning: what unpacks all the same is what was packed."""
    write_journal(tmp_path, ROWS[:60], segment_bytes=1_000)
    before = read_rows(tmp_path)
    compact(tmp_path)
    path = tmp_path / (segment_name(2) + ".zst")
    sound, segment = path.read_bytes(), read_segment(tmp_path, 2)[1]
    meaningless = 0
    for place in range(len(sound)):
        damaged = bytearray(sound)
        damaged[place] ^= 1 << place % 8
        path.write_bytes(damaged)
        try:
            _, data = read_segment(tmp_path, 2)
        except JournalError:
            continue
        assert data == segment
        meaningless += 1
    assert meaningless < 8
    path.write_bytes(sound[:-1])
    with pytest.raises(JournalDamage, match=r"journal-00000002\.sbxj\.zst, frame at offset 0: the archive is damaged"):
        read_rows(tmp_path)
    path.write_bytes(sound + b"more")
    with pytest.raises(JournalDamage, match="the archive is damaged"):
        read_rows(tmp_path)
    path.write_bytes(sound)
    assert read_rows(tmp_path) == before


def test_another_segment_in_an_archive_is_found(journal: Path, original: Path) -> None:
    """A sound archive of the wrong thing: the chain says so."""
    compact(journal)
    path = journal / (segment_name(2) + ".zst")
    path.write_bytes(pack((original / segment_name(3)).read_bytes()))
    with pytest.raises(JournalDamage, match="journal-00000002"):
        read_rows(journal)


def test_an_archive_that_says_too_much_is_refused_unread(journal: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(archives, "MOST_BYTES", 1_000_000)
    compact(journal)
    path = journal / (segment_name(2) + ".zst")
    path.write_bytes(pack(bytes(1_000_001)))
    with pytest.raises(JournalDamage, match="it says that it holds 1000001 bytes"):
        read_rows(journal)
    # Without its size in the header nobody knows before it is unpacked.
    path.write_bytes(zstandard.ZstdCompressor(write_content_size=False).compress(bytes(5_000_000)))
    with pytest.raises(JournalDamage, match="is no archive"):
        read_rows(journal)


def test_a_missing_archive_is_a_missing_segment(journal: Path) -> None:
    compact(journal)
    (journal / (segment_name(2) + ".zst")).unlink()
    with pytest.raises(JournalDamage, match=r"journal-00000002\.sbxj, frame at offset 0: the segment is missing"):
        read_rows(journal)


@pytest.mark.parametrize("error", [errno.EIO, errno.ENOSPC])
def test_a_disk_that_fails_at_any_operation_loses_nothing(original: Path, tmp_path: Path, error: int) -> None:
    before = read_rows(original)
    fails_at = 1
    while True:
        directory = Path(shutil.copytree(original, tmp_path / f"{fails_at}"))
        disk = FailingDisk(fails_at, error)
        number = to_archive(directory, 1)[0]
        try:
            archive(directory, number, disk)
        except OSError:
            assert read_rows(directory) == before
            assert (not list(directory.glob("*.new")) and (directory / segment_name(number)).exists()) or fails_at > 3
            archive_again = to_archive(directory, 1)
            if number in archive_again:
                archive(directory, number)
            assert read_rows(directory) == before
            shutil.rmtree(directory)
            fails_at += 1
            continue
        assert fails_at > 4
        return


def test_kill_9_at_any_instant_loses_nothing(original: Path, tmp_path: Path) -> None:
    before = read_rows(original)
    chance = random.Random(4)
    halves = 0
    for round_ in range(6):
        directory = Path(shutil.copytree(original, tmp_path / f"{round_}"))
        process = subprocess.Popen(
            [sys.executable, "-c", COMPACTER, str(directory)], stdout=subprocess.PIPE, cwd=ROOT, text=True
        )
        assert process.stdout is not None
        for _ in range(1 + round_ % 3):
            process.stdout.readline()
        time.sleep(chance.uniform(0, 0.003))
        process.send_signal(signal.SIGKILL)
        process.wait()
        process.stdout.close()
        archived = [name for name in names(directory) if name.endswith(".zst")]
        halves += 0 < len(archived) < len(list_segments(directory)) - 1
        assert read_rows(directory) == before
        assert recovered_rows(directory) == before
        compact(directory)
        assert not to_archive(directory, 1) and not list(directory.glob("*.new"))
        assert read_rows(directory) == before
    assert halves, "no kill fell between two segments"


def test_both_there_after_a_crash_is_one_segment(journal: Path) -> None:
    before = read_rows(journal)
    path = journal / segment_name(1)
    archive_of(path).write_bytes(pack(path.read_bytes()))
    assert read_rows(journal) == before
    compact(journal)
    assert not path.exists() and read_rows(journal) == before


def test_two_at_once_do_not_harm_each_other(journal: Path) -> None:
    lock = Lock()
    lock.take(journal / segment_name(1))
    try:
        with pytest.raises(JournalLocked):
            archive(journal, 1)
    finally:
        lock.release()
    before = read_rows(journal)
    processes = [
        subprocess.Popen(
            [sys.executable, "-c", COMPACTER, str(journal)],
            stdout=subprocess.DEVNULL,
            cwd=ROOT,
            stderr=subprocess.DEVNULL,
        )
        for _ in range(3)
    ]
    for process in processes:
        process.wait()
    compact(journal)
    assert read_rows(journal) == before


def test_an_archive_is_for_its_owner_alone(journal: Path) -> None:
    compact(journal)
    for path in journal.glob("*.zst"):
        assert os.stat(path).st_mode & 0o777 == 0o600
