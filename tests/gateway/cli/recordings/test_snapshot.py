"""`sbx snapshot`, and what `sbx verify` and `sbx serve` say of snapshots."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys

import pytest
from click.testing import CliRunner

from gateway.cli.main import group
from gateway.snapshots.folder import SNAPSHOT_FOLDER, list_snapshots, snapshot_name
from tests.support.gateway.inprocess.saved_venue import save, traded
from tests.support.gateway.venues.small_venue import venue_text
from tests.support.places import ROOT


def run(*arguments: object) -> tuple[int, str]:
    result = CliRunner().invoke(group, [str(argument) for argument in arguments])
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    return result.exit_code, result.output


@pytest.fixture(scope="module")
def saved(tmp_path_factory):
    """A venue with two snapshots."""
    directory = tmp_path_factory.mktemp("cli") / "venue"
    for seed in range(2):
        traded(directory, seed, 40)
        save(directory)
    return directory


@pytest.fixture
def venue(saved, tmp_path):
    return shutil.copytree(saved, tmp_path / "venue")


def test_one_is_made_once_and_from_the_one_before(venue):
    seqs = list_snapshots(venue / SNAPSHOT_FOLDER)
    status, output = run("snapshot", venue)
    assert status == 0
    assert f"there is one already of sequence number {seqs[-1]}" in output
    traded(venue, 2, 40)
    status, output = run("snapshot", venue / "journal")
    assert status == 0
    assert f"from {snapshot_name(seqs[-1])} on, in " in output
    assert len(list_snapshots(venue / SNAPSHOT_FOLDER)) == 3
    status, output = run("snapshot", venue, "--json")
    assert status == 0
    assert json.loads(output)["made"] is False


def test_without_a_key_a_journal_or_a_head_it_says_what_is_missing(venue, tmp_path):
    assert run("snapshot", tmp_path)[0] == 2
    key = (venue / "venue.key").read_bytes()
    (venue / "venue.key").unlink()
    assert "has a journal, but no venue.key" in run("snapshot", venue)[1]
    (venue / "venue.key").write_bytes(key)
    (venue / "venue.key").chmod(0o600)
    (venue / "journal" / "head").unlink()
    status, output = run("snapshot", venue)
    assert status == 1
    assert "has no head, which says how far it is on the disk" in output


def test_a_list_says_which_are_sound(venue):
    first, last = (venue / SNAPSHOT_FOLDER / snapshot_name(seq) for seq in list_snapshots(venue / SNAPSHOT_FOLDER))
    status, output = run("snapshot", venue, "--list")
    assert (status, output.count("signed")) == (0, 2)
    last.write_bytes(last.read_bytes()[:-1])
    status, output = run("snapshot", venue, "--list")
    assert (status, output.count("signed")) == (1, 1)
    assert "its digest does not match" in output
    status, output = run("verify", venue, "--json")
    assert status == 1
    found = json.loads(output)
    assert found["status"] == "snapshots_damaged"
    assert [each["problem"] is None for each in found["snapshots"]] == [True, False]
    said = run("verify", venue)[1]
    assert (
        f"snapshots damaged: the journal is sound, but of 2 snapshots 1 are not what they should be\n  {last.name}: "
        in said
    )
    assert "\nsound" not in said
    first.unlink()
    last.unlink()
    assert "there are no snapshots" in run("snapshot", venue, "--list")[1]
    assert run("verify", venue)[0] == 0


def test_verify_compares_snapshots_with_the_journal(venue, saved, tmp_path):
    other = tmp_path / "other"
    traded(other, 5, 90)
    foreign = save(other)
    shutil.copy(foreign.path, venue / SNAPSHOT_FOLDER)
    status, output = run("verify", venue)
    assert status == 1
    assert "it is of venue 'small' with key" in output
    status, output = run("snapshot", venue, "--list")
    assert (status, output.count("signed")) == (1, 2)
    assert "it is of venue 'small' with key" in output
    (venue / SNAPSHOT_FOLDER / foreign.path.name).unlink()
    # Put back from a copy that had gone on.
    traded(venue, 6, 40)
    ahead = save(venue)
    shutil.copy(ahead.path, saved / SNAPSHOT_FOLDER)
    status, output = run("verify", saved)
    assert status == 1
    assert "its end was cut off" in output
    status, output = run("snapshot", saved)
    assert status == 1
    assert f"{ahead.path.name} has {ahead.seq}" in output and "the snapshots are not of this journal" in output
    (saved / SNAPSHOT_FOLDER / ahead.path.name).unlink()
    assert run("verify", saved)[0] == 0


def test_another_venues_key_is_told_apart_from_another_venues_snapshot(venue, tmp_path):
    """The key was put there from elsewhere: the snapshots are right, and none is to be moved away."""
    traded(tmp_path / "other", 1, 4)
    shutil.copy(tmp_path / "other" / "venue.key", venue)
    (venue / "venue.toml").write_text(venue_text())
    for name in ("snapshot", "upgrade", "serve"):
        status, output = run(name, venue)
        assert status == 1
        assert "venue.key is not the key of the journal in" in output and "Put the key of this journal back" in output
        assert "away" not in output


def test_serve_says_what_it_began_with(venue):
    first, last = list_snapshots(venue / SNAPSHOT_FOLDER)
    (venue / SNAPSHOT_FOLDER / snapshot_name(last)).write_bytes(b"")
    (venue / "venue.toml").write_text(venue_text())
    command = [sys.executable, "-m", "gateway.cli", "serve", str(venue)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, cwd=ROOT) as process:
        assert process.stdout is not None
        ready = process.stdout.readline().decode()
        process.terminate()
        _, said = process.communicate(timeout=20)
    assert f"{last} commands recovered, those up to {first} from a snapshot" in ready
    assert f"not used: {snapshot_name(last)}: it is no snapshot, or cut off" in said.decode()
