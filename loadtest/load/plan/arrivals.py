"""When requests are sent: the arrivals of one connection's share of a shape.

Each connection draws for itself, from the seed and its own number. So parts of one load can run on several machines, are
disjoint, and are the same when they run again; and the load as a whole has the rate of its shape, however many connections
carry it. Everything is drawn `CHUNK_S` seconds at a time: an hour's schedule need not be in memory.

| kind | |
|---|---|
| `poisson` | independent of each other: many clients who know nothing of each other |
| `constant` | evenly spaced, over all connections together: the least that a rate can ask |
| `hawkes` | bursts: each arrival makes others more likely for a while |
| `recording` | at the times of a recorded flow, faster or slower |

`hawkes` is a linear Hawkes process with an exponential kernel, made of its clusters (Hawkes and Oakes, 1974): immigrants of
a Poisson process, each with a Poisson number of children whose delays are exponential, and so on. The branching ratio is
the mean number of children. Filimonov and Sornette (Physical Review E 85, 056108, 2012) found it to rise from 0.3 in 1998 to
above 0.7 since 2007 in the price changes of an index future. Counts over times longer than a cluster then have a variance of
1 / (1 - n)^2 times their mean: 11 times that of Poisson arrivals at the default 0.7. Real kernels have long tails (Hardiman,
Bercot and Bouchaud, 2013); the one here forgets in fractions of a second, so that a run of a minute has its mean rate.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, Literal

import numpy as np
import numpy.typing as npt

from engine.vocabulary.limits import NS_PER_SECOND
from loadtest.flow.format import BookSeen, FlowError, TradeSeen
from loadtest.flow.run import read
from loadtest.load.plan.shapes import Floats, PlanError, Shape, check_keys, number, parse_settings

Times = npt.NDArray[np.int64]
"""Nanoseconds from the start of the run, in order."""

CHUNK_S: Final = 10.0
DEFAULT_BRANCHING: Final = 0.7
DEFAULT_DELAY_S: Final = 0.05
"""Mean time from an arrival to one that it causes: programs that answer each other, not people."""
MAX_BRANCHING: Final = 0.98
"""At 1 bursts never end; near it a run is too short to have its mean rate."""
# Of a delay: after so many means, e^-40 of the children are still to come.
_LONGEST_DELAYS: Final = 40
# Separates the random numbers of arrivals from those of what is sent.
ARRIVALS_STREAM: Final = 0
SCRIPT_STREAM: Final = 1


@dataclass(frozen=True)
class Arrivals:
    """A kind of arrivals, with its settings."""

    kind: Literal["poisson", "constant", "hawkes", "recording"] = "poisson"
    branching: float = DEFAULT_BRANCHING
    """hawkes: the mean number of arrivals that one causes, below 1."""
    delay_s: float = DEFAULT_DELAY_S
    """hawkes: the mean time until it does."""
    recorded: Floats = field(default_factory=lambda: np.zeros(0), compare=False)
    """recording: when its requests came, in means of the time between two, from 0 to their number."""
    origin: str = ""
    """recording: the name of its file."""

    def words(self) -> str:
        """It for people."""
        if self.kind == "hawkes":
            return f"hawkes (branching {self.branching:g}, mean delay {self.delay_s * 1000:g} ms)"
        return f"recording {self.origin}" if self.kind == "recording" else self.kind


def parse_arrivals(text: str) -> Arrivals:
    """Read arrivals as they are written on a command line: `poisson`, `hawkes:branching=0.8,delay_ms=20`, `recording:FILE`.

    Raises:
        PlanError: there is no such kind or setting, or the recording can't be read.
    """
    if text.startswith("recording:"):
        return recorded_arrivals(Path(text.removeprefix("recording:")))
    kind, settings = parse_settings(text)
    if kind == "hawkes":
        check_keys("arrivals hawkes", settings, ("branching", "delay_ms"))
        branching = number("arrivals hawkes, branching", settings.get("branching", str(DEFAULT_BRANCHING)))
        delay_ms = number("arrivals hawkes, delay_ms", settings.get("delay_ms", str(DEFAULT_DELAY_S * 1000)))
        if branching > MAX_BRANCHING:
            raise PlanError(f"arrivals hawkes, branching: at most {MAX_BRANCHING}, or bursts hardly end")
        if not delay_ms:
            raise PlanError("arrivals hawkes, delay_ms: must be above zero")
        return Arrivals("hawkes", branching, delay_ms / 1000)
    check_keys(f"arrivals {kind}", settings, ())
    if kind == "poisson":
        return Arrivals("poisson")
    if kind == "constant":
        return Arrivals("constant")
    raise PlanError(f"unknown arrivals {kind!r}; known: poisson, constant, hawkes, recording:FILE")


def recorded_arrivals(path: Path) -> Arrivals:
    """The times of a recorded flow: of its orders, changes and cancels, not of what it saw of trades and books.

    Raises:
        PlanError: it can't be read, or has too little in it.
    """
    try:
        recording = read(path)
    except FlowError as error:
        raise PlanError(f"arrivals recording: {error}") from error
    times = np.sort([each.time_ns for each in recording.actions if not isinstance(each, TradeSeen | BookSeen)])
    if len(times) < 2 or times[0] == times[-1]:
        raise PlanError(f"arrivals recording: {path} has fewer than two requests at different times")
    # After the last one a mean gap follows before it begins again.
    span = (times[-1] - times[0]) * len(times) / (len(times) - 1)
    return Arrivals("recording", recorded=(times - times[0]) * (len(times) / span), origin=path.name)


def schedule(arrivals: Arrivals, shape: Shape, *, seed: int, connection: int, connections: int) -> Times:
    """When one connection sends its share of a load; see `schedule_chunks`."""
    chunks = schedule_chunks(arrivals, shape, seed=seed, connection=connection, connections=connections)
    return np.concatenate([np.zeros(0, np.int64), *chunks])


def schedule_chunks(
    arrivals: Arrivals, shape: Shape, *, seed: int, connection: int, connections: int
) -> Iterator[Times]:
    """When one connection sends its share of a load, `CHUNK_S` seconds at a time.

    Args:
        arrivals: how they come.
        shape: the rate of all connections together; each has an equal share of it.
        seed: of the run.
        connection: the number of this one, from 0.
        connections: how many there are in all, on all machines.

    Yields:
        Nanoseconds from the start of the run, in order; the next chunk goes on where this one ends. May be empty.
    """
    source = np.random.default_rng(np.random.SeedSequence(seed, spawn_key=(ARRIVALS_STREAM, connection)))
    late = _before_start(arrivals, shape, connections, source) if arrivals.kind == "hawkes" else np.zeros(0)
    start_s = 0.0
    while start_s < shape.seconds:
        end_s = min(start_s + CHUNK_S, shape.seconds)
        first, last = (float(each) for each in shape.cumulative([start_s, end_s]))
        if arrivals.kind == "constant":
            times = shape.inverse(_dealt(first - 0.5, last - 0.5, connection, connections) + 0.5)
        elif arrivals.kind == "recording":
            times = shape.inverse(_recorded(arrivals.recorded, first, last, connection, connections))
        elif arrivals.kind == "poisson":
            times = shape.inverse(_poisson(first, last, 1 / connections, source))
        else:
            immigrants = shape.inverse(_poisson(first, last, (1 - arrivals.branching) / connections, source))
            found = _families(np.concatenate([late, immigrants]), end_s, arrivals, source)
            times, late = found[found < end_s], found[found >= end_s]
        yield np.sort((times * NS_PER_SECOND).astype(np.int64))
        start_s = end_s


def _poisson(first: float, last: float, share: float, source: np.random.Generator) -> Floats:
    """Points of a Poisson process between two numbers of requests: so many on average, at places that don't matter."""
    count = source.poisson((last - first) * share)
    return source.uniform(first, last, count)


