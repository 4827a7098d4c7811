"""Answers: to subscriptions, open orders, balances, positions, missed reports. From state that is durable, after a turn's commands.

A long answer is made in pieces, over turns. Each says how much work it was: `gateway.inbound.questions` has a bound for it.
"""

from __future__ import annotations

from collections.abc import Generator
from typing import Final

from engine.exchange import Exchange
from engine.vocabulary.limits import (
    ANSWER_PIECE_STEPS,
    BYTES_PER_STEP,
    MAX_RECENT_REPORTS,
    QUESTION_STEPS,
    ROW_STEPS,
)
from gateway.inbound.accounts import balances, open_orders, positions
from gateway.inbound.asking import Answer, Query
from gateway.inbound.bygone import Bygone
from gateway.inbound.candles import CandleAnswers
from gateway.inbound.frames import NORMAL
from gateway.inbound.history.answers import PastAnswers, PastQuery
from gateway.inbound.history.past import Past
from gateway.inbound.instruments import InstrumentsInPieces
from gateway.inbound.joining import Joining
from gateway.inbound.movements import waiting
from gateway.inbound.papers import papers
from gateway.inbound.records import RecordBook
from gateway.inbound.session import Session
from gateway.inbound.shared import Shared
from gateway.inbound.standing import Standing, StandingQuery
from gateway.metrics.counters import Counters
from gateway.outbound.fanout import Fanout
from gateway.protocol.messages import (
    Balances,
    CandleHistory,
    Contracts,
    Error,
    Instruments,
    InstrumentsReply,
    LoggedOut,
    Logout,
    Message,
    Movements,
    OpenOrders,
    Positions,
    Records,
    RecordsReply,
    Resume,
    Resumed,
    RiskWarning,
    Subscribe,
    Unsubscribe,
)

_PIECE_ROWS: Final = ANSWER_PIECE_STEPS // ROW_STEPS


