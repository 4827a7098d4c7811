"""`sbx audit` over the audit of a venue: found, counted, followed, and what is wrong with it."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest
from click.testing import CliRunner
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from gateway.audit.audit import Caller
from gateway.audit.files import PARTICIPANTS, file_path
from gateway.audit.keeping import KeptAudit
from gateway.cli.main import group

KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))


def kept(directory) -> KeptAudit:
    audit = KeptAudit(directory, "v", KEY, now=lambda: 7, fail=pytest.fail)
    audit.begin()
    return audit


@pytest.fixture
def venue(tmp_path):
    audit = kept(tmp_path)
    alice = Caller("sbx.v1.json", "192.0.2.1", 1)
    alice.is_now("alice", "participant", "ab12")
    audit.note("login", alice, lang="en")
    for _ in range(50):
        audit.note("login_failed", Caller("sbx.v1.json", "192.0.2.9", 2), claimed="mallory", reason="signature")
    audit.note("disconnected", alice, reason="client")
    audit.end("stopped")
    return tmp_path


def run(*arguments: object):
    return CliRunner().invoke(group, ["audit", *map(str, arguments)])


def test_rows_are_found_by_kind_participant_and_address(venue):
    found = json.loads(run(venue, "--json").output)
    assert len(found["rows"]) == 25 and not found["more"] and found["problems"] == [] and found["unsealed"] >= 0
    kinds = [row["kind"] for row in json.loads(run(venue, "--participant", "alice", "--json").output)["rows"]]
    assert kinds == ["login", "disconnected"]
    rows = json.loads(run(venue, "--kind", "login_failed", "--limit", 2, "--json").output)
    assert rows["more"] and [row["kind"] for row in rows["rows"]] == ["login_failed", "same"]
    assert json.loads(run(venue, "--address", "192.0.2.1", "--json").output)["rows"][0]["kind"] == "login"
    assert json.loads(run(venue, "--since", "2099-01-01", "--json").output)["rows"] == []
    shown = run(venue)
    assert shown.exit_code == 0 and "mallory" in shown.output and "signature" in shown.output


def test_a_summary_counts_what_was_summed_up(venue):
    found = json.loads(run(venue, "--summary", "--json").output)
    assert found["kinds"] == {"login_failed": 50, "began": 1, "login": 1, "disconnected": 1, "ended": 1}
    assert found["addresses"] == {"192.0.2.9": 50, "192.0.2.1": 2}
    assert "a login failed" in run(venue, "--summary").output


def test_damage_is_said_and_has_a_status_of_its_own(venue):
    path = file_path(venue / "audit", PARTICIPANTS, 1)
    path.write_bytes(path.read_bytes().replace(b'"participant":"alice"', b'"participant":"alicf"', 1))
    result = run(venue)
    assert result.exit_code == 1 and "its link does not hold" in result.stderr
    assert run(venue, "--json").exit_code == 1


def test_what_makes_no_sense_is_refused(venue, tmp_path_factory):
    assert run(tmp_path_factory.mktemp("empty")).exit_code == 2
    assert run(venue, "--follow", "--summary").exit_code == 2
    assert run(venue, "--since", "12").exit_code == 2
    assert run(venue, "--kind", "nonsense").exit_code == 2


def test_rows_are_followed_as_they_come(venue):
    command = [sys.executable, "-m", "gateway.cli", "audit", str(venue), "--follow", "--json", "--kind", "login"]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert json.loads(process.stdout.readline())["participant"] == "alice"
        audit = kept(venue)
        bob = Caller("sbx.v1.json", "192.0.2.2", 1)
        bob.is_now("bob", "participant", "cd34")
        audit.note("login", bob)
        audit.end("stopped")
        assert json.loads(process.stdout.readline())["participant"] == "bob"
        process.kill()
