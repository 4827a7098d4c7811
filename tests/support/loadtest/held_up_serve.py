"""`sbx serve`, but each mistake of a client holds everybody up for so many milliseconds: `python held_up_serve.py MILLISECONDS DIR ...`."""

from __future__ import annotations

import sys
import time

from gateway.cli.serving.serve import command
from gateway.inbound.session import Session


def hold_up(milliseconds: int) -> None:
    malformed = Session._malformed

    def slower(self: Session, detail: str, request_id: int | None) -> None:
        until_ns = time.perf_counter_ns() + 1_000_000 * milliseconds
        while time.perf_counter_ns() < until_ns:
            pass
        malformed(self, detail, request_id)

    Session._malformed = slower  # type: ignore[method-assign]


if __name__ == "__main__":
    hold_up(int(sys.argv[1]))
    command(sys.argv[2:])
