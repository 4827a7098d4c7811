"""Honest connections beside bad ones: a small siege of a real venue, one that fails, and what counts as a failure."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import msgspec
import psutil
import pytest
from click.testing import CliRunner

from engine.vocabulary.memory_limits import CONNECTION_BYTES, MAX_UNREAD_BYTES
from gateway.cli.main import group
from gateway.cli.terminal import Terminal
from loadtest.abuse.connections.army import strength
from loadtest.abuse.connections.attacks import ATTACKS
from loadtest.abuse.connections.cli import Asked
from loadtest.abuse.connections.foe import _reason, frame
from loadtest.abuse.connections.memory import allowed
from loadtest.abuse.connections.show import show
from loadtest.abuse.connections.siege import LATENCY, MEMORY, Plan, Round, Siege, judged
from loadtest.load.checks import MARKET_DATA, OUTCOMES, REPORTS
from loadtest.load.results.result import Check, VenueFacts
from tests.support.gateway.links.raw_frames import frame as other_frame
from tests.support.loadtest.single_runs import make_run

HELD_UP_SERVE = Path(__file__).parents[3] / "support" / "loadtest" / "held_up_serve.py"
SERVE = f"{sys.executable} -P -m gateway.cli serve"
SMALL = (
    *("--connections", "12", "--rate", "150", "--seconds", "3", "--warm-up", "300ms", "--pairs", "1"),
    *("--most", "2", "--participants", "24", "--instruments", "4", "--durability", "os", "--json"),
)
# Milliseconds beside one, or hundreds beside ten: whatever else the machine does, a venue that serves in turn stays below.
WITHIN = 30
GENEROUS = ("--within", str(WITHIN))
COMMAND = [sys.executable, "-m", "gateway.cli", "abuse", "connections"]


def besieged(*arguments: str, serve: str = SERVE) -> tuple[int, dict[str, Any]]:
    """The exit status of a small siege, and what it found."""
    command = [*COMMAND, *SMALL, "--serve", serve, *arguments]
    done = subprocess.run(command, capture_output=True, text=True, timeout=240, check=False)
    assert done.stdout, done.stderr[-3000:]
    return done.returncode, json.loads(done.stdout)


def statuses(found: dict[str, Any]) -> dict[str, str]:
    return {check["name"]: check["status"] for check in found["checks"]}


# Two venues are started, loaded, stopped, replayed, one of them besieged: 20 s.
def test_the_honest_lose_nothing_beside_every_kind_of_attack():
    status, found = besieged(*GENEROUS)
    assert status == 0, found["checks"]
    assert "failed" not in statuses(found).values()
    peace, siege = found["rounds"]
    assert (peace["besieged"], siege["besieged"]) == (False, True)
    assert peace["assaults"] == [] and peace["counted"].get("errors", {}).get("malformed", 0) == 0
    for each in (peace, siege):
        held = {check["name"] for check in each["run"]["checks"] if check["status"] == "held"}
        assert len(held) == 6, each["run"]["checks"]
        assert each["run"]["requests"] == each["run"]["answered"] > 300
        assert each["run"]["connections_lost"] == each["run"]["connections_refused"] == 0
    assaults = {each["attack"]: each for each in siege["assaults"]}
    assert list(assaults) == list(ATTACKS)
    # Each did what it is there for, and was ended for it, if it is not one that waits for longer.
    assert all(each["opened"] >= 2 for each in assaults.values())
    assert all(each["greeted"] == 0 for name, each in assaults.items() if name in {"half-open", "slow-headers"})
    assert assaults["wrong-logins"]["ended"]["1008"] >= 2
    assert assaults["huge"]["ended"]["1009"] >= 1
    assert assaults["garbage"]["ended"]["1008"] >= 1
    assert assaults["churn"]["ended"]["left"] > 10
    assert assaults["floods"]["sent_bytes"] > 1_000_000 and assaults["asks"]["read_bytes"] > 10_000
    assert siege["counted"]["errors"]["login_failed"] >= 6
    assert siege["rate_waits"] > 0


@pytest.mark.soak  # 40 s. That a verdict can fail is tested below without a venue.
def test_a_venue_that_lets_a_mistake_hold_up_everybody_fails():
    serve = f"{sys.executable} {HELD_UP_SERVE} 40"
    attack = ("--only", "garbage", "--most", "4", "--seconds", "2")
    status, found = besieged(*GENEROUS, *attack, "--no-replay", serve=serve)
    assert status == 1
    assert statuses(found)[LATENCY] == "failed"
    assert found["ratios"][0] > WITHIN


# ── the verdict ────────────────────────────────────────────────────────────────────────────────────────────────────


def plan(**changes: Any) -> Plan:
    given = {
        "connections": 12, "rate": 100.0, "seconds": 10.0, "warm_up": 0, "pairs": 2, "chosen": (), "most": 1, "addresses": "many",
        "within": 3.0, "nice": 10, "serve": "", "durability": "os", "participants": 24, "instruments": 4, "seed": 1, "pin": False,
        "replays": True, "listed": False, "as_json": True,
    }  # fmt: skip
    return Asked(**{**given, **changes}).plan()


def rounds(
    *p99_ms: float, peaks: tuple[int, ...] = (100, 110, 110, 100), failed: dict[int, str] | None = None
) -> list[Round]:
    """A B B A: the 99th percentiles, the most memory in MiB, and the check that failed in which of them."""
    found: list[Round] = []
    for place, (p99, peak) in enumerate(zip(p99_ms, peaks, strict=True)):
        run = make_run(rate=100, p99_ns=round(p99 * 1e6))
        for name in (OUTCOMES, REPORTS, MARKET_DATA):
            is_failed = (failed or {}).get(place) == name
            run.checks.append(
                Check(name, "failed" if is_failed else "held", "three are missing" if is_failed else "all")
            )
        found.append(Round(place in {1, 2}, run, [], 0.5, peak * 2**20, 7, {"errors": {"malformed": 3}}))
    return found


VENUE = VenueFacts("ws://127.0.0.1:1", "0", "interpreted", "os", "general-2026", 6, 24, 4, True)


def verdict(found: list[Round], **changes: Any) -> Siege:
    return judged(plan(**changes), found, VENUE)


def failures(found: Siege) -> list[str]:
    assert found.has_held == all(check.status != "failed" for check in found.checks)
    return [check.name for check in found.checks if check.status == "failed"]


def test_the_median_of_the_pairs_decides_on_latency():
    held = verdict(rounds(1, 2.9, 6, 2))
    assert held.ratios == [pytest.approx(2.9, rel=0.01), pytest.approx(3, rel=0.01)]
    assert failures(held) == []
    assert failures(verdict(rounds(1, 3.5, 6, 2))) == [LATENCY]
    assert failures(verdict(rounds(1, 3.5, 6, 2), within=3.5)) == []


@pytest.mark.parametrize("place", range(4))
@pytest.mark.parametrize("name", [OUTCOMES, REPORTS, MARKET_DATA])
def test_anything_lost_in_any_run_is_a_failure(place, name):
    found = verdict(rounds(1, 1, 1, 1, failed={place: name}))
    assert failures(found) == [name]
    (check,) = [check for check in found.checks if check.name == name]
    assert check.detail == ("besieged" if place in {1, 2} else "in peace") + ": three are missing"


def test_memory_has_a_bound_that_is_the_sum_of_its_parts():
    parts = allowed({"deaf": 3, "floods": 2}, 10.0)
    assert [each.size_bytes for each in parts[:2]] == [5 * CONNECTION_BYTES, MAX_UNREAD_BYTES]
    most = sum(each.size_bytes for each in allowed(plan().strength, 10.0)) // 2**20
    assert failures(verdict(rounds(1, 1, 1, 1, peaks=(100, 100 + most, 100, 100)))) == []
    assert failures(verdict(rounds(1, 1, 1, 1, peaks=(100, 100, 102 + most, 100)))) == [MEMORY]


def test_people_see_the_runs_the_attacks_and_the_verdict(capsys):
    show(verdict(rounds(1, 3.5, 8, 2)), Terminal(wraps=False, width=200))
    told = capsys.readouterr().out
    assert "12 honest connections" in told
    runs = [line for line in told.splitlines() if line.startswith(("in peace", "besieged"))]
    assert [line.split()[-2] for line in runs] == ["100", "110", "110", "100"]
    assert "answered with an error: malformed 3" in told
    assert "failed  the 99th percentile of the honest stays within its bound: 3.75 times as long" in told


# ── the attackers ──────────────────────────────────────────────────────────────────────────────────────────────────


def test_how_many_attack():
    assert strength((), None) == {name: attack.connections for name, attack in ATTACKS.items()}
    assert sum(strength((), None).values()) == 395
    assert strength(("asks", "huge"), 3) == {"huge": 3, "asks": 3}


@pytest.mark.parametrize("size", [0, 125, 126, 65_535, 65_536])
def test_frames_are_what_they_should_be(size):
    assert frame(b"x" * size) == other_frame(0x81, b"x" * size)


def test_the_close_code_is_that_of_the_last_frame():
    close = b"\x88\x09" + (1008).to_bytes(2, "big") + b"too bad"
    assert _reason(b"..." + close) == "1008"
    assert _reason(close + b".") == _reason(b"") == _reason(b"\x88\x00") == "cut"


def test_the_attacks_are_listed():
    result = CliRunner().invoke(group, ["abuse", "connections", "--list"])
    assert result.exit_code == 0
    assert [line.split()[0] for line in result.output.splitlines()] == list(ATTACKS)


def test_the_honest_and_the_bad_are_different_participants():
    result = CliRunner().invoke(group, ["abuse", "connections", *SMALL, "--participants", "12", "--serve", SERVE])
    assert result.exit_code == 1
    assert "20 participants are needed, the venue has 12: --participants 20" in result.output


# Until the attack has begun, and the command killed: 8 s.
def test_nothing_is_left_behind_by_a_siege_that_is_killed():
    process = subprocess.Popen(
        [*COMMAND, *SMALL, "--seconds", "60", "--serve", SERVE, "--pairs", "2"], stdout=-1, stderr=-1
    )
    try:
        deadline = time.monotonic() + 30
        family: list[psutil.Process] = []
        while len(family) < 2 and time.monotonic() < deadline:
            time.sleep(0.2)
            family = psutil.Process(process.pid).children(recursive=True)
    finally:
        process.kill()
        process.communicate()
    _, alive = psutil.wait_procs(family, timeout=10)
    assert alive == []


def test_a_result_can_be_read_again():
    found = verdict(rounds(1, 2, 2, 1))
    assert msgspec.json.decode(msgspec.json.encode(found), type=Siege) == found
