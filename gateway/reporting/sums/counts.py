"""What a recorded session comes to, in counts: orders and rejects, activity, margin, freezes and transfers.

Only sums are kept, never the events, so that memory does not grow with the length of a session.
"""

from __future__ import annotations

from collections import Counter, deque
from typing import Final

from engine.vocabulary.codes import MOVEMENT_STATUSES, PURPOSES, REJECT_CODES
from engine.vocabulary.limits import NS_PER_SECOND
from engine.vocabulary.messages.commands import TradingCommand, Transfer
from engine.vocabulary.messages.events import (
    CloseOutStarted,
    CommandRejected,
    DefaultDeclared,
    Event,
    FutureMarked,
    HoldingFrozen,
    LossShared,
    MarginCalled,
    MarginRestored,
    MovementEnded,
    RequestRejected,
    Trade,
    TradeCorrected,
    Transferred,
    VariationMargin,
)
from gateway.reporting.steps.reference import Reference
from gateway.reporting.steps.source import Step
from gateway.reporting.sums.records import CANCELLED, ORDER_EXPIRED, REJECTED, REQUEST_REJECTED, OrderRecord
from gateway.reporting.tables.tables import Cells
from gateway.reporting.tables.times import utc

_MESSAGES: Final = TradingCommand.__args__
_COUNTED: Final = (
    Trade,
    TradeCorrected,
    CommandRejected,
    MarginCalled,
    MarginRestored,
    CloseOutStarted,
    DefaultDeclared,
    LossShared,
    FutureMarked,
    VariationMargin,
    HoldingFrozen,
    Transferred,
    MovementEnded,
    RequestRejected,
)
"""Events counted by themselves; orders are counted by their records."""


class OrderCounts:
    """Counts of one instrument or class."""

    def __init__(self) -> None:
        self.events: Final[Counter[str]] = Counter()
        """Of order records, by event; both sides of a fill."""
        self.trades: int = 0
        self.lots: int = 0
        self.tick_lots: int = 0


class Rate:
    """The most messages in any second, and when it ended. A window that slides, not the seconds of a clock."""

    def __init__(self) -> None:
        self.messages: int = 0
        self.highest: int = 0
        self.highest_ns: int = 0
        """Time of the last message of that second."""
        self._window: Final[deque[int]] = deque()

    def count(self, time_ns: int) -> None:
        """Count a message."""
        window = self._window
        window.append(time_ns)
        while window[0] <= time_ns - NS_PER_SECOND:
            window.popleft()
        self.messages += 1
        if len(window) > self.highest:
            self.highest = len(window)
            self.highest_ns = time_ns


class MarkCounts:
    """One mark of a future, and what it moved."""

    def __init__(self, step: Step, event: FutureMarked) -> None:
        self.seq: Final = step.seq
        self.time_ns: Final = step.time_ns
        self.instrument: Final = event.instrument
        self.price_ticks: Final = event.price_ticks
        self.open_interest_lots: Final = event.open_interest_lots
        self.final: Final = event.final
        self.accounts = 0
        self.gained = 0


class FreezeCounts:
    """What one command froze or let go of one asset."""

    def __init__(self, step: Step, event: HoldingFrozen) -> None:
        self.time_ns: Final = step.time_ns
        self.reason: Final = event.reason
        self.accounts = 0
        self.frozen = 0


