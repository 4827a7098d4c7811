"""The journal's record format: bytes in, records out. Files, syncs and signatures are the gateway's.

A segment is a run of frames. A frame is a head, a payload and a link:

    head     magic 9, kind 1, payload length 4, rows 4, first seq 8, CRC-32 of the payload 4, CRC-32 of the head 4
    payload  one msgpack array
    link     SHA-256(link of the frame before + payload), 32 bytes

The first frame of a segment is its header, the last (once it is closed) its seal with the venue's signature; between
them are batches of `[seq, time_ns, command, events]` rows. The chain of links runs through all segments.

Why the head has a checksum of its own: a damaged length must not pass for a frame that was cut off. Where a frame does
not check, the bytes behind it are searched for another head. If there is one, the frame was once complete, and this
is damage; only where there is none can it be the write that a crash interrupted. The search can't be fooled by what
clients send: the byte 0xC1 is neither a msgpack type nor part of any UTF-8 text, so that inside a payload it occurs only
within a number, at most 8 bytes long; the magic, 9 bytes with 0xC1 at both ends, occurs nowhere. Nor can it be fooled
by old disk blocks: the head's checksum starts from bytes of the segment's own header link, and seqs only grow.
"""

from __future__ import annotations

import struct
from collections.abc import Sequence
from hashlib import sha256
from typing import Any, Final
from zlib import crc32

import msgspec

from engine.vocabulary.codes import CORE_VERSION
from engine.vocabulary.limits import MAX_FRAME_BYTES
from engine.vocabulary.messages.commands import AnyCommand, Command
from engine.vocabulary.messages.events import AnyEvent, Event

FORMAT_NAME: Final = "sandbox-exchange journal"
FORMAT_VERSION: Final = 1

MAGIC: Final = b"\xc1SBXFRAM\xc1"
HEADER: Final = ord("H")
BATCH: Final = ord("B")
SEAL: Final = ord("S")

LINK_BYTES: Final = 32
FIRST_LINK: Final = bytes(LINK_BYTES)
"""What the chain starts from."""

Row = tuple[int, int, Command, list[Event]]
"""`(seq, time_ns, command, events)` as the core has just made it."""
StoredRow = tuple[int, int, msgspec.Raw, msgspec.Raw]
"""`(seq, time_ns, command, events)` as read back, command and events still encoded."""

_HEAD: Final = struct.Struct(">9sBIIQI")
_CRC: Final = struct.Struct(">I")
HEAD_BYTES: Final = _HEAD.size + _CRC.size
SMALLEST_FRAME_BYTES: Final = HEAD_BYTES + LINK_BYTES

_ENCODER: Final = msgspec.msgpack.Encoder()
_ROWS: Final = msgspec.msgpack.Decoder(list[tuple[int, int, msgspec.Raw, msgspec.Raw]])
_COMMAND: Final = msgspec.msgpack.Decoder(AnyCommand)
_EVENTS: Final = msgspec.msgpack.Decoder(list[AnyEvent])
_HEADER: Final = msgspec.msgpack.Decoder(tuple[str, int, int, str, str, bytes, int, int, bytes])
_SEAL: Final = msgspec.msgpack.Decoder(tuple[int, int, int, bytes, bytes])


class Damage(Exception):
    """A frame that is not what was written: the `offset` where it begins in its segment, and why."""

    def __init__(self, offset: int, reason: str) -> None:
        super().__init__(f"frame at offset {offset}: {reason}")
        self.offset: Final = offset
        self.reason: Final = reason


class SegmentHeader:
    """What stands at the head of a segment."""

    def __init__(
        self,
        venue: str,
        public_key: bytes,
        segment: int,
        first_seq: int,
        previous_link: bytes,
        *,
        rulebook_digest: str = "",
        core_version: int = CORE_VERSION,
    ) -> None:
        self.venue: Final = venue
        self.public_key: Final = public_key
        """The venue's Ed25519 key, 32 bytes: what the seal is verified with."""
        self.segment: Final = segment
        self.first_seq: Final = first_seq
        self.previous_link: Final = previous_link
        self.rulebook_digest: Final = rulebook_digest
        """SHA-256 of the rulebook in force when the segment began, hexadecimal; empty if none was."""
        self.core_version: Final = core_version

    def encode(self) -> bytes:
        """The payload of the header frame."""
        return _ENCODER.encode(
            (
                FORMAT_NAME,
                FORMAT_VERSION,
                self.core_version,
                self.venue,
                self.rulebook_digest,
                self.public_key,
                self.segment,
                self.first_seq,
                self.previous_link,
            )
        )


