"""A recorded session that goes by at a pace, from files alone: the state is replayed, and what happened is taken in on the way."""

from __future__ import annotations

import time
from collections.abc import Generator, Iterator, Sequence
from typing import Any, Final

from compliance.hook import ComplianceHook
from engine.record.rows import StoredRow, decode_events
from engine.vocabulary.codes import CANCEL_REASONS, KILLED, REJECT_CODES, SIDES
from engine.vocabulary.limits import NS_PER_SECOND
from engine.vocabulary.messages.events import (
    AssetAdded,
    CommandRejected,
    Event,
    InstrumentListed,
    OrderAccepted,
    OrderCancelled,
    OrderRejected,
    RequestRejected,
    Trade,
    TradeCorrected,
)
from gateway.protocol.formats import InstrumentFormat
from gateway.session.moments import MomentError, parse_moment
from gateway.session.pace import MAX, STEP, Pace, Speed, parse_speed
from gateway.session.recorded import NoSuchMoment, Recorded
from gateway.session.telling import told
from gateway.session.views import Views
from gateway.watching.scene import (
    MAX_LEVELS,
    MAX_MARKETS,
    BookSeen,
    Fate,
    Level,
    Market,
    Printed,
    Recent,
    Scene,
    Verdict,
    around,
)
from gateway.watching.view import CLOCK_SECONDS, Refused
from gateway.words.chosen import chosen
from gateway.words.english import TITLES
from gateway.words.rules import rule_text
from gateway.words.words import words_of

SPEEDS: Final = (
    *map(parse_speed, ("0.1x", "0.2x", "0.5x", "1x", "2x", "5x", "10x", "20x", "50x", "100x", "1000x")),
    MAX,
)
SLICE_SECONDS: Final = 0.03
"""How long replay goes on between two looks at the keys."""
AT_REST_SECONDS: Final = 3_600.0
"""There is nothing to do until somebody presses a key."""
LOOKED_BACK: Final = 1_000
"""Commands before a moment whose trades and verdicts are shown with it: a few hundredths of a second."""
NEAR: Final = 2_000
"""Commands that are walked to rather than jumped to: sooner than a snapshot is unpacked."""


