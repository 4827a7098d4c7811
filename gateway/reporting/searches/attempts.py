"""Repeated attempts: refusals of the same that follow each other closely, and whether it was let through then.

A run is two refusals or more of one investor, by one rule (or code where no rule decided), of one kind of request about one
instrument or asset and side. Each comes within the window after the one before, and none was let through in between. Memory
follows investors, rules and instruments, not the number of refusals.
"""

from __future__ import annotations

from typing import Final

from engine.vocabulary.limits import NS_PER_SECOND
from gateway.reporting.steps.source import Step

Try = tuple[str, str, str, str]
"""What was tried: by whom, as which request, about which instrument or asset, on which side."""


class Run:
    """Attempts that follow each other."""

    __slots__ = ("attempts", "first_ns", "first_seq", "last_ns", "last_seq")

    def __init__(self, step: Step) -> None:
        self.attempts: int = 1
        self.first_seq: Final = step.seq
        self.first_ns: Final = step.time_ns
        self.last_seq: int = step.seq
        self.last_ns: int = step.time_ns


class Repeats:
    """All runs of one kind."""

    __slots__ = ("attempts", "longest", "passed", "passed_seq", "runs")

    def __init__(self, first: Run) -> None:
        self.runs: int = 0
        self.attempts: int = 0
        self.longest: Run = first
        self.passed: int = 0
        """Runs after which the same was let through, within the window."""
        self.passed_seq: int = 0
        """Where that was last; 0: never."""


class Attempts:
    """Finds the runs.

    Args:
        within_seconds: the window.
    """

    def __init__(self, within_seconds: int) -> None:
        self.repeats: Final[dict[tuple[Try, str], Repeats]] = {}
        """By what was tried, and by the rule or code that refused it."""
        self._within_ns: Final = within_seconds * NS_PER_SECOND
        self._runs: Final[dict[Try, dict[str, Run]]] = {}
        """Those that may go on."""

    def refused(self, step: Step, tried: Try, why: str) -> None:
        """Something was refused by a rule, or for a code."""
        runs = self._runs.setdefault(tried, {})
        run = runs.get(why)
        if run is not None and step.time_ns - run.last_ns <= self._within_ns:
            run.attempts += 1
            run.last_seq = step.seq
            run.last_ns = step.time_ns
            return
        if run is not None:
            self._end(tried, why, run, 0)
        runs[why] = Run(step)

    def passed(self, step: Step, tried: Try) -> None:
        """The same was let through: its runs end, whatever the rule."""
        runs = self._runs.pop(tried, None)
        if runs is None:
            return
        for why, run in runs.items():
            is_soon = step.time_ns - run.last_ns <= self._within_ns
            self._end(tried, why, run, step.seq if is_soon else 0)

    def finish(self) -> None:
        """Nothing follows."""
        for tried, runs in self._runs.items():
            for why, run in runs.items():
                self._end(tried, why, run, 0)
        self._runs.clear()

    def _end(self, tried: Try, why: str, run: Run, passed_seq: int) -> None:
        if run.attempts < 2:
            return
        found = self.repeats.get((tried, why))
        if found is None:
            found = self.repeats[(tried, why)] = Repeats(run)
        found.runs += 1
        found.attempts += run.attempts
        if run.attempts > found.longest.attempts:
            found.longest = run
        if passed_seq:
            found.passed += 1
            found.passed_seq = passed_seq
