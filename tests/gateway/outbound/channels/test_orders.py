"""The book order by order: its fold is the queue in which the engine matches, and it says no more than that."""

from __future__ import annotations

import random

import pytest

from engine.exchange import Exchange
from engine.record.rows import Row
from engine.vocabulary import codes
from engine.vocabulary.codes import BUY, SIDES
from engine.vocabulary.messages.commands import AmendOrder, NewOrder, SetPhase
from engine.vocabulary.messages.events import BookAdded, BookChanged
from gateway.outbound.channels.orders import Orders, QueueInPieces, QueueSum
from gateway.outbound.fanout import Fanout
from gateway.protocol.wire import JSON
from tests.support.engine.checks.comparison import NamesOwners, SideBySide
from tests.support.engine.desks.desk import E8, Desk, list_spot, open_account
from tests.support.engine.draws.generator import FEATURES
from tests.support.gateway.feeds.listened import copied
from tests.support.gateway.feeds.market_flow import rows_of
from tests.support.gateway.feeds.queues import NaiveQueue, QueueReader, content

NAME = "BTC/RUB"


class Session:
    """A random session of orders of all types in all phases, fed turn by turn to readers who come and go."""

    def __init__(self, seed: int, steps: int) -> None:
        self.chance = random.Random(seed)
        drawn = SideBySide(random.Random(seed).randrange, FEATURES)
        for _ in range(steps):
            drawn.step()
        self.history = drawn.history
        self.place = 0
        self.exchange = Exchange(NamesOwners())
        drawn.limit(self.exchange)
        self.fanout = Fanout()
        self.readers: list[QueueReader] = []

    def orders(self, name: str) -> Orders:
        orders = self.fanout.channels.find("orders", name)
        assert isinstance(orders, Orders)
        return orders

    def turn(self, commands: int) -> None:
        """Carry out a turn, and let readers take in what it tells."""
        channels, out = self.fanout.channels, []
        for sequenced in self.history[self.place : self.place + commands]:
            events = self.exchange.apply(sequenced)
            row: Row = (sequenced.seq, sequenced.time_ns, sequenced.command, events)
            for event in events:
                self.fanout.formats.learn(event)
            out += channels.follow(row[0], row[1], events, precede=True)
            out += channels.follow(row[0], row[1], events)
        self.place += commands
        out += channels.end_turn()
        for outboxes, message in out:
            for reader in self.readers:
                if reader.outbox in outboxes:
                    reader.apply(content(JSON.frame(message)))

    def check(self) -> int:
        """Compare every reader's queue with the engine's; returns how many orders were compared."""
        compared = 0
        for reader in self.readers:
            assert queue_of(self.exchange, self.fanout, reader.orders.key) == (
                reader.queue.side("buy"),
                reader.queue.side("sell"),
            )
            compared += len(reader.queue.orders)
        for name in self.exchange.books:
            book = self.fanout.channels.book(name)
            ids = [order.public_id for order in book.queue()]
            assert ids == sorted(set(ids)) and 0 not in ids
        return compared


def queue_of(exchange: Exchange, fanout: Fanout, name: str) -> tuple[list[tuple[str, str]], ...]:
    """Price and shown quantity of each order in the engine's priority."""
    book, format_ = exchange.books[name], fanout.formats.instruments[name]
    return tuple(
        [(format_.price[order.price_ticks], format_.quantity[order.shown_lots]) for order in side]
        for side in (book.bids, book.asks)
    )


def folded(seed: int, steps: int) -> tuple[int, set[str]]:
    """Compare the readers' queues with the engine's after each turn; returns how many orders were compared, and what became of orders."""
    session = Session(seed, steps)
    compared, kinds, number = 0, set(), 0
    while session.place < len(session.history):
        number += 1
        session.turn(session.chance.randint(1, 5))
        compared += session.check()
        for name in session.exchange.books:
            if session.chance.random() < 0.15:
                session.readers.append(QueueReader(session.orders(name)))
        if len(session.readers) > 12:
            gone = session.readers.pop(session.chance.randrange(len(session.readers)))
            gone.leave()
            kinds |= {change[0] for message in gone.messages[1:] for change in message["changes"]}
        if number % 60 == 59 and not session.exchange.is_unfinished:
            again_from_a_snapshot(session)
    kinds |= {change[0] for reader in session.readers for m in reader.messages[1:] for change in m["changes"]}
    return compared, kinds


@pytest.mark.parametrize("seed", range(2))
def test_the_fold_is_the_queue_in_which_the_engine_matches(seed):
    compared, kinds = folded(seed, 300)
    assert compared > 300
    assert kinds >= {"add", "execute", "remove"}


