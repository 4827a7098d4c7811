"""The folder of snapshots: saved whole or not at all, found newest first, thinned out evenly."""

from __future__ import annotations

import errno
import random
from itertools import pairwise

import pytest

from gateway.disk import Disk
from gateway.journal.files import Lock
from gateway.snapshots.checking import check_all
from gateway.snapshots.folder import (
    MAX_KEPT,
    NEWEST_KEPT,
    list_snapshots,
    newest_first,
    read_snapshot,
    save_snapshot,
    snapshot_name,
    to_remove,
)
from gateway.snapshots.sealed import SnapshotError, SnapshotUnusable, seal
from tests.gateway.snapshots.test_sealed import KEY, STATE, header
from tests.support.gateway.journal.journals import FailingDisk

PUBLIC_KEY = header().public_key


def put(folder, seq, **options):
    return save_snapshot(folder, seq, seal(header(seq=seq), STATE, KEY), **options)


def names(folder):
    return sorted(path.name for path in folder.iterdir())


def test_the_newest_sound_one_is_found_and_the_others_are_named(tmp_path):
    folder = tmp_path / "snapshots"
    assert list_snapshots(folder) == []
    for seq in (5, 9, 12):
        put(folder, seq)
    (folder / "notes.txt").write_text("of somebody")
    assert oct((folder / snapshot_name(5)).stat().st_mode)[-3:] == "600"
    unusable: list[str] = []
    assert [name for name, _ in newest_first(folder, "v", PUBLIC_KEY, unusable)] == [
        snapshot_name(seq) for seq in (12, 9, 5)
    ]
    (folder / snapshot_name(12)).write_bytes(b"")
    found = newest_first(folder, "v", PUBLIC_KEY, unusable)
    assert next(found)[1].header.seq == 9
    assert unusable == [f"{snapshot_name(12)}: it is no snapshot, or cut off"]


class Vanishing(Disk):
    """Lists a snapshot that another process removes before it is read."""

    def names(self, directory):
        return [*super().names(directory), snapshot_name(3)]


def test_one_that_is_removed_meanwhile_is_passed_over(tmp_path):
    folder = tmp_path / "snapshots"
    put(folder, 5)
    unusable: list[str] = []
    found = newest_first(folder, "v", PUBLIC_KEY, unusable, Vanishing())
    assert [name for name, _ in found] == [snapshot_name(5)]
    assert [each.seq for each in check_all(tmp_path / "journal", Vanishing())] == [5]
    assert unusable == []


def test_one_under_another_ones_name_is_not_taken(tmp_path):
    put(tmp_path, 5).rename(tmp_path / snapshot_name(6))
    with pytest.raises(SnapshotUnusable, match="after sequence number 5, renamed"):
        read_snapshot(tmp_path, 6)


@pytest.mark.parametrize(("venue", "public_key"), [("w", PUBLIC_KEY), ("v", b"\x01" * 32)])
def test_another_venues_is_refused(tmp_path, venue, public_key):
    put(tmp_path, 5)
    with pytest.raises(SnapshotError, match=r"snapshot of venue 'v'.*move it away"):
        next(newest_first(tmp_path, venue, public_key, []))


@pytest.mark.parametrize("error", [errno.ENOSPC, errno.EIO])
def test_a_disk_that_fails_leaves_those_there_are(tmp_path, error):
    """At each of its writes and syncs. What it took is gone again; afterwards another can be saved."""
    operations = FailingDisk(0, error)
    put(tmp_path / "counted", 5)
    put(tmp_path / "counted", 6, disk=operations)
    for fails_at in range(1, operations.operations + 1):
        folder = tmp_path / f"at-{fails_at}"
        put(folder, 5)
        before = (folder / snapshot_name(5)).read_bytes()
        with pytest.raises(OSError, match="injected"):
            put(folder, 6, disk=FailingDisk(fails_at, error))
        # Only the sync of the names comes when it has its own.
        assert names(folder) in ([snapshot_name(5)], [snapshot_name(5), snapshot_name(6)])
        assert (folder / snapshot_name(5)).read_bytes() == before
        assert all(read_snapshot(folder, seq) for seq in list_snapshots(folder))
        put(folder, 7)
        assert list_snapshots(folder)[-1] == 7


def test_what_a_killed_process_left_goes_with_the_next_one(tmp_path):
    (tmp_path / f"{snapshot_name(4)}.new").write_bytes(b"half of")
    put(tmp_path, 5)
    assert names(tmp_path) == [snapshot_name(5)]


def test_two_processes_don_t_save_at_once(tmp_path):
    lock = Lock()
    lock.take(tmp_path)
    with pytest.raises(SnapshotError, match="another process is saving"):
        put(tmp_path, 5)
    lock.release()
    put(tmp_path, 5)


def test_old_ones_are_thinned_out_and_the_newest_stay(tmp_path):
    for seq in range(1, 30):
        put(tmp_path, seq)
        kept = list_snapshots(tmp_path)
        assert kept[-NEWEST_KEPT:] == list(range(1, seq + 1))[-NEWEST_KEPT:]
        assert len(kept) == min(seq, MAX_KEPT)


def kept_of(versions: dict[int, int]) -> list[int]:
    removed = to_remove(versions)
    return [seq for seq in versions if seq not in removed]


def test_those_that_are_kept_lie_about_evenly():
    """However many were made, whatever is between two of them is a twelfth of all at most."""
    chance = random.Random(3)
    versions: dict[int, int] = {}
    seq = 0
    for made in range(1, 400):
        seq += chance.randint(80, 120)
        versions[seq] = 6
        versions = dict.fromkeys(kept_of(versions), 6)
        assert len(versions) <= MAX_KEPT
        if made > MAX_KEPT:
            points = [0, *versions]
            assert max(after - before for before, after in pairwise(points)) * 12 <= seq + 12 * 120


def test_where_a_version_ended_one_stays():
    versions = dict.fromkeys(range(1, 10), 6) | dict.fromkeys(range(10, 40), 7) | {40: 0}
    kept = kept_of(versions)
    assert 9 in kept
    assert kept[-NEWEST_KEPT:] == [39, 40]
    assert len(kept) == MAX_KEPT + 1


def test_what_can_t_be_read_is_removed_like_any_other(tmp_path):
    for seq in range(1, MAX_KEPT + 1):
        put(tmp_path, seq)
    (tmp_path / snapshot_name(2)).write_bytes(b"damaged")
    for seq in range(MAX_KEPT + 1, 3 * MAX_KEPT):
        put(tmp_path, seq)
        assert len(list_snapshots(tmp_path)) == MAX_KEPT
