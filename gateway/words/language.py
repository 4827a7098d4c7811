"""The languages that are spoken: English, in which everything is written, and Russian, from the catalogues in `locale`.

A language is a value that is passed on. A venue speaks both at once, one a connection, so that nothing here is of the process.
The catalogues are those of `gettext`: the English text is the key, the id of a template its context.
"""

from __future__ import annotations

import gettext
from collections.abc import Callable, Mapping
from functools import cache, cached_property, lru_cache
from pathlib import Path
from typing import Final, Literal

from gateway.words.explaining import FEW_OF_FIGURES, Figures
from gateway.words.shapes import Shapes

Code = Literal["en", "ru"]
Say = Callable[[str], str]
ENGLISH_CODE: Final = "en"
RUSSIAN_CODE: Final = "ru"
LANGUAGES: Final[tuple[Code, ...]] = (ENGLISH_CODE, RUSSIAN_CODE)
LOCALE: Final = Path(__file__).parent / "locale"
DOMAINS: Final = ("words", "help", "told", "rules", "stories", "reports")
"""The catalogues of a language: templates of the core and errors of the wire; help; what commands say; what rules explain; what
happened, row by row; reports."""
CACHED_SENTENCES: Final = 4_096
_CONTEXT: Final = "\x04"
"""What stands between a context and its text."""
COLUMN: Final = "column"
"""The context of the headings of tables."""
RULEBOOK: Final = "rulebook"
"""The context of what the rulebooks that come with the venue say of a rule."""
LABEL: Final = "looked at"
"""The context of what rules have looked at: a word of it may be somebody's name, too."""


class Language:
    """One language. English says every text as it is written."""

    def __init__(
        self, code: Code, catalogue: gettext.NullTranslations | None, texts: Mapping[str, Mapping[str, str]]
    ) -> None:
        """Make one.

        Args:
            code: of it.
            catalogue: what its texts are looked up in; None: nothing is to be translated.
            texts: of `DOMAINS`, by domain: sentences and pieces that are found by their shape, once somebody asks for one.
        """
        self.code: Final = code
        self._catalogue: Final = catalogue
        self._texts: Final = texts

    @cached_property
    def read(self) -> Say:
        """A whole English sentence that is told, found by its text or its shape; as it is if the catalogue does not have it."""
        return lru_cache(CACHED_SENTENCES)(Shapes(self._of("words") | self._of("told") | self._of("stories")).say)

    @cached_property
    def explained(self) -> Say:
        """What a rule explains: a label of what it looked at, a value, a comparison of several clauses."""
        return lru_cache(CACHED_SENTENCES)(Figures(self._of("rules")).say)

    @cached_property
    def change(self) -> Say:
        """What changes between two rulebooks, in one sentence."""
        return lru_cache(CACHED_SENTENCES)(Shapes(self._of("rules"), FEW_OF_FIGURES).say)

    @cached_property
    def doing(self) -> Say:
        """What somebody is about to do, in several clauses."""
        return lru_cache(CACHED_SENTENCES)(Figures(self._of("told")).say)

    @cached_property
    def story(self) -> Say:
        """A row of what happened, or a word for it."""
        return lru_cache(CACHED_SENTENCES)(Figures(self._of("stories")).say)

    def _of(self, domain: str) -> dict[str, str]:
        return dict(self._texts.get(domain, {}))

    @property
    def is_english(self) -> bool:
        """Whether nothing is to be translated."""
        return self._catalogue is None

    def text(self, text: str) -> str:
        """An English text in this language; itself where the catalogue does not have it."""
        return text if self._catalogue is None or not text else self._catalogue.gettext(text)

    def text_of(self, context: str, text: str) -> str:
        """The English text of a context, as the id of a template."""
        return text if self._catalogue is None else self._catalogue.pgettext(context, text)

    def heading(self, column: str) -> str:
        """The heading of a column, as its English name has it in words."""
        return self.text_of(COLUMN, column)

    def label(self, name: str) -> str:
        """The name of what a rule has looked at."""
        said = self.text_of(LABEL, name)
        return said if said != name else self.explained(name)

    def count(self, one: str, many: str, number: int) -> str:
        """The form that goes with a number. Both have the place `{n}` for it."""
        if self._catalogue is None:
            return one if number == 1 else many
        return self._catalogue.ngettext(one, many, number)

    def count_of(self, context: str, text: str, number: int) -> str:
        """The form of the text of a template that goes with one of its values. English has one form."""
        return text if self._catalogue is None else self._catalogue.npgettext(context, text, text, number)


def _texts(catalogue: gettext.NullTranslations) -> dict[str, str]:
    """English texts of a catalogue that have no context and one form, with what stands for them; none of one that is not there yet."""
    if not isinstance(catalogue, gettext.GNUTranslations):
        return {}
    texts: dict[object, str] = catalogue._catalog  # type: ignore[attr-defined]  # there is no other way to list them
    return {key: text for key, text in texts.items() if isinstance(key, str) and key and _CONTEXT not in key}


ENGLISH: Final = Language(ENGLISH_CODE, None, {})


@cache
def language(code: str) -> Language:
    """The language of a code of `LANGUAGES`; of any other English. Read once a process."""
    if code != RUSSIAN_CODE:
        return ENGLISH
    first, *others = read = [gettext.translation(domain, LOCALE, [RUSSIAN_CODE], fallback=True) for domain in DOMAINS]
    for other in others:
        first.add_fallback(other)
    texts = {domain: _texts(catalogue) for domain, catalogue in zip(DOMAINS, read, strict=True)}
    return Language(RUSSIAN_CODE, first, texts)
