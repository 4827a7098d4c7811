"""Results of load runs as they look: drawn from a seed, and consistent in themselves."""

from __future__ import annotations

from typing import Any, Final, NamedTuple

import msgspec
import numpy as np
import numpy.typing as npt

from loadtest.bench.engines.measure import Machine
from loadtest.load.results.histogram import Latency, empty, record
from loadtest.load.results.result import (
    FILL,
    FORMAT,
    HEAT_BOUNDS_NS,
    LOOP_GAP,
    MARKET_DATA,
    REPORT,
    ROUND_TRIP,
    SEND_LAG,
    Check,
    Generator,
    Knee,
    Measured,
    MixFacts,
    Result,
    Run,
    Sample,
    Second,
    Step,
    VenueFacts,
)

STARTED_AT: Final = 1_780_300_800_000_000_000
WARM_UP_S: Final = 2
KINDS: Final = (
    ("new_order", "accepted"),
    ("new_order", "rejected"),
    ("cancel_order", "cancelled"),
    ("amend_order", "amended"),
)
WEIGHTS: Final = (0.45, 0.05, 0.4, 0.1)
MIX_TEXT: Final = 'title = "A day <of> & quoting"\n\n[[part]]\nbehaviour = "makers"\nweight = 0.9\n'


class Requests(NamedTuple):
    """Raw requests: when each was due, of which of `KINDS`, and after how many nanoseconds it was answered."""

    due_s: npt.NDArray[np.float64]
    kinds: npt.NDArray[np.int64]
    latencies_ns: npt.NDArray[np.int64]

    def where(self, chosen: npt.NDArray[np.bool_]) -> Requests:
        return Requests(self.due_s[chosen], self.kinds[chosen], self.latencies_ns[chosen])


def requests(seed: int = 1, *, rate: float = 500, seconds: int = 10, p50_us: float = 400) -> Requests:
    """A run's requests, warm-up first: latencies with a long tail, and a stall of 80 ms in the middle of the run."""
    chance = np.random.default_rng(seed)
    total = WARM_UP_S + seconds
    count = round(rate * total)
    due_s = np.sort(chance.uniform(0, total, count))
    latencies = chance.lognormal(np.log(p50_us * 1_000), 0.35, count)
    latencies += (chance.random(count) < 0.01) * chance.exponential(3e6, count)
    stall_s = WARM_UP_S + seconds / 2
    latencies += np.where((due_s > stall_s) & (due_s < stall_s + 0.08), (stall_s + 0.08 - due_s) * 1e9, 0)
    return Requests(due_s, chance.choice(len(KINDS), count, p=WEIGHTS), latencies.astype(np.int64))


def latency_of(nanoseconds: npt.NDArray[np.int64]) -> Latency:
    histogram = empty()
    record(histogram, nanoseconds)
    return Latency.of(histogram)


def second_of(start_s: float, latencies: npt.NDArray[np.int64], refused: int) -> Second:
    ordered = np.sort(latencies)

    def at(share: float) -> int:
        return int(ordered[max(int(share * len(ordered) + 0.5), 1) - 1]) if len(ordered) else 0

    heat = np.bincount(np.searchsorted(HEAT_BOUNDS_NS, latencies), minlength=len(HEAT_BOUNDS_NS) + 1)
    count = len(latencies)
    return Second(
        start_s, count, count, count, refused, at(0.5), at(0.99), at(0.999), at(1), heat.tolist(),
        is_warm_up=start_s < WARM_UP_S,
    )  # fmt: skip


