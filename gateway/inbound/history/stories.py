"""The life of an order, put together from its reports."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from engine.book.entities import Instrument
from engine.vocabulary.codes import BUY, ORDER_STATUSES, REJECTED, SIDES
from engine.vocabulary.decimals import decimal_e8
from engine.vocabulary.messages.events import (
    OrderAccepted,
    OrderAmended,
    OrderCancelled,
    OrderRejected,
    StopTriggered,
    Trade,
    TradeCorrected,
)
from gateway.inbound.history.corrections import Corrections
from gateway.outbound.fanout import Fanout
from gateway.outbound.private_reports.report import PrivateReport
from gateway.protocol.messages import ExecutionReport, OrderInfo

_REJECTED: Final = ORDER_STATUSES[REJECTED]
_TERMS: Final = (
    "order_status",
    "side",
    "price",
    "stop_price",
    "quantity",
    "filled_quantity",
    "leaves_quantity",
    "reason",
    "code",
    "rule",
)
"""What the latest report that says it is right about."""


def order_of(report: PrivateReport) -> int:
    """The id of the order that a report is about; 0: it is about none."""
    event = report.event
    if isinstance(event, OrderAccepted | OrderCancelled | OrderRejected | OrderAmended | StopTriggered):
        return event.order_id
    if type(event) is Trade:
        return event.maker_order_id if report.as_first else event.taker_order_id
    return 0


def begins(report: PrivateReport) -> bool:
    """Whether an order begins with a report."""
    return type(report.event) in (OrderAccepted, OrderRejected)


def ends(report: PrivateReport) -> bool:
    """Whether an order ends with a report."""
    event = report.event
    if type(event) is Trade:
        return not (event.maker_leaves_lots if report.as_first else event.taker_leaves_lots)
    return type(event) in (OrderCancelled, OrderRejected)


class Story:
    """What is known of one order. Its reports are told in order; of too many, the first and the last ones."""

    def __init__(self, order_id: int, fanout: Fanout) -> None:
        self.order_id: Final = order_id
        self.has_begun = False
        """Whether its first report was told."""
        self.has_ended = False
        self.is_whole = True
        """Whether every report of it was told, so that its fills can be summed up."""
        self.ends_of_fills: Final[list[PrivateReport]] = []
        """The first fill, and the last one."""
        self._fills: Final[dict[int, tuple[int, int, int]]] = {}
        """Price in ticks, lots and fee of each trade."""
        self._fanout: Final = fanout
        self._info: OrderInfo | None = None

    @property
    def is_known(self) -> bool:
        """Whether anything of it was told."""
        return self._info is not None

    def tell(self, report: PrivateReport) -> None:
        """Take in the next report of the order."""
        told = self._fanout.reports.message(report)
        assert isinstance(told, ExecutionReport)
        info = self._info
        if info is None:
            info = self._info = OrderInfo(
                order_id=self.order_id,
                client_order_id=told.client_order_id,
                instrument=told.instrument,
                order_status=told.order_status,
                seq=report.seq,
                updated=report.time_ns,
            )
        event = report.event
        if begins(report):
            self.has_begun = True
            info.entered = report.time_ns
            info.order_type, info.time_in_force = told.order_type, told.time_in_force
        elif type(event) is StopTriggered:
            info.triggered = True
        elif type(event) is Trade:
            fee = event.maker_fee if report.as_first else event.taker_fee
            self._fills[event.trade_id] = (event.price_ticks, event.quantity_lots, fee)
            self.ends_of_fills[1:] = [report]
        for name in _TERMS:
            value = getattr(told, name)
            if value is not None:
                setattr(info, name, value)
        info.seq, info.updated = report.seq, report.time_ns
        self.has_ended = self.has_ended or ends(report)

    def info(self, corrected: Corrections, instruments: Mapping[str, Instrument]) -> OrderInfo:
        """What is told of it, with the corrections of its trades; something must have been told of it."""
        info = self._info
        assert info is not None
        instrument = instruments.get(info.instrument)
        if instrument is None or not (self.is_whole and self.has_begun) or info.order_status == _REJECTED:
            return info
        lots = tick_lots = fees = 0
        for trade_id, fill in self._fills.items():
            ticks, filled, fee = _standing(fill, corrected.get((trade_id, info.side == SIDES[BUY])))
            lots += filled
            tick_lots += ticks * filled
            fees += fee
        format_ = self._fanout.formats.instruments[info.instrument]
        info.fills = len(self._fills)
        info.filled_value = format_.money[tick_lots * instrument.unit]
        info.fee, info.fee_asset = format_.money[fees], format_.quote
        if lots:
            info.average_price = decimal_e8((2 * tick_lots * instrument.tick_e8 + lots) // (2 * lots))
        return info


def _standing(fill: tuple[int, int, int], correction: PrivateReport | None) -> tuple[int, int, int]:
    """Price in ticks, lots and fee of a trade now that it was corrected, if it was; no lots if it was undone."""
    if correction is None:
        return fill
    event = correction.event
    assert type(event) is TradeCorrected
    fee = event.buy_fee if correction.as_first else event.sell_fee
    return event.new_price_ticks, fill[1] if event.new_price_ticks else 0, fee
