"""What a journal says, and what the core that runs says of it: as `expected.json` keeps it beside each golden journal.

    python -m tests.golden.facts JOURNAL...

writes the file anew for each directory. `recorded` and `kinds` of an old journal never change; `replayed` may, in a landing
that raises the core version.
"""

from __future__ import annotations

import json
import sys
from collections import Counter
from pathlib import Path
from typing import Any

import msgspec
from click.testing import CliRunner

from engine.record.rows import decode_command, decode_events
from engine.replay import Replay
from engine.snapshot.encoding import state_digest
from engine.vocabulary.codes import CORE_VERSION
from gateway.cli.recordings.replay import command as replay_command
from gateway.cli.recordings.verify import command as verify_command
from gateway.core import new_exchange
from gateway.journal.reader import JournalReader

EXPECTED = "expected.json"


def verified(directory: Path, *options: str) -> tuple[int, dict[str, Any]]:
    """The exit status of `sbx verify --json`, and what it prints."""
    result = CliRunner().invoke(verify_command, [str(directory), "--json", *options], catch_exceptions=False)
    return result.exit_code, json.loads(result.stdout)


def replayed(directory: Path) -> tuple[int, dict[str, Any]]:
    """The exit status of `sbx replay --json`, and what it prints."""
    result = CliRunner().invoke(replay_command, [str(directory), "--json"], catch_exceptions=False)
    return result.exit_code, json.loads(result.stdout)


def recorded_facts(directory: Path) -> dict[str, Any]:
    """What stands in the journal, whoever reads it."""
    _, found = verified(directory)
    return {
        "core_version": found["segments"][0]["core_version"],
        "venue": found["venue"],
        "public_key": found["public_key"],
        "segments": len(found["segments"]),
        "frames": found["frames"],
        "commands": found["commands"],
        "events_digest": found["events_digest"],
    }


def replayed_facts(directory: Path) -> dict[str, Any]:
    """What the core that runs makes of it: how far it comes, and where it first differs."""
    status, found = replayed(directory)
    difference, failure = found["difference"], found["failure"]
    facts: dict[str, Any] = {"exit_status": status, "status": found["status"], "commands": found["commands"]}
    facts["difference"] = difference and {
        "seq": difference["seq"],
        "index": difference["index"],
        "command": difference["command"]["type"],
        "recorded": difference["recorded"] and difference["recorded"]["type"],
        "replayed": difference["replayed"] and difference["replayed"]["type"],
    }
    facts["failure"] = failure and {"seq": failure["seq"]}
    if found["journal_core_version"] == CORE_VERSION:
        facts["events"] = found["events"]
        facts["events_digest"] = found["replayed_digest"]
        facts["state_digest"] = final_state_digest(directory)
    return facts


def final_state_digest(directory: Path) -> str:
    """Of the state after the last command, by the library alone."""
    replay = Replay(new_exchange())
    for row in JournalReader(directory).rows():
        replay.feed(row)
    replay.exchange.check()
    return state_digest(replay.exchange)


def kinds(directory: Path) -> dict[str, int]:
    """How many commands and events of each kind it holds; `unreadable` is what this version can't decode."""
    seen: Counter[str] = Counter()
    for _, _, command, events in JournalReader(directory).rows():
        try:
            seen[type(decode_command(command)).__name__] += 1
        except msgspec.DecodeError:
            seen["unreadable"] += 1
        seen.update(type(event).__name__ for event in decode_events(events))
    return dict(sorted(seen.items()))


def write_expected(directory: Path) -> None:
    """Write what is expected of a journal, or what its replay is now expected to say."""
    path = directory / EXPECTED
    facts = {"recorded": recorded_facts(directory), "replayed": replayed_facts(directory), "kinds": kinds(directory)}
    if path.exists():
        before = json.loads(path.read_text(encoding="utf-8"))
        for part in ("recorded", "kinds"):
            assert facts[part] == before[part], f"{directory}: what is recorded does not change: {part}"
    path.write_text(json.dumps(facts, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    for argument in sys.argv[1:]:
        write_expected(Path(argument))
