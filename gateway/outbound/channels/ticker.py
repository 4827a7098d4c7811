"""Channel `ticker`: the last price, and the best bid and ask.

`seq` counts their changes: each command that changed the best prices, and each trade at another price than the one before
it. What changed within one turn is one message: its `prev_seq` is the `seq` of the message before.
"""

from __future__ import annotations

from engine.vocabulary.messages.events import Trade
from gateway.outbound.channels.channel import Subject
from gateway.outbound.channels.public_book import PricesChannel
from gateway.outbound.messages.mirrors import State
from gateway.protocol import messages


class Ticker(PricesChannel):
    """What one instrument is worth now."""

    name = "ticker"
    events = (Trade,)

    def __init__(self, subject: Subject) -> None:
        super().__init__(subject)
        self._last_ticks = 0
        """0: nothing has traded yet."""
        self._last_changes = 0
        self._last_ns = 0
        """When it became that."""

    def first(self) -> messages.Ticker:
        """The prices as they are."""
        bid, bid_lots, ask, ask_lots = self.book.best
        format_, seq = self.format, self.changes()
        return messages.Ticker(
            instrument=self.key,
            seq=seq,
            prev_seq=seq,
            time=max(self.book.best_ns, self._last_ns),
            last_price=format_.price[self._last_ticks] if self._last_ticks else None,
            bid_price=format_.price[bid] if bid else None,
            bid_quantity=format_.quantity[bid_lots] if bid else None,
            ask_price=format_.price[ask] if ask else None,
            ask_quantity=format_.quantity[ask_lots] if ask else None,
        )

    def state(self) -> State:
        """The last price, and when it became that; the book has the best ones."""
        return self.seq, self._last_ticks, self._last_changes, self._last_ns

    def restore(self, state: State) -> None:
        """Go on from there."""
        self.seq, self._last_ticks, self._last_changes, self._last_ns = state

    def follow(self, event: Trade, command_seq: int, time_ns: int) -> None:
        """Take in the price of a trade. It is told when the turn ends."""
        if event.price_ticks != self._last_ticks:
            self._last_ticks = event.price_ticks
            self._last_changes += 1
            self._last_ns = time_ns

    def changes(self) -> int:
        """Those of the best prices, and of the last one."""
        return self.book.best_seq + self._last_changes
