"""Answers about fills: each as its execution report told it, and what a supervisor made of its trade since."""

from __future__ import annotations

from collections.abc import Generator

from engine.vocabulary.codes import BUY, SIDES
from engine.vocabulary.messages.events import Trade
from gateway.inbound.history.corrections import Corrections, corrections
from gateway.inbound.history.looking import Looking
from gateway.inbound.history.pages import Bounds, page
from gateway.index.keys import FILL, ORDER
from gateway.outbound.private_reports.report import PrivateReport
from gateway.protocol.messages import Correction, ExecutionReport, Fill, Fills, FillsReply, TradeCorrected


def fills(looking: Looking, query: Fills) -> Generator[int, None, FillsReply]:
    """The page of fills that was asked for."""
    wanted, instrument = query.order_id, query.instrument

    def takes(report: PrivateReport) -> bool:
        event = report.event
        if type(event) is not Trade:
            return False
        if instrument is not None and event.instrument != instrument:
            return False
        return wanted is None or wanted == (event.maker_order_id if report.as_first else event.taker_order_id)

    bounds = Bounds(query)
    if wanted is None:
        found = yield from page(looking, FILL, takes, bounds)
    else:
        found = yield from page(looking, ORDER, takes, bounds, wanted)
    corrected = yield from corrections(looking, found.reports)
    return FillsReply(
        id=query.id,
        account=query.account,
        seq=looking.seq,
        fills=[_fill(looking, report, corrected) for report in found.reports],
        more=found.edge is not None,
        cursor=found.cursor,
        truncated=looking.truncated,
    )


def _fill(looking: Looking, report: PrivateReport, corrected: Corrections) -> Fill:
    """One fill, with the strings of its report."""
    reports = looking.fanout.reports
    told = reports.message(report)
    assert isinstance(told, ExecutionReport)
    assert told.trade_id is not None
    fill = Fill(
        seq=report.seq,
        exec_id=told.exec_id,
        trade_id=told.trade_id,
        order_id=told.order_id,
        client_order_id=told.client_order_id,
        instrument=told.instrument,
        side=told.side or "",
        last_price=told.last_price or "",
        last_quantity=told.last_quantity or "",
        filled_quantity=told.filled_quantity or "",
        leaves_quantity=told.leaves_quantity or "",
        liquidity=told.liquidity or "",
        fee=told.fee or "",
        fee_asset=looking.fanout.formats.instruments[told.instrument].quote,
        transact_time=told.transact_time,
    )
    correction = corrected.get((told.trade_id, told.side == SIDES[BUY]))
    if correction is not None:
        since = reports.message(correction)
        assert isinstance(since, TradeCorrected)
        fill.corrected = Correction(
            seq=correction.seq,
            time=correction.time_ns,
            fee=since.fee,
            reason=since.reason,
            new_price=since.new_price,
        )
    return fill
