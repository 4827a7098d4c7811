"""What a terminal sends when keys are pressed, as names of keys. Without a terminal: bytes in, names out."""

from __future__ import annotations

import codecs
import re
from typing import Final

ENTER, ESCAPE, BACKSPACE, UP, DOWN, LEFT, RIGHT, STOP = (
    "enter",
    "escape",
    "backspace",
    "up",
    "down",
    "left",
    "right",
    "stop",
)

_ARROWS: Final = {"A": UP, "B": DOWN, "C": RIGHT, "D": LEFT}
_CONTROLS: Final = {
    "\r": ENTER,
    "\n": ENTER,
    "\x7f": BACKSPACE,
    "\b": BACKSPACE,
    "\x1b": ESCAPE,
    "\x03": STOP,
    "\x04": STOP,
}
_KEY: Final = re.compile(r"\x1b[\[O][0-9;?]*(?P<last>[@-~])|(?P<letter>.)", re.DOTALL)
"""A key that has no letter sends a sequence; all others their letter."""


class Keys:
    """Reads what a terminal sends."""

    def __init__(self) -> None:
        self._decode: Final = codecs.getincrementaldecoder("utf-8")("replace").decode

    def feed(self, data: bytes) -> list[str]:
        """The keys that were pressed, each as its letter or its name; what no key here is called is left out."""
        found = []
        for match in _KEY.finditer(self._decode(data)):
            letter = match["letter"]
            key = _ARROWS.get(match["last"], "") if letter is None else _CONTROLS.get(letter, letter)
            if key and (len(key) > 1 or key.isprintable()):
                found.append(key)
        return found
