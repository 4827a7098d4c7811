"""Events about participants who are absent.

Values as in `engine.vocabulary.messages.events`, which exports these too.
"""

from __future__ import annotations

from engine.vocabulary.messages.structs import Event


class ConnectionArmed(Event, tag=78):
    """The end of a connection will cancel open orders: of some accounts, or (empty) of all that its participant operates."""

    participant: str
    connection: int
    accounts: tuple[str, ...]
    grace_ns: int


class ConnectionLost(Event, tag=79):
    """An armed connection is gone. Its participant may come back until then."""

    participant: str
    connection: int
    until_ns: int


class ConnectionEnded(Event, tag=80):
    """A connection is armed no longer."""

    participant: str
    connection: int
    acted: bool
    """Whether the grace is over and the orders are cancelled; else its participant came back or has logged out."""
    orders: int = 0
    """How many were cancelled, not counting other legs that ended with them."""


class DeadManSet(Event, tag=81):
    """The dead man's timer of an account was set, was switched off, or has cancelled its orders. A private report."""

    account: str
    report_seq: int
    until_ns: int
    """When it cancels them; 0: it is off."""
    acted: bool = False
    orders: int = 0
    """How many it has cancelled, not counting other legs that ended with them."""
