"""The venue's Ed25519 key: signs each segment's end, so that a rewritten history shows."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Final

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
)

from engine.record import Seal, seal_message
from gateway.journal_files import JournalError, create_file, sync_directory

KEY_FILE: Final = "venue.key"


def load_or_create_venue_key(directory: Path) -> Ed25519PrivateKey:
    """The key in `venue.key` (PKCS 8, PEM, readable by its owner only), made on first use.

    Raises:
        JournalError: the file is no such key, or others may read it.
    """
    path = directory / KEY_FILE
    if not path.exists():
        key = Ed25519PrivateKey.generate()
        # A crash leaves either no key or a whole one.
        unfinished = path.with_suffix(".new")
        unfinished.unlink(missing_ok=True)
        create_file(unfinished, key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()), 0o600)
        os.rename(unfinished, path)
        sync_directory(directory)
        return key
    if path.stat().st_mode & 0o077:
        raise JournalError(f"others may read the venue's key: chmod 600 {path}")
    try:
        loaded = load_pem_private_key(path.read_bytes(), password=None)
    except ValueError as error:
        raise JournalError(f"{path} is no private key: restore it from a backup") from error
    if not isinstance(loaded, Ed25519PrivateKey):
        raise JournalError(f"{path} is no Ed25519 key")
    return loaded


def public_bytes(key: Ed25519PrivateKey) -> bytes:
    """The public half, 32 bytes."""
    return key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)


def sign_segment(key: Ed25519PrivateKey, venue: str, segment: int, first_seq: int, last_seq: int, link: bytes) -> Seal:
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