class Answers:
    """Answers the questions of sessions that may ask them."""

    def __init__(self, exchange: Exchange, fanout: Fanout, counters: Counters) -> None:
        self._exchange: Final = exchange
        self._fanout: Final = fanout
        self._counters: Final = counters
        self._past: Final = PastAnswers(exchange, fanout)
        self._candles: Final = CandleAnswers(fanout, counters)
        self._joining: Final = Joining(fanout, self._candles)
        self._standing: Final = Standing(exchange, fanout)
        self._bygone: Bygone | None = None
        """Reports from before the start; None: there is no journal."""
        self._lists: Final[Shared[InstrumentsInPieces]] = Shared()
        """By codec."""
        self.records: Final = RecordBook(exchange, fanout)

    def read_journal(self, past: Past[Session], until_seq: int) -> None:
        """Look up in the journal what is not kept; up to a row because it was before the start."""
        self._past.past = self._candles.past = past
        self._bygone = Bygone(past, until_seq, self._fanout)

    def begin(self, session: Session, query: Query) -> Answer | int:
        """Answer a question.

        Returns:
            The steps it took, if the answer is in the session's outbox; else the answer, of which nothing is made yet.
        """
        if isinstance(query, Resume):
            return self._resume(session, query)
        if isinstance(query, Instruments):
            return self._instruments(session, query)
        if isinstance(query, Records):
            return self._look_up(session, query)
        if isinstance(query, PastQuery):
            return self._told(session, self._past.answer(session, query))
        if isinstance(query, StandingQuery):
            return self._told(session, self._standing.answer(session, query))
        if isinstance(query, CandleHistory):
            return self._told(session, self._candles.history(session, query))
        messages: list[Message]
        if isinstance(query, Subscribe):
            answer = self._joining.subscribe(session, query)
            if not isinstance(answer, list):
                return answer
            messages, steps = answer, len(answer) * ROW_STEPS
        elif isinstance(query, Unsubscribe):
            messages, steps = [self._joining.unsubscribe(session, query)], ROW_STEPS
        elif isinstance(query, RiskWarning | Contracts):
            message, steps = papers(self._exchange, query)
            messages = [message]
        elif isinstance(query, Logout):
            messages, steps = [LoggedOut(id=query.id)], ROW_STEPS
            session.close(NORMAL, "logged out")
        elif isinstance(query, Movements):
            message, steps = waiting(self._exchange, query)
            messages = [message]
        else:
            message, steps = self._account(query)
            messages = [message]
        for message in messages:
            if isinstance(message, Error):
                self._counters.errors[message.code] += 1
            self._fanout.send(session, message)
        return QUESTION_STEPS + steps

    # ── lists ──────────────────────────────────────────────────────────────────────────────────────────────────────

    def _instruments(self, session: Session, query: Instruments) -> Answer:
        """A list that was begun after every command whose outcome the session may know."""
        codec = session.codec
        key = "", codec.name
        asked = self._exchange.seq
        while (earlier := self._lists.find(key)) is not None and earlier.seq < asked and not earlier.is_done:
            yield earlier.make()
        formats = self._fanout.formats.instruments
        making = self._lists.join(key, lambda: InstrumentsInPieces(self._exchange, formats, codec))
        try:
            steps = making.make()
            while not making.is_done:
                yield steps
                steps = making.make()
            frame = codec.frame(InstrumentsReply(id=query.id, instruments=making.rows.whole()))
            self._fanout.put(session, (frame,))
            return steps + QUESTION_STEPS + len(frame) // BYTES_PER_STEP
        finally:
            self._lists.leave(key, making)

    def _look_up(self, session: Session, query: Records) -> Answer:
        """The records of a kind, or of a name, counted as of the pieces in which they are."""
        found, more, steps = yield from self.records.answer(query)
        frame = session.codec.frame(RecordsReply(id=query.id, records=found, more=more))
        self._fanout.put(session, (frame,))
        return QUESTION_STEPS + steps + len(frame) // BYTES_PER_STEP

    def _told(self, session: Session, making: Generator[int, None, tuple[Message, int]]) -> Answer:
        """Send an answer once it is made."""
        message, steps = yield from making
        if isinstance(message, Error):
            self._counters.errors[message.code] += 1
        self._fanout.send(session, message)
        return QUESTION_STEPS + steps

    # ── accounts ───────────────────────────────────────────────────────────────────────────────────────────────────

    def _resume(self, session: Session, query: Resume) -> Answer:
        """The reports after one, to the last there is at the end; or as far as they are still kept when their piece comes."""
        reports, fanout = self._fanout.reports, self._fanout
        seq = query.after_seq
        if self._is_bygone(query) and self._bygone is not None:
            missing = reports.missing(query.account)
            if (yield from self._bygone.tell(session, query.account, seq, missing)):
                seq = missing
        while (missed := reports.after(query.account, seq, _PIECE_ROWS)) is not None:
            for report in missed:
                fanout.put(session, [reports.frame(session.codec, report, None, session.language)])
            if len(missed) < _PIECE_ROWS:
                break
            seq += len(missed)
            yield len(missed) * ROW_STEPS
        account = self._exchange.accounts[query.account]
        resumed = Resumed(id=query.id, account=query.account, seq=account.report_seq, snapshot=missed is None)
        fanout.send(session, resumed)
        return QUESTION_STEPS + len(missed or ()) * ROW_STEPS

    def _is_bygone(self, query: Resume) -> bool:
        """Whether all that is missed is kept or stands in the journal from before the start, and is no more than may be kept."""
        reports, account = self._fanout.reports, query.account
        missing = reports.missing(account)
        return (
            0 <= query.after_seq < missing
            and reports.first_kept(account) == missing + 1
            and reports.last_seq(account) - query.after_seq <= MAX_RECENT_REPORTS
        )

    def _account(self, query: OpenOrders | Balances | Positions) -> tuple[Message, int]:
        """How an account stands, and the steps."""
        account = self._exchange.accounts[query.account]
        if isinstance(query, OpenOrders):
            return open_orders(account, query, self._fanout.formats.instruments, self._fanout.channels)
        if isinstance(query, Balances):
            return balances(self._exchange, account, query)
        return positions(self._exchange, account, query, self._fanout.formats.instruments)
