"""The pages of what-ifs: they ask nobody for anything, escape what others wrote, and say the figures of their tables."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from click.testing import CliRunner

from compliance.worlds.change import parse_setting
from compliance.worlds.messages.change import Change
from compliance.worlds.messages.results import Result
from gateway.cli.supervision.whatif import command
from gateway.whatif.grid import axes_of, changes_of
from gateway.whatif.grid_page import grid_page, sensitivity_plots
from gateway.whatif.page import MAX_ROWS, html_table, page
from gateway.whatif.plots import plots
from gateway.whatif.running import run, scan
from gateway.whatif.summary import Point
from gateway.whatif.words import LIMITS, NOTHING_DIFFERS
from tests.support.gateway.reporting.hostile import HostileStory, marked
from tests.support.gateway.reporting.report_sessions import random_session
from tests.support.loadtest.browser import CHROMIUM, browser
from tests.support.loadtest.markup import Markup

CAP = "RET-1.retail_cap_rub=1000"


def nothing(done: int) -> None:
    """No bar."""


def result_of(journal: Path, *settings: str) -> Result:
    return run(journal, Change(tuple(parse_setting(each) for each in settings)), scan(journal, nothing), nothing)


@pytest.fixture(scope="module")
def hostile_journal(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return HostileStory(tmp_path_factory.mktemp("hostile") / "journal").directory


@pytest.fixture(scope="module")
def lively(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return random_session(9, 500).write(tmp_path_factory.mktemp("lively"))


def check_whole(text: str) -> Markup:
    """That a page needs nothing else, runs nothing, and is sound."""
    markup = Markup(text)
    assert markup.tags["script"] == markup.tags["iframe"] == markup.tags["img"] == 0
    assert (markup.mistakes, markup.handlers) == ([], [])
    assert [each for each in markup.references if not each.startswith(("data:", "#"))] == []
    assert [name for name, count in markup.ids.items() if count > 1] == []
    assert all(line in markup.words for line in LIMITS)
    return markup


def test_what_others_wrote_is_escaped_and_seen(hostile_journal: Path) -> None:
    result = result_of(hostile_journal, CAP)
    assert result.first_changed
    markup = check_whole(page(result))
    assert marked("retail") in markup.words
    assert not re.search("[\x00-\x08\x1b\u202e]", page(result))


def test_it_has_a_plot_for_all_that_there_is(lively: Path) -> None:
    result = result_of(lively, "OPS-1.qualified_firm_rub=150")
    text = page(result)
    markup = check_whole(text)
    assert [plot.title for plot in plots(result)] == [
        "BTC/RUB: price and volume",
        "BTC/RUB: spread and depth",
        "How the change spreads",
        "Refusals by rule",
        "Access by class",
        "Price against the mid, by class",
        "Concentration",
    ]
    assert markup.tags["svg"] == 7
    assert f"{result.orders_directly:,} by the rule itself, {result.orders_followed:,} by what followed" in markup.words
    assert page(result) == text


def test_nothing_changed_is_said_and_no_table_is_shown(lively: Path) -> None:
    markup = check_whole(page(result_of(lively, "OPS-1.qualified_firm_rub=1000000000.00")))
    assert NOTHING_DIFFERS in markup.words
    assert markup.tags["table"] == markup.tags["svg"] == 0


def test_a_long_table_says_how_much_of_it_is_left_out() -> None:
    rows = [(f"<b>{place}</b>", place * 1_000, "", "2026-06-01T09:00:00.000000000Z") for place in range(MAX_ROWS + 3)]
    text = html_table(("name", "count", "nothing", "time_utc"), rows)
    markup = Markup(text)
    assert markup.tags["tr"] == MAX_ROWS + 1
    assert "3 more rows" in markup.words
    assert "<b>7</b>" in markup.words
    assert "7,000" in markup.words
    assert "2026-06-01 12:00:00.000" in markup.words
    assert "nothing" not in markup.words
    assert html_table(("name",), []) == ""


def test_the_page_of_a_grid_shows_what_depends_on_what(lively: Path) -> None:
    axes = axes_of([parse_setting(f"OPS-1.qualified_firm_rub={value}") for value in ("100", "200", "1000000000.00")])
    axes += axes_of([parse_setting(f"SAN-1.enabled={value}") for value in ("true", "false")])
    scanned = scan(lively, nothing)
    points = [
        Point(tuple(each.value for each in change.settings), "0" * 64, run(lively, change, scanned, nothing))
        for change in changes_of(Change(), axes)
    ]
    assert len(points) == 6
    found = [plot.title for plot in sensitivity_plots(axes, points)]
    assert "orders let pass by OPS-1.qualified_firm_rub" in found
    # Nobody is on the list: nothing depends on that rule.
    assert [title for title in found if "SAN-1" in title] == []
    markup = check_whole(grid_page(axes, points))
    assert markup.tags["svg"] == len(found)
    assert markup.tags["tr"] == 8


@pytest.mark.skipif(CHROMIUM is None, reason="there is no browser")
def test_a_browser_shows_it_without_complaint(lively: Path, tmp_path: Path) -> None:
    file = tmp_path / "page.html"
    file.write_text(page(result_of(lively, "OPS-1.qualified_firm_rub=150")), encoding="utf-8")
    with browser(tmp_path) as tab:
        for width in (400, 1_300):
            tab.open(file, width, "light")
            assert tab.value("document.documentElement.scrollWidth") <= width
        assert [each for each in tab.asked_for() if not each.startswith("file:")] == []
        assert tab.complaints() == []


def test_a_page_that_cannot_be_written_is_an_error(lively: Path, tmp_path: Path) -> None:
    found = CliRunner().invoke(
        command,
        [
            str(lively),
            "--set",
            CAP.replace("RET-1", "OPS-1").replace("retail_cap_rub", "retail_rub"),
            "--html",
            str(tmp_path / "no" / "page.html"),
        ],
    )
    assert found.exit_code == 1
    assert "the page can't be written" in found.output
