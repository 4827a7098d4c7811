"""Snapshots of every format that landed: loaded for ever, with the state and the future that they had; and journals cut anywhere."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from compliance import ComplianceHook
from engine.record.rows import decode_command
from engine.snapshot.messages.document import FORMAT
from engine.vocabulary.codes import CORE_VERSION
from engine.vocabulary.messages.commands import Sequenced
from gateway.journal.reader import JournalReader
from tests.golden.snapshots import ENDING, EXPECTED, FOLDER, facts
from tests.support.engine.checks.restored import CutAnywhere

HERE = Path(__file__).parent
SNAPSHOTS = sorted((HERE / FOLDER).glob(f"*{ENDING}"))
CURRENT = sorted(path for path in HERE.glob(f"v{CORE_VERSION}*") if path.is_dir())
NAMES = [path.name for path in CURRENT]


def expected() -> dict[str, Any]:
    found: dict[str, Any] = json.loads((HERE / FOLDER / EXPECTED).read_text(encoding="utf-8"))
    return found


def test_every_format_has_snapshots() -> None:
    """A landing that raises the format adds some: see README.md."""
    assert [path.name for path in SNAPSHOTS] == sorted(expected())
    assert {path.name.partition("-")[0] for path in SNAPSHOTS} == {f"f{number}" for number in range(1, FORMAT + 1)}
    assert {f"f{FORMAT}-{name}{ENDING}" for name in NAMES} <= {path.name for path in SNAPSHOTS}


@pytest.mark.parametrize("snapshot", SNAPSHOTS, ids=[path.stem for path in SNAPSHOTS])
def test_a_golden_snapshot_loads_and_goes_on(snapshot: Path) -> None:
    assert facts(snapshot) == expected()[snapshot.name]


def cut(journal: Path, every: int) -> int:
    """Follow a journal with a restored core, cut after every so many commands."""
    both = CutAnywhere(ComplianceHook)
    for seq, time_ns, command, _ in JournalReader(journal).rows():
        both.follow(Sequenced(seq, time_ns, decode_command(command)))
        if seq % every == 0 and not both.live.is_unfinished:
            both.cut()
    return both.cuts


@pytest.mark.parametrize("journal", CURRENT, ids=NAMES)
def test_a_journal_may_be_cut_anywhere(journal: Path) -> None:
    assert cut(journal, 101) > 2


# Each cut takes some milliseconds, interpreted.
@pytest.mark.soak
@pytest.mark.parametrize("journal", CURRENT, ids=NAMES)
def test_a_journal_may_be_cut_after_each_command(journal: Path) -> None:
    assert cut(journal, 1) > 300
