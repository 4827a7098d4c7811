"""`sbx find`: rows of a journal by what they are about."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from contextlib import suppress
from itertools import islice
from pathlib import Path
from typing import Any, Final, get_args

import click

from engine.record.rows import StoredRow, decode_command, decode_events
from engine.vocabulary.messages.commands import AnyCommand
from engine.vocabulary.messages.events import AnyEvent
from gateway.cli.known import no_such
from gateway.cli.moments import moment_of
from gateway.cli.progress import bar
from gateway.cli.recordings.replay import readable
from gateway.cli.terminal import Terminal
from gateway.index import keys
from gateway.index.index import Index
from gateway.index.searching import matching
from gateway.journal.files import JournalError, find_journal
from gateway.near import near
from gateway.printable import json_text
from gateway.reporting.steps.reference import Reference
from gateway.reporting.tables.times import moscow_time, utc
from gateway.session.known import known_names, learned
from gateway.session.moments import Moment
from gateway.session.telling import details, told
from gateway.words.chosen import chosen

_NUMBERS: Final = (keys.ORDER, keys.TRADE, keys.TRANSFER, keys.CHANGE, keys.CASE, keys.ALERT)
_HELP: Final = {
    keys.ORDER: "Order with this id.",
    keys.CLIENT_ORDER: "Order, quote or transfer with this id of its account's own.",
    keys.ACCOUNT: "Account.",
    keys.INVESTOR: "Investor, and all accounts of this investor.",
    keys.INTERMEDIARY: "Intermediary.",
    keys.PARTICIPANT: "Participant who sent it, or whom it is about.",
    keys.TRADE: "Trade with this id.",
    keys.INSTRUMENT: "Instrument.",
    keys.ASSET: "Asset.",
    keys.RULE: "Rule that refused or cancelled something, or was changed.",
    keys.CONTRACT: "Contract of foreign trade.",
    keys.ARREST: "Paper that arrests holdings, by its number.",
    keys.TRANSFER: "Transfer with this id.",
    keys.CHANGE: "Change with an effective date or a second approval, by the number of its command.",
    keys.CASE: "Case of abuse, by the number of the command that opened it.",
    keys.ALERT: "Alert, by the number of the command that raised it.",
    keys.MESSAGE: "Command or event of this class, as SetParameter or DayEnded; not of everyday trading.",
}
_UNTIL_THE_END: Final = 2**63
MAX_LINES: Final = 10
"""Of what came of one command, to people: one order may trade with a thousand."""
MAX_CHARS: Final = 500
"""Of each of these lines: a change may bring a whole text."""


def _options(function: Callable[..., None]) -> Callable[..., None]:
    """An option for each kind of thing."""
    for kind, text in reversed(_HELP.items()):
        name = f"--{kind.replace('_', '-')}"
        if kind == keys.CLIENT_ORDER:
            function = click.option(name, nargs=2, metavar="ACCOUNT ID", help=text)(function)
        elif kind in _NUMBERS:
            function = click.option(name, type=click.IntRange(0, 2**64 - 1), metavar="ID", help=text)(function)
        else:
            function = click.option(name, metavar="NAME", help=text)(function)
    return function


@click.command()
@click.argument("directory", type=click.Path(path_type=Path, exists=True, file_okay=False))
@_options
@click.option("--seq", type=click.IntRange(min=1), help="The row with this sequence number.")
@click.option(
    "--since",
    metavar="MOMENT",
    help="Rows at that moment or later: 12.3s from the beginning, 10:04:07, 2026-07-01T10:04:07.25 (Moscow).",
)
@click.option("--until", metavar="MOMENT", help="Rows at that moment or earlier.")
@click.option("--limit", type=click.IntRange(1, 100_000), default=20, show_default=True, help="Show so many rows.")
@click.option("--latest", is_flag=True, help="The last ones instead of the first.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def command(
    directory: Path,
    seq: int | None,
    since: str | None,
    until: str | None,
    limit: int,
    latest: bool,
    as_json: bool,
    **wanted: Any,
) -> None:
    """Find rows in the journal of DIRECTORY (or its folder journal): commands, with all that came of them.

    What is asked for together must all hold of a row. The venue may be running. An index beside the journal is used, brought up to
    date and, if it is missing or damaged, built again; what is shown is read from the journal and verified. --json has every field.

    \b
    Exit status:
      0  done, be there such rows or none
      1  the journal is damaged, or of a version that this program does not know
      2  usage

    \b
    Examples:
      sbx find venue --order 4711
      sbx find venue --client-order mm-alpha.main A-17
      sbx find venue --account mm-alpha.main --rule RET-1 --latest
      sbx find venue --message SetParameter --json
      sbx find venue --until 10:04:07 --latest --limit 1
    """
    _check_message(wanted[keys.MESSAGE])
    try:
        index = Index(find_journal(directory))
        first_seq, last_seq = (seq, seq) if seq is not None else (1, _UNTIL_THE_END)
    except JournalError as error:
        raise click.UsageError(str(error)) from error
    try:
        _catch_up(index)
        begins, ends = _moment(index, "--since", since), _moment(index, "--until", until)
        if begins is not None:
            first_seq = max(first_seq, begins.seq or index.seq_at(begins.time_ns - 1) + 1)
        if ends is not None:
            last_seq = min(last_seq, ends.seq or index.seq_at(ends.time_ns))
        found = matching(index, [(kind, key) for kind, key in wanted.items() if key is not None], first_seq, last_seq)
        taken = list(islice(found, limit + 1)) if not latest else list(deque(found, limit + 1))
        more = len(taken) > limit
        rows = list(index.rows(taken[-limit:] if latest else taken[:limit]))
        if not rows:
            _check_names(index, wanted)
        reference = learned(index)
    except ValueError as error:
        raise click.UsageError(str(error)) from error
    except (JournalError, OSError) as error:
        raise click.ClickException(str(error)) from error
    finally:
        index.close()
    if as_json:
        click.echo(json_text(_summary(index, rows, more)))
    else:
        _show(index, rows, more, reference)


def _catch_up(index: Index) -> None:
    """Bring the index up to the journal, with a count on a terminal."""
    # Where nothing can be written, it is made in memory.
    with suppress(OSError):
        index.hold()
    with bar("indexing", None) as show:
        for known in index.catch_up():
            show(known)


def _moment(index: Index, option: str, text: str | None) -> Moment | None:
    """A moment that somebody typed; None: none was given."""
    if text is None or not index.last_seq:
        return None
    (first,) = index.rows([1])
    return moment_of(text, first[1], option)


def _check_names(index: Index, wanted: dict[str, Any]) -> None:
    """Refuse a name that the session does not have: a slip of the hand is not "nothing happened".

    Raises:
        click.UsageError: it has one of them not.
    """
    if wanted[keys.CLIENT_ORDER] is not None:
        wanted = {**wanted, keys.ACCOUNT: wanted[keys.ACCOUNT] or wanted[keys.CLIENT_ORDER][0]}
    for kind, key in wanted.items():
        if isinstance(key, str) and kind != keys.MESSAGE and next(index.find(kind, key), None) is None:
            known = known_names(index, kind)
            if key not in known:
                raise no_such(kind, key, known)


def _check_message(name: str | None) -> None:
    """Refuse a class that is none, or of which no rows are kept.

    Raises:
        click.UsageError: it is such a class.
    """
    if name is None:
        return
    if name in [each.__name__ for each in keys.EVERYDAY]:
        raise click.UsageError(
            f"--message {name}: everyday trading is not indexed by class; ask for an account, an order or an instrument"
        )
    known = [each.__name__ for each in (*get_args(AnyCommand), *get_args(AnyEvent)) if each not in keys.EVERYDAY]
    if name not in known:
        alike = ", ".join(near(name, known))
        raise click.UsageError(
            f"--message {name}: there is no such class" + (f"; did you mean {alike}?" if alike else "")
        )


def _summary(index: Index, rows: list[StoredRow], more: bool) -> dict[str, object]:
    """What was found, for machines."""
    return {
        "rows": [
            {
                "seq": seq,
                "time_ns": time_ns,
                "time_utc": utc(time_ns),
                "command": readable(decode_command(encoded)),
                "events": readable(decode_events(events)),
            }
            for seq, time_ns, encoded, events in rows
        ],
        "more": more,
        "last_seq": index.last_seq,
        "index_bytes": index.size,
        "index_rebuilt": index.rebuilt,
    }


def _show(index: Index, rows: list[StoredRow], more: bool, reference: Reference) -> None:
    """What was found, for people: a paragraph a row, in words."""
    console, story = Terminal(wraps=False), chosen().story
    for row in rows:
        console.tell((f"{row[0]}  {moscow_time(row[1], 3)}", "bold"), f"  {told(row, reference)}")
        lines = list(islice(details(row, reference), MAX_LINES + 1))
        for line in map(story, lines[:MAX_LINES]):
            console.tell(f"    {line if len(line) <= MAX_CHARS else line[:MAX_CHARS] + '...'}")
        if len(lines) > MAX_LINES:
            console.tell("    and more: see --json")
    if not rows:
        console.tell(f"nothing in the journal's {index.last_seq:,} rows is about that")
    if more:
        console.tell("there are more: see --limit and --latest")
    for note in index.rebuilt:
        console.tell((f"built again: {note}", "yellow"))
