"""An order as this port knows it, from the venue's reports; and orders and trades as Deribit's documents have them."""

from __future__ import annotations

from typing import Any, Final

from gateway.deribit.dialect.listed import Listed
from gateway.deribit.dialect.numbers import e8, maybe, milliseconds, number, quotient
from gateway.protocol.messages import ExecutionReport, OpenOrder
from gateway.protocol.past_messages import Fill, OrderInfo

OPEN: Final = "open"
UNTRIGGERED: Final = "untriggered"
LABEL_END: Final = "~"
"""In a client order id, between the label that a client gave and what makes it unlike all others."""
_STATES: Final = {
    "new": OPEN,
    "partially_filled": OPEN,
    "filled": "filled",
    "cancelled": "cancelled",
    "rejected": "rejected",
}
_TYPES: Final = {"stop": "stop_market", "iceberg": "limit", "pegged": "limit"}
_TIMES: Final = {
    "gtc": "good_til_cancelled",
    "day": "good_til_day",
    "fok": "fill_or_kill",
    "ioc": "immediate_or_cancel",
}
_WAITS: Final = frozenset({"stop", "stop_limit", "trailing_stop"})


class OrderState:
    """One order. Prices and quantities as the venue told them."""

    __slots__ = (
        "client_order_id", "created_ns", "displayed", "filled", "instrument", "is_complete", "is_triggered", "known_e8", "order_id",
        "order_type", "post_only", "price", "quantity", "reason", "reduce_only", "side", "status", "stop_price", "time_in_force",
        "told_average", "updated_ns", "value_e16",
    )  # fmt: skip

    def __init__(self, order_id: int, client_order_id: str, instrument: str, created_ns: int) -> None:
        self.order_id: Final = order_id
        self.client_order_id: Final = client_order_id
        self.instrument: Final = instrument
        self.created_ns = created_ns
        """Nanoseconds since the epoch; 0: before anything that is known of it."""
        self.updated_ns = created_ns
        self.side = "buy"
        self.order_type = "limit"
        self.time_in_force = "gtc"
        self.price: str | None = None
        self.stop_price: str | None = None
        self.displayed: str | None = None
        self.quantity = "0"
        self.filled = "0"
        self.status = "new"
        self.is_triggered = False
        self.reason: str | None = None
        self.post_only = False
        self.reduce_only = False
        self.is_complete = False
        """Whether its terms are known, too, and not only what became of it."""
        self.known_e8 = 0
        self.value_e16 = 0
        """Of the fills that are known: their quantity, and what it was worth."""
        self.told_average: str | None = None
        """As the venue tells it, of an order that was asked for."""

    @property
    def state(self) -> str:
        """The word of Deribit for how it stands."""
        state = _STATES[self.status]
        waits = state == OPEN and self.order_type in _WAITS and not self.is_triggered
        return UNTRIGGERED if waits else state

    @property
    def is_open(self) -> bool:
        """Whether it may still trade."""
        return _STATES[self.status] == OPEN

    @property
    def label(self) -> str:
        """What its client called it."""
        return self.client_order_id.rpartition(LABEL_END)[0]

    def take(self, report: ExecutionReport) -> None:
        """Take in a report of it."""
        self.status, self.updated_ns = report.order_status, report.transact_time
        self.side = report.side or self.side
        self.quantity = report.quantity or self.quantity
        self.filled = report.filled_quantity or self.filled
        if report.exec_type == "new":
            self.created_ns, self.is_complete = report.transact_time, True
            self.order_type = report.order_type or self.order_type
            self.time_in_force = report.time_in_force or self.time_in_force
            self.stop_price = report.stop_price
        elif report.exec_type == "triggered":
            self.is_triggered = True
            self.order_type = report.order_type or self.order_type
        elif report.exec_type == "trade":
            assert report.last_price is not None and report.last_quantity is not None
            self.known_e8 += e8(report.last_quantity)
            self.value_e16 += e8(report.last_quantity) * e8(report.last_price)
        self.price = report.price or self.price
        self.reason = report.reason or self.reason

    def complete(self, order: OpenOrder) -> None:
        """Take in its terms."""
        self.is_complete = True
        self.side, self.order_type, self.time_in_force = order.side, order.order_type, order.time_in_force
        self.price, self.stop_price, self.displayed = order.price, order.stop_price, order.displayed_quantity
        self.quantity, self.filled = order.quantity, order.filled_quantity
        self.is_triggered = order.order_type not in _WAITS or order.displayed_quantity is not None

    def average(self) -> str | None:
        """The average price of its fills; None: there are none, or not all are known."""
        if self.told_average is not None:
            return self.told_average
        if not self.known_e8 or self.known_e8 != e8(self.filled):
            return None
        return quotient(quotient(self.value_e16, self.known_e8), 10**8)


