"""One part of a journal, replayed in a process of its own: from the state of a snapshot to that of the next one."""

from __future__ import annotations

import gc
import signal
import time
from collections.abc import Callable
from contextlib import suppress
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Final, NamedTuple

from engine.exchange import Exchange
from engine.record.segments import Tip
from engine.replay import Replay
from engine.snapshot.encoding import state_digest
from gateway.core import new_exchange
from gateway.journal.tail import Place, Tail
from gateway.snapshots.folder import folder_beside, read_snapshot
from gateway.snapshots.replica import core_of, restored_core

TELL_SECONDS: Final = 0.1


class Part(NamedTuple):
    """The commands behind `begin_seq`, up to `end_seq`, and where in the journal they begin. Plain data: it goes to a process."""

    journal: Path
    begin_seq: int
    """That of the snapshot that it begins with; 0: it begins with nothing."""
    end_seq: int
    is_last: bool
    """Whether no other part goes on behind it."""
    segment: int
    offset: int
    """As in `gateway.journal.tail.Place`."""
    link: bytes
    time_ns: int
    """Those of the batch before."""


class Replayed(NamedTuple):
    """What came of a part."""

    commands: int
    events: int
    begun_with: str
    """The digest of the state that it began with; empty: with nothing."""
    ended_with: str
    """The digest of the state that it came to; empty: no part goes on with it, or it can't be taken there."""
    is_equal: bool
    """Whether all of it was there, and every event came out as recorded."""


def run_part(part: Part, pipe: Connection) -> None:
    """Replay a part; tells on the pipe now and then how many commands are done, at the end a `Replayed`. If it tells none, it failed."""
    # Whoever is interrupted ends its parts.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    # Nothing that a core keeps is cyclic.
    gc.freeze()
    gc.disable()
    told_at = 0.0

    def tell(commands: int) -> None:
        nonlocal told_at
        now = time.monotonic()
        if now - told_at >= TELL_SECONDS:
            told_at = now
            pipe.send(commands)

    # Whatever is wrong, a replay from the first command on comes upon it too, and says it.
    with suppress(Exception):
        pipe.send(replay_part(part, tell))
    pipe.close()


def replay_part(part: Part, tell: Callable[[int], None]) -> Replayed:
    """Replay a part.

    Args:
        part: which.
        tell: is told after each batch how many commands are done.

    Raises:
        JournalError: the journal is damaged, or a snapshot can't be used.
        ReplayFailure: a command can't be replayed.
        OSError: something can't be read.
    """
    exchange = _begin(part)
    begun_with = state_digest(exchange) if part.begin_seq else ""
    replay = Replay(exchange)
    tip = Tip(part.link, part.begin_seq + 1, part.time_ns)
    tail = Tail(part.journal, Place(part.segment, part.offset, tip))
    try:
        for batch in tail.batches():
            replay.feed_batch(batch)
            tell(exchange.seq - part.begin_seq)
            if exchange.seq >= part.end_seq or replay.difference is not None:
                break
    finally:
        tail.close()
    found = replay.result()
    is_equal = found.equal and exchange.seq == part.end_seq
    ended_with = ""
    if is_equal and not part.is_last and not exchange.is_unfinished:
        ended_with = state_digest(exchange)
    return Replayed(found.commands, found.events, begun_with, ended_with, is_equal)


def _begin(part: Part) -> Exchange:
    """The core where a part begins."""
    exchange = new_exchange()
    if not part.begin_seq:
        return exchange
    sealed = read_snapshot(folder_beside(part.journal), part.begin_seq)
    return restored_core(core_of(sealed.unpack()), exchange.hook)
