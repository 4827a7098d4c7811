"""What channels carry in the protocol `sbx.v1`, but for the reports of `drop_copy`. `gateway.protocol.messages` exports it with all others.

Each message names its channel, and counts on its `seq`.
"""

from __future__ import annotations

from typing import ClassVar, Literal

import msgspec

from engine.vocabulary.messages.said import Values
from gateway.protocol.private_messages import Message

ChannelName = Literal[
    "trades",
    "top",
    "ticker",
    "candles",
    "book",
    "orders",
    "status",
    "auction",
    "marks",
    "index",
    "drop_copy",
    "changes",
    "heartbeat",
]


class ChannelMessage(Message):
    """A message of a channel. Each has a `seq`, and says in `prev_seq` which one it follows: itself, if it tells the state as of a subscription.

    A snapshot follows none.
    """

    channel: ClassVar[ChannelName]

    @property
    def about(self) -> str | None:
        """The instrument or index; None: the whole venue."""
        about: str | None = getattr(self, "instrument", None)
        return about

    @property
    def options(self) -> tuple[int | None, str | None]:
        """The depth and the interval that the subscription named, of which it is."""
        return getattr(self, "depth", None), getattr(self, "interval", None)


class TradePrint(ChannelMessage, tag="trade"):
    """Channel `trades`."""

    channel = "trades"
    instrument: str
    seq: int
    prev_seq: int
    trade_id: int
    price: str
    quantity: str
    taker_side: str
    time: int


class Top(ChannelMessage, tag="top"):
    """Channel `top`: the best bid and ask; a side that is empty is left out.

    `seq` counts the changes. Those of one turn of the venue are one message; `prev_seq` is the `seq` of the one before it,
    or, in the first message of a subscription, `seq` itself.
    """

    channel = "top"
    instrument: str
    seq: int
    prev_seq: int
    time: int
    bid_price: str | None = None
    bid_quantity: str | None = None
    ask_price: str | None = None
    ask_quantity: str | None = None


class Ticker(ChannelMessage, tag="ticker"):
    """Channel `ticker`: the price of the last trade, the best bid and ask, and figures of the last 24 hours; what there is none of is left out.

    `seq` and `prev_seq` are as in `Top`; each trade is a change, too, as is each mark of a future, and each minute that leaves the 24 hours.
    """

    channel = "ticker"
    instrument: str
    seq: int
    prev_seq: int
    time: int
    last_price: str | None = None
    bid_price: str | None = None
    bid_quantity: str | None = None
    ask_price: str | None = None
    ask_quantity: str | None = None
    open_24h: str | None = None
    """The price of the first trade in the 24 hours, which begin with a whole minute."""
    high_24h: str | None = None
    low_24h: str | None = None
    volume_24h: str | None = None
    """Always sent, as are `turnover_24h` and `trades_24h`."""
    turnover_24h: str | None = None
    """In the quote asset."""
    trades_24h: int | None = None
    change_24h: str | None = None
    """The last price less the open."""
    change_percent_24h: str | None = None
    """That in per cent of the open, with two decimals, rounded half away from zero."""
    vwap_24h: str | None = None
    """The mean price by volume, rounded likewise to the decimals of prices."""
    since_24h: int | None = None
    """When the figures begin, where that is later than 24 hours ago because the venue does not know what was before."""
    mark_price: str | None = None
    """Of a future: of its last mark, as is `open_interest`."""
    open_interest: str | None = None


class BookSnapshot(ChannelMessage, tag="book_snapshot"):
    """Channel `book`: every price level, or the best `depth` of each side, best first, as `[price, quantity]`. Updates after `seq` apply to it."""

    channel = "book"
    instrument: str
    seq: int
    time: int
    bids: list[tuple[str, str]]
    asks: list[tuple[str, str]]
    checksum: int
    depth: int | None = None
    interval: str | None = None


class BookUpdate(ChannelMessage, tag="book_update"):
    """Channel `book`: the levels that changed, with their new quantity; `"0"` removes one.

    Applies to the book at `prev_seq`. `checksum` is the CRC-32 of the ten best levels of both sides after it: see
    docs/PROTOCOL.md, "Keeping a book". With a `depth`, a level is removed that is no longer one of the best so many.
    """

    channel = "book"
    instrument: str
    seq: int
    prev_seq: int
    time: int
    bids: list[tuple[str, str]]
    asks: list[tuple[str, str]]
    checksum: int
    depth: int | None = None
    interval: str | None = None


class CandleBar(msgspec.Struct, kw_only=True, omit_defaults=True, gc=False):
    """What a candle says: the trades of one instrument in one interval."""

    start: int
    """When the interval begins."""
    open: str
    high: str
    low: str
    close: str
    volume: str
    """In the base asset."""
    turnover: str
    """In the quote asset."""
    trades: int
    closed: bool = False
    """Whether the interval is over: nothing of it changes any more."""


