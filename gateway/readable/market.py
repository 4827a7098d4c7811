"""Instruments and their books as values."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from gateway.readable.tables import Cell, Readable, html_table, text_of


@dataclass(frozen=True, repr=False)
class Instrument(Readable):
    """An instrument at one moment. Prices are in its quote asset, quantities in its base; None: there is none."""

    instrument: str
    phase: str
    last: Decimal | None
    """Of the last trade."""
    bid: Decimal | None
    bid_quantity: Decimal | None
    ask: Decimal | None
    ask_quantity: Decimal | None
    reference: Decimal | None
    """The price around which the static band lies."""
    resting: int
    """Orders on the book."""
    waiting_stops: int

    headings = ("instrument", "phase", "last", "bid", "quantity", "ask", "quantity", "reference", "resting")

    def cells(self) -> tuple[Cell, ...]:
        """Its row."""
        quotes = (self.bid, self.bid_quantity, self.ask, self.ask_quantity)
        return (self.instrument, self.phase, self.last, *quotes, self.reference, self.resting)

    def line(self) -> str:
        """`BTC/RUB continuous: bid 7,990,000 ask 8,010,000, last 8,000,000`."""
        bid, ask, last = (text_of(price) or "none" for price in (self.bid, self.ask, self.last))
        return f"{self.instrument} {self.phase}: bid {bid} ask {ask}, last {last}"


@dataclass(frozen=True, repr=False)
class Level(Readable):
    """All orders at one price of a book."""

    price: Decimal
    quantity: Decimal
    """What they show."""
    hidden: Decimal
    """What icebergs among them hide."""
    orders: int

    headings = ("price", "quantity", "hidden", "orders")

    def cells(self) -> tuple[Cell, ...]:
        """Its row."""
        return (self.price, self.quantity, self.hidden or None, self.orders)

    def line(self) -> str:
        """`0.5 at 8,000,000, 2 orders`."""
        return f"{text_of(self.quantity)} at {text_of(self.price)}, {_orders(self.orders)}"


@dataclass(frozen=True, repr=False)
class Book(Readable):
    """The best levels of an instrument's book at one moment, hidden quantities too: a supervisor's view."""

    instrument: str
    phase: str
    last: Decimal | None
    reference: Decimal | None
    bids: tuple[Level, ...]
    """Best first, as are `asks`."""
    asks: tuple[Level, ...]

    @property
    def best_bid(self) -> Decimal | None:
        """The highest price at which somebody buys."""
        return self.bids[0].price if self.bids else None

    @property
    def best_ask(self) -> Decimal | None:
        """The lowest price at which somebody sells."""
        return self.asks[0].price if self.asks else None

    @property
    def spread(self) -> Decimal | None:
        """Between the two, in the quote asset; None where a side is empty."""
        return None if not (self.bids and self.asks) else self.asks[0].price - self.bids[0].price

    @property
    def middle(self) -> Decimal | None:
        """Halfway between the two; None where a side is empty."""
        return None if not (self.bids and self.asks) else (self.asks[0].price + self.bids[0].price) / 2

    def line(self) -> str:
        """`BTC/RUB continuous: bid 7,990,000 ask 8,010,000, 3 and 4 levels`."""
        bid, ask = (text_of(price) or "none" for price in (self.best_bid, self.best_ask))
        return f"{self.instrument} {self.phase}: bid {bid} ask {ask}, {len(self.bids)} and {len(self.asks)} levels"

    def _repr_html_(self) -> str:
        rows = [("ask", *level.cells()) for level in reversed(self.asks)]
        rows += [("bid", *level.cells()) for level in self.bids]
        return html_table(self.line(), ("side", *Level.headings), rows)


def _orders(count: int) -> str:
    return "1 order" if count == 1 else f"{count:,} orders"
