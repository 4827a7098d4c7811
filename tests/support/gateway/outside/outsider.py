"""A program of somebody else that keeps all a venue tells: written from `docs/PROTOCOL.md`, with nothing of this project.

It supervises: each channel of each instrument, the drop copy and the changes. What it has of a channel follows from that
channel's messages alone.
"""

from __future__ import annotations

import asyncio
import itertools
import json
import zlib
from collections import Counter, defaultdict
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

Message = dict[str, Any]
OPTIONS: dict[str, list[dict[str, Any]]] = {
    "book": [{}, {"depth": 5}, {"interval": "100ms"}],
    "candles": [{"interval": "1s"}],
    **{name: [{}] for name in ("trades", "top", "ticker", "orders", "status", "auction")},
}
CHANNELS = {
    "book_snapshot": "book",
    "book_update": "book",
    "candle": "candles",
    "candle_snapshot": "candles",
    "change": "changes",
    "index_price": "index",
    "mark": "marks",
    "orders_snapshot": "orders",
    "orders_update": "orders",
    "trade": "trades",
}
"""Of types of messages that have another name."""
BUSY = ("trade", "cancelled", "amended", "triggered", "new")


def options_of(message: Message) -> str:
    """The options that a subscription was made with."""
    return f"{message.get('depth', '')}/{message.get('interval', '')}"


class Numbers:
    """The numbers of one subscription: each message follows the one before, the first one what `subscribed` said."""

    def __init__(self, last: int) -> None:
        self.last = last

    def follow(self, message: Message) -> None:
        assert message.get("prev_seq", self.last) == self.last, message
        self.last = message["seq"]


class Book:
    """Levels, best first."""

    def __init__(self) -> None:
        self.sides: dict[str, dict[str, str]] = {"bids": {}, "asks": {}}

    def fold(self, message: Message) -> None:
        if message["type"] == "book_snapshot":
            self.sides = {"bids": {}, "asks": {}}
        for side, levels in self.sides.items():
            for price, quantity in message[side]:
                if quantity == "0":
                    del levels[price]
                else:
                    levels[price] = quantity
        text = "|".join(f"{price}:{quantity}" for side in ("bids", "asks") for price, quantity in self.best(side, 10))
        assert zlib.crc32(text.encode()) == message["checksum"]

    def best(self, side: str, count: int | None = None) -> list[tuple[str, str]]:
        found = sorted(self.sides[side].items(), key=lambda level: Decimal(level[0]), reverse=side == "bids")
        return found[:count]


class Queue:
    """Orders that show, by their public ids."""

    def __init__(self) -> None:
        self.orders: dict[int, tuple[str, str, str]] = {}
        self.seen_most: dict[int, Decimal] = {}
        """The most that each order ever showed."""

    def fold(self, message: Message) -> None:
        if message["type"] == "orders_snapshot":
            self.orders = {}
            for side, rows in (("buy", message["bids"]), ("sell", message["asks"])):
                for number, price, quantity in rows:
                    self._put(number, side, price, quantity)
        for what, side, number, price, quantity in message.get("changes", ()):
            assert (what == "add") == (number not in self.orders)
            self.orders.pop(number, None)
            if quantity != "0":
                self._put(number, side, price, quantity)
        parts = (f"{number}:{side}:{price}:{left}" for number, (side, price, left) in self.orders.items())
        assert sum(zlib.crc32(part.encode()) for part in parts) % 2**32 == message["checksum"]

    def _put(self, number: int, side: str, price: str, quantity: str) -> None:
        self.orders[number] = side, price, quantity
        self.seen_most[number] = max(self.seen_most.get(number, Decimal(0)), Decimal(quantity))

    def side(self, side: str) -> list[tuple[str, str]]:
        """Price and quantity, in the order in which they match."""
        sign = -1 if side == "buy" else 1
        found = [
            (sign * Decimal(price), number, price, left)
            for number, (of, price, left) in self.orders.items()
            if of == side
        ]
        return [(price, left) for _, _, price, left in sorted(found)]