class CandleSnapshot(ChannelMessage, tag="candle_snapshot"):
    """Channel `candles`: the last candles as of `seq`, the oldest first. What follows replaces the last one, or comes behind it."""

    channel = "candles"
    instrument: str
    interval: str
    seq: int
    time: int
    candles: list[CandleBar]


class Candle(ChannelMessage, tag="candle"):
    """Channel `candles`: a candle as it is now; `closed`: its interval is over. Of an interval without trades there is none.

    `seq` is twice the number of trades of the instrument since the venue's first day, and one more once the candle of the last of
    them is closed. What changed within one turn is one message; `prev_seq` is the `seq` of the message before.
    """

    channel = "candles"
    instrument: str
    interval: str
    seq: int
    prev_seq: int
    time: int
    start: int
    open: str
    high: str
    low: str
    close: str
    volume: str
    turnover: str
    trades: int
    closed: bool = False


class OrdersSnapshot(ChannelMessage, tag="orders_snapshot"):
    """Channel `orders`: every order that shows, as `[public id, price, quantity]`, by public ids. Updates after `seq` apply to it.

    At one price the lower public id is ahead. `checksum` is over all of them: see docs/PROTOCOL.md, "Keeping a queue".
    """

    channel = "orders"
    instrument: str
    seq: int
    time: int
    bids: list[tuple[int, str, str]]
    asks: list[tuple[int, str, str]]
    checksum: int


class OrdersUpdate(ChannelMessage, tag="orders_update"):
    """Channel `orders`: what changed, in the order in which it happened, as `[what, side, public id, price, quantity]`.

    `quantity` is what the order shows now, `"0"` if it is gone. `what` is `add`, `execute`, `reduce`, `remove` or `refresh`: see
    docs/PROTOCOL.md, "Keeping a queue".
    """

    channel = "orders"
    instrument: str
    seq: int
    prev_seq: int
    time: int
    changes: list[tuple[str, str, int, str, str]]
    checksum: int


class Status(ChannelMessage, tag="status"):
    """Channel `status`: the phase of an instrument."""

    channel = "status"
    instrument: str
    seq: int
    prev_seq: int
    phase: str
    reason: str
    time: int
    until: int | None = None
    """When it ends by itself, if that is known."""


class Auction(ChannelMessage, tag="auction"):
    """Channel `auction`: what a call would uncross to now, or (`final`) did. Volume "0": nothing crosses.

    `imbalance` is what could be bought less what could be sold at that price.
    """

    channel = "auction"
    instrument: str
    seq: int
    prev_seq: int
    volume: str
    time: int
    price: str | None = None
    imbalance: str | None = None
    final: bool = False


class Mark(ChannelMessage, tag="mark"):
    """Channel `marks`: a future was marked at `price`, and its variation margin settled; `final`: it has expired."""

    channel = "marks"
    instrument: str
    seq: int
    prev_seq: int
    price: str
    open_interest: str
    """All long positions before the mark."""
    time: int
    final: bool = False


class IndexPrice(ChannelMessage, tag="index_price"):
    """Channel `index`: the price of an index, in the quote asset of the futures that follow it."""

    channel = "index"
    index: str
    seq: int
    prev_seq: int
    price: str
    time: int
    source: str = ""
    """Where it is from, as stated."""

    @property
    def about(self) -> str:
        """The index."""
        return self.index


class Change(ChannelMessage, tag="change"):
    """Channel `changes`: a rule, a record or a setting of the venue changed, waits to change, or was not changed."""

    channel = "changes"
    seq: int
    prev_seq: int
    command_seq: int
    """The command that brought it, or before which its effective date had come."""
    time: int
    what: str
    """rulebook, investor, parameter, scheduled, effective, refused; of a second approval proposed, approved, declined, withdrawn,
    expired; of alerts and cases alert, alert_dismissed, case_opened, evidence, case_closed; else the kind of record or setting."""
    key: str
    """Which one; of what waits the number of its command, of a refusal its code."""
    detail: str = ""
    reason: str = ""
    by: str = ""
    effective: int | None = None
    """Of what waits: when it takes effect."""
    until: int | None = None
    """Of what is proposed: when it expires."""
    template: str | None = None
    """Of `detail`: which sentence it is, for programs; `values` stand in it."""
    values: Values = ()


class Heartbeat(ChannelMessage, tag="heartbeat"):
    """Channel `heartbeat`: the venue lives. One each `heartbeat_interval` of the `hello`, whatever else is sent."""

    channel = "heartbeat"
    seq: int
    """Counts since the venue was started."""
    prev_seq: int
    time: int
    """When this subscriber was told: many are told one after the other, within a second."""


AnyChannelMessage = (
    TradePrint
    | Top
    | Ticker
    | CandleSnapshot
    | Candle
    | BookSnapshot
    | BookUpdate
    | OrdersSnapshot
    | OrdersUpdate
    | Status
    | Auction
    | Mark
    | IndexPrice
    | Change
    | Heartbeat
)
"""What channels carry, but for the reports of `drop_copy`."""
