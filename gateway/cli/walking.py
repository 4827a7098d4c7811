"""What the commands that look into a session share: opening it, walking to a moment, and what is said where that fails."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar

import click

from gateway.cli.moments import moment_of
from gateway.cli.progress import bar
from gateway.cli.terminal import Terminal
from gateway.journal.files import JournalError, find_journal
from gateway.session.recorded import NoSuchMoment, Recorded, Walk

T = TypeVar("T")


@contextmanager
def opened(directory: Path, *, keeps_index: bool = True) -> Iterator[Recorded]:
    """The session in a directory, its index brought up to date, with a bar on a terminal.

    Args:
        directory: of the venue or its journal.
        keeps_index: as for `Recorded`.

    Raises:
        click.UsageError: there is none.
        click.ClickException: it can't be read, or does not replay.
    """
    try:
        session = Recorded(find_journal(directory), keeps_index=keeps_index)
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
    return session.seq_of(moment_of(text, session.begin_ns))


def walked(session: Recorded, seq: int) -> Walk:
    """The state after a command, with a bar on a terminal."""
    walk = session.walk(seq)
    shown("replaying", walk.go_on(), lambda _: walk.exchange.seq - walk.began_with, total=seq - walk.began_with)
    return walk


def shown(label: str, work: Iterable[T], done: Callable[[T], int], *, total: int | None) -> None:
    """Do work to its end, with a bar on a terminal."""
    with bar(label, total) as show:
        for each in work:
            show(done(each))
