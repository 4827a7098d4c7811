"""The messages of the protocol `sbx.v1`: one Struct each, tagged by `type`, the same in JSON and in MessagePack.

Prices, quantities and money are decimal strings. Names are lower case. A request carries the client's own `id`, which its
reply repeats. Optional fields that have no value are left out.
"""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec

from engine.limits import MAX_NAME_CHARS, MAX_TEXT_CHARS

Name = Annotated[str, msgspec.Meta(min_length=1, max_length=MAX_NAME_CHARS)]
Text = Annotated[str, msgspec.Meta(max_length=MAX_TEXT_CHARS)]
Decimal = Annotated[str, msgspec.Meta(min_length=1, max_length=32)]
RequestId = Annotated[int, msgspec.Meta(ge=0, le=2**53 - 1)]
Seq = Annotated[int, msgspec.Meta(ge=0, le=2**63 - 1)]
Side = Literal["buy", "sell"]
OrderType = Literal["limit", "market"]
TimeInForce = Literal["gtc", "ioc", "fok"]
PublicChannel = Literal["trades", "top", "book", "status"]
Channel = Literal["trades", "top", "book", "status", "drop_copy"]


class Request(msgspec.Struct, forbid_unknown_fields=True, tag_field="type", kw_only=True, frozen=True, gc=False):
    """What every request has."""

    id: RequestId


# ── session ────────────────────────────────────────────────────────────────────────────────────────────────────────


class Login(Request, tag="login", frozen=True):
    """Prove who you are: `signature` is the hexadecimal Ed25519 signature of `login_challenge(venue, participant, nonce)`."""

    participant: Name
    signature: Annotated[str, msgspec.Meta(pattern="^[0-9a-f]{128}$")]


class Subscribe(Request, tag="subscribe", frozen=True):
    """Receive a channel of one instrument. `drop_copy` (supervisors, operators) takes no instrument."""

    channel: Channel
    instrument: Name | None = None


class Unsubscribe(Request, tag="unsubscribe", frozen=True):
    """Receive a channel no longer."""

    channel: Channel
    instrument: Name | None = None


class Instruments(Request, tag="instruments", frozen=True):
    """List the instruments. Needs no login."""


class Resume(Request, tag="resume", frozen=True):
    """Send the private reports of an account after `after_seq`; if they are no longer kept, `snapshot` is true in the reply."""

    account: Name
    after_seq: Seq


# ── trading ────────────────────────────────────────────────────────────────────────────────────────────────────────


class NewOrder(Request, tag="new_order", frozen=True):
    """Enter an order. A limit order needs a price; a market order must not have one."""

    account: Name
    client_order_id: Name
    instrument: Name
    side: Side
    quantity: Decimal
    order_type: OrderType = "limit"
    time_in_force: TimeInForce = "gtc"
    price: Decimal | None = None
    post_only: bool = False


class AmendOrder(Request, tag="amend_order", frozen=True):
    """Change price or total quantity (filled part included) of a resting order, named by one of its two ids."""

    account: Name
    order_id: Seq | None = None
    client_order_id: Name | None = None
    price: Decimal | None = None
    quantity: Decimal | None = None


class CancelOrder(Request, tag="cancel_order", frozen=True):
    """Cancel a resting order, named by one of its two ids."""

    account: Name
    order_id: Seq | None = None
    client_order_id: Name | None = None


class MassCancel(Request, tag="mass_cancel", frozen=True):
    """Cancel all resting orders of an account, or those of one instrument or one side."""

    account: Name
    instrument: Name | None = None
    side: Side | None = None


class OpenOrders(Request, tag="open_orders", frozen=True):
    """List the resting orders of an account."""

    account: Name


class Balances(Request, tag="balances", frozen=True):
    """List what an account holds."""

    account: Name


# ── operator and supervisor ────────────────────────────────────────────────────────────────────────────────────────


class Admin(Request, tag="admin", frozen=True):
    """Sequence a configuration or compliance command: its name in lower case with underscores, and its fields by name."""

    command: Name
    arguments: dict[str, str | int | bool | dict[str, str]] = {}


AnyRequest = (
    Login
    | Subscribe
    | Unsubscribe
    | Instruments
    | Resume
    | NewOrder
    | AmendOrder
    | CancelOrder
    | MassCancel
    | OpenOrders
    | Balances
    | Admin
)


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
    """new, trade, cancelled, amended, rejected, status"""
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


class Funds(Message, tag="funds"):
    """A deposit or withdrawal was booked on the account."""

    account: str
    seq: int
    asset: str
    amount: str
    available: str
    reserved: str
    reason: str = ""


class OpenOrder(msgspec.Struct, kw_only=True, gc=False):
    """One resting order."""

    order_id: int
    client_order_id: str
    instrument: str
    side: str
    order_type: str
    time_in_force: str
    price: str
    quantity: str
    filled_quantity: str
    leaves_quantity: str


class OpenOrdersReply(Message, tag="open_orders"):
    """The resting orders of an account as of its report `seq`."""

    id: int
    account: str
    seq: int
    orders: list[OpenOrder]


class Holding(msgspec.Struct, kw_only=True, gc=False):
    """One asset of an account. `total` is `available` plus what open orders `reserved`."""

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


AnyMessage = (
    Hello
    | Welcome
    | Error
    | ExecutionReport
    | RequestRejected
    | MassCancelled
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
)


def login_challenge(venue: str, participant: str, nonce: str) -> bytes:
    """The bytes a login signs: the purpose, the venue, the participant and the connection's nonce, a line each."""
    return f"sbx.v1 login\n{venue}\n{participant}\n{nonce}".encode()
