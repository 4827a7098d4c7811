"""What is counted on the way of a request: plain integers, added to by the one thread that does the work.

Nothing here knows Prometheus. `gateway.metrics.families` makes families of it when somebody asks.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Sequence
from itertools import chain
from operator import itemgetter
from typing import Final

from engine.vocabulary.codes import REJECT_CODES
from engine.vocabulary.messages.commands import Command, TradingCommand
from engine.vocabulary.messages.events import CommandRejected, Event, OrderRejected, RequestRejected
from gateway.metrics.busiest import BusiestSecond
from gateway.metrics.histogram import BATCHES, DURATIONS_NS, Histogram

_MESSAGES: Final = frozenset(TradingCommand.__args__)
"""What a participant sends: a message in the sense of OPS-2, as in the report `activity`."""
_REJECTIONS: Final = frozenset((OrderRejected, RequestRejected, CommandRejected))

_COMMAND: Final = itemgetter(2)
_EVENTS: Final = itemgetter(3)
"""Of a row."""

Carried = tuple[int, int, Command, list[Event]]
"""A row of the journal: sequence number, time, command, events."""


class Counters:
    """Of one venue, since it began to listen.

    Attributes:
        is_watched: whether anybody can ask. Nobody can: then what would cost each request something is not counted.
    """

    __slots__ = (
        "apply",
        "audited",
        "batch",
        "busiest",
        "closed",
        "collector",
        "commands",
        "errors",
        "events",
        "followed_seq",
        "indexed_seq",
        "is_watched",
        "messages_sent",
        "publish",
        "rate_waits",
        "refused",
        "rejects",
        "request",
        "sent_bytes",
        "snapshot_seq",
        "sync",
        "turn",
    )

    def __init__(self, spent_ns: Callable[[], int] = time.process_time_ns) -> None:
        """Begin at zero; `spent_ns` tells what the venue's loop has spent since any moment."""
        self.is_watched = False
        self.commands = 0
        self.events = 0
        self.messages_sent = 0
        """Frames, of whatever kind."""
        self.sent_bytes = 0
        self.rate_waits = 0
        """How often a connection was not read for a while, since it or those it shares with had asked too much."""
        self.followed_seq = 0
        """Of the follower's replica, as it told last."""
        self.indexed_seq = 0
        """Of the index of the journal."""
        self.snapshot_seq = 0
        """Of the newest snapshot."""
        self.rejects: Final[Counter[tuple[str, str]]] = Counter()
        """What was sequenced and refused, by reject code and rule (empty: none)."""
        self.errors: Final[Counter[str]] = Counter()
        """What was refused without being sequenced, by the code of the `error`."""
        self.refused: Final[Counter[str]] = Counter()
        """Connections that were not let in, by reason."""
        self.closed: Final[Counter[str]] = Counter()
        """Connections that ended, by reason."""
        self.audited: Counter[str] = Counter()
        """What was noted in the audit, by kind."""
        self.batch: Final = Histogram(BATCHES)
        self.turn: Final = Histogram(DURATIONS_NS)
        self.apply: Final = Histogram(DURATIONS_NS)
        self.sync: Final = Histogram(DURATIONS_NS)
        self.publish: Final = Histogram(DURATIONS_NS)
        self.request: Final = Histogram(DURATIONS_NS)
        self.collector: Final = Histogram(DURATIONS_NS)
        """Pauses of the garbage collector."""
        self.busiest: Final = BusiestSecond(spent_ns)

    def carried_out(self, rows: Sequence[Carried], apply_ns: int, publish_ns: int) -> None:
        """Count a batch.

        Args:
            rows: what was journaled.
            apply_ns: how long it took to apply.
            publish_ns: how long it took to hand out.
        """
        self.apply.observe(apply_ns)
        self.publish.observe(publish_ns)
        self.batch.observe(len(rows))
        self.commands += len(rows)
        # What is done for each command and event is done where the interpreter has the least to do with it.
        events = list(chain.from_iterable(map(_EVENTS, rows)))
        self.events += len(events)
        for event in events:
            if type(event) in _REJECTIONS:
                self._reject(event)
        if _MESSAGES.issuperset(map(type, map(_COMMAND, rows))):
            self.busiest.count(rows[0][1], len(rows))
        else:
            messages = sum(type(row[2]) in _MESSAGES for row in rows)
            self.busiest.count(rows[0][1], messages)

    def answered(self, received_ns: list[int]) -> None:
        """Count requests whose replies have just left, by when each came in, in that order; empties the list."""
        now_ns = time.monotonic_ns()
        if len(received_ns) == 1:
            self.request.observe(now_ns - received_ns.pop())
        else:
            self.request.observe_waits(now_ns, received_ns)
            received_ns.clear()

    def _reject(self, event: Event) -> None:
        assert isinstance(event, OrderRejected | RequestRejected | CommandRejected)
        rule = "" if isinstance(event, CommandRejected) else event.rule
        self.rejects[REJECT_CODES[event.code], rule] += 1
