"""Answers about the past of an account. `gateway.protocol.messages` exports these too.

Their strings are those of the private reports, to the letter.
"""

from __future__ import annotations

import msgspec

from gateway.protocol.private_messages import Message


class Correction(msgspec.Struct, kw_only=True, omit_defaults=True, gc=False):
    """That a supervisor undid a trade (`new_price` left out) or gave it another price."""

    seq: int
    """Of the report `trade_corrected` that told it."""
    time: int
    fee: str
    """What the trade costs now."""
    reason: str
    new_price: str | None = None


class Fill(msgspec.Struct, kw_only=True, omit_defaults=True, gc=False):
    """One fill, as its execution report told it."""

    seq: int
    """Of that report."""
    exec_id: str
    trade_id: int
    order_id: int
    client_order_id: str
    instrument: str
    side: str
    last_price: str
    last_quantity: str
    filled_quantity: str
    leaves_quantity: str
    liquidity: str
    """maker or taker"""
    fee: str
    fee_asset: str
    transact_time: int
    corrected: Correction | None = None
    """The last correction of the trade by now; left out if there is none. All else is as it was told."""


class FillsReply(Message, tag="fills"):
    """Fills of an account as of its report `seq`."""

    id: int
    account: str
    seq: int
    fills: list[Fill]
    more: bool = False
    """There may be more: ask again with `cursor`. A page may be short, or empty, and still have it."""
    cursor: str | None = None
    truncated: bool = False
    """There were older ones, which can't be looked up now: the journal's index is missing, or the journal is damaged."""


class OrderInfo(msgspec.Struct, kw_only=True, omit_defaults=True, gc=False):
    """One order, open or ended: what was asked for, and what became of it."""

    order_id: int
    client_order_id: str
    instrument: str
    order_status: str
    """new, partially_filled, filled, cancelled, rejected"""
    seq: int
    """Of the last report about it."""
    updated: int
    """When that was."""
    entered: int | None = None
    """When it was entered."""
    side: str | None = None
    order_type: str | None = None
    """As entered. Left out of one that was rejected, as is `time_in_force`."""
    time_in_force: str | None = None
    price: str | None = None
    stop_price: str | None = None
    triggered: bool = False
    """Of a stop: whether it has become an order on the book or at the market."""
    quantity: str | None = None
    filled_quantity: str | None = None
    leaves_quantity: str | None = None
    fills: int | None = None
    """How many. Of an order with too many to be looked through, left out, as are the three that follow."""
    filled_value: str | None = None
    """What its trades that stand come to at their prices, as corrected, in `fee_asset`."""
    average_price: str | None = None
    """Of those, rounded half up to 8 decimals; left out where there are none."""
    fee: str | None = None
    """What they cost, as corrected."""
    fee_asset: str | None = None
    reason: str | None = None
    """Of one that was cancelled: why (docs/ERRORS.md)."""
    code: str | None = None
    """Of one that was rejected: the first check that failed. Its report says it in words."""
    rule: str | None = None


class OrderHistoryReply(Message, tag="order_history"):
    """Orders of an account as of its report `seq`."""

    id: int
    account: str
    seq: int
    orders: list[OrderInfo]
    more: bool = False
    """As in `FillsReply`."""
    cursor: str | None = None
    truncated: bool = False


class OrderStatusReply(Message, tag="order_status"):
    """One order of an account as of its report `seq`."""

    id: int
    account: str
    seq: int
    order: OrderInfo


class Settlement(msgspec.Struct, kw_only=True, omit_defaults=True, gc=False):
    """One thing that a position in a future, or its cover, brought. What does not apply is left out."""

    kind: str
    """variation_margin, final_settlement, margin_call, margin_restored, close_out, default, loss_shared"""
    seq: int
    """Of the report that told it."""
    time: int
    instrument: str | None = None
    asset: str | None = None
    position: str | None = None
    """Above zero: long. Of a final settlement what it was."""
    price: str | None = None
    """Of the mark."""
    amount: str | None = None
    """What was gained or, below zero, lost; of a call what is missing, of a default the shortfall, of a shared loss what was borne."""
    available: str | None = None
    reserved: str | None = None
    until: int | None = None
    """Of a margin call: when its grace ends."""
    reason: str | None = None
    """Of a close-out."""


class SettlementsReply(Message, tag="settlements"):
    """What positions in futures brought an account, as of its report `seq`."""

    id: int
    account: str
    seq: int
    settlements: list[Settlement]
    more: bool = False
    """As in `FillsReply`."""
    cursor: str | None = None
    truncated: bool = False
