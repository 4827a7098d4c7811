"""`sbx demo`: a whole venue for some seconds, and the proof afterwards."""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from pathlib import Path
from typing import Any

import click
from rich.live import Live
from rich.table import Table

from gateway.cli.terminal import Terminal, styled
from gateway.client import ClientError
from gateway.printable import json_text
from gateway.venue.venue import VenueError
from loadtest.demo.run import EXPECTED, DemoError, Options, Progress, run, shortfalls
from loadtest.demo.tally import Tally
from loadtest.serving import ServingError


@click.command()
@click.option("--rulebook", type=click.Choice(list(EXPECTED)), default="general-2026", show_default=True)
@click.option("--seconds", type=click.FloatRange(1, 3600), default=20.0, show_default=True, help="How long to trade.")
@click.option("--seed", type=int, default=1, show_default=True, help="What the participants draw from.")
@click.option(
    "--keep", type=click.Path(path_type=Path, file_okay=False), help="Keep the venue and its journal in this directory."
)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def command(rulebook: str, seconds: float, seed: int, keep: Path | None, as_json: bool) -> None:
    """Start a venue, let simulated participants trade over WebSocket, stop it, verify and replay its journal.

    Market makers, institutions, super-qualified, qualified and retail investors trade; some try what they may not, and
    are refused by rule. The same orders fare differently under another rulebook.

    \b
    Exit status:
      0  the journal is sound, the replay equal, and the session showed what the rulebook lets it show
      1  something of that is missing, and is named

    \b
    Examples:
      sbx demo
      sbx demo --rulebook elr-2025
      sbx demo --seconds 60 --keep session && sbx replay session
      sbx demo --json
    """
    where: AbstractContextManager[str] = (
        nullcontext(str(keep)) if keep is not None else tempfile.TemporaryDirectory(prefix="sbx-demo-")
    )
    console = Terminal(stderr=True)
    try:
        with where as directory, _live(console, as_json, seconds) as progress:
            options = Options(Path(directory), rulebook, seconds, seed)
            result = asyncio.run(run(options, progress))
    except (DemoError, ServingError, VenueError, ClientError, OSError) as error:
        raise click.ClickException(str(error)) from error
    missing = shortfalls(result)
    result["shortfalls"] = missing
    result["directory"] = str(keep) if keep is not None else None
    if as_json:
        click.echo(json_text(result))
    else:
        print_result(result, Terminal())
    raise SystemExit(1 if missing else 0)


@contextmanager
def _live(console: Terminal, quiet: bool, seconds: float) -> Iterator[Progress]:
    """Show progress on a terminal; say nothing elsewhere."""
    if quiet or not console.is_terminal:
        yield lambda elapsed, tally: None
        return
    with Live(console=console, transient=True) as live:

        def progress(elapsed: float, tally: Tally) -> None:
            grid = Table.grid(padding=(0, 2))
            grid.add_row(
                styled((f"{min(elapsed, seconds):4.1f}", "bold"), f" of {seconds:g} s"),
                f"{tally.entered:,} orders",
                styled((f"{tally.accepted:,} accepted", "green")),
                styled((f"{tally.rejected:,} rejected", "red")),
                f"{tally.trades:,} trades in {len(tally.traded)} instruments",
                f"p99 {tally.percentiles_us()['p99'] / 1000:.1f} ms",
            )
            live.update(grid)

        yield progress


def print_result(result: dict[str, Any], console: Terminal) -> None:
    """Show what `loadtest.demo.run.run` returned to people."""
    orders, trades, latency = result["orders"], result["trades"], result["latency_us"]
    console.tell((result["rulebook"], "bold"), f", {result['seconds']:.1f} s, seed {result['seed']}")
    console.print()
    console.print(
        f"{orders['entered']:,} orders in: {orders['accepted']:,} accepted, {orders['rejected']:,} rejected; "
        f"{orders['amended']:,} amends, {orders['cancelled']:,} cancels\n"
    )
    table = Table(
        "rule", "title", "decided", "failed", "for example", title="Orders before the rules", title_justify="left"
    )
    for column in table.columns[2:4]:
        column.justify = "right"
    for each in result["rules"]:
        failed = f"{each['named']:,}" if each["named"] or not each["permitted"] else f"passed {each['permitted']:,}"
        decided = f"{each['decided']:,}" if each["decided"] else ""
        table.add_row(styled((each["rule"], "bold")), each["title"], decided, failed, each["example"])
    for reject in result["rejects"]:
        if not reject["is_rule"]:
            table.add_row(reject["reason"], "", f"{reject['count']:,}", "", reject["example"])
    console.print(table)
    moves = result["transfers"]
    if moves["refused"]:
        table = Table(
            "rule", "title", "refused", "for example", title="Transfers before the rules", title_justify="left"
        )
        for reject in moves["refused"]:
            table.add_row(
                styled((reject["reason"], "bold")), reject["title"], f"{reject['count']:,}", reject["example"]
            )
        console.print(table)
    console.print(f"{moves['done']:,} transfers done, {result['marks']:,} marks of futures\n")
    table = Table("instrument", "trades", "quantity", "turnover", title="Trades", title_justify="left")
    for column in table.columns[1:]:
        column.justify = "right"
    for name, each in trades["instruments"].items():
        quote = name.partition("/")[2] or "RUB"
        table.add_row(name, f"{each['trades']:,}", each["quantity"], f"{float(each['turnover']):,.0f} {quote}")
    console.print(table)
    shown = ", ".join(f"{name} {latency[name] / 1000:.2f} ms" for name in ("p50", "p99", "p99.9", "max"))
    console.print(f"latency from the intended send time, {latency['count']:,} requests: {shown}\n")
    verify, replay = result["verify"], result["replay"]
    console.print(f"journal   {verify['status']}: {verify['frames']:,} frames, {verify['commands']:,} commands")
    console.print(f"recorded  {replay['recorded_digest']}")
    console.print(f"replayed  {replay['replayed_digest']}")
    console.tell(("equal", "green") if replay["equal"] else ("different", "red"))
    if result["directory"] is not None:
        console.print(f"kept in {result['directory']}: `sbx replay {result['directory']}`")
    for shortfall in result["shortfalls"]:
        console.tell(("missing:", "red"), f" {shortfall}")
