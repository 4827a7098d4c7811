"""What was bought and sold: trades of an instrument, added up for whom a section asks, corrections taken off."""

from __future__ import annotations

from engine.vocabulary.codes import BUY, SELL
from engine.vocabulary.messages.events import Event, Trade, TradeCorrected
from gateway.reporting.steps.reference import Reference

TRADES = (Trade, TradeCorrected)
"""The events that `sides` reads."""
Side = tuple[str, int, int, int]
"""Account, side, lots, and price by quantity in ticks and lots; negative where a correction takes off."""


class Flow:
    """Bought and sold of one instrument: lots, and what they cost in ticks times lots."""

    __slots__ = ("bought_lots", "bought_ticks", "sold_lots", "sold_ticks")

    def __init__(self) -> None:
        self.bought_lots = 0
        self.bought_ticks = 0
        self.sold_lots = 0
        self.sold_ticks = 0

    def add(self, side: int, lots: int, ticks: int) -> None:
        """Count one side of a trade, or of its correction."""
        if side == BUY:
            self.bought_lots += lots
            self.bought_ticks += ticks
        else:
            self.sold_lots += lots
            self.sold_ticks += ticks

    def add_all(self, other: Flow) -> None:
        """Count all of another."""
        self.add(BUY, other.bought_lots, other.bought_ticks)
        self.add(SELL, other.sold_lots, other.sold_ticks)

    def quantities(self, reference: Reference, instrument: str) -> tuple[str, str]:
        """Bought and sold, with the decimals of the instrument's lot."""
        texts = reference.formats.instruments[instrument].quantity
        return (texts[self.bought_lots], texts[self.sold_lots])

    def values(self, reference: Reference, instrument: str) -> tuple[str, str, str, str]:
        """What was paid, what was brought in, both together, and what was paid more than brought in. In the quote asset."""
        traded = reference.instruments[instrument]
        bought, sold = self.bought_ticks * traded.unit, self.sold_ticks * traded.unit
        amounts = (bought, sold, bought + sold, bought - sold)
        first, second, third, fourth = (reference.formats.amount(traded.quote, amount) for amount in amounts)
        return (first, second, third, fourth)


def sides(event: Event) -> tuple[Side, ...]:
    """Both sides of a trade, or what its correction changes; nothing of any other event."""
    if isinstance(event, Trade):
        lots, ticks = event.quantity_lots, event.price_ticks * event.quantity_lots
        other = SELL if event.taker_side == BUY else BUY
        return ((event.taker_account, event.taker_side, lots, ticks), (event.maker_account, other, lots, ticks))
    if isinstance(event, TradeCorrected):
        # A price of 0 says that the trade was undone.
        lots = 0 if event.new_price_ticks else -event.quantity_lots
        ticks = (event.new_price_ticks - event.price_ticks) * event.quantity_lots
        return ((event.buy_account, BUY, lots, ticks), (event.sell_account, SELL, lots, ticks))
    return ()
