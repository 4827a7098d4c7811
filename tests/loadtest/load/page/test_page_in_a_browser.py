"""The report page in a real browser: it asks for nothing, complains of nothing, and fits wide and narrow screens."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from loadtest.load.page.page import write_page
from tests.support.loadtest.browser import CHROMIUM, Tab, browser
from tests.support.loadtest.results import a_knee, result

pytestmark = [pytest.mark.interop, pytest.mark.skipif(CHROMIUM is None, reason="no chromium found")]

SMALLEST_TEXT = """
Math.min(...[...document.querySelectorAll('svg text')].map(each => {
  const scale = each.getScreenCTM();
  return parseFloat(getComputedStyle(each).fontSize) * Math.hypot(scale.a, scale.b);
}))
"""
"""In pixels of the screen, of all text in plots but what is raised, as an exponent."""
COLUMNS = "getComputedStyle(document.querySelector('.plots')).gridTemplateColumns.split(' ').length"
CONTRAST = """
(() => {
  const grey = colour => colour.match(/[\\d.]+/g).slice(0, 3).reduce((sum, part) => sum + Number(part), 0) / 3;
  const ink = getComputedStyle(document.querySelector('svg text')).fill;
  const paper = getComputedStyle(document.querySelector('figure')).backgroundColor;
  return grey(ink) - grey(paper);
})()
"""
"""How much lighter than its paper the ink of a plot is."""


@pytest.fixture(scope="module")
def shown(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Tab, Path]]:
    folder = tmp_path_factory.mktemp("browser")
    write_page(folder / "page.html", result(runs=2, knee=a_knee()))
    with browser(folder) as tab:
        yield tab, folder / "page.html"


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize(("width", "columns", "least_px"), [(1280, 2, 14), (400, 1, 9)])
def test_it_fits_and_stays_quiet(shown: tuple[Tab, Path], width: int, columns: int, least_px: int, scheme: str) -> None:
    tab, page = shown
    tab.events.clear()
    tab.open(page, width, scheme)
    assert tab.asked_for() == [page.as_uri()]
    assert tab.complaints() == []
    assert tab.value("innerWidth") == width
    assert tab.value("document.documentElement.scrollWidth") <= width
    assert tab.value("document.compatMode") == "CSS1Compat"
    assert tab.value(COLUMNS) == columns
    assert tab.value(SMALLEST_TEXT) >= least_px
    contrast = tab.value(CONTRAST)
    assert contrast > 150 if scheme == "dark" else contrast < -150


def test_the_browser_would_tell(shown: tuple[Tab, Path], tmp_path: Path) -> None:
    """That quiet means something: a page that asks, complains, and is too wide."""
    tab, _ = shown
    bad = tmp_path / "bad.html"
    bad.write_text(
        "<!DOCTYPE html><title>bad</title><img src=missing.png><div style='width:3000px'>x</div>"
        "<script>console.error('bad')</script>"
    )
    tab.events.clear()
    tab.open(bad, 400, "light")
    assert (tmp_path / "missing.png").as_uri() in tab.asked_for()
    assert any(event["method"] == "Runtime.consoleAPICalled" for event in tab.complaints())
    assert tab.value("document.documentElement.scrollWidth") > 400
