"""Events of orders and their trades as messages to the accounts they concern.

Each function takes the formats of the venue, the report, its event, and the id of the request that it answers, if any.
"""

from __future__ import annotations

from typing import Final

from engine.vocabulary.codes import (
    BUY,
    CANCEL_REASONS,
    FILLED,
    NEW,
    ORDER_STATUSES,
    ORDER_TYPES,
    PARTIALLY_FILLED,
    REJECT_CODES,
    SELL,
    SIDES,
    TIMES_IN_FORCE,
)
from engine.vocabulary.decimals import decimal_e8
from engine.vocabulary.kinds import fields_of
from engine.vocabulary.messages.events import (
    DeadManSet,
    MassCancelled,
    MassQuoted,
    OrderAccepted,
    OrderAmended,
    OrderCancelled,
    OrderRejected,
    OrderStatus,
    RequestRejected,
    StopTriggered,
    Trade,
    TradeCorrected,
)
from gateway.outbound.private_reports.report import PrivateReport
from gateway.protocol import messages
from gateway.protocol.formats import Formats
from gateway.protocol.messages import ExecutionReport
from gateway.words.words import words_of

_NEW: Final = ORDER_STATUSES[NEW]
_PARTIALLY_FILLED: Final = ORDER_STATUSES[PARTIALLY_FILLED]
_FILLED: Final = ORDER_STATUSES[FILLED]
# Of a fill: how many fields come before those of the maker, and before those of the taker.
OF_BOTH: Final = 5
OF_TAKER: Final = 12


# Those that come most often read their event once, and give the fields of the message in order: by name each would be looked for.


def accepted(formats: Formats, report: PrivateReport, event: OrderAccepted, request_id: int | None) -> ExecutionReport:
    """An order passed every check."""
    order_id, account, seq, client_order_id, instrument, side, order_type, lifetime, price, lots, stop = fields_of(
        event
    )
    format_ = formats.instruments[instrument]
    quantity = format_.quantity[lots] if lots else None
    message = ExecutionReport(
        "new",
        account,
        order_id,
        client_order_id,
        instrument,
        _NEW,
        report.exec_id,
        report.time_ns,
        request_id,
        seq,
        SIDES[side],
        ORDER_TYPES[order_type],
        TIMES_IN_FORCE[lifetime],
        format_.price[price] if price else None,
        quantity,
        format_.quantity[0],
        quantity,
    )
    if stop:
        message.stop_price = format_.price[stop]
    return message


def trade(formats: Formats, report: PrivateReport, event: Trade, request_id: int | None) -> ExecutionReport:
    """One side of a fill."""
    fields = fields_of(event)
    trade_id, instrument, price, lots, side = fields[:OF_BOTH]
    liquidity = "taker"
    if report.as_first:
        order_id, account, seq, client_order_id, filled, leaves, fee = fields[OF_BOTH:OF_TAKER]
        side, liquidity = SELL if side == BUY else BUY, "maker"
    else:
        order_id, account, seq, client_order_id, filled, leaves, fee = fields[OF_TAKER:]
    format_ = formats.instruments[instrument]
    quantity = format_.quantity
    return ExecutionReport(
        "trade",
        account,
        order_id,
        client_order_id,
        instrument,
        _PARTIALLY_FILLED if leaves else _FILLED,
        report.exec_id,
        report.time_ns,
        request_id,
        seq,
        SIDES[side],
        None,
        None,
        None,
        quantity[filled + leaves],
        quantity[filled],
        quantity[leaves],
        format_.price[price],
        quantity[lots],
        liquidity,
        trade_id,
        None,
        format_.money[fee],
    )


def cancelled(
    formats: Formats, report: PrivateReport, event: OrderCancelled, request_id: int | None
) -> ExecutionReport:
    """What was left of an order is gone."""
    order_id, account, seq, client_order_id, instrument, side, price, filled, gone, _, reason, *why = fields_of(event)
    format_ = formats.instruments[instrument]
    message = ExecutionReport(
        "cancelled",
        account,
        order_id,
        client_order_id,
        instrument,
        "cancelled",
        report.exec_id,
        report.time_ns,
        request_id,
        seq,
        SIDES[side],
        None,
        None,
        format_.price[price] if price else None,
        format_.quantity[filled + gone],
        format_.quantity[filled],
        format_.quantity[0],
    )
    message.reason = CANCEL_REASONS[reason]
    if any(why):
        message.rule = event.rule or None
        message.detail = words_of(event) or None
        message.template = event.template or None
        message.values = event.values
    return message


def amended(formats: Formats, report: PrivateReport, event: OrderAmended, request_id: int | None) -> ExecutionReport:
    """An order has other terms."""
    format_ = formats.instruments[event.instrument]
    return ExecutionReport(
        id=request_id,
        exec_type="amended",
        account=event.account,
        seq=event.report_seq,
        order_id=event.order_id,
        client_order_id=event.client_order_id,
        instrument=event.instrument,
        order_status=_PARTIALLY_FILLED if event.filled_lots else _NEW,
        exec_id=report.exec_id,
        transact_time=report.time_ns,
        side=SIDES[event.side],
        price=format_.price[event.price_ticks] if event.price_ticks else None,
        quantity=format_.quantity[event.quantity_lots],
        filled_quantity=format_.quantity[event.filled_lots],
        leaves_quantity=format_.quantity[event.leaves_lots],
        kept_priority=event.kept_priority,
    )


