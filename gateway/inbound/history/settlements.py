"""Answers about what positions in futures brought an account, and what their cover cost it."""

from __future__ import annotations

from collections.abc import Generator, Mapping
from typing import Final

from engine.book.entities import Instrument
from engine.vocabulary.messages.events import (
    CloseOutStarted,
    DefaultDeclared,
    Event,
    LossShared,
    MarginCalled,
    MarginRestored,
    VariationMargin,
)
from gateway.inbound.history.looking import Looking
from gateway.inbound.history.pages import Bounds, page
from gateway.index.keys import SETTLED
from gateway.outbound.private_reports.report import MarginReport, PrivateReport
from gateway.protocol import messages as m

Instruments = Mapping[str, Instrument]
_MARGIN: Final = "variation_margin"
_FINAL: Final = "final_settlement"
_KINDS: Final[dict[type[Event], str]] = {
    VariationMargin: _MARGIN,
    MarginCalled: "margin_call",
    MarginRestored: "margin_restored",
    CloseOutStarted: "close_out",
    DefaultDeclared: "default",
    LossShared: "loss_shared",
}


def settlements(
    looking: Looking, query: m.Settlements, instruments: Instruments
) -> Generator[int, None, m.SettlementsReply]:
    """The page of settlements that was asked for."""

    def takes(report: PrivateReport) -> bool:
        kind = _kind_of(report, instruments)
        if not kind or (query.kinds and kind not in query.kinds):
            return False
        return query.instrument is None or getattr(report.event, "instrument", None) == query.instrument

    found = yield from page(looking, SETTLED, takes, Bounds(query))
    return m.SettlementsReply(
        id=query.id,
        account=query.account,
        seq=looking.seq,
        settlements=[_settlement(looking, report, _kind_of(report, instruments)) for report in found.reports],
        more=found.edge is not None,
        cursor=found.cursor,
        truncated=looking.truncated,
    )


def _kind_of(report: PrivateReport, instruments: Instruments) -> str:
    """What a report is of a settlement; empty: none."""
    event = report.event
    kind = _KINDS.get(type(event), "")
    if type(event) is VariationMargin:
        is_final = report.is_final if isinstance(report, MarginReport) else None
        if is_final is None:
            # The mark at its expiry is the last one. What a venue that slept catches up on bears a later time, earlier marks too.
            future = instruments[event.instrument].future
            is_final = future is not None and report.time_ns >= future.expiry_ns
        return _FINAL if is_final else kind
    return kind


def _settlement(looking: Looking, report: PrivateReport, kind: str) -> m.Settlement:
    """One settlement, with the strings of its report."""
    told = looking.fanout.reports.message(report)
    found = m.Settlement(kind=kind, seq=report.seq, time=report.time_ns)
    if isinstance(told, m.VariationMargin):
        found.instrument, found.asset, found.position = told.instrument, told.asset, told.position
        found.price, found.amount = told.price, told.amount
        found.available, found.reserved = told.available, told.reserved
    elif isinstance(told, m.MarginCall):
        found.asset, found.amount, found.until = told.asset, told.missing, told.until
    elif isinstance(told, m.MarginRestored):
        found.asset = told.asset
    elif isinstance(told, m.CloseOut):
        found.instrument, found.position, found.reason = told.instrument, told.position, told.reason or None
    elif isinstance(told, m.Default):
        found.instrument, found.asset, found.amount = told.instrument, told.asset, told.shortfall
    elif isinstance(told, m.LossShared):
        found.instrument, found.asset, found.amount = told.instrument, told.asset, told.amount
    return found
