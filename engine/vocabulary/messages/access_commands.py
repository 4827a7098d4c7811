"""Commands about who may log in: participants, and their keys.

Values as in `engine.vocabulary.messages.commands`, which exports these too. A key is public, 64 hexadecimal digits; no command
holds a private one. `by` is who sent it, in the role `by_role`, logged in with the key `by_key`; all empty: the venue file.
"""

from __future__ import annotations

from engine.vocabulary.messages.structs import Command


class RegisterParticipant(Command, tag=81, frozen=True):
    """Let somebody new log in, with a first key."""

    participant: str
    role: str
    public_key: str
    """Of Ed25519."""
    key: str = "main"
    """The name of the key, of no other key of the participant, without a space."""
    scopes: tuple[str, ...] = ()
    """What may be done with it; empty: all that fits the role, and among staff no more than those of the key `by_key`."""
    addresses: tuple[str, ...] = ()
    """From where it may be used, each an IP address or a network; empty: from everywhere."""
    expires_ns: int = 0
    """When it ends; 0: when somebody ends it."""
    reason: str = ""
    by: str = ""
    by_role: str = ""
    by_key: str = ""


class RegisterKey(Command, tag=82, frozen=True):
    """Give a participant one more key, or another one in place of a key."""

    participant: str
    key: str
    public_key: str
    scopes: tuple[str, ...] = ()
    """Empty: all that fits the role; of who makes one for themselves or for a colleague, those of the key that they are logged in with."""
    addresses: tuple[str, ...] = ()
    expires_ns: int = 0
    replaces: str = ""
    """The key that ends because of it; empty: none."""
    overlap_ns: int = 0
    """How long that goes on beside the new one."""
    reason: str = ""
    by: str = ""
    by_role: str = ""
    by_key: str = ""


class RevokeKey(Command, tag=83, frozen=True):
    """End a key of a participant; the connections that use it end with it."""

    participant: str
    key: str = ""
    """Empty: all that the participant has."""
    reason: str = ""
    by: str = ""
    by_role: str = ""
    by_key: str = ""
