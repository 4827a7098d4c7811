"""Which connections are armed: their end is to cancel orders of their participant. Arming, losing and coming back become commands.

All of one connection's stand in its own inbox, in order; a connection that arms nothing has none.
"""

from __future__ import annotations

import itertools
from collections import deque
from collections.abc import Callable
from typing import Any, Final, NamedTuple, Protocol

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


class _Gone(NamedTuple):
    """An armed connection that is gone."""

    inbox: Inbox
    """What waits of it; empty: nothing, or the venue has started since."""
    accounts: tuple[str, ...]
    """Those it was armed for; empty: all of its participant."""


class Attending(Protocol):
    """What is known here of a session."""

    @property
    def inbox(self) -> Inbox:
        """Commands that wait."""

    participant: Participant | None
    """Who is logged in."""
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
        self._absence: Final = absence
        self._armed_for: Final[dict[int, tuple[str, ...]]] = {}
        """The accounts of each armed connection that is there."""
        self._gone: Final[dict[str, dict[int, _Gone]]] = {
            each.participant: {number: _Gone(deque(), armed.accounts) for number, armed in each.connections.items()}
            for each in ([] if is_recording else absence.presences)
        }
        """Of each participant the connections that are gone, and that nobody has come back for."""

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
        """A participant has logged in: its connection is armed, if wanted, and what it left behind in the same accounts is kept.

        Who arms nothing has not come back: a second program, or one that looks after the first, says nothing of its orders.
        """
        if wanted is None or self._is_recording:
            return None
        accounts = tuple(dict.fromkeys(wanted.accounts))
        self._forget(name)
        gone = self._gone.get(name, {})
        for number, (inbox, of) in list(gone.items()):
            if not accounts or (of and set(of) <= set(accounts)):
                # Behind what still waits of the old one: it may not even be armed yet.
                (inbox or session.inbox).append((UNASKED, DisarmDisconnect(name, number), 0))
                del gone[number]
        session.armed = next(self._numbers)
        self._armed_for[session.armed] = accounts
        session.inbox.append((UNASKED, ArmDisconnect(name, session.armed, accounts, wanted.grace), 0))
        return ArmedDisconnect(connection=session.armed, grace=wanted.grace, accounts=list(accounts))

    def gone(self, session: Attending, name: str) -> None:
        """Its connection is gone."""
        if session.armed:
            self._forget(name)
            session.inbox.append((UNASKED, Disconnected(name, session.armed), 0))
            accounts = self._armed_for.pop(session.armed)
            self._gone.setdefault(name, {})[session.armed] = _Gone(session.inbox, accounts)
            session.armed = 0
            self.submit(session)

    def _forget(self, name: str) -> None:
        """Forget connections whose grace is over. O(those that are gone): the core has 128 at most, and some wait for their turn."""
        gone, presence = self._gone.get(name, {}), self._absence.of.get(name)
        known = {} if presence is None else presence.connections
        for number in [number for number, each in gone.items() if not each.inbox and number not in known]:
            del gone[number]

    def leaves(self, session: Attending) -> bool:
        """A participant logs out: the end of its connection cancels nothing. False: nobody is logged in."""
        if session.participant is not None and session.armed:
            name = session.participant.participant
            session.inbox.append((UNASKED, DisarmDisconnect(name, session.armed), 0))
            del self._armed_for[session.armed]
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
