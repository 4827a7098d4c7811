"""`sbx whatif --grid`: all combinations of some settings, on all processors, kept so that a stopped grid goes on."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import click
import msgspec

from compliance.worlds.change import ChangeError, parse_setting
from compliance.worlds.messages.change import Change
from gateway.cli.progress import bar
from gateway.cli.reading import show_table, wide_console
from gateway.printable import json_text
from gateway.whatif.grid import Axis, Grid, Task, axes_of, changes_of
from gateway.whatif.running import Scanned, check_with
from gateway.whatif.summary import Point, grid_table
from gateway.whatif.words import LIMITS


def run_grid(
    journal: Path, scanned: Scanned, base: Change, varied: Sequence[str], options: tuple[Path, int]
) -> GridDone:
    """Do a grid, with a bar on a terminal.

    Args:
        journal: directory of the segments.
        scanned: what it holds.
        base: what is otherwise in every combination.
        varied: the settings that make the axes, as they were typed.
        options: where results are kept, and how many processes work at once.

    Raises:
        ChangeError, JournalError, OSError: as `Grid.run`; or the grid can't be made.
    """
    folder, jobs = options
    if folder.resolve() in (journal.resolve(), journal.parent.resolve()):
        raise ChangeError("--results: the venue's own folder is only read")
    axes = axes_of([parse_setting(each) for each in varied])
    changes = changes_of(base, axes)
    for change in changes:
        check_with(change, scanned)
    lean = msgspec.structs.replace(scanned, rulebooks=[])
    tasks = [Task(str(journal.resolve()), change, lean) for change in changes]
    grid = Grid(tasks, folder, jobs)
    with bar(f"replaying {len(tasks):,} times", scanned.bytes * len(tasks)) as show:
        grid.run(show)
    points = [
        Point(tuple(each.value for each in task.change.settings[len(base.settings) :]), task.digest, result)
        for task, result in grid.results()
    ]
    return GridDone(axes, points, grid.resumed, folder)


class GridDone:
    """A grid that is done."""

    def __init__(self, axes: list[Axis], points: list[Point], resumed: int, folder: Path) -> None:
        self.axes = axes
        self.points = points
        self.resumed = resumed
        """How many results were there already."""
        self.folder = folder


def grid_summary(done: GridDone) -> dict[str, object]:
    """What came of a grid, for machines; each result whole stands in its file."""
    table = grid_table(done.axes, done.points)
    rows = table.objects()
    return {
        "limits": list(LIMITS),
        "results": str(done.folder),
        "resumed": done.resumed,
        "axes": [{"name": axis.name, "values": list(axis.values)} for axis in done.axes],
        "recorded": rows[0],
        "points": [
            {"file": f"{point.digest}.json", "values": list(point.values), "figures": row}
            for point, row in zip(done.points, rows[1:], strict=True)
        ],
    }


def show_grid(done: GridDone, html: Path | None, as_json: bool) -> None:
    """Write the page of a grid and print it.

    Raises:
        click.ClickException: the page can't be written.
    """
    if html is not None:
        # It brings matplotlib, which takes a moment to load.
        from gateway.whatif.grid_page import write_grid_page

        try:
            write_grid_page(html, done.axes, done.points)
        except OSError as error:
            raise click.ClickException(f"the page can't be written: {error}") from error
    if as_json:
        click.echo(json_text(grid_summary(done)))
        return
    console = wide_console()
    for line in LIMITS:
        console.tell((line, "yellow"))
    console.tell(f"{len(done.points):,} combinations; {done.resumed:,} were there already; results in {done.folder}")
    show_table(console, grid_table(done.axes, done.points))
