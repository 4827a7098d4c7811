"""The private key a participant logs in with."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)

from gateway.client.values.errors import ClientError

Key = Ed25519PrivateKey | bytes | str | Path
"""A private key: itself, its 32 raw bytes, its PEM text as bytes, or the path of a PEM file."""


def private_key(key: Key) -> Ed25519PrivateKey:
    """Take a private key in any of its forms. Raises `ClientError` if it is none."""
    if isinstance(key, Ed25519PrivateKey):
        return key
    try:
        content = key if isinstance(key, bytes) else Path(key).expanduser().read_bytes()
        loaded = (
            Ed25519PrivateKey.from_private_bytes(content)
            if len(content) == 32
            else load_pem_private_key(content, password=None)
        )
    except (OSError, ValueError, TypeError) as error:
        raise ClientError(f"the private key can't be read: {error}") from error
    if not isinstance(loaded, Ed25519PrivateKey):
        raise ClientError("the private key is not an Ed25519 key")
    return loaded


def signing(key: Ed25519PrivateKey) -> Callable[[bytes], str]:
    """What makes the signature of a login challenge with a key, in hexadecimal."""
    return lambda challenge: key.sign(challenge).hex()


def new_key(file: Path | str) -> Ed25519PrivateKey:
    """Make a private key, and write it to a new file that its owner alone may read. Raises `ClientError` if that can't be."""
    key = Ed25519PrivateKey.generate()
    pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    path = Path(file).expanduser()
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "wb") as opened:
            opened.write(pem)
            opened.flush()
            os.fsync(opened.fileno())
    except OSError as error:
        raise ClientError(f"the new private key can't be written: {error}") from error
    return key
