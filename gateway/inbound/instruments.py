"""The list of instruments, in pieces."""

from __future__ import annotations

from itertools import islice
from typing import Final

from engine.book.entities import Instrument
from engine.book.order_book import LimitOrderBook
from engine.exchange import Exchange
from engine.vocabulary.codes import INSTRUMENT_KINDS, PHASES
from engine.vocabulary.limits import ANSWER_PIECE_STEPS, ROW_STEPS
from gateway.protocol.formats import InstrumentFormat
from gateway.protocol.messages import InstrumentInfo
from gateway.protocol.wire import Codec, Rows

_PIECE_ROWS: Final = ANSWER_PIECE_STEPS // ROW_STEPS


class InstrumentsInPieces:
    """The list of instruments for one codec: each as it is when its piece is made."""

    def __init__(self, exchange: Exchange, formats: dict[str, InstrumentFormat], codec: Codec) -> None:
        self.seq: Final = exchange.seq
        """The last command before it was begun."""
        self.rows: Final = Rows(codec)
        self.readers = 0
        self._exchange: Final = exchange
        self._formats: Final = formats
        self._left: Final = iter(list(exchange.instruments.values()))
        self._to_do = len(exchange.instruments)

    @property
    def is_done(self) -> bool:
        """Whether all of them are in `rows`."""
        return not self._to_do

    @property
    def is_stale(self) -> bool:
        """Whether it was made, and a command came since it was begun."""
        return self.is_done and self.seq < self._exchange.seq

    def make(self) -> int:
        """List the next instruments."""
        if self.is_done:
            return 0
        books, formats = self._exchange.books, self._formats
        listed = [
            _instrument(each, books[each.instrument], formats[each.instrument])
            for each in islice(self._left, _PIECE_ROWS)
        ]
        self.rows.add(listed)
        self._to_do -= len(listed)
        return len(listed) * ROW_STEPS

    def end(self) -> None:
        """Nothing follows it."""


def _instrument(instrument: Instrument, book: LimitOrderBook, format_: InstrumentFormat) -> InstrumentInfo:
    future = instrument.future
    info = InstrumentInfo(
        instrument=instrument.instrument,
        kind=INSTRUMENT_KINDS[instrument.kind],
        base=instrument.base.asset,
        quote=instrument.quote.asset,
        tick_size=format_.price[1],
        lot_size=format_.quantity[1],
        min_quantity=format_.quantity[instrument.min_lots],
        max_quantity=format_.quantity[instrument.max_lots],
        maker_fee_ppm=instrument.maker_fee_ppm,
        taker_fee_ppm=instrument.taker_fee_ppm,
        phase=PHASES[book.phase],
        underlying=instrument.underlying or None,
        reference_price=format_.price[book.reference_ticks] if book.reference_ticks else None,
        static_band_ppm=instrument.static_ppm or None,
        dynamic_band_ppm=instrument.dynamic_ppm or None,
    )
    if future is not None:
        info.expiry = future.expiry_ns
        info.averaging = future.averaging_ns or None
        info.mark_interval = future.mark_interval_ns or None
        info.max_position = format_.quantity[future.max_position_lots] if future.max_position_lots else None
    return info
