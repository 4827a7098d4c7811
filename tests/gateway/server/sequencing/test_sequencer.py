from __future__ import annotations

from typing import Any

import pytest

from engine.record.rows import decode_command, decode_events
from engine.vocabulary.limits import (
    MAX_OWING_A_TURN,
    MAX_TURN_COMMANDS,
    MOSCOW_OFFSET_NS,
    NS_PER_DAY,
    NS_PER_SECOND,
    OWING_PART,
)
from engine.vocabulary.messages.commands import Sequenced, SetMarginRules, Tick
from gateway.core import new_exchange
from gateway.journal.reader import JournalReader
from gateway.server.sequencing.sequencer import Sequencer
from gateway.server.sequencing.startup import start_venue
from tests.support.gateway.inprocess.bench import benched, order
from tests.support.gateway.inprocess.session_words import said
from tests.support.gateway.venues.clearing_desk import FUTURE
from tests.support.gateway.venues.small_venue import small_venue


@pytest.fixture
def bench(tmp_path):
    with benched(tmp_path) as bench:
        yield bench


def test_a_turn_takes_one_of_each_in_turn(bench):
    sessions = {name: bench.session(name) for name in ("alice", "bob")}
    first = bench.started.exchange.seq
    bench.send(sessions["alice"], *(order("alice", number) for number in range(4)))
    bench.send(sessions["bob"], *(order("bob", number) for number in range(2)))
    bench.turn()
    assert not bench.has_work
    entered = [command.client_order_id for _, _, command in bench.journaled()[first:]]
    assert entered == ["alice-0", "bob-0", "alice-1", "bob-1", "alice-2", "alice-3"]
    assert [seq for seq, _, _ in bench.journaled()] == list(range(1, first + 7))


class Owing:
    """The meter of a connection that has asked too much."""

    is_overdrawn = True

    def admit(self) -> bool:
        return True

    def charge(self, units: int) -> None:
        pass


def test_who_owes_comes_behind_the_others_and_has_few_commands_in_a_turn(bench):
    alice, bob = bench.session("alice"), bench.session("bob")
    alice.meter = Owing()
    first = bench.started.exchange.seq
    bench.send(alice, *(order("alice", number) for number in range(MAX_OWING_A_TURN + 20)))
    bench.send(bob, *(order("bob", number) for number in range(2 * OWING_PART)))
    bench.turn()
    entered = [command.client_order_id.partition("-")[0] for _, _, command in bench.journaled()[first:]]
    # One in so many while others wait, then as many as there may be.
    assert entered[: 2 * OWING_PART] == (["bob"] * (OWING_PART - 1) + ["alice"]) * 2
    assert entered.count("bob") == 2 * OWING_PART
    assert entered.count("alice") == MAX_OWING_A_TURN
    assert bench.sequencer.waiting_requests == 20
    while bench.has_work:
        bench.turn()
    names = [command.client_order_id for _, _, command in bench.journaled()[first:]]
    assert [name for name in names if name.startswith("alice")] == [f"alice-{n}" for n in range(MAX_OWING_A_TURN + 20)]


def test_a_turn_takes_no_more_than_a_batch(bench):
    alice = bench.session("alice")
    first = bench.started.exchange.seq
    bench.send(alice, *(order("alice", number) for number in range(MAX_TURN_COMMANDS + 5)))
    bench.turn()
    assert bench.started.exchange.seq == first + MAX_TURN_COMMANDS
    assert len(alice.frames) == MAX_TURN_COMMANDS
    assert bench.has_work
    bench.turn()
    assert bench.started.exchange.seq == first + MAX_TURN_COMMANDS + 5
    assert not bench.has_work


def test_questions_wait_for_the_commands_before_them_but_no_command_waits_for_a_question(bench, monkeypatch):
    monkeypatch.setattr("gateway.server.sequencing.gathered.MAX_TURN_COMMANDS", 2)
    alice = bench.session("alice")
    bench.send(alice, *(order("alice", number) for number in range(3)))
    bench.send(alice, *({"type": "balances", "id": number, "account": "alice"} for number in (3, 4)))
    bench.send(alice, order("alice", 5))
    replies = []
    while bench.has_work:
        bench.turn()
        replies.append([each["id"] for each in said(alice)])
    assert replies == [[0, 1], [2, 5, 3, 4]]


