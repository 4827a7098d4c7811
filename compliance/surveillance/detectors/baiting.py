"""What layering and spoofing share: orders that stand on one side while the other trades, and are then taken away."""

from __future__ import annotations

from collections import deque
from typing import Final

from compliance.surveillance.base.detector import AMENDS, CLOCK, ENDS, FILLS, Detector, keep
from compliance.surveillance.base.facts import Fill
from compliance.surveillance.base.finding import Finding
from compliance.surveillance.base.markets import Live, part_ppm
from compliance.surveillance.base.parameters import PPM, SECONDS, Parameter, Settings
from compliance.surveillance.base.view import View
from compliance.surveillance.detectors.wording import percent, roubles, seconds
from engine.vocabulary.codes import BY_REQUEST, MASS_CANCEL, REPLACED, SIDES

HEARS: Final = (FILLS, ENDS, AMENDS, CLOCK)
MAX_ACTS: Final = 16
"""Of one owner, in all instruments."""
MAX_ORDERS: Final = 64
"""That are one bait."""
MAX_WAITING: Final = 1_000
"""Baits that were taken away just now."""
LEVELS: Final = 10
"""Of a side, within which depth is measured."""
_OWN_WILL: Final = (BY_REQUEST, MASS_CANCEL, REPLACED)


class Bait:
    """What an owner shows on one side when the other side trades."""

    def __init__(self, side: int, orders: list[Live], time_ns: int, depth_lots: int) -> None:
        self.side: Final = side
        self.time_ns: Final = time_ns
        self.lots: Final = sum(order.shown_lots for order in orders)
        self.shown: Final = {order.order_id: order.shown_lots for order in orders}
        self.levels: Final = len({order.price_ticks: True for order in orders})
        self.depth_lots: Final = depth_lots
        self.first_seq: Final = min(order.seq for order in orders)
        self.seqs: Final = [order.seq for order in orders]
        self.filled_lots: int = 0
        """What the owner traded on the other side meanwhile."""
        self.kopecks: int = 0
        self.withdrawn_lots: int = 0
        self.withdrawn: int = 0
        """Orders of it that were taken away."""


class Act:
    """A bait that was taken away when it had done its work."""

    def __init__(self, bait: Bait, order: Live, ended_ns: int, seq: int) -> None:
        self.bait: Final = bait
        self.order: Final = order
        """Of the bait, the one that was taken away last."""
        self.ended_ns: Final = ended_ns
        self.seq: Final = seq


PARAMETERS: Final = (
    Parameter("life_s", 30, "Orders that stood for longer before the trade are no bait.", SECONDS),
    Parameter("withdraw_s", 10, "How soon after the trade they are taken away.", SECONDS),
    Parameter("withdrawn_ppm", 800_000, "What of them is taken away, at least.", PPM),
    Parameter("settle_s", 2, "Whoever quotes that side again within it has only moved quotes.", SECONDS),
    Parameter("share_ppm", 350_000, f"Their share of the {LEVELS} best levels of their side, at least.", PPM),
    Parameter("ratio", 3, "They are so many times what was traded on the other side, and what the owner shows there."),
    Parameter("times", 2, "How often it is done."),
    Parameter("window_s", 1800, "Within which it is done so often.", SECONDS),
    Parameter(
        "away_ppm", 1_000, "An order amended away from the market by so much of its price counts as taken away.", PPM
    ),
)


