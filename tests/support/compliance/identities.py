"""Identity keys as the edge would make them, for tests in which no document is given."""

from __future__ import annotations

from hashlib import sha256

import msgspec

from engine.vocabulary.codes import FIRM
from engine.vocabulary.messages.commands import RegisterInvestor


def key_of(name: str) -> str:
    """An identity key of a document that is called so."""
    return f"00000001-{sha256(name.encode()).hexdigest()[:32]}"


def identified(command: RegisterInvestor) -> RegisterInvestor:
    """The registration with a document, and of a firm with a beneficial owner."""
    owners = ((key_of(f"owner of {command.investor}"),),) if command.kind == FIRM else None
    return msgspec.structs.replace(command, identity_keys=(key_of(command.investor),), owner_keys=owners)
