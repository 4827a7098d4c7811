"""Golden snapshot files: a whole venue of a golden journal of this version, core and mirrors, as it was in the middle.

    python -m tests.golden.sealed tests/golden

writes the one of the core version that runs into `sealed/v<core version>/snapshots`, and what is expected of it beside. What is there
already is never made again.
"""

from __future__ import annotations

import json
import sys
from hashlib import sha256
from pathlib import Path
from typing import Any

from engine.vocabulary.codes import CORE_VERSION
from gateway.core import new_exchange
from gateway.journal.reader import JournalReader
from gateway.keys import public_key_bytes
from gateway.snapshots.folder import SNAPSHOT_FOLDER, newest_first, save_snapshot
from gateway.snapshots.replica import Replica
from gateway.snapshots.sealed import FORMAT, Header, seal
from tests.support.gateway.journal.journals import KEY, VENUE

FOLDER = "sealed"
EXPECTED = "expected.json"


def make(journal: Path, folder: Path) -> None:
    """Save a snapshot of a journal half through it."""
    reader = JournalReader(journal)
    replica = Replica(new_exchange())
    for batch in reader.batches():
        replica.feed(batch)
        replica.end_batch()
        if replica.exchange.seq >= 500 and not replica.exchange.is_unfinished:
            break
    exchange, state = replica.exchange, replica.state()
    header = Header(
        FORMAT,
        VENUE,
        CORE_VERSION,
        exchange.seq,
        exchange.time_ns,
        reader.batch_tip.link,
        replica.fanout.rulebook_digest,
        public_key_bytes(KEY),
        len(state),
    )
    save_snapshot(folder, exchange.seq, seal(header, state, KEY))


def facts(folder: Path, journal: Path) -> dict[str, Any]:
    """What is known of the venue that is made of a snapshot file, there and, under the core version that made it, after the rest of its journal."""
    ((name, sealed),) = newest_first(folder, VENUE, public_key_bytes(KEY), [])
    replica = Replica.restored(sealed.unpack(), new_exchange().hook)
    found: dict[str, Any] = {
        "bytes": sha256((folder / name).read_bytes()).hexdigest(),
        "seq": sealed.header.seq,
        "core_version": sealed.header.core_version,
        "channels": numbers(replica),
    }
    if sealed.header.core_version == CORE_VERSION:
        for batch in JournalReader(journal).batches(sealed.header.point(name)):
            replica.feed(batch)
        replica.end_batch()
        found["channels_after"] = numbers(replica)
    return found


def numbers(replica: Replica) -> dict[str, int]:
    """Of each channel, and of each account's reports."""
    channels = replica.fanout.channels
    found = {
        f"{name} {key}".strip(): channel.seq
        for name, by_key in channels.state().channels.items()
        for key in by_key
        if (channel := channels.find(name, key)) is not None
    }
    reports = replica.fanout.reports
    return found | {f"reports of {account}": reports.last_seq(account) for account in reports.owners}


def main() -> None:
    if len(sys.argv) != 2:
        sys.exit("usage: python -m tests.golden.sealed DIR")
    golden = Path(sys.argv[1])
    directory = golden / FOLDER / f"v{CORE_VERSION}"
    if directory.exists():
        sys.exit(f"{directory} exists already: a golden snapshot is never made again")
    journal = golden / f"v{CORE_VERSION}-everything"
    make(journal, directory / SNAPSHOT_FOLDER)
    text = json.dumps(facts(directory / SNAPSHOT_FOLDER, journal), indent=2)
    (directory / EXPECTED).write_text(text + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
