"""A session walked into at random moments: what is seen there is what was there."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from engine.book.entities import Order
from engine.book.order_book import LimitOrderBook
from engine.exchange import Exchange
from engine.vocabulary.codes import BUY, SELL
from engine.vocabulary.messages.events import OrderAccepted
from gateway.cli.inspecting.at import command as at_command
from gateway.cli.inspecting.order import command as order_command
from gateway.index.index import Index
from gateway.session.life import Life
from gateway.session.moments import Moment, parse_moment
from gateway.session.recorded import NoSuchMoment, Recorded
from gateway.snapshots.folder import folder_beside, list_snapshots, snapshot_name
from tests.support.gateway.inprocess.saved_venue import save, traded
from tests.support.gateway.journal.replayed import replayed
from tests.support.gateway.reporting.explained_story import Story

SEEDS = range(1, 5)
COMMANDS = 150


@pytest.fixture(scope="module")
def venue(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A venue that was stopped and started again, with a snapshot after each time but the last."""
    directory = tmp_path_factory.mktemp("venue")
    for seed in SEEDS:
        traded(directory, seed, COMMANDS)
        if seed != SEEDS[-1]:
            save(directory)
    return directory


@pytest.fixture
def session(venue: Path) -> Iterator[Recorded]:
    found = Recorded(venue / "journal")
    for _ in found.open():
        pass
    yield found
    found.close()


def seen(exchange: Exchange) -> list[object]:
    """What of a state is compared: books with their queues, balances, ids."""
    return [
        exchange.seq,
        exchange.time_ns,
        [
            [[order.order_id, order.leaves_lots] for side in (BUY, SELL) for order in book.orders(side)]
            for book in exchange.book_list
        ],
        [
            [index, each.available, each.reserved]
            for account in exchange.account_list
            for index, each in account.balances.items()
        ],
        [account.report_seq for account in exchange.account_list],
        [book.last_trade_ticks for book in exchange.book_list],
    ]


def test_the_state_is_that_of_a_whole_replay(venue: Path, session: Recorded) -> None:
    states = [seen(exchange) for exchange in replayed(venue)]
    assert len(states) == session.last_seq
    snapshots = list_snapshots(folder_beside(venue / "journal"))
    assert len(snapshots) == len(SEEDS) - 1
    chance = random.Random(5)
    wanted = [
        *snapshots,
        *[seq + 1 for seq in snapshots],
        1,
        session.last_seq,
        *(chance.randint(1, len(states)) for _ in range(25)),
    ]
    for seq in wanted:
        walk = session.walk(seq)
        for _ in walk.go_on():
            pass
        assert seen(walk.exchange) == states[seq - 1]
        assert walk.began_with == max((each for each in snapshots if each <= seq), default=0)
        walk.exchange.check()
        walk.close()
    assert session.notes == []


def test_a_damaged_snapshot_is_done_without(venue: Path, session: Recorded, tmp_path: Path) -> None:
    folder = folder_beside(venue / "journal")
    newest = list_snapshots(folder)[-1]
    path = folder / snapshot_name(newest)
    data = path.read_bytes()
    try:
        path.write_bytes(data[:100] + bytes([data[100] ^ 1]) + data[101:])
        walk = session.walk(session.last_seq)
        assert walk.began_with == list_snapshots(folder)[-2]
    finally:
        path.write_bytes(data)
    assert [note.startswith(path.name) for note in session.notes] == [True]


def test_moments_are_found(venue: Path, session: Recorded) -> None:
    times = [exchange.time_ns for exchange in replayed(venue)]
    chance = random.Random(6)
    for _ in range(50):
        time_ns = chance.randint(times[0], times[-1] + 10)
        assert session.seq_of(Moment(time_ns=time_ns)) == sum(each <= time_ns for each in times)
    assert session.seq_of(parse_moment("0s", session.begin_ns)) == sum(each == times[0] for each in times)
    assert session.seq_of(Moment(seq=7)) == 7
    for moment, words in ((Moment(seq=10**9), "ends with"), (Moment(time_ns=times[0] - 1), "before")):
        with pytest.raises(NoSuchMoment, match=words):
            session.seq_of(moment)


def queue_of(order: Order) -> tuple[int, int, int, int]:
    """An order's place, orders at its price, lots ahead there, lots at better prices: counted along the whole side."""
    book: LimitOrderBook = order.book
    place = count = ahead = better = 0
    is_passed = False
    for each in book.orders(order.side):
        if each.price_ticks != order.price_ticks:
            better += 0 if is_passed or count else each.shown_lots
            continue
        count += 1
        if each is order:
            is_passed, place = True, count
        elif not is_passed:
            ahead += each.shown_lots
    return place, count, ahead, better


