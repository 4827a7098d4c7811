from __future__ import annotations

import socket

import pytest
from click.testing import CliRunner

from gateway.cli.main import group
from tests.support.gateway.venues.small_venue import served_apart, venue_text


@pytest.fixture
def directory(tmp_path):
    (tmp_path / "venue.toml").write_text(venue_text())
    return tmp_path


def serve(*arguments: str) -> tuple[int, str]:
    result = CliRunner().invoke(group, ["serve", *arguments])
    return result.exit_code, result.output


def test_help_has_examples_and_exit_statuses():
    status, output = serve("--help")
    assert status == 0
    assert "Examples:" in output
    assert "70  a fault stopped it" in output


def test_without_a_venue_file_it_says_how_to_get_one(tmp_path):
    status, output = serve(str(tmp_path))
    assert status == 1
    assert "sbx init" in output


def test_a_wrong_venue_file_names_the_key(directory):
    (directory / "venue.toml").write_text(venue_text().replace('tick = "0.5"', 'tick = "0.000001"'))
    status, output = serve(str(directory))
    assert status == 1
    assert "instruments[0] (BTC/RUB): tick times lot must be a whole number of minor units" in output


def test_a_rulebook_file_is_looked_for_from_where_it_is_typed(directory, tmp_path_factory, monkeypatch):
    here = tmp_path_factory.mktemp("here")
    (here / "mine.toml").write_text('title = "Mine"\nkinds = 1\n')
    monkeypatch.chdir(here)
    status, output = serve(str(directory), "--rulebook", "mine.toml")
    assert status == 1
    assert "rulebook mine: kinds: must be a list of names" in output


def test_a_port_that_is_taken(directory):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        status, output = serve(str(directory), "--port", str(taken.getsockname()[1]))
    assert status == 1
    assert "Address already in use" in output or "address already in use" in output


def test_a_venue_that_runs_already(directory):
    with served_apart(directory):
        status, output = serve(str(directory))
    assert status == 1
    assert "is in use by another process: stop that venue first" in output


def test_a_damaged_journal_stops_the_start(directory):
    with served_apart(directory):
        pass
    with served_apart(directory):
        pass
    segment = directory / "journal" / "journal-00000001.sbxj"
    data = bytearray(segment.read_bytes())
    data[len(data) // 2] ^= 1
    segment.write_bytes(data)
    status, output = serve(str(directory))
    assert status == 1
    assert "journal-00000001.sbxj, frame at offset" in output


def test_a_torn_frame_is_set_aside_and_said(directory):
    # Under fsync the head may have it by then: what was on the disk is damaged, not torn.
    with served_apart(directory, "--durability", "os") as (_, process):
        process.kill()
        process.wait()
    segment = directory / "journal" / "journal-00000001.sbxj"
    segment.write_bytes(segment.read_bytes()[:-5])
    with served_apart(directory) as (_, process):
        assert process.poll() is None
    assert len(list((directory / "journal").glob("torn-*"))) == 1
