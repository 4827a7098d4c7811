"""Answers have a share of each turn, and no connection has more of it than its turn."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from engine.vocabulary.codes import BUY, GTC, LIMIT, SELL
from engine.vocabulary.limits import (
    ANSWER_PIECE_STEPS,
    LEVEL_STEPS,
    MAX_ANSWER_STEPS,
    MAX_INBOX_COMMANDS,
    MAX_LISTED_ORDERS,
    QUESTION_STEPS,
    ROW_STEPS,
)
from engine.vocabulary.messages.commands import CancelOrder, NewOrder
from gateway.core import new_exchange
from gateway.inbound.session import Session
from gateway.outbound.channels.book import Book, SnapshotInPieces
from gateway.protocol.wire import JSON, MSGPACK
from gateway.server.startup import start_venue
from tests.support.gateway.bench import Bench, order
from tests.support.gateway.session_words import heard
from tests.support.gateway.small_venue import NaiveBook, small_venue

E8 = 10**8
SUBSCRIBE = {"type": "subscribe", "channel": "book", "instrument": "BTC/RUB"}
LISTING = """
[[instruments]]
instrument = "BTC/RUB-{number}"
kind = "spot"
base = "BTC"
quote = "RUB"
tick = "0.5"
lot = "0.1"
min_quantity = "0.1"
max_quantity = "1000"
max_notional = "1000000000"
reference_price = "100"
collar_ppm = 100_000
phase = "continuous"
"""


@contextmanager
def benched(directory: Path, extra: str = "") -> Iterator[Bench]:
    venue = small_venue(extra)
    started = start_venue(venue, directory, "os", new_exchange)
    yield Bench(venue, started, directory)
    started.writer.close()


@pytest.fixture
def bench(tmp_path):
    with benched(tmp_path) as bench:
        yield bench


def enter(bench: Bench, name: str, first: int, count: int, levels: int = 1) -> None:
    """Orders that rest, one a level of `levels`: alice's bids below bob's asks."""
    side, base, step = (BUY, 100_000, -1) if name == "alice" else (SELL, 100_001, 1)
    for start in range(first, first + count, 128):
        bench.sequencer.sequence(
            [
                NewOrder(
                    name,
                    name,
                    f"{name}-{number}",
                    "BTC/RUB",
                    side,
                    LIMIT,
                    GTC,
                    (base + step * (number % levels)) * E8 // 2,
                    E8 // 10 * (1 + number % 7),
                )
                for number in range(start, min(start + 128, first + count))
            ]
        )
    bench.started.fanout.dirty.clear()


def answers(bench: Bench, session: Session, *requests: dict[str, Any]) -> list[list[dict[str, Any]]]:
    """What a session is told, turn by turn, until nothing waits any more."""
    bench.send(session, *requests)
    told = []
    while bench.has_work:
        bench.turn()
        told.append(heard(session))
    return told


# ── the share of a turn ────────────────────────────────────────────────────────────────────────────────────────────


def test_connections_that_ask_have_the_share_in_turn(bench):
    sessions = [bench.session() for _ in range(3 * MAX_ANSWER_STEPS // QUESTION_STEPS)]
    for session in sessions:
        bench.send(session, *({**SUBSCRIBE, "channel": "top", "id": number} for number in range(20)))
    answered = [0] * len(sessions)
    while bench.has_work:
        before = sum(answered)
        bench.turn()
        for number, session in enumerate(sessions):
            answered[number] += sum("id" in each for each in heard(session))
        assert 0 < sum(answered) - before <= (MAX_ANSWER_STEPS + ANSWER_PIECE_STEPS) // QUESTION_STEPS
        # Nobody is ahead by more than a turn's work.
        assert max(answered) - min(answered) <= 1 + ANSWER_PIECE_STEPS // QUESTION_STEPS
    assert answered == [20] * len(sessions)


def test_who_asks_for_much_waits_longer_for_the_next(bench):
    enter(bench, "alice", 0, MAX_LISTED_ORDERS)
    alice, bob = bench.session("alice"), bench.session("bob")
    bench.send(alice, *({"type": "open_orders", "id": number, "account": "alice"} for number in range(20)))
    bench.send(bob, *({"type": "balances", "id": number, "account": "bob"} for number in range(200)))
    pages, short = 0, 0
    while short < 200:
        bench.turn()
        pages += len(heard(alice))
        short += len(heard(bob))
    # As much work for one as for the other.
    work = 200 * (QUESTION_STEPS + 2 * ROW_STEPS)
    page = QUESTION_STEPS + MAX_LISTED_ORDERS * ROW_STEPS
    assert abs(work / page - pages) <= 2


def test_a_long_answer_takes_a_share_of_each_turn_and_lets_others_pass(bench):
    enter(bench, "alice", 0, 3_000)
    alice, bob = bench.session("alice"), bench.session("bob")
    bench.send(alice, {"type": "resume", "id": 1, "account": "alice", "after_seq": 2})
    told: list[dict[str, Any]] = []
    most = 0
    for number in range(10_000):
        bench.send(bob, order("bob", number), {"type": "balances", "id": 10_000 + number, "account": "bob"})
        bench.turn()
        # What bob sends is answered in the same turn, whatever else is asked.
        assert [each["id"] for each in heard(bob)] == [number, 10_000 + number]
        told += (page := heard(alice))
        most = max(most, len(page))
        if told[-1]["type"] == "resumed":
            break
    assert [each["seq"] for each in told] == [*range(3, 3_003), 3_002]
    assert told[-1] == {"type": "resumed", "id": 1, "account": "alice", "seq": 3_002, "snapshot": False}
    assert most <= (MAX_ANSWER_STEPS + ANSWER_PIECE_STEPS) // ROW_STEPS
    assert number >= 3_000 // most


def test_what_a_piece_takes_too_much_the_next_turns_go_without(bench):
    enter(bench, "alice", 0, MAX_LISTED_ORDERS)
    alice, bob = bench.session("alice"), bench.session("bob")
    bench.send(alice, {"type": "open_orders", "id": 1, "account": "alice"})
    bench.turn()
    assert len(heard(alice)[0]["orders"]) == MAX_LISTED_ORDERS
    bench.send(bob, order("bob", 1), {"type": "balances", "id": 2, "account": "bob"})
    turns = []
    while bench.has_work:
        bench.turn()
        turns.append([each["id"] for each in heard(bob)])
    owed = MAX_LISTED_ORDERS * ROW_STEPS + QUESTION_STEPS - MAX_ANSWER_STEPS
    assert turns == [[1], *[[]] * (owed // MAX_ANSWER_STEPS - 1), [2]]


def test_what_a_gone_connection_asked_is_dropped_and_what_it_commanded_is_not(bench):
    enter(bench, "alice", 0, 1_000, levels=1_000)
    seq = bench.started.exchange.seq
    gone = [bench.session("alice") for _ in range(3)]
    for number, session in enumerate(gone):
        questions: list[dict[str, Any]] = [
            {"type": "instruments"},
            {"type": "resume", "account": "alice", "after_seq": 0},
            SUBSCRIBE,
        ]
        for each in (questions[number:] + questions[:number]) * (MAX_INBOX_COMMANDS // 4):
            bench.send(session, {**each, "id": 1})
        bench.send(session, order("alice", 10_000 + number))
    bench.turn()
    for session in gone:
        session.frames.clear()
        bench.send(session, order("alice", 20_000 + gone.index(session)))
        session.end()
    bench.turn()
    assert bench.started.exchange.seq == seq + 6
    assert [[each["type"] for each in heard(session)] for session in gone] == [["execution_report"]] * 3
    assert (bench.has_work, bench.sequencer.waiting_requests) == (False, 0)
    book = bench.started.fanout.channels.find("book", "BTC/RUB")
    assert book is not None
    # Nor does anything go on listening to a book for a snapshot that nobody waits for.
    assert book.subscribers == []
    assert bench.context.leaving["alice"] == 0


def test_who_does_not_read_is_not_answered_until_he_does(bench):
    enter(bench, "alice", 0, 1_000)
    alice, bob = bench.session("alice"), bench.session("bob")
    bench.send(alice, {"type": "resume", "id": 1, "account": "alice", "after_seq": 2})
    bench.turn()
    first = heard(alice)
    alice.is_backed_up = True
    bench.send(alice, order("alice", 10_000))
    bench.send(bob, {"type": "balances", "id": 2, "account": "bob"})
    bench.turn()
    bench.turn()
    assert [each["type"] for each in heard(bob)] == ["balances"]
    # Her commands are carried out and reported; nothing turns for her answer meanwhile.
    assert [each["client_order_id"] for each in heard(alice)] == ["alice-10000"]
    assert not bench.has_work
    alice.is_backed_up = False
    rest = [each for told in answers(bench, alice) for each in told]
    assert [each["seq"] for each in first + rest] == [*range(3, 1_004), 1_003]


def test_nothing_is_kept_for_a_snapshot_while_who_wants_it_does_not_read(bench):
    enter(bench, "alice", 0, 1_000, levels=1_000)
    book = bench.started.fanout.channels.find("book", "BTC/RUB")
    assert book is not None
    slow = bench.session()
    bench.send(slow, {**SUBSCRIBE, "id": 1})
    bench.turn()
    assert [type(each) for each in book.subscribers] == [SnapshotInPieces]
    slow.is_backed_up = True
    bench.turn()
    assert book.subscribers == []
    enter(bench, "alice", 1_000, 1)
    slow.is_backed_up = False
    subscribed, snapshot = [each for turn in answers(bench, slow) for each in turn]
    # As the book is when it reads again, and all of it.
    assert subscribed["seq"] == snapshot["seq"] == book.seq
    assert len(snapshot["bids"]) == 1_000


def test_reports_that_are_not_kept_until_their_turn_comes_are_said_to_be_missing(tmp_path, monkeypatch):
    monkeypatch.setattr("gateway.outbound.private_reports.reports.MAX_RECENT_REPORTS", 1_000)
    with benched(tmp_path) as bench:
        enter(bench, "alice", 0, 1_000)
        sue = bench.session("sue")
        bench.send(sue, {"type": "resume", "id": 1, "account": "alice", "after_seq": 2})
        bench.turn()
        first = heard(sue)
        assert [each["seq"] for each in first] == list(range(3, 3 + len(first)))
        enter(bench, "alice", 1_000, len(first) + 1)
        bench.turn()
        missing = {"type": "resumed", "id": 1, "account": "alice", "seq": 1_003 + len(first), "snapshot": True}
        assert heard(sue) == [missing]


def test_a_resume_ends_with_the_last_report_there_is(bench):
    """Who resumes can't place reports that come in between: at the end they have come in their place, too."""
    enter(bench, "alice", 0, 1_000)
    sue = bench.session("sue")
    bench.send(sue, {"type": "resume", "id": 1, "account": "alice", "after_seq": 2})
    bench.turn()
    told = heard(sue)
    enter(bench, "alice", 1_000, 50)
    told += [each for turn in answers(bench, sue) for each in turn]
    assert [each["seq"] for each in told] == [*range(3, 1_053), 1_052]


