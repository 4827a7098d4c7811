"""Private reports of the protocol `sbx.v1`: what one account is told. `gateway.protocol.messages` exports them with all others.

Each carries the account's own dense `seq`; `id` is there where it answers a request of the connection.
"""

from __future__ import annotations

import msgspec

from engine.vocabulary.messages.said import Values


class Message(msgspec.Struct, tag_field="type", kw_only=True, omit_defaults=True, gc=False):
    """What the venue sends."""


class ExecutionReport(Message, tag="execution_report", kw_only=False):
    """What happened to an order. `id` is there when it answers a request of this connection.

    Its fields may be given in order: those of a new order and of a fill stand together at the beginning.

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
    """Of a cancel: why (docs/ERRORS.md)."""
    code: str | None = None
    """Of a reject: the first check that failed."""
    rule: str | None = None
    title: str | None = None
    rules: tuple[str, ...] = ()
    detail: str | None = None
    kept_priority: bool | None = None
    template: str | None = None
    """Of `detail`: which sentence it is, for programs; `values` stand in it."""
    values: Values = ()


class RequestRejected(Message, tag="request_rejected"):
    """An amend, a cancel, a ladder, a transfer or another request was recorded, and did nothing."""

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
    template: str | None = None
    """Of `detail`: which sentence it is, for programs; `values` stand in it."""
    values: Values = ()


class MassCancelled(Message, tag="mass_cancelled"):
    """A mass cancel ended; the reports of the cancelled orders precede it."""

    account: str
    seq: int
    orders: int
    id: int | None = None


class DeadMan(Message, tag="dead_man"):
    """The dead man's timer of an account was set or switched off; or, with `cancelled`, it has come to its end."""

    account: str
    seq: int
    until: int | None = None
    """When it cancels all open orders; left out: it is off."""
    cancelled: int | None = None
    """How many orders it has cancelled; the reports of each precede it."""
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
    id: int | None = None
    movement: int | None = None
    """Of a withdrawal that was asked for by the account, or that had to wait: its number."""
    client_order_id: str | None = None
    destination: str = ""


class VariationMargin(Message, tag="variation_margin"):
    """A future was marked: what the account gained or lost by it since the mark before."""

    account: str
    seq: int
    instrument: str
    position: str
    """Above zero: long. At a final mark what it was."""
    price: str
    asset: str
    amount: str
    """As booked: after what a loser could not pay, and what a winner bore of it."""
    available: str
    reserved: str


class MarginCall(Message, tag="margin_call"):
    """Cover of the account's positions is missing: if it still is at `until`, they are closed out."""

    account: str
    seq: int
    asset: str
    missing: str
    until: int


class MarginRestored(Message, tag="margin_restored"):
    """A margin call is over: nothing is missing."""

    account: str
    seq: int
    asset: str


class CloseOut(Message, tag="close_out"):
    """The venue closes a position of the account: the reports of its order, with an empty `client_order_id`, follow."""

    account: str
    seq: int
    instrument: str
    position: str
    """Above zero: long."""
    reason: str = ""


class Default(Message, tag="default"):
    """The account could not pay what it lost by a mark. Those who gained share the shortfall."""

    account: str
    seq: int
    instrument: str
    asset: str
    shortfall: str


class LossShared(Message, tag="loss_shared"):
    """What the account, which gained by a mark, bore of others' shortfalls."""

    account: str
    seq: int
    instrument: str
    asset: str
    amount: str


class Transferred(Message, tag="transferred"):
    """An asset moved between two accounts; each side is told of its own balance only."""

    account: str
    seq: int
    transfer_id: int
    from_account: str
    to_account: str
    asset: str
    amount: str
    purpose: str
    available: str
    """On this account, after it."""
    id: int | None = None
    client_order_id: str | None = None
    """The sender's, and told to the sender only."""
    contract_reference: str = ""


class TransferStatus(Message, tag="transfer_status"):
    """Answer to a transfer that waits, and to a transfer or withdrawal sent again: how it stands, or `code` says why it was rejected."""

    account: str
    client_order_id: str
    transfer_id: int
    id: int | None = None
    code: str | None = None
    status: str | None = None
    """How it ended, or `waiting`; left out of one that was rejected."""


class MovementHeld(Message, tag="movement_held"):
    """A withdrawal, transfer or redemption waits, its amount set aside. Told again when what it waits for has changed."""

    account: str
    seq: int
    movement: int
    """Its number, by which it is cancelled, released or refused."""
    kind: str
    asset: str
    amount: str
    waits_for_word: bool
    """Whether it waits for a supervisor's word (AML-2)."""
    rule: str
    """By which it waits, as all in `rules`; `title` is its own."""
    rules: tuple[str, ...]
    available: str
    held: str
    """All that is set aside of the asset."""
    id: int | None = None
    client_order_id: str | None = None
    """Left out of what the operator or an issuer asked for."""
    until: int | None = None
    """It waits until then; left out if it waits for no time."""
    to_account: str | None = None
    purpose: str | None = None
    contract_reference: str = ""
    destination: str = ""
    title: str | None = None


class MovementEnded(Message, tag="movement_ended"):
    """A withdrawal, transfer or redemption waits no longer. Carried out, its own report follows; else its amount is available again."""

    account: str
    seq: int
    movement: int
    outcome: str
    asset: str
    amount: str
    available: str
    held: str
    id: int | None = None
    client_order_id: str | None = None
    reason: str = ""
    detail: str = ""
    """Why it failed."""
    rule: str | None = None
    template: str | None = None
    """Of `detail`: which sentence it is, for programs; `values` stand in it."""
    values: Values = ()


class HoldingFrozen(Message, tag="holding_frozen"):
    """So much of what the account holds can't be sold or moved now; "0": all of it can again."""

    account: str
    seq: int
    asset: str
    frozen: str
    available: str
    reserved: str
    reason: str = ""


class HoldingArrested(Message, tag="holding_arrested"):
    """A paper of a court or an investigator arrests a part of what the account holds; or, `claimed` being "0", does so no longer."""

    account: str
    seq: int
    asset: str
    arrest: str
    """The paper's number."""
    authority: str
    dated: str
    sales_allowed: bool
    """Whether what is arrested may be sold; the proceeds are arrested in its place."""
    arrested: str
    """What all papers have arrested of it."""
    available: str
    reserved: str
    frozen: str
    claimed: str | None = None
    """What this paper claims of the holding; left out: all of it, and all that comes."""
    reason: str = ""


class AssetIssued(Message, tag="asset_issued"):
    """An asset was issued to the account or, with a negative `amount`, redeemed from it."""

    account: str
    seq: int
    asset: str
    amount: str
    outstanding: str
    """Issued and not redeemed, over all accounts."""
    available: str
    reserved: str
    issuer: str = ""


AnyReport = (
    ExecutionReport
    | RequestRejected
    | MassCancelled
    | DeadMan
    | MassQuoted
    | TradeCorrected
    | Funds
    | VariationMargin
    | MarginCall
    | MarginRestored
    | CloseOut
    | Default
    | LossShared
    | Transferred
    | TransferStatus
    | MovementHeld
    | MovementEnded
    | HoldingFrozen
    | HoldingArrested
    | AssetIssued
)
"""What a private report stream carries. Execution reports that answer resent orders and `TransferStatus` have no `seq`."""
