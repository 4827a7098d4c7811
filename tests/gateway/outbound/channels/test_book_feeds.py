"""Books with a depth and an interval: folded by their own rules, they are the best levels of the engine's books."""

from __future__ import annotations

import random
from typing import Any

import msgspec
import pytest

from engine.build import is_compiled
from engine.exchange import Exchange
from engine.state.hook import PreTradeHook
from engine.vocabulary.codes import BUY, SELL
from engine.vocabulary.messages.commands import Sequenced
from engine.vocabulary.messages.events import AssetAdded, BookAdded, BookChanged, InstrumentListed
from gateway.outbound.channels import book as book_module
from gateway.outbound.channels.book import Book, BookFeed, SnapshotInPieces
from gateway.outbound.channels.channel import PLAIN, Options
from gateway.outbound.channels.levels import EVERYTHING, SideMirror, Window
from gateway.outbound.channels.outbox import Outbox
from gateway.outbound.channels.pacing import INTERVALS
from gateway.outbound.channels.registry import Channels
from gateway.protocol.formats import Formats
from gateway.protocol.wire import JSON
from tests.support.gateway.feeds.market_flow import INSTRUMENTS, random_flow
from tests.support.gateway.venues.small_venue import NaiveBook

MS = 1_000_000
CHOICES = [Options(depth, interval) for depth in (0, 1, 5, 10, 25) for interval in ("", *INTERVALS)]


class Reader:
    """One subscription, folded as the protocol says."""

    def __init__(self, feed: BookFeed) -> None:
        self.feed = feed
        self.outbox = Outbox(JSON)
        self.naive = NaiveBook()
        self.told_ns: list[int] = []
        making = SnapshotInPieces(feed, JSON)
        while not making.is_done:
            making.make()
        self.apply(content(making.frame))
        making.end()
        feed.subscribers[self.outbox] = None

    def apply(self, message: dict[str, Any]) -> None:
        assert (message.get("depth", 0), message.get("interval", "")) == self.feed.options
        self.naive.apply(message)

    def levels(self) -> list[tuple[str, str]]:
        return self.naive.best(10_000)


def content(frame: bytes) -> dict[str, Any]:
    decoded: dict[str, Any] = msgspec.json.decode(frame[frame.index(b"{") :])
    return decoded


def best(exchange: Exchange, name: str, depth: int) -> list[tuple[str, str]]:
    book = exchange.books[name]
    return [(str(price), str(lots)) for side in (BUY, SELL) for price, lots in book.levels(side, depth or 10_000)]


@pytest.mark.parametrize("seed", range(3))
def test_every_feed_is_the_best_levels_of_the_book(seed):
    """Turns of random length at random times; subscriptions come and go between them."""
    rows, _ = random_flow(seed, 700)
    chance = random.Random(seed)
    exchange, formats = Exchange(PreTradeHook()), Formats()
    channels = Channels(formats)
    readers: list[Reader] = []
    seen: dict[int, list[tuple[str, str]]] = {}
    now_ns, place, compared, held_back = 1, 0, 0, 0
    while place < len(rows):
        turn = rows[place : place + chance.randint(1, 8)]
        place += len(turn)
        now_ns += chance.choice((0, MS, 4 * MS, 30 * MS, 400 * MS))
        out = []
        for row in turn:
            exchange.apply(Sequenced(*row[:3]))
            for event in row[3]:
                formats.learn(event)
            out += channels.follow(row[0], row[1], row[3])
        out += channels.end_turn()
        out += channels.pacer.tell(now_ns)
        for outboxes, message in out:
            told = content(JSON.frame(message))
            for reader in readers:
                if reader.outbox in outboxes:
                    assert told["bids"] or told["asks"]
                    reader.apply(told)
                    reader.told_ns.append(now_ns)
        for reader in readers:
            name, depth = reader.feed.book.key, reader.feed.options.depth
            whole = best(exchange, name, depth)
            if reader.levels() == whole:
                compared += 1
                seen[id(reader)] = whole
            else:
                # It waits for the end of its interval, and stands as it was told last.
                assert reader.feed.options.interval
                pace = reader.feed.pace
                assert pace.free_ns - pace.interval_ns <= now_ns < pace.free_ns
                held_back += 1
        for name in INSTRUMENTS:
            channel = channels.find("book", name)
            if isinstance(channel, Book) and chance.random() < 0.3:
                readers.append(Reader(channel.feed(chance.choice(CHOICES))))
        if len(readers) > 25:
            gone = readers.pop(chance.randrange(len(readers)))
            del gone.feed.subscribers[gone.outbox]
    for outboxes, message in channels.pacer.tell(now_ns + 2_000 * MS):
        for reader in readers:
            if reader.outbox in outboxes:
                reader.apply(content(JSON.frame(message)))
    for reader in readers:
        assert reader.levels() == best(exchange, reader.feed.book.key, reader.feed.options.depth)
        interval_ns = INTERVALS.get(reader.feed.options.interval, 0)
        assert all(
            later - earlier >= interval_ns for earlier, later in zip(reader.told_ns, reader.told_ns[1:], strict=False)
        )
    assert compared > 1_000 and held_back > 50


