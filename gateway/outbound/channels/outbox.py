"""What waits to go out to one connection."""

from __future__ import annotations

from typing import Final

from mypy_extensions import mypyc_attr

from gateway.protocol.wire import Codec
from gateway.words.language import ENGLISH, Language


@mypyc_attr(allow_interpreted_subclasses=True)
class Outbox:
    """Where frames for one connection wait until the end of the turn, when all of them leave in one write."""

    # What extends it has slots, too: the interpreter finds attributes in a dictionary of such an object ten times as slowly.
    __slots__ = ("answered_ns", "codec", "form", "frames", "language")

    def __init__(self, codec: Codec) -> None:
        self.codec: Final = codec
        self.language = ENGLISH
        """In which words are told."""
        self.form = codec.name
        """What it has in common with those who are sent the same bytes."""
        self.frames: Final[list[bytes]] = []
        self.answered_ns: Final[list[int]] = []
        """When the requests came in whose replies are in the outbox, or will be when the turn is over."""

    def speak(self, language: Language) -> None:
        """Be told words in a language from now on."""
        self.language = language
        self.form = self.codec.name if language is ENGLISH else f"{self.codec.name} {language.code}"


Outboxes = dict[Outbox, None]
"""Several, in order, each once."""
