"""Planted sessions: what is planted, that a seed says the same again, and that the page has what was measured."""

from __future__ import annotations

import json
import random
from pathlib import Path

import pytest
from click.testing import CliRunner

from compliance.surveillance.catalogue import DETECTORS, settings_of
from loadtest.planted.__main__ import group
from loadtest.planted.ground.plot import PLAIN, STRENGTHS, STRONG, Plot
from loadtest.planted.ground.stage import Stage
from loadtest.planted.measure import (
    CLEAN,
    KINDS,
    Counted,
    Measured,
    SeedsMixed,
    count,
    in_document,
    load,
    measure,
    save,
    table,
)
from loadtest.planted.plants.catalogue import PLANTS
from loadtest.planted.session import MEASURING, MINUTES, TUNING, run
from tests.support.places import ROOT

PAGE = ROOT / "docs" / "SURVEILLANCE.md"
RESULTS = ROOT / "docs" / "surveillance.jsonl"
MAKE = "python -m loadtest.planted measure --processes 2 --out docs/surveillance.jsonl --into docs/SURVEILLANCE.md"


def test_there_is_a_plant_for_every_detector() -> None:
    assert list(PLANTS) == list(DETECTORS)


@pytest.mark.parametrize("kind", PLANTS)
def test_plants_know_nothing_of_the_detectors(kind: str) -> None:
    source = Path(PLANTS[kind].__code__.co_filename).read_text(encoding="utf-8")  # type: ignore[attr-defined]
    assert "surveillance" not in source


def test_acts_without_care_are_mostly_found() -> None:
    outcome = run(5, STRONG, settings_of(), minutes=9)
    assert [plot.kind for plot in outcome.plots] == list(PLANTS)
    assert all(plot.accounts and plot.begin_ns for plot in outcome.plots)
    assert len(outcome.found) >= 8, sorted(outcome.found)
    assert not any(kind in outcome.refused for kind in ("NewOrder permission ", "Transfer permission "))


def test_a_seed_says_the_same_again() -> None:
    first, second = (run(3, PLAIN, settings_of(), minutes=9) for _ in range(2))
    assert (first.rows, first.events, first.found, first.right, first.wrong) == (
        second.rows,
        second.events,
        second.found,
        second.right,
        second.wrong,
    )
    assert first.rows > 5_000 and not any("invalid" in key for key in first.refused)


def test_seeds_of_tuning_are_not_measured_with_nor_the_other_way_round() -> None:
    assert not set(TUNING) & set(MEASURING)
    with pytest.raises(SeedsMixed, match="seed 999 is none of those for measuring: 10000 to 19999"):
        measure([10_000, 999])
    with pytest.raises(SeedsMixed, match="seed 10000 is none of those for tuning"):
        measure([10_000], is_tuning=True)


def _counted(strength: str, **counts: dict[str, int]) -> Counted:
    found = list(counts.get("right", {}))
    return Counted(
        seed=10_000,
        strength=strength,
        found=found,
        right=counts.get("right", {}),
        other=counts.get("other", {}),
        wrong=counts.get("wrong", {}),
        rows=10,
        events=20,
        minutes=30.0,
    )


def test_the_table_counts() -> None:
    sessions = [_counted(CLEAN, wrong={"layering": 1})]
    sessions += [
        _counted(each, right={"layering": 2}, other={"layering": 1}, wrong={"spoofing": 1}) for each in STRENGTHS
    ]
    lines = {line.split("`")[1]: line for line in table(Measured("", sessions)).splitlines() if line.startswith("| `")}
    assert list(lines) == list(DETECTORS)
    assert "| 1/1: 21 to 100 % |" in lines["layering"]
    assert "6/9: 35 to 88 %; 3 of another act" in lines["layering"]
    assert "1: 0.05 to 11.14 an hour" in lines["layering"]
    assert "| 0/3: 0 to 56 % |" in lines["spoofing"]
    assert "| no report |" in lines["wash_trade"] and "0: 0.00 to 7.38 an hour" in lines["wash_trade"]


def test_what_was_measured_is_kept_and_put_into_a_page(tmp_path: Path) -> None:
    measured = Measured("[layering]\ntimes = 3\n", [_counted(each) for each in KINDS])
    save(measured, tmp_path / "kept.jsonl")
    again, versions = load(tmp_path / "kept.jsonl")
    assert again == measured and versions == measured.versions
    assert versions["layering"] != settings_of()["layering"].version
    page = in_document("a <!-- measured: begins -->old<!-- measured: ends --> b", "new")
    assert page == "a <!-- measured: begins -->\n\nnew\n\n<!-- measured: ends --> b"
    with pytest.raises(ValueError, match="there is no"):
        in_document("a", "new")


def test_the_page_has_what_was_measured_of_the_detectors_as_they_are() -> None:
    measured, versions = load(RESULTS)
    now = {name: each.version for name, each in settings_of().items()}
    assert versions == now, f"the parameters have changed since: {MAKE}"
    text = PAGE.read_text(encoding="utf-8")
    assert in_document(text, table(measured)) == text, f"the page has another table: {MAKE}"
    assert {each.seed for each in measured.sessions} <= set(MEASURING)
    assert {each.minutes for each in measured.sessions} == {float(MINUTES)}


def test_one_session_of_those_comes_out_as_it_was_measured() -> None:
    measured, _ = load(RESULTS)
    kept = measured.sessions[random.Random(json.dumps(measured.versions)).randrange(len(measured.sessions))]
    again = count(kept.strength, kept.seed, measured.document, kept.minutes)
    assert again == kept, (
        f"seed {kept.seed}, {kept.strength}: the core, the plants or the detectors have changed: {MAKE}"
    )


def test_a_session_for_training_is_a_sound_journal(tmp_path: Path) -> None:
    arguments = ["write", str(tmp_path / "training"), "--seed", "3", "--minutes", "9"]
    result = CliRunner().invoke(group, arguments)
    assert result.exit_code == 0 and result.output.count("\n") == len(PLANTS)
    again = CliRunner().invoke(group, arguments)
    assert again.exit_code == 1


def test_a_plot_covers_its_time_and_a_little_more() -> None:
    stage = Stage(1, lambda seq, time_ns, command, events: None)
    plot = Plot("layering", PLAIN, stage, random.Random(1))
    assert not plot.covers(stage.now_ns, 60)
    plot.begin_ns, plot.end_ns = 100 * 10**9, 200 * 10**9
    assert [plot.covers(second * 10**9, 60) for second in (99, 100, 260, 261)] == [False, True, True, False]
