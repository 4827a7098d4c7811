"""The rows of all tables of an export, made from the steps of a session as they are read."""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Iterable, Sequence
from typing import Final

from engine.vocabulary.messages.events import (
    BookAdded,
    BookChanged,
    CommandRejected,
    DayEnded,
    Event,
    Indicative,
    OrderRejected,
    RequestRejected,
    RulebookLoaded,
    Transferred,
)
from gateway.export.book import BookRows
from gateway.export.columns import Declared, Row
from gateway.export.declared import BALANCES, BOOK_CHANGES, CAPS, EVENTS, ORDERS, TRADES, TRANSFERS, VERDICTS
from gateway.export.orders import Head, OrderRows, VerdictRows
from gateway.export.rows import balance_rows, cap_rows, event_row, trade_row, transfer_row
from gateway.journal.reader import JournalReader
from gateway.reporting.steps.reference import Reference
from gateway.reporting.steps.source import Step
from gateway.reporting.steps.standing import Standing
from gateway.reporting.sums.records import OrderRecords
from gateway.reporting.sums.settlement import Settlement
from gateway.session.moments import Moment
from gateway.session.tape import Print, Tape

_PUBLIC: Final = (BookAdded, BookChanged, Indicative)
"""Of the public book alone, most of all events."""

Put = Callable[[Declared, Row], None]


class Making:
    """Makes the rows of tables. It must be shown a session from its first command on.

    Args:
        wanted: names of the tables.
        put: takes each row, as it is made.
        since: rows before this moment are left out; None: none are.
    """

    def __init__(self, wanted: Collection[str], put: Put, since: Moment | None = None) -> None:
        self.reference: Final = Reference()
        self.rulebooks: Final[list[tuple[int, str, str]]] = []
        """Those in force so far: the command with which each came, its name and its digest."""
        self.last_seq = 0
        """Of the last command taken in."""
        self._put: Final = put
        self._since: Final = since
        self._is_asked = since is None
        records = OrderRecords(self.reference)
        lives = {ORDERS.name, VERDICTS.name, BOOK_CHANGES.name} & set(wanted)
        self._records: Final = records if lives else None
        self._orders: Final = OrderRows(self.reference, records) if ORDERS.name in wanted else None
        self._verdicts: Final = VerdictRows(self.reference) if VERDICTS.name in wanted else None
        self._book: Final = BookRows(self.reference, records) if BOOK_CHANGES.name in wanted else None
        self._settlement: Final = Settlement(self.reference) if BALANCES.name in wanted else None
        self._tape: Final = Tape(since=since) if TRADES.name in wanted else None
        self._has_events: Final = EVENTS.name in wanted
        self._has_transfers: Final = TRANSFERS.name in wanted
        self._has_caps: Final = CAPS.name in wanted
        self._day = 0

    def take(self, step: Step) -> None:
        """Take in a command and what it did."""
        self.reference.rules.note(step.command)
        if not self._is_asked and self._since is not None:
            self._is_asked = self._since.is_reached(step.seq, step.time_ns)
        self._day = step.day
        if self._settlement is not None and not self.last_seq:
            self._settlement.begin(step.day)
        self.last_seq = step.seq
        for place, event in enumerate(step.events):
            if type(event) is DayEnded:
                self._begin_day(step, place, event)
            head = (step.seq, place, step.time_ns, self._day)
            if self._has_events and self._is_asked:
                self._add(EVENTS, (event_row(head, step.command, event),))
            if self._book is not None:
                self._add(BOOK_CHANGES, self._book.follow(head, event))
            if type(event) not in _PUBLIC:
                self._follow(step, head, event)
        if self._tape is not None:
            self._add_trades(self._tape.follow(step.seq, step.time_ns, step.events))

    def finish(self, standing: Standing | None) -> None:
        """Nothing follows; `standing` is that after the last command, None where there is no replay."""
        self._is_asked = True
        if self._orders is not None:
            self._add(ORDERS, self._orders.finish())
        if self._tape is not None:
            self._add_trades(self._tape.finish())
        if self._settlement is not None and self._settlement.days:
            self._add(BALANCES, balance_rows(self._settlement, self.last_seq, None, self.reference))
        if self._has_caps and standing is not None:
            self._add(CAPS, cap_rows(standing, self.last_seq))

    def _follow(self, step: Step, head: Head, event: Event) -> None:
        """An event that is of more than the public book."""
        self.reference.learn(event)
        if type(event) is RulebookLoaded:
            self.rulebooks.append((step.seq, event.name, event.digest))
        if self._settlement is not None:
            self._settlement.take(event)
        if self._records is not None:
            records = self._records.follow(step, head[1], event, head[3])
            if self._orders is not None:
                self._add(ORDERS, self._orders.follow(head, event, records))
            if self._verdicts is not None and isinstance(event, OrderRejected | RequestRejected):
                self._add(VERDICTS, self._verdicts.refused(head, event, records))
        if self._verdicts is not None and type(event) is CommandRejected:
            self._add(VERDICTS, (self._verdicts.command_refused(head, step.command, event),))
        if self._has_transfers and type(event) is Transferred:
            self._add(TRANSFERS, (transfer_row(head, event, self.reference),))

    def _begin_day(self, step: Step, place: int, event: DayEnded) -> None:
        """A Moscow day has ended: what everybody has then."""
        settlement = self._settlement
        if settlement is not None:
            self._add(BALANCES, balance_rows(settlement, step.seq, place, self.reference))
            settlement.begin(event.day)
            # Of the days before nothing is asked any more.
            del settlement.days[:-1]
        self._day = event.day

    def _add(self, table: Declared, rows: Iterable[Row]) -> None:
        for row in rows:
            if self._is_asked:
                self._put(table, row)

    def _add_trades(self, prints: Iterable[Print]) -> None:
        self._add(TRADES, (trade_row(each, self.reference) for each in prints))


def about_session(reader: JournalReader, rulebooks: Sequence[tuple[int, str, str]]) -> dict[str, str]:
    """What a file says of the session that it is from.

    Args:
        reader: which has read it.
        rulebooks: those that were in force: the command with which each came, its name and its digest.
    """
    found = [{"seq": seq, "name": name, "digest": digest} for seq, name, digest in rulebooks]
    header = reader.segments[-1].header if reader.segments else None
    return {
        "venue": "" if header is None else header.venue,
        "core_version": "" if header is None else str(header.core_version),
        "rulebook_digest": rulebooks[-1][2] if rulebooks else "",
        "rulebooks": json.dumps(found),
    }
