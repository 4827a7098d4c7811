"""Documents that were read once stay read; what a rulebook says depends on its texts alone."""

from __future__ import annotations

import pytest

from compliance import RulebookError, load_rulebook
from compliance.rulebook.format import _KEPT, MAX_KEPT_DOCUMENTS, parse_rulebook
from compliance.rules.catalogue import RULES
from tests.support.compliance.venue import documents

NAME = "general-2026"


def changed(texts: dict[str, str], old: str, new: str) -> dict[str, str]:
    assert old in texts[NAME]
    return {**texts, NAME: texts[NAME].replace(old, new, 1)}


def test_the_same_texts_say_the_same_again() -> None:
    texts = documents(NAME)
    first, second = load_rulebook(NAME, texts), load_rulebook(NAME, dict(texts))
    assert first is not second and first.rules is not second.rules
    # What is read of a document is not read again.
    assert all(first.rules[rule] is second.rules[rule] for rule in first.rules)
    assert (first.order, first.transfer_order) == (second.order, second.transfer_order)


def test_what_is_set_on_top_is_set_on_one_of_them() -> None:
    texts = documents(NAME)
    plain = load_rulebook(NAME, texts)
    other = load_rulebook(NAME, texts, {("ANON-1", "enabled"): "false"})
    assert (plain.rules["ANON-1"].enabled, other.rules["ANON-1"].enabled) == (True, False)
    assert load_rulebook(NAME, texts).rules["ANON-1"].enabled


def test_another_text_is_read_anew_and_a_fault_is_found_each_time() -> None:
    texts = documents(NAME)
    load_rulebook(NAME, texts)
    renamed = changed(texts, "title = ", 'title = "Other, " # ')
    assert load_rulebook(NAME, renamed).title == "Other, "
    wrong = changed(texts, "title = ", "titel = ")
    for _ in range(2):
        with pytest.raises(RulebookError) as raised:
            load_rulebook(NAME, wrong)
        assert [each.key for each in raised.value.faults] == ["titel", "title"]


def test_other_declarations_read_it_anew() -> None:
    texts = documents(NAME)
    load_rulebook(NAME, texts)
    with pytest.raises(RulebookError, match="unknown rule id"):
        parse_rulebook(NAME, texts, {rule: each for rule, each in RULES.items() if rule != "ANON-1"})


def test_no_more_are_kept_than_may_be() -> None:
    texts = documents(NAME)
    for number in range(MAX_KEPT_DOCUMENTS + 3):
        load_rulebook(NAME, {**texts, NAME: f"# {number}\n{texts[NAME]}"})
    assert len(_KEPT) == MAX_KEPT_DOCUMENTS
    # Those that are wanted each time are still there.
    assert all((name, text) in _KEPT for name, text in texts.items() if name != NAME)
