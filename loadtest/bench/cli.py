"""`sbx bench`: one JSON line per benchmark, each saying what it did, on what, and what it leaves out."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Final, NamedTuple, TypeAlias

import click
import msgspec
from click.core import ParameterSource

from engine.build import is_compiled
from gateway.printable import json_safe
from loadtest.bench.against import (
    DEFAULT_NAMES,
    DEFAULT_OPERATIONS,
    GATEWAYS,
    Request,
    against_options,
    compare,
)
from loadtest.bench.costs.hook import HOOK_BENCHMARKS, HOOK_SHARE, HookLine, ShareLine, measure_hook, measure_share
from loadtest.bench.costs.percentiles import PERCENTILE_BENCHMARKS, PercentilesLine, measure_percentiles
from loadtest.bench.costs.resting import RESTING_BYTES, RestingLine, measure_resting
from loadtest.bench.costs.scale import SCALE_BENCHMARKS, SIZES, ScaleLine, measure_scale
from loadtest.bench.costs.stages import CODECS, STAGES_NAME, StagesLine, measure_stages, show_stages
from loadtest.bench.digest import events_digest
from loadtest.bench.engines.measure import CORE_BENCHMARKS, PEERS, Line, Skipped, measure_core, measure_peer
from loadtest.bench.engines.stream import Stream, generate
from loadtest.bench.served.connections import (
    CONNECTION_BENCHMARKS,
    CONNECTIONS,
    MOST_CONNECTIONS,
    ConnectionsLine,
    measure_connections,
)
from loadtest.bench.served.gateway import GatewayLine, measure_gateway

DIGEST_COMMANDS: Final = 20_000
OPERATIONS: Final = 50_000
DEFAULT_COMPILED: Final = Path(".venv-native/bin/python")
GATEWAY: Final = "gateway"
NAMES: Final = (
    *CORE_BENCHMARKS,
    *PERCENTILE_BENCHMARKS,
    *HOOK_BENCHMARKS,
    HOOK_SHARE,
    *SCALE_BENCHMARKS,
    RESTING_BYTES,
    *PEERS,
    STAGES_NAME,
    GATEWAY,
    *CONNECTION_BENCHMARKS,
)
# Most of such a run builds the book.
SCALE_REPEATS: Final = 2
DURABILITIES: Final = ("fsync", "os")
ONLY_WITH_AGAINST: Final = ("build", "pairs", "at_most", "no_instructions")
NOT_WITH_AGAINST: Final = ("resting", "repeats", "largest", "connections", "compiled", "here", "digest", "profile")


def build_name() -> str:
    """Name the build that runs in this process."""
    return "compiled" if is_compiled() else "interpreted"


AnyLine: TypeAlias = (
    Line
    | PercentilesLine
    | HookLine
    | ShareLine
    | ScaleLine
    | RestingLine
    | StagesLine
    | GatewayLine
    | ConnectionsLine
    | Skipped
)


class Asked(NamedTuple):
    """What is measured, beside the stream."""

    names: tuple[str, ...]
    repeats: int
    largest: int
    """Book of scale_*."""
    connections: int
    """Of connections and connections_tls."""


def bench_lines(stream: Stream, asked: Asked) -> Iterator[AnyLine]:
    """Run benchmarks with the build that runs here, in order of `NAMES`."""
    repeats = asked.repeats
    for name in NAMES:
        if name not in asked.names:
            continue
        if name in CORE_BENCHMARKS:
            yield measure_core(name, build_name(), stream, repeats)
        elif name in PERCENTILE_BENCHMARKS:
            yield measure_percentiles(name, build_name(), stream, repeats)
        elif name in HOOK_BENCHMARKS:
            yield measure_hook(name, build_name(), len(stream.operations), repeats)
        elif name == HOOK_SHARE:
            yield measure_share(build_name(), stream, repeats)
        elif name in SCALE_BENCHMARKS:
            yield measure_scale(name, build_name(), min(repeats, SCALE_REPEATS), stream.seed, asked.largest)
        elif name == RESTING_BYTES:
            yield measure_resting(build_name())
        elif name in PEERS:
            yield measure_peer(name, stream, repeats)
        elif name == STAGES_NAME:
            for codec in CODECS:
                yield measure_stages(build_name(), codec, stream, repeats)
        elif name in CONNECTION_BENCHMARKS:
            yield measure_connections(name, build_name(), asked.connections)
        else:
            for durability in DURABILITIES:
                yield measure_gateway(build_name(), durability, stream.seed, len(stream.operations), repeats)


def every_line(stream: Stream, asked: Asked, compiled: Path | None) -> Iterator[bytes]:
    """Run benchmarks with the build that runs here and, if another interpreter is named, with that one and beside other engines."""
    own = tuple(name for name in asked.names if name not in PEERS)
    for line in bench_lines(stream, asked._replace(names=own) if compiled is None else asked):
        yield json_safe(msgspec.json.encode(line)).encode()
    if compiled is None or not own:
        return
    if not compiled.exists():
        why = f"{compiled} does not exist; `make bench` makes it where a C compiler is found"
        for name in own:
            yield json_safe(msgspec.json.encode(Skipped(name, "compiled", why))).encode()
        return
    arguments = [f"--operations={len(stream.operations)}", f"--resting={stream.resting}", f"--repeats={asked.repeats}"]
    arguments += [f"--seed={stream.seed}", f"--largest={asked.largest}", f"--connections={asked.connections}"]
    arguments += [f"--only={name}" for name in own]
    try:
        yield from compiled_lines(compiled, arguments)
    except subprocess.CalledProcessError as error:
        raise click.ClickException(
            f"{compiled} failed with status {error.returncode}; what it said is above"
        ) from error


def compiled_lines(python: Path, arguments: list[str]) -> Iterator[bytes]:
    """Run the core's benchmarks with another interpreter, whose install is compiled, and pass its lines on."""
    # Neither it nor the servers it starts may import the sources of the current directory instead of what is installed.
    environment = {key: value for key, value in os.environ.items() if key != "PYTHONPATH"}
    run = subprocess.run(
        [python, "-m", "gateway.cli", "bench", "--here", *arguments],
        stdout=subprocess.PIPE,
        check=True,
        env={**environment, "PYTHONSAFEPATH": "1"},
    )
    yield from run.stdout.splitlines()


