"""Reports of several directories, of one day, beside snapshots, and of events alone: the same figures, added up where they add up."""

from __future__ import annotations

import json
import shutil
import sys
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from gateway.cli.supervision.report import command as report_command
from gateway.core import new_exchange
from gateway.reporting.part import EACH, EVENTS, Part
from gateway.reporting.reported import Reported, tables_of
from gateway.reporting.sections.caps import Caps
from gateway.reporting.sections.exposures import Exposures
from gateway.reporting.sections.intermediaries import Intermediaries
from gateway.reporting.sections.overview import Overview
from gateway.reporting.sections.registry import BY_NAME, SECTIONS
from gateway.reporting.sections.turnover import Turnover
from gateway.reporting.steps.sessions import in_order
from gateway.reporting.tables.joined import joined
from gateway.reporting.tables.tables import AMOUNT, COUNT, Column, Table
from gateway.snapshots.asked import Asking
from tests.support.gateway.journal.journals import KEY, write_journal
from tests.support.gateway.reporting.company_session import Company

COMMANDS = 400


def run(*arguments: object) -> Result:
    return CliRunner().invoke(report_command, [str(argument) for argument in arguments], catch_exceptions=False)


def as_json(*arguments: object) -> dict[str, Any]:
    result = run(*arguments, "--json")
    assert result.exit_code == 0, result.output
    found: dict[str, Any] = json.loads(result.stdout)
    return found


