"""Candles told, live and in pages, are those that the trades of the journal come to by a plain function: over restarts, whatever is kept."""

from __future__ import annotations

import random
from collections.abc import Generator
from pathlib import Path
from typing import Any

import msgspec
import pytest

from engine.exchange import Exchange
from engine.record.rows import Row
from engine.state.hook import PreTradeHook
from engine.vocabulary.codes import BUY
from engine.vocabulary.messages.commands import Sequenced, Tick
from engine.vocabulary.messages.events import Trade
from gateway.candles import traded as traded_module
from gateway.candles.intervals import INTERVALS
from gateway.inbound.candles import FIRST_CANDLES, CandleAnswers
from gateway.inbound.history.past import PARKED, Past
from gateway.metrics.counters import Counters
from gateway.outbound.fanout import Fanout
from gateway.protocol.messages import CandleHistory, Subscribe
from tests.support.engine.desks.desk import Desk, list_spot
from tests.support.gateway.feeds.handed_out import payload_of
from tests.support.gateway.feeds.market_flow import rows_of
from tests.support.gateway.feeds.trades_over_days import (
    INSTRUMENTS,
    LENGTHS,
    SECOND,
    Heard,
    Traded,
    copied,
    hand_out,
    plain_candles,
    plain_start,
    trades_of,
    trades_over_days,
    turns_of,
)
from tests.support.gateway.journal.indexes import caught_up
from tests.support.gateway.journal.journals import write_journal

DAY = 86_400 * SECOND
Told = list[dict[str, Any]]


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """Small runs, and hardly anything in memory."""
    monkeypatch.setattr("gateway.index.growing.RUN_ROWS", 150)
    monkeypatch.setattr("gateway.index.growing.SPOT_BYTES", 1_500)
    monkeypatch.setattr(traded_module, "MAX_KEPT_SECONDS_PER_INSTRUMENT", 20)
    monkeypatch.setattr(traded_module, "MAX_KEPT_SECONDS", 30)
    monkeypatch.setattr(traded_module, "MAX_KEPT_MINUTES", 60)