def test_answers_know_the_commands_before_them(bench):
    alice = bench.session("alice")
    bench.send(alice, order("alice", 1), {"type": "open_orders", "id": 2, "account": "alice"}, order("alice", 3))
    bench.turn()
    *reports, answer = said(alice)
    assert [each["id"] for each in reports] == [1, 3]
    assert (answer["id"], answer["seq"], len(answer["orders"])) == (2, reports[-1]["seq"], 2)


def test_time_never_decreases(bench):
    alice = bench.session("alice")
    times = []
    for number, step in enumerate((1_000, -5_000_000, 7_000_000)):
        bench.now_ns += step
        bench.send(alice, order("alice", number))
        bench.turn()
        times.append(bench.journaled()[-1][1])
        assert said(alice)[0]["transact_time"] == times[-1]
    assert times[0] == times[1] < times[2]


def test_an_idle_venue_wakes_for_what_is_due(bench):
    midnight_ns = bench.started.exchange.next_due_ns()
    assert (midnight_ns + MOSCOW_OFFSET_NS) % NS_PER_DAY == 0
    assert bench.sequencer.due_in_ns() == midnight_ns - bench.now_ns
    bench.now_ns = midnight_ns - 1
    seq = bench.started.exchange.seq
    bench.turn()
    assert bench.started.exchange.seq == seq
    bench.now_ns = midnight_ns + 5
    assert bench.sequencer.due_in_ns() == 0
    bench.turn()
    assert bench.journaled()[-1] == (seq + 1, midnight_ns + 5, Tick())
    assert bench.sequencer.due_in_ns() == NS_PER_DAY - 5


def test_what_a_venue_slept_through_is_journaled_in_pieces_as_it_would_have_been_at_once(tmp_path, monkeypatch):
    monkeypatch.setattr("gateway.server.sequencing.sequencer.CATCH_UP_EVENTS", 40)
    venue = small_venue(FUTURE.replace("mark_interval_s = 86_400", "mark_interval_s = 60"))
    started = start_venue(venue, tmp_path, "os", new_exchange)
    exchange = started.exchange
    slept = exchange.time_ns, exchange.seq
    clock_ns = exchange.time_ns + 14 * NS_PER_DAY
    sequencer = Sequencer(exchange, started.writer, started.fanout, tmp_path, clock=lambda: clock_ns)
    turns = 0
    while sequencer.due_in_ns() == 0:
        sequencer.turn()
        turns += 1
    started.writer.close()
    at_once = new_exchange()
    whole: list[Any] = []
    pieces: list[list[Any]] = []
    for row in JournalReader(tmp_path / "journal").rows():
        if row[0] <= slept[1]:
            at_once.apply(Sequenced(row[0], row[1], decode_command(row[2])))
        else:
            pieces.append(decode_events(row[3]))
            whole += pieces[-1]
    # A command that is no tick finds everything that is due before it, and has all of it done.
    assert (
        whole
        == at_once.apply(Sequenced(slept[1] + 1, clock_ns, SetMarginRules(1 * NS_PER_SECOND)))[: at_once.due_events]
    )
    assert len(whole) > 14 * 1_440
    assert max(len(piece) for piece in pieces) < 200
    assert len(pieces) < len(whole) // 10
    # A turn lets one happen, so that whoever is connected is read in between.
    assert turns == len(pieces)
    assert exchange.time_ns == clock_ns
    assert exchange.next_due_ns() > clock_ns


