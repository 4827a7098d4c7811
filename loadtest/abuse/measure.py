"""What a recipe's command costs: events, bytes of its row in the journal, steps, and time.

A step is a line of Python that ran inside the core, which is the same on every machine. A compiled core has no lines: there,
time stands for them.
"""

from __future__ import annotations

import gc
import sys
import time
from collections.abc import Callable
from types import FrameType
from typing import Any, Final, NamedTuple, Self

from engine.build import is_compiled
from engine.record.rows import encode_batch
from engine.vocabulary.limits import MAX_FRAME_BYTES
from engine.vocabulary.messages.commands import Sequenced
from engine.vocabulary.messages.events import Event
from loadtest.abuse.desk import Desk
from loadtest.abuse.recipe import Recipe

MOST_STEPS: Final = 20_000_000
"""A command is given up after so many: by then it is known to be bad, and its events fill the memory."""


class TooMuch(Exception):
    """A command passed `MOST_STEPS`."""


class Cost(NamedTuple):
    """What one command cost."""

    events: int
    row_bytes: int
    steps: int
    """Lines of Python; 0: not counted."""
    time_ns: int
    """The least of the repeats; 0: not measured."""
    refused: int = 0
    """Commands refused while the venue was filled."""
    most_events: int = 0
    """Of a command by which the venue was filled."""
    fault: str = ""
    """What must never be: an exception, or a row that no frame can hold."""

    @property
    def work(self) -> int:
        """Steps, or time where there are none."""
        return self.steps or self.time_ns


class _Lines:
    """Counts the lines that run while it is entered."""

    def __init__(self) -> None:
        self.count: int = 0

    def __enter__(self) -> Self:
        self._before = sys.gettrace()
        sys.settrace(self._trace)
        return self

    def __exit__(self, *exception: object) -> None:
        sys.settrace(self._before)

    def _trace(self, frame: FrameType, event: str, argument: Any) -> Callable[..., Any]:
        if event == "line":
            self.count += 1
            if self.count > MOST_STEPS:
                raise TooMuch
        return self._trace


def measure(recipe: Recipe, repeats: int = 0) -> Cost:
    """Prepare a recipe and measure its command.

    Args:
        recipe: what to prepare.
        repeats: how often to measure time, each on a venue made anew; with a compiled core at least once.
    """
    events: list[Event] = []
    steps, fault = 0, ""
    desk, sequenced = recipe.prepare()
    if not is_compiled():
        lines = _Lines()
        events, fault = _apply(desk, sequenced, lines)
        steps = lines.count
    # What was given up is not begun again.
    times: list[int] = []
    while not fault and len(times) < (max(repeats, 1) if is_compiled() else repeats):
        if times or steps:
            desk, sequenced = recipe.prepare()
        events, fault, time_ns = _timed(desk, sequenced)
        times.append(time_ns)
    row_bytes = 0
    if not fault:
        row_bytes, fault = _row_bytes(sequenced, events)
    figures = (len(events), row_bytes, steps, min(times, default=0))
    return Cost(*figures, desk.refused, desk.most_events, fault)


def _apply(desk: Desk, sequenced: Sequenced, lines: _Lines) -> tuple[list[Event], str]:
    """Apply the command while lines are counted; returns what happened, and what must not have."""
    try:
        with lines:
            return desk.exchange.apply(sequenced), ""
    except TooMuch:
        return desk.exchange.events, f"given up after {MOST_STEPS} steps"
    except Exception as error:  # noqa: BLE001 - any exception is what is looked for
        return desk.exchange.events, f"{type(error).__name__}: {error}"


def _timed(desk: Desk, sequenced: Sequenced) -> tuple[list[Event], str, int]:
    apply = desk.exchange.apply
    gc.collect()
    gc.disable()
    started_ns = time.perf_counter_ns()
    try:
        events = apply(sequenced)
        return events, "", time.perf_counter_ns() - started_ns
    except Exception as error:  # noqa: BLE001 - any exception is what is looked for
        return [], f"{type(error).__name__}: {error}", time.perf_counter_ns() - started_ns
    finally:
        gc.enable()


def _row_bytes(sequenced: Sequenced, events: list[Event]) -> tuple[int, str]:
    """How long the command's row in the journal is, and why it can't be written."""
    try:
        size = len(encode_batch([(sequenced.seq, sequenced.time_ns, sequenced.command, events)]))
    except OverflowError as error:
        return 0, f"OverflowError: {error}"
    return size, f"a row of {size} bytes, and a frame holds {MAX_FRAME_BYTES}" if size > MAX_FRAME_BYTES else ""