class Lived:
    """A session that is lived through turn by turn, with its whole journal on the disk already."""

    def __init__(self, directory: Path, seed: int, commands: int) -> None:
        self.chance = random.Random(seed)
        self.rows = rows_of(trades_over_days(seed, commands))
        self.exchange = Exchange(PreTradeHook())
        self.journal = directory / "venue" / "journal"
        write_journal(self.journal, self.rows, batch=3, segment_bytes=40_000)
        if seed % 3:
            # Else each start makes it in memory.
            caught_up(self.journal).close()
        self.turns = turns_of(self.rows, seed)
        self.done: list[Row] = []
        self.now_ns = self.heard_of = 0
        self.begin(Fanout())

    def begin(self, fanout: Fanout) -> None:
        """A venue has started."""
        self.fanout, self.heard = fanout, Heard()
        self.answers = CandleAnswers(fanout, Counters())
        self.answers.past = Past(self.journal, fanout, lambda _: None)
        self.got: dict[tuple[str, str], Told] = {}
        self.seqs: dict[tuple[str, str], int] = {}

    def turn(self) -> bool:
        """Live through the next turn; False: there is none."""
        turn = next(self.turns, None)
        if turn is None:
            return False
        for row in turn:
            self.exchange.apply(Sequenced(*row[:3]))
        hand_out(self.fanout, turn)
        self.done += turn
        self.now_ns = turn[-1][1]
        place = len(self.done)
        if self.chance.random() < 0.3 and place < len(self.rows):
            self.now_ns = self.chance.randint(self.now_ns, self.rows[place][1])
            while self.fanout.pass_time(self.now_ns):
                pass
        self.hear()
        return True

    def restart(self) -> None:
        """From a snapshot, be it of a release that knew no candles, or from the journal's first command."""
        chance = self.chance.random()
        if chance < 0.7:
            self.begin(copied(self.fanout, self.exchange, is_old=chance < 0.2))
            return
        fanout = Fanout()
        for row in self.done:
            fanout.replay(row)
        fanout.channels.end_turn()
        self.begin(fanout)
        # As a server does that begins to listen.
        while self.fanout.pass_time(self.now_ns):
            pass

    def expected(self, instrument: str, interval: str) -> Told:
        """All candles so far, the oldest first."""
        found = plain_candles(trades_of(self.done, instrument), interval)
        for each in found:
            if each["start"] + LENGTHS[interval] * SECOND <= self.now_ns:
                each["closed"] = True
        return found

    def ask(self, making: Generator[int, None, Any]) -> Told:
        """The answer; while it is made, turns go on."""
        self.hear()
        self.was_partial = self.fanout.channels.kept.is_partial
        while True:
            try:
                assert next(making) != PARKED
                if self.chance.random() < 0.03:
                    self.turn()
            except StopIteration as done:
                before = list(self.heard.frames)
                self.heard.frames.clear()
                told: Told = [msgspec.json.decode(payload_of(frame)) for frame in before]
                if isinstance(done.value, int):
                    return told
                return [*told, msgspec.json.decode(msgspec.json.encode(done.value[0]))]

    def subscribe(self, instrument: str, interval: str) -> None:
        request = Subscribe(id=1, channel="candles", instrument=instrument, interval=interval)
        channel: Any = self.fanout.channels.find("candles", instrument)
        told = self.ask(self.answers.subscribe(self.heard, request, channel))  # type: ignore[arg-type]
        if self.is_refused(told):
            return
        subscribed, snapshot = told
        assert snapshot["candles"] == self.expected(instrument, interval)[-FIRST_CANDLES:]
        assert subscribed["seq"] == snapshot["seq"]
        if snapshot["candles"]:
            closed = snapshot["candles"][-1].get("closed", False)
            assert snapshot["seq"] == 2 * len(trades_of(self.done, instrument)) + closed
        self.got[instrument, interval] = snapshot["candles"]
        self.seqs[instrument, interval] = snapshot["seq"]

    def is_refused(self, told: Told) -> bool:
        """Only after a start from a snapshot that knew no candles, and if something happens while it is made."""
        is_refused = told[0].get("code") == "unavailable"
        assert not is_refused or self.was_partial
        return is_refused

    def hear(self) -> None:
        """Take in what was told."""
        for message in self.heard.take():
            assert message.pop("type") == "candle"
            key = message.pop("instrument"), message.pop("interval")
            assert message.pop("prev_seq") == self.seqs[key] < message["seq"]
            self.seqs[key] = message.pop("seq")
            assert self.now_ns >= message.pop("time") > 0
            got = self.got[key]
            if got and got[-1]["start"] == message["start"]:
                assert not got[-1].get("closed")
                got.pop()
            else:
                # The one before was told to be over first.
                assert not got or (got[-1]["closed"] and got[-1]["start"] < message["start"])
            got.append(message)
            self.heard_of += 1
        for (instrument, interval), got in self.got.items():
            assert got == self.expected(instrument, interval)[-len(got) :] or not got

    def look_back(self, instrument: str, interval: str) -> bool:
        """A random page; returns whether it had anything."""
        chance = self.chance
        sort, limit = chance.choice(("newest", "oldest")), chance.choice((1, 3, 20, 200))
        times = sorted(chance.randint(self.rows[0][1] - DAY, self.now_ns + DAY) for _ in range(2))
        from_time, to_time = (time if chance.random() < 0.6 else None for time in times)
        query = CandleHistory(
            id=7,
            instrument=instrument,
            interval=interval,  # type: ignore[arg-type]
            from_time=from_time,
            to_time=to_time,
            sort=sort,  # type: ignore[arg-type]
            limit=limit,
        )
        told = self.ask(self.answers.history(self.heard, query))  # type: ignore[arg-type]
        if self.is_refused(told):
            return False
        (reply,) = told
        wanted = [
            each
            for each in self.expected(instrument, interval)
            if (from_time is None or each["start"] >= from_time) and (to_time is None or each["start"] <= to_time)
        ]
        if sort == "newest":
            wanted.reverse()
        common = {"type": "candle_history", "id": 7, "instrument": instrument, "interval": interval}
        more = {"more": True} if len(wanted) > limit else {}
        assert reply == {**common, "candles": wanted[:limit], **more}
        return bool(wanted)


