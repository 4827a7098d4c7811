"""What comes out of `sbx bench --against`: its JSON line, a table for people, and how far it is, on standard error."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Final

import msgspec
from rich.progress import BarColumn, Progress, TaskID, TextColumn, TimeRemainingColumn
from rich.table import Table

from gateway.cli.terminal import Terminal
from loadtest.bench.engines.measure import Machine

STYLES: Final = {"faster": "green", "slower": "red", "cannot tell": ""}
WIDTH: Final = 120
"""Of a table in a file or pipe."""


class Version(msgspec.Struct):
    """One of the two sides."""

    revision: str
    changed: bool
    """Whether the work tree differs from that commit."""
    tree: str
    """The git tree of what was built, or the commit again."""
    ns_per_operation_median: int
    """Of the runs, which had other seeds."""
    instructions_per_operation: int | None


class Comparison(msgspec.Struct):
    """What came of one benchmark under one build."""

    benchmark: str
    build: str
    verdict: str
    """`faster`, `slower`, or `cannot tell`: of this side."""
    ratio: float
    """The time of this side by that of the other: the median of the pairs."""
    low: float
    high: float
    """The ends of its 95 % interval."""
    instructions_ratio: float | None
    instructions_operations: int
    """Length of the stream on which they were counted, once on each side."""
    instructions_not_measured: str
    """Why, if they were not."""
    this: Version
    other: Version
    pairs: int
    operations: int
    repeats: int
    """In each process, of which the fastest counts."""
    seeds: tuple[int, int]
    """The first and the last; each pair has its own."""
    libraries_that_differ: list[str]
    workload: str
    left_out: str
    machine: Machine


class Steps:
    """What is going on: a bar on a terminal, and elsewhere a line whenever the step is another."""

    def __init__(self) -> None:
        self._console: Final = Terminal(stderr=True)
        columns = (TextColumn("{task.description}", markup=False), BarColumn(), TimeRemainingColumn())
        bars = self._console.is_terminal
        self._progress: Final = Progress(*columns, console=self._console, transient=True, disable=not bars)
        self._task = TaskID(0)
        self._doing = ""
        self._said = ""

    def say(self, what: str) -> None:
        """Say what begins."""
        self._console.print(what)

    @contextmanager
    def counting(self, doing: str, total: int) -> Iterator[None]:
        """Go through `total` steps."""
        self._doing = doing
        self._task = self._progress.add_task(doing, total=total)
        try:
            with self._progress:
                yield
        finally:
            self._progress.remove_task(self._task)

    def step(self, what: str) -> None:
        """One of them is done."""
        text = f"{self._doing}: {what}"
        self._progress.update(self._task, advance=1, description=text)
        if not self._console.is_terminal and text != self._said:
            self._said = text
            self.say(text)


def show(found: Sequence[Comparison], asked: str) -> None:
    """Print the table, and what must be known to read it."""
    console, whole = Terminal(width=WIDTH), Terminal(wraps=False)
    table = Table("benchmark", "build")
    for title in ("ns, other", "ns, this", "ratio", "95 % interval"):
        table.add_column(title, justify="right")
    table.add_column("verdict")
    counted = any(each.instructions_ratio is not None for each in found)
    for title in ("instructions", "ratio") if counted else ():
        table.add_column(title, justify="right")
    for each in found:
        cells = [each.benchmark, each.build]
        cells += [f"{side.ns_per_operation_median:,}" for side in (each.other, each.this)]
        cells += [f"{each.ratio:.3f}", f"{each.low:.3f} to {each.high:.3f}", each.verdict]
        if each.instructions_ratio is not None:
            cells += [f"{each.this.instructions_per_operation:,}", f"{each.instructions_ratio:.4f}"]
        table.add_row(*cells, style=STYLES[each.verdict])
    console.print(table)
    for note in notes(found, asked):
        whole.tell(note)


def notes(found: Sequence[Comparison], asked: str) -> Iterator[str]:
    """What stands below the table."""
    first = found[0]
    yield f"this:  {describe(first.this)}"
    yield f"other: {describe(first.other)}, asked for as {asked}"
    yield (
        f"ratio: time of this by time of other; median of {first.pairs} pairs of processes in turns, each the fastest of "
        f"{first.repeats} runs of {first.operations:,} operations; seeds {first.seeds[0]} to {first.seeds[1]}"
    )
    yield "One interval in twenty misses the truth: look at a surprise again, with more --pairs."
    if any(each.instructions_ratio is not None for each in found):
        yield (
            f"instructions: per operation of this, and by those of other; counted by callgrind over "
            f"{first.instructions_operations:,} operations; the same code gives the same to about 0.1 %"
        )
    for reason in dict.fromkeys(each.instructions_not_measured for each in found):
        if reason:
            yield f"instructions: not measured: {reason}"
    for library in dict.fromkeys(name for each in found for name in each.libraries_that_differ):
        yield f"the sides differ in a library, too: {library}; to build anew: rm -r build/against"
    machine = first.machine
    yield f"machine: {machine.cpu}, {machine.cores} cores, {machine.python}, load average {machine.load_average}"


def describe(version: Version) -> str:
    """A side for people."""
    return version.revision[:12] + (" with changes in the work tree" if version.changed else "")
