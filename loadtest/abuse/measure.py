"""What a recipe's command costs: events, bytes of its row in the journal, steps, and time.

A tick does a piece of what is due, and leaves the rest to later ones: all of them are measured. Steps and time are those of the
whole; events and bytes are those of the largest command, since what is bounded is a command.

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
from engine.vocabulary.messages.commands import Sequenced, Tick
from engine.vocabulary.messages.events import Event
from loadtest.abuse.desk import Desk
from loadtest.abuse.recipe import Recipe

MOST_STEPS: Final = 60_000_000
"""A command is given up after so many: by then it is known to be bad, and its events fill the memory."""

Rows = list[tuple[Sequenced, list[Event]]]
"""Commands, each with what happened."""


class TooMuch(Exception):
    """A command passed `MOST_STEPS`."""


class Cost(NamedTuple):
    """What one command cost, with the ticks that do what it left, if it was one."""

    events: int
    """Of the largest of them."""
    row_bytes: int
    """Of the largest of them."""
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

    all_events: int = 0
    """Of all of them, where they are several."""

    @property
    def happened(self) -> int:
        """Events in all."""
        return max(self.all_events, self.events)

    @property
    def work(self) -> int:
        """Steps, or time where there are none."""
        return self.steps or self.time_ns


class _Lines:
    """Counts the lines that run while it is entered.

    Nothing is collected meanwhile: a core that is freed lets go of its orders, line by line.
    """

    def __init__(self) -> None:
        self.count: int = 0

    def __enter__(self) -> Self:
        self._collects = gc.isenabled()
        gc.disable()
        self._before = sys.gettrace()
        sys.settrace(self._trace)
        return self

    def __exit__(self, *exception: object) -> None:
        sys.settrace(self._before)
        if self._collects:
            gc.enable()

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
    rows: Rows = []
    steps, fault = 0, ""
    desk, sequenced = recipe.prepare()
    if not is_compiled():
        lines = _Lines()
        rows, fault = _apply(desk, sequenced, lines)
        steps = lines.count
    # What was given up is not begun again.
    times: list[int] = []
    while not fault and len(times) < (max(repeats, 1) if is_compiled() else repeats):
        if times or steps:
            desk, sequenced = recipe.prepare()
        rows, fault, time_ns = _timed(desk, sequenced)
        times.append(time_ns)
    row_bytes = 0
    for row in () if fault else rows:
        size, fault = _row_bytes(*row)
        row_bytes = max(row_bytes, size)
        if fault:
            break
    events = max(len(each) for _, each in rows)
    figures = (events, row_bytes, steps, min(times, default=0))
    return Cost(*figures, desk.refused, desk.most_events, fault, sum(len(each) for _, each in rows))


def _carry_out(desk: Desk, sequenced: Sequenced, rows: Rows) -> None:
    """Apply the command, and then ticks at its time until nothing is due, or left of it."""
    exchange = desk.exchange
    while True:
        rows.append((sequenced, exchange.apply(sequenced)))
        is_tick = type(sequenced.command) is Tick
        if not exchange.is_unfinished and not (is_tick and exchange.next_due_ns() <= sequenced.time_ns):
            return
        sequenced = desk.sequenced(sequenced.command if is_tick else Tick(), sequenced.time_ns)


def _apply(desk: Desk, sequenced: Sequenced, lines: _Lines) -> tuple[Rows, str]:
    """Carry out the command while lines are counted; returns what happened, and what must not have."""
    rows: Rows = []
    try:
        with lines:
            _carry_out(desk, sequenced, rows)
            return rows, ""
    except TooMuch:
        fault = f"given up after {MOST_STEPS} steps"
    except Exception as error:  # noqa: BLE001 - any exception is what is looked for
        fault = f"{type(error).__name__}: {error}"
    return [*rows, (sequenced, desk.exchange.events)], fault


def _timed(desk: Desk, sequenced: Sequenced) -> tuple[Rows, str, int]:
    rows: Rows = []
    fault = ""
    gc.collect()
    gc.disable()
    started_ns = time.perf_counter_ns()
    try:
        _carry_out(desk, sequenced, rows)
    except Exception as error:  # noqa: BLE001 - any exception is what is looked for
        rows.append((sequenced, desk.exchange.events))
        fault = f"{type(error).__name__}: {error}"
    finally:
        time_ns = time.perf_counter_ns() - started_ns
        gc.enable()
    return rows, fault, time_ns


def _row_bytes(sequenced: Sequenced, events: list[Event]) -> tuple[int, str]:
    """How long the command's row in the journal is, and why it can't be written."""
    try:
        size = len(encode_batch([(sequenced.seq, sequenced.time_ns, sequenced.command, events)]))
    except OverflowError as error:
        return 0, f"OverflowError: {error}"
    return size, f"a row of {size} bytes, and a frame holds {MAX_FRAME_BYTES}" if size > MAX_FRAME_BYTES else ""
