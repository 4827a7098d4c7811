"""The venue's Ed25519 key: signs each segment's end, so that a rewritten history shows."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Final

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from engine.record.rows import Seal, seal_message
from gateway.journal.files import sync_file
from gateway.keys import KeyFileError, new_private_key, read_private_key, write_private_key

KEY_FILE: Final = "venue.key"


def load_or_create_venue_key(directory: Path) -> Ed25519PrivateKey:
    """The key in `venue.key`, readable by its owner only; made on first use.

    Raises:
        KeyFileError: the file is no such key, or others may read it.
        OSError: it can't be read or written.
    """
    path = directory / KEY_FILE
    if path.exists():
        if path.stat().st_mode & 0o077:
            raise KeyFileError(f"others may read or write the venue's key; chmod 600 {path}")
        return read_private_key(path)
    key = new_private_key()
    # A crash leaves no key or a whole one, never half of one.
    unfinished = path.with_suffix(".key.new")
    unfinished.unlink(missing_ok=True)
    write_private_key(unfinished, key)
    sync_file(unfinished)
    os.rename(unfinished, path)
    sync_file(directory)
    return key


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
