"""The messages of the protocol `sbx.v1`: one Struct each, tagged by `type`, the same in JSON and in MessagePack.

Prices, quantities and money are decimal strings. Names are lower case. A request carries the client's own `id`, which its
reply repeats. Optional fields that have no value are left out. Requests stand in `gateway.requests` and are exported here.
"""

from __future__ import annotations

import msgspec

from gateway.requests import (
    Admin,
    AmendOrder,
    AnyRequest,
    Balances,
    CancelOrder,
    Channel,
    Instruments,
    Login,
    MassCancel,
    MassQuote,
    NewBracket,
    NewOrder,
    NewOrderPair,
    OpenOrders,
    OrderTerms,
    OrderType,
    Request,
    RequestId,
    Resume,
    Side,
    Subscribe,
    TimeInForce,
    Unsubscribe,
)

__all__ = [
    "Admin",
    "AmendOrder",
    "AnyMessage",
    "AnyRequest",
    "Auction",
    "Balances",
    "BalancesReply",
    "BookSnapshot",
    "BookUpdate",
    "CancelOrder",
    "Channel",
    "Done",
    "Error",
    "ExecutionReport",
    "Funds",
    "Hello",
    "Holding",
    "InstrumentInfo",
    "Instruments",
    "InstrumentsReply",
    "Login",
    "MassCancel",
    "MassCancelled",
    "MassQuote",
    "MassQuoted",
    "Message",
    "NewBracket",
    "NewOrder",
    "NewOrderPair",
    "OpenOrder",
    "OpenOrders",
    "OpenOrdersReply",
    "OrderTerms",
    "OrderType",
    "Rejected",
    "Request",
    "RequestId",
    "RequestRejected",
    "Resume",
    "Resumed",
    "Side",
    "Status",
    "Subscribe",
    "Subscribed",
    "TimeInForce",
    "Top",
    "TradeCorrected",
    "TradePrint",
    "Unsubscribe",
    "Unsubscribed",
    "Welcome",
    "login_challenge",
]


class Message(msgspec.Struct, tag_field="type", kw_only=True, omit_defaults=True, gc=False):
    """What the venue sends."""


class Hello(Message, tag="hello"):
    """The first message on every connection. `nonce` is what a login signs."""

    venue: str
    protocol: str
    core_version: int
    nonce: str
    durability: str
    """`fsync`: an acknowledged request is on the disk. `os`: it is with the operating system."""
    rulebook: str
    time: int


class Welcome(Message, tag="welcome"):
    """The login succeeded. `accounts` maps each account that may be used to its last report's sequence number."""

    id: int
    participant: str
    role: str
    accounts: dict[str, int]


class Error(Message, tag="error"):
    """The request was not sequenced. `code`: malformed, not_logged_in, login_failed, not_allowed, unknown, too_many."""

    code: str
    detail: str
    id: int | None = None


class ExecutionReport(Message, tag="execution_report"):
    """What happened to an order. `id` is there when it answers a request of this connection.

    `seq` is dense per account; only an answer to a resent request (`exec_type` `status`) and a reject that belongs to no
    account of the sender have none.
    """

    exec_type: str
    """new, trade, cancelled, amended, triggered, rejected, status"""
    account: str
    order_id: int
    client_order_id: str
    instrument: str
    order_status: str
    """new, partially_filled, filled, cancelled, rejected"""
    exec_id: str
    transact_time: int
    """Nanoseconds since the epoch, UTC: the venue's clock when the command was sequenced."""
    id: int | None = None
    seq: int | None = None
    side: str | None = None
    order_type: str | None = None
    time_in_force: str | None = None
    price: str | None = None
    quantity: str | None = None
    filled_quantity: str | None = None
    leaves_quantity: str | None = None
    last_price: str | None = None
    last_quantity: str | None = None
    liquidity: str | None = None
    """maker or taker"""
    trade_id: int | None = None
    stop_price: str | None = None
    fee: str | None = None
    reason: str | None = None
    """Of a cancel: requested, mass_cancel, immediate_or_cancel, collar, amended_to_filled, compliance, phase."""
    code: str | None = None
    """Of a reject: the first check that failed."""
    rule: str | None = None
    title: str | None = None
    rules: tuple[str, ...] = ()
    detail: str | None = None
    kept_priority: bool | None = None


