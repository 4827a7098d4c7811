"""`KEY=VALUE`, as people type it: one parser for all commands that take it, and one way in which each wrong one is refused."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Final

import msgspec

from engine.vocabulary.limits import NS_PER_SECOND
from gateway.control.names import ControlError
from gateway.near import near
from gateway.protocol.messages import Argument
from gateway.session.moments import parse_length

_PPM: Final = re.compile(r"-?[0-9]{1,9}", re.ASCII)
_WIDTH: Final = re.compile(r"[0-9]{1,9}", re.ASCII)
_WHOLE: Final = re.compile(r"[0-9]{1,18}", re.ASCII)
_DECIMAL: Final = re.compile(r"[0-9]{1,30}(\.[0-9]{1,18})?", re.ASCII)
_LENGTH: Final = re.compile(r"([0-9]{1,6}(\.[0-9]{1,9}[smh]|\.[0-9]{1,6}0{0,3}ms|ms|[smh])){1,4}", re.ASCII)
"""Nothing shorter than a nanosecond is in it."""
FLAGS: Final = {"true": True, "false": False}


class Key(msgspec.Struct, frozen=True):
    """What may be given under one key."""

    read: Callable[[str, str], Argument]
    """Of the key and what was typed behind it the argument. Raises `ControlError` if it is no such value."""
    argument: str = ""
    """What the command calls it; empty: as the key."""


Keys = Mapping[str, Key]


class Given(msgspec.Struct, frozen=True):
    """What was given, read."""

    arguments: dict[str, Argument]
    """By what the command calls each."""
    said: str
    """As it was typed, in one line."""


NOTHING: Final = Given({}, "")


def parse(given: Sequence[str], keys: Keys, needed: Sequence[str] = (), *, hides: bool = False) -> Given:
    """Read what somebody typed.

    Args:
        given: each `KEY=VALUE`.
        keys: what may be given.
        needed: what must be.
        hides: what was typed is about people, and is not repeated.

    Raises:
        ControlError: one has no `=`, an unknown key, a key that is there already, or a wrong value; or one that is needed is not there.
    """
    found: dict[str, Argument] = {}
    seen: set[str] = set()
    for text in given:
        key, equals, value = text.partition("=")
        if not equals:
            shown = "what was given" if hides else repr(text)
            raise ControlError(f"{shown} has no =: write KEY=VALUE, with KEY one of {', '.join(keys)}")
        if key not in keys:
            alike = near(key, keys)
            if alike:
                raise ControlError(
                    f"no key is called {key!r}; did you mean {alike[0]}? KEY is one of {', '.join(keys)}"
                )
            raise ControlError(f"no key is called {key!r}: KEY is one of {', '.join(keys)}")
        if key in seen:
            raise ControlError(f"{key} is given twice: give it once")
        seen.add(key)
        found[keys[key].argument or key] = keys[key].read(key, value)
    lacking = [key for key in needed if key not in seen]
    if lacking:
        raise ControlError(f"give {', '.join(lacking)} too, each as KEY=VALUE")
    return Given(found, ", ".join(given))


# ── values ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def ppm(key: str, text: str) -> int:
    """Millionths, below zero too."""
    if not _PPM.fullmatch(text):
        raise ControlError(f"{key} is a whole number of millionths, not {text!r}")
    return int(text)


def width_ppm(key: str, text: str) -> int:
    """A width in millionths of a price; 0: none."""
    if not _WIDTH.fullmatch(text):
        raise ControlError(f"{key} is a whole number of millionths, 0 for none, not {text!r}")
    return int(text)


def whole(key: str, text: str) -> int:
    """A whole number, 0 or above."""
    if not _WHOLE.fullmatch(text):
        raise ControlError(f"{key} is a whole number, not {text!r}")
    return int(text)


def decimal(key: str, text: str) -> str:
    """A decimal number, 0 or above, as it was typed."""
    if not _DECIMAL.fullmatch(text):
        raise ControlError(f"{key} is a decimal number, not {text!r}")
    return text


def length_ns(key: str, text: str) -> int:
    """A length of time in nanoseconds, exact: what is shorter than one is refused."""
    if text == "0":
        return 0
    length = parse_length(text) if _LENGTH.fullmatch(text) else None
    if length is None:
        raise ControlError(f"{key} is a length of time, such as 500ms, 30s, 2m or 1h, or 0, not {text!r}")
    return length


def length_said(length: int) -> str:
    """A length of time, given in nanoseconds, as people type it: 30m, 1h30m, 45s."""
    parts = []
    for unit, unit_ns in (("h", 3_600 * NS_PER_SECOND), ("m", 60 * NS_PER_SECOND)):
        count, length = divmod(length, unit_ns)
        parts += [f"{count}{unit}"] if count else []
    return "".join([*parts, *([f"{length / NS_PER_SECOND:g}s"] if length or not parts else [])])


def flag(key: str, text: str) -> bool:
    """True or false."""
    if text not in FLAGS:
        raise ControlError(f"{key} is true or false, not {text!r}")
    return FLAGS[text]


def any_text(key: str, text: str) -> str:
    """A text: whether it fits, the venue knows."""
    return text


def one_of(choices: Sequence[str]) -> Callable[[str, str], Argument]:
    """What reads one of some names."""

    def read(key: str, text: str) -> Argument:
        if text not in choices:
            raise ControlError(f"{key} is one of {', '.join(choices)}, not {text!r}")
        return text

    return read
