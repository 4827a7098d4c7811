"""The documentation site: built strictly from the pages as they are; and what its hook makes of links and lists."""

from __future__ import annotations

import html
import logging
import re
import runpy
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.places import ROOT

HOOK = runpy.run_path(str(ROOT / "packaging" / "site" / "pages.py"))


@pytest.mark.interop
def test_the_site_is_built_and_no_link_in_it_leads_nowhere(tmp_path: Path) -> None:
    pytest.importorskip("properdocs", reason="needs `pip install '.[docs]'`")
    command = [sys.executable, "-m", "properdocs", "build", "--strict", "--site-dir", str(tmp_path)]
    built = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert built.returncode == 0, built.stderr
    pages = {
        path.relative_to(tmp_path).as_posix(): path.read_text(encoding="utf-8") for path in tmp_path.rglob("*.html")
    }
    here = {path.relative_to(ROOT / "docs").with_suffix(".html").as_posix() for path in (ROOT / "docs").rglob("*.md")}
    assert here | {"index.html", "decisions/index.html", "api/gateway.client.html"} <= pages.keys()
    # A link of the README into docs/ and one out of docs/ are links here, one to a folder of sources is words.
    assert 'href="MATCHING.html"' in pages["index.html"] and 'href="compliance/rulebooks/"' not in pages["index.html"]
    assert 'href="scenarios.html"' in pages["MATCHING.html"]
    assert 'href="SUPERVISOR.html#watch-the-market"' in pages["index.html"]
    # The docstrings of the client are a page, and a list that goes on below an item stays one.
    assert "The client library" in pages["api/gateway.client.html"] and "connect(" in words(
        pages["api/gateway.client.html"]
    )
    for name, page in pages.items():
        text = re.sub(r"<pre.*?</pre>", "", page, flags=re.DOTALL)
        assert re.search(r"<p>[^<]*\n\s*[*] |<p>\||```", text) is None, name


def words(page: str) -> str:
    """What a page shows."""
    return re.sub(r"\s+", " ", html.unescape(re.sub(r"<[^>]+>", "", page)))


def test_links_have_the_places_of_the_site(caplog: pytest.LogCaptureFixture) -> None:
    text = (
        "[a](docs/LOAD.md#x) [b](engine/) [`c`](README.md) [d](https://example.org) [e](#f) `[g](gone.md)`\n"
        "```\n[h](gone.md)\n```\n[decisions](docs/decisions/) [i](tests/scenarios/)"
    )
    assert HOOK["linked"](text, "README.md", "index.md") == (
        "[a](LOAD.md#x) b [`c`](index.md) [d](https://example.org) [e](#f) `[g](gone.md)`\n"
        "```\n[h](gone.md)\n```\n[decisions](decisions/index.md) [i](scenarios.md)"
    )
    assert HOOK["linked"]("[a](../MATCHING.md)", "docs/decisions/x.md", "decisions/x.md") == "[a](../MATCHING.md)"
    with caplog.at_level(logging.WARNING):
        assert HOOK["linked"]("[a](gone.md)", "docs/LOAD.md", "LOAD.md") == "a"
    assert "docs/LOAD.md: a link to gone.md, which is not there" in caplog.text


def test_lists_go_on_four_columns_further_in() -> None:
    text = "Text:\n* one\n  and more\n\n  a paragraph\n  ```\n  code\n  ```\n  * inner\n    goes on\n\n1. first\n\n   second\n\nText\n"
    assert HOOK["indented"](text) == (
        "Text:\n\n* one\n    and more\n\n    a paragraph\n    ```\n    code\n    ```\n    * inner\n        goes on\n\n"
        "1. first\n\n    second\n\nText\n"
    )
    assert HOOK["indented"]("a\n\n    code\n\n* b\n") == "a\n\n    code\n\n* b\n"
    assert HOOK["indented"]("```\n* no list\n  here\n```\n") == "```\n* no list\n  here\n```\n"


def test_every_page_has_its_place_in_the_navigation() -> None:
    listed = {
        page
        for section in HOOK["navigation"]()[1:]
        for pages in section.values()
        for page in pages
        if isinstance(page, str)
    }
    here = {path.relative_to(ROOT / "docs").as_posix() for path in (ROOT / "docs").rglob("*.md")}
    assert here <= listed
