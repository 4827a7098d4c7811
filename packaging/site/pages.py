"""What the documentation site is made of, beside the files in `docs/`: a hook of the site's builder, named in properdocs.yml.

The pages are those of the repository, as they are read there. Here they are given their place: the README is the first page, and
links to what is no page of the site (a folder, a source file) become plain words. A link to nothing is a warning, and so fails a
strict build.
"""

from __future__ import annotations

import logging
import posixpath
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Final

ROOT: Final = Path(__file__).parents[2]
LOG: Final = logging.getLogger("properdocs.hooks.pages")

ELSEWHERE: Final = {
    source: place
    for source, place in (
        ("README.md", "index.md"),
        ("CHANGELOG.md", "CHANGELOG.md"),
        ("examples/README.md", "examples.md"),
        ("tests/scenarios/README.md", "scenarios.md"),
        ("tests/golden/README.md", "golden.md"),
    )
    if (ROOT / source).is_file()
}
"""Pages that are not in `docs/`: where they are, and what they are called in the site."""
DECISIONS: Final = "decisions/index.md"
PACKAGES: Final = ("sandbox_exchange", "gateway.client")
"""What has a page of its docstrings, where there is such a package."""
SECTIONS: Final[tuple[tuple[str, tuple[str, ...]], ...]] = (
    ("To trade", ("PYTHON", "CLIENT", "CCXT", "examples", "PROTOCOL", "ERRORS")),
    ("What the venue does", ("MATCHING", "CLEARING", "scenarios")),
    ("To supervise", ("SUPERVISOR", "SUPERVISOR.ru", "GLOSSARY", "RULES", "REPORTS", "WHATIF")),
    ("To operate and to load", ("OPERATE", "METRICS", "LOAD")),
    ("To analyse", ("TABLES", "FLOW")),
    ("To change it", ("ARCHITECTURE", "EXTENDING", "golden", "CHANGELOG")),
)
"""The pages by who reads them. One that is not here stands with those who change the code."""

FENCE: Final = re.compile(r"^ *(`{3,})")
ITEM: Final = re.compile(r"^( *)([*+-]|\d+\.) +")
CODE_OR_LINK: Final = re.compile(r"`[^`\n]*`|\[((?:`[^`]*`|[^\[\]`])*)\]\(([^()\s]+)\)")


def on_config(config: Any) -> Any:
    """Titles have the anchors that they have in the repository, and every page its place."""
    config["mdx_configs"].setdefault("toc", {})["slugify"] = anchor
    config["nav"] = navigation()
    return config


def on_files(files: Any, config: Any) -> Any:
    """Add the pages that are not in `docs/`."""
    from properdocs.structure.files import File

    for source, uri in ELSEWHERE.items():
        files.append(File.generated(config, uri, content=(ROOT / source).read_text(encoding="utf-8")))
    files.append(File.generated(config, DECISIONS, content=decisions_page()))
    for package in packages():
        files.append(File.generated(config, api_page(package), content=f"# {package}\n\n::: {package}\n"))
    return files


def on_page_markdown(markdown: str, page: Any, **_: Any) -> str:
    """A page as the builder reads it: with links inside the site, and lists as deep as it wants them."""
    uri = page.file.src_uri
    sources = {place: source for source, place in ELSEWHERE.items()}
    source = sources.get(uri, f"docs/{uri}")
    return indented(linked(markdown, source, uri))


def anchor(title: str, separator: str) -> str:
    """What a title is called by links: its words in lower case, as a forge has it."""
    return re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", separator)


def navigation() -> list[Any]:
    """The sections with their pages, the decisions and the packages."""
    here = {path.stem: path.name for path in sorted((ROOT / "docs").glob("*.md"))}
    here |= {Path(place).stem: place for place in ELSEWHERE.values() if place != "index.md"}
    named = {name for _, names in SECTIONS for name in names}
    nav: list[Any] = [{"Sandbox Exchange": "index.md"}]
    for title, names in SECTIONS:
        pages = [*names, *sorted(here.keys() - named)] if title == SECTIONS[-1][0] else names
        nav.append({title: [here[name] for name in pages if name in here]})
    nav.append({"Python packages": [{package: api_page(package)} for package in packages()]})
    decisions = [f"decisions/{path.name}" for path in sorted((ROOT / "docs" / "decisions").glob("*.md"))]
    nav.append({"Decisions": [{"All of them": DECISIONS}, *decisions]})
    return nav


