"""Messages in the language of a connection: what they say is made anew from its template, and all else stays as it is."""

from __future__ import annotations

from msgspec.structs import replace

from gateway.protocol.messages import Change, Error, ExecutionReport, Message, Rejected, RequestRejected
from gateway.words.language import Language
from gateway.words.words import words


def spoken(message: Message, language: Language, title: str = "") -> Message:
    """A message in a language: itself in English, or where it says nothing; else a copy, for it may go to others too.

    Args:
        message: as it is told in English.
        language: of those it goes to.
        title: of the rule that refused, in that language; empty: as in English.
    """
    if language.is_english:
        return message
    if isinstance(message, ExecutionReport | RequestRejected):
        if message.template or message.title:
            detail = words(message.template, message.values, language) if message.template else message.detail
            return replace(message, detail=detail, title=title or message.title)
    elif isinstance(message, Rejected | Change):
        if message.template:
            return replace(message, detail=words(message.template, message.values, language))
        if isinstance(message, Change) and message.detail:
            return replace(message, detail=language.read(message.detail))
    elif isinstance(message, Error):
        return replace(message, detail=_complaint(message.detail, language))
    return message


def _complaint(detail: str, language: Language) -> str:
    """What is wrong with a request; behind the name of a field, if it says one."""
    said: str = language.read(detail)
    field, colon, rest = detail.partition(": ")
    if said == detail and colon and " " not in field:
        return f"{field}: {language.read(rest)}"
    return said
