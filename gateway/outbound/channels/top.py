"""Channel `top`: best bid and ask.

`seq` counts the commands that changed them. What changed within one turn is one message: its `prev_seq` is the `seq` of the
message before.
"""

from __future__ import annotations

from gateway.outbound.channels.public_book import PricesChannel
from gateway.protocol.messages import Top


class BestPrices(PricesChannel):
    """The top of one instrument's book."""

    name = "top"

    def first(self) -> Top:
        """The top as it is."""
        bid, bid_lots, ask, ask_lots = self.book.best
        format_ = self.format
        return Top(
            instrument=self.key,
            seq=self.book.best_seq,
            prev_seq=self.book.best_seq,
            time=self.book.best_ns,
            bid_price=format_.price[bid] if bid else None,
            bid_quantity=format_.quantity[bid_lots] if bid else None,
            ask_price=format_.price[ask] if ask else None,
            ask_quantity=format_.quantity[ask_lots] if ask else None,
        )
