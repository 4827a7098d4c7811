"""Who may log in, and with which keys: registered, replaced, revoked, expired.

Operators register participants and operators, supervisors register supervisors and surveillance, and everybody may give
themselves keys that may do no more than the one they are logged in with.
"""

from __future__ import annotations

from typing import Final

from engine.phases.alarms import rings, set_alarm
from engine.phases.approval import end_proposal
from engine.state.access import Key, Participant
from engine.state.listing import name_problem
from engine.state.state import DUE_KEY, State
from engine.vocabulary.access import (
    KEEPERS,
    MAX_ADDRESSES_PER_KEY,
    MAX_KEYS,
    MAX_KEYS_PER_PARTICIPANT,
    MAX_OVERLAP_NS,
    MAX_PARTICIPANTS,
    PARTICIPANT,
    PUBLIC_KEY_DIGITS,
    ROLES,
    SCOPES,
    SCOPES_OF,
    STAFF,
    SUPERVISOR,
)
from engine.vocabulary.codes import KEY_EXPIRED, KEY_REPLACED, KEY_REVOKED, PERMISSION, WITHDRAWN
from engine.vocabulary.limits import MAX_NAME_CHARS, MAX_TEXT_CHARS, NS_PER_DAY
from engine.vocabulary.messages.commands import RegisterKey, RegisterParticipant, RevokeKey
from engine.vocabulary.messages.events import KeyEnded, KeyRegistered, ParticipantRegistered
from engine.vocabulary.problem import Problem, invalid
from engine.vocabulary.said import listed, said

MAX_EXPIRES_NS: Final = 2**62
"""Later than this nothing happens."""
_DIGITS: Final = "0123456789abcdef"


class _Wanted:
    """A key that somebody wants to have in force, as far as it is made out."""

    def __init__(self, command: RegisterParticipant | RegisterKey) -> None:
        self.key: str = command.key
        self.public_key: str = command.public_key
        self.scopes: tuple[str, ...] = command.scopes
        self.addresses: tuple[str, ...] = command.addresses
        self.expires_ns: int = command.expires_ns


def register_participant(state: State, command: RegisterParticipant) -> Problem | None:
    """Carry out `RegisterParticipant`. Emits ParticipantRegistered and KeyRegistered."""
    access, name, role = state.access, command.participant, command.role
    problem = name_problem("participant", name) or _reason_problem(command.reason)
    if problem is not None:
        return problem
    if name in access.of:
        return invalid(said("participant.exists", name))
    if role not in ROLES:
        return invalid(said("participant.role", listed(ROLES)))
    if len(access.of) >= MAX_PARTICIPANTS:
        return invalid(said("participant.most", MAX_PARTICIPANTS))
    participant, wanted = Participant(name, role), _Wanted(command)
    wanted.scopes = command.scopes or SCOPES_OF[role]
    problem = _keeper_problem(state, command.by, command.by_role, participant)
    problem = problem or _colleague_problem(state, participant, command, wanted)
    problem = problem or _key_problem(state, participant, wanted, None)
    if problem is not None:
        return problem
    access.of[name] = participant
    state.emit(ParticipantRegistered(name, role, command.reason, command.by))
    _add(state, participant, wanted, command)
    return None


def register_key(state: State, command: RegisterKey) -> Problem | None:
    """Carry out `RegisterKey`. Emits KeyEnded if the new key replaces one at once, then KeyRegistered."""
    participant = state.access.of.get(command.participant)
    if participant is None:
        return invalid(said("participant.unregistered", command.participant))
    problem = _reason_problem(command.reason)
    if problem is not None:
        return problem
    wanted, old = _Wanted(command), participant.keys.get(command.replaces)
    wanted.scopes = command.scopes or SCOPES_OF[participant.role]
    if command.by == participant.participant:
        problem = _own_problem(participant, command, wanted)
    else:
        problem = _keeper_problem(state, command.by, command.by_role, participant)
        problem = problem or _colleague_problem(state, participant, command, wanted)
    problem = problem or _replacement_problem(participant, command, old)
    problem = problem or _key_problem(state, participant, wanted, None if command.overlap_ns else old)
    if problem is not None:
        return problem
    if old is not None and old.is_lasting and not _would_last(participant, wanted) and _are_last(state, [old]):
        return _last_problem(old)
    if old is not None and not command.overlap_ns:
        _end(state, old, KEY_REPLACED, command.by, command.reason)
    elif old is not None:
        state.access.end_at(old, state.time_ns + command.overlap_ns)
    _add(state, participant, wanted, command)
    return None


