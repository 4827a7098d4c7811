"""Texts as Markdown for people: short lines, and paragraphs that end before one is tired."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

LONGEST_LINE: Final = 118
"""Characters."""
LONGEST_PARAGRAPH: Final = 60
"""Words."""

_WHOLE: Final = re.compile(r"`[^`]*`|\[[^\]]*\]\([^)]*\)")
"""What no line may end in: code, and a link."""
_LINKED: Final = re.compile(r"\]\([^)]*\)")
"""Where a link leads: no words of the text."""
_BETWEEN_SENTENCES: Final = re.compile(r"(?:(?<=[.!?])|(?<=[.!?][)`]))\s+(?=[\"«A-ZА-ЯЁ`\[*(])")


def prose(text: str, first: str = "", rest: str = "") -> Iterator[str]:
    """Lines of a text, parted into paragraphs at the ends of sentences where it is long.

    `first` is put before the first line, as `* ` of an item of a list, and `rest` before all others. A sentence longer than a
    paragraph may be stays one.
    """
    start = first
    for number, paragraph in enumerate(_paragraphs(text)):
        if number:
            yield ""
        line = start
        start = rest
        for word in _words(paragraph):
            if line.strip() and line != first and len(line) + 1 + len(word) > LONGEST_LINE:
                yield line.rstrip()
                line = rest
            line += word if line in (first, rest) else f" {word}"
        yield line


def _paragraphs(text: str) -> list[str]:
    """Sentences together, as many as a paragraph may have words, about as many in each."""
    sentences = _BETWEEN_SENTENCES.split(" ".join(text.split()))
    sizes = [len(_LINKED.sub("]", sentence).split()) for sentence in sentences]
    parts = -(-sum(sizes) // LONGEST_PARAGRAPH)
    wanted = sum(sizes) / parts if parts else 0
    found: list[str] = []
    done = size = 0
    for sentence, words in zip(sentences, sizes, strict=True):
        is_full = size + words > LONGEST_PARAGRAPH or done + size + words / 2 > wanted * len(found)
        if not found or (size and is_full):
            done += size
            size = 0
            found.append(sentence)
        else:
            found[-1] += f" {sentence}"
        size += words
    return found


def _words(text: str) -> list[str]:
    """What a line is made of: words, and what stays whole."""
    whole: list[str] = []

    def keep(found: re.Match[str]) -> str:
        whole.append(found[0])
        return f"\0{len(whole) - 1}\1"

    parts = _WHOLE.sub(keep, text).split()
    return [re.sub("\0(\\d+)\1", lambda found: whole[int(found[1])], part) for part in parts]
