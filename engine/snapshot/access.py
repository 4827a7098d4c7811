"""Participants and their keys, as a snapshot has them, and back."""

from __future__ import annotations

from engine.snapshot.messages.document import KeyState, ParticipantState, Snapshot
from engine.state.access import Access, Key, Participant


def take_participant(participant: Participant) -> ParticipantState:
    """What a snapshot keeps of a participant."""
    return ParticipantState(
        participant=participant.participant,
        role=participant.role,
        filed=participant.filed,
        keys=[_key(key) for key in participant.keys.values()],
        ended=list(participant.ended),
    )


def restore_access(access: Access, document: Snapshot) -> None:
    """Participants and keys. What is due because of them is known."""
    access.last_number = document.last_key
    for saved in document.participants:
        participant = access.of[saved.participant] = Participant(saved.participant, saved.role)
        participant.filed = saved.filed
        participant.ended.extend(saved.ended)
        for each in saved.keys:
            key = Key(each.number, participant, each.key, each.public_key, each.scopes)
            key.addresses = each.addresses
            key.expires_ns = each.expires_ns
            key.is_replaced = each.is_replaced
            key.since_ns = each.since_ns
            key.by = each.by
            access.add(key)
    access.alarm.until_ns = access.next_ns()
    access.alarm.entries.extend(document.key_entries)


def _key(key: Key) -> KeyState:
    return KeyState(
        number=key.number,
        key=key.key,
        public_key=key.public_key,
        scopes=key.scopes,
        addresses=key.addresses,
        expires_ns=key.expires_ns,
        is_replaced=key.is_replaced,
        since_ns=key.since_ns,
        by=key.by,
    )
