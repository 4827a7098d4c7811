"""The reports that come most often as whole WebSocket frames of JSON: written in C where that was compiled, else by `direct`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from engine.vocabulary.codes import ORDER_TYPES, TIMES_IN_FORCE
from engine.vocabulary.messages.events import Event, OrderAccepted, OrderCancelled, Trade
from gateway.outbound.private_reports import direct
from gateway.outbound.private_reports.report import PrivateReport
from gateway.protocol.formats import Formats, quoted
from gateway.protocol.wire import Codec

WRITTEN: Final[dict[type[Event], Callable[..., Any]]] = {}
"""What writes the report of an event in C."""
try:
    from gateway.outbound.private_reports import written
except ImportError:
    # There was no compiler, or the build is one for development.
    pass
else:
    written.prepare(
        (OrderAccepted, Trade, OrderCancelled),
        (direct.ACCEPTED_HEADS, direct.TRADE_HEADS, direct.CANCELLED_HEADS),
        (tuple(direct.TERMS), tuple(direct.SIDED), tuple(direct.REASONS), direct.STATUSES, direct.NO_WORDS, quoted),
        len(ORDER_TYPES),
        len(TIMES_IN_FORCE),
    )
    WRITTEN.update({OrderAccepted: written.accepted, Trade: written.trade, OrderCancelled: written.cancelled})


def json_frame(codec: Codec, formats: Formats, report: PrivateReport, request_id: int | None) -> bytes | None:
    """The frame of a report, which says nothing in words; None: it is to be made from its message.

    Args:
        codec: that of JSON.
        formats: of the venue.
        report: whose frame.
        request_id: of the request that it answers, if any.
    """
    kind = type(report.event)
    write = WRITTEN.get(kind)
    if write is not None:
        frame: bytes | None = write(
            report.event, formats.pieces, report.command_seq, report.place, report.as_first, report.time_ns, request_id
        )
        return frame
    say = direct.DIRECT.get(kind)
    text = "" if say is None else say(formats, report, request_id)
    return codec.framed(text.encode()) if text else None
