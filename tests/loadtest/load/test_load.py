"""`sbx load` against real venues: what a load tester runs, on a small scale."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

from loadtest.load.results.result import HEAT_BOUNDS_NS, read_result
from tests.support.loadtest.loads import SMALL, load, loaded, slower_than

SLOW_SERVE = Path(__file__).parents[2] / "support" / "loadtest" / "slow_serve.py"


# A venue is started, loaded, stopped, replayed: 4 s.
def test_a_load_is_checked_from_the_request_to_the_journal(tmp_path):
    result = loaded("--rate", "400", "--seconds", "2", "--subscribers", "3", "--out", str(tmp_path / "a.json"))
    (run,) = result["runs"]
    assert [check["status"] for check in run["checks"]] == ["held"] * 6, run["checks"]
    assert run["requests"] == run["answered"] > 500
    trips = [each for each in run["measured"] if each["group"] == "round_trip"]
    assert sum(each["latency"]["count"] for each in trips) == run["answered"]
    refused = sum(
        each["latency"]["count"] for each in trips if each["outcome"] in {"rejected", "request_rejected", "error"}
    )
    assert sum(run["refused"].values()) == refused > 0
    assert {"new_order", "cancel_order", "amend_order"} <= {each["name"] for each in trips}
    assert run["fills"] > 0
    assert run["delivered"] > 100
    assert run["generator"]["subscribers"] == 3
    timeline = run["timeline"]
    assert sum(second["sent"] for second in timeline if not second["is_warm_up"]) <= run["requests"]
    assert all(len(second["heat"]) == len(HEAT_BOUNDS_NS) + 1 for second in timeline)
    assert run["samples"][-1]["commands_per_second"] > 0
    assert run["samples"][-1]["cpu_share"] > 0
    assert result["venue"]["build"] == "interpreted"
    assert read_result(tmp_path / "a.json").runs[0].requests == run["requests"]


MIX = """
title = "candles"
about = "Those who listen to candles and queues, and those who ask for candles."
[[part]]
behaviour = "makers"
weight = 0.4
[[part]]
behaviour = "takers"
weight = 0.3
[[part]]
behaviour = "questions"
weight = 0.3
candles_share = 0.7
interval = "1s"
[subscribers]
connections = 3
channels = ["candles", "orders"]
instruments = 2
interval = "1s"
"""


def test_candles_are_listened_to_and_asked_for(tmp_path):
    mix = tmp_path / "candles.toml"
    mix.write_text(MIX)
    result = loaded("--rate", "400", "--seconds", "2.5", "--mix", str(mix), "--no-books", "--no-replay")
    (run,) = result["runs"]
    statuses = {check["name"]: check["status"] for check in run["checks"]}
    assert statuses["no market-data message is missing or doubled"] == "held", run["checks"]
    assert set(statuses.values()) == {"held", "unchecked"}, run["checks"]
    count = {(each["group"], each["name"], each["outcome"]): each["latency"]["count"] for each in run["measured"]}
    assert count["market_data", "candles", ""] > 20 and count["market_data", "orders", ""] > 100
    assert count["round_trip", "candle_history", "candle_history"] > 50
    assert run["fills"] > 0


# Two venues, one after the other: 8 s. What wrk2 was written to show.
def test_a_pause_shows_in_an_open_loop_and_hides_in_a_closed_one():
    pause = ("--seconds", "1.5", "--pause", "200ms@800ms", "--no-books", "--no-replay")
    opened = loaded("--rate", "500", *pause)["runs"][0]
    # Those due in the first half of the pause waited for 100 ms or more: about 50.
    assert slower_than(opened, 100_000_000) >= 30
    closed = loaded("--closed", "1", *pause)
    (run,) = closed["runs"]
    assert closed["arrivals"] == "closed"
    # Each connection had one request under way.
    assert 1 <= slower_than(run, 150_000_000) <= 4 * 2
    assert run["requests"] > 200


# A venue is started: 4 s.
def test_a_generator_that_falls_behind_says_so():
    (run,) = loaded("--rate", "500", "--seconds", "1", "--slow-generator", "4ms", "--no-books", "--no-replay")["runs"]
    assert run["generator"]["is_behind"]
    assert "late by" in run["generator"]["detail"]
    assert run["limit"] == "generator"
    lag = next(each["latency"] for each in run["measured"] if each["group"] == "send_lag")
    assert lag["p99_ns"] > 300_000_000


# A venue is started: 5 s.
def test_the_latency_counts_from_when_a_request_was_due_and_an_objective_decides():
    command = f"{sys.executable} {SLOW_SERVE} 20000"
    done = load("--rate", "20", "--seconds", "1", "--slo", "15ms", "--serve", command, "--no-books")
    assert done.returncode == 1, done.stderr
    result = json.loads(done.stdout)
    (run,) = result["runs"]
    assert result["slo_held"] is False
    assert all(check["status"] != "failed" for check in run["checks"])
    fastest = min(each["latency"]["p50_ns"] for each in run["measured"] if each["group"] == "round_trip")
    assert fastest > 19_000_000


# A venue is started, and loaded five times or so: 8 s.
def test_the_knee_of_a_venue_that_takes_ten_milliseconds_a_command():
    command = f"{sys.executable} {SLOW_SERVE} 10000"
    options = (
        "--find-knee",
        "--slo",
        "200ms",
        "--rate",
        "40",
        "--seconds",
        "0.8",
        "--within",
        "30",
        "--repeat",
        "1",
        "--arrivals",
        "constant",
    )
    result = loaded(*options, "--serve", command, "--no-books", "--no-replay", "--mix", "makers", "--drain", "1s")
    (rate,) = result["knee"]["rates"]
    (steps,) = result["knee"]["steps"]
    assert rate == max(step["rate"] for step in steps if step["held"])
    assert any(not step["held"] for step in steps)
    # It can take 100 a second, and in a second of more than that the backlog grows slowly. Beside much else it takes less:
    # the knee is where the most that it has answered says.
    assert max(step["rate_done"] for step in steps) / 2 <= rate <= 140
    assert result["knee"]["slo"] == "p99 of round trips at most 200 ms"


def halves_failed(folder: Path, url: str, directory: Path, start_s: float) -> list[str]:
    """Run two halves of a load, each in a process of its own, from a moment on; what those said that failed."""
    start = time.strftime("%Y-%m-%dT%H:%M:%S%z", time.localtime(start_s))
    processes = [
        subprocess.Popen(
            [
                *(sys.executable, "-m", "gateway.cli", "load", "--json", "--url", url, "--venue", str(directory)),
                *("--rate", "300", "--seconds", "1", "--warm-up", "0s", "--connections", "4", "--share", f"{part}/2"),
                *("--start-at", start, "--out", str(folder / f"{part}.json")),
            ],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
        for part in (1, 2)
    ]
    errors = [process.communicate(timeout=100)[1].decode() for process in processes]
    return [said for process, said in zip(processes, errors, strict=True) if process.returncode]


# Three venues' worth of starts: 6 s.
def test_two_machines_load_one_venue_and_their_results_add_up(tmp_path, served_load_venue):
    url, directory = served_load_venue
    # How soon the connections of both are up is a matter of what else the machine does.
    for ahead_s in (4, 12, 36):
        failed = halves_failed(tmp_path, url, directory, time.time() + ahead_s)
        if not any("the start time is over" in why for why in failed):
            break
    assert failed == []
    parts = [read_result(tmp_path / f"{part}.json") for part in (1, 2)]
    assert all(each.runs[0].generator.connections == 4 for each in parts)
    merged = subprocess.run(
        [
            sys.executable,
            "-m",
            "gateway.cli",
            "load",
            "merge",
            "--out",
            str(tmp_path / "whole.json"),
            *(str(tmp_path / f"{part}.json") for part in (1, 2)),
            "--json",
        ],
        capture_output=True,
        text=True,
        timeout=30,
        check=True,
    )
    whole = json.loads(merged.stdout)
    assert whole["runs"][0]["requests"] == sum(each.runs[0].requests for each in parts) > 200
    unchecked = [check["name"] for check in whole["runs"][0]["checks"] if check["status"] == "unchecked"]
    assert unchecked == ["the journal is sound and replays equal", "the journal has what was acknowledged, once"]


@pytest.mark.parametrize(
    ("arguments", "why"),
    [
        (("--url", "ws://127.0.0.1:1"), "--url needs --venue DIR"),
        (("--find-knee", "--capacity", "100"), "two questions"),
        (("--find-knee", "--closed", "1"), "closed loop"),
        (("--pause", "200ms@30s"), "after the end of the run"),
        (("--pause", "5"), "200ms@5s"),
        (("--share", "3/2"), "2/5"),
        (("--slo", "5"), "write one as 5ms"),
        (("--beside-out", "x.json"), "--beside"),
        (("--start-at", "noon"), "10:04:07"),
    ],
)
def test_what_makes_no_sense_together_is_refused(arguments, why):
    done = load(*arguments)
    assert done.returncode == 2
    assert why in done.stderr


@pytest.mark.parametrize(
    ("arguments", "why"),
    [
        (("--mix", "nonsense"), "unknown mix 'nonsense'; there are"),
        (("--shape", "saw"), "unknown shape 'saw'"),
        (("--arrivals", "never"), "never"),
        (("--channel", "nope", "--subscribers", "1"), "--channel"),
        (("--connections", "500"), "participants"),
        (("--serve", "/nowhere/sbx serve"), "/nowhere/sbx"),
        (("--url", "ws://127.0.0.1:1", "--venue", "."), "no venue answers at ws://127.0.0.1:1"),
    ],
)
def test_what_can_not_be_done_is_refused_in_words(arguments, why):
    done = load("--seconds", "1", *arguments)
    assert done.returncode in {1, 2}, done.stderr
    assert why in done.stderr
    assert "Traceback" not in done.stderr


# A venue is started, and the command killed: 4 s.
def test_nothing_is_left_behind_by_a_command_that_is_killed(tmp_path):
    serve = f"{sys.executable} -P -m gateway.cli serve"
    command = [sys.executable, "-m", "gateway.cli", "load", *SMALL, "--serve", serve, "--seconds", "60", "--rate", "50"]
    # Its directory stays, as it must: here.
    environment = {**os.environ, "TMPDIR": str(tmp_path)}
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environment)
    try:
        deadline = time.monotonic() + 20
        family: list[psutil.Process] = []
        while len(family) < 2 and time.monotonic() < deadline:
            time.sleep(0.1)
            family = psutil.Process(process.pid).children()
        # The venue and a generator; it has to have begun.
        time.sleep(1.5)
        family = psutil.Process(process.pid).children()
        assert len(family) == 2
    finally:
        process.kill()
        process.communicate()
    _, alive = psutil.wait_procs(family, timeout=10)
    assert alive == []
