"""A figure of matplotlib as SVG that can stand inside a page, beside others, in light and in dark.

Text stays text, in the page's font: half the size of outlines, and it can be searched. Colours of ink, grid and paper become
variables of the page's style sheet. Every name inside gets the figure's own prefix, for names are shared by a whole page.
"""

from __future__ import annotations

import io
import re
from collections.abc import Callable
from html import escape
from typing import TYPE_CHECKING, Any, Final, NamedTuple

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

# Colours that nothing else has, and what they become.
INK: Final = "#010203"
GRID: Final = "#040506"
PAPER: Final = "#070809"
SHADE: Final = "#0a0b0c"
_VARIABLES: Final = {INK: "var(--ink)", GRID: "var(--line)", PAPER: "var(--paper)", SHADE: "var(--shade)"}

SETTINGS: Final[Any] = {
    "svg.fonttype": "none",
    "font.family": "sans-serif",
    "font.size": 10.5,
    "axes.titlesize": 10.5,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.edgecolor": INK,
    "axes.labelcolor": INK,
    "text.color": INK,
    "xtick.color": INK,
    "ytick.color": INK,
    "axes.facecolor": PAPER,
    "figure.facecolor": PAPER,
    "axes.grid": True,
    "axes.axisbelow": True,
    "grid.color": GRID,
    "grid.linewidth": 0.6,
    "lines.linewidth": 1.5,
    "legend.frameon": False,
    "legend.fontsize": 9.5,
    "legend.handlelength": 1.4,
    "axes.formatter.useoffset": False,
    # A dollar in a name begins no formula.
    "text.parse_math": False,
}


COLOURS: Final = ("#3b82c4", "#d9822b", "#2f9e6e", "#d1495b", "#8e6bbf", "#8c7a46", "#2aa5b8", "#c2609e", "#7f8a99")
"""Legible on light and on dark paper."""
WIDTH_IN: Final = 4.8
"""Small, so that the text can still be read when 400 pixels have to do."""
HEIGHT_IN: Final = 3.2


def inline_svg(figure: Figure, name: str, label: str) -> str:
    """The figure as an `svg` element.

    Args:
        figure: as drawn under `SETTINGS`.
        name: a word that no other figure of the page has.
        label: what it shows, for those who can't see it.
    """
    import matplotlib as mpl

    written = io.StringIO()
    # Names inside are hashes with a salt; without one of ours they would be others each time.
    with mpl.rc_context({**SETTINGS, "svg.hashsalt": name}):
        figure.savefig(
            written, format="svg", metadata={"Date": None, "Creator": None, "Format": None, "Type": None}, dpi=72
        )
    text = written.getvalue()
    text = text[text.index("<svg") :]
    text = re.sub(r"<metadata>.*?</metadata>", "", text, flags=re.DOTALL)
    # It would style the whole page; the page's own sheet says the same of its figures.
    text = re.sub(r'<style type="text/css">.*?</style>', "", text, flags=re.DOTALL)
    text = re.sub(r"<!--.*?-->", "", text, flags=re.DOTALL)
    text = _own_names(text.replace("xlink:href", "href"), name)
    for colour, variable in _VARIABLES.items():
        text = text.replace(colour, variable)
    # Without a font of its own, text has that of the page.
    text = re.sub(r"font-family: [^;\"]*;? ?", "", text)
    text = re.sub(r"font: ([\d.]+px) [^;\"]*", r"font-size: \1", text)
    size = re.search(r'viewBox="0 0 ([\d.]+) ([\d.]+)"', text)
    assert size is not None
    head = f'<svg viewBox="{size[0][9:-1]}" role="img" aria-label="{escape(label)}">'
    text = head + text[text.index(">") + 1 :]
    return re.sub(r"\n\s*", "\n", text).strip()


def _own_names(text: str, name: str) -> str:
    """Keep the names that something refers to, with a prefix."""
    used = set(re.findall(r'(?:href="|url\()#([^")]+)', text))
    text = re.sub(r' id="([^"]+)"', lambda found: f' id="{name}-{found[1]}"' if found[1] in used else "", text)
    return re.sub(r'(href="|url\()#', rf"\1#{name}-", text)


class Plot(NamedTuple):
    """A plot as it stands on the page."""

    title: str
    svg: str
    says: str
    """How to read it, in a sentence; may be empty."""


def drawn(name: str, title: str, draw: Callable[[Axes], None], *, says: str = "") -> Plot:
    """Draw one plot.

    Args:
        name: a word that no other plot of the page has.
        title: what stands above it.
        draw: draws on empty axes.
        says: what stands below it.
    """
    import matplotlib as mpl
    from matplotlib.figure import Figure

    with mpl.rc_context(SETTINGS):
        figure: Figure = Figure(figsize=(WIDTH_IN, HEIGHT_IN), layout="constrained")
        draw(figure.subplots())
        return Plot(title, inline_svg(figure, name, title), says)


def legend_above(axes: Axes, columns: int = 3) -> None:
    """Put the legend above the axes, where it hides nothing."""
    axes.legend(loc="lower left", bbox_to_anchor=(0, 1.0), ncols=columns, borderaxespad=0.2, columnspacing=1.0)
