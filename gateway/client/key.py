"""The private key a participant logs in with."""

from __future__ import annotations

from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from gateway.client.errors import ClientError

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
