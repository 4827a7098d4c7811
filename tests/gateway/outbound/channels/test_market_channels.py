from __future__ import annotations

import random
from typing import Any
from zlib import crc32

import msgspec
import pytest

from engine.exchange import Exchange
from engine.record.rows import Row
from engine.state.hook import PreTradeHook
from engine.vocabulary.codes import BUY, SELL
from engine.vocabulary.messages.commands import Sequenced
from engine.vocabulary.messages.events import BookAdded, FutureMarked, IndexPriceSet, OrderCancelled
from gateway.outbound.channels.book import Book, SnapshotInPieces
from gateway.outbound.channels.channel import Channel
from gateway.outbound.channels.levels import checksum
from gateway.outbound.channels.outbox import Outbox
from gateway.outbound.channels.registry import Channels, Published
from gateway.protocol.formats import Formats
from gateway.protocol.wire import JSON
from tests.support.gateway.feeds.market_flow import INSTRUMENTS, random_flow
from tests.support.gateway.venues.small_venue import NaiveBook

BEST = ("bid_price", "bid_quantity", "ask_price", "ask_quantity")
ORDERS = {"bid": BUY, "ask": SELL}


class Mirror:
    """Market data fed row by row, in turns."""

    def __init__(self) -> None:
        self.formats = Formats()
        self.channels = Channels(self.formats)

    def feed(self, rows: list[Row]) -> list[Published]:
        """One turn."""
        published: list[Published] = []
        for seq, time_ns, _, events in rows:
            for event in events:
                self.formats.learn(event)
            published += self.channels.follow(seq, time_ns, events)
        return published + self.channels.end_turn()

    def channel(self, name: str, key: str = "BTC/RUB") -> Channel:
        channel = self.channels.find(name, key)
        assert channel is not None
        return channel

    def book(self, name: str = "BTC/RUB") -> Book:
        book = self.channel("book", name)
        assert isinstance(book, Book)
        return book

    @property
    def instruments(self) -> list[str]:
        return list(self.formats.instruments)

    def seqs(self) -> dict[str, tuple[int, ...]]:
        return {
            name: tuple(
                self.channel(channel, name).seq for channel in ("trades", "top", "ticker", "book", "orders", "status")
            )
            for name in self.instruments
        }


def plain(message: Any) -> dict[str, Any]:
    decoded: dict[str, Any] = msgspec.json.decode(msgspec.json.encode(message))
    return decoded


def snapshot_of(book: Book) -> dict[str, Any]:
    """What is told first to who subscribes now."""
    making = SnapshotInPieces(book.whole, JSON)
    while not making.is_done:
        making.make()
    making.end()
    content: dict[str, Any] = msgspec.json.decode(making.frame[making.frame.index(b"{") :])
    return content


def turns(rows: list[Row], seed: int) -> list[list[Row]]:
    """The rows in turns of random length."""
    chance = random.Random(seed)
    cut: list[list[Row]] = []
    while rows:
        size = chance.randint(1, 12)
        cut.append(rows[:size])
        rows = rows[size:]
    return cut


def assert_mirrors(mirror: Mirror, exchange: Exchange) -> None:
    for name, book in exchange.books.items():
        shown = mirror.book(name)
        for side in (BUY, SELL):
            expected = [(str(price), str(lots)) for price, lots in book.levels(side)]
            assert shown.book.sides[side].copy().take(shown.format, len(expected) + 1) == expected


@pytest.mark.parametrize("seed", range(4))
def test_the_mirror_is_the_book_after_every_command(seed):
    """The exchange runs a second time beside the mirror."""
    rows, _ = random_flow(seed, 250)
    exchange = Exchange(PreTradeHook())
    mirror = Mirror()
    for row in rows:
        exchange.apply(Sequenced(*row[:3]))
        mirror.feed([row])
        assert_mirrors(mirror, exchange)


