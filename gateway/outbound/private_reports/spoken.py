"""Messages in the language of a connection: what they say is made anew from its template, and all else stays as it is."""

from __future__ import annotations

from typing import Any, Final, get_args

from msgspec.structs import replace

from gateway.protocol.messages import AnyMessage, Change, Error, Message
from gateway.words.language import Language
from gateway.words.words import words

_SAYING: Final[dict[Any, bool]] = {
    kind: "title" in kind.__struct_fields__
    for kind in get_args(AnyMessage)
    if "template" in kind.__struct_fields__ and "detail" in kind.__struct_fields__
}
"""The messages that say something by a template, and whether they name the rule that refused by its title, too."""


def spoken(message: Message, language: Language, title: str = "") -> Message:
    """A message in a language: itself in English, or where it says nothing; else a copy, for it may go to others too.

    Args:
        message: as it is told in English.
        language: of those it goes to.
        title: of the rule that refused, in that language; empty: as in English.
    """
    if language.is_english:
        return message
    kind = type(message)
    if kind is Error or kind is Change:
        return _told(message, language)
    has_title = _SAYING.get(kind)
    if has_title is None:
        return message
    says: Any = message
    changed: dict[str, str] = {}
    if says.template:
        changed["detail"] = words(says.template, says.values, language)
    if has_title and title:
        changed["title"] = title
    return replace(message, **changed) if changed else message


def _told(message: Any, language: Language) -> Message:
    """An error, or a change, which may be put together without a template."""
    detail: str = message.detail
    if type(message) is Change and message.template:
        detail = words(message.template, message.values, language)
    elif detail:
        detail = _complaint(detail, language)
    found: Message = replace(message, detail=detail)
    return found


def _complaint(detail: str, language: Language) -> str:
    """What is wrong with a request; behind the name of a field, if it says one."""
    said: str = language.read(detail)
    field, colon, rest = detail.partition(": ")
    if said == detail and colon and " " not in field:
        return f"{field}: {language.read(rest)}"
    return said
