"""What is not even parsed, and that nothing a parser says becomes an event."""

from __future__ import annotations

import sys
import time
import tomllib
from contextlib import suppress
from importlib import resources

import pytest
from hypothesis import given
from hypothesis import strategies as st

from compliance.rulebook.scan import _after_string, scan_problem
from engine.vocabulary.limits import MAX_DOCUMENT_CHARS, MAX_DOCUMENT_NESTING, MAX_KEY_PARTS, MAX_NUMBER_DIGITS


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("a=" + "[" * 490 + "]" * 490, "nested deeper than"),
        ("a=" + "[" * (MAX_DOCUMENT_NESTING + 1), "nested deeper than"),
        ("a=" + "{b=" * (MAX_DOCUMENT_NESTING + 1), "nested deeper than"),
        ("a." * 32_000 + "a=1", "a key of more than"),
        ("[" + "a." * 32_000 + "a]", "a key of more than"),
        ("a = 1\n" + "b . " * MAX_KEY_PARTS + "c = 1", "a key of more than"),
        ("a=" + "9" * 5_000, "a number of more than"),
        ("a=" + "9_" * 50 + "9", "a number of more than"),
        ("a=1\n" * (MAX_DOCUMENT_CHARS // 4 + 1), "longer than"),
    ],
)
def test_what_would_cost_more_than_reading_it_is_refused(text, problem):
    assert problem in scan_problem(text)


@pytest.mark.parametrize(
    "text",
    [
        "a=" + "[" * MAX_DOCUMENT_NESTING + "]" * MAX_DOCUMENT_NESTING,
        ".".join("a" * MAX_KEY_PARTS) + "=1",
        "a=" + "9" * MAX_NUMBER_DIGITS,
        'a="' + "[" * 100 + "." * 100 + "9" * 100 + '"',
        "a='" + "[" * 100 + "." * 100 + "'",
        'a="""\n' + '["\n' * 100 + '"""',
        "a='''\n" + "['\n" * 100 + "'''",
        "# " + "[" * 100 + "." * 100 + "\na=1",
        'a="\\"[[[[[[[[[[[["',
        "a=" + "1.5," * 0 + "[1.5, 2.5, 3.5, 4.5, 5.5, 6.5, 7.5, 8.5, 9.5]",
    ],
)
def test_what_stands_in_strings_and_comments_or_keeps_the_bounds_is_let_through(text):
    assert scan_problem(text) == ""
    tomllib.loads(text)


def test_the_built_in_rulebooks_pass():
    files = [
        file for file in resources.files("compliance").joinpath("rulebooks").iterdir() if file.name.endswith(".toml")
    ]
    assert len(files) >= 3
    for file in files:
        assert scan_problem(file.read_text(encoding="utf-8")) == ""


@given(st.text(alphabet="[]{}.=\"'\\#\n 19a_,", max_size=200))
def test_what_passes_is_parsed_or_refused_without_recursion_or_a_refused_number(text):
    if scan_problem(text):
        return
    with suppress(tomllib.TOMLDecodeError):
        tomllib.loads(text)


def test_it_costs_as_much_as_the_text_is_long():
    def seconds(text: str) -> float:
        def once() -> float:
            start = time.perf_counter()
            scan_problem(text)
            return time.perf_counter() - start

        return min(once() for _ in range(5))

    plain = "a=1\n" * (MAX_DOCUMENT_CHARS // 4)
    for unit in ('"', "'", '"""', "\\", "#", "a.b=", "[]", '"\\'):
        text = (unit * MAX_DOCUMENT_CHARS)[:MAX_DOCUMENT_CHARS]
        assert seconds(text) < 5 * seconds(plain), unit


def test_the_depth_of_the_stack_makes_no_difference():
    from compliance import load_rulebook
    from compliance.rulebook.faults import RulebookError

    def said(text: str) -> str:
        with pytest.raises(RulebookError) as caught:
            load_rulebook("book", {"book": text})
        return str(caught.value)

    def deep(depth: int, text: str) -> str:
        return said(text) if not depth else deep(depth - 1, text)

    for text in ("a=" + "[" * 490 + "]" * 490, "a = [", "a = 1979-13-45", "a=" + "9" * 4_400, "\x00"):
        assert said(text) == deep(sys.getrecursionlimit() // 2, text)
        assert "line" not in said(text) and "digits" not in said(text).replace("40 digits", "")


def end_of_string(text: str, place: int) -> int:
    """Letter by letter: where the string that begins at a place has ended."""
    quote = text[place]
    mark = quote * 3 if text.startswith(quote * 3, place) else quote
    at = place + len(mark)
    while at < len(text):
        if text[at] == "\\" and quote == '"':
            at += 2
        elif text.startswith(mark, at):
            return at + len(mark)
        elif text[at] == "\n" and len(mark) == 1:
            return at
        else:
            at += 1
    return len(text)


@given(st.sampled_from("\"'"), st.text("\"'\\\na", max_size=12))
def test_a_string_ends_where_a_look_at_each_letter_says(quote, rest):
    assert _after_string(quote + rest, 0) == end_of_string(quote + rest, 0)


@pytest.mark.parametrize("text", ["'a'" * 21_000, '"' + '\\"' * 32_000, '"""' + '\\"""' * 16_000, '"a"\n' * 16_000])
def test_no_letter_of_strings_is_looked_at_often(text):
    began = time.process_time()
    scan_problem(text)
    assert time.process_time() - began < 1
