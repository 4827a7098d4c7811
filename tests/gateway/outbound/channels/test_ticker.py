"""Channel `ticker`: what it says turn by turn, and its figures of 24 hours at random moments, over restarts."""

from __future__ import annotations

import random
from typing import Any

import msgspec
import pytest

from engine.build import is_compiled
from engine.exchange import Exchange
from engine.state.hook import PreTradeHook
from engine.vocabulary.codes import BUY, GTC, LIMIT, SELL
from engine.vocabulary.messages.commands import NewOrder, Sequenced
from engine.vocabulary.messages.events import FutureMarked
from gateway.candles import traded as traded_module
from gateway.outbound.channels.outbox import Outbox
from gateway.outbound.channels.registry import MAX_PASSED_A_TURN, Channels
from gateway.outbound.fanout import Fanout
from gateway.protocol.formats import Formats
from gateway.protocol.wire import JSON, MSGPACK
from tests.support.engine.desks.desk import E8, Desk, list_spot, open_account
from tests.support.gateway.feeds.handed_out import payload_of
from tests.support.gateway.feeds.market_flow import rows_of
from tests.support.gateway.feeds.trades_over_days import (
    INSTRUMENTS,
    SECOND,
    Heard,
    copied,
    hand_out,
    plain_day,
    trades_of,
    trades_over_days,
    turns_of,
)

ORDERS = {"bid": BUY, "ask": SELL}
FIGURES = ("open", "high", "low", "volume", "turnover", "trades", "change", "change_percent", "vwap")
NOTHING = {"volume_24h": "0", "turnover_24h": "0.00", "trades_24h": 0}


def day(*figures: object) -> dict[str, object]:
    return {f"{name}_24h": figure for name, figure in zip(FIGURES, figures, strict=True)}


FIRST = ("99", "99", "99", "2", "198.00", 1, "0", "0.00", "99")
SECOND_PRICE = ("99", "99", "98", "6", "593.00", 4, "-1", "-1.01", "99")
# What happens in a turn, and what the ticker says of it, beside `type`, `instrument` and `time`: orders as side, lots, price.
TICKER = [
    ([("bid", 5, 99)], {"prev_seq": 0, "seq": 1, "bid_price": "99", "bid_quantity": "5", **NOTHING}),
    # Behind the best bid: nothing that is told has changed.
    ([("bid", 1, 98)], None),
    (
        [("ask", 2, 99)],
        {"prev_seq": 1, "seq": 3, "last_price": "99", "bid_price": "99", "bid_quantity": "3", **day(*FIRST)},
    ),
    # Another trade at the last price: there is more volume, and the best bid is smaller.
    (
        [("ask", 1, 99)],
        {
            "prev_seq": 3,
            "seq": 5,
            "last_price": "99",
            "bid_price": "99",
            "bid_quantity": "2",
            **day("99", "99", "99", "3", "297.00", 2, "0", "0.00", "99"),
        },
    ),
    # One order through two prices: the best prices change once, and there are two trades.
    ([("ask", 3, 98)], {"prev_seq": 5, "seq": 8, "last_price": "98", **day(*SECOND_PRICE)}),
    # Commands of one turn are one message.
    (
        [("ask", 4, 101), ("bid", 1, 101), ("bid", 7, 100)],
        {
            "prev_seq": 8,
            "seq": 12,
            "last_price": "101",
            "bid_price": "100",
            "bid_quantity": "7",
            "ask_price": "101",
            "ask_quantity": "3",
            **day("99", "101", "98", "7", "694.00", 5, "2", "2.02", "99"),
        },
    ),
]


@pytest.mark.parametrize("codec", [JSON, MSGPACK], ids=lambda codec: codec.name)
def test_the_ticker_turn_by_turn(codec):
    desk, fanout = Desk(), Fanout()
    list_spot(desk, reference=100)
    for account in ("ann", "ben"):
        open_account(desk, account, BTC=100, RUB=10**7)
    hand_out(fanout, rows_of(desk))
    ticker: Any = fanout.channels.find("ticker", "BTC/RUB")
    common = {"type": "ticker", "instrument": "BTC/RUB"}
    assert plain(ticker.first()) == {**common, "seq": 0, "prev_seq": 0, "time": desk.history[2].time_ns, **NOTHING}
    outbox = Outbox(codec)
    ticker.subscribers[outbox] = None
    decode = msgspec.json.decode if codec is JSON else msgspec.msgpack.decode
    for orders, expected in TICKER:
        for side, lots, price in orders:
            account = "ann" if side == "bid" else "ben"
            number = f"c{len(desk.history)}"
            desk.send(NewOrder(account, account, number, "BTC/RUB", ORDERS[side], LIMIT, GTC, price * E8, lots * E8))
        hand_out(fanout, rows_of(desk)[-len(orders) :])
        told = [decode(payload_of(frame)) for frame in outbox.frames]
        outbox.frames.clear()
        assert told == ([] if expected is None else [{**common, **expected, "time": desk.time_ns}])
        if told:
            assert plain(ticker.first()) == {**told[0], "prev_seq": told[0]["seq"]}


