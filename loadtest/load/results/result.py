"""The result of `sbx load`, as it is kept in a file: everything the report page, `compare` and `merge` need.

Latencies are nanoseconds from the *intended* send time to the receipt, unless a group says otherwise. Times named
`at_s` or `start_s` are seconds since the first request of a run was due. A run is measured after its warm-up; what
happened during the warm-up is checked, but stands in no figure but `seconds`.
"""

from __future__ import annotations

from pathlib import Path
from typing import Final, Literal

import msgspec

from loadtest.bench.engines.measure import Machine
from loadtest.load.results.histogram import Latency, merged

FORMAT: Final = 1

ROUND_TRIP: Final = "round_trip"
"""Intended send time to receipt of the reply; `name` is the request's type, `outcome` what the reply said."""
FILL: Final = "fill"
"""Acknowledgement to the first fill report of the same order, where the order traded at once."""
REPORT: Final = "report"
"""The venue's time of a private report to its receipt; the clocks are those of one machine, or of synchronised ones."""
MARKET_DATA: Final = "market_data"
"""The venue's time of a market-data message to its receipt; `name` is the channel. Over all subscribers."""
SEND_LAG: Final = "send_lag"
"""Intended to actual send time: how far the generator itself was behind. Not of the venue."""
LOOP_GAP: Final = "loop_gap"
"""Between two turns of a generator's loop: by so much it may note a receipt too late. Not of the venue."""

HEAT_BOUNDS_NS: Final = tuple(round(10_000 * 10 ** (step / 8)) for step in range(49))
"""Upper bounds of the latency buckets of `Second.heat`: eight a decade from 10 us to 10 s; the last bucket has no bound."""


class Measured(msgspec.Struct):
    """One distribution: of what, and for requests with which outcome."""

    group: str
    """One of the groups above."""
    name: str
    outcome: str
    """accepted, cancelled, amended, rejected, request_rejected, error...; empty where there is none."""
    latency: Latency


class Second(msgspec.Struct):
    """One second of a run, from the requests that were due in it."""

    start_s: float
    asked: int
    """Requests due in it."""
    sent: int
    answered: int
    """Replies received in it."""
    refused: int
    """Of those due in it: answered with a reject or an error."""
    p50_ns: int
    p99_ns: int
    p999_ns: int
    max_ns: int
    heat: list[int]
    """Requests due in it by latency: `HEAT_BOUNDS_NS` and one beyond."""
    is_warm_up: bool = False
    """Whether any part of it belongs to the warm-up."""


class Sample(msgspec.Struct, omit_defaults=True):
    """The venue's own figures at one moment; rates and shares are since the sample before. Absent: not known."""

    at_s: float
    cpu_share: float | None = None
    """Of one core."""
    machine_cpu_share: float | None = None
    """Of all cores."""
    memory_bytes: int | None = None
    commands_per_second: float | None = None
    events_per_command: float | None = None
    batch_mean: float | None = None
    """Commands of a frame of the journal."""
    turns_per_second: float | None = None
    apply_share: float | None = None
    """Of the time: applying commands. Likewise `sync_share` (writing and syncing the journal) and `turn_share`."""
    sync_share: float | None = None
    turn_share: float | None = None
    disk_wait_share: float | None = None
    """While it was synced."""
    collector_longest_ns: int | None = None
    """The longest pause of the venue's garbage collector: the upper bound of its bucket. 0: there was none."""
    sync_p50_ns: int | None = None
    sync_p99_ns: int | None = None
    batch_p50: float | None = None
    batch_p99: float | None = None
    request_p50_ns: int | None = None
    """Receipt to sent, inside the venue."""
    request_p99_ns: int | None = None
    waiting_requests: int | None = None
    unread_bytes: int | None = None
    connections: int | None = None


class Check(msgspec.Struct):
    """One thing that must hold of a run, or its figures are worth nothing."""

    name: str
    status: Literal["held", "failed", "unchecked"]
    detail: str


class Generator(msgspec.Struct):
    """How the generator itself fared."""

    processes: int
    connections: int
    subscribers: int
    is_behind: bool
    """Its schedule slipped so far that the figures are the generator's."""
    detail: str
    """By how much, in words."""
    cpu_share: float
    """Of one core, of its busiest process; it spins while it waits for less than a millisecond, so 1.0 is usual."""
    busy_share: float
    """Of the time: sending and receiving, not waiting; of its busiest process."""