def test_what_was_sent_to_a_venue_that_slept_waits_until_it_has_caught_up(bench):
    alice = bench.session("alice")
    first = bench.started.exchange.seq
    bench.now_ns += 3 * NS_PER_DAY
    bench.send(alice, order("alice", 1), {"type": "open_orders", "id": 2, "account": "alice"})
    turns = 0
    while bench.has_work:
        assert said(alice) == []
        bench.turn()
        turns += 1
    accepted, answer = said(alice)
    assert (accepted["exec_type"], accepted["transact_time"], len(answer["orders"])) == ("new", bench.now_ns, 1)
    *caught_up, (_, time_ns, entered) = bench.journaled()[first:]
    assert (time_ns, entered.client_order_id) == (bench.now_ns, "alice-1")
    # Nothing stands between them: each midnight at its own time, then the request.
    assert [command for _, _, command in caught_up] == [Tick()] * (turns - 1) == [Tick()] * 3
    assert [(time_ns + MOSCOW_OFFSET_NS) % NS_PER_DAY for _, time_ns, _ in caught_up] == [
        60 * NS_PER_SECOND,
        120 * NS_PER_SECOND,
        240 * NS_PER_SECOND,
    ]


def test_the_next_sleep_is_caught_up_on_in_pieces_as_short_as_the_first(bench):
    pieces = []
    for _ in range(2):
        seq = bench.started.exchange.seq
        bench.now_ns = bench.started.exchange.next_due_ns() + 20 * NS_PER_DAY
        while bench.sequencer.due_in_ns() == 0:
            bench.turn()
        pieces.append(bench.started.exchange.seq - seq)
    assert pieces[0] == pieces[1] > 2


def test_what_a_session_sent_before_it_went_is_carried_out(bench):
    alice = bench.session("alice")
    bench.send(alice, order("alice", 1), {"type": "subscribe", "id": 2, "channel": "top", "instrument": "BTC/RUB"})
    alice.end()
    bench.turn()
    assert len(bench.started.exchange.accounts["alice"].open_orders) == 1
    top = bench.started.fanout.channels.find("top", "BTC/RUB")
    assert top is not None
    assert top.subscribers == {}


def test_what_is_due_is_done_in_pieces_before_what_was_sent_after_a_crash_too(tmp_path):
    with benched(tmp_path, piece_events=5) as bench:
        _expire_in_pieces(bench)


def _expire_in_pieces(bench):
    alice = bench.session("alice")
    until_ns = bench.now_ns + 10 * NS_PER_SECOND
    bench.send(alice, *(order("alice", each, time_in_force="gtd", expire_time=until_ns) for each in range(1, 21)))
    while bench.sequencer.has_work:
        bench.sequencer.turn()
    assert len(said(alice)) == 20
    bench.now_ns = until_ns + 1
    bench.send(alice, order("alice", 21))
    bench.sequencer.turn()
    # A piece of what is due, and nothing of what was sent.
    assert [report["reason"] for report in said(alice)] == ["expired"] * 5
    assert bench.sequencer.due_in_ns() == 0
    bench.started.writer.abandon()

    with benched(bench.directory, piece_events=5) as again:
        again.now_ns = until_ns + 1
        alice = again.session("alice")
        again.send(alice, order("alice", 22))
        heard: list[list[str]] = []
        while again.sequencer.has_work:
            again.sequencer.turn()
            heard.append([report.get("reason", report["exec_type"]) for report in said(alice)])
        assert heard == [["expired"] * 5, ["expired"] * 5, [*["expired"] * 5, "new"]]
        ticks = [command for _, _, command in again.journaled() if isinstance(command, Tick)]
        assert len(ticks) == 4


def rest(bench, session, count):
    bench.send(session, *(order("alice", each) for each in range(count)))
    while bench.has_work:
        bench.turn()
    said(session)


