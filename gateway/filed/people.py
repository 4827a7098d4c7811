"""What a venue file has of participants otherwise than the venue that began with it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from engine.state.access import Access, Participant
from gateway.filed.difference import Difference
from gateway.venue.venue import Participant as Filed


def participant_differences(participants: Mapping[str, Filed], access: Access) -> Iterator[Difference]:
    """Roles that differ, and keys of the file that have ended: such a key does not come back because it still stands there.

    Who is new to the venue, and a key that is, differ in nothing: a start registers them.
    """
    for name, filed in participants.items():
        known, public_key = access.of.get(name), filed.public_key.hex()
        if known is None:
            continue
        if known.role != filed.role:
            yield Difference("participant", name, "role", filed.role, known.role, "")
        elif has_ended(known, public_key):
            how = f"sbx control register-key {name}, with another key"
            yield Difference("participant", name, "key", f"{public_key[:16]}... (ended)", ", ".join(known.keys), how)


def has_ended(known: Participant, public_key: str) -> bool:
    """Whether a key was in force once, as far as that is known, and is no longer."""
    is_in_force = any(key.public_key == public_key for key in known.keys.values())
    return not is_in_force and (public_key == known.filed or public_key in known.ended)
