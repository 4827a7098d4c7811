from __future__ import annotations

import json

import pytest
from click.testing import CliRunner

from loadtest.flow import run as flow
from loadtest.flow.cli import command
from loadtest.flow.format import FlowError
from loadtest.flow.gateway import Gateway
from tests.support.gateway.processes.live_venue import live_venue
from tests.support.loadtest.recordings import generated_bitstamp, generated_lobster


def quiet(done: int, total: int) -> None:
    assert 0 <= done <= total


def test_the_gateway_gives_what_the_engine_gives(tmp_path):
    path, trades, books = generated_bitstamp(tmp_path / "orders.log", 5, 300)
    with live_venue(tmp_path / "venue") as venue:
        options = ["--url", venue.url, "--key", str(venue.key("delta-fund")), "--json"]
        first = ["--url", venue.url, "--keys", str(venue.directory / "keys"), "--json"]
        done = CliRunner().invoke(command, [str(path), "--plain", *first])
        assert done.exit_code == 0, done.output
        result = json.loads(done.stdout)
        # A second run finds the market and the accounts there, and clears what the first one left.
        again = json.loads(CliRunner().invoke(command, [str(path), "--plain", *options]).stdout)
    recording = flow.read(path, plain=True)
    local = flow.report(recording, flow.run(recording, 0, quiet))
    for found in (result, again):
        assert found["target"] == "gateway"
        assert found["trades"] == local["trades"]
        assert found["trades"]["equal_within_5_s"] == trades
        assert found["books"] == local["books"]
        assert found["books"]["equal_levels"]["20"] == books
        assert found["throughput"]["commands"] == local["throughput"]["commands"]


def test_lobster_orders_keep_their_place_through_the_gateway(tmp_path):
    path, executions = generated_lobster(tmp_path, 5, 200)
    with live_venue(tmp_path / "venue") as venue:
        done = CliRunner().invoke(
            command, [str(path), "--url", venue.url, "--keys", str(venue.directory / "keys"), "--json"]
        )
    assert done.exit_code == 0, done.output
    result = json.loads(done.stdout)
    assert result["trades"]["equal_with_same_maker"] == executions > 20
    assert result["books"]["equal_levels"]["10"] == result["books"]["compared"] > 50


def test_what_is_missing_is_said(tmp_path):
    path, _, _ = generated_bitstamp(tmp_path / "orders.log", 6, 20)
    assert CliRunner().invoke(command, [str(path), "--url", "ws://127.0.0.1:1"]).exit_code == 2
    with live_venue(tmp_path / "venue") as venue:
        gateway = Gateway(venue.url, "anna", venue.key("anna"))
        with pytest.raises(FlowError, match="no account recorded-buyers"):
            flow.run_remote(flow.read(path), gateway, 0, quiet)
    with pytest.raises(FlowError, match="can't connect"):
        flow.run_remote(flow.read(path), gateway, 0, quiet)
