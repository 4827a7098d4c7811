"""Channel `ticker`: the last price, the best bid and ask, and the figures of the last 24 hours.

`seq` counts their changes: each command that changed the best prices, each trade, each mark of a future, and each minute with
trades that is no longer within 24 hours. What changed within one turn is one message: its `prev_seq` is the `seq` of the
message before.

All of it follows from the events and the venue's time alone, so that a venue which starts again tells the same.
"""

from __future__ import annotations

from typing import Final

from engine.vocabulary.decimals import decimal
from gateway.candles.intervals import window_start
from gateway.outbound.channels.public_book import PricesChannel
from gateway.outbound.messages.mirrors import State
from gateway.protocol import messages
from gateway.protocol.formats import InstrumentFormat

PERCENT_DECIMALS: Final = 2
"""Of a change in per cent."""
OLD_STATE: Final = 4
"""Numbers that a snapshot kept before there were candles."""


class Ticker(PricesChannel):
    """What one instrument is worth now."""

    name = "ticker"

    def first(self) -> messages.Ticker:
        """All of it as it is."""
        bid, bid_lots, ask, ask_lots = self.book.best
        traded, format_, seq = self.book.traded, self.format, self.changes()
        told = messages.Ticker(
            instrument=self.key,
            seq=seq,
            prev_seq=seq,
            time=max(self.book.best_ns, traded.changed_ns),
            last_price=format_.price[traded.last_ticks] if traded.last_ticks else None,
            bid_price=format_.price[bid] if bid else None,
            bid_quantity=format_.quantity[bid_lots] if bid else None,
            ask_price=format_.price[ask] if ask else None,
            ask_quantity=format_.quantity[ask_lots] if ask else None,
        )
        self._tell_day(told)
        marks = self.book.marks
        mark = None if marks is None else marks.first()
        if isinstance(mark, messages.Mark):
            told.mark_price, told.open_interest = mark.price, mark.open_interest
        return told

    def state(self) -> State:
        """Nothing more: the book has it."""
        return (self.seq,)

    def restore(self, state: State) -> None:
        """Go on from there. A snapshot from before there were candles knows the last price, and when it became that."""
        self.seq = state[0]
        if len(state) == OLD_STATE:
            _, last_ticks, changes, last_ns = state
            self.book.traded.begin(last_ticks, changes, last_ns)

    def changes(self) -> int:
        """Those of the best prices, and of what was traded."""
        return self.book.best_seq + self.book.traded.changes

    def _tell_day(self, told: messages.Ticker) -> None:
        """Fill in the figures of 24 hours. Without a trade there are no prices, and the sums are 0."""
        traded, format_ = self.book.traded, self.format
        day = traded.day()
        kept = traded.kept
        if kept.from_ns > window_start(kept.time_ns):
            told.since_24h = kept.from_ns
        if day is None:
            told.volume_24h, told.turnover_24h, told.trades_24h = format_.none, decimal(0, format_.money.scale), 0
            return
        change = day.close - day.open
        told.open_24h = format_.price[day.open]
        told.high_24h = format_.price[day.high]
        told.low_24h = format_.price[day.low]
        # Sums are seldom the same twice: no cache is filled with them.
        told.volume_24h = format_.quantity.text(day.volume_lots)
        told.turnover_24h = format_.money.text(day.tick_lots * format_.unit)
        told.trades_24h = day.trades
        told.change_24h = format_.price.text(change)
        told.change_percent_24h = decimal(_nearest(change * 100 * 10**PERCENT_DECIMALS, day.open), PERCENT_DECIMALS)
        told.vwap_24h = vwap(day.tick_lots, day.volume_lots, format_)


def vwap(tick_lots: int, lots: int, format_: InstrumentFormat) -> str:
    """A mean price by volume, with the decimals of prices, rounded half away from zero."""
    return decimal(_nearest(tick_lots * format_.price.step, lots), format_.price.scale)


def _nearest(numerator: int, divisor: int) -> int:
    """A fraction as a whole number, half away from zero; the divisor is above zero."""
    rounded = (2 * abs(numerator) + divisor) // (2 * divisor)
    return rounded if numerator >= 0 else -rounded
