"""Private reports: events as messages to the accounts they concern, and the recent ones kept for clients that reconnect."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from itertools import islice
from typing import Final

import msgspec

from engine.codes import (
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
from engine.events import (
    AccountOpened,
    Event,
    FundsMoved,
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
from engine.limits import MAX_RECENT_REPORTS
from gateway import messages
from gateway.formats import Formats
from gateway.messages import ExecutionReport, Message

_NEW: Final = ORDER_STATUSES[NEW]
_PARTIALLY_FILLED: Final = ORDER_STATUSES[PARTIALLY_FILLED]
_FILLED: Final = ORDER_STATUSES[FILLED]


# Reports of one account each; a trade is one of two.
_REPORTED: Final = (
    OrderAccepted,
    OrderCancelled,
    OrderRejected,
    OrderAmended,
    RequestRejected,
    StopTriggered,
    MassCancelled,
    MassQuoted,
    FundsMoved,
)


class Report(msgspec.Struct, gc=False):
    """An event as one account sees it: enough to make its message now or when the account resumes."""

    account: str
    seq: int
    """The account's own; 0: it belongs to no account of the sender, and only the sender is told."""
    event: Event
    command_seq: int
    time_ns: int
    place: int
    """Place of the event among those of its command."""
    as_maker: bool = False
    """Of a trade: this is the maker's report; of a correction: the buyer's."""


