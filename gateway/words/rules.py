"""Rules in words: what a rulebook says of one, in the language that is asked for, and what a rule explains."""

from __future__ import annotations

from compliance.rulebook.rulebook import Rulebook, RuleData
from gateway.words.language import RULEBOOK, RUSSIAN_CODE, Language


def rule_text(data: RuleData, part: str, language: Language) -> str:
    """What a document says of a rule: its `title`, `who`, `source` or `note`.

    In another language it is what the document says in it; else what the catalogue has for it, as of the books that come with the
    venue and of what was copied from them; else in English.
    """
    english: dict[str, str] = {"title": data.title, "who": data.who, "source": data.source, "note": data.note}
    own = data.russian[part] if language.code == RUSSIAN_CODE else ""
    return own or language.text_of(RULEBOOK, english[part])


def rulebook_title(rulebook: Rulebook, language: Language) -> str:
    """The title of a rulebook; in English where it has no other."""
    return (rulebook.title_ru if language.code == RUSSIAN_CODE else "") or rulebook.title
