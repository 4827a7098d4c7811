"""The bar that long work shows on a terminal: one for all commands."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Final

from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

from gateway.cli.terminal import Terminal

_EVERY_SECONDS: Final = 0.05
"""Oftener nobody sees it, and a row of a journal takes less than to say that it was read."""


@contextmanager
def bar(label: str, total: int | None) -> Iterator[Callable[[int], None]]:
    """A bar on standard error while work is done, if that is a terminal; what it yields is told how much is done by now.

    Args:
        label: what is done.
        total: when all of it is; None: nobody knows, and rows are counted.
    """
    console = Terminal(stderr=True)
    if not console.is_terminal:
        yield lambda done: None
        return
    how_far = TextColumn("row {task.completed:,}" if total is None else "{task.percentage:.0f} %")
    columns = (TextColumn(label), BarColumn(), how_far, *([] if total is None else [TimeRemainingColumn()]))
    with Progress(*columns, console=console, transient=True) as progress:
        task = progress.add_task("", total=total)
        shown_at = 0.0

        def show(done: int) -> None:
            nonlocal shown_at
            now = time.monotonic()
            if now - shown_at >= _EVERY_SECONDS:
                shown_at = now
                progress.update(task, completed=done)

        yield show
