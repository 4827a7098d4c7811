"""The head: a small file beside the segments that says how far the journal was on the disk, signed by the venue.

The chain of links shows what was changed in the middle. It can't show what is missing at the end: the head does.
"""

from __future__ import annotations

import os
import threading
from pathlib import Path
from typing import Final, TypedDict

import msgspec
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from engine.record.rows import LINK_BYTES
from gateway.disk import DISK, UNFINISHED_SUFFIX, Disk, write_all
from gateway.journal.files import JournalError, list_segments
from gateway.keys import exact_hex

HEAD_FILE: Final = "head"
FORMAT: Final = "sandbox-exchange head 1"


class Point:
    """A place in the chain: `link` is that of the batch that ends with `seq`, and `said_by` who has it so.

    `advice` goes on, behind what was found, with what it means if a journal lacks it, and what to do.
    """

    def __init__(self, seq: int, link: bytes, said_by: str, advice: str = "") -> None:
        self.seq: Final = seq
        self.link: Final = link
        self.said_by: Final = said_by
        self.advice: Final = advice


class _Fields(TypedDict):
    """The head as it is written, in JSON."""

    format: str
    venue: str
    durability: str
    seq: int
    link: str
    signature: str


class Head:
    """What a head says: up to `seq` everything was on the disk, and `link` is that of the batch that ends there."""

    def __init__(self, venue: str, durability: str, seq: int, link: bytes, *, signature: bytes = b"") -> None:
        self.venue: Final = venue
        self.durability: Final = durability
        """Of the venue that wrote it. `fsync`: the head is a second behind at most; `os`: as far as the last sync, at the
        end of a segment or of the venue."""
        self.seq: Final = seq
        self.link: Final = link
        self._signature: Final = signature

    @property
    def point(self) -> Point:
        """What the journal must have."""
        return Point(self.seq, self.link, "the head")

    def is_signed_by(self, public_key: bytes) -> bool:
        """Whether the venue whose key this is signed it."""
        try:
            Ed25519PublicKey.from_public_bytes(public_key).verify(self._signature, self._message())
        except (InvalidSignature, ValueError):
            return False
        return True

    def signed(self, key: Ed25519PrivateKey) -> bytes:
        """The file that says so."""
        fields = _Fields(
            format=FORMAT,
            venue=self.venue,
            durability=self.durability,
            seq=self.seq,
            link=self.link.hex(),
            signature=key.sign(self._message()).hex(),
        )
        return msgspec.json.encode(fields) + b"\n"

    def _message(self) -> bytes:
        fields = (self.venue, self.durability, self.seq, self.link)
        return b"sbx.v1 journal head\n" + msgspec.msgpack.encode(fields)


def read_head(directory: Path, disk: Disk = DISK) -> Head | None:
    """The head of a journal; None: it has none. Its signature is the caller's to verify.

    Raises:
        JournalError: there is something else of that name.
        OSError: it can't be read.
    """
    try:
        data = disk.read(directory / HEAD_FILE)
    except FileNotFoundError:
        return None
    try:
        fields = msgspec.json.decode(data, type=_Fields)
        link, signature = exact_hex(fields["link"]), exact_hex(fields["signature"])
    except ValueError as error:
        raise JournalError(f"it is no head: {error}") from error
    if fields["format"] != FORMAT or len(link) != LINK_BYTES or fields["seq"] < 1:
        raise JournalError("it is no head of a format that this program reads")
    return Head(fields["venue"], fields["durability"], fields["seq"], link, signature=signature)


def is_begun(directory: Path, disk: Disk = DISK) -> bool:
    """Whether a directory holds a journal, or what is left of one."""
    return disk.is_directory(directory) and (disk.exists(directory / HEAD_FILE) or bool(list_segments(directory, disk)))


class HeadFile:
    """Writes the head, again and again. A crash leaves the one before or the new one, and both are true.

    Its calls may come from another thread than the journal's: signing and syncing take time that no turn should wait for.
    """

    def __init__(
        self, directory: Path, venue: str, key: Ed25519PrivateKey, *, durability: str, disk: Disk = DISK
    ) -> None:
        self._path: Final = directory / HEAD_FILE
        self._unfinished: Final = self._path.with_suffix(UNFINISHED_SUFFIX)
        self._venue: Final = venue
        self._key: Final = key
        self._durability: Final = durability
        self._disk: Final = disk
        self._lock: Final = threading.Lock()
        self._seq = 0
        self._is_closed = False

    def write(self, seq: int, link: bytes) -> None:
        """Say that everything up to `seq` is on the disk, unless that was said before, or nothing more is to be said.

        Raises:
            OSError: the disk failed.
        """
        with self._lock:
            if seq <= self._seq or self._is_closed:
                return
            data = Head(self._venue, self._durability, seq, link).signed(self._key)
            descriptor = self._disk.open(self._unfinished, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
            try:
                write_all(descriptor, data, self._disk)
                # Before it has its name: a power cut must not leave an empty head, which would look like damage.
                self._disk.sync(descriptor)
            finally:
                self._disk.close(descriptor)
            self._disk.rename(self._unfinished, self._path)
            self._seq = seq

    def close(self) -> None:
        """Write nothing more. Does not wait for a disk that hangs."""
        self._is_closed = True
