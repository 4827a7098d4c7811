"""Sessions replayed under other rules, without a journal: what is compared, and what it is compared with."""

from __future__ import annotations

from collections.abc import Sequence

from compliance import ComplianceHook
from compliance.worlds.change import check_change, parse_setting
from compliance.worlds.comparison import Comparison
from compliance.worlds.messages.change import Change
from compliance.worlds.messages.results import Recording, Result
from engine.exchange import Exchange
from engine.vocabulary.messages.commands import AnyCommand, Sequenced
from engine.vocabulary.messages.events import Event
from tests.support.compliance.venue import Venue

RECORDING = Recording("venue", 1, 1, 0, 0, "")


class RecordingVenue(Venue):
    """The venue of the compliance tests, which keeps what it was sent and what came of it."""

    def __init__(self, rulebook: str = "general-2026") -> None:
        self.history: list[Sequenced] = []
        self.recorded: list[list[Event]] = []
        super().__init__(rulebook)

    def apply(self, command: AnyCommand) -> list[Event]:
        self.history.append(Sequenced(self.exchange.seq + 1, self.time_ns, command))
        events = super().apply(command)
        self.recorded.append(list(self.happened))
        return events


def change_of(*settings: str, **others: object) -> Change:
    """A change as its user writes it, checked."""
    change = Change(tuple(parse_setting(each) for each in settings), **others)  # type: ignore[arg-type]
    check_change(change)
    return change


class Compared:
    """A history fed to both worlds.

    Attributes:
        recorded, other: the events of each command in each world; from the change on.
    """

    def __init__(self, history: Sequence[Sequenced], change: Change) -> None:
        exchange = Exchange(ComplianceHook())
        self.history = history
        self.recorded: list[list[Event]] = []
        self.other: list[list[Event]] = []
        self.comparison: Comparison | None = None
        for seq, time_ns, command in [(each.seq, each.time_ns, each.command) for each in history]:
            begins = seq >= change.from_seq and time_ns >= change.from_ns and not exchange.is_unfinished
            if self.comparison is None and begins:
                self.comparison = Comparison(exchange, change, (time_ns, history[-1].time_ns))
            if self.comparison is None:
                exchange.apply(Sequenced(seq, time_ns, command))
                continue
            self.before(seq)
            one, two = self.comparison.feed(seq, time_ns, command)
            self.recorded.append(list(one))
            self.other.append(list(two))
            self.after(seq)

    def before(self, seq: int) -> None:
        """What a test looks at before a command."""

    def after(self, seq: int) -> None:
        """What it looks at after one."""

    def result(self) -> Result:
        assert self.comparison is not None
        return self.comparison.result(RECORDING, ((None, []), (None, [])))


def compared(history: Sequence[Sequenced], change: Change) -> Result:
    """What came of a change."""
    return Compared(history, change).result()
