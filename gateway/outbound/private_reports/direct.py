"""The reports that come most often, written as JSON at once: the bytes that encoding their messages would give.

Where a C compiler was found, `written.c` does the same in less time for all but amends (`gateway.outbound.private_reports.frames`).
A test compares every one with its message. Others are encoded, as all are in MessagePack, where writing them so gained nothing.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from engine.vocabulary.codes import (
    BUY,
    CANCEL_REASONS,
    CANCELLED,
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
from engine.vocabulary.messages.events import Event, OrderAccepted, OrderAmended, OrderCancelled, Trade
from gateway.outbound.private_reports.orders import OF_BOTH, OF_TAKER
from gateway.outbound.private_reports.report import PrivateReport
from gateway.protocol.formats import Formats, quoted

REASONS: Final = CANCEL_REASONS
_NEW: Final = f'{ORDER_STATUSES[NEW]}","exec_id":"'
_PARTIALLY_FILLED: Final = f'{ORDER_STATUSES[PARTIALLY_FILLED]}","exec_id":"'
_FILLED: Final = f'{ORDER_STATUSES[FILLED]}","exec_id":"'
_GONE: Final = f'{ORDER_STATUSES[CANCELLED]}","exec_id":"'
STATUSES: Final = (_NEW, _PARTIALLY_FILLED, _FILLED, _GONE)
"""How an order stands, and what comes behind it."""
_TYPES: Final = len(ORDER_TYPES)
_LIFETIMES: Final = len(TIMES_IN_FORCE)
SIDED: Final = [f',"side":"{side}"' for side in SIDES]
TERMS: Final = [
    f'{side},"order_type":"{order_type}","time_in_force":"{lifetime}"'
    for side in SIDED
    for order_type in ORDER_TYPES
    for lifetime in TIMES_IN_FORCE
]
"""What a new order asks for, by the codes of side, type and time in force."""
_PLACES: Final = [f"-{place}" for place in range(256)]
"""How the id of an execution ends, by the place of its event."""
_WHY: Final = 11
"""Fields of a cancel before those that name a rule and say something."""
NO_WORDS: Final = OrderCancelled.__struct_defaults__
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


ACCEPTED_HEADS: Final = Heads("new")
TRADE_HEADS: Final = Heads("trade")
CANCELLED_HEADS: Final = Heads("cancelled")
_AMENDED_HEADS: Final = Heads("amended")

# Few long pieces are joined faster than many short ones, and a number is written fastest from an `int` of its own. So what is known
# beforehand stands in one piece, and each field is read into a variable of its type.


def accepted(formats: Formats, report: PrivateReport, request_id: int | None) -> str:
    """An order passed every check."""
    fields = fields_of(report.event)
    order_id: int = fields[0]
    seq: int = fields[2]
    side: int = fields[5]
    order_type: int = fields[6]
    lifetime: int = fields[7]
    price, lots, stop = fields[8], fields[9], fields[10]
    format_ = formats.instruments[fields[4]]
    terms = TERMS[(side * _TYPES + order_type) * _LIFETIMES + lifetime]
    order = str(order_id)
    # An order has the number of the command that entered it, unless that entered several.
    command = order if report.command_seq == order_id else str(report.command_seq)
    begin = (
        f"{ACCEPTED_HEADS[report.account]}{order}"
        f',"client_order_id":{quoted(fields[3])}{format_.of_orders}{_NEW}{command}{_place(report)}'
        f"{formats.moment(report.time_ns)}{_answer(request_id)}"
    )
    if price and lots and not stop:
        quantity = format_.quantity[lots]
        return (
            f'{begin},"seq":{seq}{terms},"price":"{format_.price[price]}","quantity":"{quantity}","filled_quantity":"'
            f'{format_.none}","leaves_quantity":"{quantity}"}}'
        )
    priced = f',"price":"{format_.price[price]}"' if price else ""
    asked = f',"quantity":"{format_.quantity[lots]}"' if lots else ""
    leaves = f',"leaves_quantity":"{format_.quantity[lots]}"' if lots else ""
    stopped = f',"stop_price":"{format_.price[stop]}"' if stop else ""
    return f'{begin},"seq":{seq}{terms}{priced}{asked},"filled_quantity":"{format_.none}"{leaves}{stopped}}}'


def trade(formats: Formats, report: PrivateReport, request_id: int | None) -> str:
    """One side of a fill."""
    fields = fields_of(report.event)
    trade_id: int = fields[0]
    side: int = fields[4]
    own = OF_TAKER
    role = '","liquidity":"taker","trade_id":'
    if report.as_first:
        own = OF_BOTH
        side = SELL if side == BUY else BUY
        role = '","liquidity":"maker","trade_id":'
    order_id: int = fields[own]
    seq: int = fields[own + 2]
    filled, leaves = fields[own + 4], fields[own + 5]
    format_ = formats.instruments[fields[1]]
    quantity = format_.quantity
    return (
        f'{TRADE_HEADS[report.account]}{order_id},"client_order_id":{quoted(fields[own + 3])}'
        f"{format_.of_orders}{_PARTIALLY_FILLED if leaves else _FILLED}{report.command_seq}{_place(report)}"
        f'{formats.moment(report.time_ns)}{_answer(request_id)},"seq":{seq}{SIDED[side]},"quantity":"'
        f'{quantity[filled + leaves]}","filled_quantity":"{quantity[filled]}","leaves_quantity":"'
        f'{quantity[leaves] if leaves else format_.none}","last_price":"{format_.price[fields[2]]}","last_quantity":"'
        f'{quantity[fields[3]]}{role}{trade_id},"fee":"{format_.money[fields[own + 6]]}"}}'
    )


def cancelled(formats: Formats, report: PrivateReport, request_id: int | None) -> str:
    """What was left of an order is gone, and no rule is named. Empty where more is to be said."""
    fields = fields_of(report.event)
    if fields[_WHY:] != NO_WORDS:
        return ""
    order_id: int = fields[0]
    seq: int = fields[2]
    side: int = fields[5]
    reason: int = fields[10]
    price, filled = fields[6], fields[7]
    format_ = formats.instruments[fields[4]]
    priced = f',"price":"{format_.price[price]}"' if price else ""
    return (
        f'{CANCELLED_HEADS[report.account]}{order_id},"client_order_id":{quoted(fields[3])}'
        f"{format_.of_orders}{_GONE}{report.command_seq}{_place(report)}"
        f'{formats.moment(report.time_ns)}{_answer(request_id)},"seq":{seq}{SIDED[side]}{priced},"quantity":"'
        f'{format_.quantity[filled + fields[8]]}","filled_quantity":"{format_.quantity[filled] if filled else format_.none}'
        f'","leaves_quantity":"{format_.none}","reason":"{REASONS[reason]}"}}'
    )


def amended(formats: Formats, report: PrivateReport, request_id: int | None) -> str:
    """An order has other terms."""
    fields = fields_of(report.event)
    order_id: int = fields[0]
    seq: int = fields[2]
    side: int = fields[5]
    price, filled = fields[6], fields[8]
    format_ = formats.instruments[fields[4]]
    quantity = format_.quantity
    priced = f',"price":"{format_.price[price]}"' if price else ""
    return (
        f'{_AMENDED_HEADS[report.account]}{order_id},"client_order_id":{quoted(fields[3])}'
        f"{format_.of_orders}{_PARTIALLY_FILLED if filled else _NEW}{report.command_seq}{_place(report)}"
        f'{formats.moment(report.time_ns)}{_answer(request_id)},"seq":{seq}{SIDED[side]}{priced},"quantity":"'
        f'{quantity[fields[7]]}","filled_quantity":"{quantity[filled] if filled else format_.none}","leaves_quantity":"'
        f'{quantity[fields[9]]}","kept_priority":{"true" if fields[10] else "false"}}}'
    )


def _place(report: PrivateReport) -> str:
    """How the id of an execution ends: the place of the event, and `m` on the maker's side of a trade."""
    place = report.place
    text = _PLACES[place] if place < len(_PLACES) else f"-{place}"
    return f"{text}m" if report.as_first else text


def _answer(request_id: int | None) -> str:
    """The id of the request that is answered, if one is."""
    return "" if request_id is None else f',"id":{request_id}'


DIRECT: Final[dict[type[Event], Callable[[Formats, PrivateReport, int | None], str]]] = {
    OrderAccepted: accepted,
    Trade: trade,
    OrderCancelled: cancelled,
    OrderAmended: amended,
}
"""What writes the report of an event as JSON; an empty text means that its message is to be encoded."""