def test_an_order_s_place_is_the_engine_s(venue: Path, session: Recorded) -> None:
    """Of every order that rested: after each command, its place as counted in a whole replay."""
    places: dict[int, list[tuple[int, tuple[int, int, int, int]]]] = {}
    for exchange in replayed(venue):
        for account in exchange.account_list:
            for order_id, order in account.open_orders.items():
                moves = places.setdefault(order_id, [])
                queue = queue_of(order)
                if not moves or moves[-1][1] != queue:
                    moves.append((exchange.seq, queue))
    chance = random.Random(7)
    moved = 0
    for order_id in chance.sample(sorted(places), 25):
        life = Life(session, order_id)
        for _ in life.follow(10**6):
            pass
        quantity = life.reference.formats.instruments["BTC/RUB"].quantity
        expected = [
            (
                seq,
                {
                    "place": place,
                    "orders_at_price": count,
                    "ahead_at_price": quantity[ahead],
                    "ahead_at_better_prices": quantity[better],
                },
            )
            for seq, (place, count, ahead, better) in places[order_id]
        ]
        assert [(move.seq, move.queue) for move in life.moves] == expected
        moved += len(expected)
    assert moved > 100


# ── the commands ───────────────────────────────────────────────────────────────────────────────────────────────────


def run(command: Any, *arguments: object) -> Result:
    return CliRunner().invoke(command, [str(each) for each in arguments], catch_exceptions=False)


def test_what_a_supervisor_sees_at_a_moment(venue: Path) -> None:
    states = list_snapshots(folder_beside(venue / "journal"))
    seq = states[1] + 40
    exchange = next(each for each in replayed(venue) if each.seq == seq)
    found = json.loads(run(at_command, venue, seq, "--book", "BTC/RUB", "--investor", "bob", "--json").stdout)
    assert (found["seq"], found["trades"]) == (seq, exchange.trades)
    book = exchange.books["BTC/RUB"]
    for side, name in ((BUY, "bids"), (SELL, "asks")):
        levels = [(ticks / 2, lots / 10) for ticks, lots in book.levels(side, 10)]
        assert [(float(each["price"]), float(each["quantity"])) for each in found["book"][name]] == levels
    (account,) = found["investor"]["accounts"]
    assert [each["order_id"] for each in account["orders"]] == list(exchange.accounts["bob"].open_orders)
    text = run(at_command, venue, seq, "--book", "BTC/RUB", "--investor", "bob").stdout
    assert f"after sequence number {seq}, " in text
    assert "bob: qualified_firm" in text
    assert max(map(len, text.splitlines()[1:])) <= 80
    assert "BTC/RUB" in run(at_command, venue).stdout


def test_what_a_supervisor_sees_of_an_order(venue: Path, session: Recorded) -> None:
    filled = next(
        order_id
        for exchange in replayed(venue)
        for account in exchange.account_list
        for order_id, order in account.open_orders.items()
        if order.filled_lots
    )
    text = run(order_command, venue, filled).stdout
    assert f"order {filled}\n" in text
    assert "accepted: " in text
    assert " as maker, " in text or " as taker, " in text
    found = json.loads(run(order_command, venue, filled, "--json").stdout)
    assert found["steps"][0]["what"] == "accepted"
    assert found["queue"]
    short = json.loads(run(order_command, venue, filled, "--follow", 1, "--json").stdout)
    assert short["queue_known_to"] == found["steps"][0]["seq"] + 1


def test_what_is_refused(venue: Path, tmp_path: Path) -> None:
    for found, words in (
        (run(at_command, venue, "soon"), "is no moment"),
        (run(at_command, venue, 10**9), "the session ends with"),
        (run(at_command, venue, "2000-01-01"), "before the session's first command, which came at "),
        (run(at_command, venue, "--book", "GOLD"), "the session then has no instrument GOLD; it has BTC/RUB"),
        (run(at_command, venue, "--book", "btc-rub"), "has no instrument btc-rub; did you mean BTC/RUB"),
        (run(at_command, venue, "--investor", "x"), "the session then has no investor x"),
        (run(order_command, venue, 3), "no order 3"),
        (run(at_command, tmp_path), "no journal"),
    ):
        assert found.exit_code == 2
        assert words in found.output


def test_others_may_keep_the_index_while_somebody_walks(venue: Path, session: Recorded) -> None:
    other = Index(venue / "journal")
    assert other.hold()
    other.close()


def test_an_order_with_a_number_of_its_own_is_a_moment(tmp_path: Path) -> None:
    """Those of a ladder are numbered beyond all commands."""
    story = Story(tmp_path)
    session = Recorded(tmp_path)
    for _ in session.open():
        pass
    ladder = story.steps["ladder"]
    (*_, last) = (
        event.order_id
        for seq, _, _, events in story.venue.rows
        for event in events
        if seq == ladder and isinstance(event, OrderAccepted)
    )
    assert last > session.last_seq
    assert session.seq_of(parse_moment(str(last), session.begin_ns)) == ladder
    with pytest.raises(NoSuchMoment, match=f"ends with sequence number {session.last_seq}, and has no order {2**62}"):
        session.seq_of(Moment(seq=2**62))
    session.close()
