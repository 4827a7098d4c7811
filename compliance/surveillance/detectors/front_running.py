"""Front-running: an intermediary's own account that trades ahead of its clients' large orders."""

from __future__ import annotations

from collections import deque
from typing import Final

from compliance.surveillance.base.detector import FILLS, MAX_KEPT, ORDERS, Detector, DetectorRow, keep
from compliance.surveillance.base.facts import Fill
from compliance.surveillance.base.finding import Finding
from compliance.surveillance.base.markets import Live, part_ppm
from compliance.surveillance.base.parameters import PPM, RUB, SECONDS, Parameter, Settings
from compliance.surveillance.base.people import Holder
from compliance.surveillance.base.view import View
from compliance.surveillance.detectors.wording import percent, roubles

MAX_OWN: Final = 128
"""Trades of an intermediary's own accounts in one instrument."""
MAX_ACTS: Final = 16


class Own:
    """A trade of an own account."""

    def __init__(self, time_ns: int, seq: int, order: Live, *, price_ticks: int, lots: int, kopecks: int) -> None:
        self.time_ns: Final = time_ns
        self.seq: Final = seq
        self.order: Final = order
        self.price_ticks: Final = price_ticks
        self.lots: Final = lots
        self.kopecks: Final = kopecks
        self.client: Live | None = None
        """Whose large order followed."""
        self.client_seq: int = 0
        self.left_lots: int = lots
        self.is_spent: bool = False


class Act:
    """In ahead of a client, and out behind."""

    def __init__(self, entered: Own, left: Own, gain_ticks: int) -> None:
        self.entered: Final = entered
        self.left: Final = left
        self.gain_ticks: Final = gain_ticks
        self.time_ns: Final = left.time_ns


class Desk:
    """What one participant trades for itself in one instrument."""

    def __init__(self) -> None:
        self.own: Final[deque[Own]] = deque(maxlen=MAX_OWN)
        self.acts: Final[deque[Act]] = deque(maxlen=MAX_ACTS)
        self.clients: Final[dict[str, bool]] = {}