@pytest.mark.parametrize("seed", range(4))
def test_candles_told_are_those_of_the_journal(seed: int, tmp_path: Path, small: None) -> None:
    lived = Lived(tmp_path, seed, 400)
    pages = 0
    for _ in range(4):
        lived.turn()
    while lived.turn():
        if lived.chance.random() < 0.05:
            lived.restart()
        for name in INSTRUMENTS:
            interval = lived.chance.choice(sorted(LENGTHS))
            if lived.chance.random() < 0.3:
                lived.subscribe(name, interval)
            if lived.chance.random() < 0.3:
                pages += lived.look_back(name, interval)
    assert lived.heard_of > 60
    assert pages > 20


def test_intervals_begin_on_the_clock_of_moscow() -> None:
    assert {name: length // SECOND for name, length in INTERVALS.items()} == LENGTHS
    # 2026-01-01 00:00 in Moscow is 21:00 in UTC.
    midnight = 1_767_214_800 * SECOND
    for name, seconds in LENGTHS.items():
        assert plain_start(midnight, seconds) == midnight, name
        assert plain_candles([Traded(midnight - 1, 9, 1), Traded(midnight, 8, 1)], name)[1]["start"] == midnight


def trade_at_each_second(desk: Desk, count: int) -> list[Row]:
    """Rows of a desk that lists an instrument, and then trades of it, one each second."""
    rows = rows_of(desk)
    begin_ns = desk.time_ns
    for number in range(count):
        price = 100 + number % 7
        event = Trade(number, "BTC/RUB", price, 1, BUY, 1, "ann", 0, "", 1, 0, 0, 2, "ben", 0, "", 1, 0, 0)
        rows.append((len(rows) + 1, begin_ns + (number + 1) * SECOND, Tick(), [event]))
    return rows


def test_no_piece_of_an_answer_is_long(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """However much is read for it, every piece takes a few times the share of a turn at most, and says so."""
    monkeypatch.setattr(traded_module, "MAX_KEPT_SECONDS_PER_INSTRUMENT", 40)
    desk = Desk()
    list_spot(desk, reference=100)
    rows = trade_at_each_second(desk, 2_500)
    journal = tmp_path / "venue" / "journal"
    monkeypatch.setattr("gateway.index.growing.RUN_ROWS", 1_500)
    write_journal(journal, rows, batch=20, segment_bytes=2**20)
    caught_up(journal).close()
    fanout = Fanout()
    for row in rows:
        fanout.replay(row)
    fanout.channels.end_turn()
    answers = CandleAnswers(fanout, Counters())
    answers.past = Past(journal, fanout, lambda _: None)
    for interval, limit in (("1s", 200), ("10s", 200), ("1m", 200), ("1d", 200)):
        for sort in ("newest", "oldest"):
            query = CandleHistory(id=1, instrument="BTC/RUB", interval=interval, sort=sort, limit=limit)  # type: ignore[arg-type]
            making = answers.history(Heard(), query)  # type: ignore[arg-type]
            pieces = []
            while True:
                try:
                    pieces.append(next(making))
                except StopIteration as done:
                    reply, last = done.value
                    break
            assert len(reply.candles) == min(limit, -(-2_500 // LENGTHS[interval])) or interval in ("1m", "1d")
            # A part of a run: a lookup, and 300 candles; the last one: what is in memory, and a full page.
            assert max(pieces, default=0) <= 2_000
            assert last <= 2_000
            assert (len(pieces) > 2) == (interval in ("1s", "10s"))
