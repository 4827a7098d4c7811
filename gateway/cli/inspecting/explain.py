"""`sbx explain`: why the order of a recorded command passed or was refused, rule by rule."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import click

from engine.replay import ReplayFailure
from gateway.cli.inspecting import explain_show as show
from gateway.cli.terminal import Terminal
from gateway.journal.files import JournalError, find_journal
from gateway.journal.reader import JournalDamage, JournalReader
from gateway.printable import json_text
from gateway.reporting.stories.explaining import NoSuchCommand, look
from gateway.snapshots.sealed import SnapshotError

EXPLAINED: Final = 0
DIFFERENT: Final = 1


@click.command()
@click.argument("directory", type=click.Path(path_type=Path, exists=True, file_okay=False))
@click.argument("seq", type=click.IntRange(min=1))
@click.option("--all", "is_whole", is_flag=True, help="Show every rule, not only those that say no, and the notes.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def command(directory: Path, seq: int, is_whole: bool, as_json: bool) -> None:
    """Explain the verdict on the order that command SEQ of the journal in DIRECTORY entered or amended, or on its transfer.

    The rules that say no: title, source, status, parameters, what each looked at, the arithmetic, and what came of it; the
    others by name, and with --all likewise, in the order of decision. The journal is replayed up to the command, so that records and sums
    are those of then; nothing is written, and the venue may be running. Triggered stops, each order of a pair or a
    ladder, and resting orders that a change of rules or records cancels are explained with the command that did it.

    SEQ is the sequence number of the command; an order's id is the SEQ of the command that entered it.

    \b
    Exit status:
      0  explained, and the replay decides as was recorded; or the command asks no rule
      1  the replay differs from what was recorded, or the journal is damaged before the command
      2  usage: there is no journal, or no such command in it

    \b
    Examples:
      sbx explain venue 308
      sbx explain venue 308 --all
      sbx explain venue/journal 308 --json
    """
    try:
        reader = JournalReader(find_journal(directory))
        found = look(reader, seq)
    except (JournalDamage, ReplayFailure, SnapshotError) as error:
        raise click.ClickException(str(error)) from error
    except (JournalError, NoSuchCommand) as error:
        raise click.UsageError(str(error)) from error
    except OSError as error:
        raise click.ClickException(f"the journal can't be read: {error}") from error
    if as_json:
        click.echo(json_text(show.report(found)))
    else:
        show.print_found(Terminal(wraps=False), found, is_whole=is_whole)
    raise SystemExit(DIFFERENT if found.disagreement else EXPLAINED)
