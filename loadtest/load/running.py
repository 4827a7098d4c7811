"""What `sbx load` does with what it was asked: a plan, the load, what is printed and kept, and the exit status."""

from __future__ import annotations

import asyncio
import os
from dataclasses import replace
from typing import Final

import click
import msgspec
import uvloop

from engine.vocabulary.limits import NS_PER_SECOND
from gateway.cli.terminal import Terminal
from gateway.printable import json_safe
from gateway.venue.venue import VenueError
from loadtest.load.conduct import Order
from loadtest.load.judge import ms
from loadtest.load.options import Asked
from loadtest.load.page.page import write_page
from loadtest.load.plan.arrivals import parse_arrivals
from loadtest.load.plan.mixes import Mix, Subscribers, load_mix
from loadtest.load.plan.shapes import PlanError, parse_shape
from loadtest.load.results.result import MARKET_DATA, ROUND_TRIP, Result, write_result
from loadtest.load.search import RTS_7_MULTIPLE, Objective
from loadtest.load.session import Plan, load
from loadtest.load.show import show, telling
from loadtest.load.target import LoadError
from loadtest.load.venues import Wanted, split_cores

DEFAULT_SLO_NS: Final = {ROUND_TRIP: 5_000_000, MARKET_DATA: 100_000_000}
DEFAULT_CHANNEL: Final = "book"
OK, FAILED = 0, 1


def run(asked: Asked, command_line: list[str]) -> int:
    """Load, show what came of it, keep it; returns the exit status."""
    try:
        plan = plan_of(asked, command_line)
        venues = venues_of(asked)
        if plan.order.cores:
            # Beside the generators: what little this process does is theirs to bear, not the venue's.
            os.sched_setaffinity(0, plan.order.cores)
        with (
            telling(Terminal(stderr=True), asked.as_json) as told,
            asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner,
        ):
            results = runner.run(load(plan, venues, told))
    except PlanError as error:
        raise click.UsageError(str(error)) from error
    except (LoadError, VenueError, OSError) as error:
        raise click.ClickException(str(error)) from error
    if asked.as_json:
        click.echo(json_safe(msgspec.json.encode(results[0] if len(results) == 1 else results)))
    else:
        console = Terminal(wraps=False)
        for number, result in enumerate(results):
            if number:
                console.print()
                console.tell(("beside it", "bold"))
            show(result, console)
    try:
        _keep(asked, results)
    except OSError as error:
        raise click.ClickException(f"the result can't be kept: {error}") from error
    return OK if all(_is_fine(result) for result in results) else FAILED


def plan_of(asked: Asked, command_line: list[str]) -> Plan:
    """What was asked for, with the mix's own wishes and the defaults filled in. Raises `PlanError` or `OSError`."""
    mix = load_mix(asked.mix)
    rate = asked.capacity * RTS_7_MULTIPLE if asked.capacity is not None else asked.rate
    is_fixed = asked.find_knee or asked.capacity is not None
    shape = "constant" if is_fixed else asked.shape or mix.shape or "constant"
    arrivals = asked.arrivals or mix.arrivals or "poisson"
    parse_shape(shape, rate, asked.length)
    parse_arrivals(arrivals)
    _, cores = split_cores(asked.pin and not asked.url)
    order = Order(
        mix=mix,
        shape=shape,
        rate=rate,
        seconds=asked.length,
        warm_up_s=asked.warm_up / NS_PER_SECOND,
        arrivals=arrivals,
        seed=asked.seed,
        connections=asked.connections,
        processes=asked.processes,
        subscribers=_subscribers(asked, mix),
        keeps_books=asked.books,
        window=asked.closed or 0,
        delay_ns=asked.slow_generator,
        drain_s=asked.drain / NS_PER_SECOND,
        pause=asked.pause,
        share=asked.share,
        cores=cores,
    )
    return Plan(
        order=order,
        mix_name=asked.mix,
        repeats=asked.runs,
        objective=_objective(asked),
        is_search=asked.find_knee,
        within=asked.within / 100,
        peak=asked.capacity,
        start_at_ns=asked.start_at,
        replays=asked.replays,
        notes=tuple(_notes(asked, cores)),
        command_line=tuple(command_line),
    )


def venues_of(asked: Asked) -> list[Wanted]:
    """Which venues to load."""
    cores, _ = split_cores(asked.pin and not asked.url)
    first = Wanted(
        url=asked.url,
        directory=asked.venue,
        keep=asked.keep,
        metrics_url=asked.metrics_url,
        serve=asked.serve_command,
        durability=asked.durability,
        rulebook=asked.rulebook,
        participants=asked.participants,
        instruments=asked.instruments,
        seed=asked.seed,
        cores=cores,
    )
    return [first, replace(first, serve=asked.beside_command)] if asked.beside else [first]


def _subscribers(asked: Asked, mix: Mix) -> Subscribers | None:
    """Who only listens: as asked, else as the mix says."""
    own = mix.subscribers
    connections = asked.subscribers if asked.subscribers is not None else own.connections if own is not None else 0
    if not connections:
        return None
    try:
        return msgspec.convert(
            {
                "connections": connections,
                "channels": list(asked.channels) or (own.channels if own is not None else [DEFAULT_CHANNEL]),
                "instruments": asked.listen_to or (own.instruments if own is not None else 1),
                **({} if own is None else {"interval": own.interval}),
            },
            Subscribers,
        )
    except msgspec.ValidationError as error:
        raise PlanError(f"--channel: {error}") from error


def _objective(asked: Asked) -> Objective | None:
    group = MARKET_DATA if asked.slo_on == "market-data" else ROUND_TRIP
    if asked.slo is not None:
        return Objective(asked.slo, group)
    is_needed = asked.find_knee or asked.capacity is not None
    return Objective(DEFAULT_SLO_NS[group], group) if is_needed else None


def _notes(asked: Asked, cores: tuple[int, ...]) -> list[str]:
    """What a reader must know."""
    found: list[str] = []
    if not asked.url and not cores:
        found.append("the venue and the generators shared the cores: figures are worse and noisier than apart")
    if asked.pause is not None:
        found.append(f"the venue was stopped on purpose for {asked.pause.seconds:g} s at {asked.pause.at_s:g} s")
    if asked.slow_generator:
        found.append(f"the generator was slowed on purpose by {ms(asked.slow_generator)} a request")
    if not asked.books:
        found.append("books were not kept: nobody took all market data, and nothing was rebuilt")
    return found


def _keep(asked: Asked, results: list[Result]) -> None:
    for path, result in zip((asked.out, asked.beside_out), results, strict=False):
        if path is not None:
            write_result(path, result)
    if asked.report is not None:
        write_page(asked.report, results[0])


def _is_fine(result: Result) -> bool:
    sound = all(each.is_sound for each in result.runs)
    held = result.knee is not None or result.slo_held is not False
    return sound and held and (result.capacity is None or result.capacity.holds)
