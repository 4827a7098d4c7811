"""A grid as one page: what it can't show, how each figure depends on what was varied, and all combinations."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from decimal import Decimal, InvalidOperation
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Final

from gateway.html_page import document, grid
from gateway.printable import Cell, printable
from gateway.svg import COLOURS, INK, Plot, drawn
from gateway.whatif.grid import Axis
from gateway.whatif.page import html_table, limits, section
from gateway.whatif.summary import FIGURES, Point, grid_table, main_of

if TYPE_CHECKING:
    from matplotlib.axes import Axes

TITLE: Final = "Under other rules: a grid"
MAX_NAMED_LINES: Final = 8
MAX_LABEL: Final = 24
SHOWN_CHANGES: Final = {
    "orders_directly": "orders changed by the rule itself",
    "orders_followed": "orders changed by what followed",
}
FOOT: Final = (
    "Each line is one combination of everything else that was varied; the broken line is the recording. Values stand in the order in which "
    "they were given, one beside the other."
)


def write_grid_page(path: Path, axes: Sequence[Axis], points: Sequence[Point]) -> None:
    """Write the page of a grid; the same results give the same page.

    Raises:
        OSError: it can't be written.
    """
    path.write_text(grid_page(axes, points), encoding="utf-8")


def grid_page(axes: Sequence[Axis], points: Sequence[Point]) -> str:
    """The page's text. Takes a few seconds, most of them for the plots."""
    recording = points[0].result.recording
    main = main_of(points[0].result.recorded)
    about = (
        f"venue {recording.venue} · commands {recording.first_seq:,} to {recording.last_seq:,} · {len(points):,} combinations of "
        f"{', '.join(axis.name for axis in axes)} · value in {main.quote or 'nothing'}; price and spread of {main.instrument or 'nothing'}"
    )
    table = grid_table(axes, points)
    return document(
        TITLE,
        [
            f"<h1>{escape(TITLE)}</h1>",
            f'<p class="quiet">{escape(printable(about))}</p>',
            *limits(),
            *section(
                "How it depends on each", grid(sensitivity_plots(axes, points)) + f'<p class="quiet">{escape(FOOT)}</p>'
            ),
            *section(table.title, html_table(table.columns, table.rows)),
        ],
    )


def sensitivity_plots(axes: Sequence[Axis], points: Sequence[Point]) -> Iterator[Plot]:
    """For each axis with more than one value, each figure that depends on it."""
    table = grid_table(axes, points)
    titles = {figure.name: figure.title for figure in FIGURES} | SHOWN_CHANGES
    for place, axis in enumerate(axes):
        if len(axis.values) < 2:
            continue
        for name, title in titles.items():
            column = table.columns.index(name)
            figures = [_number(row[column]) for row in table.rows]
            if _depends(place, points, figures[1:]):
                yield _plot(f"axis{place}-{name}", f"{title} by {axis.name}", place, axes, (points, figures))


def _depends(place: int, points: Sequence[Point], figures: Sequence[float | None]) -> bool:
    """Whether a figure is another one for some two points that differ in one axis alone."""
    found: dict[tuple[str, ...], set[float | None]] = {}
    for point, figure in zip(points, figures, strict=True):
        found.setdefault(point.values[:place] + point.values[place + 1 :], set()).add(figure)
    return any(len(each) > 1 for each in found.values())


def _plot(
    name: str, title: str, place: int, axes: Sequence[Axis], found: tuple[Sequence[Point], list[float | None]]
) -> Plot:
    """A line for each combination of the other axes. `found`: the points, and the figure of the recording, then of each."""
    points, figures = found
    axis = axes[place]
    lines: dict[tuple[str, ...], list[tuple[int, float]]] = {}
    for point, figure in zip(points, figures[1:], strict=True):
        others = point.values[:place] + point.values[place + 1 :]
        if figure is not None:
            lines.setdefault(others, []).append((axis.values.index(point.values[place]), figure))

    def draw(drawing: Axes) -> None:
        is_named = 1 < len(lines) <= MAX_NAMED_LINES
        for at, (others, line) in enumerate(lines.items()):
            drawing.plot(
                [x for x, _ in line],
                [y for _, y in line],
                "o-",
                markersize=3.5,
                linewidth=1.2,
                color=COLOURS[at % len(COLOURS)],
                label=_short(", ".join(others)) if is_named else None,
            )
        if figures[0] is not None:
            drawing.axhline(figures[0], color=INK, linestyle="--", linewidth=0.9)
        drawing.set_xticks(
            range(len(axis.values)),
            [_short(value) for value in axis.values],
            rotation=20 if len(axis.values) > 4 else 0,
        )
        drawing.set_xlabel(_short(axis.name, 40))
        if is_named:
            drawing.legend(loc="lower left", bbox_to_anchor=(0, 1.0), ncols=2, borderaxespad=0.2)
        _thousands(drawing)

    return drawn(name, printable(title), draw)


def _thousands(axes: Axes) -> None:
    from matplotlib.ticker import FuncFormatter, MaxNLocator

    axes.yaxis.set_major_locator(MaxNLocator(5))
    axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:,.10g}"))


def _number(cell: Cell) -> float | None:
    try:
        return None if cell is None else float(Decimal(str(cell)))
    except InvalidOperation:
        return None


def _short(text: str, most: int = MAX_LABEL) -> str:
    text = printable(text) or "(empty)"
    return text if len(text) <= most else f"{text[: most - 1]}…"
