"""What the documents name exists: files, folders, pages and their sections, modules; every room has its line; what is said is short."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.architecture import PACKAGES
from tests.support.documents import (
    LONGEST_LINE,
    LONGEST_PARAGRAPH,
    longest_line,
    longest_paragraph,
    pages,
    paragraphs,
    wrapped,
)
from tests.support.places import ROOT

DOCUMENTS = pages()
SOURCES = sorted(path for package in PACKAGES for path in (ROOT / package).rglob("*.py"))
TABLES = sorted(path for ending in ("*.toml", "*.txt") for path in (ROOT / "tests" / "scenarios").rglob(ending))
ARCHITECTURE = ROOT / "docs" / "ARCHITECTURE.md"

OF_USERS = {"deribit-keys.toml", "first.py", "my-rules.toml", "venue.toml"}
"""What a user has, not the project."""
FOLDERS = {*PACKAGES, "docs", "examples", ".ci"}
"""What a path begins with, where its ending does not tell it from an instrument or an address."""

QUOTED = re.compile(r"`([^`\n]+)`")
PATH = re.compile(r"[\w.*-]+(?:/[\w.*-]+)*/?")
LINK = re.compile(r"\]\(([^)\s]+)\)")
BARE_PATH = re.compile(rf"(?:{'|'.join(PACKAGES)}|docs)/[\w/.]+\.(?:py|toml|md)\b")
DOTTED = re.compile(rf"(?:{'|'.join(PACKAGES)})(?:\.\w+)+")
FENCE = re.compile(r"^( *)```.*?^\1```", re.MULTILINE | re.DOTALL)


def paths_in(text: str) -> Iterator[str]:
    """The words in backticks that are paths: of a file with an ending of ours, or of a folder."""
    for word in QUOTED.findall(text):
        if not PATH.fullmatch(word) or word in OF_USERS:
            continue
        if word.endswith((".py", ".toml", ".md", "/")) or ("/" in word and word.partition("/")[0] in FOLDERS):
            yield word


def exists(word: str, beside: Path) -> bool:
    """Whether there is such a path from the root of the project, or beside the document; `*` is anything."""
    return any(next(place.glob(word.rstrip("/")), None) is not None for place in (ROOT, beside))


def anchors(text: str) -> set[str]:
    """The sections of a page, as links call them."""
    titles = re.findall(r"^#+ (.+)$", FENCE.sub("", text), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-") for title in titles}


def dead_links(document: Path) -> list[str]:
    """The links of a page that lead nowhere in the project."""
    found = []
    for link in LINK.findall(FENCE.sub("", document.read_text(encoding="utf-8"))):
        page, _, anchor = link.partition("#")
        target = (document.parent / page).resolve() if page else document
        if "://" in link:
            continue
        if not target.exists() or (anchor and anchor not in anchors(target.read_text(encoding="utf-8"))):
            found.append(link)
    return found


def names_something(dotted: str) -> bool:
    """Whether a dotted name is a package, a module, or begins with a module that has the next part in it."""
    parts = dotted.split(".")
    if ROOT.joinpath(*parts).is_dir():
        return True
    for size in range(len(parts), 1, -1):
        module = ROOT.joinpath(*parts[:size]).with_suffix(".py")
        package = ROOT.joinpath(*parts[:size], "__init__.py")
        for file in (module, package):
            if file.is_file():
                rest = parts[size:]
                return not rest or re.search(rf"\b{rest[0]}\b", file.read_text(encoding="utf-8")) is not None
    return False


def named(path: Path) -> str:
    """How a test of a file is called."""
    return path.relative_to(ROOT).as_posix()


@pytest.mark.parametrize("document", DOCUMENTS, ids=named)
def test_what_a_document_names_exists(document: Path) -> None:
    words = list(paths_in(document.read_text(encoding="utf-8")))
    # A page that has named a folder need not say it again before a file in it.
    said = {(ROOT / word).parent for word in words if "/" in word and (ROOT / word).is_file()}
    unknown = [word for word in words if not exists(word, document.parent)]
    assert [word for word in unknown if "/" in word or not any((folder / word).is_file() for folder in said)] == []
    assert dead_links(document) == []


def test_what_docstrings_and_comments_name_exists() -> None:
    found = []
    for path in SOURCES:
        text = path.read_text(encoding="utf-8")
        dotted = [word for word in QUOTED.findall(text) if DOTTED.fullmatch(word) and not names_something(word)]
        found += [f"{named(path)}: {word}" for word in dotted]
        lines = [line for line in text.splitlines() if line.lstrip().startswith(("#", '"""'))]
        bare = BARE_PATH.findall("\n".join(lines))
        found += [f"{named(path)}: {word}" for word in bare if not exists(word, path.parent)]
    assert found == []