class RequestRejected(Message, tag="request_rejected"):
    """An amend, cancel or mass cancel did nothing."""

    account: str
    code: str
    detail: str
    id: int | None = None
    seq: int | None = None
    order_id: int | None = None
    client_order_id: str | None = None
    rule: str | None = None
    title: str | None = None
    rules: tuple[str, ...] = ()


class MassCancelled(Message, tag="mass_cancelled"):
    """A mass cancel ended; the reports of the cancelled orders precede it."""

    account: str
    seq: int
    orders: int
    id: int | None = None


class MassQuoted(Message, tag="mass_quoted"):
    """A ladder is in place; the reports of its orders precede it."""

    account: str
    seq: int
    quote_id: str
    kept: int
    cancelled: int
    entered: int
    id: int | None = None


class TradeCorrected(Message, tag="trade_corrected"):
    """A supervisor undid a trade (`new_price` left out) or gave it another price. `fee` is what it costs now."""

    account: str
    seq: int
    trade_id: int
    order_id: int
    side: str
    instrument: str
    price: str
    quantity: str
    fee: str
    reason: str
    new_price: str | None = None


class Funds(Message, tag="funds"):
    """A deposit or withdrawal was booked on the account."""

    account: str
    seq: int
    asset: str
    amount: str
    available: str
    reserved: str
    reason: str = ""


class OpenOrder(msgspec.Struct, kw_only=True, omit_defaults=True, gc=False):
    """One resting order."""

    order_id: int
    client_order_id: str
    instrument: str
    side: str
    order_type: str
    time_in_force: str
    quantity: str
    filled_quantity: str
    leaves_quantity: str
    price: str | None = None
    """Left out where it has none: a stop that will be a market order, a peg off the book."""
    stop_price: str | None = None
    displayed_quantity: str | None = None
    """Of an order on the book: what it shows; left out while it waits off the book."""


class OpenOrdersReply(Message, tag="open_orders"):
    """The resting orders of an account as of its report `seq`."""

    id: int
    account: str
    seq: int
    orders: list[OpenOrder]
    more: bool = False
    """There are more after the last of these."""


class Holding(msgspec.Struct, kw_only=True, gc=False):
    """One asset of an account. `total` is `available`, what open orders `reserved`, and what is frozen."""

    asset: str
    available: str
    reserved: str
    total: str


class BalancesReply(Message, tag="balances"):
    """The holdings of an account as of its report `seq`."""

    id: int
    account: str
    seq: int
    balances: list[Holding]


class Resumed(Message, tag="resumed"):
    """The missed reports precede this. If `snapshot` is true they are not kept any more: ask for open orders and balances."""

    id: int
    account: str
    seq: int
    snapshot: bool


class Done(Message, tag="done"):
    """An admin command was sequenced as `seq` and carried out."""

    id: int
    seq: int


class Rejected(Message, tag="rejected"):
    """An admin command was sequenced as `seq` and refused."""

    id: int
    seq: int
    code: str
    detail: str


class InstrumentInfo(msgspec.Struct, kw_only=True, gc=False):
    """One listed instrument."""

    instrument: str
    kind: str
    base: str
    quote: str
    tick_size: str
    lot_size: str
    min_quantity: str
    max_quantity: str
    maker_fee_ppm: int
    taker_fee_ppm: int
    phase: str


class InstrumentsReply(Message, tag="instruments"):
    """All listed instruments."""

    id: int
    instruments: list[InstrumentInfo]


class Subscribed(Message, tag="subscribed"):
    """The channel is on; its first message follows. `seq` is that of the last message already sent to others."""

    id: int
    channel: str
    seq: int
    instrument: str | None = None


class Unsubscribed(Message, tag="unsubscribed"):
    """The channel is off."""

    id: int
    channel: str
    instrument: str | None = None


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
    `gateway.marketdata.checksum`.
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


AnyMessage = (
    Hello
    | Welcome
    | Error
    | ExecutionReport
    | RequestRejected
    | MassCancelled
    | MassQuoted
    | TradeCorrected
    | Funds
    | OpenOrdersReply
    | BalancesReply
    | Resumed
    | Done
    | Rejected
    | InstrumentsReply
    | Subscribed
    | Unsubscribed
    | TradePrint
    | Top
    | BookSnapshot
    | BookUpdate
    | Status
    | Auction
)


def login_challenge(venue: str, participant: str, nonce: str) -> bytes:
    """The bytes a login signs: the purpose, the venue, the participant and the connection's nonce, a line each."""
    return f"sbx.v1 login\n{venue}\n{participant}\n{nonce}".encode()
