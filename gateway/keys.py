"""Ed25519 key pairs: who a participant is. Private keys live in PEM files that only their owner can read."""

from __future__ import annotations

import os
from hashlib import sha256
from pathlib import Path
from typing import Final

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from gateway.disk import DISK, Disk, write_all

_SMALL: Final = frozenset(
    bytes.fromhex(point)
    for point in (
        "00" * 32,
        "01" + "00" * 31,
        "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
        "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
        "ec" + "ff" * 30 + "7f",
        "ed" + "ff" * 30 + "7f",
        "ee" + "ff" * 30 + "7f",
    )
)
"""The points of small order, without their sign: nobody has a private key to one, and everybody can sign for it (RFC 8032, 5.1.7,
leaves it to whoever verifies; these are those of libsodium's `ge25519_has_small_order`)."""


class KeyFileError(ValueError):
    """A key or key file can't be used; the message says why and what to do."""


def new_private_key() -> Ed25519PrivateKey:
    """Make a key pair from the operating system's randomness."""
    return Ed25519PrivateKey.generate()


def seeded_private_key(seed: int, name: str) -> Ed25519PrivateKey:
    """Make the key pair that follows from a seed and a name. Whoever knows both has it: for load tests only."""
    return Ed25519PrivateKey.from_private_bytes(sha256(f"sbx.v1 load-test key\n{seed}\n{name}".encode()).digest())


def public_key_bytes(private_key: Ed25519PrivateKey) -> bytes:
    """Return the 32 raw bytes of the public key."""
    return private_key.public_key().public_bytes_raw()


def public_key_hex(private_key: Ed25519PrivateKey) -> str:
    """Return the public key as a venue file holds it: 64 hexadecimal digits."""
    return public_key_bytes(private_key).hex()


def fingerprint(public_key: bytes) -> str:
    """What an audit and people call a public key: the first 16 hexadecimal digits of its SHA-256."""
    return sha256(public_key).hexdigest()[:16]


def has_signed(public_key: bytes, message: bytes, signature: bytes) -> bool:
    """Whether whoever has the private key to a public one, of 32 bytes, signed a message."""
    if _is_small(public_key):
        return False
    try:
        Ed25519PublicKey.from_public_bytes(public_key).verify(signature, message)
    except InvalidSignature:
        return False
    return True


def _is_small(public_key: bytes) -> bool:
    return public_key[:-1] + bytes([public_key[-1] & 0x7F]) in _SMALL


def exact_hex(text: str) -> bytes:
    """Bytes from hexadecimal digits and nothing else: no spaces, no newline, which `bytes.fromhex` passes over.

    Raises:
        ValueError: it is something else.
    """
    raw = bytes.fromhex(text)
    if 2 * len(raw) != len(text):
        raise ValueError("there are spaces between hexadecimal digits")
    return raw


def parse_public_key(text: str) -> bytes:
    """Read a public key from 64 hexadecimal digits.

    Returns:
        Its 32 raw bytes.

    Raises:
        KeyFileError: it is none.
    """
    try:
        raw = exact_hex(text)
        Ed25519PublicKey.from_public_bytes(raw)
    except ValueError as error:
        raise KeyFileError("a public key is 64 hexadecimal digits, as `sbx keys new` prints them") from error
    if _is_small(raw):
        raise KeyFileError("this is no public key of anybody: everybody can sign for it. `sbx keys new` makes one")
    return raw


def write_private_key(path: Path, private_key: Ed25519PrivateKey, disk: Disk = DISK) -> None:
    """Write a private key to a new file with mode 0600, as unencrypted PKCS #8 PEM.

    Raises:
        KeyFileError: the file exists already; a key is never overwritten.
    """
    pem = private_key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    try:
        write_private(path, pem, disk)
    except FileExistsError as error:
        raise KeyFileError(f"{path} exists already; choose another name, or delete it if nobody uses it") from error


def write_private(path: Path, data: bytes, disk: Disk = DISK) -> None:
    """Write a new file that its owner alone may read.

    Raises:
        FileExistsError: there is one of that name.
    """
    descriptor = disk.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL)
    try:
        write_all(descriptor, data, disk)
    finally:
        disk.close(descriptor)


def read_private_key(path: Path, disk: Disk = DISK) -> Ed25519PrivateKey:
    """Read a private key that `write_private_key` or `openssl genpkey -algorithm ed25519` wrote.

    Raises:
        KeyFileError: there is no such file, or it holds something else.
    """
    try:
        key = serialization.load_pem_private_key(disk.read(path), password=None)
    except FileNotFoundError as error:
        raise KeyFileError(f"{path} does not exist; `sbx keys new NAME --out {path}` makes a key") from error
    except (ValueError, TypeError, UnsupportedAlgorithm) as error:
        raise KeyFileError(f"{path} is not an unencrypted PEM private key") from error
    if not isinstance(key, Ed25519PrivateKey):
        raise KeyFileError(f"{path} holds another kind of key; Ed25519 is needed")
    return key
