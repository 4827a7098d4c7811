"""Every rule of the regimes has tables that show it: an order or transfer that it refuses, beside one that passes."""

from __future__ import annotations

import re

import pytest

from compliance.rules.catalogue import RULES
from tests.support.compliance.scenarios import RULEBOOKS, SCENARIOS

# A figure of the session's report, not a check: tests/gateway/cli/supervision/test_report.py.
REPORTED = {"OPS-2"}
PASSING = ("passes", "fills", "moves", "done")
STATED = {rule for rulebook in RULEBOOKS for rule in rulebook.rules}
REFUSING = {rule for book in RULEBOOKS for rule in (*book.order, *book.transfer_order)}


def outcomes(scenario: dict[str, str]) -> list[str]:
    return [line.rsplit("|", 1)[1].strip() for line in scenario["steps"].strip().splitlines()]


def about(rule: str) -> list[dict[str, str]]:
    """The scenarios that name a rule in their title."""
    return [each for each in SCENARIOS if re.search(rf"\b{rule}\b", each["name"])]


def test_the_regimes_state_known_rules_and_have_each_that_is_reported() -> None:
    assert set(RULES) >= STATED
    assert STATED >= REPORTED


@pytest.mark.parametrize("rule", sorted(STATED - REPORTED))
def test_a_table_shows_the_rule(rule: str) -> None:
    shown = [each for each in about(rule) if any(outcome.startswith(PASSING) for outcome in outcomes(each))]
    assert shown, f"no scenario named for {rule} has a step that passes"
    if rule in REFUSING:
        refused = [each for each in shown if any(re.search(rf"\b{rule}\b", outcome) for outcome in outcomes(each))]
        assert refused, f"no scenario named for {rule} has a step that it refuses, beside one that passes"
