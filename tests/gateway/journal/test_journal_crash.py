"""Crashes and failing disks, for real: killed writers, full disks, syncs that fail."""

from __future__ import annotations

import errno
import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from engine.record.rows import Row
from gateway.journal.files import JournalError
from gateway.journal.reader import JournalReader
from gateway.journal.recovery import recover
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

ROWS = session_rows(14)

WRITER = """
import os, pathlib, sys
from tests.support.gateway.journal.journals import open_writer
from tests.gateway.journal.test_journal_crash import endless_row
writer = open_writer(pathlib.Path(sys.argv[1]), segment_bytes=20_000)
while True:
    seq = writer.next_seq
    writer.append([endless_row(seq + place) for place in range(1 + seq % 5)])
    os.write(1, (writer.next_seq - 1).to_bytes(8, "big"))
"""


def endless_row(seq: int) -> Row:
    """The row that belongs to a sequence number, of changing size."""
    _, _, command, events = ROWS[seq % len(ROWS)]
    return (seq, seq * 1_000, command, events * (1 + seq % 7))


def test_what_was_acknowledged_survives_kill_9_at_any_instant(tmp_path: Path) -> None:
    chance = random.Random(9)
    written = 0
    for _ in range(10):
        process = subprocess.Popen([sys.executable, "-c", WRITER, str(tmp_path)], stdout=subprocess.PIPE, cwd=ROOT)
        assert process.stdout is not None
        acknowledged = process.stdout.read(8)
        time.sleep(chance.uniform(0, 0.05))
        process.send_signal(signal.SIGKILL)
        acknowledged += process.stdout.read()
        assert process.wait() == -signal.SIGKILL
        process.stdout.close()
        last = int.from_bytes(acknowledged[len(acknowledged) // 8 * 8 - 8 :][:8], "big")
        rows = recovered_rows(tmp_path)
        assert len(rows) >= last > written
        assert rows == plain([endless_row(seq) for seq in range(1, len(rows) + 1)])
        written = len(rows)
    assert len(list(tmp_path.glob("journal-*.sbxj"))) > 1
    reader = JournalReader(tmp_path)
    assert sum(1 for _ in reader.rows()) == written


def test_a_crash_at_any_operation_loses_no_acknowledged_row(tmp_path: Path) -> None:
    def run(directory: Path, disk: FailingDisk) -> int:
        """Write until the disk fails; returns the last row that was acknowledged."""
        acknowledged = 0
        writer = recovery = None
        try:
            recovery = recover(directory, VENUE, KEY, disk)
            list(recovery.rows())
            writer = recovery.writer(segment_bytes=1_000)
            for batch in in_batches(ROWS, 2):
                writer.append(batch)
                acknowledged = batch[-1][0]
            writer.close()
        except OSError:
            if writer is not None:
                writer.abandon()
            elif recovery is not None:
                recovery.close()
        return acknowledged

    counting = FailingDisk(0, 0)
    assert run(tmp_path / "counted", counting) == len(ROWS)
    assert len(list((tmp_path / "counted").glob("journal-*"))) >= 3
    for operation in range(1, counting.operations + 1):
        directory = tmp_path / str(operation)
        acknowledged = run(directory, FailingDisk(operation, errno.EIO))
        rows = recovered_rows(directory)
        assert rows == plain(ROWS[: len(rows)])
        # One batch may be there that nobody was told of.
        assert acknowledged <= len(rows) <= acknowledged + 2, operation
        if len(rows) < len(ROWS):
            write_journal(directory, ROWS[len(rows) :], segment_bytes=1_000)
        assert read_rows(directory) == plain(ROWS)


@pytest.mark.parametrize("error", [errno.EIO, errno.ENOSPC])
def test_a_sync_that_failed_is_never_tried_again(tmp_path: Path, error: int) -> None:
    disk = FailingDisk(0, error)
    writer = open_writer(tmp_path, disk=disk)
    writer.append(ROWS[:3])
    disk._fails_at = disk.operations + 2
    with pytest.raises(OSError, match="injected") as caught:
        writer.append(ROWS[3:5])
    assert caught.value.errno == error
    operations = disk.operations
    with pytest.raises(JournalError, match="failed before"):
        writer.append(ROWS[3:5])
    # Closing lets go of the journal, and signs nothing.
    writer.close()
    assert disk.operations == operations
    assert recovered_rows(tmp_path) == plain(ROWS[:5])
    write_journal(tmp_path, ROWS[5:])
    assert read_rows(tmp_path) == plain(ROWS)


FULL = """
import pathlib, resource, sys
from tests.support.gateway.journal.journals import open_writer
from tests.gateway.journal.test_journal_crash import endless_row
resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv[2]), int(sys.argv[2])))
writer = open_writer(pathlib.Path(sys.argv[1]))
while True:
    try:
        writer.append([endless_row(writer.next_seq)])
    except OSError as error:
        print(writer.next_seq - 1, error.errno)
        sys.exit(0)
"""


def test_a_file_that_cannot_grow_ends_in_a_torn_frame_that_was_not_acknowledged(tmp_path: Path) -> None:
    limit = 5_000
    output = subprocess.run(
        [sys.executable, "-c", FULL, str(tmp_path), str(limit)], capture_output=True, cwd=ROOT, check=True
    ).stdout.split()
    acknowledged = int(output[0])
    assert int(output[1]) == errno.EFBIG
    # The system took what fitted: a frame that is really torn.
    assert (tmp_path / "journal-00000001.sbxj").stat().st_size == limit
    recovery = recover(tmp_path, VENUE, KEY)
    assert len(list(recovery.rows())) == acknowledged > 3
    assert recovery.torn is not None and recovery.torn.torn.end == limit
    assert recovery.torn.torn.first_seq == recovery.torn.torn.last_seq == acknowledged + 1
    recovery.writer().close()


def test_a_disk_without_room_fails_at_the_write(tmp_path: Path) -> None:
    full = os.open("/dev/full", os.O_WRONLY)
    writer = open_writer(tmp_path)
    writer.append(ROWS[:2])
    journal = os.dup(writer._descriptor)
    os.dup2(full, writer._descriptor)
    with pytest.raises(OSError, match="No space left") as caught:
        writer.append(ROWS[2:4])
    assert caught.value.errno == errno.ENOSPC
    writer.close()
    os.close(journal)
    os.close(full)
    assert recovered_rows(tmp_path) == plain(ROWS[:2])


def test_a_disk_that_takes_a_write_in_pieces_gets_all_of_it(tmp_path: Path) -> None:
    class Nibbling(FailingDisk):
        def write(self, descriptor: int, data: bytes) -> int:
            return super().write(descriptor, data[:37])

    writer = open_writer(tmp_path, disk=Nibbling(0, 0))
    for batch in in_batches(ROWS, 3):
        writer.append(batch)
    writer.close()
    assert read_rows(tmp_path) == plain(ROWS)
