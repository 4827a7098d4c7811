"""`sbx abuse commands`, tiny."""

from __future__ import annotations

import json
from typing import Any

import pytest
from click.testing import CliRunner, Result

from engine.build import is_compiled
from gateway.cli.main import group
from loadtest.abuse import commands
from loadtest.abuse.measure import Cost
from loadtest.abuse.recipe import Recipe
from loadtest.abuse.surroundings import INGREDIENTS
from loadtest.abuse.triggers import TRIGGERS

needs_steps = pytest.mark.skipif(is_compiled(), reason="a compiled core has no lines to count")


def run(*arguments: str) -> Result:
    return CliRunner().invoke(group, ["abuse", "commands", *arguments])


def lines(result: Result) -> list[dict[str, Any]]:
    assert result.exit_code == 0, result.output
    return [json.loads(line) for line in result.stdout.splitlines()]


def test_a_recipe_is_measured() -> None:
    (line,) = lines(run("--recipe", "best bid: 5 pegs/own, 1 accounts", "--json", "--repeats", "1"))
    assert line["recipe"] == "best bid: 5 pegs/own, 1 accounts"
    # Each peg: off its level, on another; and the bid that is accepted and rests.
    assert line["events"] == 2 * 5 + 2
    assert line["row_bytes"] > 200 and line["time_ns"] > 0
    assert "best bid: 5 pegs/own" in run("--recipe", "best bid: 5 pegs/own", "--repeats", "1").output


def test_what_is_no_recipe_says_so() -> None:
    result = run("--recipe", "never: nothing")
    assert result.exit_code == 1
    assert "'never' is no trigger" in result.output


def test_everything_is_listed() -> None:
    found = lines(run("--list", "--json"))
    assert [line["ingredient"] for line in found if "ingredient" in line] == list(INGREDIENTS)
    assert [line["trigger"] for line in found if "trigger" in line] == list(TRIGGERS)


@needs_steps
def test_a_survey_says_what_multiplies() -> None:
    chosen = ("changes/owner", "levels/bids", "hour")
    found = lines(run(*[word for name in chosen for word in ("--only", name)], "--seconds", "0", "--json"))
    assert all(line["families"] == ["changes", "levels"] for line in found)
    assert any(line["kind"] == "product" and line["exponent_work"] > 1.5 for line in found)


@needs_steps
def test_people_get_a_row_for_what_multiplies() -> None:
    names = ("queue/others", "stops/shares", "one share")
    result = run(*(word for name in names for word in ("--only", name)), "--seconds", "0")
    assert result.exit_code == 0, result.output
    products, scans = result.output.split("Scans")
    (row,) = [line for line in products.splitlines() if "stops/shares" in line]
    words = row.split()
    assert words[:5] == ["queue", "x", "stops", "one", "share:"] and words[6] == "queue/others"
    assert "one share: 64 queue/others" in scans


@needs_steps
def test_a_climb_for_a_moment() -> None:
    found = lines(run("--no-survey", "--seconds", "1", "--size", "8", "--repeats", "1", "--json"))
    assert found and all(line["time_ns"] > 0 for line in found)


def test_a_fault_is_the_exit_status(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(commands, "measure", lambda recipe, repeats: Cost(0, 0, 1, 1, fault="AssertionError: drawn"))
    result = run("--recipe", str(Recipe("hour")))
    assert result.exit_code == 1
    assert "FAULT AssertionError: drawn" in result.output
