"""The wire: two codecs for the same messages, and strict decimals."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from functools import cache
from typing import Any, Final, get_args

import msgspec

from engine.vocabulary.limits import DECIMALS, MAX_E8
from gateway.protocol.duplicates import json_decoder, msgpack_decoder
from gateway.protocol.messages import AnyRequest, Message
from gateway.protocol.requests import OnlyId

TEXT: Final = 1
BINARY: Final = 2
"""Opcodes of data frames, RFC 6455 section 5.2."""

_FIN: Final = 0x80
_TWO_BYTES: Final = 126
_EIGHT_BYTES: Final = 127
# Longer headers are made when needed; almost every message is shorter.
_CACHED_HEADERS: Final = 4_096
# Distinct decimals remembered: prices and quantities repeat. Beyond that the memory starts again.
_CACHED_DECIMALS: Final = 65_536


class Malformed(ValueError):
    """A request that says what can't be meant; the message says what is wrong with it."""


UNDECODABLE: Final = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)
"""What `Codec.decode` raises for bytes that are no request, whatever they are."""


_MAX_FAULT_CHARS: Final = 160
"""A decoder's own words repeat at most this much of a request."""
_OF_TYPE: Final = ("at `$.type`", "field `type`")
_OF_CURSOR: Final = "at `$.cursor`"
_NO_TEXT: Final = "Expected `str"
_A_NUMBER: Final = re.compile("got `(?:float|int)`")
_NO_SUCH_WORD: Final = re.compile(r"^Invalid enum .* - at `\$[^`]*?\.(\w+)(?:\[\d+\])?`$", re.DOTALL)
_TYPES: Final = ", ".join(str(kind.__struct_config__.tag) for kind in get_args(AnyRequest))


def complaint(error: Exception) -> str:
    """What is wrong with a payload, of which decoding raised one of `UNDECODABLE`; of an unknown type or word, which there are."""
    text = str(error)
    if text.endswith(_OF_TYPE):
        return f"{text[:_MAX_FAULT_CHARS]}; known types: {_TYPES}"
    if (field := _NO_SUCH_WORD.match(text)) and field[1] in _words():
        return f"{text[:_MAX_FAULT_CHARS]}; expected one of {', '.join(_words()[field[1]])}"
    if text.endswith(_OF_CURSOR):
        return "cursor: give that of the page before, as it came"
    if text.startswith(_NO_TEXT) and _A_NUMBER.search(text):
        return f"{text}; write it in quotes"
    return text


@cache
def _words() -> dict[str, list[str]]:
    """Of each field of requests that has a choice, what may stand there, sorted; a name means the same in all of them."""
    found: dict[str, set[str]] = {}

    def note(kind: msgspec.inspect.Type, field: str) -> None:
        match kind:
            case msgspec.inspect.StructType():
                for each in kind.fields:
                    note(each.type, each.encode_name)
            case msgspec.inspect.UnionType():
                for part in kind.types:
                    note(part, field)
            case msgspec.inspect.ListType():
                note(kind.item_type, field)
            case msgspec.inspect.BoolType():
                found.setdefault(field, set()).update(("true", "false"))
            case msgspec.inspect.LiteralType():
                found.setdefault(field, set()).update(map(str, kind.values))
            case msgspec.inspect.EnumType():
                found.setdefault(field, set()).update(str(word.value) for word in kind.cls)
            case _:
                pass

    for request in get_args(AnyRequest):
        note(msgspec.inspect.type_info(request), "")
    return {field: sorted(words) for field, words in found.items()}


def frame_header(opcode: int, size: int) -> bytes:
    """The header of an unmasked, final WebSocket frame with a payload of `size` bytes (RFC 6455 section 5.2)."""
    first = _FIN | opcode
    if size < _TWO_BYTES:
        return bytes((first, size))
    if size < 1 << 16:
        return bytes((first, _TWO_BYTES)) + size.to_bytes(2, "big")
    return bytes((first, _EIGHT_BYTES)) + size.to_bytes(8, "big")


def payload_of(frame: bytes) -> bytes:
    """What is in an unmasked frame, as `Codec.frame` makes them."""
    length = frame[1]
    return frame[2 if length < _TWO_BYTES else 4 if length == _TWO_BYTES else 10 :]


