"""`sbx abuse connections`: honest connections beside hundreds of bad ones, and what the honest notice."""

from __future__ import annotations

import asyncio
import os
import shlex
import sys
from typing import Any, Final

import click
import msgspec
import uvloop

from engine.vocabulary.limits import NS_PER_SECOND
from gateway.cli.terminal import WIDTH, Terminal
from gateway.printable import json_safe
from gateway.venue.venue import VenueError
from loadtest.abuse.connections.army import ADDRESSES, MANY, strength
from loadtest.abuse.connections.attacks import ATTACKS
from loadtest.abuse.connections.show import show
from loadtest.abuse.connections.siege import Plan, besiege
from loadtest.load.conduct import Order
from loadtest.load.plan.mixes import DEFAULT_MIX, Subscribers, load_mix
from loadtest.load.show import telling
from loadtest.load.target import LoadError
from loadtest.load.venues import Wanted, split_cores
from loadtest.load.words import Duration

LISTENING_PART: Final = 5
"""Of the honest, one in so many only listens."""
LISTENS_TO: Final = Subscribers(connections=1, channels=["book", "trades", "top"], instruments=3)
DRAIN_S: Final = 20.0
FAILED: Final = 1

_OPTIONS: Final = (
    click.option("--connections", type=click.IntRange(5, 900), default=325, show_default=True, help="Honest ones: four of five trade, the others listen."),
    click.option("--rate", type=click.FloatRange(min=1, max=100_000), default=2_000.0, show_default=True, help="Requests a second of all honest connections."),
    click.option("--seconds", type=click.FloatRange(0.5, 86_400), default=40.0, show_default=True, help="How long each run is measured."),
    click.option("--warm-up", type=Duration(), default="2s", show_default=True, help="Sent before, and in no figure."),
    click.option("--pairs", type=click.IntRange(1, 100), default=2, show_default=True, help="Of a run in peace and a besieged one; which comes first alternates."),
    click.option("--only", "chosen", multiple=True, type=click.Choice(list(ATTACKS)), help="Only this attack; may be repeated."),
    click.option("--most", type=click.IntRange(min=1), help="At most so many connections of each attack.  [default: as many as it has]"),
    click.option("--addresses", type=click.Choice(ADDRESSES), default=MANY, show_default=True, help="Where the bad come from: each from one of its own, all from one, or all from that of the honest."),
    click.option("--within", type=click.FloatRange(min=1), default=3.0, show_default=True, help="So many times the 99th percentile of the honest may grow."),
    click.option("--nice", type=click.IntRange(0, 19), default=10, show_default=True, help="Of the attackers, so that they don't take the honest generator's core."),
    click.option("--serve", metavar="COMMAND", default="", help="What starts the venues, as 'PATH/sbx serve'.  [default: the compiled build if there is one]"),
    click.option("--durability", type=click.Choice(["fsync", "os"]), default="fsync", show_default=True, help="Of the venues."),
    click.option("--participants", type=click.IntRange(1, 10_000), default=500, show_default=True, help="Of the venues."),
    click.option("--instruments", type=click.IntRange(1, 1_000), default=20, show_default=True, help="Of the venues."),
    click.option("--seed", type=click.IntRange(0, 2**62), default=1, show_default=True, help="Of keys, schedules and requests."),
    click.option("--pin/--no-pin", default=True, show_default=True, help="One core for the venue, the others for all else."),
    click.option("--replay/--no-replay", "replays", default=True, show_default=True, help="Replay the journals."),
    click.option("--list", "listed", is_flag=True, help="List the attacks."),
    click.option("--json", "as_json", is_flag=True, help="Print one JSON object."),
)  # fmt: skip


class Asked(msgspec.Struct, kw_only=True):
    """What the command line says."""

    connections: int
    rate: float
    seconds: float
    warm_up: int
    pairs: int
    chosen: tuple[str, ...]
    most: int | None
    addresses: str
    within: float
    nice: int
    serve: str
    durability: str
    participants: int
    instruments: int
    seed: int
    pin: bool
    replays: bool
    listed: bool
    as_json: bool

    def plan(self) -> Plan:
        """What to do."""
        venue_cores, other_cores = split_cores(self.pin)
        listening = self.connections // LISTENING_PART
        order = Order(
            mix=load_mix(DEFAULT_MIX),
            shape="constant",
            rate=self.rate,
            seconds=self.seconds,
            warm_up_s=self.warm_up / NS_PER_SECOND,
            arrivals="poisson",
            seed=self.seed,
            connections=self.connections - listening,
            subscribers=msgspec.structs.replace(LISTENS_TO, connections=listening),
            drain_s=DRAIN_S,
            cores=other_cores,
        )
        wanted = Wanted(
            serve=tuple(shlex.split(self.serve)),
            durability=self.durability,
            participants=self.participants,
            instruments=self.instruments,
            seed=self.seed,
            cores=venue_cores,
        )
        return Plan(
            order=order,
            wanted=wanted,
            strength=strength(self.chosen, self.most),
            addresses=self.addresses,
            pairs=self.pairs,
            within=self.within,
            nice=self.nice,
            replays=self.replays,
        )


def _options(function: Any) -> Any:
    for option in reversed(_OPTIONS):
        function = option(function)
    return function


@click.command()
@_options
def connections(**given: Any) -> None:
    """See whether those who mean well notice hundreds of connections that don't.

    A venue of its own carries an honest load, checked as `sbx load` checks it: first in peace, then besieged, then besieged and in peace
    once more. The attackers are there before the honest log in, and stay until all is compared. Nobody honest may miss a report or a
    message; the 99th percentile of round trips may be three times as long; the venue's memory has a bound. docs/LOAD.md says how to read it.

    \b
    Exit status:
      0  all that holds
      1  it does not, or a run broke off
      2  usage

    \b
    Examples:
      sbx abuse connections
      sbx abuse connections --list
      sbx abuse connections --addresses one --pairs 6
      sbx abuse connections --only floods --only asks --seconds 10
    """
    asked = Asked(**given)
    if asked.listed:
        console = Terminal(wraps=False)
        for attack in ATTACKS.values():
            console.tell(f"{attack.name:13} {attack.connections:4}  {attack.about}")
        return
    sys.exit(_run(asked))


def _run(asked: Asked) -> int:
    """Besiege, show what came of it; returns the exit status."""
    try:
        plan = asked.plan()
        if plan.order.cores:
            os.sched_setaffinity(0, plan.order.cores)
        with (
            telling(Terminal(stderr=True), asked.as_json) as told,
            asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner,
        ):
            found = runner.run(besiege(plan, told))
    except (LoadError, VenueError, OSError, ValueError) as error:
        raise click.ClickException(str(error)) from error
    if asked.as_json:
        click.echo(json_safe(msgspec.json.encode(found)))
    else:
        show(found, Terminal(wraps=False, width=WIDTH))
    return 0 if found.has_held else FAILED
