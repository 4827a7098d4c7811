"""How a venue is: from its directory, from what it says while it runs, and by what it may need somebody."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from engine.vocabulary.limits import NS_PER_DAY
from gateway.cli.main import group
from gateway.operating.asked import NoAnswer, parse_metrics, read_health, value_of
from gateway.operating.load import load_between
from gateway.operating.page import page, size_text
from gateway.operating.status import FAR_BEHIND, Status, concerns_of, status_of, take_metrics
from tests.support.gateway.processes.pseudo_terminal import pseudo_terminal
from tests.support.gateway.venues.small_venue import served_apart, venue_text

BEFORE = """
# HELP sbx_seq Sequence number.
sbx_seq 100.0
sbx_turns_total 10.0
sbx_commands_total 50.0
sbx_busy_seconds_total 1.0
sbx_connections_closed_total{reason="client"} 1.0
sbx_request_seconds_bucket{le="0.0001"} 0.0
sbx_request_seconds_bucket{le="0.001"} 5.0
sbx_request_seconds_bucket{le="+Inf"} 5.0
"""
AFTER = """
sbx_seq 300.0
sbx_turns_total 30.0
sbx_commands_total 250.0
sbx_busy_seconds_total 1.5
sbx_unread_bytes 2048.0
sbx_indexed_seq 260.0
sbx_connections_closed_total{reason="client"} 1.0
sbx_connections_closed_total{reason="slow_consumer"} 2.0
sbx_request_seconds_bucket{le="0.0001"} 98.0
sbx_request_seconds_bucket{le="0.001"} 103.0
sbx_request_seconds_bucket{le="+Inf"} 105.0
"""


def sbx(*arguments: object) -> Result:
    return CliRunner().invoke(group, [str(each) for each in arguments], catch_exceptions=False)


@pytest.fixture(scope="module")
def venue(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    directory = tmp_path_factory.mktemp("venue")
    with served_apart(directory, "--metrics-port", "0"):
        yield directory


def test_rates_are_of_what_came_between_two_looks() -> None:
    load = load_between(parse_metrics(BEFORE), parse_metrics(AFTER), 2.0)
    assert (load.commands_per_second, load.busy_percent, load.unread_bytes) == (100, 25, 2_048)
    assert (load.closed, load.indexed_behind, load.followed_behind) == ({"slow_consumer": 2}, 40, 0)
    # 98 of the 100 requests since took up to 100 us, none that is told more.
    assert (load.request_us, load.slow_request_us) == (100, None)
    # A venue that was started again counts from nothing.
    assert load_between(parse_metrics(AFTER), parse_metrics(BEFORE), 2.0).commands_per_second is None


def test_labels_tell_samples_apart() -> None:
    metrics = parse_metrics('sbx_rejects_total{code="compliance",rule="RET-1"} 3.0\nno sample\n')
    assert value_of(metrics, "sbx_rejects_total", rule="RET-1", code="compliance") == 3
    assert value_of(metrics, "sbx_rejects_total") is None


def test_a_page_fits_its_window() -> None:
    load = load_between(parse_metrics(BEFORE), parse_metrics(AFTER), 2.0)
    lines = page(load, "venue", 60, "foot")
    assert max(map(len, lines)) <= 60 and lines[-1] == "foot"
    assert any("2.0 KiB" in line for line in page(load, "venue", 200)) and "closed: slow_consumer 2" in lines
    assert [size_text(size) for size in (0, 1_023, 1_024, 5 * 1024**4)] == ["0 B", "1023 B", "1.0 KiB", "5.0 TiB"]


def test_a_venue_that_runs_says_how_it_is(venue: Path) -> None:
    found = sbx("status", venue, "--json")
    assert found.exit_code == 0, found.output
    said: dict[str, Any] = json.loads(found.stdout)
    assert (said["state"], said["venue"], said["concerns"]) == ("running", "small", [])
    assert said["seq"] > 0 and said["accounts"] == 2 and said["memory_bytes"] > 0 and said["journal_bytes"] > 0
    shown = sbx("status", venue)
    assert shown.exit_code == 0 and "small runs" in shown.output and "nothing needs somebody" in shown.output
    by_url = json.loads(sbx("status", said["url"], "--json").stdout)
    assert (by_url["state"], by_url["seq"], by_url["directory"]) == ("running", said["seq"], None)


def test_what_it_does_is_printed_and_shown(venue: Path) -> None:
    found = sbx("top", venue, "--json", "--seconds", "0.2")
    assert found.exit_code == 0 and json.loads(found.stdout)["commands_per_second"] is not None
    assert "requests waiting" in sbx("top", venue, "--once", "--seconds", "0.2").output
    with pseudo_terminal("top", venue, "--seconds", "0.3") as terminal:
        terminal.shows("requests waiting", "each 0.3 s")
        terminal.press(" ")
        terminal.shows("stopped: space goes on")
        terminal.press("?")
        terminal.shows("stop looking, or go on")
        terminal.press("xq")


def test_one_that_does_not_run_has_its_directory(tmp_path: Path) -> None:
    (tmp_path / "venue.toml").write_text(venue_text())
    found = sbx("status", tmp_path, "--json")
    assert (found.exit_code, json.loads(found.stdout)["state"]) == (3, "not_begun")
    with served_apart(tmp_path):
        seq = json.loads(sbx("status", tmp_path, "--json").stdout)["seq"]
        refused = sbx("top", tmp_path)
        assert refused.exit_code == 1 and "has no metrics port" in refused.output
    found = sbx("status", tmp_path, "--json")
    said = json.loads(found.stdout)
    assert (found.exit_code, said["state"], said["seq"]) == (3, "stopped", seq)
    assert "does not run" in sbx("top", tmp_path).output
    (tmp_path / "fault-7.msgpack").write_bytes(b"x")
    assert "fault-7.msgpack" in json.loads(sbx("status", tmp_path, "--json").stdout)["concerns"][0]


def test_what_is_no_venue_is_usage(tmp_path: Path) -> None:
    assert sbx("status", tmp_path).exit_code == 2
    assert sbx("status", tmp_path / "none").exit_code == 2
    found = sbx("status", "ws://127.0.0.1:1", "--json")
    assert (found.exit_code, json.loads(found.stdout)["state"]) == (3, "no_answer")
    with pytest.raises(NoAnswer, match="no answer from ws://"):
        read_health("ws://127.0.0.1:1")


def test_what_is_not_as_it_should_be_is_said(tmp_path: Path) -> None:
    (tmp_path / "journal").mkdir()
    found = status_of(tmp_path, None, certificate_until_ns=NS_PER_DAY)
    assert found.concerns == ["the certificate is over"]
    status = Status(state="running", seq=FAR_BEHIND + 11)
    take_metrics(
        parse_metrics("sbx_indexed_seq 10.0\nsbx_capacity_headroom 0.5\nsbx_clock_ahead_seconds 3.0\n"), status
    )
    assert (status.indexed_seq, status.capacity.headroom, status.clock_ahead_ns) == (10, 0.5, 3 * 10**9)
    assert len(concerns_of(status)) == 3
