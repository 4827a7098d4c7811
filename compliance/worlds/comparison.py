"""Two worlds side by side: the recorded commands as they were, and under the change."""

from __future__ import annotations

from typing import Final

import msgspec

from compliance.hook import ComplianceHook
from compliance.putting_in_force import differing_rules
from compliance.rules.table import RuleTable
from compliance.worlds.fates import Fates
from compliance.worlds.figures import Figures
from compliance.worlds.life import Lives
from compliance.worlds.messages.change import Change
from compliance.worlds.messages.results import Caps, Exposures, Recording, Result, Slice, World
from compliance.worlds.other import OtherWorld
from compliance.worlds.slices import SLICES, Slices
from engine.exchange import Exchange, restore_exchange
from engine.vocabulary.messages.commands import Command, Sequenced, Tick
from engine.vocabulary.messages.events import Event

UNCOMPARED: Final = ("report_seq", "trade_id", "values", "available", "reserved", "held")
"""Ends of the names of fields that say nothing of what was done: numbers, and figures that are told on the way."""

EndState = tuple[Caps | None, list[Exposures]]


class Comparison:
    """Feeds recorded commands to both worlds, and adds up what differs.

    Args:
        recorded: the recorded world, just before the first command under the change; not in the middle of one.
        change: what is otherwise in the other one; checked.
        span_ns: the times of that command and of the last one that will be fed, nanoseconds since the epoch, UTC.

    Raises:
        ChangeError: what is in force can't have the settings.
    """

    def __init__(self, recorded: Exchange, change: Change, span_ns: tuple[int, int]) -> None:
        other = forked(recorded)
        self.recorded: Final = recorded
        self.other: Final = OtherWorld(other, change, recorded)
        self.commands: int = 0
        """Fed so far."""
        self.affected: int = 0
        """Of these, with other events."""
        self._change: Final = change
        self._end_ns: Final = span_ns[1]
        self._slices: Final = Slices(span_ns[0], span_ns[1])
        self._points: int = 0
        self._orders_at: Final[list[int]] = [0] * SLICES
        self._figures: Final = [Figures(exchange, span_ns[0]) for exchange in (recorded, other)]
        self._lives: Final = [
            Lives(exchange, hook_of(exchange).intake.registry.clients) for exchange in (recorded, other)
        ]
        self._fates: Final = Fates(self._lives[0], self._lives[1], recorded.instruments, change, self._slices)
        self._tables: tuple[RuleTable | None, RuleTable | None] = (None, None)
        self._put_in: Final[dict[str, int]] = {}
        self._kept_fields: Final[dict[type[Event], tuple[int, ...]]] = {}
        self.other.begin()
        self._note_rules()
        self._take_put_in(recorded.seq, span_ns[0])

    def feed(self, seq: int, time_ns: int, command: Command) -> tuple[list[Event], list[Event]]:
        """Apply the next command to both worlds; returns the events of the recorded world and of the other one.

        Raises:
            ChangeError: a rulebook that comes can't have the settings.
        """
        there = self.other.translated(seq, command)
        recorded = self.recorded.apply(Sequenced(seq, time_ns, command))  # type: ignore[arg-type]  # it is a command of the journal
        other = self.other.apply(seq, time_ns, there)
        self._take(seq, time_ns, command, (recorded, other))
        return recorded, other

    def result(self, recording: Recording, ends: tuple[EndState, EndState]) -> Result:
        """What came of it, after the last command. `ends`: caps and exposures of both worlds at the end."""
        fates = self._fates
        fates.finish()
        while self._points < SLICES:
            self._note_points()
        recorded, other = [self._world(index, end) for index, end in enumerate(ends)]
        return Result(
            self._change,
            recording,
            list(fates.rules),
            recorded,
            other,
            self.commands,
            self.affected,
            fates.orders,
            fates.directly,
            fates.followed,
            fates.changed(),
            fates.first_changed(),
            fates.access(),
            fates.parties(),
            self.other.skipped,
            [
                Slice(
                    self._slices.until_ns(place),
                    self._orders_at[place],
                    fates.directly_at[place],
                    fates.followed_at[place],
                )
                for place in range(SLICES)
            ],
            {name: self._put_in[name] for name in sorted(self._put_in)},
        )

    def _take(self, seq: int, time_ns: int, command: Command, events: tuple[list[Event], list[Event]]) -> None:
        """Take in what a command did in both worlds."""
        while self._points < self._slices.place(time_ns):
            self._note_points()
        self._note_rules()
        self.commands += 1
        if events[0] != events[1] and self._differs(events[0], events[1]):
            self.affected += 1
        entered = self._lives[0].entered
        for figures, lives, each in zip(self._figures, self._lives, events, strict=True):
            figures.take(time_ns, command, each)
            lives.take(seq, time_ns, command, each)
        self._orders_at[self._points] += self._lives[0].entered - entered
        if self.other.put_in_events:
            self._take_put_in(seq, time_ns)
        self._fates.settle(not (self.recorded.is_unfinished or self.other.exchange.is_unfinished))

    def _take_put_in(self, seq: int, time_ns: int) -> None:
        """Take in what putting settings in did to the other world."""
        events = list(self.other.put_in_events)
        self.other.put_in_events.clear()
        for event in events:
            name = type(event).__name__
            self._put_in[name] = self._put_in.get(name, 0) + 1
        nothing = Tick()
        self._figures[1].take(time_ns, nothing, events)
        self._lives[1].take(seq, time_ns, nothing, events)

    def _note_rules(self) -> None:
        """Note which rules are set otherwise, where rules have come into force in either world."""
        one, two = hook_of(self.recorded).intake.table, self.other.hook.intake.table
        if one is self._tables[0] and two is self._tables[1]:
            return
        self._tables = (one, two)
        if one is not None and two is not None:
            self._fates.rules.update(dict.fromkeys(differing_rules(one.rulebook, two.rulebook), True))

    def _note_points(self) -> None:
        for figures in self._figures:
            figures.note_points()
        self._points += 1

    def _world(self, index: int, end: EndState) -> World:
        figures = self._figures[index]
        return World(
            figures.orders,
            figures.events(),
            figures.verdicts(),
            figures.markets(max(self._end_ns, self.recorded.time_ns)),
            figures.welfare(),
            figures.concentration(),
            end[0],
            end[1],
        )

    def _differs(self, one: list[Event], two: list[Event]) -> bool:
        """Whether events of one command differ in more than numbers and figures that are told on the way."""
        if len(one) != len(two):
            return True
        for first, second in zip(one, two, strict=True):
            if type(first) is not type(second):
                return True
            if first != second and self._said(first) != self._said(second):
                return True
        return False

    def _said(self, event: Event) -> list[object]:
        """The fields of an event that say what was done."""
        kind = type(event)
        kept = self._kept_fields.get(kind)
        if kept is None:
            names = [field.name for field in msgspec.structs.fields(kind)]
            kept = tuple([at for at, name in enumerate(names) if not name.endswith(UNCOMPARED)])
            self._kept_fields[kind] = kept
        fields = msgspec.structs.astuple(event)
        return [fields[at] for at in kept]


def hook_of(exchange: Exchange) -> ComplianceHook:
    """The rules behind an exchange."""
    hook = exchange.hook
    assert isinstance(hook, ComplianceHook)
    return hook


def forked(exchange: Exchange) -> Exchange:
    """Another exchange that is like one, which is not in the middle of a command, behind rules of its own. O(state)."""
    return restore_exchange(exchange.snapshot(), ComplianceHook()) if exchange.seq else Exchange(ComplianceHook())
