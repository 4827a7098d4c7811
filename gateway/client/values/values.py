"""What a client hands out: the venue's messages with `Decimal` in place of text. Times are nanoseconds since the epoch, UTC.

Each has the fields of the message of the same kind in `gateway.protocol.messages`, which docs/PROTOCOL.md explains.
"""

from __future__ import annotations

from decimal import Decimal
from typing import NamedTuple, TypeVar

import msgspec

from gateway.client.values.amounts import optional_decimal
from gateway.protocol import messages as m

V = TypeVar("V")


def handed(message: object, kind: type[V]) -> V:
    """Make what is handed out of a message, or of a part of one: the fields of the same names."""
    return msgspec.convert(message, kind, from_attributes=True)


class Level(NamedTuple):
    """A level of an order book."""

    price: Decimal
    quantity: Decimal


class QueuedOrder(NamedTuple):
    """An order in the queue of a book, as the public knows it."""

    public_id: int
    price: Decimal
    quantity: Decimal
    """What it shows."""


class Fill(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """A trade of one of the participant's orders, on its own side."""

    account: str
    seq: int
    """Of the report."""
    instrument: str
    side: m.Side
    price: Decimal
    """Of the resting order."""
    quantity: Decimal
    fee: Decimal
    """In the quote asset; below zero a rebate."""
    liquidity: str
    """maker or taker"""
    trade_id: int
    order_id: int
    client_order_id: str
    """Empty: the venue closed a position out."""
    exec_id: str
    """Unique over the venue."""
    time: int


def fill_of(report: object) -> Fill | None:
    """The fill that a report tells of; None if it tells of something else."""
    if not isinstance(report, m.ExecutionReport) or report.exec_type != "trade":
        return None
    facts = {
        "account": report.account,
        "seq": report.seq,
        "instrument": report.instrument,
        "side": report.side,
        "price": report.last_price,
        "quantity": report.last_quantity,
        "fee": report.fee or "0",
        "liquidity": report.liquidity,
        "trade_id": report.trade_id,
        "order_id": report.order_id,
        "client_order_id": report.client_order_id,
        "exec_id": report.exec_id,
        "time": report.transact_time,
    }
    return msgspec.convert(facts, Fill)


class Report(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """How an order stands after a request that changed or cancelled it."""

    account: str
    seq: int | None
    exec_type: str
    order_id: int
    client_order_id: str
    instrument: str
    order_status: str
    transact_time: int
    price: Decimal | None = None
    quantity: Decimal | None = None
    filled_quantity: Decimal | None = None
    leaves_quantity: Decimal | None = None
    reason: str | None = None
    """Why it was cancelled."""
    kept_priority: bool | None = None
    """Of an amend: whether it kept its place in the queue."""


class Refusal(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """What the venue refused somebody: an order (with `side`, `price` and `quantity` as asked for), or another request."""

    account: str
    code: str
    """The first check that failed."""
    detail: str
    """What would have been allowed."""
    rule: str
    """The rule that decided; empty: none did."""
    title: str
    rules: tuple[str, ...]
    """Every rule that failed."""
    client_order_id: str
    instrument: str
    """Empty: not of an order."""
    side: str
    price: Decimal | None
    quantity: Decimal | None


def refusal_of(report: object) -> Refusal | None:
    """The refusal that a report tells of; None if it tells of something else."""
    order: m.ExecutionReport | None = None
    if isinstance(report, m.ExecutionReport) and report.exec_type == "rejected":
        order = report
    elif not isinstance(report, m.RequestRejected):
        return None
    return Refusal(
        account=report.account,
        code=report.code or "",
        detail=report.detail or "",
        rule=report.rule or "",
        title=report.title or "",
        rules=report.rules,
        client_order_id=report.client_order_id or "",
        instrument="" if order is None else order.instrument,
        side="" if order is None else order.side or "",
        price=None if order is None else optional_decimal(order.price),
        quantity=None if order is None else optional_decimal(order.quantity),
    )


# ── market data ────────────────────────────────────────────────────────────────────────────────────────────────────


class Trade(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """Channel `trades`: somebody traded."""

    instrument: str
    seq: int
    trade_id: int
    price: Decimal
    quantity: Decimal
    taker_side: m.Side
    time: int


class Top(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """Channel `top`: the best bid and ask; None where a side is empty."""

    instrument: str
    seq: int
    prev_seq: int
    time: int
    bid_price: Decimal | None = None
    bid_quantity: Decimal | None = None
    ask_price: Decimal | None = None
    ask_quantity: Decimal | None = None


class Ticker(Top, frozen=True, kw_only=True, gc=False):
    """Channel `ticker`: the best bid and ask, the price of the last trade, and figures of the last 24 hours; None: there is none."""

    last_price: Decimal | None = None
    open_24h: Decimal | None = None
    high_24h: Decimal | None = None
    low_24h: Decimal | None = None
    volume_24h: Decimal | None = None
    """None: of a venue that does not tell these figures yet."""
    turnover_24h: Decimal | None = None
    """In the quote asset."""
    trades_24h: int | None = None
    change_24h: Decimal | None = None
    change_percent_24h: Decimal | None = None
    vwap_24h: Decimal | None = None
    since_24h: int | None = None
    """When they begin, if that is later than 24 hours ago."""
    mark_price: Decimal | None = None
    """Of a future, as is `open_interest`: as of its last mark."""
    open_interest: Decimal | None = None


class Candle(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """Channel `candles`: what was traded of an instrument in an interval that begins at `start`; `closed`: it is over."""

    instrument: str
    interval: m.Interval
    start: int
    open: Decimal
    high: Decimal
    low: Decimal
    close: Decimal
    volume: Decimal
    turnover: Decimal
    """In the quote asset."""
    trades: int
    closed: bool = False


class Auction(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """Channel `auction`: what a call would uncross to now or, if `final`, did."""

    instrument: str
    seq: int
    volume: Decimal
    time: int
    price: Decimal | None = None
    imbalance: Decimal | None = None
    final: bool = False


class Mark(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """Channel `marks`: a future was marked; `final`: it has expired."""

    instrument: str
    seq: int
    price: Decimal
    open_interest: Decimal
    time: int
    final: bool = False


class IndexPrice(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """Channel `index`: the price of an index."""

    index: str
    seq: int
    price: Decimal
    time: int
    source: str = ""


# ── answers ────────────────────────────────────────────────────────────────────────────────────────────────────────


class Instrument(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """A listed instrument. Rates and bands are in millionths; what it does not have is None."""

    instrument: str
    kind: str
    base: str
    quote: str
    tick_size: Decimal
    lot_size: Decimal
    min_quantity: Decimal
    max_quantity: Decimal
    maker_fee_ppm: int
    taker_fee_ppm: int
    phase: str
    underlying: str | None = None
    reference_price: Decimal | None = None
    static_band_ppm: int | None = None
    dynamic_band_ppm: int | None = None
    expiry: int | None = None
    averaging: int | None = None
    mark_interval: int | None = None
    max_position: Decimal | None = None


class Balance(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """One asset of an account. `total` is all of these together: `reserved` is for open orders and positions.

    `held` is set aside for withdrawals and transfers that wait, `arrested` by papers of courts; of a venue before core version 8 both are 0.
    """

    asset: str
    available: Decimal
    reserved: Decimal
    frozen: Decimal
    total: Decimal
    arrested: Decimal = Decimal(0)
    held: Decimal = Decimal(0)


class WaitingMovement(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """A withdrawal, transfer or redemption that waits: until a time, for a supervisor's word, or both."""

    movement: int
    account: str
    kind: str
    asset: str
    amount: Decimal
    waits_for_word: bool
    rules: list[str]
    until: int | None = None
    client_order_id: str | None = None
    to_account: str | None = None
    purpose: str | None = None
    contract_reference: str = ""
    destination: str = ""


class OpenOrder(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """One open order, as the venue lists it."""

    order_id: int
    client_order_id: str
    instrument: str
    side: m.Side
    order_type: str
    time_in_force: str
    quantity: Decimal
    filled_quantity: Decimal
    leaves_quantity: Decimal
    price: Decimal | None = None
    stop_price: Decimal | None = None
    displayed_quantity: Decimal | None = None
    public_id: int | None = None
    display_quantity: Decimal | None = None
    expire_time: int | None = None
    post_only: str | None = None
    reduce_only: bool = False
    trail: Decimal | None = None
    trail_bps: int | None = None
    peg: str | None = None
    peg_offset: Decimal | None = None
    limit_price: Decimal | None = None
    other_order_id: int | None = None


class FuturesPosition(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """A position in a future as the venue has it, above zero long."""

    instrument: str
    quantity: Decimal
    carried: Decimal
    mark: Decimal | None = None
    unsettled: Decimal | None = None


class Cover(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """What covers an account's futures in one asset."""

    asset: str
    needed: Decimal
    held: Decimal
    missing: Decimal
    call_until: int | None = None


class FuturesPositions(msgspec.Struct, frozen=True, kw_only=True):
    """The positions of an account in futures, and what covers them, as of its report `seq`."""

    account: str
    seq: int
    positions: list[FuturesPosition]
    cover: list[Cover]


class Contract(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """A contract of foreign trade: `left` is what may still be paid under it."""

    contract: str
    payer: str
    payee: str
    asset: str
    amount: Decimal
    paid: Decimal
    left: Decimal
    concluded: str
    subject: str = ""
