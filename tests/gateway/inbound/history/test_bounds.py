"""What one answer costs depends neither on how long an account's past is nor on how many accounts there are."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest

from engine.vocabulary.codes import SPOT
from engine.vocabulary.messages.commands import ListInstrument
from engine.vocabulary.messages.events import InstrumentListed
from gateway.inbound.history.answers import PastAnswers
from gateway.inbound.history.past import Past
from gateway.index.index import index_directory
from gateway.protocol import messages as m
from gateway.server.sequencing.startup import Started
from tests.support.gateway.inprocess.saved_venue import save, started, trade
from tests.support.gateway.journal.indexes import caught_up


class Asked:
    """A venue that began with a snapshot, what its answers cost, and how many rows they read."""

    def __init__(self, directory: Path, commands: int, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("gateway.index.growing.RUN_ROWS", 300)
        venue = started(directory)
        trade(venue, 5, commands, batch=16)
        venue.writer.close()
        save(directory)
        caught_up(directory / "journal").close()
        self.venue: Started = started(directory)
        self.rows: list[int] = []
        self.answers = PastAnswers(self.venue.exchange, self.venue.fanout)
        past = self.answers.past = Past(directory / "journal", self.venue.fanout, lambda _: None)
        read = past.row

        def counted(rows: Any, seq: int) -> Any:
            self.rows.append(seq)
            return read(rows, seq)

        monkeypatch.setattr(past, "row", counted)

    def ask(self, query: Any) -> tuple[Any, list[int]]:
        """The answer, and the steps of each of its pieces."""
        self.rows.clear()
        making = self.answers.answer(object(), query)
        steps = []
        while True:
            try:
                steps.append(next(making))
            except StopIteration as done:
                message, last = done.value
                return message, [*steps, last]


@pytest.mark.parametrize("commands", [400, 1_600])
def test_a_page_reads_what_it_tells(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, commands: int) -> None:
    asked = Asked(tmp_path, commands, monkeypatch)
    for sort in ("newest", "oldest"):
        reply, steps = asked.ask(m.Fills(id=1, account="alice", limit=20, sort=sort))
        assert len(reply.fills) == 20
        assert reply.more
        assert 1 < len(asked.rows) <= 42
        again, _ = asked.ask(m.Fills(id=1, account="alice", limit=20, sort=sort, cursor=reply.cursor))
        assert len(asked.rows) <= 43
        assert not {fill.seq for fill in again.fills} & {fill.seq for fill in reply.fills}
        # No piece is long, however many rows the venue had to index first.
        assert max(steps) < 3_000
    _, steps = asked.ask(m.OrderHistory(id=1, account="bob", limit=10))
    assert len(asked.rows) < 200
    assert sum(steps) < 60_000
    asked.venue.writer.close()


def test_who_finds_nothing_has_read_no_more_than_anybody(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gateway.inbound.history.looking.MAX_PAST_ROWS", 40)
    asked = Asked(tmp_path, 1_000, monkeypatch)
    # Nobody has traded it.
    listed = ListInstrument("ETH/RUB", SPOT, "BTC", "RUB", 10**8, 10**7, 10**7, 10**11, 10**8, 100_000)
    ((_, _, _, events),) = asked.venue.sequencer.sequence([listed])
    assert type(events[0]) is InstrumentListed
    reply, _ = asked.ask(m.Fills(id=1, account="alice", limit=20, instrument="ETH/RUB"))
    assert (reply.fills, reply.more) == ([], True)
    assert len(asked.rows) <= 40 + 20
    pages = 1
    while reply.more:
        reply, _ = asked.ask(m.Fills(id=1, account="alice", limit=20, instrument="ETH/RUB", cursor=reply.cursor))
        assert (reply.fills, len(asked.rows) <= 60) == ([], True)
        pages += 1
    assert 3 < pages < 30
    asked.venue.writer.close()


def test_an_order_with_a_long_life_is_not_summed_up_but_its_end_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("gateway.inbound.history.orders.MAX_PAST_ROWS", 3)
    monkeypatch.setattr("gateway.inbound.history.orders._LAST_ROWS", 2)
    asked = Asked(tmp_path, 1_200, monkeypatch)
    orders, cursor = [], None
    while True:
        reply, _ = asked.ask(m.OrderHistory(id=1, account="alice", limit=200, cursor=cursor))
        orders += reply.orders
        cursor = reply.cursor
        if cursor is None:
            break
    long = [order for order in orders if order.order_status != "rejected" and order.fills is None]
    assert long
    for order in long:
        assert (order.order_status in ("filled", "cancelled"), order.leaves_quantity) == (True, "0.0")
        assert (order.fee, order.average_price, order.entered is not None) == (None, None, True)
    asked.venue.writer.close()


def test_without_a_journal_what_is_kept_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = Asked(tmp_path, 300, monkeypatch)
    asked.answers.past = None
    reply, _ = asked.ask(m.Fills(id=1, account="alice"))
    assert (reply.fills, reply.truncated, reply.more) == ([], True, False)
    trade(asked.venue, 6, 200)
    reply, _ = asked.ask(m.Fills(id=1, account="alice", limit=200))
    assert len(reply.fills) > 5
    assert (reply.truncated, asked.rows) == (True, [])
    asked.venue.writer.close()


def test_without_a_follower_each_row_is_taken_in_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gateway.outbound.private_reports.recent.MAX_RECENT_REPORTS", 8)
    asked = Asked(tmp_path, 600, monkeypatch)
    monkeypatch.setattr("gateway.inbound.history.past.RUN_ROWS", 100)
    shutil.rmtree(index_directory(tmp_path / "journal"))
    first, steps = asked.ask(m.Fills(id=1, account="alice", limit=10))
    assert sum(steps) > 600 * 40
    trade(asked.venue, 6, 100)
    asked.venue.fanout.dirty.clear()
    later, steps = asked.ask(m.Fills(id=1, account="alice", limit=10))
    assert later.fills[0].seq > first.fills[0].seq
    assert not later.truncated
    # The hundred that are new, and the page; not the six hundred once more.
    assert sum(steps) < 300 * 40
    # A follower has come: what it saved is not kept in memory any more.
    caught_up(tmp_path / "journal").close()
    trade(asked.venue, 7, 100)
    again, _ = asked.ask(m.Fills(id=1, account="alice", limit=10))
    assert again.fills[0].seq > later.fills[0].seq
    index = asked.answers.past._index if asked.answers.past is not None else None
    assert index is not None
    assert index.unsaved_rows < 400 < index.last_seq
    asked.venue.writer.close()
