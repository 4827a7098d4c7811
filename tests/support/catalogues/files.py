"""The files of the catalogues: texts as .po, of which gettext reads what Babel makes of them, .mo."""

from __future__ import annotations

import io
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

from babel.messages.catalog import Catalog, Message
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po

from gateway.words.language import LOCALE, RUSSIAN_CODE

_MADE = datetime(2026, 1, 1, tzinfo=UTC)
"""The same in each file: a date that moved would make every two changes of it a conflict."""
_WIDTH = 110


class Text(NamedTuple):
    """One text of ours that is to be had in each language."""

    text: str
    context: str | None
    counted: bool
    """Whether its form depends on a number."""
    plural: str
    """Its form for many, if it is counted."""


Collected = dict[Text, set[str]]
"""Texts with the files that have them."""


def path_of(domain: str, suffix: str = "po") -> Path:
    """A file of a catalogue."""
    return LOCALE / RUSSIAN_CODE / "LC_MESSAGES" / f"{domain}.{suffix}"


def read(domain: str) -> Catalog:
    """A catalogue as it is committed."""
    with path_of(domain).open("rb") as file:
        return read_po(file, locale=RUSSIAN_CODE, domain=domain, abort_invalid=True)


def brought_up_to_date(domain: str, texts: Collected) -> Catalog:
    """A catalogue of these texts and no others, with the translations that there are."""
    known = read(domain) if path_of(domain).exists() else Catalog(locale=RUSSIAN_CODE)
    made = Catalog(
        locale=RUSSIAN_CODE,
        domain=domain,
        header_comment="# Sandbox Exchange in Russian. Terms: docs/GLOSSARY.md. `make words` brings it up to date.",
        project="Sandbox Exchange",
        version="1",
        creation_date=_MADE,
        revision_date=_MADE,
        last_translator="Sandbox Exchange",
        language_team="Sandbox Exchange",
        copyright_holder="Sandbox Exchange",
        msgid_bugs_address="-",
        fuzzy=False,
    )
    for each, files in sorted(texts.items(), key=_place):
        before = known.get(each.text, each.context)
        key = (each.text, each.plural) if each.counted else each.text
        string = None
        if before is not None and "fuzzy" not in before.flags and isinstance(before.string, str) != each.counted:
            string = before.string
        made.add(key, string, locations=[(min(files), 0)], context=each.context)
    return made


def _place(item: tuple[Text, set[str]]) -> tuple[str, str, str]:
    """Texts stand by their file, and those of templates by the id."""
    text, files = item
    return min(files), text.context or "", text.text


def untranslated(catalogue: Catalog) -> list[Message]:
    """The texts without a translation, or with one that somebody should look at."""
    return [message for message in catalogue if message.id and (not _is_whole(message) or message.fuzzy)]


def _is_whole(message: Message) -> bool:
    return all(message.string) if isinstance(message.string, tuple | list) else bool(message.string)


def po_bytes(catalogue: Catalog) -> bytes:
    """A catalogue as text."""
    file = io.BytesIO()
    write_po(file, catalogue, width=_WIDTH, include_lineno=False)
    return file.getvalue()


def mo_bytes(catalogue: Catalog) -> bytes:
    """A catalogue compiled."""
    file = io.BytesIO()
    write_mo(file, catalogue)
    return file.getvalue()


def write(domain: str, catalogue: Catalog) -> None:
    """Write a catalogue, and what it compiles to."""
    path_of(domain).write_bytes(po_bytes(catalogue))
    path_of(domain, "mo").write_bytes(mo_bytes(read(domain)))
