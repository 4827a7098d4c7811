"""Every scenario of the tables in tests/scenarios/matching, as one test."""

from __future__ import annotations

from pathlib import Path

import pytest

from loadtest.scenario_format import Scenario, load_topics
from loadtest.scenario_runner import run_scenario

SCENARIOS = load_topics(Path(__file__).parent / "matching")


@pytest.mark.parametrize("scenario", SCENARIOS, ids=[scenario.name for scenario in SCENARIOS])
def test_scenario(scenario: Scenario) -> None:
    failure = run_scenario(scenario)
    assert failure is None, f"\n{failure}"
