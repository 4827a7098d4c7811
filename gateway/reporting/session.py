"""What a session did, in counts: orders and rejects, activity, margin, freezes, transfers, and the rules in force.

Only sums are kept, never the events, so that memory does not grow with the length of a session.
"""

from __future__ import annotations

from collections import Counter, deque
from typing import Final

from compliance.registry.calendar import iso_date
from engine.vocabulary.codes import PURPOSES, REJECT_CODES
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
    RequestRejected,
    Trade,
    TradeCorrected,
    Transferred,
    VariationMargin,
)
from gateway.reporting.records import CANCELLED, FILLS, NEW, ORDER_EXPIRED, REJECTED, REQUEST_REJECTED, OrderRecord
from gateway.reporting.reference import Reference
from gateway.reporting.source import Step
from gateway.reporting.tables import Cells, Table
from gateway.reporting.times import utc

_MESSAGES: Final = TradingCommand.__args__
# Events counted by themselves; orders are counted by their records.
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
    RequestRejected,
)


class _Orders:
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


class Session:
    """Counts what it is given: the commands, events and order records of the days asked for."""

    def __init__(self, reference: Reference) -> None:
        self._reference: Final = reference
        self.commands: int = 0
        self.events: int = 0
        self.days: Final[dict[int, None]] = {}
        """Moscow days in which something happened."""
        self.first: tuple[int, int] | None = None
        """Sequence number and time of the first command."""
        self.last: tuple[int, int] | None = None
        self.rate: Final = Rate()
        self._corrections: int = 0
        self._by_instrument: Final[dict[str, _Orders]] = {}
        self._by_class: Final[dict[str, _Orders]] = {}
        self._rejects: Final[Counter[tuple[str, str, str, str, str]]] = Counter()
        """By request, rule, code, class and instrument."""
        self._named: Final[Counter[str]] = Counter()
        """How often each rule was among those that failed."""
        self._cancels: Final[Counter[tuple[str, str]]] = Counter()
        self._refused_commands: Final[Counter[tuple[str, str]]] = Counter()
        self._margin: Final[dict[tuple[str, str], list[int]]] = {}
        """By event and asset or instrument: how often, how many accounts (by their names), how much."""
        self._defaults: Final[list[Cells]] = []
        self._shared: Final[dict[tuple[int, str, str], list[int]]] = {}
        self._marks: Final[list[_Mark]] = []
        self._freezes: Final[dict[tuple[int, str], _Freeze]] = {}
        self._transfers: Final[dict[tuple[str, str], list[int]]] = {}
        self._refused_transfers: Final[Counter[tuple[str, str, str, str]]] = Counter()

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
        self._orders_of(self._by_instrument, record.instrument).events[event] += 1
        self._orders_of(self._by_class, record.investor_class).events[event] += 1
        if event in (REJECTED, REQUEST_REJECTED):
            request = record.reason or "order"
            self._rejects[(request, record.rule, record.code, record.investor_class, record.instrument)] += 1
            self._named.update(record.rules.split())
        elif event in (CANCELLED, ORDER_EXPIRED):
            self._cancels[(record.reason, record.rule)] += 1

    def event(self, step: Step, event: Event, day: int) -> None:
        """Count an event."""
        self.events += 1
        self.days[day] = None
        if type(event) not in _COUNTED:
            return
        if isinstance(event, Trade):
            orders = self._orders_of(self._by_instrument, event.instrument)
            orders.trades += 1
            orders.lots += event.quantity_lots
            orders.tick_lots += event.price_ticks * event.quantity_lots
        elif isinstance(event, TradeCorrected):
            self._corrections += 1
        elif isinstance(event, CommandRejected):
            self._refused_commands[(type(step.command).__name__, REJECT_CODES[event.code])] += 1
        elif isinstance(event, MarginCalled):
            self._margin_event("margin_called", event.asset, event.missing)
        elif isinstance(event, MarginRestored):
            self._margin_event("margin_restored", event.asset, 0)
        elif isinstance(event, CloseOutStarted):
            self._margin_event("close_out", event.instrument, 0)
        elif isinstance(event, DefaultDeclared):
            amount = self._reference.formats.amount(event.asset, event.shortfall)
            holder = self._reference.holders[event.account]
            self._defaults.append(
                (step.seq, utc(step.time_ns), event.account, holder.investor, event.instrument, event.asset, amount)
            )
        elif isinstance(event, LossShared):
            shared = self._shared.setdefault((step.seq, event.instrument, event.asset), [step.time_ns, 0, 0])
            shared[1] += 1
            shared[2] += event.amount
        elif isinstance(event, FutureMarked):
            self._marks.append(_Mark(step, event))
        elif isinstance(event, VariationMargin):
            self._marks[-1].accounts += 1
            self._marks[-1].gained += max(event.amount, 0)
        elif isinstance(event, HoldingFrozen):
            freeze = self._freezes.setdefault((step.seq, event.asset), _Freeze(step, event))
            freeze.accounts += 1
            freeze.frozen += event.frozen
        elif isinstance(event, Transferred):
            done = self._transfers.setdefault((PURPOSES[event.purpose], event.asset), [0, 0])
            done[0] += 1
            done[1] += event.amount
        elif isinstance(event, RequestRejected) and isinstance(step.command, Transfer):
            purpose = step.command.purpose
            name = PURPOSES[purpose] if 0 <= purpose < len(PURPOSES) else str(purpose)
            self._refused_transfers[(name, step.command.asset, event.rule, REJECT_CODES[event.code])] += 1

    def _orders_of(self, where: dict[str, _Orders], key: str) -> _Orders:
        found = where.get(key)
        if found is None:
            found = _Orders()
            where[key] = found
        return found

    def _margin_event(self, event: str, key: str, amount: int) -> None:
        found = self._margin.setdefault((event, key), [0, 0])
        found[0] += 1
        found[1] += amount

    # ── tables ─────────────────────────────────────────────────────────────────────────────────────────────────────

    def tables(self, capacity_multiple: int | None) -> list[Table]:
        """Everything counted, in the order in which it is shown.

        Args:
            capacity_multiple: how often the highest message rate seen a venue must be able to take (OPS-2); None: no rule says so.
        """
        return [
            self._orders_table("orders_by_class", "Orders by class", "investor_class", self._by_class, False),
            self._orders_table("orders_by_instrument", "Orders by instrument", "instrument", self._by_instrument, True),
            self._rejects_by_rule(),
            self._rejects_table(),
            self._cancels_table(),
            self._transfers_table(),
            self._refused_transfers_table(),
            self._freezes_table(),
            self._marks_table(),
            self._margin_table(),
            self._defaults_table(),
            self._shared_table(),
            self._refused_commands_table(),
            self._activity(capacity_multiple),
        ]

    def _orders_table(self, name: str, title: str, key: str, found: dict[str, _Orders], with_trades: bool) -> Table:
        rows: list[Cells] = []
        for each in sorted(found):
            orders = found[each]
            events = orders.events
            row: Cells = (
                each,
                events[NEW] + events[REJECTED],
                events[NEW],
                events[REJECTED],
                events["amended"],
                events["triggered"],
                events[FILLS[0]] + events[FILLS[1]],
                events[FILLS[1]],
                events[CANCELLED],
                events[ORDER_EXPIRED],
                events[REQUEST_REJECTED],
            )
            if with_trades:
                row = (*row, orders.trades, *self._volume(each, orders))
            rows.append(row)
        columns = [key, "orders", "accepted", "rejected", "amended", "triggered", "fills", "filled", "cancelled"]
        columns += ["expired", "requests_rejected"]
        if with_trades:
            columns += ["trades", "quantity", "turnover", "turnover_asset"]
        return Table(name, title, columns, rows)

    def _volume(self, instrument: str, orders: _Orders) -> Cells:
        """Quantity and turnover of trades; nothing of an instrument that is not listed."""
        traded = self._reference.instruments.get(instrument)
        if traded is None:
            return ("", "", "")
        format_ = self._reference.formats.instruments[instrument]
        turnover = self._reference.formats.amount(traded.quote, orders.tick_lots * traded.unit)
        return (format_.quantity[orders.lots], turnover, traded.quote)

    def _rejects_by_rule(self) -> Table:
        decided: Counter[tuple[str, str]] = Counter()
        for (_, rule, code, _, _), count in self._rejects.items():
            decided[(rule, "" if rule else code)] += count
        for rule in self._named:
            decided[(rule, "")] += 0
        rows: list[Cells] = [
            (rule, code, self._reference.titles.get(rule, ""), count, self._named[rule] if rule else count)
            for (rule, code), count in sorted(decided.items(), key=lambda item: (-item[1], item[0]))
        ]
        columns = ("rule", "code", "title", "decided", "failed")
        return Table("rejects_by_rule", "Rejects by rule, and by code where no rule decided", columns, rows)

    def _rejects_table(self) -> Table:
        rows: list[Cells] = [(*key, count) for key, count in sorted(self._rejects.items())]
        columns = ("request", "rule", "code", "investor_class", "instrument", "count")
        return Table("rejects", "Rejects by rule, class and instrument", columns, rows)

    def _cancels_table(self) -> Table:
        rows: list[Cells] = [(*key, count) for key, count in sorted(self._cancels.items())]
        return Table("cancels", "Orders that ended before they were filled", ("reason", "rule", "count"), rows)

    def _transfers_table(self) -> Table:
        amount = self._reference.formats.amount
        rows: list[Cells] = [
            (purpose, asset, count, amount(asset, total))
            for (purpose, asset), (count, total) in sorted(self._transfers.items())
        ]
        return Table("transfers", "Transfers by purpose", ("purpose", "asset", "count", "amount"), rows)

    def _refused_transfers_table(self) -> Table:
        rows: list[Cells] = [(*key, count) for key, count in sorted(self._refused_transfers.items())]
        columns = ("purpose", "asset", "rule", "code", "count")
        return Table("transfers_refused", "Transfers refused", columns, rows)

    def _freezes_table(self) -> Table:
        rows: list[Cells] = [
            (
                seq,
                utc(freeze.time_ns),
                asset,
                freeze.accounts,
                self._reference.formats.amount(asset, freeze.frozen),
                freeze.reason,
            )
            for (seq, asset), freeze in self._freezes.items()
        ]
        columns = ("seq", "time_utc", "asset", "accounts", "frozen", "reason")
        return Table("freezes", "Freezes, and what is frozen after each", columns, rows)

    def _marks_table(self) -> Table:
        rows: list[Cells] = []
        for mark in self._marks:
            traded = self._reference.instruments[mark.instrument]
            format_ = self._reference.formats.instruments[mark.instrument]
            rows.append(
                (
                    mark.seq,
                    utc(mark.time_ns),
                    mark.instrument,
                    format_.price[mark.price_ticks],
                    format_.quantity[mark.open_interest_lots],
                    "yes" if mark.final else "",
                    mark.accounts,
                    self._reference.formats.amount(traded.quote, mark.gained),
                    traded.quote,
                )
            )
        columns = ("seq", "time_utc", "instrument", "price", "open_interest", "final", "accounts", "gained", "asset")
        return Table("marks", "Marks of futures", columns, rows)

    def _margin_table(self) -> Table:
        rows: list[Cells] = []
        for (event, key), (count, total) in sorted(self._margin.items()):
            amount = self._reference.formats.amount(key, total) if event == "margin_called" else ""
            rows.append((event, key, count, amount))
        return Table("margin", "Margin calls and close-outs", ("event", "of", "count", "missing"), rows)

    def _defaults_table(self) -> Table:
        columns = ("seq", "time_utc", "account", "investor", "instrument", "asset", "shortfall")
        return Table("defaults", "Defaults", columns, self._defaults)

    def _shared_table(self) -> Table:
        rows: list[Cells] = [
            (seq, utc(time_ns), instrument, asset, accounts, self._reference.formats.amount(asset, total))
            for (seq, instrument, asset), (time_ns, accounts, total) in self._shared.items()
        ]
        columns = ("seq", "time_utc", "instrument", "asset", "accounts", "amount")
        return Table("losses_shared", "Shortfalls shared among those who gained", columns, rows)

    def _refused_commands_table(self) -> Table:
        rows: list[Cells] = [(*key, count) for key, count in sorted(self._refused_commands.items())]
        columns = ("command", "code", "count")
        return Table("commands_refused", "Commands of operator and supervisor refused", columns, rows)

    def _activity(self, capacity_multiple: int | None) -> Table:
        first, last = self.first, self.last
        capacity = None if capacity_multiple is None else self.rate.highest * capacity_multiple
        rows: list[Cells] = [
            ("commands", self.commands),
            ("events", self.events),
            ("messages", self.rate.messages),
            ("highest_messages_a_second", self.rate.highest),
            ("highest_second_ended_utc", utc(self.rate.highest_ns) if self.rate.messages else None),
            ("capacity_asked_for_a_second", capacity),
            ("trades", sum(orders.trades for orders in self._by_instrument.values())),
            ("trades_corrected", self._corrections),
            ("first_seq", first[0] if first is not None else None),
            ("last_seq", last[0] if last is not None else None),
            ("first_utc", utc(first[1]) if first is not None else None),
            ("last_utc", utc(last[1]) if last is not None else None),
            ("moscow_days", " ".join(iso_date(day) for day in self.days)),
        ]
        return Table("activity", "Activity, and the capacity it asks for (OPS-2)", ("figure", "value"), rows)


class _Mark:
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


class _Freeze:
    """What one command froze or let go of one asset."""

    def __init__(self, step: Step, event: HoldingFrozen) -> None:
        self.time_ns: Final = step.time_ns
        self.reason: Final = event.reason
        self.accounts = 0
        self.frozen = 0