@pytest.mark.parametrize("seed", range(4))
def test_every_channel_is_complete_and_in_sequence(seed):
    rows, exchange = random_flow(seed, 600)
    mirror = Mirror()
    outbox = Outbox(JSON)
    books = {name: NaiveBook() for name in INSTRUMENTS}
    last: dict[tuple[str, str], int] = {}
    prints: list[tuple[str, str, str]] = []
    tops: dict[str, dict[str, Any]] = {}
    tickers: dict[str, dict[str, Any]] = {}
    for turn in turns(rows, seed):
        for _, message in mirror.feed(turn):
            content = plain(message)
            kind, name = content["type"], content["instrument"]
            if kind == "book_update":
                books[name].apply(content)
            elif kind in ("top", "ticker"):
                summaries = tops if kind == "top" else tickers
                assert content["prev_seq"] == summaries[name]["seq"] < content["seq"]
                summaries[name] = content
            else:
                assert content["seq"] == last.get((kind, name), 0) + 1
                last[kind, name] = content["seq"]
                if kind == "trade":
                    prints.append((name, content["price"], content["quantity"]))
        # Subscribe to every instrument as soon as it is listed.
        for name in mirror.instruments:
            if outbox not in mirror.book(name).subscribers:
                for channel in ("trades", "top", "ticker", "book", "status", "auction"):
                    mirror.channel(channel, name).subscribers[outbox] = None
                books[name].apply(snapshot_of(mirror.book(name)))
                tops[name] = plain(mirror.channel("top", name).first())
                tickers[name] = plain(mirror.channel("ticker", name).first())
                last["trade", name] = mirror.channel("trades", name).seq
                last["status", name] = mirror.channel("status", name).seq
    assert_mirrors(mirror, exchange)
    for name, book in exchange.books.items():
        best = [(str(price), str(lots)) for side in (BUY, SELL) for price, lots in book.levels(side, 10)]
        assert books[name].best(10) == best
        top = tops[name]
        touch = [book.levels(side, 1) for side in (BUY, SELL)]
        assert [top.get("bid_price"), top.get("ask_price")] == [str(each[0][0]) if each else None for each in touch]
        assert [top.get("bid_quantity"), top.get("ask_quantity")] == [
            str(each[0][1]) if each else None for each in touch
        ]
        ticker = tickers[name]
        assert ticker["last_price"] == [price for printed, price, _ in prints if printed == name][-1]
        assert {key: ticker.get(key) for key in BEST} == {key: top.get(key) for key in BEST}
    assert len(prints) > 50
    assert len(prints) == sum(type(event).__name__ == "Trade" for row in rows for event in row[3])


def test_the_numbers_do_not_depend_on_how_the_commands_fell_into_turns():
    """So they go on after a restart, which does not know the turns."""
    rows, _ = random_flow(9, 400)
    seqs = []
    for cut in (turns(rows, 1), turns(rows, 2), [rows], [[row] for row in rows]):
        mirror = Mirror()
        for turn in cut:
            mirror.feed(turn)
        seqs.append(mirror.seqs())
    assert min(seqs[0]["BTC/RUB"]) > 1
    assert seqs[1:] == seqs[:-1]


def test_the_checksum_as_documented():
    """The example of docs/PROTOCOL.md."""
    bids, asks = [("100.5", "2.0"), ("100.0", "0.5")], [("101.0", "1.0")]
    assert checksum(bids, asks) == crc32(b"100.5:2.0|100.0:0.5|101.0:1.0") == 2_472_045_119
    assert checksum([], []) == 0
    many = [(str(price), "1") for price in range(12)]
    assert checksum(many, []) == checksum(many[:10], []) != checksum(many[:9], [])


def test_what_is_undone_within_a_turn_is_not_told():
    rows, _ = random_flow(9, 0)
    mirror = Mirror()
    mirror.feed(rows)
    book = mirror.book()
    book.subscribers[Outbox(JSON)] = None
    added = BookAdded("BTC/RUB", 7, BUY, 99, 5)
    gone = OrderCancelled(7, "ann", 9, "c", "BTC/RUB", BUY, 99, 0, 5, 5, 0)
    snapshot = snapshot_of(book)
    assert mirror.feed([(1, 1, rows[0][2], [added]), (2, 1, rows[0][2], [gone])]) == []
    assert snapshot_of(book) == {**snapshot, "time": 1}
    (subscribers, update), *rest = mirror.feed([(3, 1, rows[0][2], [added])])
    assert rest == []
    assert subscribers is book.subscribers
    content = plain(update)
    assert content["bids"] == [["99", "5"]]
    assert (content["prev_seq"], content["seq"]) == (snapshot["seq"], snapshot["seq"] + 3)


def test_marks_and_index_prices_are_counted_from_the_first_day_on():
    rows, _ = random_flow(1, 0)
    mirror = Mirror()
    mirror.feed(rows)
    channels, marks = mirror.channels, mirror.channel("marks")
    assert marks.first() is None
    assert marks.seq == 0
    outbox, late = Outbox(JSON), Outbox(JSON)
    marks.subscribers[outbox] = None
    published = channels.follow(1, 7, [FutureMarked("BTC/RUB", 104, 12, False), FutureMarked("BTC/RUB", 99, 12, True)])
    common = {"type": "mark", "instrument": "BTC/RUB", "open_interest": "12", "time": 7}
    expected = [
        {**common, "seq": 1, "prev_seq": 0, "price": "104"},
        {**common, "seq": 2, "prev_seq": 1, "price": "99", "final": True},
    ]
    assert [plain(message) for _, message in published] == expected
    assert all(list(outboxes) == [outbox] for outboxes, _ in published)
    assert plain(marks.first()) == {**expected[1], "prev_seq": 2}
    assert channels.find("index", "BTC") is None
    assert channels.follow(2, 8, [IndexPriceSet("BTC", 800_000_050_000_000, "file a")]) == []
    mirror.channel("index", "BTC").subscribers[late] = None
    ((outboxes, message),) = channels.follow(3, 9, [IndexPriceSet("BTC", 100_000_000, "file b")])
    assert list(outboxes) == [late]
    assert plain(message) == {
        "type": "index_price",
        "index": "BTC",
        "seq": 2,
        "prev_seq": 1,
        "price": "1",
        "time": 9,
        "source": "file b",
    }
