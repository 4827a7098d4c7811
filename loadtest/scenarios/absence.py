"""Lines and phrases about participants who are absent: armed connections, and dead man's timers."""

from __future__ import annotations

from collections.abc import Callable

from engine.vocabulary.messages import commands, events
from engine.vocabulary.messages.commands import AnyCommand
from loadtest.scenarios.format import ScenarioError
from loadtest.scenarios.numbers import length_ns, show_clock
from loadtest.scenarios.orders import Words
from loadtest.scenarios.venue import Venue


def arm(venue: Venue, text: str) -> AnyCommand:
    """`arm ann 1 grace 5 seconds`: the connection 1 of participant ann; without `grace` it has none."""
    words = Words(text)
    participant, connection = words.take("participant"), int(words.take("connection"))
    venue.know_participant(participant)
    grace_ns = 0
    if words:
        if words.take("grace") != "grace":
            raise ScenarioError("write `arm ann 1 grace 5 seconds`")
        grace_ns = length_ns(words.take("length"), words.take("unit"))
    return commands.ArmDisconnect(participant, connection, (), grace_ns)


def gone(_: Venue, text: str) -> AnyCommand:
    """`gone ann 1`: that connection has ended."""
    participant, connection = text.split()
    return commands.Disconnected(participant, int(connection))


def back(_: Venue, text: str) -> AnyCommand:
    """`back ann 1`: who had it is back, or has logged out."""
    participant, connection = text.split()
    return commands.DisarmDisconnect(participant, int(connection))


def dead_man(venue: Venue, text: str) -> AnyCommand:
    """`dead_man ann 10 seconds`, `dead_man ann off`: the timer of an account."""
    account, number, *unit = text.split()
    participant = venue.participant_of(account)
    return commands.CancelAllAfter(participant, account, length_ns(number, unit[0]) if unit else 0)


SETTINGS: dict[str, Callable[[Venue, str], AnyCommand]] = {"arm": arm, "gone": gone, "back": back, "dead_man": dead_man}


def say(event: events.Event) -> str:
    """An event about somebody absent as a phrase; empty if it is none."""
    if isinstance(event, events.ConnectionArmed):
        return f"connection {event.connection} of {event.participant} armed"
    if isinstance(event, events.ConnectionLost):
        return f"connection {event.connection} of {event.participant} lost until {show_clock(event.until_ns)}"
    if isinstance(event, events.ConnectionEnded):
        what = f"ended {event.orders}" if event.acted else "disarmed"
        return f"connection {event.connection} of {event.participant} {what}"
    if isinstance(event, events.DeadManSet):
        if event.acted:
            return f"dead man of {event.account} ended {event.orders}"
        return f"dead man of {event.account} {f'at {show_clock(event.until_ns)}' if event.until_ns else 'off'}"
    return ""