# ── books ──────────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("codec", [JSON, MSGPACK], ids=["json", "msgpack"])
def test_a_book_goes_on_while_its_snapshot_is_made(bench, codec):
    enter(bench, "alice", 0, 900, levels=900)
    enter(bench, "bob", 0, 900, levels=900)
    early, late = bench.session(codec=MSGPACK), bench.session(codec=codec)
    books = {early: NaiveBook(), late: NaiveBook()}
    (subscribed, snapshot) = [each for turn in answers(bench, early, {**SUBSCRIBE, "id": 1}) for each in turn]
    books[early].apply(snapshot)
    assert (subscribed["type"], subscribed["id"], len(books[early].sides[0])) == ("subscribed", 1, 900)

    bench.send(late, {**SUBSCRIBE, "id": 2})
    turns = 0
    number = 10_000
    while bench.has_work:
        # Levels go that were copied, encoded or not; others come, some far behind, and go again.
        for name in ("alice", "bob"):
            for place in (turns, 899 - turns):
                cancel = CancelOrder(name, name, 0, f"{name}-{place}")
                bench.sequencer.sequence([cancel])
            enter(bench, name, number, 3, levels=1_300)
        number += 3
        bench.turn()
        turns += 1
        for message in heard(early):
            books[early].apply(message)
    enter(bench, "alice", 30_000, 1)
    assert turns >= 1_800 * LEVEL_STEPS // (MAX_ANSWER_STEPS + ANSWER_PIECE_STEPS)
    subscribed, snapshot, *updates = heard(late)
    assert (subscribed["id"], subscribed["seq"], snapshot["type"]) == (2, snapshot["seq"], "book_snapshot")
    assert len(updates) > turns
    books[late].apply(snapshot)
    assert len(books[late].sides[0]) >= 899
    for message in updates:
        books[late].apply(message)
    for message in heard(early):
        books[early].apply(message)
    assert books[late].seq == books[early].seq
    assert books[late].sides == books[early].sides