class Accounts:
    """What the drop copy says that accounts have: open orders, and all they own of each asset."""

    def __init__(self, kinds: dict[str, Message]) -> None:
        self._instruments = kinds
        self.seqs: dict[str, int] = {}
        self.orders: dict[str, dict[int, str]] = defaultdict(dict)
        """Of an account by number: what is still open of it."""
        self.owned: dict[str, Counter[str]] = defaultdict(Counter)
        """By account and asset; `Decimal`s."""
        self._fees: dict[tuple[str, int], Decimal] = {}
        """Of a trade, by account and number: what it was charged."""
        self._early: dict[str, list[Message]] = defaultdict(list)
        """Reports of accounts that were not taken up yet."""
        self.types: Counter[str] = Counter()

    def begin(self, orders: list[Message], balances: Message) -> None:
        """An account as it was answered; what the drop copy said up to then is in it."""
        account = balances["account"]
        self.seqs[account] = balances["seq"]
        self.orders[account] = {order["order_id"]: order["leaves_quantity"] for order in orders}
        for each in balances["balances"]:
            self.owned[account][each["asset"]] = Decimal(each["total"])
        for report in self._early.pop(account, ()):
            self._take(account, report)

    def fold(self, report: Message) -> None:
        account, seq = report["account"], report.get("seq")
        self.types[report.get("exec_type", report["type"])] += 1
        if seq is None:
            return
        if account in self.seqs:
            self._take(account, report)
        else:
            self._early[account].append(report)

    def _take(self, account: str, report: Message) -> None:
        seq = report["seq"]
        if seq <= self.seqs[account]:
            return
        assert seq == self.seqs[account] + 1, (account, self.seqs[account], report)
        self.seqs[account] = seq
        kind, owned = report["type"], self.owned[account]
        if kind == "execution_report":
            self._execution(account, report)
        elif kind in {"funds", "variation_margin"}:
            owned[report["asset"]] += Decimal(report["amount"])
        elif kind == "transferred":
            sign = 1 if report["to_account"] == account else -1
            owned[report["asset"]] += sign * Decimal(report["amount"])
        elif kind == "trade_corrected":
            self._correction(account, report)
        else:
            assert kind in {"request_rejected", "mass_cancelled", "mass_quoted"}, report

    def _execution(self, account: str, report: Message) -> None:
        kind = report["exec_type"]
        if kind == "trade":
            self._fill(account, report)
        if kind in BUSY:
            if Decimal(report["leaves_quantity"]):
                self.orders[account][report["order_id"]] = report["leaves_quantity"]
            else:
                self.orders[account].pop(report["order_id"], None)

    def _fill(self, account: str, report: Message) -> None:
        fee = Decimal(report["fee"])
        self._fees[account, report["trade_id"]] = fee
        self._move(account, report, Decimal(report["last_quantity"]), Decimal(report["last_price"]))
        self.owned[account][self._instruments[report["instrument"]]["quote"]] -= fee

    def _correction(self, account: str, report: Message) -> None:
        """The fill is undone; if it has another price, it is made again."""
        quantity = Decimal(report["quantity"])
        self._move(account, report, -quantity, Decimal(report["price"]))
        if "new_price" in report:
            self._move(account, report, quantity, Decimal(report["new_price"]))
        fee, trade = Decimal(report["fee"]), (account, report["trade_id"])
        self.owned[account][self._instruments[report["instrument"]]["quote"]] += self._fees[trade] - fee
        self._fees[trade] = fee

    def _move(self, account: str, report: Message, quantity: Decimal, price: Decimal) -> None:
        """Give the buyer a quantity for its price, or take it from the seller. A future is not owned."""
        instrument, owned = self._instruments[report["instrument"]], self.owned[account]
        if instrument["kind"] != "future":
            bought = quantity if report["side"] == "buy" else -quantity
            owned[instrument["base"]] += bought
            owned[instrument["quote"]] -= bought * price


