"""`sbx serve`, but each command of a client takes so many microseconds more: `python slow_serve.py MICROSECONDS DIR ...`."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator

from gateway.cli.serving.serve import command
from gateway.server.sequencing.sequencer import Sequencer, Taken


def slow_down(microseconds: int) -> None:
    take = Sequencer._take

    def slower(self: Sequencer) -> Iterator[Taken]:
        # Those of the venue itself, as its set-up, are not taken out of an inbox.
        for taken in take(self):
            until_ns = time.perf_counter_ns() + 1_000 * microseconds
            while time.perf_counter_ns() < until_ns:
                pass
            yield taken

    Sequencer._take = slower  # type: ignore[method-assign]


if __name__ == "__main__":
    slow_down(int(sys.argv[1]))
    command(sys.argv[2:])
