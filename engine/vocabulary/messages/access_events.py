"""Events about who may log in.

Values as in `engine.vocabulary.messages.events`, which exports these too.
"""

from __future__ import annotations

from engine.vocabulary.messages.structs import Event


class ParticipantRegistered(Event, tag=82):
    """Somebody new may log in; the first key is told by the event behind this one."""

    participant: str
    role: str
    reason: str = ""
    by: str = ""


class KeyRegistered(Event, tag=83):
    """A key is in force."""

    participant: str
    key: str
    public_key: str
    scopes: tuple[str, ...]
    addresses: tuple[str, ...]
    expires_ns: int
    """When it ends; 0: when somebody ends it."""
    replaces: str = ""
    """The key that ends because of it."""
    replaced_ns: int = 0
    """When that one ends; 0: it has ended, as the event before this one says, or there is none."""
    reason: str = ""
    by: str = ""


class KeyEnded(Event, tag=84):
    """A key is in force no longer: revoked, replaced, or expired."""

    participant: str
    key: str
    outcome: int
    reason: str = ""
    by: str = ""