class Outsider:
    """One connection; what it has of each channel stands in its attributes, by instrument and options."""

    def __init__(self, socket: ClientConnection) -> None:
        self._socket = socket
        self._ids = itertools.count(1)
        self._replies: dict[int, asyncio.Future[Message]] = {}
        self.instruments: dict[str, Message] = {}
        self.numbers: dict[tuple[str, str, str], Numbers] = {}
        """By channel, instrument and options."""
        self.books: dict[tuple[str, str], Book] = defaultdict(Book)
        """By instrument and options."""
        self.queues: dict[str, Queue] = defaultdict(Queue)
        self.last: dict[tuple[str, str], Message] = {}
        """By type and instrument: the last `top`, `ticker`, `status`, `auction`, `mark` and `index_price`."""
        self.told: dict[str, list[Message]] = defaultdict(list)
        """By type: every `trade` and `change`."""
        self.calls: list[tuple[Message, int]] = []
        """What calls ended with; and how many trades were heard before it."""
        self.candles: dict[tuple[str, int], Message] = {}
        """By instrument and start: the last that was said of it."""
        self.accounts = Accounts(self.instruments)
        self.goodbye: Message | None = None
        self.reading: asyncio.Task[None] | None = None
        """What folds all that comes; an assertion that fails ends it."""
        self.heard: Counter[str] = Counter()

    async def ask(self, **request: Any) -> Message:
        """Send a request; returns its reply, which is no error."""
        number = next(self._ids)
        self._replies[number] = asyncio.get_running_loop().create_future()
        await self._socket.send(json.dumps({**request, "id": number}))
        assert self.reading is not None
        await asyncio.wait([self._replies[number], self.reading], timeout=30, return_when=asyncio.FIRST_COMPLETED)
        if self.reading.done():
            self.reading.result()
        reply = self._replies[number].result()
        assert reply["type"] not in {"error", "rejected"}, (request, reply)
        return reply

    async def hear(self, kind: str) -> None:
        """Wait for a first message of a type."""
        await self._wait(lambda: bool(self.told[kind]))

    async def hear_candles_close(self) -> None:
        """Wait until no candle runs."""
        await self._wait(lambda: all(each.get("closed") for each in self.candles.values()))

    async def _wait(self, is_so: Callable[[], bool]) -> None:
        while not is_so():
            assert self.reading is not None
            await asyncio.wait([self.reading], timeout=0.05)
            if self.reading.done():
                self.reading.result()
                return

    async def log_in(self, participant: str, key: Ed25519PrivateKey, hello: Message) -> None:
        challenge = f"sbx.v1 login\n{hello['venue']}\n{participant}\n{hello['nonce']}"
        signature = key.sign(challenge.encode()).hex()
        assert (await self.ask(type="login", participant=participant, signature=signature))["type"] == "welcome"

    async def follow_all(self, accounts: list[str]) -> None:
        """Subscribe to all there is, and take up what accounts have."""
        for each in (await self.ask(type="instruments"))["instruments"]:
            self.instruments[each["instrument"]] = each
        for name, each in self.instruments.items():
            channels = {**OPTIONS, "marks": [{}]} if each["kind"] == "future" else OPTIONS
            for channel, forms in channels.items():
                for options in forms:
                    await self.ask(type="subscribe", channel=channel, instrument=name, **options)
        for index in sorted({each["underlying"] for each in self.instruments.values() if "underlying" in each}):
            await self.ask(type="subscribe", channel="index", instrument=index)
        for channel in ("heartbeat", "changes", "drop_copy"):
            await self.ask(type="subscribe", channel=channel)
        for account in accounts:
            # Between the two nothing must have happened to it.
            while True:
                orders = await self.open_orders(account)
                balances = await self.ask(type="balances", account=account)
                if orders[0] == balances["seq"]:
                    break
            self.accounts.begin(orders[1], balances)

    async def open_orders(self, account: str) -> tuple[int, list[Message]]:
        """An account's open orders, and the number of its last report then."""
        found: list[Message] = []
        while True:
            after = found[-1]["order_id"] if found else 0
            page = await self.ask(type="open_orders", account=account, after_order_id=after)
            found += page["orders"]
            if not page.get("more"):
                return page["seq"], found

    async def records(self, kind: str, name: str) -> Message:
        """One record."""
        (found,) = (await self.ask(type="records", kind=kind, name=name))["records"]
        return dict(found)

    async def read(self) -> None:
        """Fold whatever comes, until the venue says goodbye."""
        try:
            async for text in self._socket:
                message = json.loads(text)
                if message["type"] == "subscribed":
                    name = message.get("instrument", "")
                    self.numbers[message["channel"], name, options_of(message)] = Numbers(message["seq"])
                reply = self._replies.get(message.get("id", 0))
                if reply is not None and not reply.done():
                    reply.set_result(message)
                else:
                    self._fold(message)
        except ConnectionClosed:
            pass

    def _fold(self, message: Message) -> None:
        kind = message["type"]
        self.heard[kind] += 1
        if kind == "goodbye":
            self.goodbye = message
        elif "account" in message:
            self.accounts.fold(message)
        else:
            self._fold_channel(kind, message)

    def _fold_channel(self, kind: str, message: Message) -> None:
        name = message.get("instrument", message.get("index", ""))
        options = options_of(message)
        channel = CHANNELS.get(kind, kind)
        self.numbers[channel, name, options].follow(message)
        if channel == "book":
            self.books[name, options].fold(message)
        elif channel == "orders":
            self.queues[name].fold(message)
        elif channel == "candles":
            for each in message.get("candles", [message]):
                was = self.candles.get((name, each["start"]), {})
                assert not was.get("closed")
                self.candles[name, each["start"]] = each
        else:
            self.last[kind, name] = message
            if kind in {"trade", "change"}:
                self.told[kind].append(message)
            elif message.get("final"):
                self.calls.append((message, len(self.told["trade"])))


def key_in(file: Path) -> Ed25519PrivateKey:
    """A private key, as `sbx init` writes it."""
    key = load_pem_private_key(file.read_bytes(), password=None)
    assert isinstance(key, Ed25519PrivateKey)
    return key


async def hello_of(socket: ClientConnection) -> Message:
    """What the venue says first."""
    return dict(json.loads(await socket.recv()))


__all__ = ["Outsider", "connect", "hello_of", "key_in"]
