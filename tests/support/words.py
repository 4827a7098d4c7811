"""Events as they were before words were made at the edge, so that tests can compare sentences."""

from __future__ import annotations

from typing import TypeVar

import msgspec

from engine.vocabulary.messages.events import Event
from gateway.words.words import words_of

E = TypeVar("E", bound=Event)


def spelled(event: E) -> E:
    """An event with its words in `detail`, as an equal one would have them; one that says nothing as it is."""
    if not getattr(event, "template", "") or "detail" not in event.__struct_fields__:
        return event
    return msgspec.structs.replace(event, detail=words_of(event), template="", values=())


def spell(events: list[E]) -> list[E]:
    """The same of each."""
    return [spelled(event) for event in events]
