"""Makes the golden journals of the core version that runs: random commands of every kind, the same on every run.

    python -m tests.golden.make DIR

writes one directory for each of `SESSIONS`, named by the core version, with its `expected.json`, into DIR. The other journals
were made by a venue that served simulated participants: see README.md.
"""

from __future__ import annotations

import sys
from pathlib import Path

from engine.record.rows import Row
from engine.vocabulary.codes import CORE_VERSION
from engine.vocabulary.messages.commands import (
    AddEvidence,
    AnyCommand,
    ArmDisconnect,
    CloseCase,
    DisarmDisconnect,
    Disconnected,
    DismissAlert,
    OpenCase,
    RaiseAlert,
    SetCustody,
    Transfer,
)
from gateway.core import new_exchange
from gateway.journal.head import HEAD_FILE
from tests.golden.facts import write_expected
from tests.support.engine.draws.everything import Everything
from tests.support.gateway.journal.journals import write_journal

SESSIONS = {"everything": (807, 1_000), "large": (3, 300)}
"""By name: a seed and how many commands after the venue's start. `everything` has every kind of command and event that there
was when the seed was chosen; the numbers of `large` are near the bounds, so that products leave 64 bits."""
RULEBOOK = "general-2026"
BATCH = 6
# Small, so that the chain runs through several signed segments.
SEGMENT_BYTES = 60_000


def drawn_rows(seed: int, steps: int) -> list[Row]:
    """What a journal of a random session holds. At its end a transfer is resent, and what is drawn seldom is sent."""
    drawn = Everything(seed, new_exchange(), RULEBOOK)
    rows: list[Row] = []

    def send(command: AnyCommand) -> None:
        events = drawn.send(command)
        rows.append((drawn.exchange.seq, drawn.time_ns, command, events))

    for command in drawn.setup():
        send(command)
    for _ in range(steps):
        send(drawn.step())
    for _ in range(2):
        send(Transfer("a", "a", "resent", "a2", "RUB", 1, 0))
    send(RaiseAlert("drawn", "v1", "wash_trade", instruments=("BTC/RUB",), seqs=(1,), by="eye"))
    send(DismissAlert(drawn.exchange.seq, "drawn", "sup"))
    send(OpenCase("wash_trade", (), ("BTC/RUB",), (1,), 0, "drawn", "sup"))
    case = drawn.exchange.seq
    send(AddEvidence(case, (2,), (), (), "drawn", "sup"))
    send(CloseCase(case, 0, 0, "drawn", "sup"))
    send(SetCustody("a", 1, "drawn", "sup"))
    send(ArmDisconnect("a", drawn.exchange.absence.last_connection + 1, (), 1_000_000_000))
    send(Disconnected("a", drawn.exchange.absence.last_connection))
    send(DisarmDisconnect("a", drawn.exchange.absence.last_connection))
    drawn.exchange.check()
    return rows


def make(directory: Path, seed: int, steps: int) -> None:
    """Write the journal of a session and what is expected of it."""
    write_journal(directory, drawn_rows(seed, steps), BATCH, SEGMENT_BYTES)
    # It says how far this machine's disk was, which no copy needs.
    (directory / HEAD_FILE).unlink()
    write_expected(directory)


def main() -> None:
    if len(sys.argv) != 2:
        sys.exit("usage: python -m tests.golden.make DIR")
    for name, (seed, steps) in SESSIONS.items():
        directory = Path(sys.argv[1]) / f"v{CORE_VERSION}-{name}"
        if directory.exists():
            sys.exit(f"{directory} exists already: a golden journal is never made again")
        make(directory, seed, steps)
        print(directory)


if __name__ == "__main__":
    main()
