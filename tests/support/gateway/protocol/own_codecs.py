"""JSON and MessagePack written in all the ways that are allowed, keys twice among them; and slow readers that find those."""

from __future__ import annotations

import json
import random
import struct
from typing import Any


class Pairs(list[tuple[Any, Any]]):
    """A map as it is written: keys may come twice."""


def pairs_of(value: Any) -> Any:
    """A value, and all in it, with every map as `Pairs`."""
    if isinstance(value, dict):
        return Pairs((key, pairs_of(each)) for key, each in value.items())
    return [pairs_of(each) for each in value] if isinstance(value, list) else value


def maps_in(value: Any) -> list[Pairs]:
    """All maps of a value, itself first."""
    if isinstance(value, Pairs):
        return [value, *(found for _, each in value for found in maps_in(each))]
    return [found for each in value for found in maps_in(each)] if isinstance(value, list) else []


# ── JSON ───────────────────────────────────────────────────────────────────────────────────────────────────────────


def json_in_some_way(value: Any, chance: random.Random) -> str:
    """A value as JSON, with spaces and escapes as chance has it."""
    way = chance.choice(["", "", " ", "\n\t "])
    escaping = chance.choice([0.0, 0.0, 0.1])
    return _json(value, chance, way, escaping)


def _json(value: Any, chance: random.Random, way: str, escaping: float) -> str:
    def space() -> str:
        return way if chance.random() < 0.7 else ""

    if isinstance(value, Pairs):
        parts = [
            f"{space()}{_text(key, chance, escaping)}{space()}:{space()}{_json(each, chance, way, escaping)}{space()}"
            for key, each in value
        ]
        return "{" + ",".join(parts) + "}"
    if isinstance(value, list):
        return "[" + ",".join(space() + _json(each, chance, way, escaping) for each in value) + space() + "]"
    return _text(value, chance, escaping) if isinstance(value, str) else json.dumps(value)


def _text(text: str, chance: random.Random, escaping: float) -> str:
    letters = [f"\\u{ord(letter):04x}" if chance.random() < escaping else letter for letter in text]
    return '"' + "".join(letters) + '"'


def has_key_twice_json(payload: bytes) -> bool:
    """Whether a map of some JSON has a key twice, by the standard library."""
    found = False

    def look(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        nonlocal found
        found |= len(dict(pairs)) != len(pairs)
        return dict(pairs)

    json.loads(payload, object_pairs_hook=look)
    return found


# ── MessagePack ────────────────────────────────────────────────────────────────────────────────────────────────────

# Of each kind of value, what it may begin with, the format of its size or of itself, and the most that fits.
_MAPS = [(0x80, "", 15), (0xDE, ">H", 2**16 - 1), (0xDF, ">I", 2**32 - 1)]
_ARRAYS = [(0x90, "", 15), (0xDC, ">H", 2**16 - 1), (0xDD, ">I", 2**32 - 1)]
_TEXTS = [(0xA0, "", 31), (0xD9, ">B", 2**8 - 1), (0xDA, ">H", 2**16 - 1), (0xDB, ">I", 2**32 - 1)]
_INTEGERS = [
    (0x00, "", 127), (0xCC, ">B", 2**8 - 1), (0xCD, ">H", 2**16 - 1), (0xCE, ">I", 2**32 - 1), (0xCF, ">Q", 2**64 - 1),
    (0xD0, ">b", 2**7 - 1), (0xD1, ">h", 2**15 - 1), (0xD2, ">i", 2**31 - 1), (0xD3, ">q", 2**63 - 1),
]  # fmt: skip


def msgpack_in_some_way(value: Any, chance: random.Random) -> bytes:
    """A value as MessagePack, in the shortest way or in any that holds it, as chance has it."""
    return _msgpack(value, chance, chance.choice([0.0, 0.0, 0.1]))


def _msgpack(value: Any, chance: random.Random, longer: float) -> bytes:
    def head(ways: list[tuple[int, str, int]], number: int) -> bytes:
        able = [way for way in ways if number <= way[2]]
        first, form, _ = chance.choice(able) if chance.random() < longer else able[0]
        return bytes((first,)) + struct.pack(form, number) if form else bytes((first | number,))

    if isinstance(value, Pairs):
        inner = (_msgpack(each, chance, longer) for pair in value for each in pair)
        return head(_MAPS, len(value)) + b"".join(inner)
    if isinstance(value, list):
        return head(_ARRAYS, len(value)) + b"".join(_msgpack(each, chance, longer) for each in value)
    if isinstance(value, str):
        return head(_TEXTS, len(value.encode())) + value.encode()
    if isinstance(value, bool) or value is None:
        return {None: b"\xc0", False: b"\xc2", True: b"\xc3"}[value]
    return head(_INTEGERS, value)


def has_key_twice_msgpack(payload: bytes) -> bool:
    """Whether a map of some MessagePack, of the kinds of values that requests have, has a key twice."""
    value, rest = _read(payload)
    assert rest == b""
    return any(len({key for key, _ in found}) != len(found) for found in maps_in(value))


def _read(data: bytes) -> tuple[Any, bytes]:
    first, rest = data[0], data[1:]
    if first in (0xC0, 0xC2, 0xC3):
        return {0xC0: None, 0xC2: False, 0xC3: True}[first], rest
    for ways, fixed in ((_MAPS, 0xF0), (_ARRAYS, 0xF0), (_TEXTS, 0xE0), (_INTEGERS, 0x80)):
        for begin, form, _ in ways:
            if form and first == begin:
                size = struct.calcsize(form)
                return _content(ways, struct.unpack(form, rest[:size])[0], rest[size:])
            if not form and first & fixed == begin:
                return _content(ways, first & ~fixed & 0xFF, rest)
    raise AssertionError(f"no request has {first:#x}")


def _content(ways: list[tuple[int, str, int]], number: int, rest: bytes) -> tuple[Any, bytes]:
    if ways is _INTEGERS:
        return number, rest
    if ways is _TEXTS:
        return rest[:number].decode(), rest[number:]
    found: Any = Pairs() if ways is _MAPS else []
    for _ in range(number):
        value, rest = _read(rest)
        if ways is _MAPS:
            inner, rest = _read(rest)
            value = (value, inner)
        found.append(value)
    return found, rest
