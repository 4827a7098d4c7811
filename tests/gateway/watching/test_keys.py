"""Keys as terminals send them."""

from __future__ import annotations

import pytest

from gateway.watching.keys import Keys


@pytest.mark.parametrize(
    ("data", "names"),
    [
        (b" .+g\r", [" ", ".", "+", "g", "enter"]),
        (b"\x1b[A\x1b[B\x1bOC\x1bOD", ["up", "down", "right", "left"]),
        (b"\x1b", ["escape"]),
        (b"\x7f\x08\x03\x04", ["backspace", "backspace", "stop", "stop"]),
        # Keys that have no name here: F5, Home, Page up, Control-A, and what terminals report of themselves.
        (b"\x1b[15~\x1b[H\x1b[5~\x01\x1b[2;1R", []),
        ("12:00 ж".encode(), ["1", "2", ":", "0", "0", " ", "ж"]),
        (b"\xff", ["\N{REPLACEMENT CHARACTER}"]),
    ],
)
def test_bytes_are_keys(data: bytes, names: list[str]) -> None:
    assert Keys().feed(data) == names


def test_a_letter_may_come_in_two_parts() -> None:
    keys = Keys()
    assert keys.feed("ж".encode()[:1]) == []
    assert keys.feed("ж".encode()[1:]) == ["ж"]
