"""`sbx serve`, but each command of a client takes so many microseconds more: `python slow_serve.py MICROSECONDS DIR ...`."""

from __future__ import annotations

import sys
import time
from typing import Any

from engine.record.rows import Row
from gateway.cli.serve import command
from gateway.server.sequencer import Sequencer


def slow_down(microseconds: int) -> None:
    carry_out = Sequencer._carry_out

    def slower(self: Sequencer, time_ns: int, commands: list[Any]) -> list[Row]:
        # Those of the venue itself, as its set-up, have no session.
        asked = sum(session is not None for session, _, _ in commands)
        until_ns = time.perf_counter_ns() + 1_000 * microseconds * asked
        while time.perf_counter_ns() < until_ns:
            pass
        return carry_out(self, time_ns, commands)

    Sequencer._carry_out = slower  # type: ignore[method-assign]


if __name__ == "__main__":
    slow_down(int(sys.argv[1]))
    command(sys.argv[2:])