def triggered(formats: Formats, report: PrivateReport, event: StopTriggered, request_id: int | None) -> ExecutionReport:
    """A waiting stop is an order now."""
    return ExecutionReport(
        exec_type="triggered",
        account=event.account,
        seq=event.report_seq,
        order_id=event.order_id,
        client_order_id=event.client_order_id,
        instrument=event.instrument,
        order_status=_NEW,
        exec_id=report.exec_id,
        transact_time=report.time_ns,
        side=SIDES[event.side],
        order_type=ORDER_TYPES[event.order_type],
        price=formats.instruments[event.instrument].price[event.price_ticks],
    )


def corrected(
    formats: Formats, report: PrivateReport, event: TradeCorrected, request_id: int | None
) -> messages.TradeCorrected:
    """One side of a corrected trade."""
    format_ = formats.instruments[event.instrument]
    buys = report.as_first
    return messages.TradeCorrected(
        account=report.account,
        seq=report.seq,
        trade_id=event.trade_id,
        order_id=event.buy_order_id if buys else event.sell_order_id,
        side=SIDES[BUY if buys else SELL],
        instrument=event.instrument,
        price=format_.price[event.price_ticks],
        new_price=format_.price[event.new_price_ticks] if event.new_price_ticks else None,
        quantity=format_.quantity[event.quantity_lots],
        fee=format_.money[event.buy_fee if buys else event.sell_fee],
        reason=event.reason,
    )


def status(formats: Formats, report: PrivateReport, event: OrderStatus, request_id: int | None) -> ExecutionReport:
    """How the order of a resent request stands."""
    message = ExecutionReport(
        id=request_id,
        exec_type="status",
        account=event.account,
        order_id=event.order_id,
        client_order_id=event.client_order_id,
        instrument=event.instrument,
        order_status=ORDER_STATUSES[event.status],
        exec_id=report.exec_id,
        transact_time=report.time_ns,
        code=REJECT_CODES[event.code] if event.code else None,
        rule=event.rule or None,
    )
    format_ = formats.instruments.get(event.instrument)
    # An order that was rejected before its ticks and lots were known has none to show.
    if format_ is not None and event.quantity_lots:
        message.side = SIDES[event.side]
        message.price = format_.price[event.price_ticks] if event.price_ticks else None
        message.quantity = format_.quantity[event.quantity_lots]
        message.filled_quantity = format_.quantity[event.filled_lots]
        message.leaves_quantity = format_.quantity[event.leaves_lots]
    return message


def rejected(formats: Formats, report: PrivateReport, event: OrderRejected, request_id: int | None) -> ExecutionReport:
    """An order did nothing."""
    return ExecutionReport(
        id=request_id,
        exec_type="rejected",
        account=event.account,
        seq=event.report_seq or None,
        order_id=event.order_id,
        client_order_id=event.client_order_id,
        instrument=event.instrument,
        order_status="rejected",
        exec_id=report.exec_id,
        transact_time=report.time_ns,
        # As asked for: what is refused may fit no side, tick or lot.
        side=SIDES[event.side] if 0 <= event.side < len(SIDES) else None,
        price=decimal_e8(event.price_e8) if event.price_e8 > 0 else None,
        quantity=decimal_e8(event.quantity_e8) if event.quantity_e8 > 0 else None,
        code=REJECT_CODES[event.code],
        detail=words_of(event),
        rule=event.rule or None,
        title=event.title or report.title or None,
        rules=event.rules,
        template=event.template or None,
        values=event.values,
    )


def request_rejected(
    formats: Formats, report: PrivateReport, event: RequestRejected, request_id: int | None
) -> messages.RequestRejected:
    """A request about orders, a transfer or a request for delivery did nothing."""
    return messages.RequestRejected(
        id=request_id,
        account=event.account,
        seq=event.report_seq or None,
        order_id=event.order_id or None,
        client_order_id=event.client_order_id or None,
        code=REJECT_CODES[event.code],
        detail=words_of(event),
        rule=event.rule or None,
        title=event.title or report.title or None,
        rules=event.rules,
        template=event.template or None,
        values=event.values,
    )


def mass_cancelled(
    formats: Formats, report: PrivateReport, event: MassCancelled, request_id: int | None
) -> messages.MassCancelled:
    """A mass cancel ended."""
    return messages.MassCancelled(id=request_id, account=event.account, seq=event.report_seq, orders=event.orders)


def mass_quoted(
    formats: Formats, report: PrivateReport, event: MassQuoted, request_id: int | None
) -> messages.MassQuoted:
    """A ladder is in place."""
    return messages.MassQuoted(
        id=request_id,
        account=event.account,
        seq=event.report_seq,
        quote_id=event.quote_id,
        kept=event.kept,
        cancelled=event.cancelled,
        entered=event.entered,
    )


def dead_man(formats: Formats, report: PrivateReport, event: DeadManSet, request_id: int | None) -> messages.DeadMan:
    """A dead man's timer was set or switched off, or has acted."""
    return messages.DeadMan(
        id=request_id,
        account=event.account,
        seq=event.report_seq,
        until=event.until_ns or None,
        cancelled=event.orders if event.acted else None,
    )
