"""Requests with a key twice, which are refused: of two prices nobody can say which was meant.

A decoder keeps the last and says nothing. To look at every key of every request would cost more than to decode it, so what is
compared is a sum. A request is encoded again, without what it need not say. Each key in that encoding was in the payload, and
each value is written there in as few bytes as it can be. So a payload with no more keys than the encoding has none twice:

* JSON without a backslash: keys and values stand in it as they are. Each key brings one colon, and the texts at least those that
  the encoding has. As many colons as there: no key twice.
* MessagePack: a map begins with the number of its keys.

A request that says more than it need (a default, a null) is decoded and encoded without its type, to count again; that finds
exactly those with a key twice. What is left, and whatever holds maps within maps or a backslash, is read key by key.
docs/decisions/no-key-twice.md has the figures.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Final

import msgspec

from gateway.protocol.messages import Admin, AnyRequest, Login, NewBracket, NewOrderPair

_COLON: Final = 0x3A
_BACKSLASH: Final = 0x5C
_NESTED: Final = (Admin, Login, NewOrderPair, NewBracket)
"""Requests with maps in them."""
_LONGEST_SHOWN: Final = 64


class DuplicateKey(msgspec.ValidationError):
    """A key stands twice in one map of a request."""

    def __init__(self, key: object) -> None:
        super().__init__(f"the key {str(key)[:_LONGEST_SHOWN]!r} stands twice")


# ── JSON ───────────────────────────────────────────────────────────────────────────────────────────────────────────


def json_decoder() -> Callable[[bytes], AnyRequest]:
    """A decoder of requests in JSON; it raises what msgspec's does, and `DuplicateKey`. O(bytes)."""
    decode: Callable[[bytes], AnyRequest] = msgspec.json.Decoder(AnyRequest).decode
    decode_all = msgspec.json.Decoder().decode
    encode = msgspec.json.Encoder().encode
    encode_into = msgspec.json.Encoder().encode_into
    written = bytearray()

    def checked(payload: bytes) -> AnyRequest:
        request = decode(payload)
        try:
            encode_into(request, written)
            if len(payload) == len(written):
                # There is no room for a key more, nor for a space.
                return request
            if payload.find(_BACKSLASH) < 0:
                colons = payload.count(_COLON)
                if colons == written.count(_COLON) or colons == encode(decode_all(payload)).count(_COLON):
                    return request
        except OverflowError:
            # An argument of an operator, which will be refused: no encoder takes a number of so many digits.
            pass
        read_json(payload)
        return request

    return checked


def read_json(payload: bytes) -> None:
    """Read JSON that was found sound, key by key. Raises `DuplicateKey`."""
    json.loads(payload.decode("utf-8"), object_pairs_hook=_map_of, parse_int=str, parse_float=str)


def _map_of(pairs: list[tuple[str, object]]) -> None:
    seen: set[str] = set()
    for key, _ in pairs:
        if key in seen:
            raise DuplicateKey(key)
        seen.add(key)


# ── MessagePack ────────────────────────────────────────────────────────────────────────────────────────────────────

# The first byte of a map: of up to 15 keys, with their number in it; of more, before two or four bytes of it.
_FEW_KEYS: Final = 0x80
_TWO_BYTE_COUNT: Final = 0xDE
_FOUR_BYTE_COUNT: Final = 0xDF


def msgpack_decoder() -> Callable[[bytes], AnyRequest]:
    """A decoder of requests in MessagePack; it raises what msgspec's does, and `DuplicateKey`. O(bytes)."""
    decode: Callable[[bytes], AnyRequest] = msgspec.msgpack.Decoder(AnyRequest).decode
    decode_all = msgspec.msgpack.Decoder().decode
    encode_into = msgspec.msgpack.Encoder().encode_into
    written = bytearray()

    def checked(payload: bytes) -> AnyRequest:
        request = decode(payload)
        if type(request) not in _NESTED:
            keys = _keys(payload)
            encode_into(request, written)
            if keys == _keys(written) or keys == len(decode_all(payload)):
                return request
        Walk(payload).value()
        return request

    return checked


def _keys(encoded: bytes | bytearray) -> int:
    """How many keys a map says it has. An encoder writes it in two bytes, however few they are, where one may be left out."""
    first = encoded[0]
    if first == _TWO_BYTE_COUNT:
        return encoded[1] << 8 | encoded[2]
    if first == _FOUR_BYTE_COUNT:
        return int.from_bytes(encoded[1:5], "big")
    return first - _FEW_KEYS


# How many bytes follow a first byte from 0xC0 on: of a plain value; and of a length or number, times what each stands for.
_PLAIN: Final = {0xC0: 0, 0xC2: 0, 0xC3: 0, 0xCA: 4, 0xCB: 8}
_PLAIN_INTEGERS: Final = {0xCC: 1, 0xCD: 2, 0xCE: 4, 0xCF: 8, 0xD0: 1, 0xD1: 2, 0xD2: 4, 0xD3: 8}
_SIZED: Final = {0xD9: 1, 0xDA: 2, 0xDB: 4, 0xC4: 1, 0xC5: 2, 0xC6: 4}
_ARRAYS: Final = {0xDC: 2, 0xDD: 4}
_MAPS: Final = {0xDE: 2, 0xDF: 4}


class Walk:
    """Goes through MessagePack that was found sound, key by key."""

    def __init__(self, payload: bytes) -> None:
        self._payload: Final = payload
        self._at = 0

    def value(self) -> bytes:
        """Pass a value; returns the bytes of a text or number, to tell keys apart. Raises `DuplicateKey`. O(bytes)."""
        first = self._number(1)
        begin = self._at
        if first < _FEW_KEYS or first >= 0xE0:
            return bytes((first,))
        if first < 0x90:
            self._map(first & 0x0F)
        elif first < 0xA0:
            self._array(first & 0x0F)
        elif first < 0xC0:
            self._at += first & 0x1F
        elif first in _SIZED:
            size = self._number(_SIZED[first])
            begin = self._at
            self._at += size
        elif first in _ARRAYS:
            self._array(self._number(_ARRAYS[first]))
        elif first in _MAPS:
            self._map(self._number(_MAPS[first]))
        else:
            self._at += _PLAIN[first] if first in _PLAIN else _PLAIN_INTEGERS[first]
        return self._payload[begin : self._at]

    def _number(self, size: int) -> int:
        begin, self._at = self._at, self._at + size
        return int.from_bytes(self._payload[begin : self._at], "big")

    def _array(self, count: int) -> None:
        for _ in range(count):
            self.value()

    def _map(self, count: int) -> None:
        seen: set[bytes] = set()
        for _ in range(count):
            key = self.value()
            if key in seen:
                raise DuplicateKey(key.decode("utf-8", "replace"))
            seen.add(key)
            self.value()
