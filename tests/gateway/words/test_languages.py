"""Everything that is said is said in Russian too: no text is missing, stale or broken in the catalogues."""

from __future__ import annotations

import re
from collections import Counter

import pytest
from babel.messages.catalog import Message

from gateway.words.chosen import chosen, code_of, speaking, tr
from gateway.words.language import DOMAINS, ENGLISH, language
from gateway.words.shapes import Shapes
from tests.support.catalogues.collected import CLICK, collected
from tests.support.catalogues.files import Text, brought_up_to_date, mo_bytes, path_of, po_bytes, read, untranslated

UPDATE = "`make words` brings the catalogues up to date, and then says what is to be translated"
PLACE = re.compile(r"\{[^{}]*\}|%\([a-z_]+\)s")
CYRILLIC = re.compile("[а-яё]", re.IGNORECASE)
RUSSIAN = language("ru")


def _is_of_click(message: Message) -> bool:
    return [file for file, _ in message.locations] == [CLICK]


def messages(domain: str) -> list[Message]:
    return [message for message in read(domain) if message.id]


def texts(message: Message) -> tuple[list[str], list[str]]:
    """English and Russian forms."""
    english = list(message.id) if isinstance(message.id, tuple | list) else [str(message.id)]
    russian = list(message.string) if isinstance(message.string, tuple | list) else [str(message.string)]
    return english, russian


@pytest.mark.parametrize("domain", DOMAINS)
def test_a_catalogue_has_what_the_sources_say_and_nothing_else(domain: str) -> None:
    # What click says differs between its releases: what one says that is not here is said in English.
    stands = {(message.context, texts(message)[0][0]) for message in messages(domain) if not _is_of_click(message)}
    wanted = {(each.context, each.text) for each, files in collected(domain).items() if CLICK not in files}
    assert sorted(map(str, wanted - stands)) == [], UPDATE
    assert sorted(map(str, stands - wanted)) == [], UPDATE


@pytest.mark.parametrize("domain", DOMAINS)
def test_nothing_is_left_untranslated(domain: str) -> None:
    assert [message.id for message in untranslated(read(domain))] == []


@pytest.mark.parametrize("domain", DOMAINS)
def test_the_committed_files_are_what_babel_makes(domain: str) -> None:
    """So that two changes of a catalogue differ in what they change, and a plain install needs no step that builds it."""
    stands = read(domain)
    texts_of = {_text_of(message): {file for file, _ in message.locations} for message in stands if message.id}
    assert path_of(domain).read_bytes() == po_bytes(brought_up_to_date(domain, texts_of)), UPDATE
    assert path_of(domain, "mo").read_bytes() == mo_bytes(stands), UPDATE


def _text_of(message: Message) -> Text:
    english, _ = texts(message)
    return Text(english[0], message.context, len(english) > 1, english[1] if len(english) > 1 else "")


@pytest.mark.parametrize("domain", DOMAINS)
def test_no_place_of_a_value_is_lost_or_made_up(domain: str) -> None:
    wrong = []
    for message in messages(domain):
        english, russian = texts(message)
        wanted = [Counter(PLACE.findall(form)) for form in english]
        wrong += [form for form in russian if Counter(PLACE.findall(form)) not in wanted]
    assert wrong == []


@pytest.mark.parametrize("domain", DOMAINS)
def test_a_translation_is_russian_and_begins_and_ends_as_the_text_does(domain: str) -> None:
    wrong = []
    for message in messages(domain):
        english, russian = texts(message)
        for form in russian:
            words = PLACE.sub("", english[0])
            if re.search("[a-z]{3}", words) and not CYRILLIC.search(form) and form != english[0]:
                wrong.append((english[0], form))
            if domain != "help" and any(
                (english[0][end] == " ") != (form[end : end + 1] == " " if end == 0 else form[-1:] == " ")
                for end in (0, -1)
            ):
                wrong.append((english[0], form))
    assert wrong == []


@pytest.mark.parametrize("domain", DOMAINS)
def test_what_depends_on_a_number_has_three_forms(domain: str) -> None:
    for message in messages(domain):
        if isinstance(message.id, tuple | list):
            assert isinstance(message.string, tuple | list)
            assert len(message.string) == 3 and all(message.string), message.id


def test_catalogues_do_not_disagree() -> None:
    """One text has one translation, wherever it stands: a sentence is looked up in all of them."""
    found: dict[str, set[str]] = {}
    for domain in DOMAINS:
        for message in messages(domain):
            # A word that stands alone is looked up in one of them.
            if not message.context and isinstance(message.id, str) and " " in message.id:
                found.setdefault(message.id, set()).add(str(message.string))
    assert {text: forms for text, forms in found.items() if len(forms) > 1} == {}


@pytest.mark.parametrize(
    ("environment", "code"),
    [
        ({}, "en"),
        ({"LANG": "ru_RU.UTF-8"}, "ru"),
        ({"LANG": "ru_RU.UTF-8", "LC_ALL": "C.UTF-8"}, "en"),
        ({"LANG": "de_DE.UTF-8"}, "en"),
        ({"LANG": "C", "SBX_LANG": "ru"}, "ru"),
        ({"LANGUAGE": "ru:en"}, "ru"),
        ({"LC_ALL": "", "LC_MESSAGES": "ru-RU"}, "ru"),
        ({"SBX_LANG": "tlh", "LANG": "ru_RU"}, "en"),
    ],
)
def test_the_environment_says_the_language(environment: dict[str, str], code: str) -> None:
    assert code_of(environment) == code


def test_a_language_is_spoken_for_a_while() -> None:
    assert chosen() is ENGLISH
    with speaking("ru"):
        assert chosen() is RUSSIAN
        with speaking("en"):
            assert tr("{n} of it", n=3) == "3 of it"
    assert chosen() is ENGLISH


def test_sentences_are_found_by_their_shape() -> None:
    shapes = Shapes(
        {
            "{0} is no date: write {1}": "{1} надо написать вместо {0}",
            "no date was given at all": "даты нет вовсе",
            "{0} is no date: write {1} or nothing": "{0}: не дата",
            " by {0}": " ({0})",
            "refused after all{0}": "всё же отказано{0}",
            "short {0}": "кратко {0}",
        }
    )
    assert shapes.say("7 is no date: write 2026-01-01") == "2026-01-01 надо написать вместо 7"
    assert shapes.say("7 is no date: write x or nothing") == "7: не дата"
    assert shapes.say("no date was given at all") == "даты нет вовсе"
    assert shapes.say("refused after all by {0} {1}") == "всё же отказано ({0} {1})"
    # A name is no sentence, and a shape with few letters of its own would fit many.
    assert shapes.say("ann") == "ann"
    assert shapes.say("short name") == "short name"
    # A sentence within a sentence is found, but no further than any of ours goes.
    assert shapes.say(" is no date: write " * 2_000).count("надо написать") == 6
