"""Answers about what an account has now. `gateway.protocol.messages` exports these too."""

from __future__ import annotations

import msgspec

from gateway.protocol.private_messages import Message


class OpenOrder(msgspec.Struct, omit_defaults=True, gc=False):
    """One resting order."""

    # Not by keyword only: made with its fields in order, which is quicker than by their names.

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
    public_id: int | None = None
    """Of an order on the book: by what channel `orders` knows the part that it shows."""
    display_quantity: str | None = None
    """Iceberg: the most it shows at once."""
    expire_time: int | None = None
    """gtd: nanoseconds since the epoch, UTC."""
    post_only: str | None = None
    reduce_only: bool = False
    trail: str | None = None
    """Trailing stop: distance in price."""
    trail_bps: int | None = None
    """Trailing stop: distance in basis points."""
    peg: str | None = None
    peg_offset: str | None = None
    """Left out where it is zero."""
    limit_price: str | None = None
    """Pegged: the worst price it may get, at which its cost is reserved."""
    other_order_id: int | None = None
    """Of a pair: the order that this one cancels, and that cancels it."""


class OpenOrdersReply(Message, tag="open_orders"):
    """The resting orders of an account as of its report `seq`."""

    id: int
    account: str
    seq: int
    orders: list[OpenOrder]
    more: bool = False
    """There are more after the last of these."""


class Holding(msgspec.Struct, kw_only=True, gc=False):
    """One asset of an account. `total` is `available` and what is set aside: `reserved` (for open orders and positions), `frozen`, `held`, `arrested`."""

    asset: str
    available: str
    reserved: str
    frozen: str
    """Can't be sold or moved (FRZ-1)."""
    held: str
    """Set aside for withdrawals and transfers that wait (AML-2, COOL-1)."""
    total: str
    arrested: str = "0"
    """By papers of courts and investigators (ARR-1)."""


class BalancesReply(Message, tag="balances"):
    """The holdings of an account as of its report `seq`."""

    id: int
    account: str
    seq: int
    balances: list[Holding]


class Position(msgspec.Struct, kw_only=True, omit_defaults=True, gc=False):
    """A position in a future. Values are in the quote asset, signed: bought above zero, sold below."""

    instrument: str
    quantity: str
    """Above zero: long."""
    carried: str
    """What it was bought for, less what it was sold for, since the last mark, with its value at that mark."""
    mark: str | None = None
    """The price at which it would be marked now; left out where there is none."""
    unsettled: str | None = None
    """The variation margin of a mark at that price: the position's value less `carried`."""


class Cover(msgspec.Struct, kw_only=True, omit_defaults=True, gc=False):
    """What covers the account's futures in one asset: their positions and open orders together."""

    asset: str
    needed: str
    held: str
    missing: str
    call_until: int | None = None
    """When the grace of a margin call ends; left out without a call, 0 if it has none."""


class PositionsReply(Message, tag="positions"):
    """The positions of an account, and their cover by asset, as of its report `seq`."""

    id: int
    account: str
    seq: int
    positions: list[Position]
    cover: list[Cover]


class Resumed(Message, tag="resumed"):
    """The missed reports precede this. If `snapshot` is true they are not kept any more: ask for open orders and balances."""

    id: int
    account: str
    seq: int
    snapshot: bool
