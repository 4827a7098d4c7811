"""Latencies, kept as HDR histograms: three significant digits from a microsecond to ten minutes, and they add exactly.

`hdrhistogram` keeps them. It records a value in a few microseconds, too slow beside a generator that sends one every
ten; so raw nanoseconds are gathered first, in arrays, and counted here all at once.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import msgspec
from hdrh.histogram import HdrHistogram

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    Nanoseconds = npt.NDArray[np.int64]

LOWEST_NS: Final = 1_000
HIGHEST_NS: Final = 600_000_000_000
DIGITS: Final = 3
_KEPT_BITS: Final = 11
"""Of a value: its histogram has 2**11 equal steps up to the next power of two."""


class Latency(msgspec.Struct):
    """One distribution of latencies, and what people read off it."""

    count: int
    mean_ns: int
    p50_ns: int
    p90_ns: int
    p99_ns: int
    p999_ns: int
    p9999_ns: int
    max_ns: int
    histogram: str
    """HdrHistogram V2, base64; empty if nothing was recorded. Values in nanoseconds."""

    @classmethod
    def of(cls, histogram: HdrHistogram) -> Latency:
        """Read a histogram off."""
        if not histogram.get_total_count():
            return cls(0, 0, 0, 0, 0, 0, 0, 0, "")
        at = histogram.get_value_at_percentile
        return cls(
            histogram.get_total_count(),
            round(_mean_ns(histogram)),
            at(50),
            at(90),
            at(99),
            at(99.9),
            at(99.99),
            histogram.get_max_value(),
            histogram.encode().decode(),
        )

    def decode(self) -> HdrHistogram:
        """The histogram again, to be added to others or drawn."""
        return HdrHistogram.decode(self.histogram, b64_wrap=True) if self.histogram else empty()


def _mean_ns(histogram: HdrHistogram) -> float:
    """The mean of what was counted, as the library has it, which walks through every step from 0 on to find it."""
    import numpy as np

    total, count = 0, int(histogram.get_total_count())
    for place in np.flatnonzero(np.asarray(histogram.counts)).tolist():
        lowest = histogram.get_value_from_index(place)
        middle = lowest + ((histogram.get_highest_equivalent_value(lowest) - lowest + 1) >> 1)
        total += int(histogram.counts[place] * middle)
    return float(total) / count


def empty() -> HdrHistogram:
    """A histogram of nothing."""
    return HdrHistogram(LOWEST_NS, HIGHEST_NS, DIGITS)


def record(histogram: HdrHistogram, latencies: Nanoseconds) -> None:
    """Count latencies in a histogram, nanoseconds; what is beyond its range counts as its end."""
    import numpy as np

    if not len(latencies):
        return
    values = np.clip(latencies, LOWEST_NS, HIGHEST_NS)
    # What is cut off falls in the same step of the histogram: a few thousand different values are left.
    shift = np.maximum(np.frexp(values.astype(np.float64))[1] - _KEPT_BITS, 0)
    distinct, counts = np.unique((values >> shift) << shift, return_counts=True)
    for value, count in zip(distinct.tolist(), counts.tolist(), strict=True):
        histogram.record_value(value, count)


def merged(latencies: list[Latency]) -> Latency:
    """The distribution of several together, exactly: as if all had been recorded in one."""
    filled = [each for each in latencies if each.count]
    # Reading a histogram off takes ten times as long as all else here.
    if len(filled) == 1:
        return filled[0]
    total = empty()
    for each in filled:
        total.add(each.decode())
    return Latency.of(total)