def packages() -> list[str]:
    """Those that are there."""
    return [name for name in PACKAGES if (ROOT / name.replace(".", "/") / "__init__.py").is_file()]


def api_page(package: str) -> str:
    """Where the page of a package is."""
    return f"api/{package}.md"


def decisions_page() -> str:
    """Every decision by its title."""
    lines = [
        "# Decisions",
        "",
        "A page for each choice that had alternatives: context, choice, what was rejected, figures.",
        "",
    ]
    for path in sorted((ROOT / "docs" / "decisions").glob("*.md")):
        title = path.read_text(encoding="utf-8").partition("\n")[0].removeprefix("# ")
        lines.append(f"* [{title}]({path.name})")
    return "\n".join(lines) + "\n"


def linked(text: str, source: str, uri: str) -> str:
    """A page with its links as they are in the site. `source` is where it is in the repository, `uri` where it is here."""

    def link(found: re.Match[str]) -> str:
        words, target = found[1], found[2]
        if words is None or "://" in target or target.startswith(("#", "mailto:")):
            return found[0]
        path, _, part = target.partition("#")
        there = posixpath.normpath(posixpath.join(posixpath.dirname(source), path))
        place = place_of(there)
        if place is not None:
            return f"[{words}]({posixpath.relpath(place, posixpath.dirname(uri) or '.')}{'#' * bool(part)}{part})"
        if not (ROOT / there).exists():
            LOG.warning("%s: a link to %s, which is not there", source, target)
        return words

    return outside_code(text, lambda line: CODE_OR_LINK.sub(link, line))


def place_of(there: str) -> str | None:
    """Where in the site a path of the repository is; None: it is no page."""
    if there in ELSEWHERE:
        return ELSEWHERE[there]
    if f"{there}/README.md" in ELSEWHERE:
        return ELSEWHERE[f"{there}/README.md"]
    if there == "docs/decisions":
        return DECISIONS
    if there.startswith("docs/") and (ROOT / there).is_file():
        return there.removeprefix("docs/")
    return None


def outside_code(text: str, change: Callable[[str], str]) -> str:
    """A text with a change made to what is no block of code, paragraph by paragraph."""
    found: list[str] = []
    fence = ""
    block: list[str] = []

    def flush() -> None:
        if block:
            found.append(change("\n".join(block)))
            block.clear()

    for line in text.split("\n"):
        opened = FENCE.match(line)
        if fence or opened:
            flush()
            found.append(line)
            if fence and opened and opened[1].startswith(fence):
                fence = ""
            elif not fence and opened:
                fence = opened[1]
        else:
            block.append(line)
    flush()
    return "\n".join(found)


def indented(text: str) -> str:
    """A page whose lists go on four columns further in, as the builder's Markdown has it; the repository's begin below their text."""
    return "\n".join(_indented(text.split("\n")))


def _indented(lines: list[str]) -> Iterator[str]:
    columns: list[int] = []
    fence = ""
    is_after_text = False
    for line in lines:
        opened = FENCE.match(line)
        depth = len(line) - len(line.lstrip(" "))
        item = None if fence else ITEM.match(line)
        if line.strip() and not fence:
            while columns and depth < columns[-1] and (item or not is_after_text):
                columns.pop()
        if item:
            if not columns and is_after_text:
                yield ""
            yield f"{' ' * 4 * len(columns)}{item[2]} {line[item.end() :]}"
            columns.append(item.end())
        elif columns and line.strip():
            yield f"{' ' * 4 * len(columns)}{line[min(depth, columns[-1]) :]}"
        else:
            yield line
        is_after_text = bool(line.strip()) and not item and not line.startswith(("#", "|"))
        if fence and opened and opened[1].startswith(fence):
            fence = ""
        elif not fence and opened:
            fence = opened[1]
