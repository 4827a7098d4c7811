"""`sbx status`: how a venue is."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path
from typing import Any, Final, get_args

import click
import msgspec

from gateway.cli.controls.running import NotSent, Target
from gateway.cli.live.operated import Place, place_of
from gateway.cli.small_table import show_small
from gateway.cli.terminal import Terminal
from gateway.client import Client, ClientError
from gateway.operating.page import size_text
from gateway.operating.status import Status, status_of
from gateway.printable import json_text
from gateway.protocol.messages import RecordKind
from gateway.reporting.tables.times import moscow_time, utc
from gateway.words.chosen import chosen, tr

NEEDS_SOMEBODY: Final = 1
NOT_RUNNING: Final = 3
_WAITING: Final[tuple[RecordKind, ...]] = tuple(
    kind for kind in get_args(RecordKind) if kind in ("alert", "case", "proposal", "change")
)
"""What a supervisor may have to look at."""
_STATES: Final = {
    "running": "runs",
    "stopped": "does not run",
    "not_begun": "has not begun: `sbx serve` starts it",
    "no_answer": "does not answer",
}


@click.command()
@click.argument("where", envvar="SBX_URL", metavar="DIRECTORY|URL")
@click.option(
    "--metrics", metavar="URL", help="Of its metrics, http://.  [default: as the running venue says in its directory]"
)
@click.option(
    "--ca-file",
    type=click.Path(path_type=Path, dir_okay=False, exists=True),
    help="Certificates, PEM, that vouch for a venue with TLS.  [default: the venue file's, or those that the machine trusts]",
)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def command(where: str, metrics: str | None, ca_file: Path | None, as_json: bool) -> None:
    """Say how a venue is: state, last command, durability, follower, snapshots, disk, OPS-2, and what needs somebody.

    Of a DIRECTORY on this machine it says what lies there, whether the venue runs or not; of a URL what the venue says of itself. With a
    metrics port it says more. A directory with a supervisor's key in keys/ is asked how many alerts, cases and proposals wait, too.
    Nothing is changed.

    \b
    Exit status:
      0  it runs, and nothing needs somebody
      1  it runs, and something does: see `concerns`
      2  usage
      3  it does not run, or does not answer

    \b
    Examples:
      sbx status venue
      sbx status venue --json | jq .concerns
      sbx status wss://venue.example:8765 --ca-file cert.pem
    """
    place = place_of(where, metrics, ca_file)
    try:
        status = status_of(
            place.directory,
            place.url,
            metrics_url=place.metrics,
            tls=place.tls,
            certificate_until_ns=place.certificate_until_ns,
        )
    except OSError as error:
        raise click.ClickException(f"{where} can't be read: {error}") from error
    status.waits = _waits(place) if status.state == "running" else {}
    if as_json:
        click.echo(json_text(_facts(status)))
    else:
        _print(status)
    sys.exit(NOT_RUNNING if status.state != "running" else NEEDS_SOMEBODY if status.concerns else 0)


def _waits(place: Place) -> dict[str, int]:
    """How many things wait for a supervisor; none where nobody can ask."""
    if place.directory is None:
        return {}
    target = Target(place.url, None, None, place.directory, place.ca_file)

    async def asked() -> dict[str, int]:
        async with target.connect(may_be_public=True) as client:
            return {} if client.participant is None else await _count(client)

    try:
        return asyncio.run(asked())
    except (ClientError, NotSent):
        return {}


async def _count(client: Client) -> dict[str, int]:
    counted: dict[str, int] = {kind: len(await client.records(kind)) for kind in _WAITING}
    return {**counted, "movement": len(await client.movements(of_all=True))}


def _facts(status: Status) -> dict[str, Any]:
    facts: dict[str, Any] = msgspec.to_builtins(status)
    time_ns = facts.pop("time_ns")
    return {**facts, "time_utc": None if time_ns is None else utc(time_ns)}


def _print(status: Status) -> None:
    """A table of what is known, then what needs somebody."""
    console = Terminal(wraps=False)
    console.tell(f"{status.venue or status.directory or status.url} {chosen().text(_STATES[status.state])}")
    show_small(console, ("what", "how"), [(chosen().heading(what), how) for what, how in _lines(status) if how])
    for concern in status.concerns:
        console.tell((concern, "yellow"))
    if status.state == "running" and not status.concerns:
        console.tell("nothing needs somebody")


def _lines(status: Status) -> list[tuple[str, str]]:
    capacity = status.capacity
    test = tr("yes, time goes {n} times as fast", n=status.time_scale) if status.time_scale > 1 else tr("yes")
    free = (
        ""
        if status.disk_free_bytes is None
        else tr("{part} of {whole}", part=size_text(status.disk_free_bytes), whole=size_text(status.disk_bytes or 0))
    )
    ops = "" if capacity.headroom is None else tr("{n} times what is asked", n=f"{capacity.headroom:.1f}")
    highest = "" if capacity.highest is None else tr("{n} messages a second", n=f"{capacity.highest:.0f}")
    return [
        ("address", status.url or ""),
        ("last command", _count_text(status.seq)),
        ("venue's time", "" if status.time_ns is None else tr("{time} (Moscow)", time=moscow_time(status.time_ns, 0))),
        ("venue for tests", test if status.test else ""),
        ("durability", status.durability or ""),
        ("rulebook", status.rulebook or ""),
        ("connections", _count_text(status.connections)),
        ("requests that wait", _count_text(status.waiting_requests)),
        ("open orders", _count_text(status.open_orders)),
        ("accounts", _count_text(status.accounts)),
        ("memory", _size(status.memory_bytes)),
        ("not read by peers", _size(status.unread_bytes)),
        ("follower is at", _count_text(status.followed_seq)),
        ("index is at", _count_text(status.indexed_seq)),
        ("snapshots", ", ".join(f"{seq:,}" for seq in status.snapshots)),
        ("journal", _size(status.journal_bytes)),
        ("index takes", _size(status.index_bytes)),
        ("snapshots take", _size(status.snapshot_bytes)),
        ("disk left", free),
        ("busiest second", highest),
        ("capacity (OPS-2)", ops),
        (
            "waits for a supervisor",
            ", ".join(f"{count} {chosen().heading(kind)}" for kind, count in status.waits.items() if count),
        ),
    ]


def _count_text(count: int | None) -> str:
    return "" if count is None else f"{count:,}"


def _size(size: int | None) -> str:
    return "" if size is None else size_text(size)
