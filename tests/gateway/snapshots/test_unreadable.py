"""A snapshot that can't be read is as good as damaged: it is named, the one before serves, and nothing waits for it."""

from __future__ import annotations

import errno
import os
import shutil

import pytest
from click.testing import CliRunner

from gateway.cli.main import group
from gateway.disk import Disk
from gateway.snapshots.checking import check_all
from gateway.snapshots.folder import MAX_KEPT, SNAPSHOT_FOLDER, list_snapshots, newest_first, snapshot_name
from tests.gateway.snapshots.test_folder import PUBLIC_KEY, put
from tests.support.gateway.inprocess.saved_venue import save, started, traded


class Forbidding(Disk):
    """Lets nobody read what has one name. (Whoever owns the machine may read all of a real one.)"""

    def __init__(self, name):
        self.name = name

    def read(self, path):
        self._check(path)
        return super().read(path)

    def size(self, path):
        self._check(path)
        return super().size(path)

    def open(self, path, flags, mode=0o600):
        self._check(path)
        return super().open(path, flags, mode)

    def _check(self, path):
        if path.name == self.name:
            raise PermissionError(errno.EACCES, "Permission denied", str(path))


@pytest.fixture(scope="module")
def saved(tmp_path_factory):
    directory = tmp_path_factory.mktemp("unreadable") / "venue"
    for seed in range(2):
        traded(directory, seed, 40)
        save(directory)
    return directory


@pytest.mark.parametrize("make", [os.mkdir, os.mkfifo])
def test_what_is_no_file_is_named_and_never_opened(saved, tmp_path, make):
    venue = shutil.copytree(saved, tmp_path / "venue")
    folder = venue / SNAPSHOT_FOLDER
    first, last = list_snapshots(folder)
    path = folder / snapshot_name(last)
    path.unlink()
    make(path)
    found = started(venue)
    found.writer.abandon()
    assert (found.snapshot_seq, found.unusable) == (first, [f"{path.name}: it is no file"])
    for arguments, status in ((("snapshot", "--list"), 1), (("verify",), 1), (("at",), 0)):
        result = CliRunner().invoke(group, [arguments[0], str(venue), *arguments[1:]])
        assert result.exit_code == status, result.output
        assert status == 0 or "it is no file" in result.output
    # Those that come after are saved and thinned out beside it.
    for seq in range(last + 1, last + MAX_KEPT + 2):
        put(folder, seq)
    assert last in list_snapshots(folder)


def test_what_nobody_may_read_is_passed_over_and_stays(tmp_path):
    folder = tmp_path / "snapshots"
    for seq in (5, 9):
        put(folder, seq)
    disk = Forbidding(snapshot_name(9))
    unusable: list[str] = []
    assert [name for name, _ in newest_first(folder, "v", PUBLIC_KEY, unusable, disk)] == [snapshot_name(5)]
    assert unusable == [f"{snapshot_name(9)}: it can't be read: Permission denied"]
    assert [each.is_sound for each in check_all(tmp_path / "journal", disk)] == [True, False]
    for seq in range(10, 10 + MAX_KEPT + 1):
        put(folder, seq, disk=disk)
    assert 9 in list_snapshots(folder)
