"""Tables in the chosen language: their headings, and the words of ours in their cells. What files say to programs stays English."""

from __future__ import annotations

from typing import Final

from gateway.printable import is_figure
from gateway.words.chosen import chosen

FIGURE: Final = "figure"
"""A column of which each cell is the name of what stands beside it."""
LABELS: Final = (
    *("compared", "kept"),
    *("measure", "note", "part", "party", "scope", "used_of_cap", "value", "verdict"),
)
"""Columns whose cells are words of ours."""
FATES: Final = ("change", "cause")
"""Columns whose cells say what became of an order under other rules, and by what."""
UP_TO: Final = "up to {0} %"
ABOVE: Final = "above {0} %"
PRICED: Final = "{0} in {1}"
STORIES: Final = ("adds_up_to", "kind", "outcome", "replayed_balances", "request", "valued", "what")
"""Columns whose cells say what happened, and how: words of ours, some with values."""
SENTENCES: Final = ("by", "why")
"""Columns that hold names and what people wrote too: what has several words and is ours."""
FLAGS: Final = (
    *("bank", "beyond", "claims_all", "final", "for_word", "licensed", "sales_allowed", "suspended", "without_value"),
)
"""Columns that say yes or nothing."""
_UTC: Final = "_utc"
_YES_NO: Final = ("yes", "no")


def heading(name: str) -> str:
    """A column's name in the chosen language, its times as Moscow's; in English as it is, with spaces."""
    shown = f"{name.removesuffix(_UTC)}_moscow" if name.endswith(_UTC) else name
    return chosen().heading(shown.replace("_", " "))


def title(text: str) -> str:
    """A title, or another text of ours that stands alone, in the chosen language."""
    said = chosen().text(text)
    return said if said != text else chosen().read(text)


def cell(column: str, text: str) -> str:
    """A cell in the chosen language, if it is a word of ours; else as it is."""
    if chosen().is_english or not text:
        return text
    if column == FIGURE:
        said = heading(text)
        return said if said != text.replace("_", " ") else title(text)
    if column in FATES:
        return chosen().heading(text)
    if text in _YES_NO and column in (*LABELS, *FLAGS):
        return chosen().explained(text)
    if column in STORIES:
        return _happened(text.replace("_", " "), text)
    return _labelled(text) if column in LABELS or (column in SENTENCES and " " in text) else text


def _labelled(text: str) -> str:
    for shape, figure in ((UP_TO, text.removeprefix("up to ")), (ABOVE, text.removeprefix("above "))):
        if figure != text and text.endswith(" %"):
            return chosen().text(shape).format(figure.removesuffix(" %"))
    return chosen().text(text)


def _happened(words: str, text: str) -> str:
    """What happened, as the catalogues have it: a word alone, or how something was valued."""
    price, _, market = text.partition(" in ")
    if market:
        return chosen().text(PRICED).format(price, market) if is_figure(price) else text
    said = chosen().text(words)
    return said if said != words else text if (story := chosen().story(words)) == words else story
