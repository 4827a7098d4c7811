"""One language for one run of `sbx`: which it is, and the help of every command in it.

click speaks by `gettext` itself; it is pointed at our catalogue `help`. Help texts are written in English where a command is,
and put into the language paragraph by paragraph when the command is loaded: in a copy, so that the command stays as it is.
"""

from __future__ import annotations

import copy
import gettext
import os
import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from inspect import cleandoc
from typing import Final

import click

from gateway.words.chosen import chosen, code_of, speaking
from gateway.words.language import ENGLISH, LANGUAGES, LOCALE, Language

OPTION: Final = "--lang"
_JSON: Final = "--json"
_KEPT: Final = "\b"
"""What a paragraph begins with whose lines stay."""
EXAMPLES: Final = ("Examples:", "Example:")


def split_language(arguments: Sequence[str], environment: Mapping[str, str]) -> tuple[list[str], str]:
    """The arguments without `--lang`, wherever it stands before a `--`, and the code of the language to speak.

    What programs read (`--json`) is English, whoever asks.

    Raises:
        click.UsageError: `--lang` without a language that is spoken.
    """
    kept: list[str] = []
    asked: str | None = None
    given = iter(arguments)
    for argument in given:
        if argument == "--":
            kept += ["--", *given]
            break
        if argument == OPTION:
            asked = next(given, "")
        elif argument.startswith(f"{OPTION}="):
            asked = argument.partition("=")[2]
        else:
            kept.append(argument)
    if asked is None:
        asked = code_of(environment)
    if asked not in LANGUAGES:
        raise click.UsageError(f"{OPTION}: {asked!r} is not spoken: write one of {', '.join(LANGUAGES)}")
    return kept, ENGLISH.code if _JSON in kept else asked


@contextmanager
def speaking_click(code: str) -> Iterator[Language]:
    """Speak a language for a while, click's own words too."""
    domain, folder, asked = gettext.textdomain(), gettext.bindtextdomain("help"), os.environ.get("LANGUAGE")
    with speaking(code) as spoken:
        gettext.bindtextdomain("help", str(LOCALE))
        gettext.textdomain("help")
        # What gettext looks at first; an English catalogue there is none.
        os.environ["LANGUAGE"] = code
        try:
            yield spoken
        finally:
            gettext.textdomain(domain)
            gettext.bindtextdomain("help", folder)
            if asked is None:
                del os.environ["LANGUAGE"]
            else:
                os.environ["LANGUAGE"] = asked


def paragraphs(text: str) -> list[str]:
    """The texts of a help text that are put into another language each by itself: as they stand in a catalogue.

    Lines of a paragraph are joined, unless it says that they stay; of examples the heading alone is a text.
    """
    found: list[str] = []
    for paragraph in _parts(text):
        lines = paragraph.split("\n")
        if lines[0] != _KEPT:
            found.append(" ".join(line.strip() for line in lines))
        elif len(lines) > 1 and lines[1] in EXAMPLES:
            found.append(lines[1])
        else:
            found.append("\n".join(lines[1:]))
    return [each for each in found if each]


def spoken_help(text: str, language: Language) -> str:
    """A help text in a language."""
    return "\n\n".join(_spoken(paragraph, language) for paragraph in _parts(text))


def _parts(text: str) -> list[str]:
    cleaned = cleandoc(text).partition("\f")[0].strip("\n ")
    return [part.strip("\n") for part in re.split(r"\n\s*\n", cleaned)] if cleaned else []


def _spoken(paragraph: str, language: Language) -> str:
    lines = paragraph.split("\n")
    if lines[0] != _KEPT:
        return language.text(" ".join(line.strip() for line in lines))
    if len(lines) > 1 and lines[1] in EXAMPLES:
        return "\n".join([_KEPT, language.text(lines[1]), *lines[2:]])
    return f"{_KEPT}\n{language.text(chr(10).join(lines[1:]))}"


def in_chosen_language(command: click.Command) -> click.Command:
    """A command whose help is in the chosen language, with all below it; itself in English."""
    language = chosen()
    return command if language.is_english else _copied(command, language)


def _copied(command: click.Command, language: Language) -> click.Command:
    found = copy.copy(command)
    for name in ("help", "short_help", "epilog"):
        text = getattr(found, name)
        if text:
            setattr(found, name, spoken_help(text, language))
    found.params = [_parameter(each, language) for each in command.params]
    # click remembers it with its words.
    found._help_option = None
    if isinstance(found, click.Group):
        found.commands = {name: _copied(each, language) for name, each in found.commands.items()}
    return found


def _parameter(parameter: click.Parameter, language: Language) -> click.Parameter:
    found = copy.copy(parameter)
    for name in ("help", "prompt"):
        text = getattr(found, name, None)
        if isinstance(text, str) and text:
            setattr(found, name, spoken_help(text, language))
    return found