def test_what_a_command_leaves_comes_before_all_else_and_its_reply_behind_it(tmp_path):
    with benched(tmp_path, piece_events=5) as bench:
        alice, bob, other = bench.session("alice"), bench.session("bob"), bench.session("alice")
        rest(bench, alice, 13)
        said(other)
        bench.send(alice, {"type": "mass_cancel", "id": 50, "account": "alice"}, order("alice", 20))
        bench.send(alice, {"type": "open_orders", "id": 51, "account": "alice"})
        bench.send(bob, order("bob", 60, side="sell", price="120"))
        heard = []
        while bench.has_work or bench.sequencer.due_in_ns() == 0:
            bench.turn()
            heard.append([(each["type"], each.get("id", 0)) for each in said(alice)])
            assert said(bob) == [] or len(heard) == 3
        report = ("execution_report", 0)
        assert heard[:2] == [[report] * 5, [report] * 5]
        # The reply is the last of all that the command does.
        last = [*[report] * 3, ("mass_cancelled", 50), ("execution_report", 20), ("open_orders", 51)]
        assert heard[2:] == [last]
        told = [each["type"] for each in said(other)]
        assert told == [*["execution_report"] * 13, "mass_cancelled", "execution_report"]
        commands = [type(command).__name__ for _, _, command in bench.journaled()[-5:]]
        assert commands == ["MassCancel", "Tick", "Tick", "NewOrder", "NewOrder"]


def test_what_is_left_when_the_venue_is_killed_is_carried_on_at_its_next_start(tmp_path):
    with benched(tmp_path, piece_events=5) as bench:
        alice = bench.session("alice")
        rest(bench, alice, 13)
        bench.send(alice, {"type": "mass_cancel", "id": 50, "account": "alice"})
        bench.turn()
        assert len(said(alice)) == 5
        bench.started.writer.abandon()
    with benched(tmp_path, piece_events=5) as again:
        alice = again.session("alice")
        assert again.started.exchange.is_unfinished
        again.send(alice, order("alice", 30))
        heard = []
        while again.has_work:
            again.turn()
            heard += [(each["type"], each.get("id", 0)) for each in said(alice)]
        assert heard == [*[("execution_report", 0)] * 8, ("mass_cancelled", 0), ("execution_report", 30)]
        assert len(again.started.exchange.accounts["alice"].open_orders) == 1


def test_a_supervisor_is_told_when_all_is_done(tmp_path):
    with benched(tmp_path, piece_events=5) as bench:
        alice, supervisor = bench.session("alice"), bench.session("sue")
        rest(bench, alice, 13)
        kill = {"scope": "venue", "key": "", "on": True, "reason": "test"}
        bench.send(supervisor, {"type": "admin", "id": 7, "command": "set_kill_switch", "arguments": kill})
        sent_seq = bench.started.exchange.seq + 1
        replies = []
        while bench.has_work or bench.sequencer.due_in_ns() == 0:
            bench.turn()
            replies.append(said(supervisor))
        assert replies == [[], [], [{"type": "done", "id": 7, "seq": sent_seq}]]


def test_a_batch_ends_by_events_and_by_bytes(bench, monkeypatch):
    alice = bench.session("alice")
    first = bench.started.exchange.seq
    monkeypatch.setattr("gateway.server.sequencing.gathered.MAX_BATCH_EVENTS", 6)
    bench.send(alice, *(order("alice", each) for each in range(8)))
    bench.turn()
    # An order that rests is two events.
    assert bench.started.exchange.seq == first + 3
    monkeypatch.setattr("gateway.server.sequencing.gathered.MAX_BATCH_BYTES", 1)
    bench.turn()
    assert bench.started.exchange.seq == first + 4
    monkeypatch.undo()
    bench.turn()
    assert bench.started.exchange.seq == first + 8 and not bench.has_work


def test_a_batch_ends_by_steps(bench, monkeypatch):
    """By what commands look at, although they bring little."""
    alice = bench.session("alice")
    bench.send(alice, *(order("alice", each) for each in range(5)))
    bench.turn()
    alice.frames.clear()
    first = bench.started.exchange.seq
    monkeypatch.setattr("gateway.server.sequencing.gathered.MAX_BATCH_STEPS", 10)
    none_of_hers = {"type": "mass_cancel", "account": "alice", "side": "sell"}
    bench.send(alice, *({**none_of_hers, "id": each} for each in range(3)))
    bench.turn()
    assert bench.started.exchange.seq == first + 2 and bench.has_work
