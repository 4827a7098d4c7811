"""The garbage collector's pauses: everything in the process stands still meanwhile."""

from __future__ import annotations

import gc
import time
from typing import Final

from gateway.metrics.histogram import Histogram


class CollectorPauses:
    """Observes each collection from `begin` to `end`."""

    def __init__(self, histogram: Histogram) -> None:
        self._histogram: Final = histogram
        """Gets nanoseconds."""
        self._began_ns = 0

    def begin(self) -> None:
        """Look on from now on."""
        gc.callbacks.append(self._collected)

    def end(self) -> None:
        """Look on no longer, if it did."""
        if self._collected in gc.callbacks:
            gc.callbacks.remove(self._collected)

    def _collected(self, phase: str, info: dict[str, int]) -> None:
        if phase == "start":
            self._began_ns = time.monotonic_ns()
        else:
            self._histogram.observe(time.monotonic_ns() - self._began_ns)
