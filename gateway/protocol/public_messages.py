"""Market data of the protocol `sbx.v1`: what everybody may know. `gateway.protocol.messages` exports them with all others."""

from __future__ import annotations

from gateway.protocol.private_messages import Message


class TradePrint(Message, tag="trade"):
    """Channel `trades`."""

    instrument: str
    seq: int
    trade_id: int
    price: str
    quantity: str
    taker_side: str
    time: int


class Top(Message, tag="top"):
    """Channel `top`: the best bid and ask; a side that is empty is left out.

    `seq` counts the changes. Those of one turn of the venue are one message; `prev_seq` is the `seq` of the one before it,
    or, in the first message of a subscription, `seq` itself.
    """

    instrument: str
    seq: int
    prev_seq: int
    time: int
    bid_price: str | None = None
    bid_quantity: str | None = None
    ask_price: str | None = None
    ask_quantity: str | None = None


class BookSnapshot(Message, tag="book_snapshot"):
    """Channel `book`: every price level, best first, as `[price, quantity]`. Updates after `seq` apply to it."""

    instrument: str
    seq: int
    time: int
    bids: list[tuple[str, str]]
    asks: list[tuple[str, str]]
    checksum: int


class BookUpdate(Message, tag="book_update"):
    """Channel `book`: the levels that changed, with their new quantity; `"0"` removes one.

    Applies to the book at `prev_seq`. `checksum` is the CRC-32 of the ten best levels of both sides after it: see
    `gateway.outbound.levels.checksum`.
    """

    instrument: str
    seq: int
    prev_seq: int
    time: int
    bids: list[tuple[str, str]]
    asks: list[tuple[str, str]]
    checksum: int


class Status(Message, tag="status"):
    """Channel `status`: the phase of an instrument."""

    instrument: str
    seq: int
    phase: str
    reason: str
    time: int
    until: int | None = None
    """When it ends by itself, if that is known."""


class Auction(Message, tag="auction"):
    """Channel `auction`: what a call would uncross to now, or (`final`) did. Volume "0": nothing crosses.

    `imbalance` is what could be bought less what could be sold at that price.
    """

    instrument: str
    seq: int
    volume: str
    time: int
    price: str | None = None
    imbalance: str | None = None
    final: bool = False


class Mark(Message, tag="mark"):
    """Channel `marks`: a future was marked at `price`, and its variation margin settled; `final`: it has expired."""

    instrument: str
    seq: int
    price: str
    open_interest: str
    """All long positions before the mark."""
    time: int
    final: bool = False


class IndexPrice(Message, tag="index_price"):
    """Channel `index`: the price of an index, in the quote asset of the futures that follow it."""

    index: str
    seq: int
    price: str
    time: int
    source: str = ""
    """Where it is from, as stated."""
