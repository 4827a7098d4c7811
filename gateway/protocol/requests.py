"""The requests of the protocol `sbx.v1`: what clients send. `gateway.protocol.messages` has what the venue sends, and exports these too.

What is asked about an account's past stands in `gateway.protocol.past_requests`.

Prices, quantities and money are decimal strings. A request carries the client's own `id`, which its reply repeats.
Optional fields that have no value are left out.
"""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec

from engine.vocabulary.limits import (
    MAX_ABSENCE_NS,
    MAX_ARMED_ACCOUNTS,
    MAX_NAME_CHARS,
    MAX_QUOTES_PER_SIDE,
    MAX_TEXT_CHARS,
)
from gateway.protocol.channel_messages import ChannelName
from gateway.protocol.past_requests import Fills, Limit, Moment, OrderHistory, OrderStatus, Settlements, Sort
from gateway.protocol.record_messages import Argument, RecordKind
from gateway.protocol.request import (
    Decimal,
    Interval,
    Lang,
    Name,
    Offset,
    OrderType,
    Peg,
    Purpose,
    Request,
    RequestId,
    SelfTrade,
    Seq,
    Side,
    Text,
    TimeInForce,
)
from gateway.protocol.standing_requests import Assets, Fees, Limits, Me, Time


class OnlyId(msgspec.Struct):
    """What can be found in a request that is wrong otherwise."""

    id: RequestId | None = None


# ── connection ─────────────────────────────────────────────────────────────────────────────────────────────────────


class CancelOnDisconnect(
    msgspec.Struct, forbid_unknown_fields=True, omit_defaults=True, frozen=True, kw_only=True, gc=False
):
    """What is to happen when the connection is gone: open orders are cancelled, unless its participant logs in again within the grace, with a key that may trade."""

    grace: Annotated[int, msgspec.Meta(ge=0, le=MAX_ABSENCE_NS)] = 0
    """Nanoseconds."""
    accounts: Annotated[list[Name], msgspec.Meta(max_length=MAX_ARMED_ACCOUNTS)] = []
    """Whose orders; left out: those of all accounts of the participant."""


class Login(Request, tag="login", frozen=True):
    """Prove who you are: `signature` is the hexadecimal Ed25519 signature of `login_challenge(venue, participant, nonce)`."""

    participant: Name
    signature: Annotated[str, msgspec.Meta(pattern="^[0-9a-f]{128}$", max_length=128)]
    """With a length beside the pattern: `$` would let a newline pass."""
    cancel_on_disconnect: CancelOnDisconnect | None = None
    """Left out: the end of the connection cancels nothing."""
    lang: Lang = "en"
    """In which the connection is told what is said in words: `detail` and `title`. All else is the same in each language."""
    key: Annotated[str, msgspec.Meta(max_length=MAX_NAME_CHARS)] = ""
    """The name of the key that has signed; left out: any of the participant's."""


class Logout(Request, tag="logout", frozen=True):
    """Be logged in no longer: the answer comes after all that was asked before, then the venue closes the connection. Orders stay."""


class Subscribe(Request, tag="subscribe", frozen=True):
    """Receive a channel of one instrument, or of the `index` it names. `drop_copy` and `changes` take none.

    With other options it is another subscription, beside those there are.
    """

    channel: ChannelName
    instrument: Name | None = None
    depth: int | None = None
    """So many levels of each side, the best ones, where the channel has that."""
    interval: str | None = None
    """How often, or over what span, where the channel has that."""


class Unsubscribe(Request, tag="unsubscribe", frozen=True):
    """Receive a channel no longer: the subscription with these options."""

    channel: ChannelName
    instrument: Name | None = None
    depth: int | None = None
    interval: str | None = None


class CandleHistory(Request, tag="candle_history", frozen=True):
    """List candles of an instrument that begin within a time, back to the venue's first day; one that runs too, as it is."""

    instrument: Name
    interval: Interval
    from_time: Moment | None = None
    """Those that begin then or later: nanoseconds since the epoch, UTC, as is `to_time`."""
    to_time: Moment | None = None
    """Those that begin then or earlier."""
    sort: Sort = "newest"
    """Which come first."""
    limit: Limit = 100
    """So many at most."""


