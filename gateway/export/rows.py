"""Rows that are made of one thing each: an event, a trade, a candle, a transfer, a balance, a cap."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import msgspec

from engine.vocabulary.codes import PURPOSES, SIDES
from engine.vocabulary.days import moscow_day
from engine.vocabulary.messages.commands import AnyCommand
from engine.vocabulary.messages.events import Event, Transferred
from gateway.candles.candle import Candle
from gateway.export.columns import Row, Value, scaled
from gateway.export.orders import Head
from gateway.reporting.steps.reference import Reference
from gateway.reporting.steps.standing import Standing
from gateway.reporting.sums.settlement import ACCOUNT, SOURCES, Settlement
from gateway.session.tape import Print

_encode: Final = msgspec.json.Encoder().encode
_NOTHING: Final = (0,) * len(SOURCES)


def event_row(head: Head, command: AnyCommand, event: Event) -> Row:
    """A row of `EVENTS`."""
    fields = {name: getattr(event, name) for name in event.__struct_fields__}
    found = fields.get
    return (
        *head,
        type(command).__name__,
        type(event).__name__,
        found("account"),
        found("instrument"),
        found("asset"),
        found("order_id"),
        _encode(fields).decode(),
    )


def transfer_row(head: Head, event: Transferred, reference: Reference) -> Row:
    """A row of `TRANSFERS`."""
    parties: list[Value] = []
    for account in (event.from_account, event.to_account):
        parties += [account, reference.holders[account].investor, reference.class_of(account)]
    return (
        *head,
        event.transfer_id,
        event.client_order_id,
        *parties,
        event.asset,
        scaled(event.amount, reference.formats.scales[event.asset]),
        PURPOSES[event.purpose],
        event.contract_reference,
    )


def trade_row(each: Print, reference: Reference) -> Row:
    """A row of `TRADES`."""
    trade, final_ticks = each.trade, each.final_ticks
    traded = reference.instruments[trade.instrument]
    scale = reference.formats.scales[traded.quote]
    status = None if final_ticks == trade.price_ticks else "corrected" if final_ticks else "busted"
    return (
        each.seq,
        each.event_no,
        each.time_ns,
        each.day,
        trade.trade_id,
        trade.instrument,
        trade.price_ticks * traded.tick_e8,
        trade.quantity_lots * traded.lot_e8,
        scaled(trade.price_ticks * trade.quantity_lots * traded.unit, scale),
        traded.quote,
        SIDES[trade.taker_side],
        trade.maker_order_id,
        trade.maker_account,
        scaled(trade.maker_fee, scale),
        trade.taker_order_id,
        trade.taker_account,
        scaled(trade.taker_fee, scale),
        status,
        final_ticks * traded.tick_e8 or None,
    )


def candle_row(candle: Candle, reference: Reference) -> Row:
    """A row of `CANDLES`."""
    traded = reference.instruments[candle.instrument]
    return (
        candle.start_ns,
        moscow_day(candle.start_ns),
        candle.instrument,
        candle.open * traded.tick_e8,
        candle.high * traded.tick_e8,
        candle.low * traded.tick_e8,
        candle.close * traded.tick_e8,
        candle.volume_lots * traded.lot_e8,
        scaled(candle.tick_lots * traded.unit, reference.formats.scales[traded.quote]),
        candle.trades,
        candle.first_seq,
        candle.last_seq,
    )


def balance_rows(settlement: Settlement, seq: int, event_no: int | None, reference: Reference) -> Iterator[Row]:
    """Rows of `BALANCES` of the last day so far, before another begins."""
    day = settlement.days[-1]
    for key, closing in settlement.holdings.items():
        kind, account, asset = key
        flows = day.flows.get(key)
        if kind != ACCOUNT or not (closing or flows):
            continue
        holder, scale = reference.holders[account], reference.formats.scales[asset]
        amounts = (closing - sum(flows or _NOTHING), *(flows or _NOTHING), closing)
        yield (
            day.day,
            seq,
            event_no,
            holder.participant,
            holder.investor,
            reference.class_of(account),
            account,
            holder.intermediary,
            asset,
            *[scaled(amount, scale) for amount in amounts],
        )


def cap_rows(standing: Standing, seq: int) -> Iterator[Row]:
    """Rows of `CAPS`."""
    cap = standing.cap_kopecks
    for each in standing.usages:
        amounts = (cap, each.used, each.reserved, None if cap is None else max(cap - each.used - each.reserved, 0))
        rub = [None if amount is None else scaled(amount, 2) for amount in amounts]
        yield (seq, standing.year, each.investor, each.investor_class, *rub)
