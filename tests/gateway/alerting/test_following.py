"""A venue that runs, looked at while it runs: alerts come within seconds, once each, and a start does not repeat them."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from click.testing import CliRunner

from gateway.cli.main import group
from gateway.client import Client, connect
from tests.support.gateway.processes.live_venue import LiveVenue, live_venue

LIMIT_S = 5.0
"""OPS-2, after RTS 7: `alert_seconds`."""


@contextmanager
def looking(venue: LiveVenue) -> Iterator[subprocess.Popen[str]]:
    command = [sys.executable, "-m", "gateway.cli", "surveil", str(venue.directory), "--follow", "--json"]
    with subprocess.Popen([*command, "--url", venue.url], stdout=subprocess.PIPE, text=True) as process:
        try:
            yield process
        finally:
            process.terminate()


async def _to_and_fro(venue: LiveVenue, instrument: str, rounds: int) -> None:
    async with (
        connect(venue.url, "anna", venue.key("anna"), account="anna.main") as anna,
        connect(venue.url, "boris", venue.key("boris"), account="boris.main") as boris,
    ):
        for number in range(rounds):
            first, second = (anna, boris) if number % 2 else (boris, anna)
            price = "8000000" if instrument == "BTC/RUB" else "250000"
            await first.sell(instrument, quantity="0.05", price=price)
            await second.buy(instrument, quantity="0.05", price=price)


async def _alerts(venue: LiveVenue) -> dict[str, Any]:
    async with connect(venue.url, "supervisor", venue.key("supervisor")) as supervisor:
        return dict(await supervisor.records("alert"))


async def _heard(supervisor: Client, work: Any) -> Any:
    """The first change of alerts that the supervisors' channel tells while something is done."""
    changes = supervisor.changes()
    await changes.start()
    await work
    async with asyncio.timeout(30):
        async for change in changes:
            if change.what == "alert":
                return change
    raise AssertionError


async def _watched(venue: LiveVenue) -> Any:
    async with connect(venue.url, "supervisor", venue.key("supervisor")) as supervisor:
        return await _heard(supervisor, _to_and_fro(venue, "BTC/RUB", 4))


def test_alerts_come_in_time_and_once(tmp_path: Path) -> None:
    with live_venue(tmp_path) as venue:
        with looking(venue) as process:
            change = asyncio.run(_watched(venue))
            assert process.stdout is not None
            told = json.loads(process.stdout.readline())
        assert told["detector"] == "wash_trade" and told["alert"] == int(change.key)
        assert 0 <= told["delay_s"] < LIMIT_S
        assert change.by == "surveillance" and "anna" in change.detail and "boris" in change.detail
        # What happens while nobody looks is found by the next start, and what was raised is not raised again.
        asyncio.run(_to_and_fro(venue, "ETH/RUB", 4))
        with looking(venue) as process:
            assert process.stdout is not None
            late = json.loads(process.stdout.readline())
            assert late["instruments"] == ["ETH/RUB"] and late["alert"] is not None
            time.sleep(1.0)
        alerts = asyncio.run(_alerts(venue))
        assert sorted(alerts) == sorted([str(told["alert"]), str(late["alert"])])


def test_a_supervisor_walks_from_an_alert_to_what_another_rule_would_have_done(tmp_path: Path) -> None:
    """The five commands of docs/SUPERVISOR.md, on what surveillance beside the venue has raised."""
    with live_venue(tmp_path, options=("--surveillance",)) as venue:
        change = asyncio.run(_watched(venue))
        access = ["--url", venue.url, "--key", str(venue.key("supervisor"))]

        def sbx(*words: object) -> str:
            result = CliRunner().invoke(group, [str(word) for word in words])
            assert result.exit_code == 0, result.output
            return result.output

        alert = json.loads(sbx("cases", tmp_path, change.key, "--alerts", "--json"))
        evidence = alert["alert"]["evidence"]
        assert alert["alert"]["detector"] == "wash_trade" and len(alert["rows"]) == len(evidence) == 4
        opened = sbx("control", *access, "open-case", "--alert", change.key, "--reason", "both are theirs", "--yes")
        assert f"wash_trade: {' '.join(alert['alert']['investors'])}" in opened
        assert "BTC/RUB" in sbx("order", tmp_path, evidence[0])
        assert "passes" in sbx("explain", tmp_path, evidence[0], "--all").lower()
        other = sbx("whatif", tmp_path, "--from", evidence[0], "--set", "OPS-1.super_qualified_rub=100000", "--json")
        assert "OPS-1" in other
        # Of a case nothing waits any more.
        assert asyncio.run(_alerts(venue)) == {}
