"""What the venue says of a connection itself: who it is, who is logged in, how much may be asked, what can't be read."""

from __future__ import annotations

import msgspec

from gateway.protocol.private_messages import Message


class Recording(msgspec.Struct, kw_only=True, gc=False):
    """A past session that is served again: commands are answered with an error `read_only`, and every time is the session's."""

    speed: str
    """`10x`: ten times as fast as it was; `max`: as fast as it is read; `step`: a command when somebody asks for it."""
    seq: int
    """Of the last command that was shown."""
    time: int
    last_seq: int
    """Of the recording. Once that was shown, all stays as it is."""


class Hello(Message, tag="hello"):
    """The first message on every connection. `nonce` is what a login signs."""

    venue: str
    protocol: str
    core_version: int
    nonce: str
    durability: str
    """`fsync`: an acknowledged request is on the disk. `os`: it is with the operating system."""
    rulebook: str
    time: int
    heartbeat_interval: int = 0
    """Nanoseconds. A client that says nothing for so long is sent a ping, and channel `heartbeat` has a message each."""
    heartbeat_timeout: int = 0
    """Nanoseconds. A client of whom nothing is heard for so long, pongs included, is disconnected."""
    recording: Recording | None = None
    """Left out by a venue that runs."""
    test: bool = False
    """A venue for tests: its time can be moved, and goes on from where its journal ended. Left out by others."""
    time_scale: int = 1
    """Of such a venue: how many times as fast as a clock its time goes. Heartbeats and rates go by the clock."""


class Rate(msgspec.Struct, kw_only=True, gc=False):
    """What may be asked of the venue within a scope, in units of about one order, and how many are `left` (below zero: owed)."""

    scope: str
    """`connection`, `participant` (all its connections), or `address` (all from it that are not logged in)."""
    units_per_second: int
    burst: int
    left: int


class ArmedDisconnect(msgspec.Struct, omit_defaults=True, kw_only=True, gc=False):
    """That the end of this connection cancels open orders. It is sequenced before whatever the connection asks."""

    connection: int
    """Its number in the journal."""
    grace: int
    """Nanoseconds within which a login of the participant prevents it."""
    accounts: list[str] = []
    """Whose orders; left out: those of all accounts of the participant."""


class Welcome(Message, tag="welcome"):
    """The login succeeded. `accounts` maps each account that may be used to its last report's sequence number.

    `seq` and `link` are those of the journal's last batch, as in `JournalTip`.
    """

    id: int
    participant: str
    role: str
    accounts: dict[str, int]
    seq: int
    link: str
    rates: list[Rate] = []
    """Of this connection and of the participant; left out where nobody is limited."""
    recording: Recording | None = None
    """As in `Hello`, by now."""
    cancel_on_disconnect: ArmedDisconnect | None = None
    """As it was asked for; left out: the end of the connection cancels nothing."""
    lang: str = "en"
    """The language of this connection: `ru`; left out: English."""
    test: bool = False
    """As in `Hello`, as is `time_scale`."""
    time_scale: int = 1
    key: str = ""
    """The name of the key that has signed the login; left out of a recording."""
    scopes: list[str] = []
    """What may be done with it: of `read`, `trade`, `drop_copy`, `supervise`, `operate`."""
    key_expires: int = 0
    """When it ends, and this connection with it; left out: when somebody ends it."""


class LoggedOut(Message, tag="logged_out"):
    """Nobody is logged in on the connection any more, and all that it asked before is done. The venue closes it."""

    id: int


class RecordingEnded(Message, tag="recording_ended"):
    """All of a recording was shown, up to `seq` at `time`. It can be looked at as it is then."""

    seq: int
    time: int


class JournalTip(Message, tag="journal_tip"):
    """Where the journal's chain stood at `time`, told to everybody now and then: a journal without it was rewritten."""

    seq: int
    """Of the last command of the last batch."""
    link: str
    """SHA-256 over all batches up to that one, hexadecimal."""
    time: int


class Goodbye(Message, tag="goodbye"):
    """The venue stops, in order: the last message on a connection. What was asked and is not answered by now was not carried out."""

    seq: int
    """Of the last command of the journal: it goes on from there when the venue is back."""
    link: str
    """As in `JournalTip`."""
    time: int


class Error(Message, tag="error"):
    """The request was not sequenced. `code`: malformed, not_logged_in, login_failed, not_allowed, unknown, too_many,
    rate_limited, read_only, key_ended.
    """

    code: str
    detail: str
    id: int | None = None
    retry_after: int | None = None
    """Of `rate_limited`: nanoseconds from now until nothing is owed any more."""


class RatesReply(Message, tag="rates"):
    """What may be asked and what is left, of this connection and of what it shares; none where nobody is limited."""

    id: int
    rates: list[Rate]


class Subscribed(Message, tag="subscribed"):
    """The channel is on; its first message follows. `seq` is that of the last message already sent to others."""

    id: int
    channel: str
    seq: int
    instrument: str | None = None
    depth: int | None = None
    interval: str | None = None


class Unsubscribed(Message, tag="unsubscribed"):
    """The channel is off."""

    id: int
    channel: str
    instrument: str | None = None
    depth: int | None = None
    interval: str | None = None


AnyConnectionMessage = Hello | Welcome | LoggedOut | JournalTip | Goodbye | RecordingEnded | Error
"""What is said of a connection, but for answers to questions."""
