"""What came of a what-if as one page, whole in itself: what it can't show, how much is affected, plots, tables."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from html import escape
from pathlib import Path
from typing import Final

from compliance.worlds.messages.results import Result
from gateway.html_page import document, grid
from gateway.printable import Cell, figures, is_figure, printable
from gateway.reporting.tables.tables import Table
from gateway.reporting.tables.times import moscow_of
from gateway.svg import Plot
from gateway.whatif.plots import plots
from gateway.whatif.tables import differing, differs, percent, tables_of
from gateway.whatif.words import DIRECTLY, LIMITS, NOTHING_DIFFERS, change_words

TITLE: Final = "Under other rules"
MAX_ROWS: Final = 100
MAX_LETTERS: Final = 160
"""Of one cell; the rest is left out, and marked so."""
MAX_WHOLE: Final = 20
"""Of a text that is not broken inside a word."""
FOLDED: Final = ("orders", "parties", "spread", "events", "concentration", "skipped")
"""Long tables, which are unfolded by who wants to see them."""
_IDS: Final = ("order_id", "first_seq")
_UTC: Final = "_utc"


def write_page(path: Path, result: Result) -> None:
    """Write the page of a result; the same result gives the same page.

    Raises:
        OSError: it can't be written.
    """
    path.write_text(page(result), encoding="utf-8")


def page(result: Result) -> str:
    """The page's text. Takes a few seconds, most of them for the plots."""
    recording = result.recording
    title = f"{TITLE}: {change_words(result.change)}"
    about = f"venue {recording.venue} · commands {recording.first_seq:,} to {recording.last_seq:,}"
    return document(
        printable(title),
        [
            f"<h1>{escape(printable(title))}</h1>",
            f'<p class="quiet">{escape(printable(about))}</p>',
            *_head(result),
            *section("In pictures", grid(list(plots(result)) if differs(result) else [])),
            *[part for table in tables_of(result) for part in _table_section(table, result)],
            *section("How to read it", f"<p>{escape(DIRECTLY)}</p><p>More in docs/WHATIF.md.</p>"),
        ],
    )


def limits() -> Iterator[str]:
    """What no what-if can show, for the head of a page."""
    yield '<section class="verdict warn" aria-label="What it cannot show">'
    for line in LIMITS:
        yield f"<p>{escape(line)}</p>"
    yield "</section>"


def section(title: str, content: str, *, is_folded: bool = False) -> Iterator[str]:
    """A section with its heading, folded or not, unless there is nothing in it."""
    if not content:
        return
    if is_folded:
        yield f"<section><details><summary><strong>{escape(title)}</strong></summary>{content}</details></section>"
    else:
        yield f"<section><h2>{escape(title)}</h2>{content}</section>"


def html_table(columns: Sequence[str], rows: Sequence[Sequence[Cell]]) -> str:
    """A table of which all that others wrote is escaped; figures stand on the right, times are Moscow's. Empty without a row."""
    if not rows:
        return ""
    kept = [place for place in range(len(columns)) if any(row[place] not in (None, "") for row in rows)]
    shown = [[_text(row[place], columns[place]) for place in kept] for row in rows[:MAX_ROWS]]
    sides = [
        ' class="number"' if all(is_figure(row[at].replace(",", "")) or not row[at] for row in shown) else ""
        for at in range(len(kept))
    ]
    heads = "".join(
        f"<th{side}>{escape(_heading(columns[place]))}</th>" for place, side in zip(kept, sides, strict=True)
    )
    lines = ["".join(_cell(text, side) for text, side in zip(row, sides, strict=True)) for row in shown]
    body = "".join(f"<tr>{line}</tr>" for line in lines)
    text = f'<div class="scroll"><table><thead><tr>{heads}</tr></thead><tbody>{body}</tbody></table></div>'
    more = len(rows) - len(shown)
    return text + (f'<p class="quiet">{more:,} more rows: see --json.</p>' if more else "")


def pictures(found: Iterable[Plot]) -> str:
    """Plots side by side."""
    return grid(list(found))


def _head(result: Result) -> Iterator[str]:
    yield from limits()
    if not differs(result):
        yield f'<section class="verdict good"><p class="good">{escape(NOTHING_DIFFERS)}</p></section>'
        return
    changed = result.orders_directly + result.orders_followed
    yield '<section class="verdict" aria-label="How much is affected">'
    yield (
        f"<p>{percent(changed, result.orders)} of {result.orders:,} orders have another fate: {result.orders_directly:,} by the rule "
        f"itself, {result.orders_followed:,} by what followed. {percent(result.commands_affected, result.commands)} of "
        f"{result.commands:,} commands had another effect.</p>"
    )
    if result.rules_changed:
        rules = ", ".join(result.rules_changed)
        yield f'<p class="quiet">{escape(f"rules set otherwise: {rules}")}</p>'
    yield "</section>"


def _table_section(table: Table, result: Result) -> Iterator[str]:
    shown = differing(table) if differs(result) else Table(table.name, table.title, table.columns, [])
    yield from section(table.title, html_table(shown.columns, shown.rows), is_folded=table.name in FOLDED)


def _heading(name: str) -> str:
    words = name.removesuffix(_UTC).replace("_", " ")
    return f"{words}, Moscow" if name.endswith(_UTC) else words


def _text(value: Cell, column: str) -> str:
    text = "" if value is None else printable(str(value))
    if column.endswith(_UTC) and text:
        return moscow_of(text)
    if len(text) > MAX_LETTERS:
        text = f"{text[:MAX_LETTERS]}…"
    return text if column in _IDS else figures(text)


def _cell(text: str, side: str) -> str:
    kind = side or (' class="text"' if len(text) > MAX_WHOLE else "")
    return f"<td{kind}>{escape(text)}</td>"
