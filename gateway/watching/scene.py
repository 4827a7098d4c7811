"""What is seen of a market at one moment: plain data, decimals as the wire writes them, the newest first."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from typing import Final, Literal

import msgspec

MAX_MARKETS: Final = 50
"""Lines of prices: more than a tall terminal shows."""
MAX_LEVELS: Final = 50
"""On each side of a book, likewise."""
MAX_PRINTS: Final = 50
"""Trades that are kept of each instrument, likewise."""
MAX_VERDICTS: Final = 100
"""Verdicts that are kept, likewise."""


Fate = Literal["refused", "cancelled"]
"""What became of a request, or of an order that was open."""


class Market(msgspec.Struct, frozen=True):
    """An instrument in a line."""

    instrument: str
    phase: str
    last: str | None = None
    bid: str | None = None
    bid_quantity: str | None = None
    ask: str | None = None
    ask_quantity: str | None = None
    change_percent_24h: str | None = None
    """Of the last price in 24 hours, signed; None: nothing was traded in them, or nobody says."""
    since_24h_ns: int | None = None
    """When these hours begin, if that is later than 24 hours ago: nobody knows what was before."""


class Level(msgspec.Struct, frozen=True):
    """The orders at one price."""

    price: str
    quantity: str
    hidden: str | None = None
    """None: the public book does not say."""
    orders: int | None = None


class BookSeen(msgspec.Struct, frozen=True):
    """The best levels of an order book."""

    instrument: str
    bids: list[Level]
    asks: list[Level]


class Printed(msgspec.Struct, frozen=True):
    """A trade on the tape."""

    trade_id: int
    time_ns: int
    price: str
    """That stands: after a correction the new one."""
    quantity: str
    taker_side: str
    seq: int | None = None
    """Of the command that caused it; None: the public tape does not say."""
    status: Literal["", "corrected", "busted"] = ""


class Verdict(msgspec.Struct, frozen=True):
    """Somebody was told no, or lost an order that was open."""

    what: Fate
    by: str
    """The rule, or the code of the venue's own check."""
    title: str
    """Of the rule."""
    words: str
    """What was wrong, and what would have been allowed."""
    account: str = ""
    """Empty: it was no account's request."""
    instrument: str = ""
    seq: int | None = None
    """Of the command; None: the venue does not say."""
    time_ns: int | None = None
    """Of the command; where the venue does not say, of the last message before."""


class Scene(msgspec.Struct, frozen=True):
    """All that one picture shows."""

    where: str
    """A venue's address, or a directory."""
    kind: Literal["live", "recorded"]
    state: str
    """How it goes on, in words."""
    is_paused: bool
    seq: int | None
    """Of the last command that it shows, as far as anybody says."""
    last_seq: int | None
    """Of the last one that is recorded."""
    time_ns: int | None
    """The venue's clock, nanoseconds since the epoch, UTC."""
    chosen: str
    """The instrument whose book and tape it shows; empty: there is none."""
    markets: list[Market]
    book: BookSeen | None
    tape: list[Printed]
    verdicts: list[Verdict]
    since_ns: int | None
    """Since when the next two are counted; None: nobody tells."""
    accepted: int
    """Orders."""
    refused: int
    """Requests."""
    last_command: str = ""
    """The last command in words."""
    notes: list[str] = []
    """What is to be known beside it."""
    figures: str = ""
    """What whoever shows it has measured, in a line."""


class Recent:
    """The last trades of each instrument, the last verdicts, and how many there were."""

    def __init__(self) -> None:
        self.since_ns: int | None = None
        """Since when the next two are counted."""
        self.accepted = 0
        self.refused = 0
        self._tapes: Final[dict[str, deque[Printed]]] = {}
        self._verdicts: Final[deque[Verdict]] = deque(maxlen=MAX_VERDICTS)

    def trade(self, instrument: str, printed: Printed) -> None:
        """Take in a trade."""
        tape = self._tapes.get(instrument)
        if tape is None:
            tape = self._tapes[instrument] = deque(maxlen=MAX_PRINTS)
        tape.appendleft(printed)

    def correct(self, instrument: str, trade_id: int, price: str | None) -> None:
        """A trade has another price now; None: it was undone. O(kept trades)."""
        tape = self._tapes.get(instrument, ())
        for place, printed in enumerate(tape):
            if printed.trade_id == trade_id:
                assert isinstance(tape, deque)
                status = "busted" if price is None else "corrected"
                tape[place] = msgspec.structs.replace(printed, price=price or printed.price, status=status)

    def judge(self, verdict: Verdict) -> None:
        """Take in a verdict."""
        self.refused += verdict.what == "refused"
        self._verdicts.appendleft(verdict)

    def tape(self, instrument: str) -> list[Printed]:
        """The last trades of an instrument."""
        return list(self._tapes.get(instrument, ()))

    @property
    def verdicts(self) -> list[Verdict]:
        """The last verdicts."""
        return list(self._verdicts)


def around(names: Iterable[str], chosen: str, most: int) -> list[str]:
    """As many neighbours of the chosen one as have room, in their order."""
    known = list(names)
    place = known.index(chosen) if chosen in known else 0
    first = max(min(place - most // 2, len(known) - most), 0)
    return known[first : first + most]
