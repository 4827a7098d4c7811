"""The reports that come most often, written as JSON at once: the bytes that encoding their messages would give.

A test compares every one with its message. Others are encoded, as all are in MessagePack, where writing them so gained nothing.
"""

from __future__ import annotations

from collections.abc import Callable
from json.encoder import encode_basestring
from typing import Final

from engine.vocabulary.codes import (
    BUY,
    CANCEL_REASONS,
    FILLED,
    NEW,
    ORDER_STATUSES,
    ORDER_TYPES,
    PARTIALLY_FILLED,
    SELL,
    SIDES,
    TIMES_IN_FORCE,
)
from engine.vocabulary.kinds import fields_of
from engine.vocabulary.messages.events import Event, OrderAccepted, OrderCancelled, Trade
from gateway.outbound.private_reports.orders import OF_BOTH, OF_TAKER
from gateway.outbound.private_reports.report import PrivateReport
from gateway.protocol.formats import Formats

# As constants a compiled module finds them at once.
_quoted: Final[Callable[[str], str]] = encode_basestring
_SIDES: Final = SIDES
_TYPES: Final = ORDER_TYPES
_LIFETIMES: Final = TIMES_IN_FORCE
_REASONS: Final = CANCEL_REASONS
_NEW: Final = ORDER_STATUSES[NEW]
_PARTIALLY_FILLED: Final = ORDER_STATUSES[PARTIALLY_FILLED]
_FILLED: Final = ORDER_STATUSES[FILLED]


def accepted(formats: Formats, report: PrivateReport, request_id: int | None) -> str:
    """An order passed every check."""
    order_id, account, seq, client_order_id, instrument, side, order_type, lifetime, price, lots, stop = fields_of(
        report.event
    )
    format_ = formats.instruments[instrument]
    head = _head("new", account, order_id, client_order_id, instrument)
    priced = f',"price":"{format_.price[price]}"' if price else ""
    nothing, quantity, leaves = format_.quantity[0], "", ""
    if lots:
        shown = format_.quantity[lots]
        quantity, leaves = f',"quantity":"{shown}"', f',"leaves_quantity":"{shown}"'
    stopped = f',"stop_price":"{format_.price[stop]}"' if stop else ""
    return (
        f'{head}"{_NEW}","exec_id":"{report.exec_id}","transact_time":{report.time_ns}{_answer(request_id)},"seq":{seq},'
        f'"side":"{_SIDES[side]}","order_type":"{_TYPES[order_type]}","time_in_force":"{_LIFETIMES[lifetime]}"'
        f'{priced}{quantity},"filled_quantity":"{nothing}"{leaves}{stopped}}}'
    )


def trade(formats: Formats, report: PrivateReport, request_id: int | None) -> str:
    """One side of a fill."""
    fields = fields_of(report.event)
    trade_id, instrument, price, lots, side = fields[:OF_BOTH]
    liquidity = "taker"
    if report.as_first:
        order_id, account, seq, client_order_id, filled, leaves, fee = fields[OF_BOTH:OF_TAKER]
        side, liquidity = SELL if side == BUY else BUY, "maker"
    else:
        order_id, account, seq, client_order_id, filled, leaves, fee = fields[OF_TAKER:]
    format_ = formats.instruments[instrument]
    quantity = format_.quantity
    head = _head("trade", account, order_id, client_order_id, instrument)
    status = _PARTIALLY_FILLED if leaves else _FILLED
    return (
        f'{head}"{status}","exec_id":"{report.exec_id}","transact_time":{report.time_ns}{_answer(request_id)},"seq":{seq},'
        f'"side":"{_SIDES[side]}","quantity":"{quantity[filled + leaves]}","filled_quantity":"{quantity[filled]}",'
        f'"leaves_quantity":"{quantity[leaves]}","last_price":"{format_.price[price]}","last_quantity":"{quantity[lots]}",'
        f'"liquidity":"{liquidity}","trade_id":{trade_id},"fee":"{format_.money[fee]}"}}'
    )


def cancelled(formats: Formats, report: PrivateReport, request_id: int | None) -> str:
    """What was left of an order is gone, and no rule is named. Empty where more is to be said."""
    order_id, account, seq, client_order_id, instrument, side, price, filled, gone, _, reason, *why = fields_of(
        report.event
    )
    if any(why):
        return ""
    format_ = formats.instruments[instrument]
    quantity = format_.quantity
    head = _head("cancelled", account, order_id, client_order_id, instrument)
    priced = f',"price":"{format_.price[price]}"' if price else ""
    return (
        f'{head}"cancelled","exec_id":"{report.exec_id}","transact_time":{report.time_ns}{_answer(request_id)},"seq":{seq},'
        f'"side":"{_SIDES[side]}"{priced},"quantity":"{quantity[filled + gone]}","filled_quantity":"{quantity[filled]}",'
        f'"leaves_quantity":"{quantity[0]}","reason":"{_REASONS[reason]}"}}'
    )


def _head(exec_type: str, account: str, order_id: int, client_order_id: str, instrument: str) -> str:
    """All down to the order's status."""
    return (
        f'{{"type":"execution_report","exec_type":"{exec_type}","account":{_quoted(account)},"order_id":{order_id},'
        f'"client_order_id":{_quoted(client_order_id)},"instrument":{_quoted(instrument)},"order_status":'
    )


def _answer(request_id: int | None) -> str:
    """The id of the request that is answered, if one is."""
    return "" if request_id is None else f',"id":{request_id}'


DIRECT: Final[dict[type[Event], Callable[[Formats, PrivateReport, int | None], str]]] = {
    OrderAccepted: accepted,
    Trade: trade,
    OrderCancelled: cancelled,
}
"""What writes the report of an event as JSON; an empty text means that its message is to be encoded."""