def test_a_snapshot_is_made_once_for_all_who_ask_meanwhile(bench, monkeypatch):
    enter(bench, "alice", 0, 2_000, levels=2_000)
    made = _counted(monkeypatch, SnapshotInPieces)
    sessions = [bench.session() for _ in range(20)]
    for session in sessions[:10]:
        bench.send(session, {**SUBSCRIBE, "id": 1})
    bench.turn()
    for session in sessions[10:]:
        bench.send(session, {**SUBSCRIBE, "id": 1})
    while bench.has_work:
        bench.turn()
    told = [heard(session) for session in sessions]
    assert all(each == told[0] for each in told)
    assert len(told[0][1]["bids"]) == 2_000
    # As many pieces as one answer has.
    assert sum(steps > 0 for steps in made) == -(-2_000 // (ANSWER_PIECE_STEPS // LEVEL_STEPS))
    book = bench.started.fanout.channels.find("book", "BTC/RUB")
    assert isinstance(book, Book)
    assert set(book.subscribers) == set(sessions)


def _counted(monkeypatch: pytest.MonkeyPatch, kind: Any) -> list[int]:
    """The steps of each piece that is made from now on."""
    made: list[int] = []
    make: Callable[[Any], int] = kind.make

    def count(self: Any) -> int:
        made.append(make(self))
        return made[-1]

    monkeypatch.setattr(kind, "make", count)
    return made


def test_an_empty_book_has_a_snapshot(bench):
    ((subscribed, snapshot),) = answers(bench, bench.session(), {**SUBSCRIBE, "id": 1})
    assert (subscribed["id"], snapshot["bids"], snapshot["asks"], snapshot["checksum"]) == (1, [], [], 0)


# ── instruments ────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.fixture
def many(tmp_path):
    with benched(tmp_path, "".join(LISTING.format(number=number) for number in range(299))) as bench:
        yield bench


@pytest.mark.parametrize("codec", [JSON, MSGPACK], ids=["json", "msgpack"])
def test_a_long_list_of_instruments_is_made_in_pieces_once_for_all_who_ask(many, codec):
    sessions = [many.session(codec=codec) for _ in range(5)]
    for session in sessions:
        many.send(session, {"type": "instruments", "id": 7})
    turns = 0
    while many.has_work:
        many.turn()
        turns += 1
    assert 300 * ROW_STEPS // MAX_ANSWER_STEPS <= turns <= 5
    for session in sessions:
        (reply,) = heard(session)
        names = [each["instrument"] for each in reply["instruments"]]
        assert names == ["BTC/RUB", *(f"BTC/RUB-{number}" for number in range(299))]
        assert (reply["type"], reply["id"]) == ("instruments", 7)


def test_a_list_knows_what_was_commanded_before_it_was_asked_for(many):
    stranger, otto = many.session(), many.session("otto")
    many.send(stranger, {"type": "instruments", "id": 1})
    many.turn()
    halt = {"instrument": "BTC/RUB", "phase": "halted"}
    many.send(
        otto,
        {"type": "admin", "id": 2, "command": "set_phase", "arguments": halt},
        {"type": "instruments", "id": 3},
    )
    while many.has_work:
        many.turn()
    # His list was begun after the halt; the other one had passed the instrument by then.
    done, listed = heard(otto)
    assert (done["type"], listed["instruments"][0]["phase"]) == ("done", "halted")
    assert heard(stranger)[0]["instruments"][0]["phase"] == "continuous"


# ── orders ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_open_orders_are_listed_page_by_page(bench):
    enter(bench, "alice", 0, 2 * MAX_LISTED_ORDERS + 5)
    alice = bench.session("alice")
    listed: list[int] = []
    sizes = []
    more = True
    while more:
        after = listed[-1] if listed else 0
        asked = {"type": "open_orders", "id": 1, "account": "alice", "after_order_id": after}
        (reply,) = [each for turn in answers(bench, alice, asked) for each in turn]
        listed += (page := [each["order_id"] for each in reply["orders"]])
        sizes.append(len(page))
        more = reply.get("more", False)
    assert sizes == [MAX_LISTED_ORDERS, MAX_LISTED_ORDERS, 5]
    assert listed == sorted(bench.started.exchange.accounts["alice"].open_orders)