def state_of(info: OrderInfo) -> OrderState:
    """An order of which the venue was asked."""
    order = OrderState(info.order_id, info.client_order_id, info.instrument, info.entered or 0)
    order.updated_ns, order.status, order.is_complete = info.updated, info.order_status, True
    order.side, order.order_type = info.side or "buy", info.order_type or "limit"
    order.time_in_force = info.time_in_force or "gtc"
    order.price, order.stop_price, order.is_triggered = info.price, info.stop_price, info.triggered
    order.quantity, order.filled = info.quantity or "0", info.filled_quantity or "0"
    order.told_average, order.reason = info.average_price, info.reason
    return order


def order_document(order: OrderState, listed: Listed) -> dict[str, Any]:
    """An order as Deribit has it. No `commission`: `ccxt` would take it for base currency, and fees here are in the quote."""
    average = order.average()
    document: dict[str, Any] = {
        "order_id": str(order.order_id),
        "instrument_name": listed.name(order.instrument),
        "direction": order.side,
        "order_state": order.state,
        "order_type": _TYPES.get(order.order_type, order.order_type),
        "time_in_force": _TIMES.get(order.time_in_force, order.time_in_force),
        "price": "market_price" if order.order_type in ("market", "stop") else maybe(order.price),
        "amount": number(order.quantity),
        "filled_amount": number(order.filled),
        "average_price": number("0") if e8(order.filled) == 0 else maybe(average),
        "creation_timestamp": milliseconds(order.created_ns or order.updated_ns),
        "last_update_timestamp": milliseconds(order.updated_ns),
        "label": order.label,
        "post_only": order.post_only,
        "reduce_only": order.reduce_only,
        "api": True,
        "web": False,
        "replaced": False,
        "is_liquidation": not order.client_order_id,
        "venue_client_order_id": order.client_order_id,
    }
    if order.displayed is not None and order.order_type == "iceberg":
        document["max_show"] = number(order.displayed)
    if order.stop_price is not None:
        document |= {
            "stop_price": number(order.stop_price),
            "trigger_price": number(order.stop_price),
            "trigger": "last_price",
            "triggered": order.is_triggered,
        }
    if order.reason is not None:
        document["cancel_reason"] = order.reason
    return document


def fill_document(fill: ExecutionReport | Fill, listed: Listed) -> dict[str, Any]:
    """A trade of one's own; one that a supervisor gave another price, at that. No `order_type`: a fill does not say it."""
    corrected = fill.corrected if isinstance(fill, Fill) else None
    price, fee = (fill.last_price, fill.fee) if corrected is None else (corrected.new_price, corrected.fee)
    assert price is not None and fill.leaves_quantity is not None
    assert fill.last_price is not None and fill.last_quantity is not None
    info = listed.info(fill.instrument)
    return {
        "trade_id": str(fill.trade_id),
        "trade_seq": fill.seq,
        "order_id": str(fill.order_id),
        "instrument_name": listed.name(fill.instrument),
        "direction": fill.side,
        "price": number(price),
        "amount": number(fill.last_quantity),
        "fee": maybe(fee),
        "fee_currency": info.quote,
        "liquidity": "M" if fill.liquidity == "maker" else "T",
        "state": OPEN if e8(fill.leaves_quantity) else "filled",
        "timestamp": milliseconds(fill.transact_time),
        "label": fill.client_order_id.rpartition(LABEL_END)[0],
        "self_trade": False,
        "api": True,
        "venue_exec_id": fill.exec_id,
    }
