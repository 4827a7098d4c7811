"""What a supervisor wants to see first: how much happened, what was refused most, who is near a limit, whether the settlement adds up."""

from __future__ import annotations

from collections import Counter
from typing import Final

from engine.exchange import Exchange
from engine.vocabulary.codes import REJECT_CODES
from engine.vocabulary.messages.events import (
    AlertDismissed,
    AlertRaised,
    AssetIssued,
    CaseClosed,
    CaseOpened,
    DayEnded,
    Event,
    FundsMoved,
    MovementEnded,
    MovementHeld,
    OrderAccepted,
    OrderRejected,
    RequestRejected,
    Trade,
    TradeCorrected,
    Transferred,
    VariationMargin,
)
from gateway.printable import Cell
from gateway.reporting.part import END, Frame, Part
from gateway.reporting.sections.caps import Caps
from gateway.reporting.sections.exposures import Exposures
from gateway.reporting.sections.turnover import Turnover
from gateway.reporting.steps.source import Step
from gateway.reporting.steps.standing import Standing, balances, collected_fees
from gateway.reporting.sums.settlement import Settlement, SettlementDay, is_sound
from gateway.reporting.tables.joined import minor
from gateway.reporting.tables.tables import AMOUNT, COUNT, Cells, Column, Table
from gateway.reporting.tables.times import utc

TOP: Final = 5
"""Rows of each list here; the sections have all."""
YES: Final = "yes"
NO: Final = "no"
FIGURES: Final = (
    "commands",
    "orders",
    "orders_refused",
    "requests_refused",
    "trades",
    "trades_corrected",
    "transfers",
    "deposits",
    "withdrawals",
    "issues",
)
OPEN: Final = ("movements_waiting", "alerts_waiting", "cases_open")
"""What there is at the end; the rest is what happened."""
ARRESTS: Final = "arrests_in_force"
_BEGUN: Final[dict[type[Event], tuple[str, str]]] = {
    MovementHeld: ("movements_waiting", "movement"),
    AlertRaised: ("alerts_waiting", "alert"),
    CaseOpened: ("cases_open", "case"),
}
"""By event: what there is one more of, and the field that has its number."""
_ENDED: Final[dict[type[Event], tuple[str, str]]] = {
    MovementEnded: ("movements_waiting", "movement"),
    AlertDismissed: ("alerts_waiting", "alert"),
    CaseOpened: ("alerts_waiting", "alert"),
    CaseClosed: ("cases_open", "case"),
}
_COUNTED: Final[dict[type[Event], str]] = {
    OrderAccepted: "orders",
    Trade: "trades",
    TradeCorrected: "trades_corrected",
    Transferred: "transfers",
    AssetIssued: "issues",
}


