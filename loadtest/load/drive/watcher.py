"""A connection of a generator that takes market data: how late each message is, and whether any is missing."""

from __future__ import annotations

import asyncio
import tempfile
import time
from typing import IO, Final

import msgspec

from gateway.client.copies.book import LocalBook
from gateway.client.copies.local_copy import OutOfStep
from gateway.protocol.messages import BookSnapshot, BookUpdate, Subscribe
from loadtest.load.drive.connections import Line
from loadtest.load.drive.notes import Notes, keep
from loadtest.load.drive.pipe import WatcherPlan

CANDLES: Final = "candles"
CHANNELS: Final = {
    "trade": "trades",
    "top": "top",
    "ticker": "ticker",
    "book_snapshot": "book",
    "book_update": "book",
    "orders_snapshot": "orders",
    "orders_update": "orders",
    "candle_snapshot": CANDLES,
    "candle": CANDLES,
    "status": "status",
    "auction": "auction",
    "mark": "marks",
    "index_price": "index",
}
"""By type of message."""
_ASK_S: Final = 10.0
_SPOOL_BYTES: Final = 16 * 1024 * 1024


class Told(msgspec.Struct, gc=False):
    """What matters of a market-data message."""

    type: str
    channel: str = ""
    seq: int = 0
    prev_seq: int | None = None
    time: int = 0
    instrument: str = ""
    index: str = ""
    closed: bool = False
    """Of a candle: its interval is over."""


_decode: Final = msgspec.json.Decoder(Told).decode
_now: Final = time.perf_counter_ns


class Watcher(Line):
    """One connection with its subscriptions."""

    def __init__(self, plan: WatcherPlan, notes: Notes) -> None:
        super().__init__()
        self.plan: Final = plan
        self._notes: Final = notes
        self._last: Final[dict[tuple[str, str], int]] = {}
        """The number of the last message, by channel and what it is about."""
        self._began: Final[dict[tuple[str, str], int]] = {}
        """Likewise of the last one before the subscription."""
        # Closed when the books are rebuilt, or with the process.
        self.kept: IO[bytes] | None = (
            tempfile.SpooledTemporaryFile(_SPOOL_BYTES) if plan.keeps_books else None  # noqa: SIM115
        )
        self.updates = 0
        self.count = 0
        """Messages so far."""

    async def join(self, url: str) -> None:
        """Connect and subscribe. Raises `Refused`."""
        await self.open(url, self.plan.address)
        self.is_up = True
        for number, topic in enumerate(self.plan.topics):
            self.send_text(_subscribe(number, topic, self.plan.interval))

    def heard(self, payload: bytes) -> None:
        """Note a message."""
        now_ns = _now()
        message = _decode(payload)
        channel = CHANNELS.get(message.type)
        if channel is None:
            if message.type == "subscribed":
                self._began[message.channel, message.instrument] = message.seq
            elif message.type == "error":
                words = payload.decode(errors="replace")[:200]
                keep(self._notes.market_gaps, f"a subscription was refused: {words}")
            return
        self.count += 1
        if self.kept is not None and channel == "book":
            self.kept.write(payload + b"\n")
            self.updates += 1
        topic = channel, message.instrument or message.index
        last = self._last.get(topic)
        self._last[topic] = message.seq
        if last is None:
            # What a subscription begins with tells of any time before it.
            return
        if (message.prev_seq if message.prev_seq is not None else message.seq - 1) != last:
            keep(self._notes.market_gaps, f"{channel} of {topic[1]}: message {message.seq} came after {last}")
        if message.closed:
            # That time has passed is told within a second, or with the next turn: nobody waits for it.
            return
        at, late = self._notes.deliveries(channel)
        at.append(now_ns - self._notes.start_ns)
        late.append(now_ns + self._notes.wall_offset_ns - message.time)

    def gone(self) -> None:
        """Note the loss."""
        if self.is_up:
            self._notes.lost += 1

    def compare(self, latest: dict[tuple[str, str], int]) -> None:
        """Check that it was told all there was, up to the latest numbers."""
        for channel, about in self.plan.topics:
            received = self._last.get((channel, about), self._began.get((channel, about), -1))
            now = latest.get((channel, about), received)
            if received < now and not _is_only_closed(channel, received, now):
                words = f"the venue is at {latest[channel, about]}, received was {received}"
                keep(self._notes.market_gaps, f"{channel} of {about}: {words}")

    async def rebuild(self) -> tuple[dict[str, LocalBook], list[str]]:
        """Put the books together from all that was kept, checking each update and its checksum; what is wrong, in words."""
        assert self.kept is not None
        books: dict[str, LocalBook] = {}
        problems: dict[str, str] = {}
        decode = msgspec.json.Decoder(BookSnapshot | BookUpdate).decode
        self.kept.seek(0)
        for line in self.kept:
            message = decode(line)
            book = books.setdefault(message.instrument, LocalBook(message.instrument))
            try:
                book.apply(message)
            except OutOfStep as error:
                problems.setdefault(message.instrument, str(error))
        self.kept.close()
        self.kept = None
        return books, list(problems.values())


def _subscribe(number: int, topic: tuple[str, str], interval: str) -> bytes:
    """A request for a channel, and what it is about."""
    channel, about = topic
    option = interval if channel == CANDLES else None
    request = Subscribe(id=number, channel=channel, instrument=about or None, interval=option)  # type: ignore[arg-type]
    return msgspec.json.encode(request)


def _is_only_closed(channel: str, received: int, now: int) -> bool:
    """Whether nothing was told since but that an interval is over: of candles an odd number says so, at any time."""
    return channel == CANDLES and now == received + 1 and bool(now % 2)


class Asker(Line):
    """A connection that asks where channels are."""

    def __init__(self) -> None:
        super().__init__()
        self._latest: Final[dict[tuple[str, str], int]] = {}

    async def ask(self, url: str, topics: list[tuple[str, str]], interval: str) -> dict[tuple[str, str], int]:
        """The number of the last message of each channel; `interval` is that of candles. Raises `Refused`."""
        await self.open(url, "")
        self.is_up = True
        for number, topic in enumerate(topics):
            self.send_text(_subscribe(number, topic, interval))
        deadline = time.monotonic() + _ASK_S
        while len(self._latest) < len(topics) and time.monotonic() < deadline:  # noqa: ASYNC110 - once a run
            await asyncio.sleep(0.02)
        return self._latest

    def heard(self, payload: bytes) -> None:
        """Note where a channel is."""
        message = _decode(payload)
        if message.type == "subscribed":
            self._latest[message.channel, message.instrument] = message.seq


async def quiet(watchers: list[Watcher], seconds: float = 0.2, at_most_s: float = 5.0) -> None:
    """Wait until nothing has been delivered for a moment: what the last requests caused may still be under way."""
    deadline = time.monotonic() + at_most_s
    seen = -1
    while time.monotonic() < deadline:
        now = sum(watcher.count for watcher in watchers)
        if now == seen:
            return
        seen = now
        await asyncio.sleep(seconds)
