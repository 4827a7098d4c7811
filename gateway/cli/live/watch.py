"""`sbx watch`: a market in the terminal, live or recorded."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import click
import msgspec

from gateway.cli.controls.running import Target
from gateway.cli.known import no_such
from gateway.cli.terminal import Terminal
from gateway.cli.walking import opened, seq_of, shown
from gateway.client import ClientError
from gateway.index.keys import INSTRUMENT
from gateway.printable import json_text
from gateway.reporting.tables.times import moscow_time, utc
from gateway.session.known import known_names
from gateway.session.pace import Speed, SpeedError, parse_speed
from gateway.venue.running import running_url
from gateway.watching.live import watching
from gateway.watching.picture import picture
from gateway.watching.recorded import RecordedView
from gateway.watching.scene import Scene
from gateway.watching.view import Refused, View

ONCE_LINES = 40
"""Of a picture that is no window's."""
DEFAULT_SPEED = "1x"
SET_UP = "0s"
"""Behind all that a venue's first start does at once."""

Printer = Callable[[Scene], None]


@click.command()
@click.argument("where", required=False, default="", envvar="SBX_URL", metavar="[DIRECTORY|URL]")
@click.option("--instrument", default="", metavar="NAME", help="Show this book and tape first.")
@click.option("--from", "since", default="", metavar="MOMENT", help="Walk in what is recorded, beginning here.")
@click.option(
    "--speed", metavar="SPEED", help=f"Of a recorded session: 10x, 0.5x, max or step.  [default: {DEFAULT_SPEED}]"
)
@click.option(
    "--key",
    type=click.Path(path_type=Path, dir_okay=False),
    envvar="SBX_KEY",
    help="Your private key, or SBX_KEY, for verdicts of a live venue.",
)
@click.option("--participant", metavar="NAME", help="Who logs in.  [default: the key file's name without .pem]")
@click.option(
    "--ca-file",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Certificates, PEM, that vouch for a venue with TLS.  [default: those that the machine trusts]",
)
@click.option("--once", is_flag=True, help="Print one picture and end, as without a terminal.")
@click.option("--json", "as_json", is_flag=True, help="Print what one picture shows as a JSON object, and end.")
def command(
    where: str, instrument: str, since: str, speed: str | None, once: bool, as_json: bool, **access: Any
) -> None:
    """Watch a market: prices, a book, the tape, and verdicts in words.

    A URL, or the directory of a venue that runs on this machine, is watched live. Any other directory, and any with --from, is a
    recorded session, which goes by at --speed. ? shows the keys: pause, step, jump, speed, instrument. MOMENT is
    12.3s or 1h30m from the beginning, 10:04:07 (Moscow, on the first day), a date, 2026-06-01T10:04:07Z, or the number of a
    command or order. Without --from a session begins once the venue was set up; one picture of it, with --once, is of its end.

    \b
    Exit status:
      0  shown
      1  the venue can't be reached; the journal is damaged, or does not replay
      2  usage: no such moment or instrument, too

    \b
    Examples:
      sbx watch venue
      sbx watch ws://127.0.0.1:8765 --key venue/keys/supervisor.pem
      sbx watch venue --from 10:04:07 --speed 10x --instrument BTC/RUB
      sbx watch venue --once
      sbx watch venue --from 4711 --json | jq .book
    """
    is_printed = once or as_json or not _has_terminal()
    printed = partial(_print, as_json=as_json) if is_printed else None
    try:
        pace = parse_speed(speed or DEFAULT_SPEED)
    except SpeedError as error:
        raise click.UsageError(f"--speed: {error}") from error
    directory = None if where.startswith(("ws://", "wss://")) else Path(where) if where else None
    if directory is not None and not directory.is_dir():
        raise click.UsageError(f"{where} is no directory, and no URL: ws://HOST:PORT or wss://HOST:PORT")
    try:
        url = where or None if directory is None else running_url(directory)
        if directory is not None and (since or url is None):
            _recorded(directory, since, pace, instrument, printed)
        elif since or speed:
            raise click.UsageError("a live venue has its own time: --from and --speed are for a recorded session")
        else:
            asyncio.run(_live(Target(url=url, directory=directory, **access), instrument, printed))
    except Refused as error:
        raise click.UsageError(str(error)) from error
    except ClientError as error:
        raise click.ClickException(str(error)) from error


def _has_terminal() -> bool:
    """Whether there are keys, and a screen that can be drawn on."""
    return sys.stdin.isatty() and sys.stdout.isatty() and not Terminal().is_dumb_terminal


def _print(scene: Scene, *, as_json: bool) -> None:
    """Print what a scene shows."""
    if as_json:
        click.echo(json_text(_with_times(msgspec.to_builtins(scene))))
        return
    console = Terminal()
    text = picture(scene, console.width, ONCE_LINES, " ", ascii_only=console.options.ascii_only)
    text.rstrip()
    console.print(text)


def _with_times(value: Any) -> Any:
    """Plain data with each time as people and other programs read it."""
    if isinstance(value, list):
        return [_with_times(each) for each in value]
    if not isinstance(value, dict):
        return value
    found: dict[str, Any] = {}
    for name, each in value.items():
        if name.endswith("_ns"):
            start = name.removesuffix("_ns")
            found[f"{start}_utc"] = None if each is None else utc(each)
            found[f"{start}_moscow"] = None if each is None else moscow_time(each)
        else:
            found[name] = _with_times(each)
    return found


async def _live(target: Target, instrument: str, printed: Printer | None) -> None:
    async with target.connect(may_be_public=True, reconnect=True) as client, watching(client, instrument) as view:
        await _show(view, printed)


async def _show(view: View, printed: Printer | None) -> None:
    if printed is not None:
        printed(view.scene())
        return
    try:
        from gateway.cli.live.watch_screen import show
    except ModuleNotFoundError as error:
        raise click.ClickException("this system's terminals have no keys for it: --once prints one picture") from error
    await show(view)


def _recorded(directory: Path, since: str, speed: Speed, instrument: str, printed: Printer | None) -> None:
    with opened(directory) as session:
        if instrument and next(session.index.find(INSTRUMENT, instrument), None) is None:
            raise no_such(INSTRUMENT, instrument, known_names(session.index, INSTRUMENT))
        begin = "" if printed is not None else SET_UP
        seq = seq_of(session, since or begin)
        view = RecordedView(str(directory), session, seq, speed, instrument)
        try:
            if printed is not None:
                shown("replaying", view.arriving(), lambda seq: seq, total=None)
            asyncio.run(_show(view, printed))
        finally:
            view.close()
