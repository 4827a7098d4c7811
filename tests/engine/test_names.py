"""Which characters a name may have: a table of ours, the same under every Python."""

from __future__ import annotations

import sys
import unicodedata

from engine.vocabulary.names import is_printable


def test_what_can_be_seen_is_printable_and_what_hides_is_not():
    for name in ("anna.main", "Анна", "BTC/RUB", "société générale", "東京", "naïve 7", "🙂"):
        assert is_printable(name)
    for code in (
        0,
        9,
        10,
        0x7F,
        0x85,
        0xA0,
        0xAD,
        0x200B,
        0x202E,
        0x2028,
        0x2066,
        0x3000,
        0xD800,
        0xE000,
        0xFEFF,
        0xFFFE,
        0x10FFFF,
    ):
        assert not is_printable(f"a{chr(code)}b"), hex(code)


def test_it_agrees_with_the_interpreter_but_for_what_no_version_has_assigned():
    differing = [
        code
        for code in range(sys.maxunicode + 1)
        if is_printable(chr(code)) != chr(code).isprintable() and unicodedata.category(chr(code)) != "Cn"
    ]
    # Variation selectors show nothing by themselves; the interpreter takes them.
    assert set(differing) <= {*range(0xFE00, 0xFE10), *range(0xFFF0, 0x10000), *range(0xE0100, 0xE01F0)}, [
        hex(code) for code in differing[:20]
    ]