class FrontRunning(Detector):
    """Follows participants who trade for clients, and for themselves."""

    def __init__(self, settings: Settings, view: View) -> None:
        super().__init__(settings, view)
        self._ahead_ns: Final = settings.ns("ahead_s")
        self._after_ns: Final = settings.ns("after_s")
        self._window_ns: Final = settings.ns("window_s")
        self._large: Final = settings["client_rub"] * 100
        self._desks: Final[dict[str, Desk]] = {}

    def order(self, order: Live) -> None:
        """Look whether the intermediary was there before a client's large order."""
        holder, market = order.holder, order.market
        if not holder.intermediary:
            return
        desk = self._desks.get(f"{holder.participant}|{market.name}")
        if desk is None:
            return
        price = order.price_ticks or market.last_ticks
        value = self.view.kopecks(market.quote, market.value(price, order.quantity_lots))
        if value < self._large:
            return
        now = self.view.time_ns
        for own in reversed(desk.own):
            if own.time_ns < now - self._ahead_ns:
                return
            is_ahead = own.order.side == order.side and own.client is None and own.order.holder.root != holder.root
            # Whoever knows of an order does not take more than it will move.
            if is_ahead and own.lots <= order.quantity_lots:
                own.client, own.client_seq = order, self.view.seq

    def fill(self, fill: Fill) -> None:
        """An own account gets in, or out."""
        self._own(fill.maker, fill)
        self._own(fill.taker, fill)

    def _own(self, order: Live, fill: Fill) -> None:
        holder = order.holder
        if holder.intermediary or not self.view.people.brokers.get(holder.participant):
            return
        key = f"{holder.participant}|{fill.market.name}"
        desk = self._desks.get(key)
        if desk is None:
            desk = Desk()
        keep(self._desks, key, desk)
        now = self.view.time_ns
        while desk.own and desk.own[0].time_ns < now - self._window_ns:
            desk.own.popleft()
        last = Own(now, self.view.seq, order, price_ticks=fill.price_ticks, lots=fill.lots, kopecks=fill.kopecks)
        self._leaves(key, desk, last, holder)
        desk.own.append(last)

    def _leaves(self, key: str, desk: Desk, last: Own, holder: Holder) -> None:
        """Look whether it sells what it bought ahead of a client, at a better price."""
        gained = False
        left = last.lots
        for own in desk.own:
            if not left:
                break
            client = own.client
            if client is None or own.is_spent or own.order.side == last.order.side:
                continue
            if last.time_ns - own.time_ns > self._after_ns:
                own.is_spent = True
                continue
            gain = last.price_ticks - own.price_ticks
            if own.order.side:
                gain = -gain
            used = min(left, own.left_lots)
            own.left_lots -= used
            left -= used
            if own.left_lots * 2 <= own.lots:
                own.is_spent = True
                if gain > 0:
                    desk.acts.append(Act(own, last, gain))
                    keep(desk.clients, client.holder.account, True, MAX_ACTS)
                    gained = True
        if gained:
            self._judge(key, desk, holder, last)

    def _judge(self, key: str, desk: Desk, holder: Holder, last: Own) -> None:
        acts = [act for act in desk.acts if act.time_ns >= last.time_ns - self._window_ns]
        # Of one client order there is one act, however many trades it took to get in.
        orders: dict[int, Act] = {}
        for act in acts:
            assert act.entered.client is not None
            orders.setdefault(act.entered.client.order_id, act)
        used = sum(act.entered.lots for act in acts)
        openings = sum(own.lots for own in desk.own) + last.lots
        # Half of what a desk trades are ways out.
        share = part_ppm(2 * used, openings)
        if len(orders) < self.settings["times"] or share < self.settings["share_ppm"]:
            return
        market = last.order.market
        gain = sum(market.value(act.gain_ticks, act.entered.lots) for act in acts)
        seqs = [seq for act in acts for seq in (act.entered.seq, act.entered.client_seq, act.left.seq)]
        clients = [act.entered.client.holder for act in orders.values() if act.entered.client is not None]
        self.report(
            Finding(
                key,
                investors=[holder.party.name, *(each.party.name for each in clients)],
                accounts=[holder.account, *(each.account for each in clients)],
                instruments=[market.name],
                seqs=seqs,
                first_seq=min(seqs),
                figures={
                    "times": str(len(orders)),
                    "clients": str(len(desk.clients)),
                    "gain": roubles(self.view.kopecks(market.quote, gain)),
                    "share_of_own_trades": percent(min(share, 1_000_000)),
                    "own_value": roubles(sum(act.entered.kopecks for act in acts)),
                },
                note=f"{holder.participant} traded for itself ahead of {len(orders)} large orders of its clients, and gained",
            )
        )


ROW: Final[DetectorRow] = DetectorRow(
    "front_running",
    title="Front-running of clients",
    terms="front_running",
    definition="""The own account of a participant that also trades for clients takes a position shortly before a large order of one of
them, on the same side, and gets out behind it at a better price: again and again, and for much of what it trades for itself.""",
    source="MAR article 7(1)(d) and recital 30 on orders of clients, article 8; Delegated Regulation (EU) 2016/522 annex II; 224-FZ "
    "articles 2 and 6, orders of clients as inside information; MiFID II article 28",
    misses="Own trades in another instrument or at another venue; own accounts in names that do not trade through the participant; "
    "client orders smaller than `client_rub`.",
    memory=f"{MAX_KEPT:,} participants and instruments, {MAX_OWN} own trades of each.",
    parameters=(
        Parameter("client_rub", 500_000, "What a client's order is worth, at least.", RUB),
        Parameter("ahead_s", 60, "How shortly before it the own account trades.", SECONDS),
        Parameter("after_s", 300, "How soon it gets out.", SECONDS),
        Parameter("times", 2, "Clients' orders ahead of which it did so, at least."),
        Parameter("window_s", 3_600, "Within which they are counted.", SECONDS),
        Parameter("share_ppm", 300_000, "What of its own trading these are, at least.", PPM),
    ),
    hears=(ORDERS, FILLS),
    make=FrontRunning,
)
