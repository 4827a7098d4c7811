"""Whose figures they are, and what the limit was."""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from typing import Final

from loadtest.load.drive.gathering import Gathering
from loadtest.load.results.result import LOOP_GAP, MARKET_DATA, ROUND_TRIP, SEND_LAG, Generator, Sample

LAG_NS: Final = 500_000
"""A 99th percentile of lateness up to this is the noise of a machine."""
LAG_SHARE: Final = 0.2
"""And so is one that is so small a part of the latency itself."""
FULL: Final = 0.95
"""Of the time of its one thread: who uses more of it has none left, but for what the system takes."""
RECEIVER_GAP_NS: Final = 20_000_000
"""A receiver whose loop takes longer turns than this notes receipts late by as much."""
NOTHING: Final = "none reached"
PAUSES: Final = "pauses"
"""The limit of a rate that was not held although the venue had time left."""


def generator_of(processes: int, connections: int, subscribers: int, gathering: Gathering) -> Generator:
    """How the generators fared."""
    lag, gap = gathering.latency(SEND_LAG), gathering.latency(LOOP_GAP)
    round_trip = gathering.latency(ROUND_TRIP)
    is_behind = lag.p99_ns > max(LAG_NS, LAG_SHARE * round_trip.p99_ns)
    detail = (
        f"requests left late by {ms(lag.p50_ns)} (p50), {ms(lag.p99_ns)} (p99), {ms(lag.max_ns)} (max); "
        f"a turn of its loop took {ms(gap.p99_ns)} (p99), {ms(gap.max_ns)} (max)"
    )
    last = [chunk for chunk in gathering.last_chunks().values() if chunk.at_ns > 0]
    return Generator(
        processes=processes,
        connections=connections,
        subscribers=subscribers,
        is_behind=is_behind,
        detail=detail,
        cpu_share=max((chunk.cpu_ns / chunk.at_ns for chunk in last), default=0.0),
        busy_share=max((chunk.busy_ns / chunk.at_ns for chunk in last), default=0.0),
    )


def limit_of(generator: Generator, samples: Sequence[Sample], gathering: Gathering) -> tuple[str, str]:
    """What the limit was, and why it is said: the first of generator, receiver, venue CPU, disk that was used up."""
    cpu = _mean([each.cpu_share for each in samples])
    waits = _mean([each.disk_wait_share for each in samples])
    detail = _venue_time(samples)
    if generator.is_behind:
        return "generator", f"{generator.detail}; {detail}"
    if gathering.latency(MARKET_DATA).count and gathering.latency(LOOP_GAP).p99_ns > RECEIVER_GAP_NS:
        return "receiver", f"{generator.detail}; {detail}"
    if cpu is not None and cpu >= FULL:
        return "venue CPU", detail
    if waits is not None and waits >= FULL:
        return "disk", detail
    return NOTHING, detail


def _venue_time(samples: Sequence[Sample]) -> str:
    """Where the venue's time went, in words."""
    shares = [
        f"{name} {value:.0%}"
        for name, value in (
            ("CPU", _mean([each.cpu_share for each in samples])),
            ("the disk syncs", _mean([each.disk_wait_share for each in samples])),
            ("the core", _mean([each.apply_share for each in samples])),
        )
        if value is not None
    ]
    if not shares:
        return "the venue's own figures are not known"
    words = f"the venue's time: {', '.join(shares)}"
    pauses = [each.collector_longest_ns for each in samples if each.collector_longest_ns]
    if pauses:
        words += f"; its garbage collector paused it for up to {ms(max(pauses))}"
    syncs = [each.sync_p99_ns for each in samples if each.sync_p99_ns]
    if syncs:
        words += f"; 1 of 100 syncs took {ms(max(syncs))} or more"
    return words


def ms(nanoseconds: float) -> str:
    """Nanoseconds as people read them."""
    if nanoseconds < 100_000:
        return f"{nanoseconds / 1_000:.0f} us"
    milliseconds = nanoseconds / 1_000_000
    return f"{milliseconds:.2f} ms" if milliseconds < 10 else f"{milliseconds:,.0f} ms"


def _mean(values: Sequence[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return statistics.fmean(known) if known else None