@pytest.mark.soak
@pytest.mark.parametrize("seed", range(100, 130))
def test_the_fold_of_long_sessions(seed):
    assert folded(seed, 1_500)[0] > 2_000


def again_from_a_snapshot(session: Session) -> None:
    """The same public ids and numbers, from what a snapshot keeps."""
    before = {name: QueueReader(session.orders(name)) for name in session.exchange.books}
    seqs = {name: session.orders(name).seq for name in before}
    session.fanout = copied(session.fanout, session.exchange)
    for name, earlier in before.items():
        later = QueueReader(session.orders(name))
        assert later.queue.orders == earlier.queue.orders
        assert later.queue.seq == seqs[name] == session.fanout.channels.book(name).shown_seq
    session.readers = [QueueReader(session.orders(reader.orders.key)) for reader in session.readers]


# ── by hand ────────────────────────────────────────────────────────────────────────────────────────────────────────


class Hand:
    """A few orders of three accounts, and one who reads."""

    def __init__(self) -> None:
        self.desk, self.fanout = Desk(), Fanout()
        list_spot(self.desk, NAME, reference=100)
        for account in ("ann", "ben", "cid"):
            open_account(self.desk, account, BTC=1_000, RUB=10**7)
        self.place = 0
        self.reader: QueueReader | None = None
        self.feed()
        orders = self.fanout.channels.find("orders", NAME)
        assert isinstance(orders, Orders)
        self.orders = orders
        self.reader = QueueReader(orders)

    def feed(self) -> list[list[object]]:
        """One turn of all that is new; what it tells."""
        rows = rows_of(self.desk)[self.place :]
        self.place += len(rows)
        told: list[list[object]] = []
        channels, out = self.fanout.channels, []
        for seq, time_ns, _, events in rows:
            for event in events:
                self.fanout.formats.learn(event)
            out += channels.follow(seq, time_ns, events)
        out += channels.end_turn()
        for outboxes, message in out:
            if self.reader is not None and self.reader.outbox in outboxes:
                self.reader.apply(content(JSON.frame(message)))
                told += self.reader.messages[-1]["changes"]
        return told

    def leave(self) -> None:
        assert self.reader is not None
        self.reader.leave()
        self.reader = None

    def bids(self) -> list[tuple[str, str]]:
        assert self.reader is not None
        return self.reader.queue.side("buy")

    def enter(self, account: str, side: int, lots: int, price: int, shows: int = 0) -> list[list[object]]:
        name = f"c{len(self.desk.history)}"
        kind = codes.ICEBERG if shows else codes.LIMIT
        self.desk.send(
            NewOrder(account, account, name, NAME, side, kind, codes.GTC, price * E8, lots * E8, display_e8=shows * E8)
        )
        return self.feed()


def test_each_way_in_which_an_order_changes():
    hand = Hand()
    assert hand.enter("ann", BUY, 5, 99) == [["add", "buy", 1, "99", "5"]]
    assert hand.enter("ben", BUY, 4, 99) == [["add", "buy", 2, "99", "4"]]
    # Fewer at the same price: its place is kept. More: it goes behind.
    hand.desk.send(AmendOrder("ann", "ann", 0, f"c{len(hand.desk.history) - 2}", 99 * E8, 3 * E8))
    assert hand.feed() == [["reduce", "buy", 1, "99", "3"]]
    hand.desk.send(AmendOrder("ann", "ann", 0, f"c{len(hand.desk.history) - 3}", 99 * E8, 6 * E8))
    assert hand.feed() == [["remove", "buy", 1, "99", "0"], ["add", "buy", 3, "99", "6"]]
    assert hand.enter("cid", codes.SELL, 5, 99) == [["execute", "buy", 2, "99", "0"], ["execute", "buy", 3, "99", "5"]]


def test_a_part_of_an_iceberg_is_another_order_to_the_public():
    hand = Hand()
    hand.enter("ann", BUY, 50, 99, shows=5)
    hand.enter("ben", BUY, 5, 99)
    # Through four parts at once: those that came and went within the command never had an id.
    told = hand.enter("cid", codes.SELL, 23, 99)
    assert told == [["execute", "buy", 1, "99", "0"], ["execute", "buy", 2, "99", "0"], ["add", "buy", 3, "99", "2"]]
    assert hand.bids() == [("99", "2")]