@pytest.fixture(scope="module")
def month(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three sessions of two days, in directories whose names are not in the order of time."""
    directory = tmp_path_factory.mktemp("month")
    (directory / "venue").mkdir()
    for name, seed, day in (("c-first", 1, 0), ("a-second", 2, 1), ("b-third", 3, 2)):
        company = Company(directory / "venue", seed, day)
        company.draw(COMMANDS)
        company.write(directory / name / "journal")
    shutil.rmtree(directory / "venue")
    return directory


FLOWS = ("orders", "orders_refused", "requests_refused")


def test_several_sessions_in_order_of_time_and_added_up(month: Path) -> None:
    names = ["c-first", "a-second", "b-third"]
    alone = {name: as_json(month / name)["tables"] for name in names}
    found = as_json(month / "a-second", month / "b-third", month / "c-first")
    assert [each["session"] for each in found["sessions"]] == names
    assert (found["status"], found["settlement_adds_up"], found["day"]) == ("complete", True, None)
    tables = found["tables"]
    assert set(tables) == set(alone[names[0]])
    for table, rows in tables.items():
        if table in BY_MEASURE:
            continue
        # What each session says of itself stands unchanged behind its name.
        for name in names:
            mine = [
                {key: value for key, value in row.items() if key != "session"} for row in rows if row["session"] == name
            ]
            assert mine == alone[name][table], table
    of_all = {row["intermediary"]: row for row in tables["intermediaries"] if row["session"] == "all"}
    assert of_all
    for intermediary, row in of_all.items():
        each = [one for name in names for one in alone[name]["intermediaries"] if one["intermediary"] == intermediary]
        assert [row[flow] for flow in FLOWS] == [sum(one[flow] for one in each) for flow in FLOWS]
        # What is there at an end does not add up.
        assert row["investors"] is None and row["exposure_rub"] is None
    turnover = {
        (row["investor_class"], row["instrument"]): row
        for row in tables["turnover_by_class"]
        if row["session"] == "all"
    }
    for key, row in turnover.items():
        each = [
            one
            for name in names
            for one in alone[name]["turnover_by_class"]
            if (one["investor_class"], one["instrument"]) == key
        ]
        assert Decimal(row["turnover"]) == sum(Decimal(one["turnover"]) for one in each)
    assert not [row for row in tables["holdings_by_class"] if row["session"] == "all"]
    assert not [row for row in tables["transfer_list"] if row["session"] == "all"]


BY_MEASURE = ("concentration", "concentration_largest")
"""Made of the tables of all sessions together, in the order of what is measured."""


def test_concentration_is_of_each_session_and_of_all(month: Path) -> None:
    tables = as_json(*[month / name for name in ("c-first", "a-second")], "--section", "turnover")["tables"]
    amounts: dict[str, Decimal] = {}
    for row in tables["turnover_by_investor"]:
        if row["session"] == "all" and row["instrument"] == "BTC/RUB":
            amounts[row["investor"]] = amounts.get(row["investor"], Decimal(0)) + Decimal(row["turnover"])
    (of_all,) = [
        row
        for row in tables["concentration"]
        if (row["session"], row["measure"], row["of"]) == ("all", "turnover", "BTC/RUB")
    ]
    assert Decimal(of_all["total"]) == sum(amounts.values()) and of_all["investors"] == len(amounts) > 2
    assert {row["session"] for row in tables["concentration"]} == {"all", "c-first", "a-second"}
    assert not [row for row in tables["concentration"] if row["session"] == "all" and row["measure"] == "holdings"]


def test_a_session_that_is_given_twice_is_refused(month: Path, tmp_path: Path) -> None:
    same = run(month / "c-first", month / "a-second", month / "c-first" / "journal")
    assert same.exit_code == 2 and "has the same session as" in same.output and "c-first" in same.output
    shutil.copytree(month / "c-first", tmp_path / "copy")
    copied = run(month / "c-first", tmp_path / "copy")
    assert copied.exit_code == 2 and "would count twice" in copied.output


def test_sessions_are_named_by_as_much_of_their_path_as_tells_them_apart(month: Path, tmp_path: Path) -> None:
    for number, name in enumerate(("c-first", "a-second")):
        shutil.copytree(month / name, tmp_path / str(number) / "venue")
    names = [each.name for each in in_order([tmp_path / "1" / "venue", tmp_path / "0" / "venue"])]
    assert names == ["0/venue", "1/venue"]
    assert [each.name for each in in_order([tmp_path / "0" / "venue"])] == [""]


def test_order_records_of_several_sessions_say_of_which(month: Path, tmp_path: Path) -> None:
    assert run(month / "c-first", month / "a-second", "--out", tmp_path / "out").exit_code == 0
    lines = [json.loads(line) for line in (tmp_path / "out" / "orders.jsonl").read_text().splitlines()]
    counts = {name: sum(line["session"] == name for line in lines) for name in ("c-first", "a-second")}
    alone = {name: as_json(month / name)["order_records"] for name in counts}
    assert counts == alone and sum(counts.values()) == len(lines)


def test_amounts_of_other_decimals_add_up_exactly() -> None:
    columns = (
        Column("asset"),
        Column("count", COUNT, adds=True),
        Column("amount", AMOUNT, adds=True),
        Column("held", AMOUNT),
    )
    one = Table("t", "T", columns, [("BTC", 2, "0.1", "1"), ("XRP", 1, None, "5")])
    two = Table("t", "T", columns, [("BTC", 3, "12345678901234567890.00000001", "2"), ("ETH", 1, "-3", "3")])
    (table,) = joined([("one", [one]), ("two", [two])])
    assert [row for row in table.rows if row[0] == "all"] == [
        ("all", "BTC", 5, "12345678901234567890.10000001", None),
        ("all", "XRP", 1, None, None),
        ("all", "ETH", 1, "-3", None),
    ]
    assert len(table.rows) == 7 and joined([("", [one])]) == [one]


def test_a_workbook_of_several_sessions_begins_with_which_they_are(month: Path, tmp_path: Path) -> None:
    openpyxl = pytest.importorskip("openpyxl", reason="an extra: the compiled environment needs none of it")
    file = tmp_path / "month.xlsx"
    assert run(month / "c-first", month / "a-second", "--section", "caps", "--excel", file).exit_code == 0
    book = openpyxl.load_workbook(file)
    sessions = [row for row in book["contents"].iter_rows(values_only=True) if row[0] == "session"]
    assert [row[1] for row in sessions] == ["c-first", "a-second"] and all(row[3] > COMMANDS for row in sessions)
    assert next(book["cap_taken"].iter_rows(values_only=True))[:2] == ("session", "investor")


def test_without_openpyxl_it_is_said_how_to_get_it(
    month: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "openpyxl", None)
    monkeypatch.delitem(sys.modules, "gateway.reporting.tables.workbook", raising=False)
    found = run(month / "c-first", "--excel", tmp_path / "month.xlsx")
    assert found.exit_code == 1 and "pip install 'sandbox-exchange[excel]'" in found.output
    assert not list(tmp_path.iterdir())


# ── one day ────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_day_of_a_section_is_what_happened_on_it(tmp_path: Path) -> None:
    """Two days in one journal: flows of the second alone, and what is there after its last command."""
    company = Company(tmp_path, 4)
    company.draw(200)
    before = len(company.rows)
    company.time_ns += 24 * 3600 * 10**9
    company.draw(200)
    journal = company.write(tmp_path / "journal")
    whole = as_json(journal)["tables"]
    days = [as_json(journal, "--day", f"2026-11-0{day}")["tables"] for day in (2, 3)]
    for table, column in (
        ("intermediary_turnover", "turnover"),
        ("intermediaries", "orders"),
        ("net_buying", "bought"),
    ):
        sums = [sum(Decimal(row[column]) for row in tables[table]) for tables in (*days, whole)]
        assert sums[0] and sums[1] and sums[0] + sums[1] == sums[2]
    decided = [[row for row in tables["transfer_list"] if row["verdict"] != "waiting"] for tables in (*days, whole)]
    assert decided[0] and decided[1] and decided[0] + decided[1] == decided[2]
    waiting = [[row for row in tables["transfer_list"] if row["verdict"] == "waiting"] for tables in (*days, whole)]
    assert waiting[1] == waiting[2] and all(row["seq"] <= before for row in waiting[0])
    assert max(row["seq"] for row in days[0]["transfer_list"]) <= before
    assert days[1]["holdings_by_class"] == whole["holdings_by_class"]
    first = Company(tmp_path, 4)
    first.rows = company.rows[:before]
    assert days[0]["cap_taken"] == as_json(first.write(tmp_path / "first"))["tables"]["cap_taken"] != whole["cap_taken"]


# ── how much is replayed ───────────────────────────────────────────────────────────────────────────────────────────


def read(journal: Path, *parts: type[Part]) -> tuple[Reported, dict[str, list[Table]]]:
    (session,) = in_order([journal])
    reported = Reported(session, parts)
    for step in reported.source.steps():
        reported.take(step)
    reported.finish()
    return reported, tables_of([reported], parts)


AT_END = (Overview, Intermediaries, Exposures, Turnover, Caps)


def test_what_needs_the_end_begins_with_the_newest_snapshot(tmp_path: Path) -> None:
    company = Company(tmp_path, 5)
    company.draw(250)
    journal, half = tmp_path / "beside" / "journal", len(company.rows)
    company.time_ns += 24 * 3600 * 10**9
    company.draw(250)
    write_journal(journal, company.rows[:half], batch=20)
    asking = Asking(journal, KEY, new_exchange)
    for _ in asking.follow():
        pass
    asking.save()
    write_journal(journal, company.rows[half:], batch=20)
    company.write(tmp_path / "without")
    for part in AT_END:
        reported, tables = read(journal, part)
        _, expected = read(tmp_path / "without", part)
        assert reported.source.begun_behind == half and reported.source.commands == len(company.rows)
        assert [(each.name, list(each.rows)) for each in tables[part.name]] == [
            (each.name, list(each.rows)) for each in expected[part.name]
        ]
    # Of the day that ended with the snapshot, too.
    for name in ("caps", "turnover"):
        asked = ("--section", name, "--day", "2026-11-02")
        assert as_json(journal, *asked)["tables"] == as_json(tmp_path / "without", *asked)["tables"]
    # A snapshot that is damaged is done without, and that is said.
    (file,) = (journal.parent / "snapshots").iterdir()
    data = bytearray(file.read_bytes())
    data[-1] ^= 1
    file.write_bytes(data)
    reported, _ = read(journal, Caps)
    assert reported.source.begun_behind == 0 and reported.source.standing is not None
    assert file.name in reported.source.notes[0]


def test_what_needs_events_alone_replays_nothing(month: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise AssertionError("replayed")

    class Traded(Turnover):
        need = EVENTS

    expected = read(month / "c-first", Turnover)[1]["turnover"][0]
    monkeypatch.setattr("gateway.reporting.steps.source.Replay", refuse)
    reported, tables = read(month / "c-first", Traded)
    assert reported.source.exchange is None and list(tables["turnover"][0].rows) == list(expected.rows)
    with pytest.raises(AssertionError, match="replayed"):
        read(month / "c-first", Turnover)


# ── what there is ──────────────────────────────────────────────────────────────────────────────────────────────────


def test_the_sections_and_their_tables_have_names_of_their_own(month: Path) -> None:
    found = as_json(month / "c-first")
    assert list(found["sections"]) == [part.name for part in SECTIONS] == list(BY_NAME)
    tables = [name for names in found["sections"].values() for name in names]
    assert len(set(tables)) == len(tables) == len(found["tables"])
    # So long may the name of a sheet be.
    assert all(len(name) <= 31 and name.isidentifier() for name in tables)
    assert max(part.need for part in SECTIONS) == EACH
    for part in SECTIONS:
        assert part.title and part.purpose.endswith(".") and "\n" not in part.purpose


def test_one_section_has_its_tables_alone(month: Path, tmp_path: Path) -> None:
    found = as_json(month / "c-first", "--section", "caps", "--section", "exposures")
    assert list(found["sections"]) == ["exposures", "caps"]
    assert set(found["tables"]) == {
        *("exposure_limits", "exposure_parts", "exposure_positions", "cap_near", "cap_taken", "cap_by_intermediary")
    }
    assert (found["order_records"], found["settlement_adds_up"]) == (None, None)
    text = run(month / "c-first", "--section", "caps", "--out", tmp_path)
    assert "all who have taken some" in text.output and "DER-4" not in text.output
    assert {path.name for path in tmp_path.iterdir()} == {
        *("report.json", "cap_near.csv", "cap_taken.csv", "cap_by_intermediary.csv")
    }


def test_the_sections_are_listed_and_a_mistyped_one_is_refused() -> None:
    listed = run("--list")
    assert listed.exit_code == 0 and all(part.name in listed.output for part in SECTIONS)
    assert [each["section"] for each in json.loads(run("--list", "--json").output)] == list(BY_NAME)
    mistyped = run("--section", "cap", ".")
    assert mistyped.exit_code == 2 and "there is no section cap; there are" in mistyped.output
    assert run().exit_code == 2 and "--list" in run().output


def test_alone_it_shows_an_overview_and_where_the_rest_is(month: Path) -> None:
    text = run(month / "c-first").output
    for expected in ("What refused most", "Nearest to the annual cap", "settlement adds up", "--section NAME", "caps"):
        assert expected in text
    assert "Net obligations" not in text and len(text.splitlines()) < 100
    figures = {row["figure"]: row for row in as_json(month / "c-first", "--section", "overview")["tables"]["overview"]}
    whole = as_json(month / "c-first")["tables"]
    assert figures["orders"]["count"] == sum(row["orders"] for row in whole["orders_by_instrument"])
    assert figures["orders_refused"]["count"] == sum(row["rejected"] for row in whole["orders_by_instrument"])
    assert figures["trades"]["count"] == sum(row["trades"] for row in whole["orders_by_instrument"])
    assert figures["transfers"]["count"] == sum(row["count"] for row in whole["transfers"])
    assert figures["commands"]["count"] == as_json(month / "c-first")["commands_read"]
