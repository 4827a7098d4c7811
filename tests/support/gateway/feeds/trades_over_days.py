"""Trades of a small venue over hours and days, and what they come to by plain functions that share nothing with the venue's own."""

from __future__ import annotations

import random
from collections.abc import Iterable, Iterator
from decimal import ROUND_HALF_UP, Decimal
from typing import Any, NamedTuple

import msgspec

from engine.exchange import Exchange
from engine.record.rows import Row
from engine.vocabulary.codes import BUY, GTC, LIMIT, SELL
from engine.vocabulary.messages.commands import NewOrder, Tick
from engine.vocabulary.messages.events import Trade
from gateway.inbound.subscribing import Subscriptions
from gateway.outbound.channels.outbox import Outbox
from gateway.outbound.fanout import Fanout
from gateway.outbound.messages.mirrors import Mirrors
from gateway.protocol.wire import JSON
from gateway.snapshots.standing import standing
from tests.support.engine.desks.desk import E8, Desk, list_spot, open_account
from tests.support.gateway.feeds.handed_out import payload_of

INSTRUMENTS = ("BTC/RUB", "ETH/RUB")
SECOND = 1_000_000_000
LENGTHS = {"1s": 1, "10s": 10, "1m": 60, "5m": 300, "15m": 900, "1h": 3_600, "4h": 14_400, "1d": 86_400}
"""Seconds."""
MOSCOW = 3 * 3_600
"""Seconds ahead of UTC."""
PAUSES = (0.001, 0.4, 3, 50, 900, 9_000, 60_000)
"""Seconds, at most, between two commands of one mood of the market."""


class Traded(NamedTuple):
    """A trade as the journal has it."""

    time_ns: int
    price: int
    lots: int


def trades_over_days(seed: int, count: int) -> Desk:
    """A desk that has sent `count` orders, in bursts and with long pauses between."""
    chance = random.Random(seed)
    desk = Desk()
    for name in INSTRUMENTS:
        list_spot(desk, name, reference=100)
    for account in ("ann", "ben"):
        open_account(desk, account, BTC=10**7, ETH=10**7, RUB=10**12)
    pause = PAUSES[0]
    for number in range(count):
        if chance.random() < 0.1:
            pause = chance.choice(PAUSES)
        after_ns = max(int(chance.random() * pause * SECOND), 1)
        if chance.random() < 0.1:
            desk.send(Tick(), after_ns)
            continue
        account, side = chance.choice((("ann", BUY), ("ben", SELL)))
        instrument = INSTRUMENTS[chance.random() < 0.2]
        price, lots = chance.randint(95, 105) * E8, chance.randint(1, 9) * E8
        desk.send(NewOrder(account, account, f"c{number}", instrument, side, LIMIT, GTC, price, lots), after_ns)
    return desk


def trades_of(rows: Iterable[Row], instrument: str) -> list[Traded]:
    """All trades of an instrument, in order."""
    return [
        Traded(time_ns, event.price_ticks, event.quantity_lots)
        for _, time_ns, _, events in rows
        for event in events
        if type(event) is Trade and event.instrument == instrument
    ]


def plain_start(time_ns: int, seconds: int) -> int:
    """When an interval begins: counted on a Moscow clock."""
    return ((time_ns // SECOND + MOSCOW) // seconds * seconds - MOSCOW) * SECOND


def plain_candles(trades: Iterable[Traded], interval: str) -> list[dict[str, Any]]:
    """Candles as the venue tells them, of instruments whose tick and lot are 1, in roubles."""
    found: dict[int, list[Traded]] = {}
    for each in trades:
        found.setdefault(plain_start(each.time_ns, LENGTHS[interval]), []).append(each)
    return [
        {
            "start": start,
            "open": str(some[0].price),
            "high": str(max(each.price for each in some)),
            "low": str(min(each.price for each in some)),
            "close": str(some[-1].price),
            "volume": str(sum(each.lots for each in some)),
            "turnover": f"{sum(each.price * each.lots for each in some)}.00",
            "trades": len(some),
        }
        for start, some in sorted(found.items())
    ]


def plain_day(trades: Iterable[Traded], now_ns: int) -> dict[str, Any]:
    """The figures of 24 hours of the ticker at a time."""
    begin_ns = now_ns // SECOND // 60 * 60 * SECOND - 86_400 * SECOND
    some = [each for each in trades if each.time_ns >= begin_ns]
    turnover = sum(each.price * each.lots for each in some)
    found: dict[str, Any] = {
        "volume_24h": str(sum(each.lots for each in some)),
        "turnover_24h": f"{turnover}.00",
        "trades_24h": len(some),
    }
    if some:
        first, change = some[0].price, some[-1].price - some[0].price
        found |= {
            "open_24h": str(first),
            "high_24h": str(max(each.price for each in some)),
            "low_24h": str(min(each.price for each in some)),
            "change_24h": str(change),
            "change_percent_24h": str((Decimal(100 * change) / first).quantize(Decimal("0.01"), ROUND_HALF_UP)),
            "vwap_24h": str((Decimal(turnover) / sum(each.lots for each in some)).quantize(Decimal(1), ROUND_HALF_UP)),
        }
    return found


def turns_of(rows: list[Row], seed: int) -> Iterator[list[Row]]:
    """The rows in turns of random length."""
    chance = random.Random(seed)
    place = 0
    while place < len(rows):
        size = chance.randint(1, 5)
        yield rows[place : place + size]
        place += size


def hand_out(fanout: Fanout, turn: list[Row]) -> None:
    """Hand out a turn whose commands nobody waits for."""
    fanout.hand_out(turn, [(None, 0, 0, 0, 0)] * len(turn))


class Heard(Outbox):
    """A connection, and what it was told."""

    def __init__(self) -> None:
        super().__init__(JSON)
        self.subscriptions = Subscriptions()

    def take(self) -> list[dict[str, Any]]:
        """What it was told since the last time."""
        found: list[dict[str, Any]] = [msgspec.json.decode(payload_of(frame)) for frame in self.frames]
        self.frames.clear()
        return found


def copied(fanout: Fanout, exchange: Exchange, *, is_old: bool = False) -> Fanout:
    """Mirrors made again from a snapshot of others, and from the core; of a release that knew no candles, if it `is_old`."""
    kept = msgspec.msgpack.decode(msgspec.msgpack.encode(fanout.state()), type=Mirrors)
    if is_old:
        channels = kept.channels
        for name, book in channels.books.items():
            _, changes, last_ticks, last_ns, *_ = book[5]
            channels.channels["ticker"][name] = (*channels.channels["ticker"][name], last_ticks, changes, last_ns)
            channels.books[name] = book[:5]
        del channels.channels["candles"]
        channels.time_ns = channels.traded_from_ns = 0
    made = Fanout()
    numbers = {each.account: each.report_seq for each in exchange.account_list}
    made.restore(kept, exchange.seq, standing(exchange), numbers, time_ns=exchange.time_ns)
    return made
