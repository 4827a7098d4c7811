"""`sbx deribit`: keys are made, listed without secrets, and taken away; `sbx serve` opens the port, or says what it lacks."""

from __future__ import annotations

import json
import sys

import pytest
from click.testing import CliRunner

from gateway.cli.access.deribit import command
from gateway.cli.main import group
from gateway.deribit.callers.keys import KEYS_FILE, read_keys
from tests.support.gateway.venues.small_venue import served_apart, venue_text


@pytest.fixture
def directory(tmp_path):
    (tmp_path / "venue.toml").write_text(venue_text(), encoding="utf-8")
    return tmp_path


def test_a_key_is_shown_once_and_taken_away(directory):
    run = CliRunner().invoke
    made = json.loads(run(command, ["key", str(directory), "alice", "--json"]).output)
    assert read_keys(directory)[made["client_id"]].secret == made["secret"]
    shown = run(command, ["key", str(directory), "bob", "--scope", "read", "--account", "bob"])
    assert shown.exit_code == 0
    listed = run(command, ["list", str(directory)]).output
    assert "bob" in listed
    assert made["secret"] not in listed
    keys = json.loads(run(command, ["list", str(directory), "--json"]).output)["keys"]
    assert [(key["participant"], key["account"], key["scopes"]) for key in keys] == [
        ("alice", "", ["read", "trade"]),
        ("bob", "bob", ["read"]),
    ]
    assert run(command, ["revoke", str(directory), made["client_id"]]).exit_code == 0
    assert made["client_id"] not in read_keys(directory)
    again = run(command, ["revoke", str(directory), made["client_id"]])
    assert (again.exit_code, "there is no key" in again.output) == (1, True)


def test_keys_are_for_those_who_trade(directory):
    result = CliRunner().invoke(command, ["key", str(directory), "sue"])
    assert (result.exit_code, "only participants trade" in result.output) == (1, True)
    assert not (directory / KEYS_FILE).exists()


def test_a_key_for_a_name_that_the_venue_may_register_later_is_made_and_that_is_said(directory):
    result = CliRunner().invoke(command, ["key", str(directory), "nobody"])
    assert (result.exit_code, "the key works once the venue has registered one" in result.output) == (0, True)
    assert [each.participant for each in read_keys(directory).values()] == ["nobody"]


def test_a_served_venue_opens_the_port_and_says_where(tmp_path):
    with served_apart(tmp_path, "--port", "0", "--deribit", "0") as (url, process):
        assert url.startswith("ws://127.0.0.1:")
        assert process.poll() is None
    (tmp_path / KEYS_FILE).write_text("")
    (tmp_path / KEYS_FILE).chmod(0o644)
    result = CliRunner().invoke(group, ["serve", str(tmp_path), "--port", "0", "--deribit", "0", "--no-follower"])
    assert (result.exit_code, "chmod 600" in result.output) == (1, True)


def test_without_aiohttp_it_is_said_how_to_get_it(directory, monkeypatch):
    monkeypatch.setitem(sys.modules, "aiohttp", None)
    for name in [name for name in sys.modules if name.startswith("gateway.deribit.")]:
        monkeypatch.delitem(sys.modules, name)
    result = CliRunner().invoke(group, ["serve", str(directory), "--port", "0", "--deribit", "0", "--no-follower"])
    assert (result.exit_code, "pip install 'sandbox-exchange[deribit]'" in result.output) == (1, True)