class Baiting(Detector):
    """Follows each owner in each instrument."""

    def __init__(self, settings: Settings, view: View) -> None:
        super().__init__(settings, view)
        self._life_ns: Final = settings.ns("life_s")
        self._withdraw_ns: Final = settings.ns("withdraw_s")
        self._window_ns: Final = settings.ns("window_s")
        self._settle_ns: Final = settings.ns("settle_s")
        self._ratio: Final = settings["ratio"]
        self._waiting: Final[deque[Act]] = deque(maxlen=MAX_WAITING)
        self._baits: Final[dict[str, Bait]] = {}
        self._acts: Final[dict[str, deque[Act]]] = {}

    def is_one(self, bait: Bait) -> bool:
        """Whether the bait has the shape that is looked for."""
        return True

    def fill(self, fill: Fill) -> None:
        """Whoever trades may have a bait on the other side."""
        self._traded(fill.maker, fill)
        self._traded(fill.taker, fill)

    def _traded(self, order: Live, fill: Fill) -> None:
        side, view = 1 - order.side, self.view
        key = f"{order.key}|{side}"
        bait = self._baits.get(key)
        if bait is not None and view.time_ns - bait.time_ns > self._withdraw_ns:
            del self._baits[key]
            bait = None
        if bait is None:
            mine = view.open.get(order.key)
            if not mine:
                return
            begins = view.time_ns - self._life_ns
            opposite = [each for each in mine.values() if each.side == side and each.shown_lots]
            young = [each for each in opposite if each.entered_ns >= begins]
            if not young or len(young) > MAX_ORDERS:
                return
            lots = sum(each.shown_lots for each in young)
            own = sum(each.shown_lots for each in mine.values() if each.side != side)
            if lots < self._ratio * max(own, fill.lots):
                return
            depth = fill.market.depth(side, LEVELS)
            if part_ppm(lots, depth) < self.settings["share_ppm"]:
                return
            bait = Bait(side, young, view.time_ns, depth)
            if not self.is_one(bait):
                return
            keep(self._baits, key, bait)
        bait.filled_lots += fill.lots
        bait.kopecks += fill.kopecks
        bait.seqs.append(view.seq)

    def ended(self, order: Live, reason: int, lots: int) -> None:
        """An order was cancelled by whoever entered it."""
        if reason in _OWN_WILL:
            self._withdrawn(order, lots)

    def amended(self, order: Live, price_ticks: int, lots: int) -> None:
        """An order that moves away from the market is as good as cancelled."""
        away = price_ticks - order.price_ticks if order.side == 0 else order.price_ticks - price_ticks
        if away > 0 and part_ppm(away, price_ticks) >= self.settings["away_ppm"]:
            self._withdrawn(order, lots)

    def _withdrawn(self, order: Live, lots: int) -> None:
        key = f"{order.key}|{order.side}"
        bait = self._baits.get(key)
        if bait is None or order.order_id not in bait.shown:
            return
        now = self.view.time_ns
        if now - bait.time_ns > self._withdraw_ns:
            del self._baits[key]
            return
        bait.withdrawn_lots += min(lots, bait.shown.pop(order.order_id))
        bait.withdrawn += 1
        bait.seqs.append(self.view.seq)
        if part_ppm(bait.withdrawn_lots, bait.lots) < self.settings["withdrawn_ppm"]:
            return
        del self._baits[key]
        if bait.lots >= self._ratio * bait.filled_lots:
            self._waiting.append(Act(bait, order, now, self.view.seq))

    def clock(self) -> None:
        """Look whether those who took a bait away have quoted that side again since."""
        waiting = self._waiting
        while waiting and self.view.time_ns - waiting[0].ended_ns >= self._settle_ns:
            self._settled(waiting.popleft())

    def _settled(self, act: Act) -> None:
        bait, order = act.bait, act.order
        left = again = 0
        for each in self.view.standing(order.key, order.side):
            if each.shown_lots and each is not order:
                left += each.shown_lots
                again += each.entered_ns >= bait.time_ns
        if left * self._ratio > bait.lots or again * 2 >= bait.withdrawn:
            return
        # Whoever does it in one book does it in another.
        root = order.holder.root
        acts = self._acts.get(root)
        if acts is None:
            acts = deque(maxlen=MAX_ACTS)
        while acts and acts[0].ended_ns < act.ended_ns - self._window_ns:
            acts.popleft()
        acts.append(act)
        keep(self._acts, root, acts)
        if len(acts) >= self.settings["times"]:
            self._report(root, order, acts)

    def _report(self, root: str, order: Live, acts: deque[Act]) -> None:
        holder, last = order.holder, acts[-1].bait
        seqs = [seq for act in acts for seq in act.bait.seqs]
        what = f"{last.levels} levels of" if last.levels > 2 else "a large"
        self.report(
            Finding(
                root,
                investors=[act.order.holder.party.name for act in acts],
                accounts=[act.order.holder.account for act in acts],
                instruments=[act.order.market.name for act in reversed(acts)],
                seqs=seqs,
                first_seq=min(act.bait.first_seq for act in acts),
                figures={
                    "times": str(len(acts)),
                    "levels": str(last.levels),
                    "share_of_depth": percent(part_ppm(last.lots, last.depth_lots)),
                    "shown_to_traded": f"{last.lots // max(last.filled_lots, 1)} to 1",
                    "traded": roubles(sum(act.bait.kopecks for act in acts)),
                    "gone_after": seconds(acts[-1].ended_ns - last.time_ns),
                    "side_shown": SIDES[last.side],
                },
                note=f"{holder.party.name} showed {what} {SIDES[last.side]} interest while trading on the other side, then took it away",
            )
        )
