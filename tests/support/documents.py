"""What is measured in the documents: their lines, paragraphs and numbered statements. `python -m tests.support.documents` counts."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Final, NamedTuple

from loadtest.scenarios.format import load_topics
from tests.support.places import ROOT, TABLES

LONGEST_LINE: Final = 120
"""Characters of a line of prose. Tables and code have lines as long as they need."""
LONGEST_PARAGRAPH: Final = 60
"""Words of a paragraph, or of an item of a list."""

STATEMENT: Final = re.compile(r"^\*\*([A-Z]-[1-9][0-9]*)\*\* ", re.MULTILINE)
NUMBERED: Final = ("MATCHING", "CLEARING")
"""The pages whose rules are statements."""

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


def statements() -> list[str]:
    """The numbers of all statements, in the order of the pages."""
    texts = [(ROOT / "docs" / f"{name}.md").read_text(encoding="utf-8") for name in NUMBERED]
    return [number for text in texts for number in STATEMENT.findall(text)]


def citations() -> dict[str, list[str]]:
    """Who cites what: the numbers of statements, by the name of the scenario."""
    found = {scenario.name: scenario.cites for scenario in load_topics(TABLES / "matching")}
    for path in sorted(TABLES.glob("*.toml")):
        for scenario in tomllib.loads(path.read_text(encoding="utf-8"))["scenario"]:
            found[f"{path.stem}/{scenario['name']}"] = scenario.get("cites", [])
    return found


def main() -> None:
    """Print what there is: statements cited and not, and the longest line and paragraph of each page."""
    all_of_them = statements()
    cites = citations()
    cited = {number for numbers in cites.values() for number in numbers}
    uncited = [number for number in all_of_them if number not in cited]
    print(f"{len(all_of_them)} statements: {len(all_of_them) - len(uncited)} shown by scenarios, {len(uncited)} by tests")
    print(f"{len(cites)} scenarios: {sum(1 for numbers in cites.values() if numbers)} cite {sum(map(len, cites.values()))} times")
    print("\nlongest line and paragraph, and where\n")
    for page in pages():
        text = page.read_text(encoding="utf-8")
        line, line_at = longest_line(text)
        words, words_at = longest_paragraph(text)
        print(f"{line:5} :{line_at:<5} {words:4} words :{words_at:<5} {page.relative_to(ROOT).as_posix()}")


if __name__ == "__main__":
    main()
