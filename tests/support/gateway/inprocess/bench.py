"""A started venue without sockets, its sequencer on a clock that a test turns."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from engine.exchange import Exchange
from engine.record.rows import decode_command
from engine.vocabulary.codes import BUY, GTC, LIMIT, SELL
from engine.vocabulary.limits import MAX_TURN_COMMANDS, PIECE_EVENTS
from engine.vocabulary.messages.commands import AnyCommand, NewOrder
from gateway.core import new_exchange
from gateway.inbound.context import VenueContext
from gateway.inbound.session import Session
from gateway.inbound.translate import Known
from gateway.journal.reader import JournalReader
from gateway.journal.writer import Durability
from gateway.protocol.wire import JSON, Codec
from gateway.server.sequencing.sequencer import Sequencer
from gateway.server.sequencing.startup import Started, start_venue
from gateway.venue.venue import Venue
from tests.support.gateway.inprocess.session_words import heard, log_in
from tests.support.gateway.venues.small_venue import small_venue

E8 = 10**8
SUBSCRIBE = {"type": "subscribe", "channel": "book", "instrument": "BTC/RUB"}


class Bench:
    """What a server has, but for the sockets: a test is the loop that runs the turns."""

    def __init__(self, venue: Venue, started: Started, directory: Path) -> None:
        self.started = started
        self.now_ns = started.exchange.time_ns + 1
        self.sequencer = Sequencer(
            started.exchange, started.writer, started.fanout, directory, clock=lambda: self.now_ns
        )
        self.directory = directory
        self.context = VenueContext(
            venue.venue_id,
            "fsync",
            venue.participants,
            Known(started.exchange.instruments, started.exchange.assets),
            started.fanout,
            counters=self.sequencer.counters,
            tip=lambda: started.writer.last,
            faucet=venue.faucet,
            now=lambda: self.now_ns,
        )

    def session(self, name: str = "", codec: Codec = JSON) -> Session:
        """A connection; with a name, logged in."""
        session = Session(self.context, codec, "abcd")
        if name:
            session.receive(codec.encode(log_in(session, name)))
            session.frames.clear()
            assert session.participant is not None
        return session

    def send(self, session: Session, *requests: dict[str, Any]) -> None:
        """Let requests wait."""
        for request in requests:
            session.receive(session.codec.encode(request))
        assert session.frames == []
        self.sequencer.submit(session)

    @property
    def has_work(self) -> bool:
        """Whether anything waits, command or question."""
        return self.sequencer.has_work or self.sequencer.has_questions

    def turn(self) -> None:
        """A turn and answers, as the server runs them, but that nothing is written to sockets."""
        self.sequencer.turn()
        self.sequencer.answer()
        self.started.fanout.dirty.clear()

    def journaled(self) -> list[tuple[int, int, AnyCommand]]:
        rows = JournalReader(self.directory / "journal").rows()
        return [(row[0], row[1], decode_command(row[2])) for row in rows]


def order(name: str, number: int, **terms: Any) -> dict[str, Any]:
    return {
        "type": "new_order",
        "id": number,
        "account": name,
        "client_order_id": f"{name}-{number}",
        "instrument": "BTC/RUB",
        "side": "buy",
        "quantity": "0.1",
        "price": "90",
        **terms,
    }


@contextmanager
def benched(
    directory: Path, extra: str = "", piece_events: int = PIECE_EVENTS, durability: Durability = "os"
) -> Iterator[Bench]:
    """The small venue, and what else a venue file has. Its pieces of work may be made short."""

    def short_of_breath() -> Exchange:
        exchange = new_exchange()
        exchange.piece_events = piece_events
        return exchange

    venue = small_venue(extra)
    started = start_venue(venue, directory, durability, short_of_breath)
    yield Bench(venue, started, directory)
    started.writer.close()


def enter(bench: Bench, name: str, first: int, count: int, levels: int = 1) -> None:
    """Orders that rest, one a level of `levels`: alice's bids below bob's asks."""
    side, base, step = (BUY, 100_000, -1) if name == "alice" else (SELL, 100_001, 1)
    for start in range(first, first + count, MAX_TURN_COMMANDS):
        bench.sequencer.sequence(
            [
                NewOrder(
                    name,
                    name,
                    f"{name}-{number}",
                    "BTC/RUB",
                    side,
                    LIMIT,
                    GTC,
                    (base + step * (number % levels)) * E8 // 2,
                    E8 // 10 * (1 + number % 7),
                )
                for number in range(start, min(start + MAX_TURN_COMMANDS, first + count))
            ]
        )
    bench.started.fanout.dirty.clear()


def answers(bench: Bench, session: Session, *requests: dict[str, Any]) -> list[list[dict[str, Any]]]:
    """What a session is told, turn by turn, until nothing waits any more."""
    bench.send(session, *requests)
    told = []
    while bench.has_work:
        bench.turn()
        told.append(heard(session))
    return told