def test_what_the_tables_name_exists() -> None:
    found = [
        f"{named(path)}: {word}"
        for path in TABLES
        for word in BARE_PATH.findall(path.read_text(encoding="utf-8"))
        if not exists(word, path.parent)
    ]
    assert found == []


def test_every_room_has_its_line_in_the_architecture() -> None:
    """Those of tests which mirror another are told of in a sentence."""
    rooms = {
        folder.relative_to(ROOT).as_posix()
        for package in PACKAGES[:-1]
        for folder in (ROOT / package, *(ROOT / package).rglob("*"))
        if (folder / "__init__.py").is_file()
    }
    lines = re.findall(r"^\| `([\w/]+)/` \|", ARCHITECTURE.read_text(encoding="utf-8"), re.MULTILINE)
    assert len(lines) == len(set(lines)), "a room has two lines"
    assert {line for line in lines if not line.startswith("tests/")} == rooms


def test_what_does_not_exist_is_found(tmp_path: Path) -> None:
    text = "`engine/gone.py`, `engine/book/`, `gone/`, `tests/golden/v*`, `BTC/RUB`, `make test`, `my-rules.toml`"
    assert [word for word in paths_in(text) if not exists(word, tmp_path)] == ["engine/gone.py", "gone/"]
    page = tmp_path / "page.md"
    page.write_text("# One, two\n[a](#one-two) [b](#three) [c](gone.md) [d](https://example.org)\n```\n[e](x)\n```\n")
    assert dead_links(page) == ["#three", "gone.md"]
    names = ("engine.book", "engine.book.order_book.BookSide", "engine.book.gone", "engine.replay.Gone", "engine.gone")
    assert [name for name in names if not names_something(name)] == [
        "engine.book.gone",
        "engine.replay.Gone",
        "engine.gone",
    ]


@pytest.mark.parametrize("document", DOCUMENTS, ids=named)
def test_lines_and_paragraphs_are_short(document: Path) -> None:
    text = document.read_text(encoding="utf-8")
    (length, line), (words, start) = longest_line(text), longest_paragraph(text)
    assert length <= LONGEST_LINE, f"line {line} has {length} characters"
    assert words <= LONGEST_PARAGRAPH, f"the paragraph at line {start} has {words} words"


def test_what_is_long_can_be_wrapped() -> None:
    words = " ".join(["word"] * 30)
    page = f"# T\n\n* One {words}.\n  Two {words}.\n  * Three {words}. Four {words}.\n\nShort\ntext.\n\n```\n{'x ' * 90}\n```\n"
    found = wrapped(page)
    assert found.split() == page.split() and wrapped(found) == found
    assert longest_line(found)[0] <= LONGEST_LINE and longest_paragraph(found)[0] <= LONGEST_PARAGRAPH
    # What was short is as it was, and what goes on below an item belongs to it.
    assert "\nShort\ntext.\n" in found and f"\n{'x ' * 90}\n" in found
    assert re.search(r"^    Four word", found, re.MULTILINE) and re.search(r"^  Two word", found, re.MULTILINE)


def test_what_is_long_is_found() -> None:
    page = (
        "# A title\n\none two\nthree four\n* five\n  six\n\n  seven\n\n| a | table of many words |\n\n```\ncode\n```\n"
    )
    assert [(each.line, len(each.words)) for each in paragraphs(page)] == [(3, 4), (5, 2), (8, 1)]
    assert longest_line(page) == (10, 4)
    assert longest_paragraph(page) == (4, 3)
    wide = f"short\n{'x ' * 61}\n| {'x' * 200} |\n```\n{'y ' * 200}\n```\n    {'z ' * 200}\n"
    assert longest_line(wide)[1] == 2
    assert longest_line("    a\n") == (0, 0) and longest_line("text\n    goes on\n") == (11, 2)
    # An address that stands alone has no place to break; a link counts as the words that it shows.
    assert longest_line(f"[{'a' * 80}]({'b' * 80})\n") == (0, 0)
    assert longest_paragraph("[one two](three four)\n") == (2, 1)