def plain(message: object) -> dict[str, Any]:
    decoded: dict[str, Any] = msgspec.json.decode(msgspec.json.encode(message))
    return decoded


def figures(message: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in message.items() if name.endswith("_24h")}


@pytest.mark.parametrize("seed", range(6))
def test_the_figures_of_24_hours_at_random_moments_and_over_restarts(seed):
    """Told by the turn, or because time has passed; the venue begins anew from its journal or a snapshot now and then."""
    desk, chance = trades_over_days(seed, 500), random.Random(seed)
    rows = rows_of(desk)
    exchange, fanout, heard = Exchange(PreTradeHook()), Fanout(), Heard()
    seqs = dict.fromkeys(INSTRUMENTS, -1)
    compared = rolled = 0
    done: list[Any] = []
    for turn in turns_of(rows, seed):
        for row in turn:
            exchange.apply(Sequenced(*row[:3]))
        hand_out(fanout, turn)
        done += turn
        if chance.random() < 0.1:
            fanout = copied(fanout, exchange)
        elif chance.random() < 0.02:
            fanout = Fanout()
            for row in done:
                fanout.replay(row)
            fanout.channels.end_turn()
        for name in INSTRUMENTS:
            listed = fanout.channels.find("ticker", name)
            if listed is not None and heard not in listed.subscribers:
                listed.subscribers[heard] = None
        now_ns = exchange.time_ns
        place = rows.index(turn[-1]) + 1
        if chance.random() < 0.3 and place < len(rows):
            now_ns = chance.randint(now_ns, rows[place][1])
            assert not fanout.pass_time(now_ns)
        messages = heard.take()
        for name in INSTRUMENTS:
            ticker: Any = fanout.channels.find("ticker", name)
            if ticker is None:
                continue
            first = plain(ticker.first())
            assert figures(first) == plain_day(trades_of(done, name), now_ns)
            mine = [each for each in messages if each["instrument"] == name]
            if mine and seqs[name] >= 0:
                # What was told last is what a new subscriber would be told.
                assert mine[-1] == {**first, "prev_seq": mine[-1]["prev_seq"]}
                chain = [seqs[name], *(each["seq"] for each in mine)]
                assert [each["prev_seq"] for each in mine] == chain[:-1]
                rolled += mine[-1]["time"] > done[-1][1] or not trades_of(turn, name)
            elif seqs[name] >= 0:
                assert first["seq"] == seqs[name]
            seqs[name] = first["seq"]
            compared += 1
    assert compared > 200
    assert rolled > 3


def test_a_minute_leaves_the_window_though_nothing_happens():
    desk, fanout, heard = Desk(), Fanout(), Heard()
    list_spot(desk, reference=100)
    for account in ("ann", "ben"):
        open_account(desk, account, BTC=100, RUB=10**7)
    trade_at(desk, 90 * SECOND)
    hand_out(fanout, rows_of(desk))
    ticker: Any = fanout.channels.find("ticker", "BTC/RUB")
    ticker.subscribers[heard] = None
    minute_ns = desk.time_ns // (60 * SECOND) * 60 * SECOND
    gone_ns = minute_ns + (86_400 + 60) * SECOND
    assert not fanout.pass_time(gone_ns - 1)
    assert heard.take() == []
    before = plain(ticker.first())
    assert before["trades_24h"] == 1
    assert not fanout.pass_time(gone_ns)
    (told,) = heard.take()
    assert (told["seq"], told["prev_seq"], told["time"]) == (before["seq"] + 1, before["seq"], gone_ns)
    assert figures(told) == NOTHING
    assert told["last_price"] == "100"
    # The venue starts again: it has the same number, whatever it was told meanwhile.
    again = Fanout()
    hand_out(again, rows_of(desk))
    again.pass_time(gone_ns + 5 * SECOND)
    found: Any = again.channels.find("ticker", "BTC/RUB")
    assert plain(found.first()) == {**told, "prev_seq": told["seq"]}


