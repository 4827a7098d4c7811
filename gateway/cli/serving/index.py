"""`sbx index`: feed index prices from a file."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from functools import partial
from pathlib import Path

import click
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from engine.vocabulary.limits import MAX_TEXT_CHARS, NS_PER_SECOND
from gateway.cli.saying import say
from gateway.cli.terminal import Terminal
from gateway.client import Client, ClientError, connect
from gateway.client.index_file import IndexFile, IndexFileError, feed, read_index_file
from gateway.printable import json_text, printable


@click.command()
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
@click.option("--url", metavar="URL", required=True, help="The venue, as ws://HOST:PORT or wss://HOST:PORT.")
@click.option(
    "--key", type=click.Path(path_type=Path, dir_okay=False), required=True, help="The operator's private key."
)
@click.option("--participant", metavar="NAME", help="Who logs in.  [default: the key file's name without .pem]")
@click.option(
    "--speed",
    type=click.FloatRange(min=0),
    default=1.0,
    show_default=True,
    help="Multiple of the file's pace; 0: without waiting.",
)
@click.option("--source", metavar="TEXT", help="Where the prices are from.  [default: the file's name and SHA-256]")
@click.option(
    "--ca-file",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Certificates, PEM, that vouch for a venue with TLS.  [default: those that the machine trusts]",
)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object when done.")
def command(
    file: Path,
    url: str,
    key: Path,
    participant: str | None,
    speed: float,
    source: str | None,
    ca_file: Path | None,
    as_json: bool,
) -> None:
    """Feed the index prices in FILE into a running venue, as an operator.

    FILE is a CSV table with the columns time, index, price. Times are ISO 8601, the first of which is sent at once, or
    seconds from the start. The file is checked as a whole before anything is sent. Each price is journaled with its source.

    \b
    Exit status:
      0  all prices were stated
      1  the file is wrong, or the venue refused a price or went away; the message names the line
      2  usage

    \b
    Examples:
      sbx index btc.csv --url ws://127.0.0.1:8765 --key venue/keys/operator.pem
      sbx index btc.csv --url ws://127.0.0.1:8765 --key venue/keys/operator.pem --speed 60
      sbx index btc.csv --url ws://127.0.0.1:8765 --key venue/keys/operator.pem --speed 0 --json
    """
    if source is not None and not 0 < len(source) <= MAX_TEXT_CHARS:
        raise click.UsageError(f"--source has 1 to {MAX_TEXT_CHARS} characters")
    try:
        prices = read_index_file(file)
        source = source or prices.source
        started = time.monotonic()
        venue = partial(connect, url, participant or key.stem, key, reconnect=False, ca_file=ca_file)
        first, last = asyncio.run(_feed(prices, source, speed, venue, quiet=as_json))
    except (IndexFileError, ClientError) as error:
        raise click.ClickException(str(error)) from error
    report = {
        "file": str(file),
        "source": source,
        "indices": prices.indices,
        "prices": len(prices.rows),
        "first_seq": first,
        "last_seq": last,
        "recorded_seconds": prices.rows[-1].offset_ns / NS_PER_SECOND,
        "seconds": round(time.monotonic() - started, 3),
    }
    if as_json:
        click.echo(json_text(report))
        return
    say(
        f"{report['prices']} prices of {', '.join(map(printable, prices.indices))} stated in {report['seconds']} s, "
        f"as commands {first} to {last}, with source {printable(source)}"
    )


async def _feed(
    prices: IndexFile,
    source: str,
    speed: float,
    venue: Callable[[], AbstractAsyncContextManager[Client]],
    *,
    quiet: bool,
) -> tuple[int, int]:
    console = Terminal(stderr=True)
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    async with venue() as client:
        with Progress(*columns, console=console, transient=True, disable=quiet or not console.is_terminal) as show:
            task = show.add_task("prices", total=len(prices.rows))
            return await feed(client, prices, source, speed, lambda done: show.update(task, completed=done))
