"""The page: what it is about, whether it can be relied on, the key figures, plots, the main tables, and how to read it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from html import escape
from pathlib import Path
from typing import Final, NamedTuple

from gateway.html_page import document, grid
from gateway.printable import figures, printable
from gateway.reporting.onepage.chosen import GROUPS, Group
from gateway.reporting.onepage.plots import plots
from gateway.reporting.onepage.tables import SESSION, html_table
from gateway.reporting.steps.sessions import ALL
from gateway.reporting.tables import spoken
from gateway.reporting.tables.tables import Table
from gateway.reporting.tables.times import moscow_of
from gateway.words.chosen import chosen as language

TITLE: Final = "Supervision report"
KEY_FIGURES: Final = "Key figures"
PLOTS: Final = "In pictures"
HOW_TO_READ: Final = "How to read it"
SOUND: Final = "The settlement adds up, and the replayed balances agree."
UNSOUND: Final = "The settlement does not add up: see Settlement."
AS_RECORDED: Final = "The settlement adds up as it is recorded; the replayed balances could not be compared to the end."
DAMAGED: Final = "A journal could not be read to its end: what follows is what stands before."
DIFFERENT: Final = "A replay did not come out as recorded: what only the state knows is left out from there on."
READ: Final = "{commands} commands read"
OF_DAY: Final = "Moscow day {day}"
SENTENCES: Final = (
    "All of it is read from the journal, which was verified and replayed on the way; nothing is estimated.",
    "Percents are rounded down. Times are Moscow's. Amounts are exact.",
    "A table shows its first or largest rows; the sections of sbx report have all of them, and docs/REPORTS.md says what each column means.",
    "A refusal counts under the rule that decided; other rules may have failed with it.",
    "Pass-through and circular transfers are patterns, not findings: each names the sequence numbers to look at.",
)
TILES: Final = """
.tiles { display: grid; grid-template-columns: repeat(auto-fill, minmax(11rem, 1fr)); gap: 0.6rem; margin: 0; }
.tiles div { background: var(--paper); padding: 0.5rem 0.8rem; }
.tiles dt { font-size: 0.85rem; } .tiles dd { font-size: 1.15rem; font-variant-numeric: tabular-nums; overflow-wrap: anywhere; }
td.text { min-width: 0; overflow-wrap: anywhere; } .scroll + h3, .quiet + h3 { margin-top: 1.2rem; }
@media print { .tiles { grid-template-columns: repeat(4, 1fr); gap: 3pt; } .tiles div { border: 0.5pt solid var(--line); padding: 3pt 5pt; }
  .tiles dd { font-size: 10pt; } }
"""


class Described(NamedTuple):
    """What is said of one session."""

    name: str
    """Empty: it is the only one."""
    venue: str
    commands: int
    status: str
    notes: Sequence[str]


class Content(NamedTuple):
    """All that a page is made of."""

    sessions: Sequence[Described]
    day: str | None
    """The Moscow day that was asked for; None: all."""
    is_sound: bool
    """Whether the settlement adds up."""
    tables: dict[str, Table]
    """By name."""


def write_page(path: Path, content: Content) -> None:
    """Write a page; the same content gives the same page.

    Raises:
        OSError: it can't be written.
    """
    path.write_text(page(content), encoding="utf-8")


def page(content: Content) -> str:
    """The page's text. Takes a few seconds, most of them for the plots."""
    venues = ", ".join(dict.fromkeys(each.venue for each in content.sessions))
    body = [
        f"<h1>{escape(printable(f'{_said(TITLE)}: {venues}'))}</h1>",
        f'<p class="quiet">{escape(printable(" · ".join(_about(content))))}</p>',
        *_verdict(content),
        *_key_figures(content.tables),
        *_section(PLOTS, grid(plots(content.tables))),
        *(part for group in GROUPS for part in _group(group, content.tables)),
        *_section(HOW_TO_READ, "<ul>" + "".join(f"<li>{escape(_said(text))}</li>" for text in SENTENCES) + "</ul>"),
    ]
    return document(f"{_said(TITLE)}: {printable(venues)}", body, TILES, language=language().code)


def _said(text: str) -> str:
    """A text of ours in the chosen language."""
    return language().text(text)


def _about(content: Content) -> Iterator[str]:
    for each in content.sessions:
        said = _said(READ).format(commands=f"{each.commands:,}")
        yield f"{each.name}: {said}" if each.name else said
    figures_ = _figures_of(content.tables)
    for name in ("first_utc", "last_utc"):
        text = figures_.get(name, "")
        if text:
            yield f"{spoken.heading(name.removesuffix('_utc'))} {moscow_of(text)[: len('2026-06-01 12:00:00')]}"
    if content.day is not None:
        yield _said(OF_DAY).format(day=content.day)


def _verdict(content: Content) -> Iterator[str]:
    statuses = {each.status for each in content.sessions}
    is_whole = statuses <= {"complete", "torn"}
    notes = [f"{each.name}: {note}" if each.name else note for each in content.sessions for note in each.notes]
    tone = "good" if is_whole and content.is_sound and not notes else "warn" if is_whole and content.is_sound else "bad"
    says = UNSOUND if not content.is_sound else SOUND if is_whole else AS_RECORDED
    yield f'<section class="verdict {tone}" aria-label="Verdict">'
    yield f'<p class="{"good" if says == SOUND else "bad"}">{escape(_said(says))}</p>'
    for status, text in (("damaged", DAMAGED), ("different", DIFFERENT), ("failed", DIFFERENT)):
        if status in statuses:
            yield f'<p class="bad">{escape(_said(text))}</p>'
    for note in notes:
        yield f'<p class="warn">{escape(printable(language().read(note)))}</p>'
    yield "</section>"


def _figures_of(tables: dict[str, Table]) -> dict[str, str]:
    """The figures of the overview, by name: of several sessions those of all together."""
    if "overview" not in tables:
        return {}
    rows = tables["overview"].objects()
    several = SESSION in tables["overview"].columns
    found: dict[str, str] = {}
    for row in rows:
        is_sum = several and row[SESSION] == ALL
        name = str(row["figure"])
        parts = (row["count"], row["amount"], row["asset"], row["value"])
        text = " ".join(str(part) for part in parts if part not in (None, ""))
        if is_sum or not several:
            found[f"{name} {row['asset']}" if name in found else name] = text
    return found


def _key_figures(tables: dict[str, Table]) -> Iterator[str]:
    tiles = []
    for name, text in _figures_of(tables).items():
        if name.endswith(("_utc", "_seq")):
            continue
        words = spoken.cell("value", " ".join(figures(word) for word in text.split(" ")))
        # A further sum has its asset behind its name.
        figure, _, asset = name.partition(" ")
        named = f"{spoken.heading(figure)} {asset}".rstrip()
        tiles.append(f"<div><dt>{escape(named)}</dt><dd>{escape(printable(words))}</dd></div>")
    if tiles:
        yield from _section(KEY_FIGURES, f'<dl class="tiles">{"".join(tiles)}</dl>')


def _group(group: Group, tables: dict[str, Table]) -> Iterator[str]:
    parts = []
    for chosen in group.tables:
        table = tables.get(chosen.table)
        text = "" if table is None else html_table(table, chosen)
        if table is not None and text:
            parts.append(f"<h3>{escape(printable(spoken.title(table.title)))}</h3>{text}")
    yield from _section(group.title, "".join(parts))


def _section(title: str, content: str) -> Iterator[str]:
    """A section with its heading, unless there is nothing in it."""
    if content:
        yield f"<section><h2>{escape(spoken.title(title))}</h2>{content}</section>"
