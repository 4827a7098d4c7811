"""Sentences of the core as people read them: the text of a template with its values in their places."""

from __future__ import annotations

from typing import Final, Protocol

from engine.vocabulary.messages.said import Said, Values
from gateway.words.english import BETWEEN, ENGLISH
from gateway.words.language import ENGLISH as IN_ENGLISH
from gateway.words.language import Language

COUNTED: Final[dict[str, int]] = {
    "RET-3.retest": 3,
    "account.most": 0,
    "asset.most": 0,
    "contract.most": 0,
    "contract.most_of": 1,
    "instrument.most": 0,
    "proposal.most": 0,
    "quotes.most": 0,
    "rate.second": 0,
    "rate.trade": 0,
    "schedule.most": 0,
}
"""Templates whose words depend on a number in other languages, and the place of the value that it is."""


class Saying(Protocol):
    """An event that says something: by a template, or in a journal before core version 6 by words."""

    detail: str
    template: str
    values: Values


def words_of(event: Saying, language: Language = IN_ENGLISH) -> str:
    """What an event says; empty: nothing. What a journal before core version 6 says is as it was said."""
    return event.detail or words(event.template, event.values, language)


def in_words(what: Said, language: Language = IN_ENGLISH) -> str:
    """A sentence."""
    return words(what.template, what.values, language)


def words(template: str, values: Values, language: Language = IN_ENGLISH) -> str:
    """A template with its values; the id and the values, bare, where the catalogue does not have it so. Never fails."""
    if not template:
        return ""
    shown = [in_words(value, language) if isinstance(value, Said) else str(value) for value in values]
    between = BETWEEN.get(template)
    if between is not None:
        return between.join(shown)
    text = ENGLISH.get(template)
    if text is None or text.count("{") != len(shown):
        return f"{template}: {', '.join(shown)}"
    if language.is_english:
        return text.format(*shown)
    place = COUNTED.get(template)
    if place is None:
        return language.text_of(template, text).format(*shown)
    number = shown[place]
    return language.count_of(template, text, int(number) if number.isdecimal() else 0).format(*shown)