class Seal:
    """What closes a segment: its range of sequence numbers (last below first: empty), its last link, a signature."""

    def __init__(self, segment: int, first_seq: int, last_seq: int, link: bytes, signature: bytes) -> None:
        self.segment: Final = segment
        self.first_seq: Final = first_seq
        self.last_seq: Final = last_seq
        self.link: Final = link
        self.signature: Final = signature

    def encode(self) -> bytes:
        """The payload of the seal frame."""
        return _ENCODER.encode((self.segment, self.first_seq, self.last_seq, self.link, self.signature))


class Frame:
    """One frame that checked: head, payload, link and the offset where the next one begins."""

    def __init__(self, kind: int, first_seq: int, count: int, payload: bytes, *, link: bytes, end: int) -> None:
        self.kind: Final = kind
        self.first_seq: Final = first_seq
        self.count: Final = count
        self.payload: Final = payload
        self.link: Final = link
        self.end: Final = end


# ── encoding ───────────────────────────────────────────────────────────────────────────────────────────────────────


def encode_batch(rows: Sequence[Row]) -> bytes:
    """The payload of a batch frame: `[[seq, time_ns, command, events], ...]`.

    Raises:
        OverflowError: an integer leaves 64 bits, which no row of the core does.
    """
    return _ENCODER.encode(rows)


class Batch:
    """The rows of a frame in the making: each is encoded as it comes, so that its size is known before the next one.

    The payload is what `encode_batch` makes of the rows.
    """

    def __init__(self) -> None:
        self.rows: Final[list[Any]] = []
        """Each a `Row`."""
        self._encoded: Final = bytearray()

    @property
    def size(self) -> int:
        """Bytes so far."""
        return len(self._encoded)

    def add(self, row: Row) -> None:
        """Encode a row behind the others.

        Raises:
            OverflowError: an integer leaves 64 bits, which no row of the core does; the row is not added.
        """
        # As one object: compiled, each of the two would make a tuple of it.
        made: Any = row
        _encode_behind(made, self._encoded)
        self.rows.append(made)

    def payload(self) -> bytes:
        """The payload of the batch frame."""
        count = len(self.rows)
        if count < 16:
            head = bytes((0x90 | count,))
        elif count < 2**16:
            head = b"\xdc" + count.to_bytes(2, "big")
        else:
            head = b"\xdd" + count.to_bytes(4, "big")
        return head + self._encoded


def encode_events(events: Sequence[Event]) -> bytes:
    """The events of one row, as `encode_batch` writes them inside it."""
    return _ENCODER.encode(events)


def encode_events_behind(events: Sequence[Event], encoded: bytearray) -> None:
    """Put the events of one row behind those of others, as `encode_events` gives them.

    Raises:
        OverflowError: an integer leaves 64 bits, which no event of the core does; nothing is added.
    """
    _encode_behind(events, encoded)


def _encode_behind(value: object, encoded: bytearray) -> None:
    size = len(encoded)
    try:
        _ENCODER.encode_into(value, encoded, -1)
    except Exception:
        del encoded[size:]
        raise


def encode_frame(
    kind: int, first_seq: int, count: int, payload: bytes, *, previous_link: bytes, salt: int
) -> tuple[bytes, bytes]:
    """A whole frame and its link.

    Args:
        kind: `HEADER`, `BATCH` or `SEAL`.
        first_seq: of the first row; for a header or seal that of the row to come.
        count: rows.
        previous_link: link of the frame before, `FIRST_LINK` for the first of all.
        salt: `salt_of` the segment's header link; 0 for the header itself.
    """
    assert len(payload) <= MAX_FRAME_BYTES, f"a frame of {len(payload)} bytes could not be read back"
    head = _HEAD.pack(MAGIC, kind, len(payload), count, first_seq, crc32(payload))
    chain = sha256(previous_link)
    chain.update(payload)
    link = chain.digest()
    return b"".join((head, _CRC.pack(crc32(head, salt)), payload, link)), link


def salt_of(header_link: bytes) -> int:
    """Where the head checksums of a segment start: a head of another segment does not check in this one."""
    return int.from_bytes(header_link[:4], "big")


