"""Texts as Markdown: nothing is lost, lines and paragraphs are short, code and links stay whole."""

from __future__ import annotations

import re

from hypothesis import given
from hypothesis import strategies as st

from gateway.markdown import LONGEST_LINE, LONGEST_PARAGRAPH, prose

WORDS = st.sampled_from(
    ["a", "rule", "The", "cap", "of", "`a b`", "[a page](b.md)", "end.", "End.", "kopecks,", "x" * 30]
)


def test_a_short_text_is_a_line() -> None:
    assert list(prose("One cap. Two caps.", "* ", "  ")) == ["* One cap. Two caps."]
    assert list(prose("")) == [""]


def test_a_long_item_goes_on_below_itself() -> None:
    sentence = f"{'A' * 20} {' '.join(['word'] * 29)}."
    lines = list(prose(" ".join([sentence] * 3), "* ", "  "))
    assert lines[0].startswith("* A") and lines.count("") == 1
    assert all(line.startswith("  ") for line in lines[1:] if line)
    assert max(map(len, lines)) <= LONGEST_LINE


def test_code_and_links_stay_whole() -> None:
    text = f"{'word ' * 20}`{'code ' * 10}` and [{'text ' * 5}](page.md#part)"
    lines = list(prose(text))
    assert len(lines) > 1
    assert all(line.count("`") % 2 == 0 and line.count("[") == line.count("](") for line in lines)


@given(st.lists(WORDS, min_size=1, max_size=300))
def test_nothing_is_lost_and_no_line_is_long(words: list[str]) -> None:
    lines = list(prose(" ".join(words), "* ", "  "))
    assert " ".join(lines).split()[1:] == " ".join(words).split()
    assert max(map(len, lines)) <= LONGEST_LINE
    for paragraph in "\n".join(lines).split("\n\n"):
        text = " ".join(paragraph.removeprefix("* ").split())
        assert len(text.split()) <= LONGEST_PARAGRAPH or re.search(r"[.] [A-Z`\[]", text) is None


def test_a_text_is_parted_evenly() -> None:
    sentence = f"One {'word ' * 8}more."
    sizes = [len(part.split()) for part in "\n".join(prose(" ".join([sentence] * 13))).split("\n\n")]
    assert sum(sizes) == 130 and len(sizes) == 3 and min(sizes) >= 40
