"""Use of what is frozen or blocked, through others."""

from __future__ import annotations

from collections import deque
from typing import Final

from compliance.surveillance.base.detector import FILLS, MAX_KEPT, MOVES, ORDERS, REFUSALS, Detector, DetectorRow, keep
from compliance.surveillance.base.facts import Fill, Move, Refusal
from compliance.surveillance.base.finding import Finding
from compliance.surveillance.base.markets import Live, Market, part_ppm
from compliance.surveillance.base.parameters import PPM, SECONDS, Parameter, Settings
from compliance.surveillance.base.people import Holder
from compliance.surveillance.base.view import View
from compliance.surveillance.detectors.wording import roubles

RULES: Final = ("SAN-1", "FRZ-1", "ARR-1")
"""Refusals of these are of what is blocked or frozen."""
MAX_TRIES: Final = 32
"""Of one participant in one instrument and side."""


class Try:
    """What was refused to somebody blocked."""

    def __init__(self, time_ns: int, seq: int, refusal: Refusal) -> None:
        self.time_ns: Final = time_ns
        self.seq: Final = seq
        self.refusal: Final = refusal


class StandIn:
    """An account that does what another could not."""

    def __init__(self) -> None:
        self.seqs: Final[deque[int]] = deque(maxlen=MAX_TRIES)
        self.times: int = 0
        self.last_ns: int = 0
        self.kopecks: int = 0


class UseOfFrozen(Detector):
    """Follows those who are blocked, those linked with them, and those who do what was refused to them."""

    def __init__(self, settings: Settings, view: View) -> None:
        super().__init__(settings, view)
        self._window_ns: Final = settings.ns("window_s")
        self._soon_ns: Final = settings.ns("soon_s")
        self._tries: Final[dict[str, deque[Try]]] = {}
        self._stand_ins: Final[dict[str, StandIn]] = {}
        self._linked: Final[dict[str, StandIn]] = {}

    def refused(self, refusal: Refusal) -> None:
        """Remember what a blocked owner wanted."""
        if refusal.rule not in RULES:
            return
        key = f"{refusal.holder.participant}|{refusal.market.name}|{refusal.side}"
        tries = self._tries.get(key)
        if tries is None:
            tries = deque(maxlen=MAX_TRIES)
        tries.append(Try(self.view.time_ns, self.view.seq, refusal))
        keep(self._tries, key, tries)
        if not refusal.holder.party.is_blocked and self.view.people.blocked:
            self._used(refusal.holder, refusal.market, 0, self.settings["times"])

    def order(self, order: Live) -> None:
        """Look whether the same is tried through another account of the same participant, soon after."""
        key = f"{order.holder.participant}|{order.market.name}|{order.side}"
        tries = self._tries.get(key)
        if tries is None:
            return
        now = self.view.time_ns
        quantity_e8 = order.quantity_lots * order.market.lot_e8
        for each in reversed(tries):
            if each.time_ns < now - self._soon_ns:
                return
            wanted = each.refusal
            differs = part_ppm(abs(wanted.quantity_e8 - quantity_e8), max(wanted.quantity_e8, quantity_e8))
            if wanted.holder.account != order.holder.account and differs <= self.settings["alike_ppm"]:
                self._stood_in(wanted, order, each.seq)
                return

    def _stood_in(self, wanted: Refusal, order: Live, seq: int) -> None:
        blocked, holder, now = wanted.holder, order.holder, self.view.time_ns
        key = f"{blocked.account}|{holder.account}"
        found = self._stand_ins.get(key)
        if found is None or found.last_ns < now - self._window_ns:
            found = StandIn()
        keep(self._stand_ins, key, found)
        found.times += 1
        found.last_ns = now
        found.seqs.extend((seq, self.view.seq))
        if found.times >= self.settings["times"]:
            self._report(f"instead|{key}", blocked, holder, order.market, found=found, how="did what was refused to")

    def fill(self, fill: Fill) -> None:
        """Look whether somebody trades who is linked with a blocked owner."""
        if self.view.people.blocked:
            self._used(fill.buyer, fill.market, fill.kopecks)
            self._used(fill.seller, fill.market, fill.kopecks)

    def moved(self, move: Move) -> None:
        """Look whether such a one gets or gives something by transfer."""
        if self.view.people.blocked:
            self._used(move.source, None, move.kopecks)
            self._used(move.target, None, move.kopecks)

    def _used(self, holder: Holder, market: Market | None, kopecks: int, times: int = 1) -> None:
        root = holder.root
        for name in self.view.people.blocked:
            party = self.view.people.parties[name]
            if party is holder.party or party.root.name != root:
                continue
            key = f"{name}|{holder.party.name}"
            found = self._linked.get(key)
            if found is None:
                found = StandIn()
            keep(self._linked, key, found)
            found.times += 1
            found.kopecks += kopecks
            found.seqs.append(self.view.seq)
            if found.times < times:
                continue
            blocked = Holder(holder.account, holder.participant, party, holder.intermediary)
            self._report(f"linked|{key}", blocked, holder, market, found=found, how="is linked by a document with")

    def _report(
        self, key: str, blocked: Holder, holder: Holder, market: Market | None, *, found: StandIn, how: str
    ) -> None:
        seqs = list(found.seqs)
        figures = {"blocked": blocked.party.name, "times": str(found.times), "how": how}
        if found.kopecks:
            figures["value"] = roubles(found.kopecks)
        self.report(
            Finding(
                key,
                investors=[holder.party.name, blocked.party.name],
                accounts=[holder.account, blocked.account],
                instruments=[] if market is None else [market.name],
                seqs=seqs,
                first_seq=min(seqs),
                figures=figures,
                note=f"{holder.party.name} {how} {blocked.party.name}, who is blocked",
            )
        )


ROW: Final[DetectorRow] = DetectorRow(
    "use_of_frozen",
    title="Use of what is frozen",
    terms="use_of_frozen",
    definition="""Somebody who is linked by a document with a blocked owner trades or transfers, or tries it again and again. Or an account does, soon after, what SAN-1,
FRZ-1 or ARR-1 refused to another one of the same participant: the same instrument and side, the same quantity, again and again.""",
    source="SAN-1, FRZ-1 and ARR-1 of the rulebooks; 115-FZ articles 6 and 7 on freezing; FATF recommendation 6, interpretive note: funds "
    "owned or controlled indirectly",
    misses="What was handed over before the freeze; stand-ins through another participant, or in other quantities; a position in "
    "futures that disposes of a frozen holding by its price.",
    memory=f"{MAX_KEPT:,} participants and instruments, {MAX_TRIES} refusals of each; {MAX_KEPT:,} pairs.",
    parameters=(
        Parameter("soon_s", 120, "How soon after the refusal.", SECONDS),
        Parameter("alike_ppm", 10_000, "How far the quantities may differ.", PPM),
        Parameter("times", 2, "How often an account did so, or one who is linked tried, at least."),
        Parameter("window_s", 3_600, "How long it may be between two such times.", SECONDS),
    ),
    hears=(REFUSALS, ORDERS, FILLS, MOVES),
    make=UseOfFrozen,
)