def opened() -> tuple[Channels, Book]:
    formats = Formats()
    listed = InstrumentListed("A/B", 0, "A", "B", 10**8, 10**8, 1)
    channels = Channels(formats)

    for event in (AssetAdded("A", 0, 8), AssetAdded("B", 0, 8), listed):
        formats.learn(event)
    channels.follow(1, 1, [listed])
    book = channels.find("book", "A/B")
    assert isinstance(book, Book)
    return channels, book


def test_who_asks_alike_shares_what_is_made_and_what_nobody_hears_is_let_go_of():
    channels, book = opened()
    first, second = (Reader(book.feed(Options(5, ""))) for _ in range(2))
    assert first.feed is second.feed
    slow = Reader(book.feed(Options(0, "1s")))
    channels.follow(2, 2, [BookAdded("A/B", 7, BUY, 99, 5)])
    (told,) = channels.end_turn()
    assert list(told[0]) == [first.outbox, second.outbox]
    ((listeners, _),) = channels.pacer.tell(1)
    assert list(listeners) == [slow.outbox]
    for reader in (first, second, slow):
        del reader.feed.subscribers[reader.outbox]
    # Of the turn at whose end it is noticed; from then on nothing is kept.
    for seq, lots in ((3, 6), (4, 7)):
        channels.follow(seq, seq, [BookChanged("A/B", 7, BUY, 99, lots)])
        assert channels.end_turn() == []
        assert channels.pacer.tell(10**12) == []
    bids = book.book.sides[0]
    assert (bids.is_watched, bids.told, book.seq) == (False, {}, 3)
    assert book.feed(Options(5, "")) is not first.feed
    assert book.feed(PLAIN) is book.whole


def test_a_subscription_in_the_middle_of_an_interval_gets_what_was_told_last():
    channels, book = opened()
    options = Options(1, "100ms")
    early = Reader(book.feed(options))
    events = [BookAdded("A/B", 7, BUY, 99, 5), BookAdded("A/B", 8, BUY, 98, 1)]
    for seq, event in enumerate(events, 2):
        channels.follow(seq, seq, [event])
        channels.end_turn()
        for _, message in channels.pacer.tell(seq):
            early.apply(content(JSON.frame(message)))
    channels.follow(9, 9, [BookChanged("A/B", 7, BUY, 99, 0), BookAdded("A/B", 10, SELL, 120, 4)])
    channels.end_turn()
    assert channels.pacer.tell(10) == []
    late = Reader(book.feed(options))
    assert late.levels() == early.levels() == [("99", "5")]
    ((_, message),) = channels.pacer.tell(2 + 100 * MS)
    told = content(JSON.frame(message))
    for reader in (early, late):
        reader.apply(told)
        assert reader.levels() == [("98", "1"), ("120", "4")]
    assert (told["prev_seq"], told["seq"]) == (1, 4)


@pytest.mark.skipif(is_compiled(), reason="a compiled module has its bounds built in")
def test_too_much_to_wait_is_told_before_the_interval_is_over(monkeypatch):
    monkeypatch.setattr(book_module, "MAX_PACED_LEVELS", 50)
    channels, book = opened()
    reader = Reader(book.feed(Options(0, "1s")))
    told = []
    for number in range(120):
        channels.follow(2 + number, 2 + number, [BookAdded("A/B", 7 + number, BUY, 1 + number, 5)])
        channels.end_turn()
        for _, message in channels.pacer.tell(5):
            reader.apply(content(JSON.frame(message)))
            told.append(len(reader.levels()))
    assert told == [1, 51, 101]


@pytest.mark.parametrize("seed", range(3))
def test_a_window_over_many_levels(seed):
    """Deep enough that the ladder has several runs."""
    chance = random.Random(seed)
    side = SideMirror(chance.choice((BUY, SELL)))
    side.is_watched = True
    for price in chance.sample(range(1, 9_000), 2_500):
        side.change(price, 1)
    side.told.clear()
    _, book = opened()
    windows = {depth: Window(side, depth) for depth in (1, 10, 500, 1_000)}
    shown: dict[int, dict[str, str]] = {}
    for depth, window in windows.items():
        copy = side.copy_as_told({}, depth)
        window.begin(copy)
        shown[depth] = dict(copy.take(book.book.format, depth))
    for _ in range(60):
        for _ in range(chance.choice((1, 5, 300))):
            price = chance.randrange(1, 9_000)
            lots = side.lots.get(price, 0)
            side.change(price, chance.choice((1, -lots, -lots)) if lots else 1)
        changed = side.changes(side.told)
        for depth, window in windows.items():
            for price, quantity in window.tell(changed, book.book.format):
                if quantity == "0":
                    del shown[depth][price]
                else:
                    shown[depth][price] = quantity
            assert shown[depth] == dict(side.levels(book.book.format, depth))
        side.told.clear()
    assert side.edge(len(side.lots)) == EVERYTHING
    assert side.edge(len(side.lots) - 1) > EVERYTHING
