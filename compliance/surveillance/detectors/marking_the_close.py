"""Marking the close: trades and orders at the end of a session or call that set its price."""

from __future__ import annotations

from collections import deque
from typing import Final

from compliance.surveillance.base.detector import ENDS, FILLS, ORDERS, PHASES, Detector, DetectorRow
from compliance.surveillance.base.facts import Fill
from compliance.surveillance.base.finding import Finding
from compliance.surveillance.base.markets import Live, Market, part_ppm
from compliance.surveillance.base.parameters import PPM, SECONDS, Parameter, Settings
from compliance.surveillance.base.people import Holder
from compliance.surveillance.base.view import View
from compliance.surveillance.detectors.wording import percent, roubles
from engine.vocabulary.codes import (
    BY_REQUEST,
    CLOSED,
    CLOSING_AUCTION,
    CONTINUOUS,
    MASS_CANCEL,
    OPENING_AUCTION,
    SIDES,
    VOLATILITY_AUCTION,
)

MAX_FILLS: Final = 2_000
"""Of one instrument: the last ones before a close."""
MAX_LATE: Final = 500
"""Orders of a call."""
CALLS: Final = (OPENING_AUCTION, VOLATILITY_AUCTION, CLOSING_AUCTION)


class Taken:
    """What somebody took, or entered in a call."""

    def __init__(self, time_ns: int, seq: int, order: Live, lots: int, kopecks: int) -> None:
        self.time_ns: Final = time_ns
        self.seq: Final = seq
        self.order: Final = order
        self.lots: Final = lots
        self.kopecks: Final = kopecks
        self.indicative_ticks: Final = order.market.indicative_ticks
        """Of the call, before it; 0: none."""


class Share:
    """What one owner did on one side."""

    def __init__(self, holder: Holder, side: int) -> None:
        self.holder: Final = holder
        self.side: Final = side
        self.lots: int = 0
        self.kopecks: int = 0
        self.seqs: Final[list[int]] = []
        self.orders: Final[dict[int, bool]] = {}
        self.before_ticks: int = 0
        """What the price was before: in a call, its indicative price."""


