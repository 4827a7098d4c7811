"""`sbx compact`: old segments of a journal into archives."""

from __future__ import annotations

from pathlib import Path

import click
from rich.table import Column, Table

from gateway.cli.progress import bar
from gateway.cli.terminal import Terminal
from gateway.journal.archive import journal_bytes
from gateway.journal.compaction import Archived, archive, to_archive, verify
from gateway.journal.files import JournalError, find_journal
from gateway.printable import json_text


@click.command()
@click.argument("directory", type=click.Path(path_type=Path, exists=True, file_okay=False))
@click.option(
    "--keep",
    type=click.IntRange(min=1),
    default=1,
    show_default=True,
    help="Leave so many of the newest segments as they are; the last one always stays.",
)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def command(directory: Path, keep: int, as_json: bool) -> None:
    """Archive the old segments of the journal in DIRECTORY (or its folder journal), of a venue that runs too.

    Each becomes a zstd archive beside the others, a third to a fifth of its size. verify, replay, report and all else read
    archives as they read segments, and so does a start of the venue. The whole journal is verified first, archives too and also if
    there is nothing to archive; a damaged one is left alone.
    `zstd -d` brings a segment back, byte for byte.

    \b
    Exit status:
      0  done, or there was nothing to do; the journal is sound
      1  the journal is damaged, or the disk failed: what was archived until then is sound
      2  usage

    \b
    Examples:
      sbx compact venue
      sbx compact venue/journal --keep 4 --json
    """
    try:
        journal = find_journal(directory)
    except JournalError as error:
        raise click.UsageError(str(error)) from error
    done: list[Archived] = []
    try:
        _compact(journal, keep, done)
    except (JournalError, OSError) as error:
        already = f"; {len(done)} segments were archived before" if done else ""
        raise click.ClickException(f"{error}{already}") from error
    if as_json:
        click.echo(json_text(_summary(journal, done)))
    else:
        _show(done)


def _compact(journal: Path, keep: int, done: list[Archived]) -> None:
    """Verify and archive, with a bar on a terminal; what is archived is added to `done`.

    Raises:
        JournalError: the journal is damaged, or another process archives it.
        OSError: the disk failed.
    """
    numbers = to_archive(journal, keep)
    with bar("verifying", journal_bytes(journal)) as show:
        for read in verify(journal):
            show(read)
    with bar("archiving", len(numbers)) as show:
        for number in numbers:
            done.append(archive(journal, number))
            show(len(done))


def _summary(journal: Path, done: list[Archived]) -> dict[str, object]:
    """What was done, for machines."""
    return {
        "directory": str(journal),
        "archived": [{"name": each.name, "bytes_before": each.before, "bytes_after": each.after} for each in done],
        "bytes_before": sum(each.before for each in done),
        "bytes_after": sum(each.after for each in done),
    }


def _show(done: list[Archived]) -> None:
    """What was done, for people."""
    console = Terminal(wraps=False)
    if not done:
        console.print("nothing to archive: the newest segments stay as they are; the journal is sound")
        return
    table = Table(
        Column("archive", no_wrap=True), Column("bytes before", justify="right"), Column("after", justify="right")
    )
    for each in done:
        table.add_row(each.name, f"{each.before:,}", f"{each.after:,}")
    console.print(table)
    before, after = sum(each.before for each in done), sum(each.after for each in done)
    console.print(f"{len(done)} segments, {before:,} bytes now take {after:,}: {before / after:.1f} times less")
