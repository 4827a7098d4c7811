"""Order records: one for each thing that happened to an order, with all the fields of an order-keeping duty.

After Commission Delegated Regulation (EU) 2017/580 (RTS 24): who, for whom, what, when, and in which place of the sequence.
An order is kept here from its entry to its end only, so that memory follows the open orders and not the length of a session.
"""

from __future__ import annotations

import copy
from typing import Final

import msgspec

from compliance.registry.calendar import iso_date
from engine.vocabulary.codes import (
    BUY,
    CANCEL_REASONS,
    EXPIRED,
    ORDER_TYPES,
    PEGS,
    POST_ONLY_MODES,
    REJECT_CODES,
    SELF_TRADE_MODES,
    SELL,
    SIDES,
    TIMES_IN_FORCE,
)
from engine.vocabulary.messages.commands import AmendOrder, NewOrder
from engine.vocabulary.messages.events import (
    Event,
    OrderAccepted,
    OrderAmended,
    OrderCancelled,
    OrderRejected,
    RequestRejected,
    StopTriggered,
    Trade,
    TradeCorrected,
)
from gateway.reporting.steps.asked import asked_for, request_of
from gateway.reporting.steps.reference import Reference
from gateway.reporting.steps.source import Step
from gateway.reporting.tables.times import UtcTimes
from gateway.words.words import words_of

NEW: Final = "new"
REJECTED: Final = "rejected"
REQUEST_REJECTED: Final = "request_rejected"
CANCELLED: Final = "cancelled"
ORDER_EXPIRED: Final = "expired"
FILLS: Final = ("partially_filled", "filled")


class OrderRecord(msgspec.Struct, gc=False):
    """One row. Text that is empty, and a number that is None, does not apply or is not known."""

    seq: int = 0
    event_no: int = 0
    time_ns: int = 0
    time_utc: str = ""
    trading_day: str = ""
    venue: str = ""
    participant: str = ""
    investor: str = ""
    investor_class: str = ""
    account: str = ""
    intermediary: str = ""
    order_id: int | None = None
    client_order_id: str = ""
    instrument: str = ""
    side: str = ""
    order_type: str = ""
    time_in_force: str = ""
    expires_utc: str = ""
    post_only: str = ""
    reduce_only: str = ""
    self_trade: str = ""
    limit_price: str = ""
    stop_price: str = ""
    trail: str = ""
    peg: str = ""
    quantity: str = ""
    display_quantity: str = ""
    min_quantity: str = ""
    funds: str = ""
    event: str = ""
    filled_quantity: str = ""
    leaves_quantity: str = ""
    last_price: str = ""
    last_quantity: str = ""
    liquidity: str = ""
    trade_id: int | None = None
    fee: str = ""
    fee_asset: str = ""
    reason: str = ""
    code: str = ""
    rule: str = ""
    rules: str = ""
    detail: str = ""
    report_seq: int | None = None


COLUMNS: Final[tuple[str, ...]] = OrderRecord.__struct_fields__


