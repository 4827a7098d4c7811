"""The reports that come most often, written as JSON at once: the bytes that encoding their messages would give.

A test compares every one with its message. Others are encoded, as all are in MessagePack, where writing them so gained nothing.
"""

from __future__ import annotations

from collections.abc import Callable
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
from gateway.protocol.formats import Formats, quoted

_SIDES: Final = SIDES
_REASONS: Final = CANCEL_REASONS
_NEW: Final = ORDER_STATUSES[NEW]
_PARTIALLY_FILLED: Final = ORDER_STATUSES[PARTIALLY_FILLED]
_FILLED: Final = ORDER_STATUSES[FILLED]
_TYPES: Final = len(ORDER_TYPES)
_LIFETIMES: Final = len(TIMES_IN_FORCE)
_TERMS: Final = [
    f'"side":"{side}","order_type":"{order_type}","time_in_force":"{lifetime}"'
    for side in SIDES
    for order_type in ORDER_TYPES
    for lifetime in TIMES_IN_FORCE
]
"""What a new order asks for, by the codes of side, type and time in force."""
_WHY: Final = 11
"""Fields of a cancel before those that name a rule and say something."""
_NO_WORDS: Final = OrderCancelled.__struct_defaults__
MAX_HEADS: Final = 16_384
"""Accounts whose reports' first words are remembered: 3 MB for all kinds of reports. Beyond that the memory starts again."""


class Heads(dict[str, str]):
    """How the reports of one kind begin, by account."""

    def __init__(self, exec_type: str) -> None:
        super().__init__()
        self._exec_type: Final = exec_type

    def __missing__(self, account: str) -> str:
        if len(self) >= MAX_HEADS:
            self.clear()
        text = f'{{"type":"execution_report","exec_type":"{self._exec_type}","account":{quoted(account)},"order_id":'
        self[account] = text
        return text


_ACCEPTED: Final = Heads("new")
_TRADE: Final = Heads("trade")
_CANCELLED: Final = Heads("cancelled")


def accepted(formats: Formats, report: PrivateReport, request_id: int | None) -> str:
    """An order passed every check."""
    order_id, _, seq, client_order_id, instrument, side, order_type, lifetime, price, lots, stop = fields_of(
        report.event
    )
    format_ = formats.instruments[instrument]
    terms = _TERMS[(side * _TYPES + order_type) * _LIFETIMES + lifetime]
    if price:
        terms = f'{terms},"price":"{format_.price[price]}"'
    quantity = format_.quantity[lots]
    asked = f',"quantity":"{quantity}"' if lots else ""
    leaves = f',"leaves_quantity":"{quantity}"' if lots else ""
    if stop:
        leaves = f'{leaves},"stop_price":"{format_.price[stop]}"'
    return (
        f'{_ACCEPTED[report.account]}{order_id},"client_order_id":{quoted(client_order_id)},"instrument":{format_.quoted},'
        f'"order_status":"{_NEW}","exec_id":"{report.command_seq}-{report.place}","transact_time":'
        f'{formats.time(report.time_ns)}{_answer(request_id)},"seq":{seq},{terms}{asked},"filled_quantity":"'
        f'{format_.quantity[0]}"{leaves}}}'
    )


def trade(formats: Formats, report: PrivateReport, request_id: int | None) -> str:
    """One side of a fill."""
    fields = fields_of(report.event)
    trade_id, instrument, price, lots, side = fields[:OF_BOTH]
    liquidity, suffix = "taker", ""
    if report.as_first:
        order_id, _, seq, client_order_id, filled, leaves, fee = fields[OF_BOTH:OF_TAKER]
        side, liquidity, suffix = SELL if side == BUY else BUY, "maker", "m"
    else:
        order_id, _, seq, client_order_id, filled, leaves, fee = fields[OF_TAKER:]
    format_ = formats.instruments[instrument]
    quantity = format_.quantity
    return (
        f'{_TRADE[report.account]}{order_id},"client_order_id":{quoted(client_order_id)},"instrument":{format_.quoted},'
        f'"order_status":"{_PARTIALLY_FILLED if leaves else _FILLED}","exec_id":"{report.command_seq}-{report.place}'
        f'{suffix}","transact_time":{formats.time(report.time_ns)}{_answer(request_id)},"seq":{seq},"side":"{_SIDES[side]}",'
        f'"quantity":"{quantity[filled + leaves]}","filled_quantity":"{quantity[filled]}","leaves_quantity":"'
        f'{quantity[leaves]}","last_price":"{format_.price[price]}","last_quantity":"{quantity[lots]}","liquidity":"'
        f'{liquidity}","trade_id":{trade_id},"fee":"{format_.money[fee]}"}}'
    )


def cancelled(formats: Formats, report: PrivateReport, request_id: int | None) -> str:
    """What was left of an order is gone, and no rule is named. Empty where more is to be said."""
    fields = fields_of(report.event)
    if fields[_WHY:] != _NO_WORDS:
        return ""
    order_id, _, seq, client_order_id, instrument, side, price, filled, gone, _, reason = fields[:_WHY]
    format_ = formats.instruments[instrument]
    quantity = format_.quantity
    priced = f',"price":"{format_.price[price]}"' if price else ""
    return (
        f'{_CANCELLED[report.account]}{order_id},"client_order_id":{quoted(client_order_id)},"instrument":'
        f'{format_.quoted},"order_status":"cancelled","exec_id":"{report.command_seq}-{report.place}","transact_time":'
        f'{formats.time(report.time_ns)}{_answer(request_id)},"seq":{seq},"side":"{_SIDES[side]}"{priced},"quantity":"'
        f'{quantity[filled + gone]}","filled_quantity":"{quantity[filled]}","leaves_quantity":"{quantity[0]}","reason":"'
        f'{_REASONS[reason]}"}}'
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
