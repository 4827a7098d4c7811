"""Sentences of the core as people read them: the text of a template with its values in their places."""

from __future__ import annotations

from typing import Protocol

from engine.vocabulary.messages.said import Said, Values
from gateway.words.english import BETWEEN, ENGLISH


class Saying(Protocol):
    """An event that says something: by a template, or in a journal before core version 6 by words."""

    detail: str
    template: str
    values: Values


def words_of(event: Saying) -> str:
    """What an event says; empty: nothing."""
    return event.detail or words(event.template, event.values)


def in_words(what: Said) -> str:
    """A sentence."""
    return words(what.template, what.values)


def words(template: str, values: Values) -> str:
    """A template with its values; the id and the values, bare, where the catalogue does not have it so. Never fails."""
    if not template:
        return ""
    shown = [in_words(value) if isinstance(value, Said) else str(value) for value in values]
    between = BETWEEN.get(template)
    if between is not None:
        return between.join(shown)
    text = ENGLISH.get(template)
    if text is None or text.count("{") != len(shown):
        return f"{template}: {', '.join(shown)}"
    return text.format(*shown)
