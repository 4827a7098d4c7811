"""`sbx upgrade`: a venue made ready for a release of a later core version."""

from __future__ import annotations

import time
from pathlib import Path

import click

from engine.vocabulary.codes import CORE_VERSION
from gateway.cli.progress import bar
from gateway.cli.saying import say
from gateway.core import new_exchange
from gateway.journal.archive import journal_bytes
from gateway.journal.files import JournalError, find_journal
from gateway.keys import KeyFileError
from gateway.printable import json_text, printable
from gateway.snapshots.making import Made
from gateway.snapshots.replica import NotReplayed
from gateway.snapshots.upgrading import Upgrade


@click.command()
@click.argument("directory", type=click.Path(path_type=Path, exists=True, file_okay=False))
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def command(directory: Path, as_json: bool) -> None:
    """Make the venue in DIRECTORY ready for a release of a later core version. Run it with the release that the venue ran under.

    The venue must stand still. Its journal is verified and replayed from the newest snapshot on, its last segment signed if a crash left
    it open, and a snapshot saved at its very end. From that a release of a later core version starts: balances, open orders, records
    and all numbers go on, and a new segment follows the old ones in the same chain. `sbx version` names a release's core version.

    Where a later core version goes on already, the snapshot is of the end of what this one wrote. Journals of core versions before 6
    can't go on under another; they verify and read.

    \b
    Exit status:
      0  ready
      1  not ready; the message says what to do
      2  usage

    \b
    Examples:
      sbx upgrade venue
      sbx upgrade venue --json
    """
    try:
        journal = find_journal(directory)
    except JournalError as error:
        raise click.UsageError(str(error)) from error
    began = time.perf_counter()
    try:
        upgrade = Upgrade(journal, new_exchange)
        try:
            _follow(upgrade, journal)
            made = upgrade.save()
        finally:
            upgrade.close()
    except (JournalError, NotReplayed, KeyFileError) as error:
        raise click.ClickException(str(error)) from error
    except OSError as error:
        raise click.ClickException(f"the venue can't be read or written: {error}") from error
    if as_json:
        click.echo(json_text(_summary(upgrade, made, time.perf_counter() - began)))
    else:
        _show(upgrade, made, directory)


def _follow(upgrade: Upgrade, journal: Path) -> None:
    """Replay, with a bar on a terminal."""
    with bar("replaying", journal_bytes(journal)) as show:
        for read in upgrade.follow():
            show(read)


def _version(upgrade: Upgrade) -> int:
    """The core version that is handed over."""
    last = upgrade.last_segment
    return CORE_VERSION if upgrade.goes_on or last is None else last.header.core_version


def _summary(upgrade: Upgrade, made: Made | None, seconds: float) -> dict[str, object]:
    """What was done, for machines."""
    point, torn = upgrade.begun.point, upgrade.recovery.torn
    return {
        "ready": True,
        "seq": upgrade.begun.replica.exchange.seq,
        "written_under": _version(upgrade),
        "core_version": CORE_VERSION,
        "goes_on_already": upgrade.goes_on,
        "made": made is not None,
        "path": None if made is None else str(made.path),
        "bytes": None if made is None else made.size,
        "began_with": None if point is None else point.seq,
        "unusable_snapshots": upgrade.begun.unusable,
        "torn": None if torn is None else str(torn),
        "seconds": round(seconds, 3),
    }


def _show(upgrade: Upgrade, made: Made | None, directory: Path) -> None:
    """What was done and what comes next, for people."""
    for line in upgrade.begun.unusable:
        say(f"not used: {printable(line)}", err=True)
    if upgrade.recovery.torn is not None:
        say(f"a bad last frame, torn by a crash or damaged, was set aside: {upgrade.recovery.torn}", err=True)
    seq, version = upgrade.begun.replica.exchange.seq, _version(upgrade)
    if made is None:
        say(f"there is a snapshot of sequence number {seq:,} already, where core version {version} ends")
    else:
        say(
            f"{printable(made.path.name)}: {made.size:,} bytes, at sequence number {seq:,}, where core version {version} ends"
        )
    if not upgrade.goes_on:
        say(
            f"next: `sbx serve {printable(str(directory))}` with a release of a later core version, or with this one as before"
        )
