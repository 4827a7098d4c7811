"""Channel `trades`: one message a print; `seq` counts prints, without gaps."""

from __future__ import annotations

from engine.vocabulary.codes import SIDES
from engine.vocabulary.messages.events import Trade
from gateway.outbound.channels.public_book import BookChannel
from gateway.outbound.messages.mirrors import State
from gateway.protocol.messages import TradePrint


class Trades(BookChannel):
    """The prints of one instrument."""

    name = "trades"
    events = (Trade,)

    def restore(self, state: State) -> None:
        """Go on counting, for candles too."""
        super().restore(state)
        self.book.traded.trades = self.seq

    def follow(self, event: Trade, command_seq: int, time_ns: int) -> TradePrint | None:
        """Count a print."""
        self.seq += 1
        if not self.subscribers:
            return None
        return TradePrint(
            instrument=self.key,
            seq=self.seq,
            prev_seq=self.seq - 1,
            trade_id=event.trade_id,
            price=self.format.price[event.price_ticks],
            quantity=self.format.quantity[event.quantity_lots],
            taker_side=SIDES[event.taker_side],
            time=time_ns,
        )