class OrderRecords:
    """Makes the records of a recorded session, event by event, from its first command on."""

    def __init__(self, reference: Reference) -> None:
        self._reference: Final = reference
        self._open: Final[dict[int, OrderRecord]] = {}
        """The latest record of every open order, by order id."""
        self._utc: Final = UtcTimes()
        self._day: int = -1
        self._date: str = ""
        """Of `_day`."""

    @property
    def open_orders(self) -> int:
        """How many orders are open."""
        return len(self._open)

    def latest(self, order_id: int) -> OrderRecord:
        """The latest record of an open order.

        Raises:
            KeyError: it isn't open.
        """
        return self._open[order_id]

    def follow(self, step: Step, place: int, event: Event, day: int) -> list[OrderRecord]:
        """The records of one event: two of a trade or correction, none of what is no order's.

        Args:
            step: of the event.
            place: of the event in it.
            event: not yet followed, and all before it are.
            day: the Moscow day in which it happened, from 1970-01-01.
        """
        kind = type(event)
        if kind is Trade:
            assert isinstance(event, Trade)
            found = self._trade(event)
        elif kind is OrderAccepted:
            assert isinstance(event, OrderAccepted)
            found = [self._accepted(step, place, event)]
        elif kind is OrderCancelled:
            assert isinstance(event, OrderCancelled)
            found = [self._cancelled(event)]
        elif kind is OrderAmended:
            assert isinstance(event, OrderAmended)
            found = [self._amended(step, place, event)]
        elif kind is OrderRejected:
            assert isinstance(event, OrderRejected)
            found = [self._rejected(step, event)]
        elif kind is RequestRejected:
            assert isinstance(event, RequestRejected)
            found = [self._request_rejected(step, event)]
        elif kind is StopTriggered:
            assert isinstance(event, StopTriggered)
            found = [self._triggered(event)]
        elif kind is TradeCorrected:
            assert isinstance(event, TradeCorrected)
            found = self._corrected(event)
        else:
            return []
        if day != self._day:
            self._day, self._date = day, iso_date(day)
        for record in found:
            record.seq = step.seq
            record.event_no = place
            record.time_ns = step.time_ns
            record.time_utc = self._utc(step.time_ns)
            record.trading_day = self._date
            record.venue = self._reference.venue
        return found

    # ── an order's life ────────────────────────────────────────────────────────────────────────────────────────────

    def _accepted(self, step: Step, place: int, event: OrderAccepted) -> OrderRecord:
        record = OrderRecord()
        self._name(record, event.account)
        asked = asked_for(step.command, event.client_order_id) if place >= step.due_events else None
        if asked is not None:
            self._describe(record, asked)
        format_ = self._reference.formats.instruments[event.instrument]
        record.event = NEW
        record.order_id = event.order_id
        record.client_order_id = event.client_order_id
        record.instrument = event.instrument
        record.side = SIDES[event.side]
        record.order_type = ORDER_TYPES[event.order_type]
        record.time_in_force = TIMES_IN_FORCE[event.time_in_force]
        record.limit_price = format_.price[event.price_ticks] if event.price_ticks else ""
        record.stop_price = format_.price[event.stop_ticks] if event.stop_ticks else ""
        record.quantity = format_.quantity[event.quantity_lots] if event.quantity_lots else ""
        record.filled_quantity = format_.quantity[0]
        record.leaves_quantity = record.quantity
        record.report_seq = event.report_seq
        self._open[event.order_id] = record
        return record

    def _next(self, order_id: int, account: str, event: str, report_seq: int) -> OrderRecord:
        """The next record of an open order, as it was so far; it stands for the order from now on."""
        record = copy.copy(self._open[order_id])
        self._open[order_id] = record
        record.event = event
        record.report_seq = report_seq
        record.investor_class = self._reference.class_of(account)
        record.last_price = record.last_quantity = record.liquidity = record.fee = record.fee_asset = ""
        record.trade_id = None
        return record

    def _trade(self, event: Trade) -> list[OrderRecord]:
        format_ = self._reference.formats.instruments[event.instrument]
        price, quantity = format_.price[event.price_ticks], format_.quantity[event.quantity_lots]
        quote = self._reference.instruments[event.instrument].quote
        found = []
        for order_id, account, report_seq, filled, leaves, fee, liquidity in (
            (
                event.maker_order_id,
                event.maker_account,
                event.maker_report_seq,
                event.maker_filled_lots,
                event.maker_leaves_lots,
                event.maker_fee,
                "maker",
            ),
            (
                event.taker_order_id,
                event.taker_account,
                event.taker_report_seq,
                event.taker_filled_lots,
                event.taker_leaves_lots,
                event.taker_fee,
                "taker",
            ),
        ):
            record = self._next(order_id, account, FILLS[leaves == 0], report_seq)
            record.filled_quantity = format_.quantity[filled]
            record.leaves_quantity = format_.quantity[leaves]
            record.last_price = price
            record.last_quantity = quantity
            record.liquidity = liquidity
            record.trade_id = event.trade_id
            record.fee = format_.money[fee]
            record.fee_asset = quote
            if not leaves:
                del self._open[order_id]
            found.append(record)
        return found

    def _cancelled(self, event: OrderCancelled) -> OrderRecord:
        name = ORDER_EXPIRED if event.reason == EXPIRED else CANCELLED
        record = self._next(event.order_id, event.account, name, event.report_seq)
        del self._open[event.order_id]
        format_ = self._reference.formats.instruments[event.instrument]
        record.filled_quantity = format_.quantity[event.filled_lots]
        record.leaves_quantity = format_.quantity[0]
        record.reason = CANCEL_REASONS[event.reason]
        record.rule = event.rule
        record.detail = words_of(event)
        return record

    def _amended(self, step: Step, place: int, event: OrderAmended) -> OrderRecord:
        record = self._next(event.order_id, event.account, "amended", event.report_seq)
        format_ = self._reference.formats.instruments[event.instrument]
        record.limit_price = format_.price[event.price_ticks] if event.price_ticks else ""
        record.quantity = format_.quantity[event.quantity_lots]
        record.filled_quantity = format_.quantity[event.filled_lots]
        record.leaves_quantity = format_.quantity[event.leaves_lots]
        command = step.command
        # The event names neither: they are what the request said.
        if type(command) is AmendOrder and place >= step.due_events and _names(command, record):
            record.stop_price = self._reference.price(event.instrument, command.stop_price_e8) or record.stop_price
            shown = self._reference.quantity(event.instrument, command.display_e8)
            record.display_quantity = shown or record.display_quantity
        return record

    def _triggered(self, event: StopTriggered) -> OrderRecord:
        record = self._next(event.order_id, event.account, "triggered", event.report_seq)
        record.order_type = ORDER_TYPES[event.order_type]
        record.limit_price = self._reference.formats.instruments[event.instrument].price[event.price_ticks]
        return record

    # ── what did not become, or no longer is, an open order ────────────────────────────────────────────────────────

    def _rejected(self, step: Step, event: OrderRejected) -> OrderRecord:
        record = OrderRecord()
        asked = asked_for(step.command, event.client_order_id)
        if asked is not None:
            record.participant = asked.participant
            self._describe(record, asked)
        self._name(record, event.account, event.report_seq == 0)
        record.event = REJECTED
        record.order_id = event.order_id
        record.client_order_id = event.client_order_id
        record.instrument = event.instrument
        _refuse(record, event)
        return record

    def _request_rejected(self, step: Step, event: RequestRejected) -> OrderRecord:
        record = OrderRecord()
        known = self._open.get(event.order_id)
        if known is not None:
            record = copy.copy(known)
            record.last_price = record.last_quantity = record.liquidity = record.fee = record.fee_asset = ""
            record.trade_id = None
        command = step.command
        record.participant = getattr(command, "participant", "")
        record.instrument = record.instrument or getattr(command, "instrument", "")
        self._name(record, event.account, event.report_seq == 0)
        record.event = REQUEST_REJECTED
        record.order_id = event.order_id or None
        record.client_order_id = event.client_order_id
        record.reason = request_of(command)
        _refuse(record, event)
        return record

    def _corrected(self, event: TradeCorrected) -> list[OrderRecord]:
        format_ = self._reference.formats.instruments[event.instrument]
        found = []
        for order_id, account, report_seq, fee, side in (
            (event.buy_order_id, event.buy_account, event.buy_report_seq, event.buy_fee, BUY),
            (event.sell_order_id, event.sell_account, event.sell_report_seq, event.sell_fee, SELL),
        ):
            known = self._open.get(order_id)
            record = OrderRecord() if known is None else copy.copy(known)
            self._name(record, account)
            record.event = "trade_repriced" if event.new_price_ticks else "trade_busted"
            record.order_id = order_id
            record.instrument = event.instrument
            record.side = SIDES[side]
            record.last_price = format_.price[event.new_price_ticks or event.price_ticks]
            record.last_quantity = format_.quantity[event.quantity_lots]
            record.liquidity = ""
            record.trade_id = event.trade_id
            record.fee = format_.money[fee]
            record.fee_asset = self._reference.instruments[event.instrument].quote
            record.reason = event.reason
            record.report_seq = report_seq
            found.append(record)
        return found

    # ── fields ─────────────────────────────────────────────────────────────────────────────────────────────────────

    def _name(self, record: OrderRecord, account: str, is_stranger: bool = False) -> None:
        """Say whose order it is; of a stranger's request only which account it named."""
        record.account = account
        holder = None if is_stranger else self._reference.holders.get(account)
        if holder is not None:
            record.participant = holder.participant
            record.investor = holder.investor
            record.intermediary = holder.intermediary
            record.investor_class = self._reference.class_of(account)

    def _describe(self, record: OrderRecord, asked: NewOrder) -> None:
        """Take over what was asked for."""
        reference, instrument = self._reference, asked.instrument
        record.side = _word(SIDES, asked.side)
        record.order_type = _word(ORDER_TYPES, asked.order_type)
        record.time_in_force = _word(TIMES_IN_FORCE, asked.time_in_force)
        record.expires_utc = self._utc(asked.expire_ns) if asked.expire_ns > 0 else ""
        record.post_only = _word(POST_ONLY_MODES, asked.post_only) if asked.post_only else ""
        record.reduce_only = "yes" if asked.reduce_only else ""
        record.self_trade = _word(SELF_TRADE_MODES, asked.self_trade)
        record.limit_price = reference.price(instrument, asked.price_e8)
        record.stop_price = reference.price(instrument, asked.stop_price_e8)
        record.trail = f"{asked.trail_bps} bps" if asked.trail_bps else reference.price(instrument, asked.trail_e8)
        if asked.peg >= 0:
            offset = reference.price(instrument, asked.peg_offset_e8)
            record.peg = f"{_word(PEGS, asked.peg)} {offset}".rstrip()
        record.quantity = reference.quantity(instrument, asked.quantity_e8)
        record.display_quantity = reference.quantity(instrument, asked.display_e8)
        record.min_quantity = reference.quantity(instrument, asked.min_quantity_e8)
        traded = reference.instruments.get(instrument)
        if asked.funds and traded is not None:
            record.funds = reference.formats.amount(traded.quote, asked.funds)


def _refuse(record: OrderRecord, event: OrderRejected | RequestRejected) -> None:
    """Say why."""
    record.code = REJECT_CODES[event.code]
    record.rule = event.rule
    record.rules = " ".join(event.rules)
    record.detail = words_of(event)
    record.report_seq = event.report_seq or None


def _names(command: AmendOrder, record: OrderRecord) -> bool:
    """Whether a request is about this order."""
    if command.order_id:
        return command.order_id == record.order_id
    return command.account == record.account and command.client_order_id == record.client_order_id


def _word(names: tuple[str, ...], code: int) -> str:
    """The name of a code; of one that is none, as a reject may have, the number. -1 says nothing."""
    return names[code] if 0 <= code < len(names) else "" if code == -1 else str(code)
