"""All detectors over a stream of rows: what each found, once for each thing."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from compliance.surveillance.base.detector import (
    AMENDS,
    CLOCK,
    ENDS,
    FILLS,
    FUNDS,
    MOVES,
    ORDERS,
    PHASES,
    REFUSALS,
    Detector,
    DetectorRow,
)
from compliance.surveillance.base.facts import Fill, Refusal
from compliance.surveillance.base.finding import Finding
from compliance.surveillance.base.markets import Live, Market
from compliance.surveillance.base.parameters import Settings
from compliance.surveillance.base.view import View
from compliance.surveillance.catalogue import DETECTORS
from engine.vocabulary.messages.commands import (
    AmendOrder,
    CancelOrder,
    Command,
    MassCancel,
    MassQuote,
    NewOrder,
    Tick,
)
from engine.vocabulary.messages.events import (
    AssetAdded,
    BookAdded,
    BookChanged,
    DayEnded,
    Event,
    FundsMoved,
    Indicative,
    InstrumentListed,
    OrderAccepted,
    OrderAmended,
    OrderCancelled,
    OrderRejected,
    ParameterChanged,
    PhaseChanged,
    RulebookLoaded,
    StopTriggered,
    Trade,
    Transferred,
    Uncrossed,
)

MAX_EPISODES: Final = 20_000
"""Things that were found and are not over; whatever was not seen for longest is forgotten beyond that."""
_ORDERS: Final = (NewOrder, AmendOrder, CancelOrder, MassCancel, MassQuote, Tick)
"""Commands that change nothing but orders."""


class Episode:
    """One thing that was found, from when it was reported until it was not seen for a while.

    Attributes:
        number: of the episode, from 1, in the order of reports.
        goes_on: the number of the one that this one continues; 0: none.
    """

    def __init__(
        self,
        number: int,
        detector: str,
        version: str,
        finding: Finding,
        *,
        seq: int,
        time_ns: int,
        row_ns: int,
        goes_on: int,
    ) -> None:
        self.number: Final = number
        self.detector: Final = detector
        self.term: Final = DETECTORS[detector].term
        self.version: Final = version
        self.finding: Final = finding
        """As it was when it was reported."""
        self.seq: Final = seq
        self.time_ns: Final = time_ns
        """When it was reported."""
        self.row_ns: Final = row_ns
        """Of the row with which it was enough; it may have waited a moment for what would speak against it."""
        self.goes_on: Final = goes_on
        self.last_seq: int = seq
        self.last_ns: int = time_ns
        self.seen: int = 1
        """How often it was found until it was over."""


class Surveillance:
    """Takes in rows in the order of the journal, from its beginning, and reports episodes.

    Args:
        settings: of all detectors.
        only: names of the detectors that look; empty: all that are enabled.
    """

    def __init__(self, settings: dict[str, Settings], only: Sequence[str] = ()) -> None:
        self.view: Final = View()
        self.rows: int = 0
        self._settings: Final = settings
        self._rows: Final[list[DetectorRow]] = [
            row for name, row in DETECTORS.items() if (name in only if only else settings[name].is_enabled)
        ]
        self._detectors: Final[list[Detector]] = [row.make(settings[row.name], self.view) for row in self._rows]
        self._found: Final[list[tuple[str, Finding]]] = []
        for detector in self._detectors:
            detector.found = self._found
        self._orders: Final = self._hearing(ORDERS)
        self._amends: Final = self._hearing(AMENDS)
        self._ends: Final = self._hearing(ENDS)
        self._fills: Final = self._hearing(FILLS)
        self._moves: Final = self._hearing(MOVES)
        self._funds: Final = self._hearing(FUNDS)
        self._refusals: Final = self._hearing(REFUSALS)
        self._phases: Final = self._hearing(PHASES)
        self._clocked: Final = self._hearing(CLOCK)
        self._open: Final[dict[str, Episode]] = {}
        self._count: int = 0
        self._row_ns: int = 0
        self._call: Market | None = None
        """The instrument that this row uncrosses."""
        self._uncrossed: Uncrossed | None = None
        self._call_fills: list[Fill] = []

    @property
    def detectors(self) -> list[str]:
        """The names of those that look."""
        return [row.name for row in self._rows]

    def _hearing(self, what: str) -> list[Detector]:
        return [each for row, each in zip(self._rows, self._detectors, strict=True) if what in row.hears]

    def take(self, seq: int, time_ns: int, command: Command, events: Sequence[Event]) -> list[Episode]:
        """Take in a row; returns what is to be reported now. O(events), and for each trade what the detectors state as their bounds."""
        view = self.view
        view.seq, view.time_ns = seq, max(time_ns, view.time_ns)
        self._row_ns = time_ns
        self.rows += 1
        if not isinstance(command, _ORDERS):
            view.prepare(command)
        by_funds: list[Live] = []
        for event in events:
            self._event(event, by_funds)
        if self._call is not None:
            self._end_call()
        if not isinstance(command, NewOrder | AmendOrder | CancelOrder):
            view.people.take(seq, command, events)
        for order in by_funds:
            view.forget(order)
        for each in self._clocked:
            each.clock()
        return self._report()

    def look(self, time_ns: int) -> list[Episode]:
        """Let time pass without a row, up to a moment in nanoseconds since the epoch; returns what is to be reported now.

        What is found is what would be found with the next row: only sooner.
        """
        if time_ns > self.view.time_ns:
            self.view.time_ns = time_ns
            for each in self._clocked:
                each.clock()
        return self._report()

    # ── events ───────────────────────────────────────────────────────────────────────────────────────────────────────

    def _event(self, event: Event, by_funds: list[Live]) -> None:
        kind, view = type(event), self.view
        if kind is BookAdded or kind is BookChanged:
            view.shows(event)
        elif kind is OrderAccepted:
            assert isinstance(event, OrderAccepted)
            order = view.accepted(event)
            if order is not None:
                if not order.quantity_lots:
                    by_funds.append(order)
                for each in self._orders:
                    each.order(order)
        elif kind is Trade:
            assert isinstance(event, Trade)
            self._trade(event)
        elif kind is OrderCancelled:
            assert isinstance(event, OrderCancelled)
            order = view.cancel(event)
            if order is not None:
                for each in self._ends:
                    each.ended(order, event.reason, event.cancelled_lots)
        elif kind is OrderAmended:
            assert isinstance(event, OrderAmended)
            changed = view.amend(event)
            if changed is not None:
                for each in self._amends:
                    each.amended(changed[0], event.price_ticks, changed[2])
        else:
            self._seldom(event)

    def _trade(self, event: Trade) -> None:
        fill = self.view.trade(event)
        if fill is None:
            return
        if self._call is fill.market:
            self._call_fills.append(fill)
        for each in self._fills:
            each.fill(fill)

    def _seldom(self, event: Event) -> None:
        view = self.view
        if isinstance(event, OrderRejected):
            self._refused(event)
        elif isinstance(event, StopTriggered):
            view.triggered(event)
        elif isinstance(event, Indicative):
            market = view.markets.get(event.instrument)
            if market is not None:
                market.indicative_ticks, market.indicative_lots = event.price_ticks, event.volume_lots
        elif isinstance(event, Uncrossed):
            self._end_call()
            self._call, self._uncrossed = view.markets.get(event.instrument), event
        elif isinstance(event, PhaseChanged):
            self._phase(event)
        elif isinstance(event, Transferred):
            move = view.transfer(event)
            if move is not None:
                for each in self._moves:
                    each.moved(move)
        elif isinstance(event, FundsMoved):
            holder = view.holder(event.account)
            if holder is not None:
                kopecks = view.kopecks(event.asset, abs(event.amount))
                for each in self._funds:
                    each.funds(holder, event.asset, event.amount, kopecks)
        elif isinstance(event, DayEnded):
            for each in self._phases:
                each.day_ended()
        elif isinstance(event, InstrumentListed):
            view.instrument(event)
        elif isinstance(event, AssetAdded):
            view.asset(event)
        elif isinstance(event, RulebookLoaded | ParameterChanged):
            view.rules(event)

    def _refused(self, event: OrderRejected) -> None:
        holder, market = self.view.holder(event.account), self.view.markets.get(event.instrument)
        if holder is None or market is None:
            return
        refusal = Refusal(holder, market, event.rule, side=event.side, quantity_e8=event.quantity_e8)
        for each in self._refusals:
            each.refused(refusal)

    def _phase(self, event: PhaseChanged) -> None:
        market = self.view.markets.get(event.instrument)
        if market is None:
            return
        self._end_call()
        before, market.phase = market.phase, event.phase
        for each in self._phases:
            each.phase(market, before)
        market.indicative_ticks = market.indicative_lots = 0

    def _end_call(self) -> None:
        """All trades of a call were told."""
        market, event = self._call, self._uncrossed
        if market is None or event is None:
            return
        fills, self._call_fills, self._call = self._call_fills, [], None
        for each in self._phases:
            each.uncrossed(market, event.price_ticks, event.volume_lots, fills)

    # ── episodes ─────────────────────────────────────────────────────────────────────────────────────────────────────

    def _report(self) -> list[Episode]:
        if not self._found:
            return []
        found = [self._episode(detector, finding) for detector, finding in self._found]
        self._found.clear()
        return [episode for episode in found if episode is not None]

    def _episode(self, detector: str, finding: Finding) -> Episode | None:
        """A new episode, unless this one is known."""
        key, now = f"{detector}|{finding.key}", self.view.time_ns
        settings = self._settings[detector]
        known = self._open.pop(key, None)
        goes_on = 0
        if known is not None and now - known.last_ns < settings.ns("quiet_s"):
            known.last_ns, known.last_seq = now, self.view.seq
            known.seen += 1
            if now - known.time_ns < settings.ns("again_s"):
                self._open[key] = known
                return None
            goes_on = known.number
        self._count += 1
        episode = Episode(
            self._count,
            detector,
            settings.version,
            finding,
            seq=self.view.seq,
            time_ns=now,
            row_ns=self._row_ns,
            goes_on=goes_on,
        )
        self._open[key] = episode
        if len(self._open) > MAX_EPISODES:
            del self._open[next(iter(self._open))]
        return episode
