r"""Text that others wrote, made safe to be read: in a terminal, as JSON, and in a cell of a table.

Names, ids and reasons come from participants and stay in the journal as they were sent. On their way to a reader no text may
act: not move a cursor, not pose as another line, not turn the direction of what follows, not be a formula. What a letter
would do is spelled out instead, as Python writes it: `\x1b`, `\n`, `\u202e`. That is every letter of which `str.isprintable` says no.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from typing import Final
from unicodedata import category

Cell = str | int | None

MAX_NAMED: Final = 20
"""Names that a sentence lists: some lines of a terminal."""
_LAYOUT: Final = "\n\t"

_NUMBER: Final = re.compile(r"(-?)([0-9]+)(\.[0-9]+)?\Z")
# Where a spreadsheet begins to read a cell: at the start of the text, and behind a semicolon where that parts the cells. Spaces and
# quotes before are passed over. The last four are the wide forms, which some programs take for the narrow ones.
_FORMULA: Final = re.compile(r"(^|;)([\s\"']*)(?=[=+\-@\uff1d\uff0b\uff0d\uff20])")


def printable(text: str) -> str:
    """A text in one line, with everything spelled out that is not seen as itself. O(letters)."""
    return text if text.isprintable() else "".join(map(_spelled, text))


def some_of(names: Iterable[str]) -> str:
    """Names in a sentence, and how many more there are beyond the first."""
    known = list(names)
    more = len(known) - MAX_NAMED
    return (", ".join(known[:MAX_NAMED]) or "none") + (f" and {more:,} more" if more > 0 else "")


def paragraph(text: str) -> str:
    """A text that may have several lines; those after the first stand indented, so that none poses as a message of its own."""
    return "\n  ".join(map(printable, text.split("\n")))


def shown(text: str) -> str:
    """A whole page of ours, with what others wrote in it: lines, tabs and all kinds of spaces stay. O(letters)."""
    return text if text.isprintable() else "".join(map(_kept, text))


def _kept(letter: str) -> str:
    return letter if letter in _LAYOUT or category(letter) == "Zs" else _spelled(letter)


def _spelled(letter: str) -> str:
    return letter if letter.isprintable() else letter.encode("unicode_escape").decode("ascii")


def is_figure(text: str) -> bool:
    """Whether a text is a decimal number and nothing else."""
    return _NUMBER.match(text) is not None


def figures(text: str) -> str:
    """A figure with separators between its thousands; any other text as it is."""
    found = _NUMBER.match(text)
    return text if found is None else f"{found[1]}{int(found[2]):,}{found[3] or ''}"


def json_text(value: object, indent: int | None = None) -> str:
    """A value as JSON that any terminal may show: what is not printable is escaped, and means the same."""
    return json_safe(json.dumps(value, ensure_ascii=False, indent=indent))


def json_safe(encoded: str | bytes) -> str:
    """`json_text` of what is encoded already."""
    text = encoded.decode("utf-8") if isinstance(encoded, bytes) else encoded
    return text if text.isprintable() else "".join(map(_escaped, text))


def _escaped(letter: str) -> str:
    if letter.isprintable() or letter == "\n":
        # Outside of strings there are newlines alone, and inside none.
        return letter
    return json.dumps(letter)[1:-1]


def cell(value: Cell) -> str | int:
    """A value for a cell of a spreadsheet, as CSV or otherwise: figures stay figures, and no text is a formula.

    What would begin a formula gets an apostrophe before it, as spreadsheets themselves write text. Unknown is empty.
    """
    if value is None or isinstance(value, int):
        return "" if value is None else value
    if is_figure(value):
        return value
    return _FORMULA.sub(r"\1'\2", printable(value))
