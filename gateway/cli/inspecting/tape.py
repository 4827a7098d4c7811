"""What `sbx trades` and `sbx candles` share: which part of which journal, and in which form it is written."""

from __future__ import annotations

import sys
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Final, NoReturn, TextIO

import click

from gateway.cli.known import no_such
from gateway.cli.moments import moments_between
from gateway.cli.progress import bar
from gateway.cli.reading import COMPLETE, INCOMPLETE, TORN, wide_console
from gateway.cli.small_table import show_small
from gateway.cli.terminal import Terminal
from gateway.export.making import about_session
from gateway.index.keys import INSTRUMENT
from gateway.journal.archive import journal_bytes
from gateway.journal.files import JournalError, find_journal
from gateway.journal.reader import JournalDamage, JournalReader
from gateway.printable import Cell, json_text
from gateway.reporting.tables.tables import table_writer
from gateway.session.tables import Rows
from gateway.session.tape import Print, Tape

Cells = tuple[Cell, ...]

ASKED: Final = (
    click.argument("directory", type=click.Path(path_type=Path, exists=True, file_okay=False)),
    click.option("--instrument", default="", help="Of this instrument alone."),
    click.option("--from", "since", default="", metavar="MOMENT", help="Not before this moment."),
    click.option("--to", "until", default="", metavar="MOMENT", help="Before this moment."),
    click.option(
        "--last", type=click.IntRange(min=1), default=20, show_default=True, help="Rows that the table shows."
    ),
    click.option("--csv", "form", flag_value="csv", help="All rows, as CSV."),
    click.option("--json", "form", flag_value="json", help="All rows, a JSON object each, one a line."),
    click.option(
        "--out",
        type=click.Path(path_type=Path, dir_okay=False),
        help="Write to this file: CSV or JSON lines by its name.",
    ),
    click.option(
        "--parquet", type=click.Path(path_type=Path, dir_okay=False), help="All rows, as a Parquet file of this name."
    ),
)


def asked(command: Callable[..., None]) -> Callable[..., None]:
    """The argument and the options of both commands."""
    for decorator in reversed(ASKED):
        command = decorator(command)
    return command


def check_form(form: str | None, out: Path | None, parquet: Path | None) -> None:
    """Raise `click.UsageError` where two forms are asked for at once."""
    if parquet is not None and (form or out):
        raise click.UsageError("--parquet writes a file of its own: leave --csv, --json and --out away")


class Session:
    """The part of a journal that was asked for.

    Raises:
        click.UsageError: there is no journal, or a moment is none.
    """

    def __init__(self, directory: Path, instrument: str, since: str, until: str) -> None:
        try:
            self.reader: Final = JournalReader(find_journal(directory))
        except JournalError as error:
            raise click.UsageError(str(error)) from error
        self.damage: JournalDamage | None = None
        self._instrument: Final = instrument
        self._since: Final = since
        self._until: Final = until
        self.tape = Tape(instrument)
        self.rows = Rows(self.tape.reference)

    def prints(self) -> Iterator[Print]:
        """The trades, with a bar on a terminal; up to the damage if there is some.

        Raises:
            click.ClickException: the journal can't be read.
            click.UsageError: no such instrument was listed.
        """
        reader = self.reader
        try:
            with bar("reading", journal_bytes(reader.directory)) as show:
                for row in reader.rows():
                    if row[0] == 1:
                        since, until = moments_between(self._since, self._until, row[1])
                        self.tape = Tape(self._instrument, since, until)
                        self.rows = Rows(self.tape.reference)
                    yield from self.tape.take(row)
                    show(reader.bytes_read)
        except JournalDamage as damage:
            self.damage = damage
        except JournalError as error:
            raise click.ClickException(str(error)) from error
        except OSError as error:
            raise click.ClickException(f"the journal can't be read: {error}") from error
        listed = self.tape.reference.instruments
        if self._instrument and self._instrument not in listed:
            raise no_such(INSTRUMENT, self._instrument, listed)
        yield from self.tape.finish()

    def about(self) -> dict[str, str]:
        """What a file says of where it is from."""
        return about_session(self.reader, self.tape.rulebooks)

    def end(self) -> NoReturn:
        """Say how far the journal could be read, if not to its end, and end with the exit status for it."""
        console = Terminal(stderr=True, wraps=False)
        if self.damage is not None:
            console.tell(("damaged", "red"), f": {self.damage}; this is what stands before it")
            raise SystemExit(INCOMPLETE)
        if self.reader.torn is not None:
            name = self.reader.segments[-1].name
            console.tell(("torn", "yellow"), f": {name}: {self.reader.torn}; this is what is durable before it")
            raise SystemExit(TORN)
        raise SystemExit(COMPLETE)


class Form:
    """How rows are put out: `columns` of all, those of them that people are shown, and what was asked for."""

    def __init__(
        self, columns: Sequence[str], shown: Sequence[str], *, form: str | None, out: Path | None, last: int
    ) -> None:
        self.columns: Final = columns
        self.shown: Final = shown
        self.out: Final = out
        self.last: Final = last
        self.form: Final = form or (None if out is None else "json" if out.suffix in (".json", ".jsonl") else "csv")

    def put(self, rows: Iterable[Cells]) -> None:
        """Write or show rows, as they come.

        Raises:
            click.ClickException: the file can't be written.
        """
        if self.form is None:
            self._show(rows)
            return
        try:
            with ExitStack() as stack:
                file = sys.stdout
                if self.out is not None:
                    file = stack.enter_context(self.out.open("w", encoding="utf-8", newline=""))
                self._write(file, rows)
        except OSError as error:
            raise click.ClickException(f"{self.out or 'standard output'} can't be written: {error}") from error

    def _write(self, file: TextIO, rows: Iterable[Cells]) -> None:
        if self.form == "csv":
            write = table_writer(file, self.columns)
            for row in rows:
                write(row)
        else:
            for row in rows:
                file.write(json_text(dict(zip(self.columns, row, strict=True))) + "\n")

    def _show(self, rows: Iterable[Cells]) -> None:
        """The last rows as a table."""
        kept: deque[Cells] = deque(maxlen=self.last)
        count = 0
        for row in rows:
            kept.append(row)
            count += 1
        console = wide_console()
        if not count:
            console.tell("none")
            return
        columns = {name: [row[self.columns.index(name)] for row in kept] for name in self.shown}
        columns = {name: cells for name, cells in columns.items() if any(cells)}
        for name in columns:
            if name.endswith("_moscow"):
                columns[name] = _clock_times(columns[name])
        show_small(console, list(columns), zip(*columns.values(), strict=True))
        if count > self.last:
            console.print(f"the last {self.last:,} of {count:,}; --last, --csv and --json show more")


def _clock_times(times: list[Cell]) -> list[Cell]:
    """Times without the date that all have, and without the seconds or parts of them that are 0 in all."""
    texts = [str(time) for time in times]
    begin = 11 if len({text[:10] for text in texts}) == 1 else 0
    for zeros in (".000", ":00"):
        if all(text.endswith(zeros) for text in texts):
            texts = [text.removesuffix(zeros) for text in texts]
    return [text[begin:] for text in texts]
