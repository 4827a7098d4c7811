"""Messages in another language: each that says something by a template says it anew, and nothing else of it changes."""

from __future__ import annotations

from typing import Any, get_args

import msgspec
import pytest

from gateway.outbound.private_reports.spoken import spoken
from gateway.protocol.messages import AnyMessage, Error
from gateway.words.language import ENGLISH, language

RUSSIAN = language("ru")
SAYING = [kind for kind in get_args(AnyMessage) if "template" in kind.__struct_fields__]
FILLERS: dict[str, Any] = {"template": "asset.unknown", "values": ("BTC",), "detail": "unknown asset BTC"}


def filled(kind: Any) -> Any:
    """A message of a kind with something in each of its fields that must have something, and what it says."""
    given: dict[str, Any] = {}
    for field in msgspec.structs.fields(kind):
        if field.name in FILLERS:
            given[field.name] = FILLERS[field.name]
        elif field.default is msgspec.NODEFAULT and field.default_factory is msgspec.NODEFAULT:
            given[field.name] = field.type()
    return kind(**given)


@pytest.mark.parametrize("kind", SAYING, ids=lambda kind: kind.__name__)
def test_what_has_a_template_is_said_anew(kind: Any) -> None:
    message = filled(kind)
    before = msgspec.to_builtins(message)
    told = msgspec.to_builtins(spoken(message, RUSSIAN))
    assert told == {**before, "detail": "неизвестный актив BTC"}
    # It goes to others in English.
    assert msgspec.to_builtins(message) == before
    assert spoken(message, ENGLISH) is message


def test_a_title_goes_with_the_language() -> None:
    for kind in SAYING:
        if "title" in kind.__struct_fields__:
            message = msgspec.structs.replace(filled(kind), title="A title")
            assert spoken(message, RUSSIAN, "Название").title == "Название"  # type: ignore[attr-defined]
            # A rulebook that has none.
            assert spoken(message, RUSSIAN).title == "A title"  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("detail", "said"),
    [
        ("log in first", "сначала войдите"),
        ("price: larger than 92233720368", "price: больше 92233720368"),
        ("Expected `int`, got `str` - at `$.id`", "нужно `int`, а получено `str` — в `$.id`"),
        # What nobody of us wrote.
        ("abracadabra of others", "abracadabra of others"),
    ],
)
def test_errors_are_found_by_their_shape(detail: str, said: str) -> None:
    told = spoken(Error(code="malformed", detail=detail, id=7), RUSSIAN)
    assert (told.detail, told.id) == (said, 7)  # type: ignore[attr-defined]
