"""`sbx replay`: whether a journal happens again, event by event."""

from __future__ import annotations

import gc
import time
from collections.abc import Callable
from pathlib import Path

import click
import msgspec

from engine.replay import Difference, ReplayFailure
from engine.vocabulary.codes import CORE_VERSION
from engine.vocabulary.said import Said
from gateway.cli.progress import bar
from gateway.cli.recordings.verify import damage_summary, torn_summary
from gateway.cli.saying import say
from gateway.cli.terminal import Terminal
from gateway.journal.archive import journal_bytes
from gateway.journal.files import JournalError, find_journal
from gateway.journal.reader import JournalReader
from gateway.printable import json_text
from gateway.session.comparison import differing_fields
from gateway.session.replaying import Outcome, Part

EQUAL = 0
DIFFERENT = 1
TORN = 3


@click.command()
@click.argument("directory", type=click.Path(path_type=Path, exists=True, file_okay=False))
@click.option("--until-seq", type=click.IntRange(min=1), help="Stop after this sequence number.")
@click.option(
    "--jobs",
    type=click.IntRange(min=1, max=256),
    default=1,
    show_default=True,
    help="Replay so many parts at once, from snapshots on.",
)
@click.option(
    "--serve",
    "port",
    metavar="PORT",
    type=click.IntRange(0, 65_535),
    help="Serve the session at this port of 127.0.0.1, as a venue that takes no commands; 0: any free one.",
)
@click.option(
    "--from", "since", metavar="MOMENT", help="Where to begin with --serve.  [default: once the venue was set up]"
)
@click.option("--speed", metavar="SPEED", help="With --serve: 10x, 0.5x, max, or step.  [default: 1x]")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object; with --serve, when ready.")
def command(
    directory: Path,
    until_seq: int | None,
    jobs: int,
    port: int | None,
    since: str | None,
    speed: str | None,
    as_json: bool,
) -> None:
    """Replay the journal in DIRECTORY (or its folder journal) from its first command, and compare every event.

    With --serve: show the session again, as a venue to which every client can connect, and which takes no commands. Its clock is
    the session's, at the speed that is asked for: max is as fast as clients read; with step, each line on standard input shows
    a command. At the end it stays as it is until SIGTERM or Ctrl-C. Who may log in says DIRECTORY/venue.toml. Nothing is written.

    With --jobs N a long journal that has snapshots is replayed in parts at once, each in a process. The state at the end of each must be
    the very one that the next one began with: so nothing is taken for granted. What differs is looked for from the first command on.

    Integrity is verified on the way. The two digests are SHA-256 over the encoded events, as recorded and as replayed.
    A journal of another core version is replayed too: then the first difference shows what changed between the two.
    Where a journal goes on under another core version, so does the replay, from the snapshot that the venue went on from; then digests,
    figures and exit status are of the last part, and of each earlier one the first difference is shown.

    \b
    Exit status:
      0  every event came out as recorded
      1  an event differs, or the journal is damaged
      2  usage
      3  equal, but the journal ends in a torn frame
    With --serve:
      0  stopped
      1  it can't be served
      2  usage: no such moment, too
      70 the journal can't be read any further, or does not replay

    \b
    Examples:
      sbx replay venue
      sbx replay venue --until-seq 1000
      sbx replay venue --jobs 4
      sbx replay venue/journal --json
      sbx replay venue --serve 8766 --from 10:04:07 --speed 10x
      sbx replay venue --serve 0 --from 4711 --speed step
    """
    if port is not None:
        _refuse_with("--serve", **{"--until-seq": until_seq is not None, "--jobs": jobs != 1})
        # It brings the whole server, which takes a moment to load.
        from gateway.cli.recordings.replay_serve import serve_recording

        serve_recording(directory, port, since or "0s", speed or "1x", as_json)
        return
    if since is not None or speed is not None:
        raise click.UsageError("--from and --speed go with --serve")
    outcome = replayed(directory, until_seq, jobs)
    if as_json:
        click.echo(json_text(summary(outcome)))
    else:
        show(outcome)
    raise SystemExit({"equal": EQUAL, "torn": TORN}.get(outcome.status, DIFFERENT))


def _refuse_with(option: str, **others: bool) -> None:
    """Refuse those of other options that are given beside one."""
    for name, is_given in others.items():
        if is_given:
            raise click.UsageError(f"{name} does not go with {option}")


def replayed(directory: Path, until_seq: int | None, jobs: int) -> Outcome:
    """Replay what is in a directory, up to a sequence number, in so many parts at most; with a bar on a terminal."""
    if until_seq is not None:
        _refuse_with("--until-seq", **{"--jobs": jobs != 1})
    try:
        reader = JournalReader(find_journal(directory))
    except JournalError as error:
        raise click.UsageError(str(error)) from error
    outcome = Outcome(reader, until_seq)
    try:
        run(outcome, jobs)
    except OSError as error:
        raise click.ClickException(f"the journal can't be read: {error}") from error
    if jobs > 1 and outcome.parts == 1:
        say("replayed in one part: a part goes from snapshot to snapshot, and has 50,000 commands or more", err=True)
    return outcome


def run(outcome: Outcome, jobs: int = 1) -> None:
    """Replay, in so many parts at most, with a bar on a terminal.

    Raises:
        OSError: a segment can't be read.
    """
    # Nothing that a core keeps is cyclic.
    is_collecting = gc.isenabled()
    gc.disable()
    try:
        with bar("replaying", journal_bytes(outcome.reader.directory)) as show_read:
            if jobs == 1 or not _run_in_parts(outcome, jobs, show_read):
                for bytes_read in outcome.run():
                    show_read(bytes_read)
    finally:
        if is_collecting:
            gc.enable()


