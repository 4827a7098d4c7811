"""`sbx demo`: a whole venue for some seconds, and the proof afterwards."""

from __future__ import annotations

import asyncio
import sys
import tempfile
from contextlib import AbstractContextManager, nullcontext
from functools import partial
from pathlib import Path

import click

from gateway.cli.saying import say
from gateway.cli.terminal import Terminal
from gateway.client import ClientError
from gateway.printable import json_text
from gateway.venue.venue import VenueError
from loadtest.demo.run import EXPECTED, DemoError, Options, run, shortfalls
from loadtest.demo.show import Show, lines, market, nothing
from loadtest.demo.summary import print_result, print_summary
from loadtest.serving import ServingError


@click.command()
@click.option("--rulebook", type=click.Choice(list(EXPECTED)), default="general-2026", show_default=True)
@click.option("--seconds", type=click.FloatRange(1, 3600), default=20.0, show_default=True, help="How long to trade.")
@click.option("--seed", type=int, default=1, show_default=True, help="What the participants draw from.")
@click.option(
    "--port",
    type=click.IntRange(1, 65_535),
    help="Port of the venue, for a bot of yours, who trades as `newcomer`.  [default: any free one, for the demo alone]",
)
@click.option(
    "--keep", type=click.Path(path_type=Path, file_okay=False), help="Keep the venue and its journal in this directory."
)
@click.option("--full", is_flag=True, help="End with every rule and every instrument, not with one screen.")
@click.option(
    "--picture",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Write a picture of the market at the end, as SVG.",
)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def command(
    rulebook: str,
    seconds: float,
    seed: int,
    port: int | None,
    keep: Path | None,
    full: bool,
    picture: Path | None,
    as_json: bool,
) -> None:
    """Start a venue, let simulated participants trade over WebSocket, stop it, verify and replay its journal.

    Market makers, institutions, super-qualified, qualified and retail investors trade; some try what they may not, and
    are refused by rule. The same orders fare differently under another rulebook. On a terminal you see the market: prices,
    a book, the tape, and verdicts in words; q ends it early. Elsewhere a line says now and then how it goes.

    \b
    Exit status:
      0  the journal is sound, the replay equal, and the session showed what the rulebook lets it show
      1  something of that is missing, and is named

    \b
    Examples:
      sbx demo
      sbx demo --rulebook elr-2025 --full
      sbx demo --seconds 60 --keep session && sbx replay session
      sbx demo --seconds 600 --port 8765          join it with a bot of yours
      sbx demo --picture demo.svg
      sbx demo --json | jq .latency_us
    """
    if picture is not None and not picture.absolute().parent.is_dir():
        raise click.UsageError(f"--picture: there is no folder {picture.parent}")
    where: AbstractContextManager[str] = (
        nullcontext(str(keep)) if keep is not None else tempfile.TemporaryDirectory(prefix="sbx-demo-")
    )
    try:
        with where as directory:
            options = Options(Path(directory), rulebook, seconds, seed, port)
            result = asyncio.run(run(options, _show(as_json, picture)))
    except (DemoError, ServingError, VenueError, ClientError, OSError) as error:
        raise click.ClickException(str(error)) from error
    missing = shortfalls(result)
    result["shortfalls"] = missing
    result["directory"] = str(keep) if keep is not None else None
    if as_json:
        click.echo(json_text(result))
    elif full:
        print_result(result, Terminal())
    else:
        print_summary(result, Terminal())
    if picture is not None and not as_json:
        say(f"the picture is in {picture}", err=True)
    raise SystemExit(1 if missing else 0)


def _show(quiet: bool, file: Path | None) -> Show:
    """How it is shown: as whoever started it can see it."""
    on_screen = not quiet and sys.stdin.isatty() and sys.stdout.isatty() and not Terminal().is_dumb_terminal
    told = nothing if quiet else lines
    return partial(market, on_screen=on_screen, file=file, beside=told) if on_screen or file is not None else told
