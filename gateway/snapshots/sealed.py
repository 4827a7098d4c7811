"""One snapshot as bytes: what it says of itself, the state packed, a digest over both, and the venue's signature.

    head       magic 9, length of the header 4
    header     one msgpack array
    state      a zstd frame
    digest     SHA-256 of all before, 32 bytes
    signature  Ed25519 over the digest, 64 bytes

A change of any byte shows: in the magic, which is compared; before the digest, which is computed; or in the digest and the
signature, which are verified.
"""

from __future__ import annotations

import struct
from hashlib import sha256
from typing import Final

import msgspec
import zstandard
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from engine.record.rows import LINK_BYTES
from gateway.journal.files import JournalError
from gateway.journal.head import Point
from gateway.keys import public_key_bytes

FORMAT: Final = 1
MAGIC: Final = b"\xc1SBXSNAP\xc1"
LEVEL: Final = 3
"""Of compression. Why not more: docs/decisions/snapshot-files.md."""
MAX_STATE_BYTES: Final = 2**30
"""Of a state. A million client order ids of a dozen letters take 70 MB, the half million open orders there may be 65 MB, all else little;
names as long as may be double that."""
NOT_ITS_JOURNAL: Final = (
    ". So the snapshots are not of this journal: it was cut or replaced after they were made. Put the right journal back; if this is "
    "the right one, move the folder snapshots away"
)
"""What it means, and what to do, if a journal has not what a snapshot says: behind what was found."""
_HEAD: Final = struct.Struct(">9sI")
_DIGEST_BYTES: Final = 32
_SIGNATURE_BYTES: Final = 64
_TAIL_BYTES: Final = _DIGEST_BYTES + _SIGNATURE_BYTES


class SnapshotError(JournalError):
    """A snapshot can't be used as it is; the message says why."""


class SnapshotUnusable(SnapshotError):
    """It is damaged, or of a format that this program does not read: an older one, or the journal, serves instead."""


class Header(msgspec.Struct, array_like=True, frozen=True, forbid_unknown_fields=True):
    """What a snapshot says of itself. Fields are never removed, and new ones come behind, under another format."""

    format: int
    venue: str
    core_version: int
    """Under which the state came to be."""
    seq: int
    """Of the last command in it."""
    time_ns: int
    """Of that command."""
    link: bytes
    """Of the journal's batch that ends with it."""
    rulebook_digest: str
    public_key: bytes
    """The venue's Ed25519 key, 32 bytes."""
    state_bytes: int
    """Of the state, unpacked."""

    def point(self, said_by: str) -> Point:
        """What the journal must have."""
        return Point(self.seq, self.link, said_by, NOT_ITS_JOURNAL)


class Sealed:
    """A snapshot whose digest and signature hold; its state is still packed."""

    def __init__(self, header: Header, packed: bytes) -> None:
        self.header: Final = header
        self._packed: Final = packed

    def unpack(self) -> bytes:
        """The state.

        Raises:
            SnapshotUnusable: it is larger than any, or than it says.
        """
        size = self.header.state_bytes
        if not 0 < size <= MAX_STATE_BYTES:
            raise SnapshotUnusable(f"it says that its state has {size} bytes")
        try:
            state: bytes = zstandard.ZstdDecompressor().decompress(
                self._packed, max_output_size=size, allow_extra_data=False
            )
        except zstandard.ZstdError as error:
            raise SnapshotUnusable(f"its state does not unpack: {error}") from error
        if len(state) != size:
            raise SnapshotUnusable(f"its state has {len(state)} bytes, not {size}")
        return state


def seal(header: Header, state: bytes, key: Ed25519PrivateKey) -> bytes:
    """The bytes of a snapshot, signed by the venue whose key this is."""
    assert header.public_key == public_key_bytes(key) and len(header.link) == LINK_BYTES
    assert header.state_bytes == len(state) <= MAX_STATE_BYTES, f"a state of {len(state)} bytes could not be read back"
    fields = msgspec.msgpack.encode(header)
    said = b"".join((_HEAD.pack(MAGIC, len(fields)), fields, zstandard.ZstdCompressor(level=LEVEL).compress(state)))
    digest = sha256(said).digest()
    return b"".join((said, digest, key.sign(_message(digest))))


def open_sealed(data: bytes) -> Sealed:
    """Verify the bytes of a snapshot: that whoever holds the key that it names has signed all of them. O(bytes).

    Raises:
        SnapshotUnusable: they are damaged, or of another format.
    """
    end = len(data) - _TAIL_BYTES
    if end < _HEAD.size or not data.startswith(MAGIC):
        raise SnapshotUnusable("it is no snapshot, or cut off")
    view = memoryview(data)
    digest = sha256(view[:end]).digest()
    if digest != view[end : end + _DIGEST_BYTES]:
        raise SnapshotUnusable("its digest does not match: it is damaged")
    header, start = _header(data, end)
    try:
        signature = bytes(view[end + _DIGEST_BYTES :])
        Ed25519PublicKey.from_public_bytes(header.public_key).verify(signature, _message(digest))
    except (InvalidSignature, ValueError) as error:
        raise SnapshotUnusable("its signature does not hold: it is damaged, or not the venue's") from error
    return Sealed(header, bytes(view[start:end]))


def glance(beginning: bytes) -> Header:
    """What a snapshot says of itself, read from its first bytes. Nothing is verified.

    Raises:
        SnapshotUnusable: it says nothing that this program reads.
    """
    if len(beginning) < _HEAD.size or not beginning.startswith(MAGIC):
        raise SnapshotUnusable("it is no snapshot, or cut off")
    return _header(beginning, len(beginning))[0]


def _header(data: bytes, end: int) -> tuple[Header, int]:
    """The header, and where the state begins."""
    _, length = _HEAD.unpack_from(data)
    start = _HEAD.size + length
    if start > end:
        raise SnapshotUnusable("it is cut off")
    try:
        header = msgspec.msgpack.decode(data[_HEAD.size : start], type=Header)
    except msgspec.DecodeError as error:
        raise SnapshotUnusable(f"this program does not read its header: {error}") from error
    if header.format != FORMAT or len(header.link) != LINK_BYTES:
        raise SnapshotUnusable(f"it is of format {header.format}, this program reads {FORMAT}")
    return header, start


def _message(digest: bytes) -> bytes:
    return b"sbx.v1 snapshot\n" + digest
