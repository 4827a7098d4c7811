"""A snapshot as bytes, and the digest of a state."""

from __future__ import annotations

from hashlib import sha256
from typing import Final

import msgspec

from engine.snapshot.messages.document import FORMAT, Snapshot
from engine.snapshot.taking import take_snapshot
from engine.state.state import State

_encode: Final = msgspec.msgpack.Encoder().encode
_decode: Final = msgspec.msgpack.Decoder(Snapshot).decode
_decode_each: Final = msgspec.msgpack.Decoder(list[msgspec.Raw]).decode
_decode_format: Final = msgspec.msgpack.Decoder(int).decode


class SnapshotError(Exception):
    """These bytes are no snapshot that this version can read."""


def encode_snapshot(document: Snapshot) -> bytes:
    """The bytes of a snapshot: equal states have equal ones."""
    encoded: bytes = _encode(document)
    return encoded


def decode_snapshot(data: bytes) -> Snapshot:
    """The snapshot that was encoded.

    Raises:
        SnapshotError: it is none, or has a format that this version does not know.
    """
    try:
        parts = _decode_each(data)
        found: int = _decode_format(parts[0]) if parts else 0
    except msgspec.MsgspecError as error:
        raise SnapshotError(f"this is no snapshot of a core: {error}") from error
    if found != FORMAT:
        raise SnapshotError(f"the snapshot has format {found}; this version reads format {FORMAT}")
    try:
        document: Snapshot = _decode(data)
    except msgspec.MsgspecError as error:
        raise SnapshotError(f"the snapshot of format {FORMAT} does not decode: {error}") from error
    return document


def state_digest(state: State) -> str:
    """SHA-256 of the state's snapshot, in hexadecimal: equal states have equal digests."""
    return sha256(encode_snapshot(take_snapshot(state))).hexdigest()
