"""What clients of a recorded session are sent: everybody listens to all there is, in both codecs."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, Final

import msgspec

from engine.record.rows import Row, decode_command, decode_events
from engine.trading_rows import TRADING
from gateway.journal.reader import JournalReader
from gateway.outbound.channels.book import Book, SnapshotInPieces
from gateway.outbound.channels.candles import Candles
from gateway.outbound.channels.channel import Options
from gateway.outbound.channels.orders import Orders
from gateway.outbound.channels.outbox import Outbox
from gateway.outbound.fanout import Fanout
from gateway.protocol.wire import JSON, MSGPACK
from tests.support.gateway.feeds.queues import begun

_REPLIES: Final = {row.kind: row.answers for row in TRADING}
_COMMANDS_A_TURN: Final = 3


def rows_of(journal: Path) -> list[Row]:
    """The rows of a journal, whatever core version wrote it."""
    return [
        (seq, time_ns, decode_command(command), decode_events(events))
        for seq, time_ns, command, events in JournalReader(journal).rows()
    ]


def payload_of(frame: bytes) -> bytes:
    """What an unmasked WebSocket frame carries."""
    size = frame[1]
    return frame[2:] if size < 126 else frame[4:] if size == 126 else frame[10:]


class _Everybody:
    """A connection of each participant, and two that subscribe to every channel as soon as it opens."""

    def __init__(self, fanout: Fanout) -> None:
        self._fanout: Final = fanout
        self.participants: Final[dict[str, Outbox]] = {}
        self._watchers: Final = (Outbox(JSON), Outbox(MSGPACK))
        self._open: Final[set[tuple[str, str]]] = set()

    def join(self) -> None:
        for number, name in enumerate(self._fanout.reports.accounts):
            if name not in self.participants:
                self.participants[name] = Outbox((JSON, MSGPACK)[number % 2])
                self._fanout.listen(self.participants[name], name)
        for name, by_key in self._fanout.channels.state().channels.items():
            for key in by_key:
                if (name, key) not in self._open:
                    self._open.add((name, key))
                    self._subscribe(name, key)

    def _subscribe(self, name: str, key: str) -> None:
        channel = self._fanout.channels.find(name, key)
        assert channel is not None
        for outbox in self._watchers:
            if isinstance(channel, Book):
                snapshot = SnapshotInPieces(channel.whole, outbox.codec)
                while not snapshot.is_done:
                    snapshot.make()
                snapshot.end()
                self._fanout.put(outbox, [snapshot.frame])
            elif isinstance(channel, Candles):
                # Nothing has traded yet.
                feed = channel.feed(Options(interval="1m"))
                self._fanout.send(outbox, channel.snapshot(feed, []))
                feed.subscribers[outbox] = None
            elif isinstance(channel, Orders):
                queue = begun(channel, outbox.codec)
                self._fanout.put(outbox, [queue.frame])
                channel.subscribers[outbox] = None
                queue.end()
            elif (first := channel.first()) is not None:
                self._fanout.send(outbox, first)
            channel.subscribers[outbox] = None

    def sender(self, row: Row) -> Outbox | None:
        """Who gets the reply to a command; nobody to one that is answered later."""
        _, _, command, events = row
        if not any(type(event) in _REPLIES.get(type(command), (type(event),)) for event in events):
            return None
        return self.participants.get(getattr(command, "participant", ""))

    def read(self) -> Iterator[dict[str, Any]]:
        for outbox in (*self.participants.values(), *self._watchers):
            for frame in outbox.frames:
                payload = payload_of(frame)
                yield json.loads(payload) if outbox.codec is JSON else msgspec.msgpack.decode(payload)
            outbox.frames.clear()
        self._fanout.dirty.clear()


def handed_out(rows: Iterable[Row]) -> Iterator[dict[str, Any]]:
    """Every message that is sent of a session, to somebody or other."""
    fanout = Fanout()
    everybody = _Everybody(fanout)
    for number, row in enumerate(rows):
        everybody.join()
        fanout.publish(row, everybody.sender(row), row[0])
        if number % _COMMANDS_A_TURN == 0:
            fanout.end_turn()
            yield from everybody.read()
    fanout.end_turn()
    yield from everybody.read()