class MarkingTheClose(Detector):
    """Looks back when a session, a day or a call ends."""

    def __init__(self, settings: Settings, view: View) -> None:
        super().__init__(settings, view)
        self._last_ns: Final = settings.ns("last_s")
        self._before_ns: Final = settings.ns("before_s")
        self._late_ns: Final = settings.ns("late_s")
        self._fills: Final[dict[str, deque[Taken]]] = {}
        self._late: Final[dict[str, deque[Taken]]] = {}
        self._pulled: Final[dict[str, deque[Taken]]] = {}
        self._means: Final[dict[str, int]] = {}
        """What the price was before a call began."""

    # ── continuous trading ───────────────────────────────────────────────────────────────────────────────────────────

    def fill(self, fill: Fill) -> None:
        """Remember what was taken lately."""
        market = fill.market
        if market.phase != CONTINUOUS:
            return
        taken = self._fills.get(market.name)
        if taken is None:
            taken = self._fills[market.name] = deque(maxlen=MAX_FILLS)
        now = self.view.time_ns
        while taken and taken[0].time_ns < now - self._last_ns:
            taken.popleft()
        taken.append(Taken(now, self.view.seq, fill.taker, fill.lots, fill.kopecks))

    def phase(self, market: Market, before: int) -> None:
        """Continuous trading ends, in a call or for good; or a call begins."""
        if before == CONTINUOUS and market.phase in (CLOSED, CLOSING_AUCTION):
            self._close(market, "session")
        if market.phase in CALLS and before not in CALLS:
            self._late.pop(market.name, None)
            self._pulled.pop(market.name, None)
            now = self.view.time_ns
            self._means[market.name] = market.mean_ticks(now - self._before_ns, now) or market.last_ticks

    def day_ended(self) -> None:
        """Midnight in Moscow ends a day of markets that never close."""
        for market in self.view.markets.values():
            if market.phase == CONTINUOUS:
                self._close(market, "day")

    def _close(self, market: Market, what: str) -> None:
        taken = self._fills.pop(market.name, None)
        now = self.view.time_ns
        if not taken:
            return
        before = market.mean_ticks(now - self._last_ns - self._before_ns, now - self._last_ns)
        if not before:
            return
        shares: dict[str, Share] = {}
        total = 0
        for each in taken:
            if each.time_ns < now - self._last_ns:
                continue
            total += each.lots
            self._add(shares, each)
        for key, share in shares.items():
            other = shares.get(f"{share.holder.root}|{1 - share.side}")
            net = share.lots - (0 if other is None else other.lots)
            share.before_ticks = before
            self._judge(key, market, share, net, total, price_ticks=market.last_ticks, what=what)

    def _add(self, shares: dict[str, Share], taken: Taken) -> None:
        order = taken.order
        key = f"{order.holder.root}|{order.side}"
        share = shares.get(key)
        if share is None:
            share = shares[key] = Share(order.holder, order.side)
        share.lots += taken.lots
        share.kopecks += taken.kopecks
        share.seqs.append(taken.seq)
        share.orders[order.order_id] = True
        if not share.before_ticks:
            share.before_ticks = taken.indicative_ticks

    def _judge(
        self, key: str, market: Market, share: Share, net: int, total: int, *, price_ticks: int, what: str
    ) -> None:
        part = part_ppm(net, total)
        moved = price_ticks - share.before_ticks
        if share.side:
            moved = -moved
        if not share.before_ticks or moved <= 0 or len(share.orders) < self.settings["orders"]:
            return
        # Whoever quotes both sides takes where a move has overrun quotes.
        quotes = f"{share.holder.root}|{market.name}"
        if self.view.standing(quotes, 0) and self.view.standing(quotes, 1):
            return
        move = part_ppm(moved, share.before_ticks)
        if part < self.settings["share_ppm"] or move < self.settings["move_ppm"]:
            return
        self._report(key, market, share, part=part, move=move, what=what)

    def _report(self, key: str, market: Market, share: Share, *, part: int, move: int, what: str) -> None:
        holder = share.holder
        self.report(
            Finding(
                f"{market.name}|{key}|{what}",
                investors=[holder.party.name],
                accounts=[holder.account],
                instruments=[market.name],
                seqs=share.seqs,
                first_seq=min(share.seqs),
                figures={
                    "end_of": what,
                    "side": SIDES[share.side],
                    "share": percent(part),
                    "moved": percent(move),
                    "value": roubles(share.kopecks),
                },
                note=f"{holder.party.name} had {percent(part)} of the {SIDES[share.side]} side when the {what} of {market.name} ended "
                f"{percent(move)} away",
            )
        )

    # ── calls ────────────────────────────────────────────────────────────────────────────────────────────────────────

    def order(self, order: Live) -> None:
        """Remember what is entered in a call."""
        if order.market.phase in CALLS:
            self._remember(self._late, order, order.quantity_lots)

    def ended(self, order: Live, reason: int, lots: int) -> None:
        """And what is taken away in it."""
        if order.market.phase in CALLS and reason in (BY_REQUEST, MASS_CANCEL):
            self._remember(self._pulled, order, lots)

    def _remember(self, table: dict[str, deque[Taken]], order: Live, lots: int) -> None:
        found = table.get(order.market.name)
        if found is None:
            found = table[order.market.name] = deque(maxlen=MAX_LATE)
        found.append(Taken(self.view.time_ns, self.view.seq, order, lots, 0))

    def uncrossed(self, market: Market, price_ticks: int, lots: int, fills: list[Fill]) -> None:
        """Look who came late to a call and made its price, and who showed much and went just before its end."""
        late, pulled = self._late.pop(market.name, None), self._pulled.pop(market.name, None)
        if late is not None and lots:
            self._judge_call(market, price_ticks, lots, late=late, fills=fills)
        if pulled is not None:
            self._pulled_before(market, price_ticks, lots, pulled)

    def _judge_call(
        self, market: Market, price_ticks: int, lots: int, *, late: deque[Taken], fills: list[Fill]
    ) -> None:
        """Late orders whose owner had much of a side of a call that ended away from what it was."""
        begins = self.view.time_ns - self._late_ns
        ids = {each.order.order_id: each for each in late if each.time_ns >= begins}
        shares: dict[str, Share] = {}
        first: dict[str, Taken] = {}
        for fill in fills:
            for order in (fill.maker, fill.taker):
                entered = ids.get(order.order_id)
                if entered is None:
                    continue
                self._add(shares, Taken(entered.time_ns, entered.seq, order, fill.lots, fill.kopecks))
                key = f"{order.holder.root}|{order.side}"
                if key not in first or entered.seq < first[key].seq:
                    first[key] = entered
        mean = self._means.get(market.name, 0)
        for key, share in shares.items():
            # Away from what it was in the call when the first of them came, and from what it was before the call.
            seen = first[key].indicative_ticks or mean
            away = max if share.side == 0 else min
            share.before_ticks = away(seen, mean or seen)
            self._judge(key, market, share, share.lots, lots, price_ticks=price_ticks, what="call")

    def _pulled_before(self, market: Market, price_ticks: int, lots: int, pulled: deque[Taken]) -> None:
        """Orders that held the indicative price of a call up, or down, and went seconds before it was uncrossed."""
        shares: dict[str, Share] = {}
        now = self.view.time_ns
        for each in pulled:
            if each.time_ns >= now - self.settings.ns("pulled_s"):
                self._add(shares, each)
        mean = self._means.get(market.name, 0)
        for key, share in shares.items():
            # The price falls back when a buyer goes: it moves against the side that was shown.
            moved = min(share.before_ticks - price_ticks, share.before_ticks - (mean or price_ticks))
            if share.side:
                moved = min(price_ticks - share.before_ticks, (mean or price_ticks) - share.before_ticks)
            # Whoever quotes that side still has only moved quotes.
            root = share.holder.root
            share.lots -= sum(each.shown_lots for each in self.view.standing(f"{root}|{market.name}", share.side))
            if share.lots <= 0:
                continue
            part = part_ppm(share.lots, share.lots + lots)
            move = part_ppm(moved, share.before_ticks) if moved > 0 else 0
            if part >= self.settings["share_ppm"] and move >= self.settings["move_ppm"] and price_ticks:
                self._report(key, market, share, part=part, move=move, what="pulled")


