"""What is noted of connections, and of whom; without files nothing is kept of it: in a recording, and in a venue inside a program."""

from __future__ import annotations

from collections import Counter
from typing import Final

from gateway.documents import without_numbers
from gateway.printable import printable

Fact = str | int
"""What a row says beside its kind, by the name of a field."""

BEGAN: Final = "began"
ENDED: Final = "ended"
LOGIN: Final = "login"
LOGOUT: Final = "logout"
DISCONNECTED: Final = "disconnected"
LOGIN_FAILED: Final = "login_failed"
REFUSED: Final = "refused"
HANDSHAKE_REFUSED: Final = "handshake_refused"
RATE_LIMITED: Final = "rate_limited"
SAME: Final = "same"
LOST: Final = "lost"
OPENED: Final = "opened"
SEALED: Final = "sealed"

KINDS: Final[dict[str, str]] = {
    BEGAN: "the venue began to listen",
    ENDED: "the venue ended, and every connection with it",
    LOGIN: "somebody logged in",
    LOGOUT: "somebody logged out: the end of the connection cancels nothing",
    DISCONNECTED: "a connection ended; of strangers only what the venue ended for a fault of theirs",
    LOGIN_FAILED: "a login failed",
    REFUSED: "a request was refused: for want of a login, of the role, of the scope, or of an own account",
    HANDSHAKE_REFUSED: "a connection was not let in",
    RATE_LIMITED: "a connection began to be answered rate_limited",
    SAME: "so many more of a kind came, and have no rows of their own",
    LOST: "rows that the disk did not take in time",
    OPENED: "a file begins",
    SEALED: "the venue's key signed what stands before",
}
"""Every kind of row, and what it says."""

MAX_FACT_CHARS: Final = 120
"""Of a text in a row. Of strangers comes no more than a name, or what a header says."""


class Caller:
    """A connection, as its rows name it."""

    __slots__ = ("address", "codec", "connection", "key", "participant", "role", "share")

    def __init__(self, codec: str = "", address: str = "", connection: int = 0) -> None:
        self.codec: Final = codec
        """The subprotocol that it speaks."""
        self.connection = connection
        """Counted since the venue began; 0: it is none yet."""
        self.address = address
        """Where it is from."""
        self.share = address
        """What its address counts as: of IPv6 its network."""
        self.participant = ""
        """Who has logged in; it stays when the connection has ended. Empty: a stranger."""
        self.role = ""
        self.key = ""
        """The fingerprint of the key that logged in."""

    def came(self, address: str, share: str, connection: int) -> None:
        """It is a connection from now on."""
        self.address, self.share, self.connection = address, share, connection

    def is_now(self, participant: str, role: str, key: str) -> None:
        """It has logged in."""
        self.participant, self.role, self.key = participant, role, key

    def facts(self) -> dict[str, Fact]:
        """What is known of it."""
        found: dict[str, Fact] = {
            "connection": self.connection,
            "address": self.address,
            "codec": self.codec,
            "participant": self.participant,
            "role": self.role,
            "key": self.key,
        }
        return {name: value for name, value in found.items() if value}


class Audit:
    """Takes note, and keeps nothing. `gateway.audit.keeping.KeptAudit` keeps it."""

    def __init__(self) -> None:
        self.noted: Final[Counter[str]] = Counter()
        """How often, by kind."""

    def note(self, kind: str, caller: Caller, **facts: Fact) -> None:
        """Take note of something.

        Args:
            kind: one of `KINDS`.
            caller: the connection that it is about.
            facts: what else is to be known, texts and figures. Never a secret. A text of a client is cut, made printable, and the
                number of a document in it left out.
        """
        assert kind in KINDS, kind
        self.noted[kind] += 1


def plain(value: Fact) -> Fact:
    """A fact as it is kept: what a text may be is bounded, and none acts when it is shown or tells a document's number."""
    if isinstance(value, int):
        return value
    text = printable(without_numbers(value[: 2 * MAX_FACT_CHARS]))
    return text if len(text) <= MAX_FACT_CHARS else text[: MAX_FACT_CHARS - 3] + "..."
