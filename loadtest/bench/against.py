"""`sbx bench --against`: does this version take longer than another? Both are built alike and run in turns.

Each run is a process of its own, driven by nothing but the command line of `sbx bench`, so that a revision from before
this option, or with other modules, can be the other side.
"""

from __future__ import annotations

import functools
import os
import statistics
import subprocess
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Final, NamedTuple

import click
import msgspec

from engine.vocabulary.limits import NS_PER_SECOND
from gateway.printable import json_safe
from loadtest.bench.builds import (
    BUILDS,
    COMPILED,
    INTERPRETED,
    Checkout,
    Side,
    clean_environment,
    compiler_found,
    install,
    is_installed,
    libraries_that_differ,
    source_of,
)
from loadtest.bench.costs.hook import HOOK_BENCHMARKS
from loadtest.bench.engines.measure import CORE_BENCHMARKS, machine
from loadtest.bench.instructions import OPERATIONS as INSTRUCTIONS_OPERATIONS
from loadtest.bench.instructions import NotMeasured, count_instructions
from loadtest.bench.ratio import MIN_PAIRS, interval, verdict
from loadtest.bench.show import Comparison, Steps, Version, show

GATEWAYS: Final = {f"gateway_{durability}": durability for durability in ("fsync", "os")}
"""Round trips of a venue under one durability; each side's `gateway` measures both."""
COMPARABLE: Final = (*CORE_BENCHMARKS, *HOOK_BENCHMARKS, *GATEWAYS)
"""The benchmarks with one time per operation or order, or with round trips a second."""
DEFAULT_NAMES: Final = ("core", "core_rules", "pipeline")
DEFAULT_OPERATIONS: Final = 10_000
REPEATS: Final = 3
"""Within a process, of which the fastest counts: starting it takes longer than what is timed, and a pause spoils but one."""
MAX_SECONDS: Final = 600
"""Of one run."""
BOTH: Final = "both"
FIGURES: Final = ("ns_per_operation_min", "ns_per_order_min")
ROUND_TRIPS: Final = "round_trips_per_second_max"
SAME_WORK: Final = ("operations", "orders", "seed", "trades", "traded_lots", "agrees")
"""What the lines of a pair must have in common."""
SAME_REQUESTS: Final = ("operations", "seed", "connections", "window")
"""Likewise of a gateway: what trades hangs on how the connections interleave."""
LEFT_OUT: Final = (
    "; starting Python, generating orders and setting up; what is the same in every run of a build, such as where the "
    "linker put a function: the interval knows only what differs from run to run"
)
Key = tuple[str, str]
"""Build and benchmark."""
Times = dict[Key, list[tuple[int, int]]]
"""Nanoseconds per operation of this side and of the other, for each pair."""


class Request(NamedTuple):
    """What is asked for besides the benchmarks."""

    revision: str
    builds: tuple[str, ...]
    pairs: int
    at_most: float | None
    as_json: bool
    instructions: bool


def compare(request: Request, names: tuple[str, ...], operations: int, seed: int) -> None:
    """Build both sides, run them, and print what came of it.

    Raises:
        click.ClickException: something is missing or failed; the message says what to do.
        click.exceptions.Exit: with 1, an interval goes beyond `at_most`.
    """
    unfit = [name for name in names if name not in COMPARABLE]
    if unfit:
        raise click.UsageError(f"--against has no ratio for {', '.join(unfit)}; choose from {', '.join(COMPARABLE)}")
    if COMPILED in request.builds and not compiler_found():
        message = "no C compiler with the headers of this Python: install them, or add --build interpreted"
        raise click.ClickException(message)
    checkout = Checkout()
    steps = Steps()
    with checkout.alone():
        sides = (checkout.this(), checkout.other(request.revision))
        build_both(checkout, sides, request.builds, steps)
        lines, times = run_pairs(request, sides, names, (operations, seed), steps)
        counts = count_all(sides, lines, steps) if request.instructions else "left out by --no-instructions"
    found = [
        conclude(sides, key, times[key], lines[key], counts if isinstance(counts, str) else counts[key], seed=seed)
        for key in times
    ]
    if request.as_json:
        for each in found:
            click.echo(json_safe(msgspec.json.encode(each)))
    else:
        show(found, sides[1].name)
    if request.at_most is not None and any(each.high > request.at_most for each in found):
        raise click.exceptions.Exit(1)


