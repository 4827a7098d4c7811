"""`sbx load compare`, `merge` and `report` as they are typed."""

from __future__ import annotations

import json
from pathlib import Path

import click
import numpy as np
import pytest
from click.testing import CliRunner, Result

from loadtest.load.comparing import compare, merge, report
from loadtest.load.results.result import Check, read_result, write_result
from tests.support.loadtest.results import figures_result, requests, result_of, run_of

TURNS = range(8)


def run(*arguments: str | Path) -> Result:
    command = {"compare": compare, "merge": merge, "report": report}[str(arguments[0])]
    return CliRunner().invoke(command, [str(argument) for argument in arguments[1:]])


@pytest.fixture
def turns(tmp_path: Path) -> tuple[Path, Path]:
    """Two folders with a result for each turn; B is slower by 60 us."""
    chance = np.random.default_rng(1)
    folders = tmp_path / "a", tmp_path / "b"
    for place, folder in enumerate(folders):
        folder.mkdir()
        for turn in TURNS:
            p50_us = chance.normal(400 + 60 * place, 10)
            write_result(folder / f"{turn}.json", figures_result([p50_us], [2 * turn + place]))
    return folders


def test_folders_of_turns_are_compared_in_pairs(turns: tuple[Path, Path]) -> None:
    found = run("compare", *turns)
    assert found.exit_code == 1
    assert "worse: in p50 of round trips" in found.stdout
    assert "in turns, in pairs" in found.stdout
    assert "not alike" not in found.stdout
    back = run("compare", *reversed(turns), "--json")
    assert back.exit_code == 0
    told = json.loads(back.stdout)
    assert (told["verdict"], told["is_interleaved"], len(told["figures"][0]["a"])) == ("better", True, len(TURNS))


def test_one_run_of_each_tells_nothing(turns: tuple[Path, Path]) -> None:
    a, b = turns
    found = run("compare", a / "0.json", b / "0.json")
    assert found.exit_code == 0
    assert "cannot tell: too few runs: 1 of A, 1 of B" in found.stdout


def test_what_cannot_be_compared_has_a_status_of_its_own(turns: tuple[Path, Path], tmp_path: Path) -> None:
    a, b = turns
    failed = read_result(a / "0.json")
    failed.runs[0].checks.append(Check("no order lost", "failed", "3 are"))
    write_result(tmp_path / "failed.json", failed)
    (tmp_path / "none.json").write_text("{}")
    (tmp_path / "empty").mkdir()
    other = read_result(a / "1.json")
    other.shape = "ramp"
    write_result(a / "other.json", other)
    for path, why in (
        (tmp_path / "failed.json", "no order lost"),
        (tmp_path / "none.json", "is no result of `sbx load --out FILE`"),
        (tmp_path / "empty", "no results"),
        (a, "not of the same load: shape"),
    ):
        found = run("compare", b, path)
        assert (found.exit_code, why in found.stderr) == (2, True), found.stderr


def test_parts_are_merged_into_a_file_that_can_be_read_again(tmp_path: Path) -> None:
    sent = requests(1, rate=50, seconds=3)
    parts = []
    for place in (1, 2):
        parts.append(tmp_path / f"{place}.json")
        chosen = np.arange(len(sent.due_s)) % 2 == place - 1
        write_result(parts[-1], result_of([run_of(sent.where(chosen))], share=(place, 2)))
    whole, page = tmp_path / "whole.json", tmp_path / "whole.html"
    found = run("merge", *parts, "--out", whole)
    assert found.exit_code == 0
    assert "2 parts, 1 run" in found.stdout
    counted = sent.where(sent.due_s >= 2)
    assert read_result(whole).runs[0].latency().count == len(counted.due_s)
    assert json.loads(run("merge", *parts, "--out", whole, "--json").stdout)["share"] is None
    again = run("merge", parts[0], parts[0], "--out", whole)
    assert (again.exit_code, "two results are part 1" in again.stderr) == (2, True)
    written = json.loads(run("report", whole, page, "--json").stdout)
    assert written == {"page": str(page), "bytes": page.stat().st_size}
    assert "Put together from parts." in page.read_text(encoding="utf-8")


@pytest.mark.parametrize("command", [compare, merge, report])
def test_help_has_examples(command: click.Command) -> None:
    found = CliRunner().invoke(command, ["--help"])
    assert "  Examples:\n    sbx load" in found.stdout
