"""Names: which characters they may have, and those that follow from classes."""

from __future__ import annotations

import re
from typing import Final

_CAPITAL: Final = re.compile("(?<=[a-z])(?=[A-Z])")


def command_name(kind: type[object]) -> str:
    """What requests, histories and documents call a command: `set_phase` for `SetPhase`."""
    return _CAPITAL.sub("_", kind.__name__).lower()


# What shows nothing, or turns or joins what stands beside it. A table of our own: `str.isprintable` follows the Unicode version
# of the interpreter, and a name that one Python takes another must not refuse.
_UNPRINTABLE: Final = (
    (0x0000, 0x001F),  # controls
    (0x007F, 0x00A0),  # controls, no-break space
    (0x00AD, 0x00AD),  # soft hyphen
    (0x0600, 0x0605),  # Arabic number signs
    (0x061C, 0x061C),  # Arabic letter mark
    (0x06DD, 0x06DD),
    (0x070F, 0x070F),
    (0x0890, 0x0891),
    (0x08E2, 0x08E2),
    (0x1680, 0x1680),  # Ogham space
    (0x180E, 0x180E),  # Mongolian vowel separator
    (0x2000, 0x200F),  # spaces, zero width, direction
    (0x2028, 0x202F),  # separators, direction
    (0x205F, 0x206F),  # spaces, invisible operators
    (0x3000, 0x3000),  # ideographic space
    (0xD800, 0xF8FF),  # surrogates, private use
    (0xFE00, 0xFE0F),  # variation selectors
    (0xFEFF, 0xFEFF),  # byte order mark
    (0xFFF0, 0xFFFF),  # specials
    (0x110BD, 0x110BD),
    (0x110CD, 0x110CD),
    (0x13430, 0x1343F),
    (0x1BCA0, 0x1BCA3),
    (0x1D173, 0x1D17A),
    (0xE0000, 0x10FFFF),  # tags, private use, nothing
)


def is_printable(name: str) -> bool:
    """Whether all characters of a name can be seen, an ordinary space among them. O(characters)."""
    for letter in name:
        code = ord(letter)
        if code < 0x7F:
            if code < 0x20:
                return False
            continue
        for first, last in _UNPRINTABLE:
            if first <= code <= last:
                return False
    return True
