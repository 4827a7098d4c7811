"""What a journal says of itself with its first frame: whose it is, before anything else of it is read."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from engine.record.rows import Damage, SegmentHeader
from engine.record.segments import SegmentReader, Tip
from gateway.disk import DISK, Disk
from gateway.journal.files import JournalError
from gateway.journal.segment_bytes import SegmentBytes
from gateway.journal.tail import HEADER_BYTES
from gateway.keys import KeyFileError, public_key_bytes

_FIRST: Final = 1
"""The number of the segment that begins a journal."""


def first_header(journal: Path, disk: Disk = DISK) -> SegmentHeader | None:
    """The header of a journal's first segment; None: there is none that can be read, which the reading of all will tell.

    Raises:
        OSError: the disk failed.
    """
    try:
        source = SegmentBytes(journal, _FIRST, disk)
    except FileNotFoundError:
        return None
    try:
        return SegmentReader(source.read_at(HEADER_BYTES, 0), _FIRST, Tip(), not source.is_archived).header
    except (Damage, JournalError):
        return None
    finally:
        source.close()


def check_key(journal: Path, key: Ed25519PrivateKey, file: Path, disk: Disk = DISK) -> None:
    """Raise `KeyFileError` if a journal is not that of the key in `file`; one that is not begun yet is anybody's.

    Raises:
        OSError: the disk failed.
    """
    header = first_header(journal, disk)
    if header is not None and header.public_key != public_key_bytes(key):
        raise KeyFileError(
            f"{file} is not the key of the journal in {journal}: its public key is {public_key_bytes(key).hex()}, the journal's is "
            f"{header.public_key.hex()}. Put the key of this journal back from where you keep it. Nothing was changed"
        )