class RecordedView:
    """A session that is watched.

    Args:
        where: what to call it.
        session: opened.
        seq: the command to begin with.
        speed: to begin with.
        chosen: the instrument to show; empty, or none that there is: the first one.
    """

    def __init__(self, where: str, session: Recorded, seq: int, speed: Speed, chosen: str = "") -> None:
        self.chosen = chosen
        self.recent = Recent()
        self._where: Final = where
        self._session: Final = session
        self._pace: Final = Pace(time.monotonic_ns, session.begin_ns, speed)
        self._walk = session.walk(1)
        for _ in self._walk.go_on():
            pass
        self._views = Views(self._walk.exchange)
        self._last_row: StoredRow | None = None
        self._way: Generator[int] | None = None
        """To the moment that was asked for; till it is reached, the picture stays."""
        self._way_at = 1
        self._goal = 1
        self._go_to(seq)

    def close(self) -> None:
        """Let go of the files."""
        if self._way is not None:
            self._way.close()
        self._walk.close()

    # ── going on ───────────────────────────────────────────────────────────────────────────────────────────────────

    def work(self) -> float:
        """As in `View`.

        Raises:
            Unreplayed: the replay is not what was recorded.
            JournalError: the journal is damaged.
            OSError: the disk failed.
        """
        until = time.monotonic() + SLICE_SECONDS
        while time.monotonic() < until:
            if self._way is not None:
                self._way_at = next(self._way, 0)
                if not self._way_at:
                    self._way = None
                    break
                continue
            if self._is_at_end:
                return AT_REST_SECONDS
            seq = self._walk.exchange.seq + 1
            (row,) = self._session.index.rows([seq])
            due_ns = self._pace.due_in_ns(row[1])
            if due_ns is None:
                return AT_REST_SECONDS
            if due_ns:
                return min(due_ns / NS_PER_SECOND, CLOCK_SECONDS)
            for events in self._walk.go_on(seq):
                self._take(row, events)
            self._pace.reached(row[1])
        return 0.0

    def arriving(self) -> Iterator[int]:
        """Go on until the picture is that of the moment that was asked for last; yields commands on the way. Raises as `work`."""
        while self._way is not None:
            self.work()
            yield self._way_at

    def pause(self) -> None:
        """As in `View`."""
        if self._pace.is_paused:
            self._pace.go_on()
        else:
            self._pace.pause()

    def step(self) -> None:
        """As in `View`."""
        self._pace.step()

    def back(self) -> None:
        """As in `View`."""
        seq = self._walk.exchange.seq - 1
        if not seq:
            raise Refused("this is the first command")
        self._pace.pause()
        self._go_to(seq)

    def jump(self, text: str) -> None:
        """As in `View`."""
        try:
            self._go_to(self._session.seq_of(parse_moment(text.strip(), self._session.begin_ns)))
        except MomentError as error:
            raise Refused(f"{text!r} is no moment: ? shows how one is written") from error
        except NoSuchMoment as error:
            raise Refused(str(error)) from error

    def change_speed(self, steps: int) -> None:
        """As in `View`."""
        now = self._pace.speed
        if steps > 0:
            found = [] if now == MAX else [each for each in SPEEDS if each == MAX or each.thousandths > now.thousandths]
        else:
            found = [
                each
                for each in reversed(SPEEDS)
                if each.thousandths and (now == MAX or each.thousandths < now.thousandths)
            ]
        if not found:
            raise Refused("there is nothing faster" if steps > 0 else "there is nothing slower")
        self._pace.set_speed(found[0])

    def choose(self, steps: int) -> None:
        """As in `View`."""
        names = list(self._walk.exchange.books)
        if names:
            self.chosen = names[(names.index(self._shown()) + steps) % len(names)]

    def _go_to(self, seq: int) -> None:
        here = self._walk.exchange.seq
        if self._way is not None:
            self._way.close()
        self._way, self._way_at, self._goal = self._there(seq, is_near=here < seq <= here + NEAR), here, seq

    def _there(self, seq: int, is_near: bool) -> Generator[int]:
        """The way to a command; yields the commands on it."""
        if is_near:
            for row in self._session.index.rows(range(self._walk.exchange.seq + 1, seq + 1)):
                for events in self._walk.go_on(row[0]):
                    self._take(row, events)
                yield row[0]
        else:
            # A picture comes before a snapshot is unpacked, which takes about a second where it is large.
            yield self._way_at
            yield from self._anew(seq)
        self._pace.jump(self._walk.exchange.time_ns)

    def _anew(self, seq: int) -> Generator[int]:
        """From the snapshot before; then what happened last before the command is taken in."""
        walk = self._session.walk(seq)
        try:
            for _ in walk.go_on():
                yield walk.exchange.seq
            walk, self._walk = self._walk, walk
        finally:
            walk.close()
        self._views, self.recent = Views(self._walk.exchange), Recent()
        for row in self._session.index.rows(range(max(seq - LOOKED_BACK, 0) + 1, seq + 1)):
            self._take(row, decode_events(row[3]))

    # ── what happens ───────────────────────────────────────────────────────────────────────────────────────────────

    def _take(self, row: StoredRow, events: Sequence[Event]) -> None:
        """Take in what a command did."""
        self._last_row = row
        if self.recent.since_ns is None:
            self.recent.since_ns = row[1]
        formats = self._views.reference.formats.instruments
        for event in events:
            if isinstance(event, AssetAdded | InstrumentListed):
                self._views.reference.learn(event)
            elif type(event) is OrderAccepted:
                self.recent.accepted += 1
            elif type(event) is Trade:
                self.recent.trade(event.instrument, _printed(event, row, formats[event.instrument]))
            elif type(event) is TradeCorrected:
                price = formats[event.instrument].price[event.new_price_ticks] if event.new_price_ticks else None
                self.recent.correct(event.instrument, event.trade_id, price)
            else:
                verdict = self._verdict(event, row)
                if verdict is not None:
                    self.recent.judge(verdict)

    def _verdict(self, event: Event, row: StoredRow) -> Verdict | None:
        """What an event says if it is a no, or an end that no owner asked for; None: it is neither."""
        if isinstance(event, OrderRejected | RequestRejected | CommandRejected):
            rule: str = getattr(event, "rule", "")
            what: Fate = "refused"
            by = rule or REJECT_CODES[event.code]
        elif type(event) is OrderCancelled and (event.rule or event.reason == KILLED):
            rule = event.rule
            what, by = "cancelled", rule or CANCEL_REASONS[event.reason]
        else:
            return None
        account, instrument = getattr(event, "account", ""), getattr(event, "instrument", "")
        return Verdict(what, by, self._title(rule), words_of(event, chosen()), account, instrument, row[0], row[1])

    def _title(self, rule: str) -> str:
        if rule in TITLES:
            return chosen().text_of(rule, TITLES[rule])
        hook = self._walk.exchange.hook
        assert isinstance(hook, ComplianceHook)
        table = hook.intake.table
        data = None if table is None else table.rulebook.rules.get(rule)
        return "" if data is None else rule_text(data, "title", chosen())

    # ── what is seen ───────────────────────────────────────────────────────────────────────────────────────────────

    def scene(self) -> Scene:
        """As in `View`."""
        exchange, views, chosen = self._walk.exchange, self._views, self._shown()
        is_running = self._way is None and not self._is_at_end
        return Scene(
            where=self._where,
            kind="recorded",
            state=self._state(),
            is_paused=self._pace.is_paused,
            seq=exchange.seq,
            last_seq=self._session.last_seq,
            time_ns=max(self._pace.now_ns, exchange.time_ns) if is_running else exchange.time_ns,
            chosen=chosen,
            markets=[_market(views.instrument(name)) for name in around(exchange.books, chosen, MAX_MARKETS)],
            book=_book(views.book(chosen, MAX_LEVELS)) if chosen else None,
            tape=self.recent.tape(chosen),
            verdicts=self.recent.verdicts,
            since_ns=self.recent.since_ns,
            accepted=self.recent.accepted,
            refused=self.recent.refused,
            last_command="" if self._last_row is None else told(self._last_row, views.reference),
            notes=self._session.notes[-1:],
        )

    def _shown(self) -> str:
        books = self._walk.exchange.books
        return self.chosen if self.chosen in books else next(iter(books), "")

    @property
    def _is_at_end(self) -> bool:
        return self._walk.exchange.seq == self._session.last_seq

    def _state(self) -> str:
        if self._way is not None:
            return f"on the way to {self._goal:,}, at {self._way_at:,}"
        at = self._pace.speed
        speed = "step by step" if at == STEP else "as fast as it can" if at == MAX else f"speed {at.name}"
        if self._is_at_end:
            return "the end"
        return f"paused ({speed})" if self._pace.is_paused else speed


def _printed(trade: Trade, row: StoredRow, format_: InstrumentFormat) -> Printed:
    price, quantity = format_.price[trade.price_ticks], format_.quantity[trade.quantity_lots]
    return Printed(trade.trade_id, row[1], price, quantity, SIDES[trade.taker_side], row[0])


def _market(found: dict[str, Any]) -> Market:
    return Market(**{name: found[name] for name in Market.__struct_fields__ if name in found})


def _book(found: dict[str, Any]) -> BookSeen:
    return BookSeen(found["instrument"], *[[Level(**each) for each in found[side]] for side in ("bids", "asks")])
