"""`sbx export`: a session as tables for other programs."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING, Final

import click

from gateway.cli.moments import moments_between
from gateway.cli.parquet import with_pyarrow, written
from gateway.cli.reading import exit_status, notes_of, open_source, read, status_of
from gateway.cli.recordings.verify import damage_summary, torn_summary
from gateway.cli.small_table import show_small
from gateway.cli.terminal import Terminal
from gateway.disk import UNFINISHED_SUFFIX
from gateway.export.declared import TABLES
from gateway.export.making import Making, about_session
from gateway.export.page import document
from gateway.journal.files import JournalError, find_journal
from gateway.journal.reader import JournalReader
from gateway.printable import json_text
from gateway.reporting.steps.source import Source
from gateway.session.moments import Moment

if TYPE_CHECKING:
    from gateway.export.files import Files

SUFFIX: Final = ".parquet"


def _describe(context: click.Context, option: click.Parameter, is_asked: bool) -> None:
    if is_asked:
        click.echo(document(), nl=False)
        context.exit()


@click.command()
@click.argument("directory", type=click.Path(path_type=Path, exists=True, file_okay=False))
@click.option(
    "--parquet",
    "out",
    type=click.Path(path_type=Path, file_okay=False),
    required=True,
    help="Write the tables into this directory, a Parquet file each.",
)
@click.option("--tables", "names", default=",".join(TABLES), show_default=True, help="Which ones.")
@click.option("--from", "since", default="", metavar="MOMENT", help="Not before this moment.")
@click.option("--to", "until", default="", metavar="MOMENT", help="Before this moment, and as known then.")
@click.option("--overwrite", is_flag=True, help="Replace the tables of an earlier export.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object: rows, bytes and seconds of each table.")
@click.option(
    "--describe",
    is_flag=True,
    is_eager=True,
    expose_value=False,
    callback=_describe,
    help="Print what each table and column means, as Markdown, and end.",
)
def command(directory: Path, out: Path, names: str, since: str, until: str, overwrite: bool, as_json: bool) -> None:
    """Write the session in the journal of DIRECTORY (or its folder journal) as tables for DuckDB, pandas, polars or Excel.

    Orders, events, trades, verdicts with every failed rule, transfers, changes of the books, balances by day and caps.
    Decimals are exact. docs/TABLES.md says what each column means, `examples` has queries. The journal is verified and
    replayed on the way, beside a running venue too. It needs pyarrow: pip install 'sandbox-exchange[parquet]'.

    \b
    Exit status:
      0  complete
      1  the journal is damaged or does not replay: what stands before the damage is written
      2  usage
      3  complete but for a torn last frame

    \b
    Examples:
      sbx export venue --parquet tables
      sbx export venue --parquet tables --tables trades,verdicts --overwrite
      sbx export venue --parquet morning --from 10:00 --to 12:00 --json
    """
    wanted = _wanted(names)
    since_moment, until_moment = _moments(directory, since, until)
    source = open_source(directory, is_over=None if until_moment is None else until_moment.is_reached)
    with_pyarrow("gateway.export.files")
    _prepare(out, source, overwrite)
    begun = time.perf_counter()
    with written({out / f"{name}{SUFFIX}": TABLES[name] for name in wanted}) as files:
        making = Making(wanted, files.put, since_moment)
        read(source, "exporting", making.take)
        making.finish(source.standing)
        files.finish(about_session(source.reader, making.rulebooks))
        for name in TABLES.keys() - set(wanted):
            # An earlier export, which this one replaces, may have had it.
            for left in (out / f"{name}{SUFFIX}", out / f"{name}{SUFFIX}{UNFINISHED_SUFFIX}"):
                left.unlink(missing_ok=True)
    found = summary(source, files, out, time.perf_counter() - begun)
    if as_json:
        click.echo(json_text(found))
    else:
        show(source, files, out)
    raise SystemExit(exit_status(source))


def _wanted(names: str) -> list[str]:
    found = list(dict.fromkeys(name.strip() for name in names.split(",") if name.strip()))
    unknown = [name for name in found if name not in TABLES]
    if unknown or not found:
        raise click.UsageError(
            f"--tables: there is no table {', '.join(unknown) or names!r}; there are {', '.join(TABLES)}"
        )
    return found


def _moments(directory: Path, since: str, until: str) -> tuple[Moment | None, Moment | None]:
    """The moments that were typed, in a session that begins with the first command of the journal."""
    if not since and not until:
        return None, None
    try:
        first = next(JournalReader(find_journal(directory)).rows(), None)
    except JournalError as error:
        raise click.UsageError(str(error)) from error
    except OSError as error:
        raise click.ClickException(f"the journal can't be read: {error}") from error
    begin_ns = 0 if first is None else first[1]
    return moments_between(since, until, begin_ns)


def _prepare(out: Path, source: Source, overwrite: bool) -> None:
    """Make the directory to write to."""
    if out.resolve() == source.reader.directory.resolve():
        raise click.BadParameter("the journal's own directory is only read", param_hint="--parquet")
    try:
        out.mkdir(parents=True, exist_ok=True)
        is_used = any(out.iterdir())
    except OSError as error:
        raise click.ClickException(f"{out}: {error}") from error
    if is_used and not overwrite:
        raise click.UsageError(f"{out} is not empty: name another directory, or replace its tables with --overwrite")


def summary(source: Source, files: Files, out: Path, seconds: float) -> dict[str, object]:
    """What was written, for machines."""
    return {
        "status": status_of(source),
        "directory": str(source.reader.directory),
        "venue": source.venue,
        "out": str(out),
        "commands_read": source.commands,
        "seconds": round(seconds, 3),
        "notes": notes_of(source),
        "damage": damage_summary(source.damage),
        "torn": torn_summary(source.reader),
        "tables": {
            name: {"rows": file.rows, "bytes": file.bytes, "seconds": round(file.seconds, 3)}
            for name, file in files.files.items()
        },
    }


def show(source: Source, files: Files, out: Path) -> None:
    """What was written, for people."""
    console = Terminal(wraps=False)
    console.tell(f"venue {source.venue}: {source.commands:,} commands read")
    rows = [(name, file.rows, file.bytes) for name, file in files.files.items()]
    show_small(console, ("table", "rows", "bytes"), rows)
    for note in notes_of(source):
        console.tell((note, "yellow"))
    console.tell(f"written to {out}, a file a table; `sbx export --describe` says what is in them")
