"""Pass-through: an account that takes in what others send and hands it on to non-residents."""

from __future__ import annotations

from collections import deque
from typing import Final

from compliance.surveillance.base.detector import MAX_KEPT, MOVES, Detector, DetectorRow, keep
from compliance.surveillance.base.facts import Move
from compliance.surveillance.base.finding import Finding
from compliance.surveillance.base.markets import part_ppm
from compliance.surveillance.base.parameters import PPM, RUB, SECONDS, Parameter, Settings
from compliance.surveillance.base.people import Holder
from compliance.surveillance.base.view import View
from compliance.surveillance.detectors.wording import percent, roubles, seconds

MAX_STEPS: Final = 128
"""Of one account."""


class Inflow:
    """Something that came in and was not handed on yet."""

    def __init__(self, time_ns: int, seq: int, source: Holder, kopecks: int) -> None:
        self.time_ns: Final = time_ns
        self.seq: Final = seq
        self.source: Final = source
        self.kopecks: Final = kopecks
        self.left_kopecks: int = kopecks


class Outflow:
    """Something that went to a non-resident, with what of it came from others."""

    def __init__(self, time_ns: int, seq: int, target: Holder, kopecks: int, passed_kopecks: int) -> None:
        self.time_ns: Final = time_ns
        self.seq: Final = seq
        self.target: Final = target
        self.kopecks: Final = kopecks
        self.passed_kopecks: Final = passed_kopecks


class Conduit:
    """One account."""

    def __init__(self) -> None:
        self.inflows: Final[deque[Inflow]] = deque(maxlen=MAX_STEPS)
        self.outflows: Final[deque[Outflow]] = deque(maxlen=MAX_STEPS)
        self.sources: Final[dict[str, Holder]] = {}
        """Whose money went on, by owner."""
        self.seqs: Final[deque[int]] = deque(maxlen=MAX_STEPS)


class PassThrough(Detector):
    """Follows what comes into each account from others, and what of it goes abroad."""

    def __init__(self, settings: Settings, view: View) -> None:
        super().__init__(settings, view)
        self._window_ns: Final = settings.ns("window_s")
        self._conduits: Final[dict[str, Conduit]] = {}

    def moved(self, move: Move) -> None:
        """One account gets something, another one gives it."""
        source, target = move.source, move.target
        if source.root == target.root or not move.kopecks:
            return
        if not target.party.is_resident:
            self._out(move)
        else:
            self._in(target, source, move.kopecks)

    def _in(self, holder: Holder, source: Holder, kopecks: int) -> None:
        conduit = self._conduits.get(holder.account)
        if conduit is None:
            conduit = Conduit()
        keep(self._conduits, holder.account, conduit)
        conduit.inflows.append(Inflow(self.view.time_ns, self.view.seq, source, kopecks))

    def _out(self, move: Move) -> None:
        holder = move.source
        conduit = self._conduits.get(holder.account)
        if conduit is None:
            conduit = Conduit()
        keep(self._conduits, holder.account, conduit)
        now = self.view.time_ns
        inflows, outflows = conduit.inflows, conduit.outflows
        while inflows and inflows[0].time_ns < now - self._window_ns:
            inflows.popleft()
        while outflows and outflows[0].time_ns < now - self._window_ns:
            outflows.popleft()
        passed = 0
        # The latest came last and is handed on first.
        for inflow in reversed(inflows):
            part = min(inflow.left_kopecks, move.kopecks - passed)
            if part <= 0:
                continue
            inflow.left_kopecks -= part
            passed += part
            keep(conduit.sources, inflow.source.root, inflow.source, MAX_STEPS)
            conduit.seqs.append(inflow.seq)
        outflows.append(Outflow(now, self.view.seq, move.target, move.kopecks, passed))
        conduit.seqs.append(self.view.seq)
        if passed:
            self._judge(holder, conduit, now)

    def _judge(self, holder: Holder, conduit: Conduit, now: int) -> None:
        outflows, settings = conduit.outflows, self.settings
        out = sum(each.kopecks for each in outflows)
        passed = sum(each.passed_kopecks for each in outflows)
        came = sum(each.kopecks for each in conduit.inflows)
        if (
            passed < settings["value_rub"] * 100
            or part_ppm(passed, out) < settings["passed_ppm"]
            or part_ppm(passed, came) < settings["handed_on_ppm"]
        ):
            return
        sources = list(conduit.sources.values())
        targets = [each.target for each in outflows]
        seqs = list(conduit.seqs)
        self.report(
            Finding(
                holder.account,
                investors=[
                    holder.party.name,
                    *(each.party.name for each in targets),
                    *(each.party.name for each in sources),
                ],
                accounts=[holder.account, *(each.account for each in targets), *(each.account for each in sources)],
                instruments=[],
                seqs=seqs,
                first_seq=min(seqs),
                figures={
                    "came_in": roubles(came),
                    "went_abroad": roubles(out),
                    "of_which_from_others": roubles(passed),
                    "handed_on": percent(part_ppm(passed, came)),
                    "senders": str(len(sources)),
                    "first_to_last": seconds(now - min(each.time_ns for each in conduit.inflows)),
                },
                note=f"{holder.party.name} handed {roubles(passed)} of others on to non-residents",
            )
        )


ROW: Final[DetectorRow] = DetectorRow(
    "pass_through",
    title="Pass-through to non-residents",
    terms="pass_through",
    definition="""An account takes in transfers of others and hands most of it on to non-residents soon after, in whatever asset: it may be
changed on the way. What the owner deposited and pays under a contract of the owner's own is no pass-through.""",
    source="SET-1 and the rules on payments of the rulebooks; 173-FZ on payments between residents and non-residents; FATF red flags "
    "(2020): funds that are moved on at once; Bank of Russia methodical recommendations 18-MR on transit operations",
    misses="Several conduits one behind the other, of which only the last is named; senders who pay the conduit outside the venue, "
    "which looks like a deposit of its own; what is handed on after `window_s`.",
    memory=f"{MAX_KEPT:,} accounts, {MAX_STEPS} steps of each.",
    parameters=(
        Parameter("window_s", 86_400, "How far back what came in counts.", SECONDS),
        Parameter("value_rub", 300_000, "What of others' went abroad, at least.", RUB),
        Parameter("passed_ppm", 700_000, "Its part of all that the account sent abroad, at least.", PPM),
        Parameter("handed_on_ppm", 700_000, "Its part of all that came in, at least.", PPM),
    ),
    hears=(MOVES,),
    make=PassThrough,
)