def test_an_uncross_takes_hidden_lots_and_an_order_that_keeps_its_place_keeps_its_id():
    hand = Hand()
    hand.desk.send(SetPhase(NAME, codes.OPENING_AUCTION, "test"))
    hand.feed()
    hand.enter("ann", BUY, 50, 99, shows=5)
    hand.enter("ben", BUY, 5, 99)
    hand.enter("cid", codes.SELL, 23, 99)
    hand.desk.send(SetPhase(NAME, codes.CONTINUOUS, "test"))
    # It shows as much as before, at its old place: the public sees that by the trade alone.
    assert hand.feed() == [["execute", "sell", 3, "99", "0"]]
    assert hand.bids() == [("99", "5"), ("99", "5")]


def test_a_part_that_an_uncross_made_larger_is_refreshed_at_its_place():
    hand = Hand()
    hand.enter("ann", BUY, 50, 99, shows=5)
    hand.enter("ben", BUY, 5, 99)
    assert hand.enter("cid", codes.SELL, 2, 99) == [["execute", "buy", 1, "99", "3"]]
    hand.desk.send(SetPhase(NAME, codes.OPENING_AUCTION, "test"))
    hand.enter("cid", codes.SELL, 4, 99)
    hand.desk.send(SetPhase(NAME, codes.CONTINUOUS, "test"))
    assert hand.feed() == [["refresh", "buy", 1, "99", "5"], ["execute", "sell", 3, "99", "0"]]
    assert hand.bids() == [("99", "5"), ("99", "5")]


def test_what_never_showed_has_no_id():
    """Nothing can be counted that is not told: not refused orders, stops, those that trade at once, nor those of other books."""
    hand = Hand()
    hand.enter("ann", BUY, 5, 99)
    stop = NewOrder("ann", "ann", "stop", NAME, BUY, codes.STOP, codes.GTC, 0, E8, stop_price_e8=150 * E8)
    refused = NewOrder("ann", "ann", "refused", NAME, BUY, codes.LIMIT, codes.GTC, E8 // 3, E8)
    for each in (stop, refused):
        hand.desk.send(each)
    assert hand.feed() == []
    hand.enter("ben", codes.SELL, 2, 99)
    assert hand.enter("ben", BUY, 1, 98) == [["add", "buy", 2, "98", "1"]]


# ── what it costs ──────────────────────────────────────────────────────────────────────────────────────────────────


def test_nobody_hears_nothing_is_gathered_and_the_numbers_go_on():
    hand = Hand()
    hand.leave()
    hand.enter("ann", BUY, 5, 99)
    assert hand.orders.book.watch is None
    hand.enter("ann", BUY, 5, 98)
    assert hand.orders.seq == hand.orders.book.shown_seq == 2
    again = QueueReader(hand.orders)
    assert list(again.queue.orders) == [1, 2]


def test_a_book_goes_on_while_its_queue_is_summed_and_copied():
    """The snapshot is that of one moment, whatever happens while it is made."""
    hand, chance = Hand(), random.Random(1)
    hand.leave()
    channels = hand.fanout.channels
    events = [
        BookAdded(NAME, 10_000 + number, number % 2, 50 + 100 * (number % 2) - number % 7, 9) for number in range(1_000)
    ]
    channels.follow(1, 1, events)
    channels.end_turn()

    def happen() -> None:
        for _ in range(20):
            order_id = 10_000 + chance.randrange(1_000)
            lots = hand.orders.book.shown(order_id)
            if lots is not None:
                channels.follow(2, 2, [BookChanged(NAME, order_id, lots[0], lots[1], chance.choice((0, lots[2] - 1)))])
        channels.follow(3, 3, [BookAdded(NAME, 20_000 + chance.randrange(10**9), BUY, 40, 3)])
        for outboxes, message in channels.end_turn():
            for outbox in outboxes:
                outbox.frames.append(JSON.frame(message))

    summing = QueueSum(hand.orders)
    pieces = 0
    while not summing.is_done:
        assert summing.make() > 0
        pieces += 1
        happen()
    making = QueueInPieces(hand.orders, JSON)
    summing.end()
    while not making.is_done:
        making.make()
        pieces += 1
        happen()
    assert pieces > 20
    reader = NaiveOf(making)
    assert len(reader.queue.orders) > 100
    shown = [(SIDES[each.side], each.public_id, each.lots) for each in hand.orders.book.queue()]
    assert sorted((side, number, int(left)) for number, (side, _, left) in reader.queue.orders.items()) == sorted(shown)


class NaiveOf:
    """A fold of a snapshot and what came while it was made."""

    def __init__(self, making: QueueInPieces) -> None:
        self.queue = NaiveQueue()
        for frame in (making.frame, *making.frames):
            self.queue.apply(content(frame))
