"""The history by date and kind, and the set-up folded."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

from click.testing import CliRunner

from engine.vocabulary.messages.commands import SetBlocked, SetParameter
from gateway.cli.inspecting.history import command
from gateway.reporting.sections.changes import Changes
from tests.support.gateway.reporting.reported import ReportedVenue, sections


def changed(directory: Path) -> tuple[ReportedVenue, int]:
    """A venue that was set up, then changed on two days; and how many commands set it up."""
    venue = ReportedVenue()
    count = len(venue.rows)
    venue.do(SetParameter("RET-1", "retail_cap_rub", "500000.00", "bill", "sue"))
    venue.do(SetBlocked("firm", True, "list", "sue"))
    venue.apply(SetParameter("RET-1", "retail_cap_rub", "500000.00", "again", "sue"))
    venue.at("2026-06-02 09:00:00")
    venue.do(SetBlocked("firm", False, "mistaken", "sue"))
    venue.write(directory)
    return venue, count


def test_by_date_and_kind(tmp_path: Path) -> None:
    venue, count = changed(tmp_path)
    tables = sections(tmp_path, Changes)
    rows = tables["changes_counted"].objects()
    found = {(row["day"], row["what"]): (row["carried_out"], row["refused"]) for row in rows}
    assert found["2026-06-01", "parameter"] == (1, 1)
    assert found["2026-06-01", "block list"] == found["2026-06-02", "block list"] == (1, 0)
    kinds = Counter(type(row[2]).__name__ for row in venue.rows[:count])
    assert found["2026-06-01", "investor"] == (kinds["RegisterInvestor"], 0)
    changes = tables["changes"].objects()
    assert [row["what"] for row in changes] == ["set-up", "parameter", "block list", "parameter", "block list"]
    assert (changes[0]["seq"], changes[0]["by"]) == (1, "")
    assert f"{kinds['RegisterInvestor']} investor" in str(changes[0]["said"])
    assert changes[1]["said"] == "key retail_cap_rub, value 500,000.00 RUB"
    assert changes[1]["did"] == "RET-1: retail_cap_rub: 300,000.00 RUB became 500,000.00 RUB"
    assert "already" in str(changes[3]["why"])
    on_tuesday = sections(tmp_path, Changes, day=20_606)["changes"].objects()
    assert [row["what"] for row in on_tuesday] == ["block list"]


def test_people_see_the_set_up_in_one_line_and_unfold_it(tmp_path: Path) -> None:
    changed(tmp_path)

    def shown(*options: str) -> str:
        result = CliRunner().invoke(command, [str(tmp_path), *options], catch_exceptions=False)
        assert result.exit_code == 0, result.output
        return result.output

    text = shown()
    assert "set up by the venue file: " in text
    assert "13 investor" in text
    assert "\n2026-06-01\n" in text
    assert "\n2026-06-02\n" in text
    assert "12:00:00.000  parameter RET-1 by sue: carried out" in text
    assert "asset BTC" not in text
    whole = shown("--set-up")
    assert "asset BTC: carried out" in whole
    assert "set up by the venue file" not in whole
    few = shown("--kind", "parameter", "--to", "2026-06-02")
    assert few.count("parameter RET-1") == 2
    assert "block list" not in few
    late = shown("--from", "2026-06-02")
    assert "block list firm" in late
    assert "parameter RET-1" not in late
    wrong = CliRunner().invoke(command, [str(tmp_path), "--kind", "parametr"])
    assert wrong.exit_code == 2
    assert "did you mean parameter?" in wrong.output