ROW: Final[DetectorRow] = DetectorRow(
    "marking_the_close",
    title="Marking the close and the auction",
    terms="marking_the_close",
    definition="""In the last moments of a session, of a Moscow day, or of a call, somebody's orders on one side are a large share of what
trades, and the price ends away from where it was. Or somebody shows a large order in a call and takes it away just before it is
uncrossed.""",
    source="Delegated Regulation (EU) 2016/522 annex II section 1: marking the close, with the indicator on orders cancelled before an "
    "auction's price is computed; MAR article 12(2)(b)",
    misses="Whoever quotes both sides meanwhile; one order alone; prices that were held where they were; closes that others move too, so that nobody has `share_ppm`; settlement prices of "
    "futures, which here follow an index.",
    memory=f"For each instrument {MAX_FILLS:,} trades and twice {MAX_LATE} orders.",
    parameters=(
        Parameter("last_s", 60, "The last moments of a session or day.", SECONDS),
        Parameter("before_s", 600, "Before them, what the price was: its mean by volume.", SECONDS),
        Parameter("late_s", 30, "Who enters an order so late in a call came late.", SECONDS),
        Parameter("pulled_s", 15, "Who takes one away so late in a call did it just before.", SECONDS),
        Parameter("share_ppm", 400_000, "Of what was taken, or of one side of the call, at least.", PPM),
        Parameter("move_ppm", 2_000, "How far the price ended away, at least.", PPM),
        Parameter("orders", 2, "Orders of whom is named that traded, at least."),
    ),
    hears=(ORDERS, ENDS, FILLS, PHASES),
    make=MarkingTheClose,
)
