"""The venue's Ed25519 key: signs each segment's end, so that a rewritten history shows."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from engine.record.rows import Seal, seal_message
from gateway.disk import DISK, Disk, discard, sync_file
from gateway.keys import KeyFileError, new_private_key, read_private_key, write_private_key

KEY_FILE: Final = "venue.key"
_NEW_SUFFIX: Final = ".key.new"


def venue_key(directory: Path, *, has_journal: bool, disk: Disk = DISK) -> tuple[Ed25519PrivateKey, Path]:
    """The key of the venue in a directory: that in `venue.key`, readable by its owner only; else a new one.

    A new one is in `venue.key.new` until `keep_venue_key`, when the journal is begun: so a `venue.key` always had a journal.

    Args:
        has_journal: whether the venue has begun one, which no new key could go on with.

    Returns:
        The key, and the file it is in.

    Raises:
        KeyFileError: the file is no such key, or others may read it, or it is missing.
        OSError: it can't be read or written.
    """
    path = directory / KEY_FILE
    unfinished = path.with_suffix(_NEW_SUFFIX)
    if disk.exists(path):
        if disk.mode(path) & 0o077:
            raise KeyFileError(f"others may read or write the venue's key; chmod 600 {path}")
        return read_private_key(path, disk), path
    if has_journal:
        if not disk.exists(unfinished):
            raise KeyFileError(
                f"{directory} has a journal, but no {KEY_FILE}, and no other key can go on with it. Put the key back from where "
                "you keep it; to begin anew, move the journal away. Nothing was changed"
            )
        # A crash came between the journal's first file and the key's name.
        return read_private_key(unfinished, disk), unfinished
    key = new_private_key()
    discard(unfinished, disk)
    write_private_key(unfinished, key, disk)
    sync_file(unfinished, disk)
    sync_file(directory, disk)
    return key, unfinished


def keep_venue_key(directory: Path, disk: Disk = DISK) -> None:
    """Give a new key its name: its journal is begun. Without a new one nothing happens."""
    path = directory / KEY_FILE
    unfinished = path.with_suffix(_NEW_SUFFIX)
    if disk.exists(unfinished) and not disk.exists(path):
        disk.rename(unfinished, path)
        sync_file(directory, disk)


def sign_segment(
    key: Ed25519PrivateKey, venue: str, *, segment: int, first_seq: int, last_seq: int, link: bytes
) -> Seal:
    """The seal of a segment that ends with `link`."""
    message = seal_message(venue, segment, first_seq, last_seq, link)
    return Seal(segment, first_seq, last_seq, link, key.sign(message))


def signature_holds(public_key: bytes, venue: str, seal: Seal) -> bool:
    """Whether the venue whose key this is signed the seal."""
    message = seal_message(venue, seal.segment, seal.first_seq, seal.last_seq, seal.link)
    try:
        Ed25519PublicKey.from_public_bytes(public_key).verify(seal.signature, message)
    except InvalidSignature:
        return False
    return True
