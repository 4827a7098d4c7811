"""The language of a command line: one a process, chosen when it starts. No server asks here: it speaks as each connection asks."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Final

from gateway.words.language import ENGLISH, LANGUAGES, Language, language

VARIABLES: Final = ("SBX_LANG", "LC_ALL", "LC_MESSAGES", "LANG", "LANGUAGE")
"""Of the environment: the first that says anything decides."""

_spoken: list[Language] = [ENGLISH]
"""The last is spoken."""


def code_of(environment: Mapping[str, str]) -> str:
    """The language that an environment asks for, as `ru_RU.UTF-8` does; English if it names none that is spoken."""
    for variable in VARIABLES:
        asked = environment.get(variable, "")
        if asked:
            code = asked.partition(":")[0].partition("_")[0].partition(".")[0].partition("-")[0].lower()
            return code if code in LANGUAGES else LANGUAGES[0]
    return LANGUAGES[0]


def chosen() -> Language:
    """The language of this process."""
    return _spoken[-1]


@contextmanager
def speaking(code: str) -> Iterator[Language]:
    """Speak a language for a while."""
    _spoken.append(language(code))
    try:
        yield _spoken[-1]
    finally:
        _spoken.pop()


def tr(text: str, **values: object) -> str:
    """A text of ours in the chosen language, with its values in their named places."""
    spoken = chosen().text(text)
    return spoken.format(**values) if values else spoken


def tr_count(one: str, many: str, n: int, **values: object) -> str:
    """A text whose form depends on a number, which stands at `{n}`."""
    return chosen().count(one, many, n).format(n=f"{n:,}", **values)