def require_fitting_options(context: click.Context, request: Request | None) -> None:
    """Refuse options that would do nothing."""
    refused = ONLY_WITH_AGAINST if request is None else NOT_WITH_AGAINST
    given = [name for name in refused if context.get_parameter_source(name) is ParameterSource.COMMANDLINE]
    if given:
        shown = ", ".join(f"--{name.replace('_', '-')}" for name in given)
        raise click.UsageError(f"{shown}: {'only' if request is None else 'not'} with --against")


@click.command()
@click.option(
    "--operations",
    type=click.IntRange(100),
    show_default=f"{OPERATIONS}; {DEFAULT_OPERATIONS} with --against",
    help="Length of the stream.",
)
@click.option("--resting", type=click.IntRange(1), default=1_000, show_default=True, help="Orders resting in the book.")
@click.option("--repeats", type=click.IntRange(1), default=5, show_default=True, help="Runs of each benchmark.")
@click.option("--seed", type=int, default=1, show_default=True, help="Seed of the stream.")
@click.option(
    "--largest", type=click.IntRange(SIZES[0]), default=SIZES[-1], show_default=True, help="Largest book of scale_*."
)
@click.option(
    "--connections",
    type=click.IntRange(1, MOST_CONNECTIONS),
    default=CONNECTIONS,
    show_default=True,
    help="Of connections and connections_tls.",
)
@click.option(
    "--only",
    multiple=True,
    type=click.Choice((*NAMES, *GATEWAYS)),
    help="Run this benchmark only; may be repeated. gateway_* with --against.",
)
@click.option(
    "--compiled",
    type=click.Path(path_type=Path, dir_okay=False),
    default=DEFAULT_COMPILED,
    show_default=True,
    help="Python whose install of this project is compiled.",
)
@click.option("--here", is_flag=True, help="Only the build that runs here, and no other engines.")
@click.option("--digest", is_flag=True, help="Print the digest of the events of a seeded stream instead.")
@click.option("--profile", is_flag=True, help="Print where the time of a command goes instead, as a table.")
@against_options
@click.pass_context
def command(
    context: click.Context,
    operations: int | None,
    resting: int,
    repeats: int,
    seed: int,
    largest: int,
    connections: int,
    only: tuple[str, ...],
    compiled: Path,
    here: bool,
    digest: bool,
    profile: bool,
    request: Request | None,
) -> None:
    """Measure book, core, rules, gateway and many connections, interpreted and compiled, beside other engines on the same orders.

    Every line names its workload, seed, machine and what it leaves out. Times are per operation, the least and the median
    of the repeats; *_percentiles are of single commands. Stop other programs first: `load_average` shows if any ran.

    With --against, the work tree as it is and another revision are built in build/against, which takes minutes the first
    time, and run in turns: is this version slower? The ratio of their times has a 95 % interval, and a verdict by whether
    1 lies in it. Instructions are counted too, where valgrind is installed.

    \b
    Examples:
      sbx bench
      sbx bench --only book --only bourse --operations 200000
      sbx bench --only connections_tls --connections 1000
      sbx bench --digest
      sbx bench --profile
      sbx bench --against main
      sbx bench --against HEAD~3 --only core --build compiled --pairs 40
      sbx bench --against v0.1.0 --at-most 1.02 --json
      sbx bench --against v0.1.0 --only gateway_fsync --build compiled --pairs 8 --operations 50000
    """
    require_fitting_options(context, request)
    if request is not None:
        compare(request, tuple(dict.fromkeys(only)) or DEFAULT_NAMES, operations or DEFAULT_OPERATIONS, seed)
        return
    if unfit := [name for name in only if name in GATEWAYS]:
        raise click.UsageError(f"{', '.join(unfit)}: only with --against; --only {GATEWAY} measures both")
    operations = operations or OPERATIONS
    if digest:
        click.echo(f"{build_name()} {events_digest(seed, DIGEST_COMMANDS)[0]}")
        return
    names = (STAGES_NAME,) if profile else only or NAMES
    stream = generate(seed, operations, resting)
    asked = Asked(names, repeats, largest, connections)
    lines = every_line(stream, asked, None if here or is_compiled() else compiled)
    if profile:
        show_stages(lines)
        return
    for line in lines:
        click.echo(line)