def _dealt(first: float, last: float, connection: int, connections: int) -> Floats:
    """Of the whole numbers from `first` up to `last`, those that are dealt to this connection."""
    lowest = int(np.ceil((first - connection) / connections))
    highest = int(np.ceil((last - connection) / connections))
    return np.arange(max(lowest, 0), highest, dtype=np.float64) * connections + connection


def _recorded(recorded: Floats, first: float, last: float, connection: int, connections: int) -> Floats:
    """The recorded times between two numbers of requests that are dealt to this connection; the recording goes round."""
    size = len(recorded)

    def place(requests: float) -> float:
        rounds = int(requests // size)
        return rounds * size + float(np.searchsorted(recorded, requests - rounds * size))

    mine = _dealt(place(first), place(last), connection, connections)
    rounds, within = np.divmod(mine.astype(np.int64), size)
    times: Floats = recorded[within] + rounds * float(size)
    return times


def _before_start(arrivals: Arrivals, shape: Shape, connections: int, source: np.random.Generator) -> Floats:
    """What arrivals before the start cause after it, as if the rate had always been that of the start.

    Without it a run would begin too quietly: the bursts of a stationary process are under way at any time.
    """
    generations = 1 / (1 - arrivals.branching)
    back_s = _LONGEST_DELAYS * arrivals.delay_s * generations
    rate = shape.rate_at(0.0) * (1 - arrivals.branching) / connections
    immigrants = source.uniform(-back_s, 0.0, source.poisson(rate * back_s))
    found = _families(immigrants, 0.0, arrivals, source)
    return found[found >= 0]


def _families(parents: Floats, end_s: float, arrivals: Arrivals, source: np.random.Generator) -> Floats:
    """Arrivals and all that they cause; what comes at `end_s` or later has had no children yet."""
    found = [parents[parents >= end_s]]
    parents = parents[parents < end_s]
    while len(parents):
        found.append(parents)
        children = np.repeat(parents, source.poisson(arrivals.branching, len(parents)))
        children = children + source.exponential(arrivals.delay_s, len(children))
        found.append(children[children >= end_s])
        parents = children[children < end_s]
    return np.concatenate(found)
