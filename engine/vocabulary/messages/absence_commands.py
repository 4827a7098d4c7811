"""Commands about participants who are absent: what is to happen to their orders when a connection is gone, or when they say nothing.

Values as in `engine.vocabulary.messages.commands`, which exports these too.
"""

from __future__ import annotations

from engine.vocabulary.messages.structs import Command


class ArmDisconnect(Command, tag=77, frozen=True):
    """A participant has logged in on a connection whose end is to cancel open orders. From the venue itself, as all that names a connection."""

    participant: str
    connection: int
    """Its number: above zero, and of no other connection that is armed."""
    accounts: tuple[str, ...] = ()
    """Whose orders; empty: those of all accounts that the participant operates when it happens."""
    grace_ns: int = 0
    """How long it may take to come back."""


class Disconnected(Command, tag=78, frozen=True):
    """A connection is gone: the grace begins, if it is armed."""

    participant: str
    connection: int


class DisarmDisconnect(Command, tag=79, frozen=True):
    """The participant is back, or has logged out: the end of the connection cancels nothing."""

    participant: str
    connection: int


class CancelAllAfter(Command, tag=80, frozen=True):
    """Cancel all orders of an account unless this comes again before the time is over: the dead man's timer."""

    participant: str
    account: str
    """Empty: each account that the participant operates."""
    timeout_ns: int
    """From now on; 0: the timer is off."""