class Instruments(Request, tag="instruments", frozen=True):
    """List the instruments. Needs no login."""


class Rates(Request, tag="rates", frozen=True):
    """Say how much may be asked of the venue, and what is left of it. Needs no login."""


class Resume(Request, tag="resume", frozen=True):
    """Send the private reports of an account after `after_seq`; if they are no longer kept, `snapshot` is true in the reply."""

    account: Name
    after_seq: Seq


# ── trading ────────────────────────────────────────────────────────────────────────────────────────────────────────


class OrderTerms(msgspec.Struct, forbid_unknown_fields=True, omit_defaults=True, kw_only=True, frozen=True, gc=False):
    """What an order asks for; docs/MATCHING.md says what each type does with which fields.

    A limit order needs a price and a quantity; a market order a quantity or `funds`, a budget in the quote asset.
    """

    client_order_id: Name
    instrument: Name
    side: Side
    quantity: Decimal | None = None
    order_type: OrderType = "limit"
    time_in_force: TimeInForce = "gtc"
    price: Decimal | None = None
    post_only: bool | Literal["reject", "reprice"] = False
    """`true` is `reject`."""
    self_trade: SelfTrade | None = None
    """Left out: the venue's mode."""
    stop_price: Decimal | None = None
    trail: Decimal | None = None
    """Trailing stop: distance in price."""
    trail_bps: Annotated[int, msgspec.Meta(ge=1, le=9_999)] | None = None
    """Trailing stop: distance in basis points."""
    display_quantity: Decimal | None = None
    peg: Peg | None = None
    peg_offset: Offset | None = None
    """A decimal, with a minus sign if it is below zero."""
    min_quantity: Decimal | None = None
    expire_time: Annotated[int, msgspec.Meta(ge=1, le=2**63 - 1)] | None = None
    """gtd: nanoseconds since the epoch, UTC."""
    reduce_only: bool = False
    funds: Decimal | None = None


class NewOrder(
    OrderTerms,
    tag_field="type",
    tag="new_order",
    forbid_unknown_fields=True,
    omit_defaults=True,
    kw_only=True,
    frozen=True,
    gc=False,
):
    """Enter an order."""

    id: RequestId
    account: Name


class NewOrderPair(Request, tag="new_order_pair", frozen=True):
    """Enter a limit order and a stop of which one cancels the other."""

    account: Name
    limit: OrderTerms
    stop: OrderTerms


class NewBracket(Request, tag="new_bracket", frozen=True):
    """Enter an order with a take-profit and a stop that wait until it has ended."""

    account: Name
    entry: OrderTerms
    take_profit: OrderTerms
    stop: OrderTerms


class MassQuote(Request, tag="mass_quote", frozen=True):
    """Replace all quotes of the account in the instrument by a ladder of `[price, quantity]`, best first."""

    account: Name
    quote_id: Annotated[str, msgspec.Meta(min_length=1, max_length=MAX_NAME_CHARS - 4)]
    instrument: Name
    bids: Annotated[list[tuple[Decimal, Decimal]], msgspec.Meta(max_length=MAX_QUOTES_PER_SIDE)]
    asks: Annotated[list[tuple[Decimal, Decimal]], msgspec.Meta(max_length=MAX_QUOTES_PER_SIDE)]
    post_only: bool | Literal["reject", "reprice"] = False
    self_trade: SelfTrade | None = None


class AmendOrder(Request, tag="amend_order", frozen=True):
    """Change the terms of an open order, named by one of its two ids. `quantity` is the total, filled part included."""

    account: Name
    order_id: Seq | None = None
    client_order_id: Name | None = None
    price: Decimal | None = None
    quantity: Decimal | None = None
    stop_price: Decimal | None = None
    display_quantity: Decimal | None = None


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


