"""What became of trades afterwards: a supervisor may undo one or give it another price, until its trading day ends."""

from __future__ import annotations

from collections.abc import Generator, Iterable
from typing import Final

from engine.vocabulary.days import midnight_ns, moscow_day
from engine.vocabulary.messages.events import Trade, TradeCorrected
from gateway.inbound.history.looking import Looking, NotToBeHad
from gateway.index.keys import CORRECTED
from gateway.outbound.private_reports.report import PrivateReport

Corrections = dict[tuple[int, bool], PrivateReport]
"""The last correction of each trade that has one, by its number and whether it is the buyer's."""
_NONE: Final[Corrections] = {}


def corrections(looking: Looking, trades: Iterable[PrivateReport]) -> Generator[int, None, Corrections]:
    """The corrections of some of the account's trades; those of more trades may be among them.

    Each was a supervisor's command, so that those of a day are few.
    """
    fills = [each for each in trades if type(each.event) is Trade]
    if not fills:
        return _NONE
    first, last = min(fills, key=_number), max(fills, key=_number)
    found: Corrections = {}
    if first.seq < looking.first_kept and looking.may_read:
        try:
            ended = yield from looking.row_at(midnight_ns(moscow_day(last.time_ns) + 1))
            rows = range(first.command_seq, min(ended, looking.until_row) + 1)
            for steps, part in looking.walk((CORRECTED, looking.account), rows):
                yield steps
                for seq in () if part is None else part[1]:
                    for report in (yield from looking.read(seq)):
                        _note(found, report)
        except NotToBeHad:
            looking.truncated = True
    for report in looking.kept:
        _note(found, report)
    return found


def _number(report: PrivateReport) -> int:
    return report.seq


def _note(found: Corrections, report: PrivateReport) -> None:
    event = report.event
    if type(event) is TradeCorrected:
        found[event.trade_id, report.as_first] = report