def revoke_key(state: State, command: RevokeKey) -> Problem | None:
    """Carry out `RevokeKey`. Emits KeyEnded, of all keys in the order in which they came; of who has none left, ProposalEnded of what they proposed."""
    participant = state.access.of.get(command.participant)
    if participant is None:
        return invalid(said("participant.unregistered", command.participant))
    problem = _reason_problem(command.reason)
    if problem is not None:
        return problem
    if command.key and command.key not in participant.keys:
        return _unknown_key(participant, command.key)
    ending = [participant.keys[command.key]] if command.key else list(participant.keys.values())
    if not ending:
        return invalid(said("key.none", command.participant))
    if command.by == participant.participant:
        problem = _below_problem(participant, command.by_key, ending)
    elif command.by_role != SUPERVISOR or participant.role != PARTICIPANT:
        # A supervisor may shut out a participant, as by a kill switch.
        problem = _keeper_problem(state, command.by, command.by_role, participant)
    if problem is not None:
        return problem
    if _are_last(state, ending):
        return _last_problem(ending[0])
    for key in ending:
        _end(state, key, KEY_REVOKED, command.by, command.reason)
    _withdraw_proposals(state, participant)
    return None


def key_expires(state: State, deadline_ns: int) -> bool:
    """End the key whose time has come; False if none has. Emits KeyEnded. Another one of the same instant comes next."""
    access = state.access
    is_time = rings(access.alarm, deadline_ns)
    if is_time:
        key = access.expiring.peekitem(0)[1]
        _end(state, key, KEY_REPLACED if key.is_replaced else KEY_EXPIRED)
        _withdraw_proposals(state, key.participant)
    else:
        _set_alarm(state)
    return is_time


# ── what is done ───────────────────────────────────────────────────────────────────────────────────────────────────


def _add(state: State, participant: Participant, wanted: _Wanted, command: RegisterParticipant | RegisterKey) -> None:
    """Have a sound key in force. Emits KeyRegistered."""
    access = state.access
    access.last_number += 1
    scopes = tuple([scope for scope in SCOPES if scope in wanted.scopes])
    key = Key(access.last_number, participant, wanted.key, wanted.public_key, scopes)
    key.addresses = wanted.addresses
    key.expires_ns = wanted.expires_ns
    key.since_ns = state.time_ns
    key.by = command.by
    access.add(key)
    if not command.by:
        participant.filed = key.public_key
    _set_alarm(state)
    replaces = command.replaces if isinstance(command, RegisterKey) else ""
    old = participant.keys.get(replaces)
    state.emit(
        KeyRegistered(
            participant.participant,
            key.key,
            key.public_key,
            scopes,
            key.addresses,
            key.expires_ns,
            replaces,
            0 if old is None else old.expires_ns,
            command.reason,
            command.by,
        )
    )


def _end(state: State, key: Key, outcome: int, by: str = "", reason: str = "") -> None:
    """Have a key in force no longer. Emits KeyEnded."""
    state.access.remove(key)
    _set_alarm(state)
    state.emit(KeyEnded(key.participant.participant, key.key, outcome, reason, by))


def _withdraw_proposals(state: State, participant: Participant) -> None:
    """What somebody proposed who can't log in any more is over: nobody is there to ask about it. Emits ProposalEnded of each."""
    if participant.keys or not state.proposals:
        return
    for number, proposal in list(state.proposals.items()):
        if proposal.by == participant.participant:
            end_proposal(state, number, WITHDRAWN)


def _set_alarm(state: State) -> None:
    """Have the end of the next key due."""
    alarm = state.access.alarm
    alarm.until_ns = state.access.next_ns()
    set_alarm(state, alarm, DUE_KEY, 0)


# ── why it is not done ─────────────────────────────────────────────────────────────────────────────────────────────


def _keeper_problem(state: State, by: str, by_role: str, participant: Participant) -> Problem | None:
    """Why somebody can't decide about the keys of somebody else; None: they can. The venue file, which nobody sends, can always."""
    if not by:
        return None
    keeper = KEEPERS[participant.role]
    if by_role != keeper:
        return Problem(PERMISSION, said("access.keeper", keeper, participant.role))
    if state.second and participant.role in STAFF:
        # Else one could be two: propose under one name, and approve under another.
        return Problem(PERMISSION, said("access.second", participant.role))
    return None


def _own_problem(participant: Participant, command: RegisterKey, wanted: _Wanted) -> Problem | None:
    """Why participants can't give themselves such a key."""
    replaced = participant.keys.get(command.replaces)
    problem = _made_problem(participant, command, wanted)
    if problem is None and replaced is not None:
        problem = _below_problem(participant, command.by_key, [replaced])
    return problem


def _colleague_problem(
    state: State, participant: Participant, command: RegisterParticipant | RegisterKey, wanted: _Wanted
) -> Problem | None:
    """Why somebody of the staff can't give a colleague such a key: else a limited key would make one without limits under another name."""
    if not command.by_key or participant.role == PARTICIPANT:
        # Without a key asks the venue file, or the program that a venue runs in: no connection does.
        return None
    maker = state.access.of.get(command.by)
    if maker is None:
        return invalid(said("participant.unregistered", command.by))
    return _made_problem(maker, command, wanted)


