"""Private reports: events as messages to the accounts they concern, and the recent ones kept for clients that reconnect."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from engine.vocabulary.messages.events import (
    AccountOpened,
    AssetIssued,
    CloseOutStarted,
    DeadManSet,
    DefaultDeclared,
    Event,
    FundsMoved,
    FutureMarked,
    HoldingArrested,
    HoldingFrozen,
    LossShared,
    MarginCalled,
    MarginRestored,
    MassCancelled,
    MassQuoted,
    MovementEnded,
    MovementHeld,
    OrderAccepted,
    OrderAmended,
    OrderCancelled,
    OrderRejected,
    OrderStatus,
    RequestRejected,
    StopTriggered,
    Trade,
    TradeCorrected,
    Transferred,
    TransferStatus,
    VariationMargin,
)
from gateway.outbound.private_reports import holdings, orders
from gateway.outbound.private_reports.frames import json_frame
from gateway.outbound.private_reports.recent import RecentReports
from gateway.outbound.private_reports.report import MarginReport, PrivateReport
from gateway.outbound.private_reports.spoken import spoken
from gateway.protocol.formats import Formats
from gateway.protocol.messages import Message
from gateway.protocol.wire import Codec
from gateway.words.language import ENGLISH, RUSSIAN_CODE, Language, language
from gateway.words.titles import RuleTitles

STATUSES: Final = (OrderStatus, TransferStatus)
"""Answers to resent requests: they have no number, and nobody but the sender gets them."""

_Message = Callable[[Formats, PrivateReport, Any, int | None], Message]
_MESSAGES: Final[dict[type[Event], _Message]] = {
    OrderAccepted: orders.accepted,
    Trade: orders.trade,
    OrderCancelled: orders.cancelled,
    OrderAmended: orders.amended,
    OrderRejected: orders.rejected,
    OrderStatus: orders.status,
    StopTriggered: orders.triggered,
    RequestRejected: orders.request_rejected,
    MassCancelled: orders.mass_cancelled,
    DeadManSet: orders.dead_man,
    MassQuoted: orders.mass_quoted,
    TradeCorrected: orders.corrected,
    FundsMoved: holdings.funds,
    VariationMargin: holdings.variation_margin,
    MarginCalled: holdings.margin_call,
    MarginRestored: holdings.margin_restored,
    CloseOutStarted: holdings.close_out,
    DefaultDeclared: holdings.default,
    LossShared: holdings.loss_shared,
    Transferred: holdings.transferred,
    TransferStatus: holdings.transfer_status,
    MovementHeld: holdings.movement_held,
    MovementEnded: holdings.movement_ended,
    HoldingFrozen: holdings.holding_frozen,
    HoldingArrested: holdings.holding_arrested,
    AssetIssued: holdings.asset_issued,
}
_ONE: Final = 0
_REFUSED: Final = 1
_SIDES: Final = 2
_OPENED: Final = 3
_MARKED: Final = 4
_MARGIN: Final = 5
_CONCERNS: Final[dict[type[Event], int]] = {
    **{kind: _ONE if "report_seq" in kind.__struct_fields__ else _SIDES for kind in _MESSAGES},
    OrderRejected: _REFUSED,
    RequestRejected: _REFUSED,
    MovementHeld: _REFUSED,
    AccountOpened: _OPENED,
    FutureMarked: _MARKED,
    VariationMargin: _MARGIN,
}
"""Whom an event concerns: one account, which may be refused something, or have it wait, by a rule among others; one or two as `_sides` says; a new one.
A mark concerns no account by itself, but the variation margin that follows it."""


class PrivateReports:
    """All accounts' reports, from events only; `titles` are those of the rules in force."""

    def __init__(self, formats: Formats, titles: RuleTitles) -> None:
        self._formats: Final = formats
        self._titles: Final = titles
        self._russian: Final = language(RUSSIAN_CODE)
        """Read here: whoever only imports this need not wait for it."""
        self._recent: Final = RecentReports()
        self.accounts: Final[dict[str, list[str]]] = {}
        """The accounts of each participant, in order of opening."""
        self.owners: Final[dict[str, str]] = {}
        """The participant who operates each account."""
        self.investors: Final[dict[str, str]] = {}
        """The investor who owns each account."""
        self.corrections = 0
        """How many trades were corrected: who has added them up must do so again."""

    def follow(self, command_seq: int, time_ns: int, events: list[Event]) -> list[PrivateReport]:
        """Take note of the events of a command and return the reports they are, in order. They are kept, too."""
        return self._make(command_seq, time_ns, events, "", self._recent)

    def once(self, command_seq: int, time_ns: int, events: list[Event], rulebook: str) -> list[PrivateReport]:
        """The reports of an earlier command, as `follow` returned them when it was new; nothing is noted or kept.

        Args:
            command_seq: its sequence number.
            time_ns: its time.
            events: all of its events, in order.
            rulebook: the digest of the one that was in force after it.
        """
        return self._make(command_seq, time_ns, events, rulebook, None)

    def _make(
        self,
        command_seq: int,
        time_ns: int,
        events: list[Event],
        rulebook: str,
        recent: RecentReports | None,
    ) -> list[PrivateReport]:
        """The reports that events are, kept in `recent` if that is given; titles are those of a digest's rulebook, or in force."""
        found: list[PrivateReport] = []
        moment = (command_seq, time_ns)
        marked: FutureMarked | None = None
        for place, event in enumerate(events):
            concern = _CONCERNS.get(type(event))
            if concern is None:
                continue
            if concern <= _REFUSED:
                own: Any = event
                report = PrivateReport(own.account, own.report_seq, own, moment, place)
                if concern == _REFUSED and own.rule:
                    self._entitle(report, own.rule, rulebook)
                found.append(report)
                if recent is not None and report.seq:
                    recent.add(report)
            elif concern == _SIDES:
                self.corrections += recent is not None and type(event) is TradeCorrected
                for account, seq, as_first in _sides(event):
                    report = PrivateReport(account, seq, event, moment, place, as_first=as_first)
                    found.append(report)
                    if recent is not None and seq:
                        recent.add(report)
            elif type(event) is FutureMarked:
                marked = event
            elif type(event) is VariationMargin:
                margin = MarginReport(event.account, event.report_seq, event, moment, place)
                if marked is not None and marked.instrument == event.instrument:
                    margin.is_final = marked.final
                found.append(margin)
                if recent is not None:
                    recent.add(margin)
            elif recent is not None:
                opened: Any = event
                self.owners[opened.account] = opened.participant
                self.investors[opened.account] = opened.investor
                self.accounts.setdefault(opened.participant, []).append(opened.account)
                recent.open(opened.account)
        return found

    def _entitle(self, report: PrivateReport, rule: str, rulebook: str) -> None:
        """Note the title of a rule that refused, in each language."""
        titles = self._titles
        report.title = titles.once(rule, rulebook) if rulebook else titles.of(rule)
        report.title_ru = titles.once(rule, rulebook, self._russian) if rulebook else titles.of(rule, self._russian)

    def miss(self, account: str, count: int) -> None:
        """An account that was just opened had so many reports, which are not kept here."""
        self._recent.miss(account, count)

    def last_seq(self, account: str) -> int:
        """The sequence number of an account's last report."""
        return self._recent.last_seq(account)

    def missing(self, account: str) -> int:
        """How many reports an account had before the venue's state was taken up from a snapshot. The journal has them."""
        return self._recent.missing(account)

    def first_kept(self, account: str) -> int:
        """The sequence number of the first report of an account that is kept; one after the last if none is. Those before
        it are in the journal alone.
        """
        return self.last_seq(account) - len(self._recent.of(account)) + 1

    def kept(self, account: str) -> list[PrivateReport]:
        """The reports of an account that are kept, oldest first: the last ones, without a gap. O(those)."""
        return list(self._recent.of(account))

    def after(self, account: str, seq: int, most: int) -> list[PrivateReport] | None:
        """The first `most` reports of an account after `seq`, or None if they are not kept any more, or not made yet."""
        recent = self._recent.of(account)
        missed = self.last_seq(account) - seq
        if missed < 0 or missed > len(recent):
            return None
        first = len(recent) - missed
        return [recent[place] for place in range(first, min(first + most, len(recent)))]

    def frame(
        self, codec: Codec, report: PrivateReport, request_id: int | None = None, language: Language = ENGLISH
    ) -> bytes:
        """The message of a report as a whole WebSocket frame; `request_id` and `language` as for `message`.

        What is written at once says nothing in words.
        """
        if codec.is_text:
            frame = json_frame(codec, self._formats, report, request_id)
            if frame is not None:
                return frame
        return codec.frame(self.message(report, request_id, language))

    def message(self, report: PrivateReport, request_id: int | None = None, language: Language = ENGLISH) -> Message:
        """The message of a report; `request_id` if it answers a request of the connection that gets it, and its language."""
        event = report.event
        message = _MESSAGES[type(event)](self._formats, report, event, request_id)
        return message if language is ENGLISH else spoken(message, language, report.title_ru)


def _sides(event: Event) -> tuple[tuple[str, int, bool], ...]:
    """Account, report number and whether it is the first, for each report that an event is."""
    if type(event) is Trade:
        return (event.maker_account, event.maker_report_seq, True), (event.taker_account, event.taker_report_seq, False)
    if type(event) is TradeCorrected:
        return (event.buy_account, event.buy_report_seq, True), (event.sell_account, event.sell_report_seq, False)
    if type(event) is Transferred:
        return (event.from_account, event.from_report_seq, True), (event.to_account, event.to_report_seq, False)
    assert isinstance(event, STATUSES), event
    return ((event.account, 0, False),)
