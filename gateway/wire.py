"""The wire: two codecs for the same messages, strict decimals, and requests as commands of the core."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import Any, Final

import msgspec

from engine import commands
from engine.codes import ORDER_TYPES, SIDES, TIMES_IN_FORCE
from engine.limits import DECIMALS, MAX_E8
from gateway.messages import AmendOrder, AnyRequest, CancelOrder, MassCancel, Message, NewOrder, RequestId

TEXT: Final = 1
BINARY: Final = 2
"""Opcodes of data frames, RFC 6455 section 5.2."""

_FIN: Final = 0x80
_TWO_BYTES: Final = 126
_EIGHT_BYTES: Final = 127
# Longer headers are made when needed; almost every message is shorter.
_CACHED_HEADERS: Final = 4_096
# Distinct decimals remembered: prices and quantities repeat.
_CACHED_DECIMALS: Final = 65_536

_SIDES: Final = {name: code for code, name in enumerate(SIDES)}
_ORDER_TYPES: Final = {name: code for code, name in enumerate(ORDER_TYPES)}
_TIMES_IN_FORCE: Final = {name: code for code, name in enumerate(TIMES_IN_FORCE)}


class Malformed(ValueError):
    """A request that says what can't be meant; the message says what is wrong with it."""


class _OnlyId(msgspec.Struct):
    """What can be found in a request that is wrong otherwise."""

    id: RequestId | None = None


UNDECODABLE: Final = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)
"""What `Codec.decode` raises for bytes that are no request, whatever they are."""


def frame_header(opcode: int, size: int) -> bytes:
    """The header of an unmasked, final WebSocket frame with a payload of `size` bytes (RFC 6455 section 5.2)."""
    first = _FIN | opcode
    if size < _TWO_BYTES:
        return bytes((first, size))
    if size < 1 << 16:
        return bytes((first, _TWO_BYTES)) + size.to_bytes(2, "big")
    return bytes((first, _EIGHT_BYTES)) + size.to_bytes(8, "big")


class Codec:
    """One subprotocol: how messages become payloads, and requests come out of them."""

    def __init__(
        self,
        name: str,
        opcode: int,
        decode: Callable[[bytes], AnyRequest],
        decode_id: Callable[[bytes], _OnlyId],
        encode: Callable[[Message], bytes],
    ) -> None:
        self.name: Final = name
        """The WebSocket subprotocol."""
        self.opcode: Final = opcode
        """Of the frames it travels in."""
        self.decode: Final = decode
        """Raises one of `UNDECODABLE`."""
        self.encode: Final = encode
        self._decode_id: Final = decode_id
        self._headers: Final = tuple(frame_header(opcode, size) for size in range(_CACHED_HEADERS))

    def frame(self, message: Message) -> bytes:
        """A message as a whole WebSocket frame."""
        payload = self.encode(message)
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
    msgspec.json.Decoder(AnyRequest).decode,
    msgspec.json.Decoder(_OnlyId).decode,
    msgspec.json.Encoder().encode,
)
MSGPACK: Final = Codec(
    "sbx.v1.msgpack",
    BINARY,
    msgspec.msgpack.Decoder(AnyRequest).decode,
    msgspec.msgpack.Decoder(_OnlyId).decode,
    msgspec.msgpack.Encoder().encode,
)
CODECS: Final = {codec.name: codec for codec in (JSON, MSGPACK)}


class Outlet:
    """Where frames for one connection wait until the end of the turn, when all of them leave in one write."""

    def __init__(self, codec: Codec) -> None:
        self.codec: Final = codec
        self.frames: Final[list[bytes]] = []


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
        raise Malformed('not a decimal: write digits and at most one point, as in "1250.50"')
    if len(fraction) > scale:
        raise Malformed(f"more than {scale} decimals")
    value: int = int(digits) * 10 ** (scale - len(fraction))
    if value > most:
        raise Malformed(f"larger than {most // 10**scale}")
    return value


@lru_cache(maxsize=_CACHED_DECIMALS)
def parse_e8(text: str) -> int:
    """Read a decimal of at most 8 decimals and at most `MAX_E8` as an integer scaled by 10**8; see `parse_amount`."""
    return parse_amount(text, DECIMALS)


def _field_e8(field: str, text: str) -> int:
    """`parse_e8` of a field of a request, which must be above zero; names the field where it fails."""
    try:
        value = parse_e8(text)
    except Malformed as error:
        raise Malformed(f"{field}: {error}") from error
    if not value:
        raise Malformed(f"{field}: must be above zero")
    return value


# ── requests as commands ───────────────────────────────────────────────────────────────────────────────────────────


def _cancel_order(request: CancelOrder, participant: str) -> commands.CancelOrder:
    order_id, client_order_id = _which(request.order_id, request.client_order_id)
    return commands.CancelOrder(participant, request.account, order_id, client_order_id)


def _mass_cancel(request: MassCancel, participant: str) -> commands.MassCancel:
    side = -1 if request.side is None else _SIDES[request.side]
    return commands.MassCancel(participant, request.account, request.instrument or "", side)


def _new_order(request: NewOrder, participant: str) -> commands.NewOrder:
    price = request.price
    if request.order_type == "limit":
        if price is None:
            raise Malformed("price: a limit order needs one")
        price_e8 = _field_e8("price", price)
    elif price is not None:
        raise Malformed("price: a market order must not have one")
    else:
        price_e8 = 0
    return commands.NewOrder(
        participant,
        request.account,
        request.client_order_id,
        request.instrument,
        _SIDES[request.side],
        _ORDER_TYPES[request.order_type],
        _TIMES_IN_FORCE[request.time_in_force],
        price_e8,
        _field_e8("quantity", request.quantity),
        request.post_only,
    )


def _amend_order(request: AmendOrder, participant: str) -> commands.AmendOrder:
    order_id, client_order_id = _which(request.order_id, request.client_order_id)
    if request.price is None and request.quantity is None:
        raise Malformed("an amend must give a price or a quantity")
    return commands.AmendOrder(
        participant,
        request.account,
        order_id,
        client_order_id,
        0 if request.price is None else _field_e8("price", request.price),
        0 if request.quantity is None else _field_e8("quantity", request.quantity),
    )


def _which(order_id: int | None, client_order_id: str | None) -> tuple[int, str]:
    """The one id by which an order is named, in the form of the commands."""
    if (order_id is None) == (client_order_id is None):
        raise Malformed("name the order by order_id or by client_order_id: one of the two")
    if order_id is None:
        return 0, client_order_id or ""
    if not order_id:
        raise Malformed("order_id: must be above zero")
    return order_id, ""


TRANSLATE: Final[dict[type[AnyRequest], Callable[[Any, str], commands.AnyCommand]]] = {
    NewOrder: _new_order,
    AmendOrder: _amend_order,
    CancelOrder: _cancel_order,
    MassCancel: _mass_cancel,
}
"""What `to_command` does for each type of trading request."""
TRADING_REQUESTS: Final = tuple(TRANSLATE)


def to_command(request: AnyRequest, participant: str) -> commands.AnyCommand:
    """The command that a trading request of a participant asks for.

    Raises:
        Malformed: a decimal can't be read, or fields contradict each other.
    """
    return TRANSLATE[type(request)](request, participant)
