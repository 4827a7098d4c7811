"""The tape: every trade of a session, in order, and what became of it. Nothing is replayed: the events say it all."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final, NamedTuple

import msgspec

from engine.record.rows import StoredRow, decode_events
from engine.vocabulary.messages.events import AssetAdded, DayEnded, InstrumentListed, Trade, TradeCorrected
from gateway.journal.files import JournalError
from gateway.reporting.reference import Reference
from gateway.session.moments import Moment


class Print(NamedTuple):
    """One trade on the tape."""

    seq: int
    """Of the command that caused it."""
    time_ns: int
    """Of that command, nanoseconds since the epoch, UTC."""
    trade: Trade
    final_ticks: int
    """The price that stands: that of the trade, or of its last correction; 0: it was busted."""


class Tape:
    """Collects trades a trading day at a time: a correction is only possible within it.

    Args:
        instrument: whose trades; empty: all.
        since: the first moment; None: from the beginning.
        until: trades at this moment or later are left out; None: to the end.
    """

    def __init__(self, instrument: str = "", since: Moment | None = None, until: Moment | None = None) -> None:
        self.reference: Final = Reference()
        """Assets and instruments so far."""
        self.is_over = False
        """Whether `until` was reached."""
        self._instrument: Final = instrument
        self._since: Final = since
        self._until: Final = until
        self._day: dict[int, Print] = {}
        """By trade id."""

    def take(self, row: StoredRow) -> Iterator[Print]:
        """Take in a row; yields the trades of a day that ended with it. Their prices stand.

        Raises:
            JournalError: this version does not know an event.
        """
        seq, time_ns, _, stored = row
        try:
            events = decode_events(stored)
        except msgspec.DecodeError as error:
            raise JournalError(f"this version does not know an event of sequence number {seq}: {error}") from error
        self.is_over = self._until is not None and self._until.is_reached(seq, time_ns)
        is_asked = not self.is_over and (self._since is None or self._since.is_reached(seq, time_ns))
        for event in events:
            if type(event) is Trade:
                if is_asked and self._instrument in ("", event.instrument):
                    self._day[event.trade_id] = Print(seq, time_ns, event, event.price_ticks)
            elif type(event) is TradeCorrected:
                found = self._day.get(event.trade_id)
                if found is not None:
                    self._day[event.trade_id] = found._replace(final_ticks=event.new_price_ticks)
            elif type(event) is DayEnded:
                yield from self.finish()
            elif isinstance(event, AssetAdded | InstrumentListed):
                self.reference.learn(event)

    def finish(self) -> Iterator[Print]:
        """The trades of the day that is not over."""
        day, self._day = self._day, {}
        yield from day.values()
