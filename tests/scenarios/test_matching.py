"""Every scenario of the tables in tests/scenarios/matching, as one test; and that the tables leave nothing out."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from engine.vocabulary import codes
from loadtest.scenarios.format import Scenario, load_topics
from loadtest.scenarios.runner import run_scenario

SCENARIOS = load_topics(Path(__file__).parent / "matching")
PHRASES = [phrase for scenario in SCENARIOS for step in scenario.steps for phrase in step.expected or []]
ORDERS = [step.text.split() for scenario in SCENARIOS for step in scenario.steps if " is " not in step.text]


@pytest.mark.parametrize("scenario", SCENARIOS, ids=[scenario.name for scenario in SCENARIOS])
def test_scenario(scenario: Scenario) -> None:
    failure = run_scenario(scenario)
    assert failure is None, f"\n{failure}"


def test_every_reject_code_is_expected_somewhere() -> None:
    found = {match for phrase in PHRASES for match in re.findall(r"(?:rejected|refused) \((\w+)", phrase)}
    assert found == set(codes.REJECT_CODES) - {"ok"}


def test_every_cancel_reason_is_expected_somewhere() -> None:
    found = {match for phrase in PHRASES for match in re.findall(r"cancelled \S+ \((\w+)", phrase)}
    # `phase` is kept for old journals; no event has it any more.
    assert found == set(codes.CANCEL_REASONS) - {"phase"}


@pytest.mark.parametrize(
    "words",
    [
        codes.TIMES_IN_FORCE[1:4] + codes.TIMES_IN_FORCE[5:] + ("until", "market", "stop", "trail", "show", "peg"),
        codes.PEGS,
        codes.SELF_TRADE_MODES,
        codes.ALLOCATIONS,
        codes.SCOPES,
        codes.PHASES,
    ],
)
def test_every_kind_of_order_and_setting_is_used_somewhere(words: tuple[str, ...]) -> None:
    used = {word.rstrip(",") for order in ORDERS for word in order}
    assert set(words) <= used


def test_no_two_scenarios_have_one_name() -> None:
    assert len({scenario.name for scenario in SCENARIOS}) == len(SCENARIOS) >= 150
