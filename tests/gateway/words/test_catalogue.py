"""Every sentence that core and rules can say has its text, with a place for each of its values; and no text is left over."""

from __future__ import annotations

import ast
import re
from functools import cache

import pytest

from engine.record.rows import decode_events
from engine.vocabulary.limits import MAX_TEMPLATE_CHARS
from engine.vocabulary.messages.events import CommandRejected, OrderCancelled, OrderRejected, RegistryChanged
from engine.vocabulary.said import NOTHING_SAID, Said, listed, said
from gateway.journal.reader import JournalReader
from gateway.words.english import BETWEEN, ENGLISH, FORMER
from gateway.words.words import in_words, words, words_of
from tests.support.places import ROOT

FORM = re.compile(r"([A-Z]+-\d|[a-z_]+)\.[a-z_]+")
PLACE = re.compile(r"\{(\d+)\}")
PLACE_OF_WHAT = {"Problem": 1, "Failure": 1, "invalid": 0, "_refused": 0, "_problem": 0}
SAYER = "engine/vocabulary/said.py:"
SOURCES = [path for package in ("engine", "compliance") for path in sorted((ROOT / package).rglob("*.py"))]


class Call:
    """A place in the source where something is said."""

    def __init__(self, where: str, node: ast.Call) -> None:
        self.where = where
        first = node.args[0] if node.args else None
        self.template = first.value if isinstance(first, ast.Constant) and isinstance(first.value, str) else None
        self.values = node.args[1:]

    @property
    def is_open(self) -> bool:
        """Whether it gives as many values as a tuple has."""
        return any(isinstance(each, ast.Starred) for each in self.values)


@cache
def calls() -> list[Call]:
    found = [
        Call(f"{path.relative_to(ROOT).as_posix()}:{node.lineno}", node)
        for path in SOURCES
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in ("said", "Said")
    ]
    # `said` itself makes what it is asked for.
    found = [each for each in found if each.template is not None or not each.where.startswith(SAYER)]
    assert len(found) > 200
    return found


def test_templates_are_literals() -> None:
    assert [each.where for each in calls() if each.template is None] == []


def test_every_template_that_is_said_has_a_text_and_no_text_is_left_over() -> None:
    templates = {each.template for each in calls()} - {""} | {*FORMER}
    assert sorted(templates - ENGLISH.keys() - BETWEEN.keys()) == []
    assert sorted((ENGLISH.keys() | BETWEEN.keys()) - templates) == []
    assert ENGLISH.keys() & BETWEEN.keys() == set()


def test_every_template_is_said_with_as_many_values_as_its_text_has_places() -> None:
    wrong = [
        f"{each.where}: {each.template}"
        for each in calls()
        if each.template in ENGLISH and (each.is_open or len(each.values) != ENGLISH[each.template].count("{"))
    ]
    assert wrong == []


def test_a_text_has_each_of_its_places_once() -> None:
    assert {
        template: text
        for template, text in ENGLISH.items()
        if sorted(map(int, PLACE.findall(text))) != list(range(text.count("{"))) or text.count("}") != text.count("{")
    } == {}


def test_nothing_is_said_but_by_templates() -> None:
    """A refusal in words of its own would pass the checks above: each `Problem`, `invalid` and `Failure` is given something said."""
    spoken = []
    for path in SOURCES:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            name = node.func.id if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) else ""
            if name in PLACE_OF_WHAT and isinstance(node.args[PLACE_OF_WHAT[name]], ast.Constant | ast.JoinedStr):
                spoken.append(f"{path.relative_to(ROOT)}:{node.lineno}")
    assert spoken == []


@pytest.mark.parametrize(
    ("what", "expected"),
    [
        (said("funds.needs", "10.00", "RUB", "9.99"), "needs 10.00 RUB, available 9.99"),
        (said("post_only.trades"), "a post-only order would trade at once"),
        (said("index.most", 64), "no more than 64 indices"),
        (said("ANON-1.moved", said("ANON-1.coin", "XMR", "default", listed(("default", "optional")))),
         "XMR is a coin with default privacy; banned: default, optional; it moves between accounts of one investor only"),
        (said("list.reasons", said("SET-1.reference")), "a contract reference is needed"),
        (listed([]), ""),
        (NOTHING_SAID, ""),
        # A journal of another version, or of another build.
        (Said("no.such", ("a", 2)), "no.such: a, 2"),
        (Said("no.such"), "no.such: "),
        (Said("funds.needs", ("10.00",)), "funds.needs: 10.00"),
        (Said("funds.needs", ("1", "2", "3", Said("no.such", ("x",)))), "funds.needs: 1, 2, 3, no.such: x"),
        # A value is no text of ours.
        (said("asset.unknown", "{0}"), "unknown asset {0}"),
    ],
)  # fmt: skip
def test_sentences(what: Said, expected: str) -> None:
    assert in_words(what) == expected
    assert words(what.template, what.values) == expected


def test_an_event_of_an_earlier_version_says_what_it_said() -> None:
    assert words_of(CommandRejected(19, "no more")) == "no more"
    assert words_of(OrderRejected(1, "ann", 1, "c", "X", 1, "", template="terms.gtd")) == ENGLISH["terms.gtd"]
    assert words_of(RegistryChanged("tier", "BTC", "", "tier.grace", ("2026-09-01",))).endswith("end of 2026-09-01")
    assert words_of(OrderCancelled(1, "ann", 1, "c", "X", 0, 1, 0, 1, 1, 0)) == ""


def test_ids_are_short_and_speak_for_themselves() -> None:
    ids = [*ENGLISH, *BETWEEN]
    assert [each for each in ids if len(each) > MAX_TEMPLATE_CHARS or not FORM.fullmatch(each)] == []


@pytest.mark.parametrize("name", ["v6", "v6-everything", "v6-large"])
def test_what_a_journal_says_is_in_the_catalogue(name: str) -> None:
    said_there: dict[str, str] = {}
    for _, _, _, events in JournalReader(ROOT / "tests" / "golden" / name).rows():
        for event in decode_events(events):
            template = getattr(event, "template", "")
            assert not getattr(event, "detail", "") and not getattr(event, "title", ""), event
            if template:
                said_there[template] = words_of(event)  # type: ignore[arg-type]
    assert len(said_there) >= 5
    assert {template: text for template, text in said_there.items() if text.startswith(f"{template}: ")} == {}
