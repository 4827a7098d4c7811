"""The slow reference venue on the scenario tables: it does what they state, event by event, as the engine does."""

from __future__ import annotations

from pathlib import Path

import pytest

from compliance import ComplianceHook
from engine.vocabulary.messages.commands import AnyCommand, Sequenced
from engine.vocabulary.messages.events import Event
from loadtest.scenarios.format import Scenario, load_topics
from loadtest.scenarios.runner import run_scenario
from loadtest.scenarios.venue import BOUNDS, Venue
from tests.reference.book import ReferenceVenue
from tests.support.engine.checks.comparison import comparable

SCENARIOS = load_topics(Path(__file__).parent / "matching")


class ComparedVenue(Venue):
    """A scenario's venue with the reference beside it; the reference knows no rulebooks."""

    def __init__(self) -> None:
        super().__init__()
        self.reference = ReferenceVenue()

    def set_bound(self, name: str, number: int) -> None:
        super().set_bound(name, number)
        setattr(self.reference, BOUNDS[name], number)

    def send(self, command: AnyCommand) -> list[Event]:
        sequenced = Sequenced(self.exchange.seq + 1, self.time_ns, command)
        got = super().send(command)
        if not isinstance(self.hook, ComplianceHook):
            assert comparable(got) == comparable(self.reference.apply(sequenced))
        return got


@pytest.mark.parametrize("scenario", SCENARIOS, ids=[scenario.name for scenario in SCENARIOS])
def test_scenario(scenario: Scenario, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("loadtest.scenarios.runner.Venue", ComparedVenue)
    failure = run_scenario(scenario)
    assert failure is None, f"\n{failure}"