def _made_problem(maker: Participant, command: RegisterParticipant | RegisterKey, wanted: _Wanted) -> Problem | None:
    """Why no such key is made with the one that its maker is logged in with: what limits that one limits the new one."""
    mine = maker.keys.get(command.by_key)
    if mine is None:
        return _unknown_key(maker, command.by_key)
    wanted.scopes = command.scopes or mine.scopes
    for scope in wanted.scopes:
        if scope not in mine.scopes:
            return Problem(PERMISSION, said("key.scope", mine.key, scope))
    wanted.addresses = command.addresses or mine.addresses
    for address in wanted.addresses:
        if mine.addresses and address not in mine.addresses:
            return Problem(PERMISSION, said("key.address", mine.key, address))
    wanted.expires_ns = command.expires_ns or mine.expires_ns
    if mine.expires_ns and wanted.expires_ns > mine.expires_ns:
        return Problem(PERMISSION, said("key.longer", mine.key))
    return None


def _below_problem(participant: Participant, by_key: str, ending: list[Key]) -> Problem | None:
    """Why somebody who is logged in with a key can't end others of his own: he could do less than they can."""
    mine = participant.keys.get(by_key)
    if mine is None:
        return _unknown_key(participant, by_key)
    for key in ending:
        for scope in key.scopes:
            if scope not in mine.scopes:
                return Problem(PERMISSION, said("key.above", mine.key, key.key, scope))
    return None


def _replacement_problem(participant: Participant, command: RegisterKey, old: Key | None) -> Problem | None:
    """Why a key can't take the place of another one; None: it can, or takes nobody's."""
    if command.replaces and old is None:
        return _unknown_key(participant, command.replaces)
    if not 0 <= command.overlap_ns <= MAX_OVERLAP_NS or (command.overlap_ns and old is None):
        return invalid(said("key.overlap", MAX_OVERLAP_NS // NS_PER_DAY))
    if old is not None and old.is_replaced:
        return invalid(said("key.replaced", old.key))
    return None


def _key_problem(state: State, participant: Participant, wanted: _Wanted, leaving: Key | None) -> Problem | None:
    """Why a participant can't have such a key; `leaving` makes room for it."""
    access, room = state.access, 0 if leaving is None else 1
    problem = name_problem("key", wanted.key)
    if problem is not None:
        return problem
    if " " in wanted.key:
        return invalid(said("key.space"))
    if wanted.key in participant.keys:
        return invalid(said("key.exists", participant.participant, wanted.key))
    if len(participant.keys) - room >= MAX_KEYS_PER_PARTICIPANT:
        return invalid(said("key.most", MAX_KEYS_PER_PARTICIPANT))
    if len(access.by_public) - room >= MAX_KEYS:
        return invalid(said("key.most_in_all", MAX_KEYS))
    if len(wanted.public_key) != PUBLIC_KEY_DIGITS or wanted.public_key.strip(_DIGITS):
        return invalid(said("key.form", PUBLIC_KEY_DIGITS))
    if wanted.public_key in access.by_public:
        return invalid(said("key.taken"))
    if wanted.public_key in participant.ended:
        return invalid(said("key.was_ended"))
    return _limits_problem(state, participant, wanted)


def _limits_problem(state: State, participant: Participant, wanted: _Wanted) -> Problem | None:
    """Why a key can't be limited so."""
    fits = SCOPES_OF[participant.role]
    for number, scope in enumerate(wanted.scopes):
        if scope not in fits or scope in wanted.scopes[:number]:
            return invalid(said("key.scopes", participant.role, listed(fits)))
    if len(wanted.addresses) > MAX_ADDRESSES_PER_KEY:
        return invalid(said("key.addresses", MAX_ADDRESSES_PER_KEY))
    for number, address in enumerate(wanted.addresses):
        if not 0 < len(address) <= MAX_NAME_CHARS or address in wanted.addresses[:number]:
            return invalid(said("key.addresses", MAX_ADDRESSES_PER_KEY))
    if wanted.expires_ns and not state.time_ns < wanted.expires_ns <= MAX_EXPIRES_NS:
        return invalid(said("key.expires"))
    return None


def _reason_problem(reason: str) -> Problem | None:
    return invalid(said("key.reason", MAX_TEXT_CHARS)) if len(reason) > MAX_TEXT_CHARS else None


def _unknown_key(participant: Participant, name: str) -> Problem:
    return invalid(said("key.unknown", participant.participant, name))


def _would_last(participant: Participant, wanted: _Wanted) -> bool:
    """Whether a key that is wanted would be a lasting one."""
    key = Key(0, participant, wanted.key, wanted.public_key, wanted.scopes)
    key.expires_ns = wanted.expires_ns
    return key.is_lasting


def _are_last(state: State, ending: list[Key]) -> bool:
    """Whether nobody of a role that somebody must have could log in for good without some keys of one participant."""
    lasting = sum([key.is_lasting for key in ending])
    return lasting > 0 and state.access.lasting[ending[0].participant.role] == lasting


def _last_problem(key: Key) -> Problem:
    return invalid(said("key.last", key.participant.role))
