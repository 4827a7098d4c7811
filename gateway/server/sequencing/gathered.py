"""The next frame of the journal, as turns gather it.

It is compiled: here each command is applied. So what it knows of a connection is its outbox, and not its session.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from engine.exchange import Exchange
from engine.record.rows import Batch
from engine.vocabulary.limits import MAX_BATCH_BYTES, MAX_BATCH_EVENTS, MAX_BATCH_STEPS, MAX_TURN_COMMANDS
from engine.vocabulary.messages.commands import AnyCommand, Sequenced
from gateway.outbound.channels.outbox import Outbox
from gateway.outbound.fanout import Origin

Taken = tuple[Outbox | None, int, int, AnyCommand]
"""A command, and the connection, request id and time that it came with; None: the venue itself."""
_SEQUENCED: Final = Sequenced


class Gathered:
    """What turns have applied and is not written yet: the next frame."""

    __slots__ = ("apply_ns", "batch", "events", "fault", "origins", "steps")

    def __init__(self) -> None:
        self.batch: Final = Batch()
        self.origins: Final[list[Origin]] = []
        """Of each row."""
        self.events = 0
        """A command without any counts as one."""
        self.steps = 0
        self.apply_ns = 0
        """How long it took."""
        self.fault: Sequenced | None = None
        """The command that is applied now; after an exception, the one on which the core failed."""

    @property
    def is_full(self) -> bool:
        """Whether it takes no more."""
        return self.events >= MAX_BATCH_EVENTS or self.batch.size >= MAX_BATCH_BYTES or self.steps >= MAX_BATCH_STEPS

    def apply(self, exchange: Exchange, time_ns: int, commands: Iterator[Taken], is_whole: bool) -> int:
        """Apply commands at a time, and gather what they bring; returns how many events that is.

        It ends at a bound on commands, or when the frame is full, unless it `is_whole`, and behind a command that has left work or moved the time.

        Raises:
            Exception: whatever the core has raised; `fault` is the command. It is not gathered.
        """
        batch, origins = self.batch, self.origins
        seq = exchange.seq
        before = self.events
        most = len(origins) + MAX_TURN_COMMANDS
        for session, request_id, received_ns, command in commands:
            seq += 1
            self.fault = sequenced = _SEQUENCED(seq, time_ns, command)
            events = exchange.apply(sequenced)
            batch.add((seq, time_ns, command, events))
            self.fault = None
            origins.append((session, request_id, received_ns, exchange.due_events, exchange.left_seq))
            self.events += len(events) or 1
            self.steps += exchange.steps
            if not is_whole and (len(origins) >= most or self.is_full or exchange.is_unfinished):
                break
            if exchange.advanced_ns > time_ns and not is_whole:
                # The time was moved: what comes behind has another one.
                break
        return self.events - before