class Counts:
    """Counts what it is given: the commands, events and order records of the days asked for."""

    def __init__(self, reference: Reference) -> None:
        self.reference: Final = reference
        self.commands: int = 0
        self.events: int = 0
        self.days: Final[dict[int, None]] = {}
        """Moscow days in which something happened."""
        self.first: tuple[int, int] | None = None
        """Sequence number and time of the first command."""
        self.last: tuple[int, int] | None = None
        self.rate: Final = Rate()
        self.corrections: int = 0
        self.by_instrument: Final[dict[str, OrderCounts]] = {}
        self.by_class: Final[dict[str, OrderCounts]] = {}
        self.rejects: Final[Counter[tuple[str, str, str, str, str]]] = Counter()
        """By request, rule, code, class and instrument."""
        self.named: Final[Counter[str]] = Counter()
        """How often each rule was among those that failed."""
        self.cancels: Final[Counter[tuple[str, str]]] = Counter()
        self.refused_commands: Final[Counter[tuple[str, str]]] = Counter()
        self.margin: Final[dict[tuple[str, str], list[int]]] = {}
        """By event and asset or instrument: how often, how many accounts (by their names), how much."""
        self.defaults: Final[list[Cells]] = []
        self.shared: Final[dict[tuple[int, str, str], list[int]]] = {}
        self.marks: Final[list[MarkCounts]] = []
        self.freezes: Final[dict[tuple[int, str], FreezeCounts]] = {}
        self.transfers: Final[dict[tuple[str, str], list[int]]] = {}
        self.movements: Final[dict[tuple[str, str], list[int]]] = {}
        """What had waited to leave an account: by how it ended and asset, how many and how much."""
        self.refused_transfers: Final[Counter[tuple[str, str, str, str]]] = Counter()

    # ── counting ───────────────────────────────────────────────────────────────────────────────────────────────────

    def command(self, step: Step) -> None:
        """Count a command."""
        self.commands += 1
        if self.first is None:
            self.first = (step.seq, step.time_ns)
        self.last = (step.seq, step.time_ns)
        if isinstance(step.command, _MESSAGES):
            self.rate.count(step.time_ns)

    def record(self, record: OrderRecord) -> None:
        """Count an order record."""
        event = record.event
        self._orders_of(self.by_instrument, record.instrument).events[event] += 1
        self._orders_of(self.by_class, record.investor_class).events[event] += 1
        if event in (REJECTED, REQUEST_REJECTED):
            request = record.reason or "order"
            self.rejects[(request, record.rule, record.code, record.investor_class, record.instrument)] += 1
            self.named.update(record.rules.split())
        elif event in (CANCELLED, ORDER_EXPIRED):
            self.cancels[(record.reason, record.rule)] += 1

    def event(self, step: Step, event: Event, day: int) -> None:
        """Count an event."""
        self.events += 1
        self.days[day] = None
        if type(event) not in _COUNTED:
            return
        if isinstance(event, Trade):
            orders = self._orders_of(self.by_instrument, event.instrument)
            orders.trades += 1
            orders.lots += event.quantity_lots
            orders.tick_lots += event.price_ticks * event.quantity_lots
        elif isinstance(event, TradeCorrected):
            self.corrections += 1
        elif isinstance(event, CommandRejected):
            self.refused_commands[(type(step.command).__name__, REJECT_CODES[event.code])] += 1
        elif isinstance(event, MarginCalled):
            self._margin_event("margin_called", event.asset, event.missing)
        elif isinstance(event, MarginRestored):
            self._margin_event("margin_restored", event.asset, 0)
        elif isinstance(event, CloseOutStarted):
            self._margin_event("close_out", event.instrument, 0)
        elif isinstance(event, DefaultDeclared):
            amount = self.reference.formats.amount(event.asset, event.shortfall)
            holder = self.reference.holders[event.account]
            self.defaults.append(
                (step.seq, utc(step.time_ns), event.account, holder.investor, event.instrument, event.asset, amount)
            )
        elif isinstance(event, LossShared):
            shared = self.shared.setdefault((step.seq, event.instrument, event.asset), [step.time_ns, 0, 0])
            shared[1] += 1
            shared[2] += event.amount
        elif isinstance(event, FutureMarked):
            self.marks.append(MarkCounts(step, event))
        elif isinstance(event, VariationMargin):
            self.marks[-1].accounts += 1
            self.marks[-1].gained += max(event.amount, 0)
        elif isinstance(event, HoldingFrozen):
            freeze = self.freezes.setdefault((step.seq, event.asset), FreezeCounts(step, event))
            freeze.accounts += 1
            freeze.frozen += event.frozen
        elif isinstance(event, Transferred):
            done = self.transfers.setdefault((PURPOSES[event.purpose], event.asset), [0, 0])
            done[0] += 1
            done[1] += event.amount
        elif isinstance(event, MovementEnded):
            ended = self.movements.setdefault((MOVEMENT_STATUSES[event.outcome], event.asset), [0, 0])
            ended[0] += 1
            ended[1] += event.amount
        elif isinstance(event, RequestRejected) and isinstance(step.command, Transfer):
            purpose = step.command.purpose
            name = PURPOSES[purpose] if 0 <= purpose < len(PURPOSES) else str(purpose)
            self.refused_transfers[(name, step.command.asset, event.rule, REJECT_CODES[event.code])] += 1

    def _orders_of(self, where: dict[str, OrderCounts], key: str) -> OrderCounts:
        found = where.get(key)
        if found is None:
            found = OrderCounts()
            where[key] = found
        return found

    def _margin_event(self, event: str, key: str, amount: int) -> None:
        found = self.margin.setdefault((event, key), [0, 0])
        found[0] += 1
        found[1] += amount
