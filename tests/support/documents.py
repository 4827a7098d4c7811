"""What is measured in the documents: lines and paragraphs of prose."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Final, NamedTuple

from tests.support.places import ROOT

LONGEST_LINE: Final = 120
"""Characters of a line of prose. Tables and code have lines as long as they need."""
LONGEST_PARAGRAPH: Final = 60
"""Words of a paragraph, or of an item of a list."""

FENCE = re.compile(r"^\s*(`{3,})")
ITEM = re.compile(r"^\s*(?:[*+-]|\d+\.)\s+")
LINK = re.compile(r"\]\([^)]*\)")
APART = ("#", "|", "<", "![")
"""What begins a line that is no prose: a title, a row of a table, HTML, a picture."""


class Paragraph(NamedTuple):
    """A paragraph or an item of a list: where it begins, and its words. A link is the words it shows."""

    line: int
    words: list[str]


def pages() -> list[Path]:
    """Every document of the project, the first pages first."""
    return [*sorted(ROOT.glob("*.md")), *sorted((ROOT / "docs").rglob("*.md")), *sorted((ROOT / "tests").rglob("*.md"))]


def prose(text: str) -> Iterator[tuple[int, str]]:
    """`(number, line)` of each line that is neither code nor a table nor a title; blank ones stay, as they part."""
    fence = ""
    last = ""
    for number, line in enumerate(text.splitlines(), 1):
        opened = FENCE.match(line)
        if fence:
            if opened and opened[1].startswith(fence):
                fence = ""
            yield number, ""
        elif opened:
            fence = opened[1]
            yield number, ""
        elif line.lstrip().startswith(APART) or (line.startswith("    ") and not last and not ITEM.match(line)):
            yield number, ""
        else:
            yield number, line
            last = line.strip()
            continue
        last = ""


def paragraphs(text: str) -> list[Paragraph]:
    """The paragraphs of a page; each item of a list is one."""
    found: list[Paragraph] = []
    is_open = False
    for number, line in prose(text):
        item = ITEM.match(line)
        if not line.strip():
            is_open = False
            continue
        if item or not is_open:
            found.append(Paragraph(number, []))
        words = LINK.sub("]", line[item.end() :] if item else line).split()
        found[-1].words.extend(words)
        is_open = True
    return found


def longest_line(text: str) -> tuple[int, int]:
    """`(characters, number)` of the longest line of prose; an address alone on its line has no place to break."""
    lines = [(len(line), number) for number, line in prose(text) if " " in line.strip()]
    return max(lines, default=(0, 0), key=lambda each: each[0])


def longest_paragraph(text: str) -> tuple[int, int]:
    """`(words, number of its first line)` of the longest paragraph."""
    return max(((len(each.words), each.line) for each in paragraphs(text)), default=(0, 0), key=lambda each: each[0])
