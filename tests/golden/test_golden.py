"""Journals of every core version that landed: sound for ever, read in full, replayed as each version promises."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import msgspec
import pytest
from click.testing import CliRunner

from engine.record.rows import decode_command, decode_events, encode_events
from engine.vocabulary.codes import CORE_VERSION
from gateway.cli.recordings.replay import command as replay_command
from gateway.journal.reader import JournalReader
from tests.golden.facts import EXPECTED, kinds, recorded_facts, replayed, replayed_facts, verified
from tests.golden.make import make
from tests.support.gateway.journal.journals import frame_offsets

HERE = Path(__file__).parent
JOURNALS = sorted(path.parent for path in HERE.glob(f"*/{EXPECTED}"))
NAMES = [journal.name for journal in JOURNALS]
VERSIONS = {journal.name: int(journal.name[1:].partition("-")[0]) for journal in JOURNALS}
OLD = [journal for journal in JOURNALS if VERSIONS[journal.name] < CORE_VERSION]
CURRENT = [journal for journal in JOURNALS if VERSIONS[journal.name] == CORE_VERSION]

UNREADABLE = {"v1-narrow": {"NewOrder": 205}}
"""The first engine's `post_only` was a truth value; that of the complete engine, of the same version, is a number."""

each_journal = pytest.mark.parametrize("journal", JOURNALS, ids=NAMES)
each_old = pytest.mark.parametrize("journal", OLD, ids=[journal.name for journal in OLD])
each_current = pytest.mark.parametrize("journal", CURRENT, ids=[journal.name for journal in CURRENT])