def run_of(sent: Requests, seed: int = 1, started_at: int = STARTED_AT, *, has_subscribers: bool = True) -> Run:
    """The run that had these requests; with subscribers, everything else was timed too."""
    chance = np.random.default_rng([seed, 1])
    total = int(np.ceil(sent.due_s.max(initial=WARM_UP_S + 1)))
    seconds = total - WARM_UP_S
    counted = sent.where(sent.due_s >= WARM_UP_S)
    measured = [
        Measured(ROUND_TRIP, name, outcome, latency_of(counted.latencies_ns[counted.kinds == kind]))
        for kind, (name, outcome) in enumerate(KINDS)
    ]
    size = len(counted.due_s)
    for group, name, typical_us in (
        (FILL, "new_order", 90), (REPORT, "execution_report", 300), (MARKET_DATA, "book", 350),
        (MARKET_DATA, "trades", 320), (SEND_LAG, "", 12), (LOOP_GAP, "", 40),
    ) if has_subscribers else ():  # fmt: skip
        drawn = chance.lognormal(np.log(typical_us * 1_000), 0.4, size).astype(np.int64)
        measured.append(Measured(group, name, "", latency_of(drawn)))
    timeline = []
    for start in range(total):
        inside = (sent.due_s >= start) & (sent.due_s < start + 1)
        timeline.append(second_of(start, sent.latencies_ns[inside], int((sent.kinds[inside] == 1).sum())))
    refused = int((counted.kinds == 1).sum())
    return Run(
        started_at=started_at, seconds=seconds, rate_asked=size / seconds, rate_done=size / seconds, requests=size,
        answered=size, refused={"RET-1": refused - refused // 3, "tick": refused // 3}, fills=size // 10, delivered=2 * size,
        delivered_per_second=2 * size / seconds, connections_refused=0, connections_lost=0, measured=measured,
        timeline=timeline, samples=[sample_at(at, chance) for at in range(total)],
        generator=Generator(2, 100, 20, False, "99.9 % of requests left within 0.1 ms of their time", 1.0, 0.21),
        checks=[
            Check("every request answered", "held", f"{size} of {size}"),
            Check("journal verified", "unchecked", "the venue is not ours"),
        ],
        limit="none reached", limit_detail="the venue's core was busy 38 % of the time",
    )  # fmt: skip


def sample_at(at_s: float, chance: np.random.Generator) -> Sample:
    share = float(chance.normal(0.38, 0.02))
    return Sample(
        float(at_s), cpu_share=share, machine_cpu_share=share + 0.2, memory_bytes=90_000_000, batch_mean=3.0,
        batch_p50=2.0, batch_p99=float(chance.integers(8, 14)), sync_p50_ns=180_000,
        sync_p99_ns=int(chance.normal(900_000, 80_000)), waiting_requests=2, connections=100,
    )  # fmt: skip


def result_of(runs: list[Run], **changes: Any) -> Result:
    """A result with these runs; anything else of it may be given."""
    found = Result(
        format=FORMAT,
        command_line=["sbx", "load", "--mix", "day", "--rate", "500"],
        started_at=STARTED_AT,
        machine=Machine("AMD EPYC 7763", 8, "CPython 3.11.7", "Linux-6.1-x86_64", 0.4),
        versions={"sandbox-exchange": "0.1.0", "picows": "2.3.1", "uvloop": "0.22.1"},
        venue=VenueFacts(
            "ws://127.0.0.1:8765",
            "0.1.0",
            "compiled",
            "fsync",
            "general-2026",
            3,
            500,
            20,
            True,
            ["sbx", "serve", "venue"],
        ),
        mix=MixFacts(
            "day", "A day <of> & quoting", "Mostly quotes and cancels: 98 % of orders are cancelled.", MIX_TEXT
        ),
        shape="constant 500/s for 10 s",
        arrivals="poisson",
        seed=1,
        warm_up_s=WARM_UP_S,
        notes=["The venue's rate limits were lifted."],
        runs=runs,
    )
    return msgspec.structs.replace(found, **changes)


def result(runs: int = 1, seed: int = 1, **changes: Any) -> Result:
    """A result of so many runs, one after the other."""
    made = [run_of(requests(seed + place), seed + place, STARTED_AT + place * 15_000_000_000) for place in range(runs)]
    return result_of(made, **changes)


def a_knee() -> Knee:
    return Knee(
        "p99 of round_trip at most 5 ms",
        [8_000.0, 8_500.0],
        [
            [
                Step(4_000, 3_999, 900_000, True, "p99 is 0.9 ms"),
                Step(16_000, 9_100, 800_000_000, False, "answered 9,100 of 16,000 a second"),
                Step(8_000, 7_990, 3_100_000, True, "p99 is 3.1 ms"),
            ],
            [
                Step(4_000, 3_998, 950_000, True, "p99 is 0.95 ms"),
                Step(9_000, 8_930, 21_000_000, False, "p99 is 21 ms"),
                Step(8_500, 8_490, 4_800_000, True, "p99 is 4.8 ms"),
            ],
        ],
        [16_000.0, 17_000.0],
    )


def figures_result(p50_us: list[float], started_at: list[int], **changes: Any) -> Result:
    """A result whose runs have little but a latency of each run: quick to make, for comparisons."""
    runs = []
    for middle_us, started in zip(p50_us, started_at, strict=True):
        histogram = empty()
        # 90 % as the middle, then up to p99, p99.9 and a maximum at twice, four and eight times that.
        for times, count in ((1, 900), (2, 90), (4, 9), (8, 1)):
            histogram.record_value(round(middle_us * times * 1_000), count)
        at = Latency.of(histogram)
        runs.append(
            Run(
                started_at=started, seconds=10.0, rate_asked=100, rate_done=100, requests=1_000, answered=1_000,
                refused={}, fills=0, delivered=0, delivered_per_second=0, connections_refused=0, connections_lost=0,
                measured=[Measured(ROUND_TRIP, "new_order", "accepted", at)], timeline=[], samples=[],
                generator=Generator(1, 10, 0, False, "on time", 1.0, 0.1),
                checks=[Check("every request answered", "held", "")], limit="none reached", limit_detail="",
            )
        )  # fmt: skip
    return result_of(runs, **changes)