def build_both(checkout: Checkout, sides: tuple[Side, Side], builds: tuple[str, ...], steps: Steps) -> None:
    """Install what an earlier call has not; both sides at a time."""
    for build in builds:
        missing = [side for side in sides if not is_installed(side, build)]
        for side in missing:
            checkout.export(side.tree, source_of(side, build))
        if missing:
            steps.say(f"building {' and '.join(side.name for side in missing)}, {build}")
        with ThreadPoolExecutor(len(sides)) as pool:
            list(pool.map(install, missing, [build] * len(missing)))
    checkout.prune(sides)


def run_pairs(
    request: Request, sides: tuple[Side, Side], names: tuple[str, ...], stream: tuple[int, int], steps: Steps
) -> tuple[dict[Key, dict[str, Any]], Times]:
    """Run every benchmark under every build, side by side; who goes first changes from pair to pair: A B, B A, A B.

    Returns:
        A line of each, and its times.
    """
    operations, seed = stream
    lines: dict[Key, dict[str, Any]] = {}
    times: Times = {}
    keys = [(build, name) for build in request.builds for name in names]
    with steps.counting("running", len(keys) * (request.pairs + 1)):
        # The pairs of a benchmark are far apart, so that a bad minute spoils a few of each and not all of one.
        for pair in range(request.pairs + 1):
            for build, name in keys:
                asked = "gateway" if name in GATEWAYS else name
                options = ["bench", "--here", f"--only={asked}", f"--operations={operations}", f"--repeats={REPEATS}"]
                options.append(f"--seed={seed + max(pair - 1, 0)}")
                pair_lines: list[dict[str, Any]] = [{}, {}]
                for which in (pair % 2, 1 - pair % 2):
                    pair_lines[which] = run_once(sides[which], build, options, GATEWAYS.get(name, ""))
                require_same_work(name, *pair_lines)
                # The first pair warms the machine up, and shows early what can't be compared.
                if pair:
                    lines[build, name] = pair_lines[0]
                    both = (figure(pair_lines[0], sides[0]), figure(pair_lines[1], sides[1]))
                    times.setdefault((build, name), []).append(both)
                steps.step(f"pair {pair} of {request.pairs}")
    return lines, times


