"""A look at a TOML text before it is parsed, for what would make parsing cost more than reading it.

What a parser says of a text it can't read differs between versions of it, and may follow from the depth of the stack; an
event must not. So what would go wrong in its own way is found here, in one pass, and said in our words.
"""

from __future__ import annotations

from typing import Final

from engine.vocabulary.limits import MAX_DOCUMENT_CHARS, MAX_DOCUMENT_NESTING, MAX_KEY_PARTS, MAX_NUMBER_DIGITS

_QUOTES: Final = ('"', "'")
_OPENING: Final = ("[", "{")
_CLOSING: Final = ("]", "}")
_BREAKS_KEY: Final = ("=", "\n", ",", "[", "{")


def scan_problem(text: str) -> str:
    """Why a text is not to be parsed; empty: it may be. O(characters).

    Strings and comments are passed over as TOML has them; whether the rest is TOML is for the parser to say.
    """
    if len(text) > MAX_DOCUMENT_CHARS:
        return f"longer than {MAX_DOCUMENT_CHARS} characters"
    place, end = 0, len(text)
    depth, dots, digits = 0, 0, 0
    while place < end:
        letter = text[place]
        if letter in _QUOTES:
            place = _after_string(text, place)
            digits = 0
            continue
        if letter == "#":
            line_end = text.find("\n", place)
            place = end if line_end < 0 else line_end
            continue
        if letter in _OPENING:
            depth += 1
            if depth > MAX_DOCUMENT_NESTING:
                return f"nested deeper than {MAX_DOCUMENT_NESTING}"
        elif letter in _CLOSING:
            depth -= 1
        if letter in _BREAKS_KEY:
            dots = 0
        elif letter == ".":
            dots += 1
            if dots >= MAX_KEY_PARTS:
                return f"a key of more than {MAX_KEY_PARTS} parts"
        if "0" <= letter <= "9":
            digits += 1
            if digits > MAX_NUMBER_DIGITS:
                return f"a number of more than {MAX_NUMBER_DIGITS} digits"
        elif letter != "_":
            digits = 0
        place += 1
    return ""


def _after_string(text: str, place: int) -> int:
    """Where the string that begins at a place has ended; one that doesn't end there is the end of the text."""
    quote = text[place]
    mark = quote * 3 if text.startswith(quote * 3, place) else quote
    size = len(mark)
    at = place + size
    closing = line_end = -1
    while True:
        # Nothing is searched for twice in the same part of a text.
        if closing < at:
            closing = _found(text, mark, at, len(text))
        if size == 1 and line_end < at:
            line_end = _found(text, "\n", at, closing)
        end = closing if size > 1 else min(closing, line_end)
        escape = _found(text, "\\", at, end) if quote == '"' else end
        if escape == end:
            # Not closed on its line: the parser will say so; what follows is looked at.
            return min(end + size, len(text)) if end == closing else end
        at = escape + 2


def _found(text: str, mark: str, start: int, end: int) -> int:
    """Where a mark is in a part of a text; its end, if it is not there."""
    place = text.find(mark, start, end)
    return end if place < 0 else place
