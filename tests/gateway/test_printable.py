from __future__ import annotations

import csv
import io
import json
import unicodedata

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from gateway.printable import MAX_NAMED, cell, figures, json_text, paragraph, printable, shown, some_of

ANY = st.text(st.characters() | st.sampled_from("\x1b\n\r\0\u202e\x9b\x7f;=+-@'\"\t \\[]/,\ud800"), max_size=24)
FORMULA = ("=", "+", "-", "@", "\uff1d", "\uff0b", "\uff0d", "\uff20")


@given(ANY)
@example("anna [/x]")
@example("\x1b[2J\n\0\u202e")
def test_a_printable_text_is_one_line_of_letters_that_are_seen(text):
    found = printable(text)
    assert found.isprintable()
    assert text.isprintable() == (found == text)
    found.encode()


def test_figures_have_separators_and_all_other_texts_are_as_they_were():
    for text, found in (
        ("1234567.50", "1,234,567.50"),
        ("-0.5", "-0.5"),
        ("-1000", "-1,000"),
        ("1e6", "1e6"),
    ):
        assert figures(text) == found
    assert figures("１２３４") == "１２３４"


def test_some_names_say_how_many_more_there_are():
    names = [str(number) for number in range(MAX_NAMED + 2)]
    assert some_of([]) == "none"
    assert some_of(iter(names[:MAX_NAMED])) == ", ".join(names[:MAX_NAMED])
    assert some_of(names) == ", ".join(names[:MAX_NAMED]) + " and 2 more"


def test_what_a_letter_would_do_is_spelled_out():
    assert printable("a\x1b[31m\r\n\0\u202eb\U000e0001") == "a\\x1b[31m\\r\\n\\x00\\u202eb\\U000e0001"


@given(ANY)
def test_of_a_text_with_lines_none_but_the_first_begins_a_line(text):
    first, *rest = paragraph(text).split("\n")
    assert first.isprintable()
    assert all(line.startswith("  ") and line.isprintable() for line in rest)


@given(ANY)
def test_of_a_page_spaces_and_lines_stay(text):
    found = shown(text)
    assert all(letter.isprintable() or letter in "\n\t" or unicodedata.category(letter) == "Zs" for letter in found)
    assert shown("a\n\tb\u202fc\u00a0d") == "a\n\tb\u202fc\u00a0d"


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | ANY,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(ANY, inner, max_size=3),
    max_leaves=8,
)


@given(_JSON, st.sampled_from([None, 1]))
def test_json_means_the_same(value, indent):
    found = json_text(value, indent)
    assert json.loads(found) == value
    assert all(line.isprintable() for line in found.split("\n"))
    assert indent or "\n" not in found


# ── cells ──────────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("figure", ["0", "12", "-12", "12.50", "-0.00000001", "300000.00"])
def test_figures_stay_figures(figure):
    assert cell(figure) == figure


def test_numbers_stay_numbers_and_the_unknown_is_empty():
    assert (cell(-3), cell(0), cell(None), cell("")) == (-3, 0, "", "")


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ('=HYPERLINK("http://x")', '\'=HYPERLINK("http://x")'),
        ("+7 999", "'+7 999"),
        ("-1+1", "'-1+1"),
        ("-", "'-"),
        ("@SUM(A1)", "'@SUM(A1)"),
        ("\t=1", "\\t=1"),
        ("  =1", "'  =1"),
        ('"=1', "'\"=1"),
        ("\uff1d1", "'\uff1d1"),
        ("-1\n", "'-1\\n"),
        ("-\u0661", "'-\u0661"),
        ("anna;=1", "anna;'=1"),
        ("a = b; c - d", "a = b; c - d"),
        ("2026-01-31", "2026-01-31"),
        ("BTC/RUB", "BTC/RUB"),
    ],
)
def test_no_text_is_a_formula(text, found):
    assert cell(text) == found


@given(st.lists(ANY, min_size=1, max_size=4), st.sampled_from(",;\t"))
@example(["a;=1", "b"], ";")
@example(['a";=1', "b"], ";")
def test_no_cell_is_a_formula_however_the_table_is_parted(texts, delimiter):
    """A spreadsheet with a decimal comma parts the cells at semicolons, whatever the table was written with."""
    written = io.StringIO()
    csv.writer(written).writerow([cell(text) for text in texts])
    for row in csv.reader(io.StringIO(written.getvalue(), newline=""), delimiter=delimiter):
        for found in row:
            assert not found.lstrip(" \"'").startswith(FORMULA) or found.lstrip(' "').startswith("'") or _figure(found)


def _figure(text: str) -> bool:
    return text.isascii() and text.removeprefix("-").replace(".", "", 1).isdigit()