def trade_at(desk: Desk, after_ns: int, instrument: str = "BTC/RUB") -> None:
    desk.time_ns += after_ns
    for account, side in (("ann", BUY), ("ben", SELL)):
        number = f"c{len(desk.history)}"
        desk.send(NewOrder(account, account, number, instrument, side, LIMIT, GTC, 100 * E8, E8))


@pytest.mark.skipif(is_compiled(), reason="a compiled module has its bounds built in")
def test_beyond_the_bound_the_oldest_minutes_go_and_it_is_said_since_when_it_counts(monkeypatch):
    monkeypatch.setattr(traded_module, "MAX_KEPT_MINUTES", 5)
    desk, fanout = Desk(), Fanout()
    for name in INSTRUMENTS:
        list_spot(desk, name, reference=100)
    for account in ("ann", "ben"):
        open_account(desk, account, BTC=100, ETH=100, RUB=10**7)
    for _ in range(4):
        for name in INSTRUMENTS:
            trade_at(desk, 30 * SECOND, name)
    hand_out(fanout, rows_of(desk))
    kept = fanout.channels.kept
    assert 2 < kept.minutes <= 5
    for name in INSTRUMENTS:
        ticker: Any = fanout.channels.find("ticker", name)
        told = plain(ticker.first())
        since = told.pop("since_24h")
        assert since % (60 * SECOND) == 0
        some = [each for each in trades_of(rows_of(desk), name) if each.time_ns >= since]
        assert 0 < len(some) < 4
        assert figures(told) == plain_day(some, desk.time_ns)
    assert copied(fanout, desk.exchange).channels.kept.minutes == kept.minutes


def test_many_minutes_that_end_at_once_go_in_pieces(monkeypatch):
    monkeypatch.setattr(traded_module, "MAX_KEPT_MINUTES", 10**9)
    names = [f"A{number}/RUB" for number in range(MAX_PASSED_A_TURN + 5)]
    kept = traded_module.KeptCandles()
    all_traded = [traded_module.Traded(name, kept) for name in names]
    for each in all_traded:
        each.add(100, 1, 7, 1)
    kept.reach(2 * 86_400 * SECOND)
    assert kept.is_behind
    assert len(kept.roll(MAX_PASSED_A_TURN)) == MAX_PASSED_A_TURN
    assert kept.is_behind
    assert len(kept.roll(MAX_PASSED_A_TURN)) == 5
    assert not kept.is_behind
    assert all(each.day() is None for each in all_traded)


def test_a_future_says_its_last_mark():
    formats = Formats()
    channels = Channels(formats)
    desk = Desk()
    list_spot(desk, reference=100)
    for row in rows_of(desk):
        for event in row[3]:
            formats.learn(event)
        channels.follow(row[0], row[1], row[3])
    channels.end_turn()
    ticker: Any = channels.find("ticker", "BTC/RUB")
    heard = Heard()
    ticker.subscribers[heard] = None
    channels.follow(9, desk.time_ns + 7, [FutureMarked("BTC/RUB", 104, 12, False)])
    ((_, message),) = channels.end_turn()
    told = plain(message)
    assert (told["mark_price"], told["open_interest"]) == ("104", "12")
    assert (told["prev_seq"], told["seq"], told["time"]) == (0, 1, desk.time_ns + 7)


def test_a_snapshot_from_before_there_were_candles():
    """It knows the last price; the figures begin with the next command, and say so."""
    desk, fanout = Desk(), Fanout()
    list_spot(desk, reference=100)
    for account in ("ann", "ben"):
        open_account(desk, account, BTC=100, RUB=10**7)
    trade_at(desk, SECOND)
    hand_out(fanout, rows_of(desk))
    state = fanout.state()
    old = state.channels
    old.books = {key: book[:5] for key, book in old.books.items()}
    old.time_ns = old.traded_from_ns = 0
    old.channels["ticker"]["BTC/RUB"] = (7, 99, 3, 55)
    made = Fanout()
    made.channels.follow(0, 0, [])
    for row in rows_of(desk)[:4]:
        for event in row[3]:
            made.formats.learn(event)
        made.channels.follow(row[0], 0, row[3])
    made.channels.restore(old, 9, desk.time_ns)
    ticker: Any = made.channels.find("ticker", "BTC/RUB")
    assert plain(ticker.first())["last_price"] == "99"
    before, since = len(desk.history), desk.time_ns
    trade_at(desk, SECOND)
    for row in rows_of(desk)[before:]:
        made.channels.follow(row[0], row[1], row[3])
    made.channels.end_turn()
    told = plain(ticker.first())
    assert (told["last_price"], told["trades_24h"], told["since_24h"]) == ("100", 1, since)