def expected(journal: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((journal / EXPECTED).read_text(encoding="utf-8"))
    return found


def test_every_version_has_a_journal() -> None:
    """A landing that raises the version adds one: see README.md."""
    assert sorted({*VERSIONS.values()}) == list(range(1, CORE_VERSION + 1))
    assert {path.name for path in HERE.iterdir() if path.name[0] == "v"} == {*NAMES}
    assert [journal.name for journal in CURRENT if journal.name.endswith("-everything")], "see tests/golden/make.py"


# ── sound ──────────────────────────────────────────────────────────────────────────────────────────────────────────


@each_journal
def test_verify_finds_what_was_written(journal: Path) -> None:
    facts = expected(journal)["recorded"]
    assert recorded_facts(journal) == facts
    assert facts["core_version"] == VERSIONS[journal.name]
    status, found = verified(journal, "--public-key", facts["public_key"])
    assert (status, found["status"], found["damage"], found["torn"]) == (0, "sound", None, None)
    assert all(segment["signed"] for segment in found["segments"])


@each_journal
def test_no_private_key_lies_beside_a_journal(journal: Path) -> None:
    assert {path.name for path in journal.iterdir()} == {
        EXPECTED,
        *(f"journal-{number:08d}.sbxj" for number in range(1, expected(journal)["recorded"]["segments"] + 1)),
    }


@each_journal
def test_a_flipped_bit_is_found(journal: Path, tmp_path: Path) -> None:
    copy = shutil.copytree(journal, tmp_path / "journal")
    for segment in sorted(copy.glob("*.sbxj")):
        sound = segment.read_bytes()
        offsets = frame_offsets(sound)
        for position in (3, len(sound) // 4, len(sound) // 2, offsets[-1] - 1):
            damaged = bytearray(sound)
            damaged[position] ^= 4
            segment.write_bytes(damaged)
            status, found = verified(copy)
            assert (status, found["damage"]["segment"]) == (1, segment.name)
            assert found["damage"]["offset"] == max(offset for offset in offsets if offset <= position)
        segment.write_bytes(sound)
    assert verified(copy)[0] == 0


# ── read in full ───────────────────────────────────────────────────────────────────────────────────────────────────


@each_journal
def test_everything_recorded_still_decodes(journal: Path) -> None:
    facts = expected(journal)["kinds"]
    assert kinds(journal) == facts
    assert facts.get("unreadable", 0) == sum(UNREADABLE.get(journal.name, {}).values())


@each_journal
def test_no_field_of_a_record_is_lost(journal: Path) -> None:
    unreadable = 0
    for seq, _, command, events in JournalReader(journal).rows():
        again = msgspec.msgpack.decode(encode_events(decode_events(events)))
        assert begins(again, msgspec.msgpack.decode(events)), seq
        try:
            decoded = decode_command(command)
        except msgspec.DecodeError:
            unreadable += 1
        else:
            again = msgspec.msgpack.decode(msgspec.msgpack.encode(decoded))
            assert begins(again, msgspec.msgpack.decode(command)), seq
    assert unreadable == sum(UNREADABLE.get(journal.name, {}).values())


def begins(now: Any, before: Any) -> bool:
    """Whether a record is the one before with nothing but fields added at the end."""
    if isinstance(before, list):
        return (
            isinstance(now, list)
            and len(now) >= len(before)
            and all(begins(*pair) for pair in zip(now, before, strict=False))
        )
    return type(now) is type(before) and now == before


@pytest.mark.parametrize(
    ("now", "before", "outcome"),
    [
        ([1, [2, ""], "x"], [1, [2]], True),
        ([1, [2]], [1, [2], "x"], False),
        ([1, [2]], [1, [2, 3]], False),
        ([1, 0], [1, False], False),
        ([1, {"a": "b"}], [1, {"a": "c"}], False),
        ([1, 2], [1, [2]], False),
    ],
)
def test_a_lost_field_would_be_seen(now: Any, before: Any, outcome: bool) -> None:
    assert begins(now, before) is outcome


# ── replayed ───────────────────────────────────────────────────────────────────────────────────────────────────────


@each_journal
def test_replay_says_what_is_expected(journal: Path) -> None:
    assert replayed_facts(journal) == expected(journal)["replayed"]


@each_current
def test_a_journal_of_this_version_replays_equal(journal: Path) -> None:
    facts = expected(journal)
    status, found = replayed(journal)
    assert (status, found["status"], found["equal"], found["difference"]) == (0, "equal", True, None)
    assert found["commands"] == facts["recorded"]["commands"]
    assert found["replayed_digest"] == found["recorded_digest"] == facts["recorded"]["events_digest"]
    assert "written under core version" not in replay_text(journal, 0)


@each_old
def test_a_journal_of_an_old_version_replays_to_a_named_difference(journal: Path) -> None:
    facts, version = expected(journal), VERSIONS[journal.name]
    status, found = replayed(journal)
    assert (found["journal_core_version"], found["core_version"]) == (version, CORE_VERSION)
    text = replay_text(journal, status)
    assert f"written under core version {version}, replayed under {CORE_VERSION}" in text
    if status == 0:
        assert found["equal"]
        return
    assert (status, found["status"]) == (1, "different")
    assert f"different from sequence number {found['difference']['seq']}, event {found['difference']['index']}" in text
    if journal.name in UNREADABLE:
        assert "does not know the command" in found["failure"]["reason"]
        assert f"replay stopped: sequence number {found['failure']['seq']}" in text
    else:
        # It goes on behind the difference, to the end.
        assert (found["failure"], found["commands"]) == (None, facts["recorded"]["commands"])


def replay_text(journal: Path, status: int) -> str:
    result = CliRunner().invoke(replay_command, [str(journal)], catch_exceptions=False)
    assert result.exit_code == status
    return result.output


def test_replay_in_processes_of_other_hash_seeds() -> None:
    (journal,) = (each for each in CURRENT if each.name.endswith("-everything"))
    for seed in ("1", "2"):
        output = subprocess.run(
            [sys.executable, "-m", "gateway.cli", "replay", str(journal), "--json"],
            cwd=HERE.parents[1],
            env={**os.environ, "PYTHONHASHSEED": seed},
            capture_output=True,
            check=True,
        ).stdout
        assert json.loads(output)["replayed_digest"] == expected(journal)["replayed"]["events_digest"]


# ── making more ────────────────────────────────────────────────────────────────────────────────────────────────────


def test_make_writes_the_same_journal_each_time(tmp_path: Path) -> None:
    for name in ("a", "b"):
        make(tmp_path / name, 3, 40)
    written = [{path.name: path.read_bytes() for path in (tmp_path / name).iterdir()} for name in ("a", "b")]
    assert written[0] == written[1]
    facts = expected(tmp_path / "a")
    assert facts["recorded"]["core_version"] == CORE_VERSION
    assert facts["replayed"]["status"] == "equal"
