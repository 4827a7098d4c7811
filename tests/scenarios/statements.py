"""The numbered statements of MATCHING and CLEARING, and which scenarios cite them. `python -m tests.scenarios.statements` counts."""

from __future__ import annotations

import re
import tomllib
from typing import Final

from loadtest.scenarios.format import load_topics
from tests.support.documents import longest_line, longest_paragraph, pages
from tests.support.places import ROOT, TABLES

STATEMENT: Final = re.compile(r"^\*\*([A-Z]-[1-9][0-9]*)\*\* ", re.MULTILINE)
NUMBERED: Final = ("MATCHING", "CLEARING")
"""The pages whose rules are statements."""
GONE: Final[tuple[str, ...]] = ()
"""Numbers of statements that hold no longer: no other gets them. A new statement takes the next, wherever it stands."""


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
    print(
        f"{len(all_of_them)} statements: {len(all_of_them) - len(uncited)} shown by scenarios, {len(uncited)} by tests"
    )
    print(
        f"{len(cites)} scenarios: {sum(1 for numbers in cites.values() if numbers)} cite {sum(map(len, cites.values()))} times"
    )
    print("\nlongest line and paragraph, and where\n")
    for page in pages():
        text = page.read_text(encoding="utf-8")
        line, line_at = longest_line(text)
        words, words_at = longest_paragraph(text)
        print(f"{line:5} :{line_at:<5} {words:4} words :{words_at:<5} {page.relative_to(ROOT).as_posix()}")


if __name__ == "__main__":
    main()