class Overview(Part):
    """A page: the rest is in the other sections."""

    name = "overview"
    title = "Overview"
    purpose = "What a supervisor wants to see first; the other sections have the rest."
    need = END
    has_takes = True
    kinds = (
        Trade,
        TradeCorrected,
        OrderAccepted,
        OrderRejected,
        RequestRejected,
        FundsMoved,
        VariationMargin,
        Transferred,
        AssetIssued,
        DayEnded,
        MovementHeld,
        MovementEnded,
        AlertRaised,
        AlertDismissed,
        CaseOpened,
        CaseClosed,
    )

    TITLE: Final = "Overview"
    REFUSED_TITLE: Final = "What refused most"
    CAP_TITLE: Final = "Nearest to the annual cap (RET-1)"
    LIMIT_TITLE: Final = "Nearest to a limit on exposure"
    FIGURES: Final = (
        Column("figure"),
        Column("count", COUNT, adds=True),
        Column("amount", AMOUNT, adds=True),
        Column("asset"),
        Column("value"),
    )
    LIMITS: Final = tuple(each for each in Exposures.LIMITS if each.name not in ("remaining_rub", "without_value"))
    REFUSED: Final = (
        Column("rule"),
        Column("code"),
        Column("title"),
        Column("orders", COUNT, adds=True),
        Column("requests", COUNT, adds=True),
    )

    def __init__(self, frame: Frame) -> None:
        super().__init__(frame)
        self._turnover: Final = Turnover(frame)
        self._caps: Final = Caps(frame)
        self._exposures: Final = Exposures(frame)
        self._settlement: Final = Settlement(frame.reference)
        self._counts: Final[Counter[str]] = Counter()
        self._refused: Final[dict[tuple[str, str], list[int]]] = {}
        self._open: Final[dict[str, dict[int, None]]] = {name: {} for name in OPEN}
        """What waits for somebody, by its number."""
        self._arrests: int | None = None
        """Papers in force; None: the state is not known."""
        self._first: tuple[int, int] | None = None
        self._last: tuple[int, int] | None = None

    @property
    def settlement_days(self) -> list[SettlementDay]:
        """The days reported on."""
        asked = self.frame.asked_day
        return [each for each in self._settlement.days if asked is None or each.day == asked]

    @property
    def is_sound(self) -> bool:
        """Whether the settlement adds up."""
        return is_sound(self.settlement_days)

    # ── what happened ──────────────────────────────────────────────────────────────────────────────────────────────

    def event(self, step: Step, event: Event) -> None:
        """One that counts, or moves money."""
        if isinstance(event, DayEnded):
            self._settlement.begin(event.day)
            return
        if not self._settlement.days:
            self._settlement.begin(step.day)
        self._settlement.take(event)
        if not self.frame.is_past:
            self._follow(event)
        if not self.frame.is_wanted:
            return
        if isinstance(event, OrderRejected | RequestRejected):
            is_order = isinstance(event, OrderRejected)
            self._counts["orders" if is_order else "requests_refused"] += 1
            self._counts["orders_refused"] += is_order
            key = (event.rule, "" if event.rule else REJECT_CODES[event.code])
            self._refused.setdefault(key, [0, 0])[not is_order] += 1
        elif isinstance(event, FundsMoved):
            self._counts["deposits" if event.amount > 0 else "withdrawals"] += 1
        else:
            figure = _COUNTED.get(type(event))
            if figure is not None:
                self._counts[figure] += 1
            self._turnover.event(step, event)

    def _follow(self, event: Event) -> None:
        """Keep what waits for somebody."""
        kind = type(event)
        if kind in _ENDED:
            name, field = _ENDED[kind]
            self._open[name].pop(getattr(event, field), None)
        if kind in _BEGUN:
            name, field = _BEGUN[kind]
            self._open[name][getattr(event, field)] = None

    def take(self, step: Step, exchange: Exchange | None) -> None:
        """A command."""
        if self.frame.asked_day is None or step.day == self.frame.asked_day:
            self._counts["commands"] += 1
            self._first = self._first or (step.seq, step.time_ns)
            self._last = (step.seq, step.time_ns)

    def look(self, exchange: Exchange, standing: Standing | None) -> None:
        """Read the state."""
        self._arrests = len(exchange.arrests)
        self._caps.look(exchange, standing)
        self._exposures.look(exchange, standing)
        if self._settlement.days:
            self._settlement.compare(balances(exchange), collected_fees(exchange))

    def finish(self, exchange: Exchange | None, standing: Standing | None) -> None:
        """Close the last day."""
        self._settlement.finish()

    # ── as tables ──────────────────────────────────────────────────────────────────────────────────────────────────

    def tables(self) -> list[Table]:
        """Figures, refusals, caps and exposures; the last two where the state is known."""
        found = [Table("overview", self.TITLE, self.FIGURES, self._figures())]
        titles = self.frame.reference.titles
        refused: list[Cells] = [
            (*key, titles.get(key[0], ""), *counts)
            for key, counts in sorted(self._refused.items(), key=lambda item: (-sum(item[1]), item[0]))
        ]
        found.append(Table("overview_refused", self.REFUSED_TITLE, self.REFUSED, refused))
        caps = self._caps.tables()
        if caps:
            found.append(Table("overview_caps", self.CAP_TITLE, Caps.TAKEN, caps[1].rows[:TOP]))
        exposures = self._exposures.tables()
        if exposures:
            nearest = sorted(exposures[0].objects(), key=_used, reverse=True)[:TOP]
            rows: list[Cells] = [tuple(row[each.name] for each in self.LIMITS) for row in nearest]
            found.append(Table("overview_exposures", self.LIMIT_TITLE, self.LIMITS, rows))
        return found

    def _figures(self) -> list[Cells]:
        rows: list[Cells] = [(name, self._counts[name], None, "", "") for name in FIGURES]
        rows += [(name, None, None, "", str(len(self._open[name]))) for name in OPEN]
        if self._arrests is not None:
            rows.append((ARRESTS, None, None, "", str(self._arrests)))
        reference = self.frame.reference
        for asset, amount in self._turnover.values().items():
            if not amount:
                # All of it was undone.
                continue
            rows.append(("turnover", None, reference.formats.amount(asset, amount), asset, ""))
        for name, end in (("first", self._first), ("last", self._last)):
            if end is not None:
                rows += [(f"{name}_seq", None, None, "", str(end[0])), (f"{name}_utc", None, None, "", utc(end[1]))]
        rows.append(("settlement_adds_up", None, None, "", YES if self.is_sound else NO))
        return rows


def _used(row: dict[str, Cell]) -> tuple[int, int]:
    """How much of a limit is used, to sort by: what has no value known, and a limit of nothing, come first."""
    text = row["used_percent"]
    return (1, 0) if text is None else (0, minor(str(text), 2))