class Codec:
    """One subprotocol: how messages become payloads, and requests come out of them."""

    def __init__(
        self,
        name: str,
        opcode: int,
        decode: Callable[[bytes], AnyRequest],
        decode_id: Callable[[bytes], OnlyId],
        encode: Callable[[object], bytes],
    ) -> None:
        self.name: Final = name
        """The WebSocket subprotocol."""
        self.opcode: Final = opcode
        """Of the frames it travels in."""
        self.is_text: Final = opcode == TEXT
        self.decode: Final = decode
        """Raises one of `UNDECODABLE`."""
        self.encode: Final = encode
        self._decode_id: Final = decode_id
        self._headers: Final = tuple(frame_header(opcode, size) for size in range(_CACHED_HEADERS))

    def frame(self, message: Message) -> bytes:
        """A message as a whole WebSocket frame."""
        return self.framed(self.encode(message))

    def framed(self, payload: bytes) -> bytes:
        """An encoded message as a whole WebSocket frame."""
        size = len(payload)
        return (self._headers[size] if size < _CACHED_HEADERS else frame_header(self.opcode, size)) + payload

    def find_id(self, payload: bytes) -> int | None:
        """The `id` of a request that can't be decoded otherwise, if it has a proper one."""
        try:
            return self._decode_id(payload).id
        except UNDECODABLE:
            return None


JSON: Final = Codec(
    "sbx.v1.json",
    TEXT,
    json_decoder(),
    msgspec.json.Decoder(OnlyId).decode,
    msgspec.json.Encoder().encode,
)
MSGPACK: Final = Codec(
    "sbx.v1.msgpack",
    BINARY,
    msgpack_decoder(),
    msgspec.msgpack.Decoder(OnlyId).decode,
    msgspec.msgpack.Encoder().encode,
)
CODECS: Final = {codec.name: codec for codec in (JSON, MSGPACK)}


# The first byte of a MessagePack array: of up to 15 elements, with their number in it; of more, before two or four bytes of it.
_FEW: Final = 0x90
_TWO_BYTE_COUNT: Final = 0xDC
_FOUR_BYTE_COUNT: Final = 0xDD
_MOST_FEW: Final = 15


class Rows:
    """An array that is encoded as its elements come, so that no moment has to encode all of a long one."""

    def __init__(self, codec: Codec) -> None:
        self._codec: Final = codec
        self._is_text: Final = codec.is_text
        self._parts: Final[list[bytes]] = []
        self._count = 0

    def add(self, elements: Sequence[object]) -> None:
        """Put elements at the end; at least one. O(elements)."""
        encoded = self._codec.encode(elements)
        # Without what makes them an array by themselves.
        self._parts.append(encoded[1:-1] if self._is_text else encoded[len(_array_header(len(elements))) :])
        self._count += len(elements)

    def whole(self) -> Any:
        """The array, to stand in a message of the same codec. O(bytes)."""
        if self._is_text:
            return msgspec.Raw(b"[" + b",".join(self._parts) + b"]")
        return msgspec.Raw(_array_header(self._count) + b"".join(self._parts))


def _array_header(count: int) -> bytes:
    """What a MessagePack array of so many elements begins with."""
    if count <= _MOST_FEW:
        return bytes((_FEW | count,))
    if count < 1 << 16:
        return bytes((_TWO_BYTE_COUNT,)) + count.to_bytes(2, "big")
    return bytes((_FOUR_BYTE_COUNT,)) + count.to_bytes(4, "big")


# ── decimals ───────────────────────────────────────────────────────────────────────────────────────────────────────


def parse_amount(text: str, scale: int, most: int = MAX_E8) -> int:
    """Read a decimal as an integer of 10**-scale.

    Args:
        text: ASCII digits with at most one dot, which has digits on both sides. No sign, no exponent, nothing else.
        scale: the most decimals it may have.
        most: the largest result.

    Raises:
        Malformed: it is no such decimal, has more decimals, or is larger.
    """
    whole, dot, fraction = text.partition(".")
    digits = whole + fraction
    # isdigit alone would take the digits of other scripts and superscripts.
    if not whole or (dot and not fraction) or not digits.isascii() or not digits.isdigit():
        raise Malformed('not a decimal: write digits and at most one point, as in "250.50"')
    if len(fraction) > scale:
        raise Malformed(f"more than {scale} decimals")
    value: int = int(digits) * 10 ** (scale - len(fraction))
    if value > most:
        raise Malformed(f"larger than {most // 10**scale}")
    return value


class _Parsed(dict[str, int]):
    """What was read before: to keep an order of use beside it would take longer than to read some of them again."""

    def __missing__(self, text: str) -> int:
        value = parse_amount(text, DECIMALS)
        if len(self) >= _CACHED_DECIMALS:
            self.clear()
        self[text] = value
        return value


_PARSED: Final = _Parsed()


def parse_e8(text: str) -> int:
    """Read a decimal of at most 8 decimals and at most `MAX_E8` as an integer scaled by 10**8; see `parse_amount`."""
    return _PARSED[text]


def field_e8(field: str, text: str) -> int:
    """`parse_e8` of a field of a request, which must be above zero; names the field where it fails."""
    try:
        value = parse_e8(text)
    except Malformed as error:
        raise Malformed(f"{field}: {error}") from error
    if not value:
        raise Malformed(f"{field}: must be above zero")
    return value
