"""What a venue file has of participants otherwise than the venue that began with it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from engine.state.access import Access, Key, Participant
from gateway.filed.difference import Difference
from gateway.venue.venue import Participant as Filed


def participant_differences(participants: Mapping[str, Filed], access: Access) -> Iterator[Difference]:
    """Roles that differ, keys of the file that have ended, and those that somebody else has.

    A key that has ended does not come back because it still stands there. Who is new to the venue, and a key that is, differ in
    nothing: a start registers them.
    """
    for name, filed in participants.items():
        known, public_key = access.of.get(name), filed.public_key.hex()
        there = "" if known is None else ", ".join(known.keys)
        other = somebody_elses(name, public_key, access)
        if known is not None and known.role != filed.role:
            yield Difference("participant", name, "role", filed.role, known.role, "")
        elif other is not None:
            owner = other.participant.participant
            how = f"sbx control revoke-key {owner} {other.key}, or another key in the file"
            yield Difference("participant", name, "key", f"{public_key[:16]}... (in force of {owner})", there, how)
        elif known is not None and has_ended(known, public_key):
            how = f"sbx control register-key {name}, with another key"
            yield Difference("participant", name, "key", f"{public_key[:16]}... (ended)", there, how)


def somebody_elses(name: str, public_key: str, access: Access) -> Key | None:
    """The key in force of somebody else that a public key is: everybody has keys of their own, so nobody else gets it from a file."""
    key = access.by_public.get(public_key)
    return None if key is None or key.participant.participant == name else key


def has_ended(known: Participant, public_key: str) -> bool:
    """Whether a key was in force once, as far as that is known, and is no longer."""
    is_in_force = any(key.public_key == public_key for key in known.keys.values())
    return not is_in_force and (public_key == known.filed or public_key in known.ended)
