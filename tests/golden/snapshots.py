"""Golden snapshots: cores of the golden journals of this version, as they were in the middle.

    python -m tests.golden.snapshots tests/golden

writes one for each journal of the core version that runs, and what is expected of all of them into `snapshots/states.json`.
A snapshot that is there already is never made again.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path
from typing import Any

from compliance import ComplianceHook
from engine.exchange import Exchange, restore_exchange
from engine.record.rows import StoredRow
from engine.replay import Replay
from engine.snapshot.encoding import decode_snapshot, encode_snapshot, state_digest
from engine.snapshot.messages.document import FORMAT
from engine.vocabulary.codes import CORE_VERSION
from gateway.journal.reader import JournalReader

FOLDER = "snapshots"
EXPECTED = "states.json"
ENDING = ".snapshot"


def middle(journal: Path) -> Exchange:
    """The core of a journal half through it, where no command is unfinished."""
    rows = list(JournalReader(journal).rows())
    replay = Replay(Exchange(ComplianceHook()))
    for row in rows:
        if replay.exchange.seq >= len(rows) // 2 and not replay.exchange.is_unfinished:
            break
        replay.feed(row)
    return replay.exchange


def rows_after(journal: Path, seq: int) -> Iterator[StoredRow]:
    """What the journal holds beyond a sequence number."""
    return (row for row in JournalReader(journal).rows() if row[0] > seq)


def facts(snapshot: Path) -> dict[str, Any]:
    """What is known of a snapshot: of its bytes, which never changes, and of the core that is made of it."""
    data = snapshot.read_bytes()
    exchange = restore_exchange(decode_snapshot(data), ComplianceHook())
    exchange.check()
    found: dict[str, Any] = {"bytes": sha256(data).hexdigest(), "seq": exchange.seq, "state": state_digest(exchange)}
    journal = snapshot.parent.parent / snapshot.stem.partition("-")[2]
    if journal.name.startswith(f"v{CORE_VERSION}"):
        replay = Replay(exchange)
        for row in rows_after(journal, exchange.seq):
            replay.feed(row)
        assert replay.result().equal
        found["events_after"] = replay.result().replayed_digest
        found["state_after"] = state_digest(exchange)
    return found


def main() -> None:
    if len(sys.argv) != 2:
        sys.exit("usage: python -m tests.golden.snapshots DIR")
    golden = Path(sys.argv[1])
    folder = golden / FOLDER
    folder.mkdir(exist_ok=True)
    for journal in sorted(golden.glob(f"v{CORE_VERSION}*")):
        path = folder / f"f{FORMAT}-{journal.name}{ENDING}"
        if not path.exists():
            path.write_bytes(encode_snapshot(middle(journal).snapshot()))
    found = {path.name: facts(path) for path in sorted(folder.glob(f"*{ENDING}"))}
    known = folder / EXPECTED
    for name, each in json.loads(known.read_text(encoding="utf-8")).items() if known.exists() else ():
        assert found[name]["bytes"] == each["bytes"], f"{name}: a golden snapshot does not change"
    known.write_text(json.dumps(found, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
