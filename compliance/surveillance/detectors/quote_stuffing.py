"""Quote stuffing: so many orders, changes and cancels that others lose sight."""

from __future__ import annotations

from typing import Final

from compliance.surveillance.base.detector import (
    AMENDS,
    ENDS,
    FILLS,
    MAX_KEPT,
    ORDERS,
    REFUSALS,
    Detector,
    DetectorRow,
    keep,
)
from compliance.surveillance.base.facts import Fill, Refusal
from compliance.surveillance.base.finding import Finding
from compliance.surveillance.base.markets import Live, Market, part_ppm
from compliance.surveillance.base.parameters import PPM, SECONDS, Parameter, Settings
from compliance.surveillance.base.people import Holder
from compliance.surveillance.base.view import View
from compliance.surveillance.detectors.wording import percent
from engine.vocabulary.codes import BY_REQUEST, MASS_CANCEL
from engine.vocabulary.limits import NS_PER_SECOND

KEPT_SEQS: Final = 40


class Burst:
    """Messages by second, in a window that slides."""

    def __init__(self, seconds: int) -> None:
        self.counts: Final = [0] * seconds
        self.total: int = 0
        self.fills: int = 0
        """Since the window began to fill."""
        self.seqs: Final[list[int]] = []
        self._second: int = 0

    def slide(self, second: int) -> None:
        """Forget what is too old."""
        if second == self._second:
            return
        size = len(self.counts)
        if second - self._second >= size:
            self._clear()
        else:
            for passed in range(self._second + 1, second + 1):
                self.total -= self.counts[passed % size]
                self.counts[passed % size] = 0
            if not self.total:
                self._clear()
        self._second = max(second, self._second)

    def add(self) -> None:
        """Count one message, now."""
        self.counts[self._second % len(self.counts)] += 1
        self.total += 1

    def _clear(self) -> None:
        for place in range(len(self.counts)):
            self.counts[place] = 0
        self.total = self.fills = 0
        self.seqs.clear()


class QuoteStuffing(Detector):
    """Counts messages of each owner in each instrument, and of each instrument."""

    def __init__(self, settings: Settings, view: View) -> None:
        super().__init__(settings, view)
        self._seconds: Final = settings["window_s"]
        self._messages: Final = settings["messages"]
        self._bursts: Final[dict[str, Burst]] = {}
        self._markets: Final[dict[str, Burst]] = {}

    def order(self, order: Live) -> None:
        """An entry."""
        self._message(order.holder, order.market)

    def amended(self, order: Live, price_ticks: int, lots: int) -> None:
        """A change."""
        self._message(order.holder, order.market)

    def ended(self, order: Live, reason: int, lots: int) -> None:
        """A cancel, if it was asked for."""
        if reason in (BY_REQUEST, MASS_CANCEL):
            self._message(order.holder, order.market)

    def refused(self, refusal: Refusal) -> None:
        """An entry that a rule refused."""
        self._message(refusal.holder, refusal.market)

    def fill(self, fill: Fill) -> None:
        """Whoever trades means it."""
        for order in (fill.maker, fill.taker):
            burst = self._bursts.get(order.key)
            if burst is not None:
                burst.fills += 1

    def _message(self, holder: Holder, market: Market) -> None:
        second = self.view.time_ns // NS_PER_SECOND
        whole = self._markets.get(market.name)
        if whole is None:
            whole = self._markets[market.name] = Burst(self._seconds)
        whole.slide(second)
        whole.add()
        key = f"{holder.root}|{market.name}"
        burst = self._bursts.get(key)
        if burst is None:
            burst = Burst(self._seconds)
            keep(self._bursts, key, burst)
        burst.slide(second)
        burst.add()
        if len(burst.seqs) < KEPT_SEQS:
            burst.seqs.append(self.view.seq)
        if burst.total < self._messages:
            return
        share = part_ppm(burst.total, whole.total)
        filled = part_ppm(burst.fills, burst.total)
        if share < self.settings["share_ppm"] or filled > self.settings["fills_ppm"]:
            return
        self.report(
            Finding(
                key,
                investors=[holder.party.name],
                accounts=[holder.account],
                instruments=[market.name],
                seqs=[*burst.seqs, self.view.seq],
                first_seq=burst.seqs[0],
                figures={
                    "messages": str(burst.total),
                    "within_s": str(self._seconds),
                    "share_of_messages": percent(share),
                    "trades": str(burst.fills),
                },
                note=f"{holder.party.name} sent {burst.total} messages in {self._seconds} s, {burst.fills} of which traded",
            )
        )


ROW: Final[DetectorRow] = DetectorRow(
    "quote_stuffing",
    title="Quote stuffing",
    terms="quote_stuffing",
    definition="""Somebody enters, changes and cancels orders in one instrument at a rate far beyond that of all others together, and
hardly trades.""",
    source="MAR article 12(2)(c)(i) and (ii), Delegated Regulation (EU) 2016/522 annex II section 1: quote stuffing; "
    "RTS 6 article 16 and RTS 7 article 13 on monitoring",
    misses="Bursts spread over instruments, or over names that no document links; messages that the venue's limits of rate refused "
    "before they were sequenced.",
    memory=f"{MAX_KEPT:,} owners and instruments, a count for each second of the window.",
    parameters=(
        Parameter("window_s", 10, "Within which messages are counted.", SECONDS),
        Parameter("messages", 150, "Of one owner in one instrument, at least."),
        Parameter("share_ppm", 500_000, "Their share of all messages of the instrument, at least.", PPM),
        Parameter("fills_ppm", 20_000, "Trades for each message, at most.", PPM, least=0),
    ),
    hears=(ORDERS, AMENDS, ENDS, REFUSALS, FILLS),
    make=QuoteStuffing,
)