class Run(msgspec.Struct):
    """One run."""

    started_at: int
    """Nanoseconds since the epoch, UTC: when the first request was due."""
    seconds: float
    """Measured, without the warm-up."""
    rate_asked: float
    """Requests a second, on average."""
    rate_done: float
    """Replies a second, on average."""
    requests: int
    answered: int
    refused: dict[str, int]
    """Rejects and errors by rule if compliance refused, else by code."""
    fills: int
    delivered: int
    """Market-data messages received, over all subscribers."""
    delivered_per_second: float
    connections_refused: int
    connections_lost: int
    measured: list[Measured]
    timeline: list[Second]
    samples: list[Sample]
    generator: Generator
    checks: list[Check]
    limit: str
    """What the limit was: generator, receiver, disk, venue CPU, or none reached."""
    limit_detail: str

    @property
    def is_sound(self) -> bool:
        """Whether no check failed: only then have the figures a meaning."""
        return all(check.status != "failed" for check in self.checks)

    def latency(self, group: str = ROUND_TRIP) -> Latency:
        """The distribution of a whole group."""
        return merged([each.latency for each in self.measured if each.group == group])


class Step(msgspec.Struct):
    """One rate that was tried on the way to the knee."""

    rate: float
    rate_done: float
    p99_ns: int
    held: bool
    why: str
    """In words: why it counts as held, or not."""
    limit: str = ""
    """What the limit was, as in `Run.limit`; `pauses`: the venue had time left, but stood still at times."""
    limit_detail: str = ""
    delivered_per_second: float = 0.0


class Knee(msgspec.Struct):
    """The highest rate that was held, as often as it was looked for."""

    slo: str
    """What had to hold, as `p99 of round_trip at most 5 ms`."""
    rates: list[float]
    """The highest rate held, requests a second, one for each search; 0: none."""
    steps: list[list[Step]]
    """Of each search."""
    deliveries: list[float] = []
    """Of each search: the most market-data deliveries a second of a rate that was held. Not that of the highest rate: the
    more requests a turn has, the more changes one message tells of."""
    limits: list[str] = []
    """Of each search: what the limit was at the lowest rate that was not held."""
    limit_details: list[str] = []


class Capacity(msgspec.Struct):
    """Whether the venue has twice the capacity of its historical peak (RTS 7, article 11)."""

    peak: float
    multiple: float
    asked: float
    holds: bool
    detail: str


class VenueFacts(msgspec.Struct):
    """What was loaded."""

    url: str
    version: str
    build: str
    """compiled, interpreted, or unknown."""
    durability: str
    rulebook: str
    core_version: int
    participants: int
    instruments: int
    is_own: bool
    """Whether this command started it."""
    command: list[str] = []
    """What started it."""
    pinned: list[int] = []
    """The cores it may use; empty: all."""


class MixFacts(msgspec.Struct):
    """What was sent."""

    name: str
    title: str
    about: str
    """What it does, and why it looks like that."""
    text: str
    """As TOML."""


class Result(msgspec.Struct):
    """One call of `sbx load`."""

    format: int
    command_line: list[str]
    started_at: int
    """Nanoseconds since the epoch, UTC."""
    machine: Machine
    versions: dict[str, str]
    """Of this distribution and of the libraries that matter."""
    venue: VenueFacts
    mix: MixFacts
    shape: str
    """In words: `constant 5000/s for 20 s`."""
    arrivals: str
    """poisson, constant, hawkes, recording, closed (a closed loop: its latencies hide what they should show)."""
    seed: int
    warm_up_s: float
    notes: list[str]
    """What a reader must know: rate limits lifted, faults injected, what a flag left out."""
    runs: list[Run]
    knee: Knee | None = None
    capacity: Capacity | None = None
    share: tuple[int, int] | None = None
    """Which part of the whole load this was, of how many; several are put together by `sbx load merge`."""
    slo: str | None = None
    slo_held: bool | None = None


class ResultError(Exception):
    """A file is no result, or one of another format."""


def write_result(path: Path, result: Result) -> None:
    """Write a result as JSON."""
    path.write_bytes(msgspec.json.format(msgspec.json.encode(result), indent=1))


def read_result(path: Path) -> Result:
    """Read what `write_result` wrote.

    Raises:
        ResultError: it is no such file; the message says what to do.
        OSError: it can't be read.
    """
    content = path.read_bytes()
    try:
        found = msgspec.json.decode(content, type=Result)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise ResultError(f"{path} is no result of `sbx load --out FILE`: {error}") from error
    if found.format != FORMAT:
        raise ResultError(f"{path} has format {found.format}; this version reads {FORMAT}: run the load again")
    return found
