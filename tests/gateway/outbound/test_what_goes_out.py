"""Every byte that clients of the golden sessions are sent is the same from one version to the next.

A change of what goes out that nobody meant fails here. One that is meant is written down below, with the change itself.
"""

from __future__ import annotations

import random
from hashlib import sha256
from pathlib import Path

import pytest

from engine.record.rows import Row, decode_command, decode_events
from engine.trading_rows import TRADING
from engine.vocabulary.codes import CORE_VERSION
from gateway.journal.reader import JournalReader
from gateway.outbound.channels.book import Book, SnapshotInPieces
from gateway.outbound.channels.channel import Channel
from gateway.outbound.channels.orders import Orders
from gateway.outbound.channels.outbox import Outbox
from gateway.outbound.fanout import Fanout
from gateway.protocol.wire import JSON, MSGPACK, Codec
from tests.support.gateway.feeds.queues import begun
from tests.support.places import GOLDEN

REPLIES = {row.kind: row.answers for row in TRADING}
MOST_COMMANDS_A_TURN = 12
REPLAYED_PART = 5

DIGESTS = {
    "v6": "cb4f00f0c4f8fb7ef747ae337611880d0752039ad0824c374c2b290a4ae06a5e",
    "v6-everything": "e9b05042456971d84a8baf04f664bf018194f9da9220f49e549ac64239c5b46c",
    "v6-large": "8e0caa0fdcd4c7f280dae9bb367b2f0a56c79d8841e120ef07613606d26a43a3",
    "v7": "63abae5f0a0661e130026986ec856ad5868927ad196c23fb4f5390eddf1f2f57",
    "v7-everything": "0dd412ae3b2ac353945a24157c0478726d82c7f734e8bf29f69de5ea0fb32bea",
    "v7-large": "4533cecdbcb41813433f93aa35aabefd455c6eff448110b01110e3fe875950cb",
    "v8": "1f3b7c620297f30a891a3feb08facec4636e7a3c225cbc8525fe53c01735003d",
    "v8-everything": "0e0adbffd2400e42420e4cb4480fbf1e294bf605798a781f1f9d01d2b3aed676",
    "v8-large": "c499f3e399531d9a806596fa307d116d2db73c1ffa0d6a144ca557c17bb6881d",
    "v9": "ec04a99ed6f715b2df6a0c87d831ea778af17408a26e8b6e2db7d530f04ab166",
    "v9-everything": "fd46ae24af813bbacd7bd725015f7e8610b134a9ba63532a82b7e4c4e11de4c8",
    "v9-large": "172c70f75ec79642eb1b63012ca37de6e22529e5c1cba7f57f153d7fa401e124",
}


def rows_of(journal: Path) -> list[Row]:
    return [
        (seq, time_ns, decode_command(command), decode_events(events))
        for seq, time_ns, command, events in JournalReader(journal).rows()
    ]


class Clients:
    """A connection of each participant in one codec or the other, and of some who subscribe and leave again as they like."""

    def __init__(self, fanout: Fanout, chance: random.Random) -> None:
        self.fanout = fanout
        self.chance = chance
        self.participants: dict[str, Outbox] = {}
        self.subscribers: list[tuple[Codec, dict[tuple[str, str], Channel], Outbox]] = [
            (codec, {}, Outbox(codec)) for codec in (JSON, MSGPACK, JSON)
        ]
        self.digest = sha256()
        self.frames = 0

    def join(self) -> None:
        """Participants log in as soon as they have an account."""
        for number, name in enumerate(self.fanout.reports.accounts):
            if name not in self.participants:
                self.participants[name] = Outbox((JSON, MSGPACK)[number % 2])
                self.fanout.listen(self.participants[name], name)

    def wander(self) -> None:
        """Now and then one subscribes to a channel, or leaves one."""
        channels = sorted(
            (name, key) for name, by_key in self.fanout.channels.state().channels.items() for key in by_key
        )
        for _, got, outbox in self.subscribers:
            if got and self.chance.random() < 0.1:
                place = self.chance.choice(sorted(got))
                del got.pop(place).subscribers[outbox]
            if self.chance.random() < 0.3:
                place = self.chance.choice(channels)
                if place not in got:
                    self.subscribe(place, got, outbox)

    def subscribe(self, place: tuple[str, str], got: dict[tuple[str, str], Channel], outbox: Outbox) -> None:
        channel = self.fanout.channels.find(*place)
        assert channel is not None
        got[place] = channel
        if isinstance(channel, Book):
            snapshot = SnapshotInPieces(channel.whole, outbox.codec)
            while not snapshot.is_done:
                snapshot.make()
            snapshot.end()
            self.fanout.put(outbox, [snapshot.frame])
        elif isinstance(channel, Orders):
            queue = begun(channel, outbox.codec)
            self.fanout.put(outbox, [queue.frame])
            channel.subscribers[outbox] = None
            queue.end()
        elif (first := channel.first()) is not None:
            self.fanout.send(outbox, first)
        channel.subscribers[outbox] = None

    def sender(self, row: Row) -> Outbox | None:
        """Who gets the reply to a command; nobody to one that has left work, whose reply comes later."""
        _, _, command, events = row
        if not any(type(event) in REPLIES.get(type(command), (type(event),)) for event in events):
            return None
        return self.participants.get(getattr(command, "participant", ""))

    def read(self) -> None:
        """Each reads what waits for it."""
        for number, outbox in enumerate([*self.participants.values(), *(each[2] for each in self.subscribers)]):
            for frame in outbox.frames:
                self.digest.update(number.to_bytes(4, "big") + len(frame).to_bytes(4, "big") + frame)
                self.frames += 1
            outbox.frames.clear()
        self.fanout.dirty.clear()


def told(rows: list[Row], seed: int) -> tuple[str, int]:
    """Hand out a session whose first rows are of before a start; the digest of all frames, and how many there were."""
    fanout, chance = Fanout(), random.Random(seed)
    clients = Clients(fanout, chance)
    begin = len(rows) // REPLAYED_PART
    for row in rows[:begin]:
        fanout.replay(row)
    fanout.end_turn()
    place = begin
    while place < len(rows):
        clients.join()
        clients.wander()
        turn = rows[place : place + chance.randint(1, MOST_COMMANDS_A_TURN)]
        for row in turn:
            fanout.publish(row, clients.sender(row), row[0])
        fanout.end_turn()
        clients.read()
        place += len(turn)
    return clients.digest.hexdigest(), clients.frames


@pytest.mark.parametrize("name", DIGESTS)
def test_the_bytes_sent_are_those_of_the_version_before(name):
    digest, frames = told(rows_of(GOLDEN / name), 1)
    assert frames > 500
    assert digest == DIGESTS[name]


def test_each_golden_session_of_this_version_is_handed_out():
    assert {path.name for path in GOLDEN.glob(f"v{CORE_VERSION}*")} <= set(DIGESTS)