class Reports:
    """All accounts' reports, from events only."""

    def __init__(self, formats: Formats) -> None:
        self._formats: Final = formats
        self._recent: Final[dict[str, deque[Report]]] = {}
        self.accounts: Final[dict[str, list[str]]] = {}
        """The accounts of each participant, in order of opening."""
        self.owners: Final[dict[str, str]] = {}
        """The participant who operates each account."""

    def follow(self, command_seq: int, time_ns: int, events: list[Event]) -> list[Report]:
        """Take note of the events of a command and return the reports they are, in order. They are kept, too."""
        found: list[Report] = []
        for place, event in enumerate(events):
            if type(event) is Trade:
                maker = Report(event.maker_account, event.maker_report_seq, event, command_seq, time_ns, place, True)
                taker = Report(event.taker_account, event.taker_report_seq, event, command_seq, time_ns, place)
                self._recent[maker.account].append(maker)
                self._recent[taker.account].append(taker)
                found.append(maker)
                found.append(taker)
            elif isinstance(event, _REPORTED):
                report = Report(event.account, event.report_seq, event, command_seq, time_ns, place)
                found.append(report)
                if report.seq:
                    self._recent[report.account].append(report)
            elif type(event) is TradeCorrected:
                buyer = Report(event.buy_account, event.buy_report_seq, event, command_seq, time_ns, place, True)
                seller = Report(event.sell_account, event.sell_report_seq, event, command_seq, time_ns, place)
                for report in (buyer, seller):
                    self._recent[report.account].append(report)
                    found.append(report)
            elif type(event) is OrderStatus:
                found.append(Report(event.account, 0, event, command_seq, time_ns, place))
            elif type(event) is AccountOpened:
                self.owners[event.account] = event.participant
                self.accounts.setdefault(event.participant, []).append(event.account)
                self._recent[event.account] = deque(maxlen=MAX_RECENT_REPORTS)
        return found

    def last_seq(self, account: str) -> int:
        """The sequence number of an account's last report."""
        recent = self._recent[account]
        return recent[-1].seq if recent else 0

    def after(self, account: str, seq: int) -> Iterator[Report] | None:
        """The reports of an account after `seq`, or None if some of them are not kept any more, or not made yet."""
        recent = self._recent[account]
        missed = self.last_seq(account) - seq
        if missed < 0 or missed > len(recent):
            return None
        return islice(recent, len(recent) - missed, None)

    def message(self, report: Report, request_id: int | None = None) -> Message:
        """The message of a report; `request_id` if it answers a request of the connection that gets it."""
        event = report.event
        if type(event) is OrderAccepted:
            return self._accepted(report, event, request_id)
        if type(event) is Trade:
            return self._trade(report, event, request_id)
        if type(event) is OrderCancelled:
            return self._cancelled(report, event, request_id)
        if type(event) is OrderAmended:
            return self._amended(report, event, request_id)
        if type(event) is OrderRejected:
            return _rejected(report, event, request_id)
        if type(event) is OrderStatus:
            return self._status(report, event, request_id)
        if type(event) is RequestRejected:
            return messages.RequestRejected(
                id=request_id,
                account=event.account,
                seq=event.report_seq or None,
                order_id=event.order_id or None,
                client_order_id=event.client_order_id or None,
                code=REJECT_CODES[event.code],
                detail=event.detail,
                rule=event.rule or None,
                title=event.title or None,
                rules=event.rules,
            )
        if type(event) is MassCancelled:
            return messages.MassCancelled(
                id=request_id, account=event.account, seq=event.report_seq, orders=event.orders
            )
        if type(event) is StopTriggered:
            return self._triggered(report, event)
        if type(event) is TradeCorrected:
            return self._corrected(report, event)
        if type(event) is MassQuoted:
            return messages.MassQuoted(
                id=request_id,
                account=event.account,
                seq=event.report_seq,
                quote_id=event.quote_id,
                kept=event.kept,
                cancelled=event.cancelled,
                entered=event.entered,
            )
        assert type(event) is FundsMoved, event
        return self._funds(event)

    def _accepted(self, report: Report, event: OrderAccepted, request_id: int | None) -> ExecutionReport:
        format_ = self._formats.instruments[event.instrument]
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
            exec_id=_exec_id(report),
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

    def _trade(self, report: Report, event: Trade, request_id: int | None) -> ExecutionReport:
        format_ = self._formats.instruments[event.instrument]
        if report.as_maker:
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
            exec_id=_exec_id(report),
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

    def _cancelled(self, report: Report, event: OrderCancelled, request_id: int | None) -> ExecutionReport:
        format_ = self._formats.instruments[event.instrument]
        return ExecutionReport(
            id=request_id,
            exec_type="cancelled",
            account=event.account,
            seq=event.report_seq,
            order_id=event.order_id,
            client_order_id=event.client_order_id,
            instrument=event.instrument,
            order_status="cancelled",
            exec_id=_exec_id(report),
            transact_time=report.time_ns,
            side=SIDES[event.side],
            price=format_.price[event.price_ticks] if event.price_ticks else None,
            quantity=format_.quantity[event.filled_lots + event.cancelled_lots],
            filled_quantity=format_.quantity[event.filled_lots],
            leaves_quantity=format_.quantity[0],
            reason=CANCEL_REASONS[event.reason],
            rule=event.rule or None,
            detail=event.detail or None,
        )

    def _amended(self, report: Report, event: OrderAmended, request_id: int | None) -> ExecutionReport:
        format_ = self._formats.instruments[event.instrument]
        return ExecutionReport(
            id=request_id,
            exec_type="amended",
            account=event.account,
            seq=event.report_seq,
            order_id=event.order_id,
            client_order_id=event.client_order_id,
            instrument=event.instrument,
            order_status=_PARTIALLY_FILLED if event.filled_lots else _NEW,
            exec_id=_exec_id(report),
            transact_time=report.time_ns,
            side=SIDES[event.side],
            price=format_.price[event.price_ticks] if event.price_ticks else None,
            quantity=format_.quantity[event.quantity_lots],
            filled_quantity=format_.quantity[event.filled_lots],
            leaves_quantity=format_.quantity[event.leaves_lots],
            kept_priority=event.kept_priority,
        )

    def _triggered(self, report: Report, event: StopTriggered) -> ExecutionReport:
        return ExecutionReport(
            exec_type="triggered",
            account=event.account,
            seq=event.report_seq,
            order_id=event.order_id,
            client_order_id=event.client_order_id,
            instrument=event.instrument,
            order_status=_NEW,
            exec_id=_exec_id(report),
            transact_time=report.time_ns,
            side=SIDES[event.side],
            order_type=ORDER_TYPES[event.order_type],
            price=self._formats.instruments[event.instrument].price[event.price_ticks],
        )

    def _corrected(self, report: Report, event: TradeCorrected) -> messages.TradeCorrected:
        format_ = self._formats.instruments[event.instrument]
        buys = report.as_maker
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

    def _status(self, report: Report, event: OrderStatus, request_id: int | None) -> ExecutionReport:
        message = ExecutionReport(
            id=request_id,
            exec_type="status",
            account=event.account,
            order_id=event.order_id,
            client_order_id=event.client_order_id,
            instrument=event.instrument,
            order_status=ORDER_STATUSES[event.status],
            exec_id=_exec_id(report),
            transact_time=report.time_ns,
            code=REJECT_CODES[event.code] if event.code else None,
            rule=event.rule or None,
        )
        format_ = self._formats.instruments.get(event.instrument)
        # An order that was rejected before its ticks and lots were known has none to show.
        if format_ is not None and event.quantity_lots:
            message.side = SIDES[event.side]
            message.price = format_.price[event.price_ticks] if event.price_ticks else None
            message.quantity = format_.quantity[event.quantity_lots]
            message.filled_quantity = format_.quantity[event.filled_lots]
            message.leaves_quantity = format_.quantity[event.leaves_lots]
        return message

    def _funds(self, event: FundsMoved) -> messages.Funds:
        amount = self._formats.amount
        return messages.Funds(
            account=event.account,
            seq=event.report_seq,
            asset=event.asset,
            amount=amount(event.asset, event.amount),
            available=amount(event.asset, event.available),
            reserved=amount(event.asset, event.reserved),
            reason=event.reason,
        )


def _exec_id(report: Report) -> str:
    """Unique over the venue: the command's sequence number, the event's place, and `m` on the maker's side of a trade."""
    return f"{report.command_seq}-{report.place}m" if report.as_maker else f"{report.command_seq}-{report.place}"


def _rejected(report: Report, event: OrderRejected, request_id: int | None) -> ExecutionReport:
    return ExecutionReport(
        id=request_id,
        exec_type="rejected",
        account=event.account,
        seq=event.report_seq or None,
        order_id=event.order_id,
        client_order_id=event.client_order_id,
        instrument=event.instrument,
        order_status="rejected",
        exec_id=_exec_id(report),
        transact_time=report.time_ns,
        code=REJECT_CODES[event.code],
        detail=event.detail,
        rule=event.rule or None,
        title=event.title or None,
        rules=event.rules,
    )
