"""Grids: all combinations, in processes, kept in files; killed in the middle they go on where they were."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import msgspec
import pytest
from click.testing import CliRunner

from compliance.worlds.change import ChangeError, parse_setting
from compliance.worlds.messages.change import Change
from compliance.worlds.messages.results import Result
from gateway.cli.supervision.whatif import command
from gateway.whatif.grid import Axis, Task, axes_of, changes_of, run_task
from gateway.whatif.running import Scanned, scan
from tests.support.gateway.reporting.report_sessions import random_session

LARGEST = "OPS-1.qualified_firm_rub"
VALUES = ("120", "150", "1000000000.00")
GRID = [f"--grid={LARGEST}={value}" for value in VALUES] + ["--grid=SAN-1.enabled=true", "--grid=SAN-1.enabled=false"]


def nothing(done: int) -> None:
    """No bar."""


@pytest.fixture(scope="module")
def journal(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return random_session(9, 300).write(tmp_path_factory.mktemp("session"))


def test_settings_of_one_thing_are_an_axis_and_the_last_turns_fastest() -> None:
    axes = axes_of([parse_setting(text) for text in ("RET-1.enabled=true", "*.batch_ns=0", "RET-1.enabled=false")])
    assert axes == [Axis("RET-1", "enabled", ("true", "false")), Axis("*", "batch_ns", ("0",))]
    fixed = Change((parse_setting("SAN-1.enabled=false"),), from_seq=7)
    changes = changes_of(fixed, [*axes, Axis("RET-5", "enabled", ("true", "false"))])
    assert [[each.value for each in change.settings] for change in changes] == [
        ["false", "true", "0", "true"],
        ["false", "true", "0", "false"],
        ["false", "false", "0", "true"],
        ["false", "false", "0", "false"],
    ]
    assert {change.from_seq for change in changes} == {7}


def test_what_is_no_grid_is_refused() -> None:
    twice = parse_setting("RET-1.enabled=true")
    with pytest.raises(ChangeError, match="given twice"):
        axes_of([twice, twice])
    with pytest.raises(ChangeError, match="set for all by --set, and varied by --grid"):
        changes_of(Change((twice,)), axes_of([twice]))
    with pytest.raises(ChangeError, match="16,384 combinations"):
        changes_of(Change(), [Axis("*", str(place), ("0", "1")) for place in range(14)])


def test_a_digest_names_what_the_result_is_of() -> None:
    task = Task("there", Change((parse_setting("RET-1.enabled=true"),)), Scanned("v", last_seq=7, link="ab"))
    replace = msgspec.structs.replace
    assert replace(task, journal="elsewhere").digest == task.digest
    others = [
        replace(task, change=Change()),
        replace(task, change=Change(task.change.settings, from_seq=3)),
        replace(task, scanned=replace(task.scanned, link="cd")),
        replace(task, scanned=replace(task.scanned, last_seq=8)),
    ]
    assert len({each.digest for each in (task, *others)}) == 5


def test_a_grid_has_a_file_and_a_row_for_each_combination_and_goes_on(journal: Path, tmp_path: Path) -> None:
    folder = tmp_path / "results"
    arguments = [str(journal), *GRID, "--results", str(folder), "--jobs", "2", "--json"]
    found = CliRunner().invoke(command, arguments, catch_exceptions=False)
    assert found.exit_code == 0
    told = json.loads(found.output)
    assert (told["resumed"], len(told["points"])) == (0, 6)
    assert told["axes"] == [
        {"name": LARGEST, "values": list(VALUES)},
        {"name": "SAN-1.enabled", "values": ["true", "false"]},
    ]
    assert {path.name for path in folder.iterdir()} == {point["file"] for point in told["points"]}
    for point in told["points"]:
        kept = msgspec.json.decode((folder / point["file"]).read_bytes(), type=Result)
        assert [each.value for each in kept.change.settings] == point["values"]
        assert point["figures"]["trades"] == sum(each.trades for each in kept.other.markets)
        assert point["figures"]["orders_directly"] == kept.orders_directly
    # What the smallest limit refuses is more, and no limit is the recording.
    directly = [point["figures"]["orders_directly"] for point in told["points"]]
    assert directly[0] > directly[2] > directly[4] == 0
    assert [told["points"][4]["figures"][name] for name in ("trades", "value")] == [
        told["recorded"][name] for name in ("trades", "value")
    ]
    # The same as alone, in this process.
    first = told["points"][0]
    change = Change(tuple(parse_setting(text) for text in (f"{LARGEST}=120", "SAN-1.enabled=true")))
    task = Task(str(journal), change, scan(journal, nothing))
    assert f"{task.digest}.json" == first["file"]
    assert msgspec.json.encode(run_task(task, nothing)) == (folder / first["file"]).read_bytes()
    # One is gone, one is broken, one was being written.
    (folder / first["file"]).unlink()
    (folder / told["points"][1]["file"]).write_bytes(b"{")
    (folder / "abc.7.part").write_bytes(b"{")
    again = CliRunner().invoke(command, arguments, catch_exceptions=False)
    assert json.loads(again.output) == {**told, "resumed": 4}


def test_a_grid_that_was_killed_goes_on(journal: Path, tmp_path: Path) -> None:
    folder = tmp_path / "results"
    arguments = [str(journal), *GRID, "--results", str(folder), "--jobs", "2", "--json"]
    killed = subprocess.Popen(
        [sys.executable, "-c", "from gateway.cli.supervision.whatif import command; command()", *arguments],
        stdout=subprocess.DEVNULL,
        start_new_session=True,
    )
    deadline = time.monotonic() + 120
    while not (folder.exists() and list(folder.glob("*.json"))) and time.monotonic() < deadline:
        time.sleep(0.02)
    # It alone: its processes see that it is gone, and end.
    os.kill(killed.pid, signal.SIGKILL)
    killed.wait()
    while _is_alive(killed.pid) and time.monotonic() < deadline:
        time.sleep(0.02)
    assert not _is_alive(killed.pid), "processes of the grid work on"
    done = len(list(folder.glob("*.json")))
    assert 0 < done < 6
    found = CliRunner().invoke(command, arguments, catch_exceptions=False)
    assert (found.exit_code, json.loads(found.output)["resumed"]) == (0, done)


def _is_alive(group: int) -> bool:
    """Whether any process of a group is there."""
    try:
        os.killpg(group, 0)
    except ProcessLookupError:
        return False
    return True


def test_what_fails_ends_the_grid_and_is_named(journal: Path, tmp_path: Path) -> None:
    folder = tmp_path / "results"
    for arguments, words in (
        (["--grid", f"{LARGEST}=1"], "--grid needs --results DIR"),
        (["--set", f"{LARGEST}=1", "--results", str(folder)], "--results and --jobs go with --grid"),
        ([], "say what is otherwise"),
        (["--grid", f"{LARGEST}=much", "--results", str(folder)], "can't have these settings"),
        (["--grid", f"{LARGEST}=1", "--results", str(journal)], "the venue's own folder is only read"),
    ):
        found = CliRunner().invoke(command, [str(journal), *arguments])
        assert (found.exit_code, words in found.output) == (2, True), found.output
    (tmp_path / "file").write_text("")
    found = CliRunner().invoke(
        command, [str(journal), "--grid", f"{LARGEST}=1", "--results", str(tmp_path / "file" / "x")]
    )
    assert found.exit_code == 1
    assert "a result not be kept" in found.output