def run_once(side: Side, build: str, options: list[str], durability: str = "") -> dict[str, Any]:
    """Run one benchmark in a process of its own; returns its line, of a gateway that of one durability.

    Raises:
        click.ClickException: it failed, printed something else, or another build ran.
    """
    shown = f"`sbx {' '.join(options)}` of {side.name} ({side.revision[:12]}, {build})"
    try:
        run = subprocess.run(
            timeout=MAX_SECONDS,
            args=[*side.sbx(build), *options],
            cwd=side.folder,
            env=clean_environment(),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        raise click.ClickException(f"{shown} took more than {MAX_SECONDS} seconds: try fewer --operations") from error
    if run.returncode:
        raise click.ClickException(f"{shown} failed with status {run.returncode}:\n\n{run.stderr.strip()[-2_000:]}")
    try:
        lines = [msgspec.json.decode(line, type=dict[str, Any]) for line in run.stdout.splitlines()]
        (line,) = [each for each in lines if each.get("durability", "") == durability]
    except (msgspec.DecodeError, ValueError) as error:
        raise click.ClickException(f"{shown} printed no single line of JSON: {run.stdout[:200]!r}") from error
    if line.get("build") != build:
        message = f"{shown} ran the {line.get('build')} build: delete {side.folder} and try again"
        raise click.ClickException(message)
    return line


def require_same_work(name: str, this: dict[str, Any], other: dict[str, Any]) -> None:
    """Refuse to compare runs that did different things."""
    compared = SAME_REQUESTS if name in GATEWAYS else SAME_WORK
    different = [key for key in compared if this.get(key) != other.get(key)]
    if different:
        shown = "; ".join(f"{key} {this.get(key)}, the other side {other.get(key)}" for key in different)
        message = f"{name}: the two versions don't do the same work, a ratio would say nothing: {shown}"
        raise click.ClickException(message)


def figure(line: dict[str, Any], side: Side) -> int:
    """Nanoseconds per operation; of a gateway the time in which one round trip more is done."""
    if line.get(ROUND_TRIPS):
        return round(NS_PER_SECOND / int(line[ROUND_TRIPS]))
    for name in FIGURES:
        if line.get(name):
            return int(line[name])
    raise click.ClickException(f"{side.name} ({side.revision[:12]}) prints no time of {line.get('benchmark')}")


def count_all(
    sides: tuple[Side, Side], keys: dict[Key, dict[str, Any]], steps: Steps
) -> dict[Key, tuple[int, int] | str]:
    """Count the instructions of all; for each this side's and the other's, or why there are none."""
    names = tuple(dict.fromkeys(name for _, name in keys if name not in GATEWAYS))
    builds = tuple(dict.fromkeys(build for build, _ in keys))
    found: dict[Key, tuple[int, int] | str] = {
        key: "a venue is a process of its own" for key in keys if key[1] in GATEWAYS
    }
    if not names:
        return found
    # A count does not depend on what else runs, so these may run at the same time.
    with steps.counting("counting instructions", len(builds) * len(sides)), ThreadPoolExecutor(os.cpu_count()) as pool:
        futures = {build: [pool.submit(count_instructions, side, build, names) for side in sides] for build in builds}
        for build, (this, other) in futures.items():
            for future in (this, other):
                future.exception()
                steps.step(build)
            for name in names:
                try:
                    found[build, name] = (this.result()[name], other.result()[name])
                except NotMeasured as error:
                    found[build, name] = str(error)
    return found


def conclude(
    sides: tuple[Side, Side],
    key: Key,
    times: list[tuple[int, int]],
    line: dict[str, Any],
    counts: tuple[int, int] | str,
    *,
    seed: int,
) -> Comparison:
    """Put the figures of one benchmark into what is printed."""
    build, name = key
    found = interval([this / other for this, other in times])
    this, other = (
        Version(
            side.revision,
            side.changed,
            side.tree,
            round(statistics.median(pair[which] for pair in times)),
            None if isinstance(counts, str) else counts[which],
        )
        for which, side in enumerate(sides)
    )
    return Comparison(
        benchmark=name,
        build=build,
        verdict=verdict(found),
        ratio=round(found.ratio, 4),
        low=round(found.low, 4),
        high=round(found.high, 4),
        instructions_ratio=None if isinstance(counts, str) else round(counts[0] / counts[1], 4),
        instructions_operations=INSTRUCTIONS_OPERATIONS,
        instructions_not_measured=counts if isinstance(counts, str) else "",
        this=this,
        other=other,
        pairs=len(times),
        operations=int(line.get("operations", line.get("orders", 0))),
        repeats=REPEATS,
        seeds=(seed, seed + len(times) - 1),
        libraries_that_differ=libraries_that_differ(sides, build),
        workload=str(line["workload"]),
        left_out=str(line["left_out"]) + LEFT_OUT,
        machine=machine(),
    )


def against_options(function: Callable[..., None]) -> Callable[..., None]:
    """Add the options of `--against` to a command, which gets them as one `request`; None without `--against`."""

    @functools.wraps(function)
    def bundled(
        *,
        against: str | None,
        build: str,
        pairs: int,
        at_most: float | None,
        as_json: bool,
        no_instructions: bool,
        **others: Any,
    ) -> None:
        builds = BUILDS if build == BOTH else (build,)
        if build == BOTH and against is not None and not compiler_found():
            click.echo("no C compiler with the headers of this Python: interpreted only", err=True)
            builds = (INTERPRETED,)
        request = Request(against or "", builds, pairs, at_most, as_json, not no_instructions)
        function(request=None if against is None else request, **others)

    for option in reversed(_OPTIONS):
        bundled = option(bundled)
    return bundled


_OPTIONS: Final = (
    click.option("--against", metavar="REV", help="Compare the work tree with this revision: a tag, branch or commit."),
    click.option(
        "--build",
        type=click.Choice((*BUILDS, BOTH)),
        default=BOTH,
        show_default=True,
        help="What to compare; with --against.",
    ),
    click.option(
        "--pairs",
        type=click.IntRange(MIN_PAIRS),
        default=20,
        show_default=True,
        help="Runs of each side; with --against.",
    ),
    click.option(
        "--at-most",
        type=click.FloatRange(min=0, min_open=True),
        help="Exit with 1 if an interval of --against goes beyond this ratio.",
    ),
    click.option("--no-instructions", is_flag=True, help="Don't count instructions with valgrind; with --against."),
    click.option("--json", "as_json", is_flag=True, help="One JSON object a line from --against, too."),
)
