"""Long answers are made in pieces, and what many ask alike is made once."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from engine.vocabulary.limits import (
    ANSWER_PIECE_STEPS,
    LEVEL_STEPS,
    MAX_ANSWER_STEPS,
    MAX_CONNECTIONS,
    MAX_LISTED_ORDERS,
    ROW_STEPS,
)
from engine.vocabulary.messages.commands import CancelOrder
from gateway.inbound.session import Session
from gateway.outbound.channels.book import Book, SnapshotInPieces
from gateway.outbound.channels.channel import PLAIN
from gateway.protocol.wire import JSON, MSGPACK
from tests.support.gateway.inprocess.bench import SUBSCRIBE, answers, benched, enter, order
from tests.support.gateway.inprocess.session_words import heard
from tests.support.gateway.venues.small_venue import NaiveBook

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


@pytest.fixture
def bench(tmp_path):
    with benched(tmp_path) as bench:
        yield bench


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


def test_a_peg_that_moves_is_told_by_the_book_alone_and_its_owner_sees_the_price_of_now(bench):
    alice, bob, stranger = bench.session("alice"), bench.session("bob"), bench.session()
    public = NaiveBook()
    (_, snapshot) = [each for turn in answers(bench, stranger, {**SUBSCRIBE, "id": 1}) for each in turn]
    public.apply(snapshot)

    def asked(session: Any, **request: Any) -> list[dict[str, Any]]:
        told = [each for turn in answers(bench, session, request) for each in turn]
        for each in heard(stranger):
            public.apply(each)
        return told

    def price_of_the_peg() -> str | None:
        ((reply,),) = [asked(alice, type="open_orders", id=9, account="alice")]
        (shown,) = reply["orders"]
        return shown.get("price")

    assert asked(alice, **order("alice", 1, order_type="pegged", peg="own", price="110"))[0]["exec_type"] == "new"
    account = bench.started.exchange.accounts["alice"]
    reports = account.report_seq
    assert price_of_the_peg() is None and public.sides[0] == {}
    asked(bob, **order("bob", 1, side="buy", price="99"))
    assert price_of_the_peg() == "99.0" and list(public.sides[0]) == ["99.0"]
    asked(bob, **order("bob", 2, side="buy", price="100"))
    assert price_of_the_peg() == "100.0" and sorted(public.sides[0]) == ["100.0", "99.0"]
    assert heard(alice) == [] and account.report_seq == reports
    resent = asked(alice, **order("alice", 1, order_type="pegged", peg="own", price="110"))
    assert [(each["exec_type"], each["price"]) for each in resent] == [("status", "100.0")]


# ── subscriptions ──────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_connection_has_so_many_subscriptions_and_no_more(bench, monkeypatch):
    monkeypatch.setattr("gateway.inbound.subscribing.MAX_SUBSCRIPTIONS", 3)
    session, other = bench.session(), bench.session()

    def ask(kind: str, number: int, channel: str, of: Any = session) -> dict[str, Any]:
        request = {"type": kind, "id": number, "channel": channel, "instrument": "BTC/RUB"}
        return next(each for turn in answers(bench, of, request) for each in turn)

    for number, channel in enumerate(("top", "book", "trades")):
        assert ask("subscribe", number, channel)["type"] == "subscribed"
    for channel in ("status", "ticker"):
        refused = ask("subscribe", 4, channel)
        assert (refused["type"], refused["code"], refused["id"]) == ("error", "too_many", 4)
    assert len(session.subscriptions) == 3
    # What it gets already it may ask for again; others have their own; who gives one back has room.
    assert ask("subscribe", 5, "book")["type"] == "subscribed"
    assert ask("subscribe", 6, "status", other)["type"] == "subscribed"
    assert ask("unsubscribe", 7, "top")["type"] == "unsubscribed"
    assert ask("subscribe", 8, "status")["type"] == "subscribed"


def test_one_of_thousands_who_listen_leaves_without_a_search(bench):
    """It is not compared with those who came before it."""
    compared = 0

    class Compared(Session):
        def __eq__(self, other: object) -> bool:
            nonlocal compared
            compared += 1
            return self is other

        __hash__ = object.__hash__

    channel = bench.started.fanout.channels.find("top", "BTC/RUB")
    assert channel is not None
    sessions = [Compared(bench.context, JSON, "abcd") for _ in range(MAX_CONNECTIONS)]
    for session in sessions:
        session.subscriptions.add(session, ("top", "BTC/RUB", PLAIN), channel)
    assert list(channel.subscribers) == sessions
    compared = 0
    for session in reversed(sessions):
        session.end()
    # By their identities; two share a place in a table by chance, now and then.
    assert compared < len(sessions)
    assert not channel.subscribers


@pytest.mark.parametrize(
    ("channel", "options", "said"),
    [("status", {"depth": 10}, "depth: status has none"), ("trades", {"interval": "1s"}, "interval: trades has none")],
)
def test_an_option_that_a_channel_does_not_have_is_named(bench, channel, options, said):
    session = bench.session()
    request = {"type": "subscribe", "id": 1, "channel": channel, "instrument": "BTC/RUB", **options}
    session.receive(JSON.encode(request))
    (answer,) = heard(session)
    assert (answer["type"], answer["code"], answer["detail"]) == ("error", "malformed", said)
    assert not session.subscriptions