class CancelAllAfter(Request, tag="cancel_all_after", frozen=True):
    """Cancel all open orders of an account after a time, unless this is asked again before: a dead man's timer."""

    timeout: Annotated[int, msgspec.Meta(ge=0, le=MAX_ABSENCE_NS)]
    """Nanoseconds from now, at least 100 ms; 0: the timer is off."""
    account: Name | None = None
    """Left out: each account of yours, by a timer of its own."""


class Transfer(Request, tag="transfer", frozen=True):
    """Move an asset from an account of yours to another account. Sent again with the same id it never acts twice."""

    account: Name
    client_order_id: Name
    """Your own id of it, from the same names as those of orders."""
    to_account: Name
    asset: Name
    amount: Decimal
    purpose: Purpose
    contract_reference: Text = ""
    """Of a cross-border settlement."""


class RequestWithdrawal(Request, tag="request_withdrawal", frozen=True):
    """Take an asset of yours out of the venue. It may have to wait (AML-2, COOL-1). Sent again with the same id it never acts twice."""

    account: Name
    client_order_id: Name
    """Your own id of it, from the same names as those of orders."""
    asset: Name
    amount: Decimal
    destination: Annotated[str, msgspec.Meta(min_length=1, max_length=MAX_TEXT_CHARS)]
    """Where it is to go, for the operator: an account of a bank, an address."""


class CancelWithdrawal(Request, tag="cancel_withdrawal", frozen=True):
    """Give up a withdrawal or transfer of an account of yours that waits."""

    account: Name
    movement: Annotated[int, msgspec.Meta(ge=1, le=2**63 - 1)]
    """Its number, as `movement_held` says."""


class RequestDelivery(Request, tag="request_delivery", frozen=True):
    """Ask for the underlying of a derivative instead of money. Always refused: nothing is ever delivered (DER-1)."""

    account: Name
    instrument: Name
    quantity: Decimal


class OpenOrders(Request, tag="open_orders", frozen=True):
    """List the open orders of an account by order id, up to 200 of them, those after `after_order_id`."""

    account: Name
    after_order_id: Seq = 0


class Balances(Request, tag="balances", frozen=True):
    """List what an account holds."""

    account: Name


class Positions(Request, tag="positions", frozen=True):
    """List the positions of an account in futures, and what covers them."""

    account: Name


class Movements(Request, tag="movements", frozen=True):
    """List the withdrawals, transfers and redemptions of an account that wait, by number, up to 100 of them, those after `after`.

    Supervisors and operators may leave `account` out: then those of all accounts.
    """

    account: Name | None = None
    after: Seq = 0


class RiskWarning(Request, tag="risk_warning", frozen=True):
    """Ask for the risk warning: the text in force, or the one of a `digest`, and what of it the account's investor has acknowledged."""

    account: Name
    digest: Name | None = None


class Contracts(Request, tag="contracts", frozen=True):
    """List the contracts of foreign trade of an account's investor, up to 100 of them, leaving out the first `after`."""

    account: Name
    after: Seq = 0


# ── operator and supervisor ────────────────────────────────────────────────────────────────────────────────────────


class Records(Request, tag="records", frozen=True):
    """List the names of a kind, up to 200 of them, leaving out the first `after`; or look one `name` up, and count what it has."""

    kind: RecordKind
    name: Name | None = None
    after: Seq = 0


class Admin(Request, tag="admin", frozen=True):
    """Sequence a configuration or compliance command: its name in lower case with underscores, and its fields by name."""

    command: Name
    arguments: dict[str, Argument] = {}


AnyRequest = (
    Login
    | Logout
    | Subscribe
    | Unsubscribe
    | CandleHistory
    | Instruments
    | Rates
    | Resume
    | NewOrder
    | NewOrderPair
    | NewBracket
    | MassQuote
    | AmendOrder
    | CancelOrder
    | MassCancel
    | CancelAllAfter
    | Transfer
    | RequestWithdrawal
    | CancelWithdrawal
    | RequestDelivery
    | OpenOrders
    | Balances
    | Positions
    | Movements
    | RiskWarning
    | Contracts
    | Fills
    | OrderHistory
    | OrderStatus
    | Settlements
    | Fees
    | Limits
    | Me
    | Assets
    | Time
    | Records
    | Admin
)
