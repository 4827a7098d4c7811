"""`sbx flow`: recorded order flow through the venue, compared with what was recorded."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click
from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table

from gateway.cli.terminal import Terminal
from gateway.printable import json_text
from loadtest.flow import run as flow
from loadtest.flow.format import FlowError
from loadtest.flow.gateway import WINDOW, Gateway


@click.command()
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False, exists=True))
@click.option("--plain", is_flag=True, help="Bitstamp: creations and deletions alone, from an empty book.")
@click.option(
    "--speed", type=click.FloatRange(min=0), default=0.0, help="Multiple of the recorded pace; 0: no waiting."
)
@click.option(
    "--rulebook", default="", help="A rulebook that every order passes, by name or .toml file. Default: none."
)
@click.option(
    "--url", help="Feed through the gateway of a running venue, as ws://HOST:PORT, instead of in this process."
)
@click.option("--participant", default="delta-fund", show_default=True, help="With --url: who feeds.")
@click.option(
    "--key",
    type=click.Path(path_type=Path, dir_okay=False),
    help="With --url: the participant's private key. Default: in --keys.",
)
@click.option(
    "--keys",
    type=click.Path(path_type=Path, file_okay=False),
    help="With --url: the directory of the venue's keys, as `sbx init` writes it, to set the recording's market up.",
)
@click.option("--window", type=click.IntRange(1, 256), default=WINDOW, show_default=True, help="Requests in flight.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def command(
    file: Path,
    plain: bool,
    speed: float,
    rulebook: str,
    url: str | None,
    participant: str,
    key: Path | None,
    keys: Path | None,
    window: int,
    as_json: bool,
) -> None:
    """Feed the recorded order flow in FILE into a venue and compare trades and books with the recording.

    FILE is an order-by-order recording of Bitstamp (one event a line, plain or .xz) or a LOBSTER message file, whose
    order book file is found beside it.

    \b
    Examples:
      sbx flow orders.log.xz
      sbx flow orders.log.xz --plain --json
      sbx flow AMZN_2012-06-21_34200000_57600000_message_10.csv
      sbx flow orders.log.xz --rulebook general-2026
      sbx flow orders.log.xz --speed 60
      sbx flow orders.log.xz --url ws://127.0.0.1:8765 --keys venue/keys
      sbx flow orders.log.xz --url ws://127.0.0.1:8765 --participant delta-fund --key delta-fund.pem
    """
    if url is not None and rulebook:
        raise click.UsageError("--rulebook is for this process; a running venue has its own")
    if key is None and keys is not None:
        key = keys / f"{participant}.pem"
    if url is not None and key is None:
        raise click.UsageError("--url needs --key, the private key of --participant, or --keys")
    try:
        recording = flow.read(file, plain)
        with _progress(as_json) as show:
            task = show.add_task("feeding", total=None)

            def progress(done: int, total: int) -> None:
                show.update(task, completed=done, total=total)

            if url is not None and key is not None:
                gateway = Gateway(url, participant, key, keys, window)
                outcome = flow.run_remote(recording, gateway, speed, progress)
            else:
                outcome = flow.run(recording, speed, progress, rulebook)
    except FlowError as error:
        raise click.ClickException(str(error)) from error
    result = flow.report(recording, outcome)
    if as_json:
        click.echo(json_text(result))
    else:
        print_report(result, Terminal())


def _progress(quiet: bool) -> Progress:
    console = Terminal(stderr=True)
    columns = (TextColumn("{task.description}"), BarColumn(), TimeRemainingColumn())
    return Progress(*columns, console=console, transient=True, disable=quiet or not console.is_terminal)


def print_report(result: dict[str, Any], console: Terminal) -> None:
    """Show a report of `flow.report` to people."""
    trades, speed = result["trades"], result["throughput"]
    console.tell((result["instrument"], "bold"), f", {result['format']} recording, through the {result['target']}")
    table = Table("fed", "", box=None)
    for name, count in result["fed"].items():
        table.add_row(name, f"{count:n}")
    for name, count in result["left_out"].items():
        table.add_row(f"left out: {name}", f"{count:n}")
    console.print(table)
    table = Table("trades", "", box=None)
    table.add_row("recorded", f"{trades['recorded']:n}")
    table.add_row("made", f"{trades['made']:n}")
    table.add_row("equal in price and amount", f"{trades['equal']:n}")
    table.add_row("  of these within 5 s", f"{trades['equal_within_5_s']:n}")
    if "equal_with_same_maker" in trades:
        table.add_row("  of these with the recorded resting order", f"{trades['equal_with_same_maker']:n}")
    for reason, count in trades["not_reproduced"].items():
        table.add_row(f"not reproduced: {reason}", f"{count:n}")
    console.print(table)
    books = result["books"]
    table = Table("recorded books", "", box=None)
    table.add_row("recorded", f"{books['recorded']:n}")
    table.add_row("compared", f"{books['compared']:n}")
    table.add_row("equal best price, both sides", f"{books['equal_best_price']:n}")
    for depth, count in books["equal_levels"].items():
        table.add_row(f"equal {depth} level{'s' if depth != '1' else ''}, price and amount", f"{count:n}")
    for reason, count in books["reasons"].items():
        table.add_row(f"differ at ten levels: {reason}", f"{count:n}")
    console.print(table)
    console.tell(
        f"{speed['commands']:n} commands in {speed['seconds']:.3f} s: {speed['commands_per_second']:n} a second"
    )
