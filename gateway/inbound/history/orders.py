"""Answers about orders of the past: those that have ended, all of them, or one."""

from __future__ import annotations

import datetime
from collections import deque
from collections.abc import Generator, Iterable, Mapping
from typing import Final

from engine.book.entities import Instrument
from engine.vocabulary.codes import DUPLICATE_ID
from engine.vocabulary.days import midnight_ns
from engine.vocabulary.limits import LEG_ID
from engine.vocabulary.messages.events import OrderAccepted, OrderRejected
from gateway.inbound.history.corrections import corrections
from gateway.inbound.history.looking import MAX_PAST_ROWS, Looking, NotToBeHad
from gateway.inbound.history.pages import Bounds, page
from gateway.inbound.history.stories import Story, begins, ends, order_of
from gateway.index.keys import CLIENT_ORDER, ENDED, ENTERED, ORDER
from gateway.outbound.private_reports.report import PrivateReport
from gateway.protocol.messages import (
    Error,
    OrderHistory,
    OrderHistoryReply,
    OrderInfo,
    OrderStatus,
    OrderStatusReply,
)

Instruments = Mapping[str, Instrument]
_EPOCH: Final = datetime.date(1970, 1, 1)
_LAST_ROWS: Final = 50
"""Of an order with too many rows: they say how it stands."""
_NO_END: Final = 2**63 - 1


def order_history(
    looking: Looking, query: OrderHistory, instruments: Instruments
) -> Generator[int, None, OrderHistoryReply]:
    """The page of orders that was asked for, each as it stands or ended."""
    kind, is_asked = (ENDED, ends) if query.which == "ended" else (ENTERED, begins)
    instrument = query.instrument

    def takes(report: PrivateReport) -> bool:
        return is_asked(report) and (instrument is None or report.event.instrument == instrument)  # type: ignore[attr-defined]

    found = yield from page(looking, kind, takes, Bounds(query))
    last_rows = {order_of(each): each.command_seq for each in found.reports if ends(each)}
    stories = _in_kept(looking, map(order_of, found.reports))
    listed: list[Story] = []
    for report in found.reports:
        order_id = order_of(report)
        story = yield from _story(looking, order_id, stories[order_id], last_rows.get(order_id, _NO_END))
        listed.append(story)
        if looking.rows_left <= 0 and report is not found.reports[-1]:
            found.end_behind(report)
            break
    orders = yield from _infos(looking, listed, instruments)
    return OrderHistoryReply(
        id=query.id,
        account=query.account,
        seq=looking.seq,
        orders=orders,
        more=found.edge is not None,
        cursor=found.cursor,
        truncated=looking.truncated,
    )


def order_status(
    looking: Looking, query: OrderStatus, instruments: Instruments
) -> Generator[int, None, OrderStatusReply | Error]:
    """The order that was asked for."""
    if query.order_id is None:
        assert query.client_order_id is not None
        order_id = yield from _named(looking, query.client_order_id, query.trading_day)
    else:
        order_id = query.order_id
    if order_id:
        story = yield from _story(looking, order_id, _in_kept(looking, [order_id])[order_id], _NO_END)
        if story.is_known:
            (order,) = yield from _infos(looking, [story], instruments)
            return OrderStatusReply(id=query.id, account=query.account, seq=looking.seq, order=order)
    detail = "the account has had no such order"
    if looking.truncated:
        detail = "it is not kept, and what the journal has of it can't be looked up now"
    return Error(id=query.id, code="unknown", detail=detail)


def day_bounds(trading_day: str | None) -> tuple[int, int]:
    """The first and the last nanosecond of a day in Moscow, or of all time. Raises `ValueError`: there is no such day."""
    if trading_day is None:
        return 0, _NO_END
    day = (datetime.date.fromisoformat(trading_day) - _EPOCH).days
    return max(midnight_ns(day), 0), min(midnight_ns(day + 1) - 1, _NO_END)


def _infos(looking: Looking, stories: list[Story], instruments: Instruments) -> Generator[int, None, list[OrderInfo]]:
    """What is told of some orders, with the corrections of their trades."""
    corrected = yield from corrections(looking, [fill for story in stories for fill in story.ends_of_fills])
    return [story.info(corrected, instruments) for story in stories]


def _in_kept(looking: Looking, order_ids: Iterable[int]) -> dict[int, list[PrivateReport]]:
    """What is kept about some orders, oldest first."""
    found: dict[int, list[PrivateReport]] = {order_id: [] for order_id in order_ids}
    for report in looking.kept:
        about = found.get(order_of(report))
        if about is not None:
            about.append(report)
    return found


def _story(looking: Looking, order_id: int, kept: list[PrivateReport], last_row: int) -> Generator[int, None, Story]:
    """The life of an order, of which some may be kept and what came before is in the journal, no later than in a row."""
    story = Story(order_id, looking.fanout)
    if not looking.is_all_kept and not (kept and begins(kept[0])) and looking.may_read:
        try:
            yield from _read(looking, story, range(order_id % LEG_ID, min(looking.until_row, last_row) + 1))
        except NotToBeHad:
            looking.truncated = True
    for report in kept:
        story.tell(report)
    return story


def _read(looking: Looking, story: Story, rows: range) -> Generator[int, None, None]:
    """Tell an order's story as far as it is in the journal alone."""
    left = MAX_PAST_ROWS
    last: deque[int] = deque(maxlen=_LAST_ROWS)
    for steps, part in looking.walk((ORDER, story.order_id), rows):
        yield steps
        for seq in () if part is None else part[1]:
            if left <= 0:
                story.is_whole = False
                last.append(seq)
                continue
            left -= 1
            yield from _tell_row(looking, story, seq)
        if story.has_ended:
            return
    for seq in last:
        yield from _tell_row(looking, story, seq)


def _tell_row(looking: Looking, story: Story, seq: int) -> Generator[int, None, None]:
    for report in (yield from looking.read(seq)):
        if order_of(report) == story.order_id:
            story.tell(report)


def _named(looking: Looking, client_order_id: str, trading_day: str | None) -> Generator[int, None, int]:
    """The last order of an account that was entered under an id of its own, be it on a certain day; 0: there is none."""
    from_ns, to_ns = day_bounds(trading_day)

    def owns(report: PrivateReport) -> bool:
        """Whether the id stands for the order: not if it was refused because another has it."""
        event = report.event
        return (
            (type(event) is OrderAccepted or (type(event) is OrderRejected and event.code != DUPLICATE_ID))
            and event.client_order_id == client_order_id
            and from_ns <= report.time_ns <= to_ns
        )

    for report in reversed(looking.kept):
        if owns(report):
            return order_of(report)
    is_later = bool(looking.kept) and from_ns > looking.kept[0].time_ns
    if looking.is_all_kept or is_later or not looking.may_read:
        return 0
    try:
        first = (yield from looking.row_at(from_ns - 1)) + 1 if from_ns else 1
        last = (yield from looking.row_at(to_ns)) if to_ns < _NO_END else looking.until_row
        wanted = (CLIENT_ORDER, (looking.account, client_order_id))
        rows = range(first, min(last, looking.until_row) + 1)
        for steps, part in looking.walk(wanted, rows, newest_first=True):
            yield steps
            for seq in () if part is None else reversed(part[1]):
                for report in reversed((yield from looking.read(seq))):
                    if owns(report):
                        return order_of(report)
            if looking.rows_left <= 0:
                looking.truncated = True
                break
    except NotToBeHad:
        looking.truncated = True
    return 0