def _run_in_parts(outcome: Outcome, jobs: int, show_read: Callable[[int], None]) -> bool:
    """Replay in parts; False: it can't be done, or there is something to be looked for from the first command on."""
    # It brings what processes are made with, which takes a moment to load.
    from gateway.replaying.parts import InParts

    start = time.perf_counter()
    parts = InParts(outcome.reader, jobs, show_read)
    outcome.result = parts.run()
    outcome.seconds = time.perf_counter() - start
    if outcome.result is None:
        outcome.reader = JournalReader(outcome.reader.directory)
        return False
    outcome.damage, outcome.parts = parts.damage, parts.parts
    return True


def summary(outcome: Outcome) -> dict[str, object]:
    """What was found, for machines."""
    result = outcome.result
    assert result is not None
    return {
        "status": outcome.status,
        "directory": str(outcome.reader.directory),
        "commands": result.commands,
        "events": result.events,
        "recorded_digest": result.recorded_digest,
        "replayed_digest": result.replayed_digest,
        "equal": result.equal,
        "difference": difference_summary(result.difference),
        "failure": failure_summary(outcome.failure),
        "damage": damage_summary(outcome.damage),
        "torn": torn_summary(outcome.reader),
        "earlier": [
            {
                "core_version": part.core_version,
                "last_seq": part.last_seq,
                "equal": part.is_equal,
                "difference": difference_summary(part.result.difference),
                "failure": failure_summary(part.failure),
            }
            for part in outcome.earlier
        ],
        "journal_core_version": outcome.core_version,
        "core_version": CORE_VERSION,
        "parts": outcome.parts,
        "seconds": round(outcome.seconds, 3),
        "commands_per_second": round(result.commands / outcome.seconds),
    }


def failure_summary(failure: ReplayFailure | None) -> dict[str, object] | None:
    """Where a replay stopped, for machines."""
    return None if failure is None else {"seq": failure.seq, "reason": failure.reason}


def difference_summary(difference: Difference | None) -> dict[str, object] | None:
    """The first difference, for machines."""
    if difference is None:
        return None
    return {
        "seq": difference.seq,
        "time_ns": difference.time_ns,
        "command": readable(difference.command),
        "index": difference.place,
        "recorded": readable(difference.recorded),
        "replayed": readable(difference.replayed),
    }


def readable(value: object) -> object:
    """A command or event, and those within it, with the names of their fields; what is said as template and values."""
    if isinstance(value, Said):
        return [value.template, readable(value.values)]
    if isinstance(value, tuple | list):
        return [readable(each) for each in value]
    if not isinstance(value, msgspec.Struct):
        return value
    fields = {name: readable(field) for name, field in msgspec.structs.asdict(value).items()}
    return {"type": type(value).__name__, **fields}


def show(outcome: Outcome) -> None:
    """What was found, for people."""
    result = outcome.result
    assert result is not None
    console = Terminal(wraps=False)
    rate = result.commands / outcome.seconds
    for part in outcome.earlier:
        _show_part(console, part)
    console.print(f"{result.commands:,} commands, {result.events:,} events replayed, {rate:,.0f} commands a second")
    console.print(f"recorded digest {result.recorded_digest}")
    console.print(f"replayed digest {result.replayed_digest}")
    if outcome.core_version is not None and outcome.core_version != CORE_VERSION:
        console.tell((f"written under core version {outcome.core_version}, replayed under {CORE_VERSION}", "yellow"))
    if result.difference is not None:
        show_difference(console, result.difference)
    elif outcome.status in {"equal", "torn"}:
        console.tell(("equal", "green"))
    if outcome.failure is not None:
        console.tell(("replay stopped", "red"), f": {outcome.failure}")
    if outcome.damage is not None:
        console.tell(("damaged", "red"), f": {outcome.damage}")
    if outcome.reader.torn is not None:
        console.tell(("torn", "yellow"), f": {outcome.reader.segments[-1].name}: {outcome.reader.torn}")


def _show_part(console: Terminal, part: Part) -> None:
    """What was found of a part of an earlier core version."""
    console.tell(
        (f"written under core version {part.core_version} up to sequence number {part.last_seq:,}", "yellow"),
        f", replayed under {CORE_VERSION}: " + ("equal" if part.is_equal else "not equal"),
    )
    if part.result.difference is not None:
        show_difference(console, part.result.difference)
    if part.failure is not None:
        console.tell(f"  replay stopped: {part.failure}")
    console.print(f"from there on from the snapshot of sequence number {part.last_seq:,}")


def show_difference(console: Terminal, difference: Difference) -> None:
    """The first difference and, where one event became another of its kind, the fields that differ."""
    recorded, replayed = difference.recorded, difference.replayed
    console.tell(
        ("different", "red"), f" from sequence number {difference.seq}, event {difference.place} of its command"
    )
    console.tell(f"  command   {difference.command!r}")
    console.tell(f"  recorded  {recorded!r}" if recorded is not None else "  recorded  no such event")
    console.tell(f"  replayed  {replayed!r}" if replayed is not None else "  replayed  no such event")
    if isinstance(recorded, msgspec.Struct) and isinstance(replayed, type(recorded)):
        for name, before, after in differing_fields(recorded, replayed):
            console.tell(f"  {name}: {before!r} became {after!r}")
