"""Answers have a share of the venue's work, and no connection has more of it than its turn."""

from __future__ import annotations

from typing import Any

import pytest

from engine.build import is_compiled
from engine.vocabulary.limits import (
    ANSWER_PIECE_STEPS,
    MAX_ANSWER_STEPS,
    MAX_INBOX_COMMANDS,
    MAX_LISTED_ORDERS,
    QUESTION_STEPS,
    ROW_STEPS,
)
from gateway.outbound.channels.book import SnapshotInPieces
from tests.support.gateway.inprocess.bench import SUBSCRIBE, answers, benched, enter, order
from tests.support.gateway.inprocess.session_words import heard


@pytest.fixture
def bench(tmp_path):
    with benched(tmp_path) as bench:
        yield bench


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


def test_who_asks_now_and_then_does_not_wait_for_those_who_ask_without_end(bench):
    asking = [bench.session() for _ in range(20)]
    for session in asking:
        bench.send(session, *({**SUBSCRIBE, "channel": "top", "id": number} for number in range(60)))
    # One participant asks without end as well, on two connections: he is no better than the others.
    flooding = [bench.session("alice") for _ in range(2)]
    for session in flooding:
        bench.send(session, *({"type": "balances", "id": number, "account": "alice"} for number in range(60)))
    bench.turn()
    bob = bench.session("bob")
    for number in range(5):
        bench.send(bob, {"type": "balances", "id": number, "account": "bob"})
        bench.turn()
        assert [each["id"] for each in heard(bob)] == [number]
    assert bench.has_work
    while bench.has_work:
        bench.turn()
    assert sum("id" in each for session in asking for each in heard(session)) == 20 * 60
    assert [len(heard(session)) for session in flooding] == [60, 60]


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


def test_who_asked_for_much_a_while_ago_does_not_wait_any_more(bench):
    enter(bench, "alice", 0, MAX_LISTED_ORDERS)
    asking = [bench.session() for _ in range(20)]
    alice = bench.session("alice")

    def turn() -> bool:
        """A turn in which the others ask again as much as can be answered; whether alice is answered."""
        for session in asking:
            bench.send(session, *({**SUBSCRIBE, "channel": "top", "id": 1} for _ in range(2)))
        bench.turn()
        return bool([heard(session) for session in (*asking, alice)][-1])

    def waited(message: dict[str, Any]) -> int:
        """How many turns alice waits for an answer."""
        bench.send(alice, {**message, "id": 1, "account": "alice"})
        turns = 1
        while not turn():
            turns += 1
        return turns

    # What she took too much, the others have meanwhile.
    meanwhile = MAX_LISTED_ORDERS * ROW_STEPS * len(asking) // MAX_ANSWER_STEPS + 1
    found = []
    for turns in (0, meanwhile):
        waited({"type": "open_orders"})
        for _ in range(turns):
            turn()
        found.append(waited({"type": "balances"}))
        assert bench.has_work
        for _ in range(meanwhile):
            turn()
    assert found[0] > found[1] == 1


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
    assert book.subscribers == {}
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
    assert book.subscribers == {}
    enter(bench, "alice", 1_000, 1)
    slow.is_backed_up = False
    subscribed, snapshot = [each for turn in answers(bench, slow) for each in turn]
    # As the book is when it reads again, and all of it.
    assert subscribed["seq"] == snapshot["seq"] == book.seq
    assert len(snapshot["bids"]) == 1_000


@pytest.mark.skipif(is_compiled(), reason="a compiled module has its bounds built in")
def test_reports_that_are_not_kept_until_their_turn_comes_are_said_to_be_missing(tmp_path, monkeypatch):
    monkeypatch.setattr("gateway.outbound.private_reports.recent.MAX_RECENT_REPORTS", 1_000)
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
