"""Momentum ignition: trades that start a move, and the way out once others follow it."""

from __future__ import annotations

from typing import Final

from compliance.surveillance.base.detector import FILLS, MAX_KEPT, Detector, DetectorRow, keep
from compliance.surveillance.base.facts import Fill
from compliance.surveillance.base.finding import Finding
from compliance.surveillance.base.markets import Live, Market, part_ppm
from compliance.surveillance.base.parameters import PPM, SECONDS, Parameter, Settings
from compliance.surveillance.base.view import View
from compliance.surveillance.detectors.wording import percent, roubles
from engine.vocabulary.codes import BUY, SIDES

MAX_SEQS: Final = 48
MAX_RUNS: Final = 200
"""Of one instrument."""


class Run:
    """One owner taking on one side of a market."""

    def __init__(self, order: Live, time_ns: int, start2: int) -> None:
        self.side: Final = order.side
        self.key: Final = order.key
        self.start2: Final = start2
        """Twice the price of its first trade, in ticks: how far apart a thin market is quoted moves nothing."""
        self.first_ns: Final = time_ns
        self.last_ns: int = time_ns
        self.lots: int = 0
        self.paid: int = 0
        """Price in ticks times lots."""
        self.end_ticks: int = 0
        self.orders: Final[dict[int, bool]] = {}
        self.others_lots: int = 0
        """What others took on the same side since it began."""
        self.followers_lots: int = 0
        """What they took since it had moved the price."""
        self.is_ignited: bool = False
        self.move_ppm: int = 0
        self.back_lots: int = 0
        self.back: int = 0
        self.kopecks: int = 0
        self.seqs: Final[list[int]] = []


class MomentumIgnition(Detector):
    """Follows whoever takes again and again on one side."""

    def __init__(self, settings: Settings, view: View) -> None:
        super().__init__(settings, view)
        self._ignite_ns: Final = settings.ns("ignite_s")
        self._reverse_ns: Final = settings.ns("reverse_s")
        self._runs: Final[dict[str, dict[str, Run]]] = {}

    def fill(self, fill: Fill) -> None:
        """A taker goes on with a run, begins one, or turns round; a maker may turn round too."""
        market, taker = fill.market, fill.taker
        runs = self._runs.get(market.name)
        if runs is None:
            runs = self._runs[market.name] = {}
        for run in runs.values():
            if run.key != taker.key and run.side == taker.side:
                run.others_lots += fill.lots
                if run.is_ignited:
                    run.followers_lots += fill.lots
        self._turned(runs, fill.maker, fill)
        self._taken(runs, taker, fill)

    def _taken(self, runs: dict[str, Run], order: Live, fill: Fill) -> None:
        now = self.view.time_ns
        run = runs.get(order.key)
        if run is not None and now - run.last_ns > self._reverse_ns:
            del runs[order.key]
            run = None
        if run is not None and run.side != order.side:
            if run.is_ignited:
                self._turned(runs, order, fill)
                return
            run = None
        if run is None or (not run.is_ignited and now - run.first_ns > self._ignite_ns):
            run = Run(order, now, 2 * fill.price_ticks)
            keep(runs, order.key, run, MAX_RUNS)
        run.last_ns = now
        run.lots += fill.lots
        run.paid += fill.lots * fill.price_ticks
        run.kopecks += fill.kopecks
        run.end_ticks = fill.price_ticks
        run.orders[order.order_id] = True
        if len(run.seqs) < MAX_SEQS:
            run.seqs.append(self.view.seq)
        self._ignites(run)

    def _ignites(self, run: Run) -> None:
        moved2 = 2 * run.end_ticks - run.start2
        if run.side != BUY:
            moved2 = -moved2
        settings = self.settings
        if moved2 <= 0 or len(run.orders) < settings["orders"]:
            return
        # Whoever quotes both sides is hit on both.
        if self.view.standing(run.key, BUY) and self.view.standing(run.key, 1 - BUY):
            return
        move = part_ppm(moved2, run.start2)
        if move >= settings["move_ppm"] and part_ppm(run.lots, run.lots + run.others_lots) >= settings["share_ppm"]:
            run.is_ignited = True
            run.move_ppm = max(run.move_ppm, move)

    def _turned(self, runs: dict[str, Run], order: Live, fill: Fill) -> None:
        """Whoever has moved the price goes the other way."""
        run = runs.get(order.key)
        if run is None or not run.is_ignited or run.side == order.side:
            return
        if self.view.time_ns - run.last_ns > self._reverse_ns:
            del runs[order.key]
            return
        run.back_lots += fill.lots
        run.back += fill.lots * fill.price_ticks
        if len(run.seqs) < MAX_SEQS:
            run.seqs.append(self.view.seq)
        if part_ppm(run.back_lots, run.lots) < self.settings["reversed_ppm"]:
            return
        better2 = 2 * run.back - run.start2 * run.back_lots
        if run.side != BUY:
            better2 = -better2
        if better2 <= 0:
            return
        del runs[order.key]
        self._report(run, order, fill.market)

    def _report(self, run: Run, order: Live, market: Market) -> None:
        holder = order.holder
        self.report(
            Finding(
                run.key,
                investors=[holder.party.name],
                accounts=[holder.account],
                instruments=[market.name],
                seqs=run.seqs,
                first_seq=run.seqs[0],
                figures={
                    "side": SIDES[run.side],
                    "moved": percent(run.move_ppm),
                    "orders": str(len(run.orders)),
                    "share_of_taking": percent(part_ppm(run.lots, run.lots + run.others_lots)),
                    "taken": roubles(run.kopecks),
                    "turned_back": percent(part_ppm(run.back_lots, run.lots)),
                    "others_followed_lots": str(run.followers_lots),
                },
                note=f"{holder.party.name} moved {market.name} by {percent(run.move_ppm)} and then went the other way",
            )
        )


ROW: Final[DetectorRow] = DetectorRow(
    "momentum_ignition",
    title="Momentum ignition",
    terms="momentum_ignition",
    definition="""Somebody takes one side of the book in several orders, a large share of all taking, until the price has moved, and then
goes the other way at prices that the move has made.""",
    source="MAR article 12(2)(c)(iii), Delegated Regulation (EU) 2016/522 annex II section 1: momentum ignition; 224-FZ article 5 part "
    "1, repeated trades at the best prices with opposite trades to follow",
    misses="Whoever quotes both sides meanwhile; whoever gets out in another instrument, in another name, or later than `reverse_s`; moves smaller than `move_ppm`.",
    memory=f"{MAX_RUNS} owners of each instrument; together no more than {MAX_KEPT:,} at a hundred instruments.",
    parameters=(
        Parameter("ignite_s", 60, "How long the taking that moves the price may last.", SECONDS),
        Parameter("orders", 3, "Orders that take, at least."),
        Parameter("move_ppm", 3_000, "By how much of the price it moves, at least.", PPM),
        Parameter("share_ppm", 500_000, "Of all that was taken on that side, at least.", PPM),
        Parameter("reverse_s", 180, "How soon after the last of them the way back follows.", SECONDS),
        Parameter("reversed_ppm", 350_000, "What of it goes back, at least.", PPM),
    ),
    hears=(FILLS,),
    make=MomentumIgnition,
)
