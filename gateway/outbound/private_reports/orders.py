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
from engine.vocabulary.messages.events import (
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


def accepted(formats: Formats, report: PrivateReport, event: OrderAccepted, request_id: int | None) -> ExecutionReport:
    """An order passed every check."""
    format_ = formats.instruments[event.instrument]
    quantity = format_.quantity[event.quantity_lots]
    return ExecutionReport(
        id=request_id,
        exec_type="new",
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
        time_in_force=TIMES_IN_FORCE[event.time_in_force],
        price=format_.price[event.price_ticks] if event.price_ticks else None,
        stop_price=format_.price[event.stop_ticks] if event.stop_ticks else None,
        quantity=quantity if event.quantity_lots else None,
        filled_quantity=format_.quantity[0],
        leaves_quantity=quantity if event.quantity_lots else None,
    )


def trade(formats: Formats, report: PrivateReport, event: Trade, request_id: int | None) -> ExecutionReport:
    """One side of a fill."""
    format_ = formats.instruments[event.instrument]
    if report.as_first:
        order_id, client_order_id = event.maker_order_id, event.maker_client_order_id
        side = SELL if event.taker_side == BUY else BUY
        filled, leaves, fee = event.maker_filled_lots, event.maker_leaves_lots, event.maker_fee
        liquidity = "maker"
    else:
        order_id, client_order_id = event.taker_order_id, event.taker_client_order_id
        side = event.taker_side
        filled, leaves, fee = event.taker_filled_lots, event.taker_leaves_lots, event.taker_fee
        liquidity = "taker"
    return ExecutionReport(
        id=request_id,
        exec_type="trade",
        account=report.account,
        seq=report.seq,
        order_id=order_id,
        client_order_id=client_order_id,
        instrument=event.instrument,
        order_status=_PARTIALLY_FILLED if leaves else _FILLED,
        exec_id=report.exec_id,
        transact_time=report.time_ns,
        side=SIDES[side],
        quantity=format_.quantity[filled + leaves],
        filled_quantity=format_.quantity[filled],
        leaves_quantity=format_.quantity[leaves],
        last_price=format_.price[event.price_ticks],
        last_quantity=format_.quantity[event.quantity_lots],
        liquidity=liquidity,
        trade_id=event.trade_id,
        fee=format_.money[fee],
    )


def cancelled(
    formats: Formats, report: PrivateReport, event: OrderCancelled, request_id: int | None
) -> ExecutionReport:
    """What was left of an order is gone."""
    format_ = formats.instruments[event.instrument]
    return ExecutionReport(
        id=request_id,
        exec_type="cancelled",
        account=event.account,
        seq=event.report_seq,
        order_id=event.order_id,
        client_order_id=event.client_order_id,
        instrument=event.instrument,
        order_status="cancelled",
        exec_id=report.exec_id,
        transact_time=report.time_ns,
        side=SIDES[event.side],
        price=format_.price[event.price_ticks] if event.price_ticks else None,
        quantity=format_.quantity[event.filled_lots + event.cancelled_lots],
        filled_quantity=format_.quantity[event.filled_lots],
        leaves_quantity=format_.quantity[0],
        reason=CANCEL_REASONS[event.reason],
        rule=event.rule or None,
        detail=words_of(event) or None,
        template=event.template or None,
        values=event.values,
    )


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
