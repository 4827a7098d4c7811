"""The tape: every trade of a session, in order, and what became of it. Nothing is replayed: the events say it all."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from tempfile import SpooledTemporaryFile
from typing import Final, NamedTuple

import msgspec

from engine.record.rows import StoredRow, decode_events
from engine.vocabulary.days import moscow_day
from engine.vocabulary.messages.events import (
    AssetAdded,
    DayEnded,
    Event,
    InstrumentListed,
    RulebookLoaded,
    Trade,
    TradeCorrected,
)
from gateway.journal.files import JournalError
from gateway.reporting.steps.reference import Reference
from gateway.session.moments import Moment

HELD_BYTES: Final = 32 * 2**20
"""Of the trades of a day, those that wait in memory for what becomes of them: some 200 000. Further ones wait in a file."""


class Print(NamedTuple):
    """One trade on the tape."""

    seq: int
    """Of the command that caused it."""
    event_no: int
    """Place among the events of that command, from 0."""
    time_ns: int
    """Of that command, nanoseconds since the epoch, UTC."""
    day: int
    """The Moscow day in which it happened, from 1970-01-01."""
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
        self.rulebooks: Final[list[tuple[int, str, str]]] = []
        """Those in force so far: the command with which each came, its name and its digest."""
        self._instrument: Final = instrument
        self._since: Final = since
        self._until: Final = until
        self._day = -1
        self._held = _Held()
        self._corrected: dict[int, int] = {}
        """The last price in ticks of trades of the day that were corrected, by trade id; 0: it was busted."""

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
        yield from self.follow(seq, time_ns, events)

    def follow(self, seq: int, time_ns: int, events: Sequence[Event]) -> Iterator[Print]:
        """Take in the events of a command; yields as `take` does."""
        is_asked = (self._since is None or self._since.is_reached(seq, time_ns)) and not (
            self._until is not None and self._until.is_reached(seq, time_ns)
        )
        if self._day < 0:
            self._day = moscow_day(time_ns)
        for place, event in enumerate(events):
            if type(event) is Trade:
                if is_asked and self._instrument in ("", event.instrument):
                    self._held.add(Print(seq, place, time_ns, self._day, event, event.price_ticks))
            elif type(event) is TradeCorrected:
                self._corrected[event.trade_id] = event.new_price_ticks
            elif type(event) is DayEnded:
                yield from self.finish()
                self._day = event.day
            elif isinstance(event, AssetAdded | InstrumentListed):
                self.reference.learn(event)
            elif type(event) is RulebookLoaded:
                self.rulebooks.append((seq, event.name, event.digest))

    def finish(self) -> Iterator[Print]:
        """The trades of the day that is not over."""
        held, self._held = self._held, _Held()
        corrected, self._corrected = self._corrected, {}
        for each in held.take_all():
            final_ticks = corrected.get(each.trade.trade_id)
            yield each if final_ticks is None else each._replace(final_ticks=final_ticks)


class _Held:
    """Trades that wait, in order."""

    _encode: Final = msgspec.msgpack.Encoder().encode
    _decode: Final = msgspec.msgpack.Decoder(Print).decode

    def __init__(self) -> None:
        self._file: Final = SpooledTemporaryFile(HELD_BYTES)  # noqa: SIM115

    def __del__(self) -> None:
        """An abandoned one takes its file along."""
        self._file.close()

    def add(self, each: Print) -> None:
        data = _Held._encode(each)
        self._file.write(len(data).to_bytes(4, "big") + data)

    def take_all(self) -> Iterator[Print]:
        """All of them; there are none then."""
        with self._file as file:
            file.seek(0)
            while head := file.read(4):
                yield _Held._decode(file.read(int.from_bytes(head, "big")))
