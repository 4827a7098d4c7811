"""The participants of a venue file, at a start: those that the venue does not know are registered.

The file is only the beginning. Whoever was registered since, and keys that came or ended since, stand in the journal; what
differs is said (`gateway/filed/people.py`) and stays.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from engine.state.access import Access, Participant
from engine.vocabulary.messages.commands import AnyCommand, RegisterKey, RegisterParticipant
from gateway.filed.people import has_ended, somebody_elses
from gateway.venue.venue import Participant as Filed

REASON: Final = "venue file"


def registrations(participants: Mapping[str, Filed], access: Access) -> list[AnyCommand]:
    """What a venue file has of participants beyond the venue.

    A key is taken from the file once. So one that was revoked since does not come back because it still stands there.

    Args:
        participants: as the file has them, by name.
        access: of the core, as its journal has left it.
    """
    to_do: list[AnyCommand] = []
    for name, filed in participants.items():
        known, public_key = access.of.get(name), filed.public_key.hex()
        if somebody_elses(name, public_key, access) is not None:
            continue
        if known is None:
            to_do.append(RegisterParticipant(name, filed.role, public_key, reason=REASON))
        elif known.role == filed.role and not (public_key in access.by_public or has_ended(known, public_key)):
            to_do.append(RegisterKey(name, _free_name(known), public_key, reason=REASON))
    return to_do


def _free_name(known: Participant) -> str:
    """A name for a key of the file that no key of the participant has which is in force."""
    number = 1
    while (name := "file" if number == 1 else f"file-{number}") in known.keys:
        number += 1
    return name


def said(commands: list[AnyCommand], access: Access) -> list[str]:
    """What is registered from the file at a later start, a line each; `access` as it is before."""
    lines = []
    for each in commands:
        if isinstance(each, RegisterParticipant):
            lines.append(f"participant {each.participant}: registered as {each.role}, from the venue file")
        elif isinstance(each, RegisterKey):
            line = f"participant {each.participant}: key {each.key} registered, from the venue file"
            there = access.of[each.participant].keys
            if there:
                # Whoever has put another key into the file may think that it has replaced one.
                how = f"`sbx control revoke-key {each.participant} {next(iter(there))}` ends one"
                line += f"; {', '.join(there)} in force as before: {how}"
            lines.append(line)
    return lines
