"""What the detectors look for as Markdown: the sections of docs/SURVEILLANCE.md that are made of what they declare."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from compliance.surveillance.base.parameters import EPISODE, UNITS
from compliance.surveillance.catalogue import DETECTORS, settings_of
from gateway.markdown import prose

BEGINS: Final = "<!-- detectors: begins -->"
ENDS: Final = "<!-- detectors: ends -->"
_SHARED: Final = tuple(each.name for each in EPISODE)


def sections() -> str:
    """All of them, in the order of the table."""
    return "\n".join(_lines())


def _lines() -> Iterator[str]:
    settings = settings_of()
    for name, row in DETECTORS.items():
        yield f"### `{name}`: {row.title.lower()}"
        yield ""
        yield from prose(row.definition)
        yield ""
        yield from prose(f"Source: {row.source}.", "* ", "  ")
        yield from prose(f"Misses: {row.misses}", "* ", "  ")
        yield from prose(f"Remembers: {row.memory}", "* ", "  ")
        yield f"* Version of these values: `{settings[name].version}`."
        yield ""
        yield "| parameter | value | what it sets |"
        yield "|---|---|---|"
        for each in row.parameters:
            if each.name not in _SHARED:
                value = f"{each.value:,}".replace(",", " ")
                yield f"| `{each.name}` | {f'{value} {UNITS[each.unit]}'.strip()} | {each.words} |"
        yield ""


def in_document(text: str) -> str:
    """A document with these sections in their place.

    Raises:
        ValueError: the document has no place for them.
    """
    head, begins, rest = text.partition(BEGINS)
    _, ends, tail = rest.partition(ENDS)
    if not begins or not ends:
        raise ValueError(f"there is no {BEGINS} ... {ENDS} in the document")
    return f"{head}{BEGINS}\n\n{sections()}{ENDS}{tail}"
