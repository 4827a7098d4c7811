"""The page of a report: it asks nobody for anything, escapes what others wrote, says the figures of its tables, and prints."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from click.testing import CliRunner

from engine.vocabulary import codes
from engine.vocabulary.messages.commands import (
    FreezeAsset,
    OpenAccount,
    RegisterInvestor,
    SetBlocked,
    Withdraw,
)
from gateway.cli.supervision.report import command
from gateway.printable import figures
from gateway.reporting.onepage.chosen import GROUPS
from gateway.reporting.onepage.page import AS_RECORDED, DIFFERENT, SOUND, Content, Described, page
from gateway.reporting.onepage.plots import plots
from gateway.reporting.onepage.tables import MAX_ROWS, html_table
from gateway.reporting.sections.registry import SECTIONS
from gateway.reporting.tables.tables import Table
from tests.support.compliance.venue import PARTICIPANT
from tests.support.gateway.reporting.reported import ReportedVenue, drive, sections
from tests.support.loadtest.browser import CHROMIUM, browser
from tests.support.loadtest.markup import Markup

NAME = "<script>alert(1)</script>\"'&=cmd|x"
HOSTILE = f"{NAME}\u202e"


def content(directory: Path, **changes: object) -> Content:
    tables = sections(directory, *SECTIONS)
    described = Described("", "venue", 1_200, "complete", ())
    return Content([described], None, True, tables)._replace(**changes)


@pytest.fixture(scope="module")
def lively(tmp_path_factory: pytest.TempPathFactory) -> Content:
    return content(drive(ReportedVenue("general-2026"), 9, 1_200).write(tmp_path_factory.mktemp("page")))


def test_it_needs_nothing_else_and_runs_nothing(lively: Content) -> None:
    text = page(lively)
    markup = Markup(text)
    assert markup.tags["script"] == markup.tags["iframe"] == markup.tags["img"] == 0
    assert markup.mistakes == []
    assert markup.handlers == []
    assert [each for each in markup.references if not each.startswith(("data:", "#"))] == []
    # Of four instruments; nobody's exposure comes to a hundredth of a percent.
    assert [plot.title.partition(": ")[-1] or plot.title for plot in plots(lively.tables)] == [
        *["price and volume"] * 4,
        "Refusals by rule and class",
        "Annual cap used by retail investors",
        "Concentration",
    ]
    assert markup.tags["svg"] == 7
    assert page(lively) == text


def test_every_table_and_column_that_is_chosen_exists(lively: Content) -> None:
    sections_ = {table: part.name for part in SECTIONS for table in _tables_of(lively, part.name)}
    for group in GROUPS:
        for chosen in group.tables:
            table = lively.tables[chosen.table]
            assert set(chosen.columns) <= set(table.columns), chosen
            assert not chosen.largest or chosen.largest in table.columns
            if chosen.table != "overview_refused":
                assert sections_[chosen.table] == chosen.section


def _tables_of(lively: Content, name: str) -> list[str]:
    part = next(part for part in SECTIONS if part.name == name)
    source = Path(__import__(part.__module__, fromlist=["x"]).__file__).parent
    texts = [(source / f"{part.__module__.rpartition('.')[2]}.py").read_text(encoding="utf-8")]
    texts += [path.read_text(encoding="utf-8") for path in source.glob("concentration.py") if name == "turnover"]
    # The tables of the session are made below the sections.
    below = [path for path in source.parent.rglob("*.py") if path.parent.name not in {"sections", "onepage"}]
    texts += [path.read_text(encoding="utf-8") for path in below if name == "session"]
    return [table for table in lively.tables if any(f'"{table}"' in text for text in texts)]


def test_figures_are_those_of_the_tables(lively: Content) -> None:
    text = page(lively)
    for row in lively.tables["refused_most"].objects():
        cells = f"<td>{row['investor']}</td><td>{row['investor_class']}</td>"
        assert f'{cells}<td class="number">{figures(str(row["refused"]))}</td>' in text
    turnover = next(row for row in lively.tables["overview"].objects() if row["figure"] == "turnover")
    assert f"<dd>{figures(str(turnover['amount']))} RUB</dd>" in text


def test_the_largest_come_first_and_it_is_said_how_many_more_there_are(lively: Content) -> None:
    chosen = next(each for group in GROUPS for each in group.tables if each.table == "operations_reported")
    table = lively.tables["operations_reported"]
    text = html_table(table, chosen)
    assert text.count("<tr>") == MAX_ROWS + 1
    assert f"{len(table.rows) - MAX_ROWS:,} more: sbx report --section operations" in text
    largest = max(float(str(row["worth_rub"])) for row in table.objects() if row["worth_rub"])
    first = re.findall(r'<td class="number">([\d,.]+)</td></tr>', text)[0]
    assert float(first.replace(",", "")) == largest


def test_what_others_wrote_is_text(tmp_path: Path) -> None:
    venue = ReportedVenue()
    venue.do(RegisterInvestor(NAME, codes.INDIVIDUAL, by="sue", reason=HOSTILE))
    venue.do(OpenAccount(NAME, PARTICIPANT, NAME))
    venue.do(SetBlocked(NAME, True, HOSTILE, HOSTILE))
    for _ in range(3):
        venue.buy(NAME, "1", "BTC/RUB", "100")
        venue.apply(Withdraw(NAME, "RUB", 1, HOSTILE, HOSTILE))
    venue.do(FreezeAsset("USDT", 500_000, "firm", "", HOSTILE, HOSTILE))
    text = page(content(venue.write(tmp_path)))
    assert "<script" not in text
    assert "&lt;script&gt;alert(1)&lt;/script&gt;&quot;&#x27;&amp;=cmd|x\\u202e" in text
    assert "\u202e" not in text
    assert Markup(text).handlers == []


def test_what_is_wrong_is_said_first(lively: Content) -> None:
    described = Described("monday", "venue", 5, "damaged", ("damaged: at byte 7",))
    text = page(lively._replace(sessions=[described], is_sound=False, day="2026-06-01", tables={}))
    verdict = text[text.index('class="verdict') : text.index("</section>")]
    assert 'class="verdict bad"' in verdict
    assert "does not add up" in verdict
    assert "monday: damaged: at byte 7" in verdict
    assert "Moscow day 2026-06-01" in text
    differs = page(lively._replace(sessions=[described._replace(status="different", notes=())], tables={}))
    assert AS_RECORDED in differs
    assert DIFFERENT in differs
    assert SOUND not in differs
    assert 'class="verdict good"' in page(lively._replace(tables={}))
    torn = described._replace(status="torn", notes=("torn: a frame",))
    assert 'class="verdict warn"' in page(lively._replace(sessions=[torn], tables={}))


def test_a_session_in_which_nothing_happened_has_a_page(tmp_path: Path) -> None:
    venue = ReportedVenue("")
    text = page(content(venue.write(tmp_path)))
    assert "Supervision report: venue" in text
    assert list(plots({})) == []


def test_of_several_sessions_what_stands_is_that_of_the_last(lively: Content) -> None:
    one = lively.tables["cap_near"]
    rows = [(session, *row) for session in ("monday", "tuesday") for row in one.rows] or [
        ("monday", *["1"] * len(one.kinds)),
        ("tuesday", *["2"] * len(one.kinds)),
    ]
    table = Table(one.name, one.title, ("session", *one.kinds), rows)
    chosen = next(each for group in GROUPS for each in group.tables if each.table == "cap_near")
    assert html_table(table, chosen).count("<tr>") == 1 + len(rows) // 2


def test_the_command_writes_it(tmp_path: Path) -> None:
    venue = drive(ReportedVenue("general-2026"), 2, 600)
    directory = venue.write(tmp_path / "venue")
    file = tmp_path / "page.html"
    result = CliRunner().invoke(command, [str(directory), "--html", str(file)], catch_exceptions=False)
    assert result.exit_code == 0, result.output
    assert f"written to {file}: a page" in result.output
    assert file.read_text(encoding="utf-8").startswith("<!DOCTYPE html>")
    bad = CliRunner().invoke(command, [str(directory), "--html", str(tmp_path / "no" / "page.html")])
    assert bad.exit_code == 1
    assert "the report can't be written" in bad.output


@pytest.mark.interop
@pytest.mark.skipif(CHROMIUM is None, reason="no chromium found")
@pytest.mark.parametrize("width", [400, 1280])
def test_a_browser_asks_for_nothing_and_nothing_is_wider_than_the_screen(
    lively: Content, tmp_path: Path, width: int
) -> None:
    file = tmp_path / "page.html"
    file.write_text(page(lively), encoding="utf-8")
    with browser(tmp_path) as tab:
        tab.open(file, width, "light")
        assert tab.asked_for() == [file.as_uri()]
        assert tab.complaints() == []
        assert tab.value("document.documentElement.scrollWidth") <= width
