"""What is written through a disk is whole after a failure at any of its operations, and for its owner alone."""

from __future__ import annotations

import errno
import os
from pathlib import Path

import pytest

from gateway.disk import DISK, create_file, discard, make_directories, save_file
from tests.support.gateway.journal.journals import FailingDisk


def test_a_saved_file_is_the_old_or_the_new_one_wherever_the_disk_fails(tmp_path: Path) -> None:
    path = tmp_path / "saved"
    save_file(path, b"old")
    assert DISK.read(path) == b"old" and DISK.mode(path) == 0o600
    counting = FailingDisk(0, 0)
    save_file(path, b"old", counting)
    # Written, synced, and its name synced.
    assert counting.operations == 3
    for operation in range(1, 4):
        with pytest.raises(OSError, match="injected"):
            save_file(path, b"new", FailingDisk(operation, errno.EIO))
        # The third failed when the new one had its name.
        assert DISK.read(path) == (b"new" if operation == 3 else b"old")
    save_file(path, b"newest")
    assert DISK.names(tmp_path) == ["saved"] and DISK.read(path) == b"newest"


def test_a_created_file_takes_nobody_elses_name(tmp_path: Path) -> None:
    path = tmp_path / "created"
    create_file(path, b"first")
    with pytest.raises(FileExistsError):
        create_file(path, b"second")
    assert DISK.read(path) == b"first"
    discard(path)
    discard(path)
    assert not DISK.exists(path)


def test_directories_are_made_from_above(tmp_path: Path) -> None:
    deepest = tmp_path / "a" / "b" / "c"
    counting = FailingDisk(0, 0)
    make_directories(deepest, counting)
    assert DISK.is_directory(deepest) and counting.syncs == 3
    # Again: whoever made it may not have come to the sync of its name.
    make_directories(deepest, counting)
    assert counting.syncs == 4


def test_a_file_is_known_by_what_it_is_not_by_its_name(tmp_path: Path) -> None:
    first, second = tmp_path / "first", tmp_path / "second"
    create_file(first, b"x")
    descriptor = DISK.open(first, os.O_RDONLY)
    DISK.link(first, second)
    DISK.rename(first, tmp_path / "third")
    assert DISK.identity(descriptor) == DISK.identity(second) == DISK.identity(tmp_path / "third")
    create_file(first, b"x")
    assert DISK.identity(first) != DISK.identity(descriptor)
    DISK.close(descriptor)


def test_one_process_holds_a_file_until_it_lets_go(tmp_path: Path) -> None:
    path = tmp_path / "held"
    create_file(path, b"")
    first, second = DISK.open(path, os.O_RDONLY), DISK.open(path, os.O_RDONLY)
    DISK.lock(first)
    with pytest.raises(BlockingIOError):
        DISK.lock(second)
    DISK.close(first)
    DISK.lock(second)
    DISK.close(second)
