"""Which connections are armed: their end is to cancel orders of their participant. Arming, losing and coming back become commands.

All of one connection's stand in its own inbox, in order; a connection that arms nothing has none.
"""

from __future__ import annotations

import itertools
from collections import deque
from collections.abc import Callable
from typing import Any, Final, Protocol

from engine.command_row import PARTICIPANT
from engine.state.absence import Absence
from engine.vocabulary.access import TRADE
from engine.vocabulary.messages.commands import AnyCommand, ArmDisconnect, DisarmDisconnect, Disconnected
from gateway.inbound.keyholders import Proven
from gateway.outbound.private_reports.reports import PrivateReports
from gateway.protocol.connection_messages import ArmedDisconnect
from gateway.protocol.requests import CancelOnDisconnect
from gateway.venue.venue import Participant

UNASKED: Final = -1
"""In place of a request's id: of a command that nobody has asked for, so that it has no reply."""

Inbox = deque[tuple[int, AnyCommand, int]]


class Attending(Protocol):
    """What is known here of a session."""

    @property
    def inbox(self) -> Inbox:
        """Commands that wait."""

    participant: Participant | None
    """Who is logged in."""
    scopes: tuple[str, ...]
    """What may be done with its key."""
    armed: int
    """The number of its connection, if that is armed; else 0."""


class Attendance:
    """The armed connections of a venue, as its gateway sees them."""

    def __init__(self, absence: Absence, is_recording: bool) -> None:
        self._is_recording: Final = is_recording
        """Then nothing is armed: it takes no commands."""
        self.submit: Callable[[Any], None] = lambda _: None
        """Called with a session that is gone when commands of it wait."""
        self._numbers: Final = itertools.count(absence.last_connection + 1)
        self._gone: Final[dict[str, dict[int, Inbox]]] = {
            each.participant: {number: deque() for number in each.connections}
            for each in ([] if is_recording else absence.presences)
        }
        """Of each participant the connections that are gone since it logged in last, and what waited of them."""

    def problem(self, wanted: CancelOnDisconnect | None, proven: Proven, reports: PrivateReports) -> str | None:
        """Why a connection can't be armed so; None: it can."""
        if wanted is None:
            return None
        participant = proven.participant
        if participant.role != PARTICIPANT:
            return "cancel_on_disconnect is for participants: nobody else has orders"
        if TRADE not in proven.scopes:
            return f"cancel_on_disconnect takes the scope {TRADE}, which this key has not"
        own = reports.accounts.get(participant.participant, [])
        if not own:
            return "cancel_on_disconnect: no account of yours is open"
        strange = [account for account in wanted.accounts if account not in own]
        return f"cancel_on_disconnect: {strange[0]} is not an account of yours" if strange else None

    def came(self, session: Attending, name: str, wanted: CancelOnDisconnect | None) -> ArmedDisconnect | None:
        """Who may trade for a participant has logged in: what it left behind before is kept, and its new connection armed, if wanted.

        Who may not is nobody who came back: one that only looks on can't say what should become of orders.
        """
        if TRADE not in session.scopes:
            return None
        for number, inbox in self._gone.pop(name, {}).items():
            # Behind what still waits of the old one: it may not even be armed yet.
            (inbox or session.inbox).append((UNASKED, DisarmDisconnect(name, number), 0))
        if wanted is None or self._is_recording:
            return None
        session.armed = next(self._numbers)
        accounts = tuple(dict.fromkeys(wanted.accounts))
        session.inbox.append((UNASKED, ArmDisconnect(name, session.armed, accounts, wanted.grace), 0))
        return ArmedDisconnect(connection=session.armed, grace=wanted.grace, accounts=list(accounts))

    def gone(self, session: Attending, name: str) -> None:
        """Its connection is gone."""
        if session.armed:
            session.inbox.append((UNASKED, Disconnected(name, session.armed), 0))
            self._gone.setdefault(name, {})[session.armed] = session.inbox
            session.armed = 0
            self.submit(session)

    def leaves(self, session: Attending) -> bool:
        """A participant logs out: the end of its connection cancels nothing. False: nobody is logged in."""
        if session.participant is not None and session.armed:
            name = session.participant.participant
            session.inbox.append((UNASKED, DisarmDisconnect(name, session.armed), 0))
            session.armed = 0
        return session.participant is not None


def disconnections(absence: Absence) -> list[AnyCommand]:
    """What a start has to say of connections that were there when the venue ended: they are gone."""
    return [
        Disconnected(presence.participant, each.connection)
        for presence in absence.presences
        for each in presence.connections.values()
        if not each.until_ns
    ]