def seal_message(venue: str, segment: int, first_seq: int, last_seq: int, link: bytes) -> bytes:
    """The bytes that a venue signs to close a segment."""
    return b"sbx.v1 journal seal\n" + _ENCODER.encode((venue, segment, first_seq, last_seq, link))


# ── decoding ───────────────────────────────────────────────────────────────────────────────────────────────────────


def decode_rows(payload: bytes) -> list[StoredRow]:
    """The rows of a batch, commands and events left as the bytes they are.

    Raises:
        msgspec.DecodeError: the payload is no batch.
    """
    return _ROWS.decode(payload)


def decode_command(encoded: msgspec.Raw) -> AnyCommand:
    """The command of a row.

    Raises:
        msgspec.DecodeError: this version does not know such a command.
    """
    command: AnyCommand = _COMMAND.decode(encoded)
    return command


def decode_events(encoded: msgspec.Raw | bytes) -> list[AnyEvent]:
    """The events of a row.

    Raises:
        msgspec.DecodeError: this version does not know such an event.
    """
    return _EVENTS.decode(encoded)


def decode_header(payload: bytes) -> SegmentHeader:
    """The header of a segment.

    Raises:
        msgspec.DecodeError: the payload is none, or of another format.
    """
    name, format_version, core_version, venue, digest, public_key, segment, first_seq, link = _HEADER.decode(payload)
    if name != FORMAT_NAME or format_version != FORMAT_VERSION:
        raise msgspec.DecodeError(f"format {format_version} of {name!r}, this program reads {FORMAT_VERSION}")
    if len(public_key) != 32:
        raise msgspec.DecodeError(f"a public key of {len(public_key)} bytes")
    return SegmentHeader(venue, public_key, segment, first_seq, link, rulebook_digest=digest, core_version=core_version)


def decode_seal(payload: bytes) -> Seal:
    """The seal of a segment.

    Raises:
        msgspec.DecodeError: the payload is none.
    """
    segment, first_seq, last_seq, link, signature = _SEAL.decode(payload)
    return Seal(segment, first_seq, last_seq, link, signature)


def read_frame(data: bytes, offset: int, previous_link: bytes, salt: int) -> Frame:
    """The frame that begins at `offset`, its checksums and its link verified.

    Raises:
        Damage: it does not check, or is cut off.
    """
    if len(data) - offset < HEAD_BYTES:
        raise Damage(offset, f"cut off within its head, after {len(data) - offset} bytes")
    magic, kind, length, count, first_seq, payload_crc = _HEAD.unpack_from(data, offset)
    if magic != MAGIC or not head_checks(data, offset, salt):
        raise Damage(offset, "head checksum does not match")
    if length > MAX_FRAME_BYTES:
        raise Damage(offset, f"length {length} is above the limit of {MAX_FRAME_BYTES} bytes")
    start = offset + HEAD_BYTES
    end = start + length + LINK_BYTES
    if end > len(data):
        raise Damage(offset, f"cut off: {len(data) - offset} of {end - offset} bytes")
    payload = data[start : start + length]
    if crc32(payload) != payload_crc:
        raise Damage(offset, "payload checksum does not match")
    chain = sha256(previous_link)
    chain.update(payload)
    link = data[start + length : end]
    if chain.digest() != link:
        raise Damage(offset, "link does not continue the hash chain")
    return Frame(kind, first_seq, count, payload, link=link, end=end)


def read_head(data: bytes, offset: int) -> tuple[int, int, int]:
    """Kind, payload length and rows, as a sound head at `offset` has them."""
    _, kind, length, count, _, _ = _HEAD.unpack_from(data, offset)
    return kind, length, count


def head_checks(data: bytes, offset: int, salt: int) -> bool:
    """Whether a sound head begins at `offset`."""
    split = offset + _HEAD.size
    if split + _CRC.size > len(data):
        return False
    return bool(_CRC.unpack_from(data, split)[0] == crc32(data[offset:split], salt))


def find_later_head(data: bytes, offset: int, salt: int, next_seq: int) -> int:
    """Offset of the first sound head behind the bad frame at `offset`, -1 if there is none. O(bytes left)."""
    # A frame behind the one that was to begin with `next_seq` begins with a greater one.
    found = data.find(MAGIC, offset + 1)
    while found >= 0:
        if head_checks(data, found, salt) and _HEAD.unpack_from(data, found)[4] > next_seq:
            return found
        found = data.find(MAGIC, found + 1)
    return -1
