"""The lives of orders, a row each, and the verdicts on those that were refused."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final

import msgspec

from engine.vocabulary.codes import REJECT_CODES
from engine.vocabulary.messages.commands import AnyCommand
from engine.vocabulary.messages.events import CommandRejected, Event, OrderRejected, RequestRejected, Trade
from gateway.export.columns import Row, parsed, scaled
from gateway.reporting.steps.reference import Reference
from gateway.reporting.sums.records import (
    CANCELLED,
    FILLS,
    NEW,
    ORDER_EXPIRED,
    REJECTED,
    OrderRecord,
    OrderRecords,
)
from gateway.words.words import words_of

OPEN: Final = "open"
_, FILLED = FILLS

Head = tuple[int, int, int, int]
"""What most rows begin with: sequence number, place of the event, time, Moscow day."""


class _Life:
    """What an order's records do not say once it has gone on."""

    __slots__ = ("amends", "fees", "fills", "head", "investor_class", "lots", "tick_lots")

    def __init__(self, head: Head, investor_class: str) -> None:
        self.head: Final = head
        """Of its first event."""
        self.investor_class: Final = investor_class
        self.amends = self.fills = self.lots = self.tick_lots = self.fees = 0
        """Fees in minor units of the quote asset."""


class OrderRows:
    """Rows of `ORDERS`. Memory follows the open orders."""

    def __init__(self, reference: Reference, records: OrderRecords) -> None:
        self._reference: Final = reference
        self._records: Final = records
        self._open: Final[dict[int, _Life]] = {}

    def follow(self, head: Head, event: Event, records: Iterable[OrderRecord]) -> Iterator[Row]:
        """Take in an event with its records; yields the orders that ended with it."""
        for record in records:
            happened, order_id = record.event, record.order_id or 0
            if happened == REJECTED:
                yield self._row(record, _Life(head, record.investor_class), head, happened, record.code)
                continue
            if happened == NEW:
                self._open[order_id] = _Life(head, record.investor_class)
                continue
            life = self._open.get(order_id)
            if life is None:
                # A correction of one that has ended, or a request about none.
                continue
            if happened in FILLS:
                assert type(event) is Trade
                is_maker = event.maker_order_id == order_id
                life.fills += 1
                life.lots += event.quantity_lots
                life.tick_lots += event.quantity_lots * event.price_ticks
                life.fees += event.maker_fee if is_maker else event.taker_fee
            life.amends += happened == "amended"
            if happened in (FILLED, CANCELLED, ORDER_EXPIRED):
                del self._open[order_id]
                yield self._row(record, life, head, happened, record.reason)

    def finish(self) -> Iterator[Row]:
        """Those that are open."""
        for order_id, life in self._open.items():
            record = self._records.latest(order_id)
            yield self._row(record, life, None, OPEN, "")

    def _row(self, record: OrderRecord, life: _Life, ended: Head | None, end: str, reason: str) -> Row:
        traded = self._reference.instruments.get(record.instrument)
        filled = average = fees = amount = None
        if traded is not None:
            scale = self._reference.formats.scales[traded.quote]
            filled = life.lots * traded.lot_e8
            amount = scaled(life.tick_lots * traded.unit, scale)
            fees = scaled(life.fees, scale)
            if life.lots:
                average = (2 * life.tick_lots * traded.tick_e8 + life.lots) // (2 * life.lots)
        return (
            record.order_id,
            life.head[0],
            life.head[1],
            record.seq,
            life.head[2],
            None if ended is None else ended[2],
            life.head[3],
            record.participant,
            record.investor,
            life.investor_class,
            record.account,
            record.intermediary,
            record.client_order_id,
            record.instrument,
            record.side,
            record.order_type,
            record.time_in_force,
            record.post_only,
            bool(record.reduce_only),
            record.self_trade,
            parsed(record.limit_price),
            parsed(record.stop_price),
            parsed(record.quantity),
            parsed(record.display_quantity),
            parsed(record.funds),
            filled,
            amount,
            average,
            fees,
            None if traded is None else traded.quote,
            life.fills,
            life.amends,
            end,
            reason,
            record.rule,
            record.detail,
        )


class VerdictRows:
    """Rows of `VERDICTS`."""

    _encode: Final = msgspec.json.Encoder().encode

    def __init__(self, reference: Reference) -> None:
        self._reference: Final = reference

    def refused(
        self, head: Head, event: OrderRejected | RequestRejected, records: Iterable[OrderRecord]
    ) -> Iterator[Row]:
        """The rules that failed for a participant's request."""
        for record in records:
            request = (
                record.reason or "order",
                record.order_id,
                record.client_order_id,
                record.participant,
                record.investor,
                record.investor_class,
                record.account,
                record.intermediary,
                record.instrument,
                record.side,
                parsed(record.limit_price),
                parsed(record.quantity),
                record.code,
            )
            for rule in dict.fromkeys((event.rule, *event.rules)):
                title = (event.rule == rule and event.title) or self._reference.rules.of(rule)
                yield (*head, *request, rule, title, *self._reason(event, rule == event.rule))

    def command_refused(self, head: Head, command: AnyCommand, event: CommandRejected) -> Row:
        """A command of an operator or supervisor that did nothing."""
        request = (type(command).__name__, None, None, getattr(command, "by", None), *[None] * 8)
        return (*head, *request, REJECT_CODES[event.code], None, None, *self._reason(event, True))

    def _reason(self, event: OrderRejected | RequestRejected | CommandRejected, is_decisive: bool) -> Row:
        if not is_decisive:
            return (False, None, None, None)
        values = VerdictRows._encode(event.values).decode() if event.template else None
        return (True, words_of(event), event.template, values)
