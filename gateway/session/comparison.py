"""Two sessions side by side, row by row: where they part, and what is in one and not in the other, by kind."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from itertools import zip_longest
from typing import Final

import msgspec

from engine.record.rows import StoredRow, decode_command, decode_events
from engine.vocabulary.codes import REJECT_CODES
from engine.vocabulary.messages.commands import AnyCommand
from engine.vocabulary.messages.events import AnyEvent, CommandRejected, OrderRejected, RequestRejected, Trade

MAX_PARTINGS: Final = 100
"""Of the rows that differ, those that are kept whole."""

Side = tuple[AnyCommand, list[AnyEvent]]


class Parting:
    """A row that is not the same in both. None: that session has ended."""

    def __init__(self, seq: int, first: Side | None, second: Side | None) -> None:
        self.seq: Final = seq
        self.first: Final = first
        self.second: Final = second

    @property
    def is_same_command(self) -> bool:
        """Whether the same was asked for, and something else came of it."""
        return self.first is not None and self.second is not None and self.first[0] == self.second[0]

    def differing_event(self) -> tuple[int, AnyEvent | None, AnyEvent | None] | None:
        """The first event that is not the same: its place, and both; None: all are."""
        pairs = zip_longest(self.first[1] if self.first else (), self.second[1] if self.second else ())
        for place, (one, other) in enumerate(pairs):
            if one != other:
                return place, one, other
        return None


class Comparison:
    """What two sessions have in common, and what not. Times are not compared, but counted."""

    def __init__(self) -> None:
        self.rows = [0, 0]
        """Of the first, and of the second."""
        self.same_rows = 0
        self.other_times = 0
        """Rows with the same command at another time."""
        self.other_commands = 0
        """Rows of which the commands differ."""
        self.partings: Final[list[Parting]] = []
        """The first rows that differ."""
        self.commands: Final = (Counter[str](), Counter[str]())
        self.events: Final = (Counter[str](), Counter[str]())
        """By kind, those of rows that differ: of the first, and of the second."""
        self.refusals: Final = (Counter[str](), Counter[str]())
        """Likewise, by rule, or by code where no rule decided."""
        self.traded_lots: Final = (Counter[str](), Counter[str]())
        """Likewise, by instrument."""

    @property
    def differing_rows(self) -> int:
        """Rows that are not the same, or in one session alone."""
        return max(self.rows) - self.same_rows

    def run(self, first: Iterable[StoredRow], second: Iterable[StoredRow]) -> Iterator[int]:
        """Compare; yields the sequence number of each row compared.

        Raises:
            msgspec.DecodeError: this version does not know a command or event of a row that differs.
        """
        for one, other in zip_longest(first, second):
            seq = (one or other)[0]
            self.rows[0] += one is not None
            self.rows[1] += other is not None
            if one is not None and other is not None:
                assert one[0] == other[0], "sequence numbers are dense from 1"
                self.other_times += one[1] != other[1] and one[2] == other[2]
            if one is not None and other is not None and one[2] == other[2] and one[3] == other[3]:
                self.same_rows += 1
            else:
                self._part(Parting(seq, _side(one), _side(other)))
            yield seq

    def _part(self, parting: Parting) -> None:
        if len(self.partings) < MAX_PARTINGS:
            self.partings.append(parting)
        self.other_commands += not parting.is_same_command
        for place, side in enumerate((parting.first, parting.second)):
            if side is None:
                continue
            command, events = side
            self.commands[place][type(command).__name__] += 1
            for event in events:
                self.events[place][type(event).__name__] += 1
                if isinstance(event, OrderRejected | RequestRejected):
                    self.refusals[place][event.rule or REJECT_CODES[event.code]] += 1
                elif isinstance(event, CommandRejected):
                    self.refusals[place][REJECT_CODES[event.code]] += 1
                elif isinstance(event, Trade):
                    self.traded_lots[place][event.instrument] += event.quantity_lots


def _side(row: StoredRow | None) -> Side | None:
    return None if row is None else (decode_command(row[2]), decode_events(row[3]))


def differing_fields(one: msgspec.Struct, other: msgspec.Struct) -> Iterator[tuple[str, object, object]]:
    """The fields of two messages of one kind that are not the same."""
    for name in one.__struct_fields__:
        before, after = getattr(one, name), getattr(other, name)
        if before != after:
            yield name, before, after
