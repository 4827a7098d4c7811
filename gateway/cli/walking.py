"""What the commands that look into a session share: opening it, walking to a moment, and what is said where that fails."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Final, TypeVar

import click
from rich.box import SIMPLE_HEAD
from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Column, Table

from gateway.cli.tape import grouped
from gateway.cli.terminal import Terminal
from gateway.journal.files import JournalError, find_journal
from gateway.session.moments import MomentError, parse_moment
from gateway.session.recorded import NoSuchMoment, Recorded, Walk

NONE: Final = "-"
T = TypeVar("T")


@contextmanager
def opened(directory: Path) -> Iterator[Recorded]:
    """The session in a directory, its index brought up to date, with a bar on a terminal.

    Raises:
        click.UsageError: there is none.
        click.ClickException: it can't be read, or does not replay.
    """
    try:
        session = Recorded(find_journal(directory))
    except JournalError as error:
        raise click.UsageError(str(error)) from error
    try:
        shown("indexing", session.open(), lambda seq: seq, total=None)
        yield session
    except NoSuchMoment as error:
        raise click.UsageError(str(error)) from error
    except JournalError as error:
        raise click.ClickException(str(error)) from error
    except OSError as error:
        raise click.ClickException(f"the journal can't be read: {error}") from error
    finally:
        session.close()
    console = Terminal(stderr=True, wraps=False)
    for note in session.notes:
        console.tell((note, "yellow"))


def seq_of(session: Recorded, text: str) -> int:
    """The last command at a moment that somebody typed; empty: the last of all.

    Raises:
        click.UsageError: it is none.
    """
    if not text:
        return session.last_seq
    try:
        return session.seq_of(parse_moment(text, session.begin_ns))
    except MomentError as error:
        raise click.UsageError(str(error)) from error


def walked(session: Recorded, seq: int) -> Walk:
    """The state after a command, with a bar on a terminal."""
    walk = session.walk(seq)
    shown("replaying", walk.go_on(), lambda _: walk.exchange.seq - walk.began_with, total=seq - walk.began_with)
    return walk


def shown(label: str, work: Iterable[T], done: Callable[[T], int], *, total: int | None) -> None:
    """Do work to its end, with a bar on a terminal."""
    console = Terminal(stderr=True)
    columns = (TextColumn(label), BarColumn(), TextColumn("{task.percentage:.0f} %"), TimeRemainingColumn())
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as progress:
        task = progress.add_task("", total=total)
        for count, each in enumerate(work):
            if not count % 1_000:
                progress.update(task, completed=done(each))


def small_table(columns: Sequence[str], rows: Iterable[Sequence[object]], title: str = "") -> Table:
    """A table without lines between its columns: the first column is text, the others are figures."""
    heads = [
        Column(name, justify="left" if not place else "right", overflow="fold") for place, name in enumerate(columns)
    ]
    table = Table(
        *heads, box=SIMPLE_HEAD, pad_edge=False, padding=(0, 1, 0, 0), title=title or None, title_justify="left"
    )
    for row in rows:
        table.add_row(
            *[
                NONE if value is None else grouped(value if isinstance(value, int | str) else str(value), name)
                for name, value in zip(columns, row, strict=True)
            ]
        )
    return table
