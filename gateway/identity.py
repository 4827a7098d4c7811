"""Identity keys (ID-1): a keyed digest of each document given, so that a document is known again and its number kept nowhere.

Whoever has the secret can try all numbers there are. So it is kept as the venue's own key is, and is in no journal.
"""

from __future__ import annotations

import hmac
import secrets
from collections.abc import Mapping, Sequence
from hashlib import sha256
from pathlib import Path
from typing import Final

from compliance.registry.persons import KEY_DIGITS, KEY_SECRET_DIGITS, MAX_OWNERS
from engine.vocabulary.messages.commands import Command, EffectiveFrom, RegisterInvestor
from gateway.disk import DISK, Disk, discard, sync_file
from gateway.documents import DocumentError, normal_form
from gateway.keys import KeyFileError, exact_hex, write_private

IDENTITY_FILE: Final = "identity.key"
_NEW_SUFFIX: Final = ".key.new"
_SECRET_BYTES: Final = 32
MAX_DOCUMENTS: Final = 8
"""Of one person in one registration."""


class Identities:
    """Makes identity keys under the secret of a venue."""

    def __init__(self, secret: bytes, *, is_new: bool = False) -> None:
        self._secret: Final = secret
        self.is_new: Final = is_new
        """Whether no file holds the secret yet."""
        self.name: Final = self._digest("secret", "")[:KEY_SECRET_DIGITS]
        """What all of its keys begin with: it tells one secret from another, and nothing of either."""

    @classmethod
    def new(cls) -> Identities:
        """With a secret of the operating system's randomness."""
        return cls(secrets.token_bytes(_SECRET_BYTES), is_new=True)

    @classmethod
    def seeded(cls, seed: int) -> Identities:
        """With the secret that follows from a seed: for load tests only."""
        return cls(sha256(f"sbx.v1 load-test identities\n{seed}".encode()).digest(), is_new=True)

    @classmethod
    def read(cls, directory: Path, disk: Disk = DISK) -> Identities | None:
        """With the secret that a venue's directory holds; None: it holds none.

        Raises:
            KeyFileError: others may read it, or it is none.
            OSError: it can't be read.
        """
        path = directory / IDENTITY_FILE
        if not disk.exists(path):
            return None
        if disk.mode(path) & 0o077:
            raise KeyFileError(f"others may read or write the secret of the identity keys; chmod 600 {path}")
        try:
            secret = exact_hex(disk.read(path).decode("ascii").removesuffix("\n"))
        except ValueError as error:
            raise KeyFileError(f"{path} is no secret of identity keys; put it back from where you keep it") from error
        if len(secret) != _SECRET_BYTES:
            raise KeyFileError(f"{path} is no secret of identity keys; put it back from where you keep it")
        return cls(secret)

    def keep(self, directory: Path, disk: Disk = DISK) -> None:
        """Write a new secret beside the venue's key, durably and whole or not at all.

        Raises:
            FileExistsError: another one stands there.
        """
        path = directory / IDENTITY_FILE
        unfinished = path.with_suffix(_NEW_SUFFIX)
        discard(unfinished, disk)
        write_private(unfinished, self._secret.hex().encode() + b"\n", disk)
        sync_file(unfinished, disk)
        try:
            # Unlike a rename, never in the place of another one.
            disk.link(unfinished, path)
        finally:
            disk.remove(unfinished)
        sync_file(directory, disk)

    def keys(self, documents: Mapping[str, str], *, firm: bool) -> tuple[str, ...]:
        """The identity keys of one person's, or one firm's, documents: numbers by kind.

        Raises:
            DocumentError: a kind is unknown, or a number is none of its kind.
        """
        if not documents:
            raise DocumentError("at least one document is needed")
        check_documents(documents)
        return tuple(self._key(kind, normal_form(kind, number, firm=firm)) for kind, number in documents.items())

    def keys_of_all(self, owners: Sequence[Mapping[str, str]]) -> tuple[tuple[str, ...], ...]:
        """The identity keys of persons, one after the other. Raises `DocumentError`, which says of which."""
        check_owners(owners)
        found = []
        for place, documents in enumerate(owners):
            try:
                found.append(self.keys(documents, firm=False))
            except DocumentError as error:
                raise DocumentError(f"[{place}]: {error}") from error
        return tuple(found)

    def _key(self, kind: str, number: str) -> str:
        return f"{self.name}-{self._digest(kind, number)[:KEY_DIGITS]}"

    def _digest(self, kind: str, text: str) -> str:
        """Kinds apart: a passport with the digits of a tax number is another document."""
        return hmac.new(self._secret, f"sbx.v1 {kind}\n{text}".encode(), sha256).hexdigest()


def check_documents(documents: Mapping[str, str]) -> None:
    """Raise `DocumentError` if they are more than anybody gives at once."""
    if len(documents) > MAX_DOCUMENTS:
        raise DocumentError(f"a person or firm gives {MAX_DOCUMENTS} documents at most")


def check_owners(owners: Sequence[Mapping[str, str]]) -> None:
    """Raise `DocumentError` if they are more than a firm names, or one has more documents than anybody gives."""
    if len(owners) > MAX_OWNERS:
        raise DocumentError(f"a firm names {MAX_OWNERS} owners at most")
    for documents in owners:
        check_documents(documents)


def secrets_of(command: Command) -> list[str]:
    """The names of the secrets by which the identity keys in a command were made, of a change that waits for its date too."""
    if isinstance(command, EffectiveFrom):
        command = command.change
    if not isinstance(command, RegisterInvestor):
        return []
    keys = list(command.identity_keys or ())
    for owner in command.owner_keys or ():
        keys += owner
    return [key[:KEY_SECRET_DIGITS] for key in keys]
