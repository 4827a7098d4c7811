"""Keys of this port: a client id and a secret, for which a participant may read, or trade on one account.

They stand in a file beside the venue file, which its owner alone may read. They are no part of the journal, and are never logged: who
has the file can act for all that stand in it.
"""

from __future__ import annotations

import os
import secrets
import stat
import tomllib
from collections.abc import Iterable
from pathlib import Path
from typing import Annotated, Final, Literal

import msgspec

from engine.vocabulary.limits import MAX_NAME_CHARS
from gateway.disk import DISK, UNFINISHED_SUFFIX, Disk, discard, save_file

KEYS_FILE: Final = "deribit-keys.toml"
MAX_KEYS: Final = 100
"""In one file. Each may have a session for its HTTP requests and one that follows its account: of the 64 connections of a participant."""
READ: Final = "read"
TRADE: Final = "trade"
SCOPES: Final = (READ, TRADE)
_MAX_FILE_BYTES: Final = 65_536
_FOR_OTHERS: Final = 0o077
_HEAD: Final = """# Keys of the Deribit port: `sbx deribit key` adds one, `sbx deribit revoke` takes one away; a running venue looks every second.
# Whoever reads this file can act for all that stand in it: its mode must stay 0600.
"""
_Name = Annotated[str, msgspec.Meta(min_length=1, max_length=MAX_NAME_CHARS)]


class KeysError(ValueError):
    """The file of keys can't be used; the message says why and what to do."""


class PortKey(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """One key."""

    client_id: Annotated[str, msgspec.Meta(pattern="^[A-Za-z0-9_-]{6,64}$")]
    secret: Annotated[str, msgspec.Meta(min_length=16, max_length=128)]
    participant: _Name
    account: Annotated[str, msgspec.Meta(max_length=MAX_NAME_CHARS)] = ""
    """Empty: the first one of the participant."""
    scopes: tuple[Literal["read", "trade"], ...] = SCOPES

    def __repr__(self) -> str:
        """Without the secret: what is shown may be logged."""
        return f"PortKey({self.client_id!r}, {self.participant!r})"


class _File(msgspec.Struct, forbid_unknown_fields=True):
    keys: list[PortKey] = []


def new_key(participant: str, account: str, scopes: Iterable[str]) -> PortKey:
    """Make a key out of the operating system's randomness."""
    chosen = tuple(scope for scope in SCOPES if scope in set(scopes)) or SCOPES
    return PortKey(
        client_id=secrets.token_hex(6),
        secret=secrets.token_urlsafe(32),
        participant=participant,
        account=account,
        scopes=chosen,
    )


def read_keys(directory: Path, disk: Disk = DISK) -> dict[str, PortKey]:
    """The keys of a venue by client id; none, if there is no file.

    Raises:
        KeysError: others may read the file, or it can't be read as one.
    """
    file = directory / KEYS_FILE
    try:
        found = os.stat(file)
    except FileNotFoundError:
        return {}
    except OSError as error:
        raise KeysError(f"{file} can't be read: {error}") from error
    if not stat.S_ISREG(found.st_mode):
        raise KeysError(f"{file} is no file")
    if found.st_mode & _FOR_OTHERS:
        raise KeysError(f"{file} may be read by others: chmod 600 {file}, and give those in it new keys")
    if found.st_size > _MAX_FILE_BYTES:
        raise KeysError(f"{file} is larger than {_MAX_FILE_BYTES} bytes")
    try:
        keys = msgspec.convert(tomllib.loads(disk.read(file).decode()), _File).keys
    except (OSError, ValueError) as error:
        # What is wrong is told without what stands there: it may be a secret.
        raise KeysError(f"{file} is no file of keys: {_without_values(error)}") from error
    if len(keys) > MAX_KEYS:
        raise KeysError(f"{file} has more than {MAX_KEYS} keys")
    by_id = {key.client_id: key for key in keys}
    if len(by_id) != len(keys):
        raise KeysError(f"{file}: a client id stands there twice")
    return by_id


def write_keys(directory: Path, keys: Iterable[PortKey], disk: Disk = DISK) -> None:
    """Write all keys of a venue, in the place of those there were: the whole new file, or the old one. Raises `OSError`."""
    file = directory / KEYS_FILE
    # What a crash left of it may have another mode.
    discard(file.with_name(file.name + UNFINISHED_SUFFIX), disk)
    save_file(file, (_HEAD + "".join(map(_written, keys))).encode(), disk)


def _written(key: PortKey) -> str:
    lines = [f'\n[[keys]]\nclient_id = "{key.client_id}"\nsecret = {_quoted(key.secret)}']
    lines.append(f"participant = {_quoted(key.participant)}")
    if key.account:
        lines.append(f"account = {_quoted(key.account)}")
    lines.append(f"scopes = [{', '.join(map(_quoted, key.scopes))}]\n")
    return "\n".join(lines)


def _quoted(text: str) -> str:
    """A text of TOML, which writes it as JSON does."""
    return msgspec.json.encode(text).decode()


def _without_values(error: Exception) -> str:
    """Where a file is wrong: what a decoder of TOML or a check says names places and types alone."""
    if isinstance(error, tomllib.TOMLDecodeError):
        return f"no TOML at {str(error).rpartition('(')[2].rstrip(')')}"
    if isinstance(error, msgspec.ValidationError):
        return str(error)
    return type(error).__name__
