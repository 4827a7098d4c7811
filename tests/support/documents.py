"""Lines and paragraphs of prose in the documents. `python -m tests.support.documents PAGE...` wraps and parts what is too long."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Final, NamedTuple

from gateway.markdown import prose as wrapped_lines
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
    """A paragraph or an item of a list: the number of its first line, what stands before its text there, and its lines."""

    line: int
    first: str
    lines: list[str]

    @property
    def text(self) -> str:
        return " ".join(" ".join(self.lines)[len(self.first) :].split())

    @property
    def words(self) -> list[str]:
        """A link is the words it shows."""
        return LINK.sub("]", self.text).split()


def pages() -> list[Path]:
    """Every document of the project, the first pages first."""
    folders = ("docs", "examples", "tests")
    return [*sorted(ROOT.glob("*.md")), *(path for name in folders for path in sorted((ROOT / name).rglob("*.md")))]


def prose(text: str) -> Iterator[tuple[int, str]]:
    """`(number, line)` of each line that is neither code nor a table nor a title; blank ones stay, as they part."""
    fence = ""
    last = ""
    is_list = False
    for number, line in enumerate(text.splitlines(), 1):
        opened = FENCE.match(line)
        is_list = bool(ITEM.match(line)) or (is_list and (not line or line.startswith(" ")))
        if fence:
            if opened and opened[1].startswith(fence):
                fence = ""
            yield number, ""
        elif opened:
            fence = opened[1]
            yield number, ""
        elif line.lstrip().startswith(APART) or (line.startswith("    ") and not last and not is_list):
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
        if not line.strip():
            is_open = False
            continue
        item = ITEM.match(line)
        if item or not is_open:
            found.append(Paragraph(number, item[0] if item else line[: len(line) - len(line.lstrip())], []))
        found[-1].lines.append(line)
        is_open = True
    return found


def longest_line(text: str) -> tuple[int, int]:
    """`(characters, number)` of the longest line of prose; an address alone on its line has no place to break."""
    lines = [(len(line), number) for number, line in prose(text) if " " in line.strip()]
    return max(lines, default=(0, 0), key=lambda each: each[0])


def longest_paragraph(text: str) -> tuple[int, int]:
    """`(words, number of its first line)` of the longest paragraph."""
    return max(((len(each.words), each.line) for each in paragraphs(text)), default=(0, 0), key=lambda each: each[0])


def wrapped(text: str) -> str:
    """A page whose long lines are wrapped and whose long paragraphs are parted at sentences; all others are as they were."""
    lines = text.split("\n")
    for each in reversed(paragraphs(text)):
        if len(each.words) > LONGEST_PARAGRAPH or any(len(line) > LONGEST_LINE for line in each.lines):
            start = each.line - 1
            lines[start : start + len(each.lines)] = wrapped_lines(each.text, each.first, " " * len(each.first))
    return "\n".join(lines)


if __name__ == "__main__":
    for name in sys.argv[1:]:
        page = Path(name)
        page.write_text(wrapped(page.read_text(encoding="utf-8")), encoding="utf-8")
