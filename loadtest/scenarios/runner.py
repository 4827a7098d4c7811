"""Runs scenarios: each step's command through a whole exchange, its events compared with what the table states."""

from __future__ import annotations

import msgspec

from engine.vocabulary.messages.events import CommandRejected, Event, OrderRejected, RequestRejected
from gateway.words.words import words_of
from loadtest.scenarios.checks import look
from loadtest.scenarios.format import Scenario, ScenarioError, Step
from loadtest.scenarios.lines import carry_out
from loadtest.scenarios.venue import Venue
from loadtest.scenarios.words import CONFIRMATIONS, Speaker

REJECTS = (CommandRejected, OrderRejected, RequestRejected)


class Failure(msgspec.Struct):
    """The first line of a scenario that did not do what the table states."""

    scenario: str
    line: int
    text: str
    expected: list[str]
    got: list[str]
    problem: str = ""
    """A broken invariant or a line that means nothing; empty: the events differ."""
    details: list[str] = []
    """What the rejects among the events say to people."""

    def __str__(self) -> str:
        topic, _, title = self.scenario.partition("/")
        shown = [f"{topic}.txt, line {self.line}, {title}", f"  {self.text}"]
        if self.problem:
            return "\n".join([*shown, f"  problem:  {self.problem}"])
        for name, phrases in (("expected", self.expected), ("got", self.got)):
            shown += [
                f"  {f'{name}:' if number == 0 else '':<9} {each}" for number, each in enumerate(phrases or ["nothing"])
            ]
        shown += [f"  because:  {detail}" for detail in self.details]
        return "\n".join(shown)


def run_scenario(scenario: Scenario) -> Failure | None:
    """Run a scenario on a venue of its own; None if every line did exactly what it states."""
    venue = Venue()
    for step in scenario.steps:
        try:
            expected, got, details = _run(venue, step)
        except (AssertionError, ArithmeticError, LookupError, TypeError, ValueError) as error:
            problem = f"{type(error).__name__}: {error}"
            return Failure(scenario.name, step.line, step.text, step.expected or [], [], problem)
        if got != expected:
            return Failure(scenario.name, step.line, step.text, expected, got, "", details)
    return None


def _run(venue: Venue, step: Step) -> tuple[list[str], list[str], list[str]]:
    """Do what a line says; returns what should have happened, what did, and the reasons of rejects."""
    looked = look(venue, step.text)
    if looked is not None:
        if step.expected is not None:
            raise ScenarioError("a line that looks at something causes nothing: leave `->` out")
        return (*looked, [])
    outcome = carry_out(venue, step.text)
    happened: list[Event] = outcome.events
    if step.expected is None:
        happened = [event for event in happened if not isinstance(event, CONFIRMATIONS)]
    speaker = Speaker(venue, outcome.subject)
    details = [words_of(event) for event in happened if isinstance(event, REJECTS)]
    return (step.expected or [], [speaker.say(event) for event in happened], details)
