"""Runs the tables in tests/scenarios/compliance_*.toml through a whole exchange."""

from __future__ import annotations

import pytest

from compliance.rules.catalogue import RULES
from tests.support.compliance.scenarios import RULEBOOKS, SCENARIOS, outcome, split_change, supervise, trade
from tests.support.compliance.venue import Venue


@pytest.mark.parametrize("scenario", SCENARIOS, ids=[scenario["name"] for scenario in SCENARIOS])
def test_scenario(scenario: dict[str, str]) -> None:
    venue = Venue(scenario["rulebook"], tuple(split_change(change) for change in scenario.get("changes", ())))
    orders: list[int] = []
    for number, line in enumerate(scenario["steps"].strip().splitlines(), 1):
        when, who, what, expected = (cell.strip() for cell in line.split("|"))
        venue.at(when)
        events = supervise(venue, what) if who == "supervisor" else trade(venue, orders, who, what)
        if what != "wait":
            due, events = events[: venue.exchange.due_events], events[venue.exchange.due_events :]
            assert outcome(due, orders) == "done", f"step {number}: {line}: what time brought is not expected\n{due}"
        assert outcome(events, orders) == expected, f"step {number}: {line}\n{events}"
        venue.exchange.check()


def test_every_rule_that_can_refuse_an_order_decides_in_a_table() -> None:

    expected = {
        word
        for scenario in SCENARIOS
        for line in scenario["steps"].strip().splitlines()
        for word in [line.split("|")[3].split()[0]]
    }
    assert expected >= {rule for rulebook in RULEBOOKS for rule in rulebook.order}


def test_every_rule_that_can_refuse_a_transfer_decides_in_a_table() -> None:
    expected = {
        answer.split()[0]
        for scenario in SCENARIOS
        for line in scenario["steps"].strip().splitlines()
        for what, answer in [[cell.strip() for cell in line.split("|")[2:]]]
        if what.startswith("transfer ")
    }
    rules = {rule for rulebook in RULEBOOKS for rule in rulebook.transfer_order}
    assert expected >= {"moves", *[rule for rule in rules if RULES[rule].transfers is not None]}


def test_every_rule_that_can_have_something_wait_does_so_in_a_table() -> None:
    answers = [line.rsplit("|", 1)[1].strip() for each in SCENARIOS for line in each["steps"].strip().splitlines()]
    found = {rule for answer in answers if answer.startswith("waits by ") for rule in answer.split()[2:]}
    assert found == {rule for rule, declared in RULES.items() if declared.waits is not None}
