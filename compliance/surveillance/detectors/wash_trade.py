"""Wash trades: one owner, or two who agreed, on both sides of trades that change nobody's position."""

from __future__ import annotations

from collections import deque
from typing import Final

from compliance.surveillance.base.detector import FILLS, MAX_KEPT, Detector, DetectorRow, keep
from compliance.surveillance.base.facts import Fill
from compliance.surveillance.base.finding import Finding
from compliance.surveillance.base.markets import part_ppm
from compliance.surveillance.base.parameters import PPM, SECONDS, Parameter, Settings
from compliance.surveillance.base.view import View
from compliance.surveillance.detectors.wording import percent, roubles

MAX_FILLS: Final = 64
"""Of one pair."""


class Sale:
    """A trade of a pair: above 0 the first of them bought."""

    def __init__(self, time_ns: int, seq: int, lots: int, *, kopecks: int, is_matched: bool) -> None:
        self.time_ns: Final = time_ns
        self.seq: Final = seq
        self.lots: Final = lots
        self.kopecks: Final = kopecks
        self.is_matched: Final = is_matched


class WashTrades(Detector):
    """Follows what each pair trades with each other."""

    def __init__(self, settings: Settings, view: View) -> None:
        super().__init__(settings, view)
        self._window_ns: Final = settings.ns("window_s")
        self._gap_ns: Final = settings.ns("gap_s")
        self._tolerance: Final = settings["tolerance_ppm"]
        self._pairs: Final[dict[str, deque[Sale]]] = {}

    def fill(self, fill: Fill) -> None:
        """Add to what the two have traded, and look at it if the orders matched."""
        buyer, seller = fill.buyer, fill.seller
        is_linked = buyer.root == seller.root
        first = min(buyer.party.name, seller.party.name)
        key = f"{fill.market.name}|{first}|{max(buyer.party.name, seller.party.name)}"
        sales = self._pairs.get(key)
        if sales is None:
            sales = deque(maxlen=MAX_FILLS)
        now = self.view.time_ns
        while sales and sales[0].time_ns < now - self._window_ns:
            sales.popleft()
        signed = fill.lots if buyer.party.name == first else -fill.lots
        matched = is_linked or fill.is_matched(self._gap_ns, self._tolerance)
        sales.append(Sale(now, self.view.seq, signed, kopecks=fill.kopecks, is_matched=matched))
        keep(self._pairs, key, sales)
        if matched:
            self._judge(key, fill, sales, is_linked)

    def _judge(self, key: str, fill: Fill, sales: deque[Sale], is_linked: bool) -> None:
        matched = [sale for sale in sales if sale.is_matched]
        lots = sum(abs(sale.lots) for sale in matched)
        returned = part_ppm(lots - abs(sum(sale.lots for sale in matched)), lots)
        share = part_ppm(lots, sum(abs(sale.lots) for sale in sales))
        settings = self.settings
        if is_linked:
            if len(matched) < settings["linked_trades"]:
                return
        elif (
            len(matched) < settings["matched_trades"]
            or returned < settings["returned_ppm"]
            or share < settings["share_ppm"]
        ):
            return
        buyer, seller = fill.buyer, fill.seller
        how = "who have one owner" if is_linked else "who entered their orders together"
        self.report(
            Finding(
                key,
                investors=[buyer.party.name, seller.party.name],
                accounts=[buyer.account, seller.account],
                instruments=[fill.market.name],
                seqs=[sale.seq for sale in matched],
                first_seq=matched[0].seq,
                figures={
                    "trades": str(len(matched)),
                    "value": roubles(sum(sale.kopecks for sale in matched)),
                    "given_back": percent(returned),
                    "of_their_trades": percent(share),
                    "linked": "yes" if is_linked else "no",
                },
                note=f"{buyer.party.name} and {seller.party.name}, {how}, traded {len(matched)} times with each other",
            )
        )


ROW: Final[DetectorRow] = DetectorRow(
    "wash_trade",
    title="Wash trades and improper matched orders",
    terms="wash_trade",
    definition="""Trades without a change of owner. Two linked by a document trade with each other; or two who are not linked enter
orders at nearly the same time, of nearly the same quantity, which meet each other, again and again, and give back what they took.""",
    source="MAR article 12(1)(a), Delegated Regulation (EU) 2016/522 annex II section 1: wash trades, improper matched orders; "
    "SGX rule 5.12.2(f) and notices 3.6 on pre-arranged trades; 224-FZ article 5 part 1, trades by agreement and of one person",
    misses="Two who wait longer than `gap_s`, vary their quantities by more than `tolerance_ppm`, or let others take part of each "
    "order; owners whom no document links and who trade one way only.",
    memory=f"{MAX_KEPT:,} pairs, {MAX_FILLS} trades of each.",
    parameters=(
        Parameter("window_s", 900, "How far back a pair's trades count.", SECONDS),
        Parameter("gap_s", 10, "Orders entered within it were entered at nearly the same time.", SECONDS),
        Parameter("tolerance_ppm", 100_000, "How much of the larger order may be left unmet.", PPM),
        Parameter("linked_trades", 2, "Trades between those whom a document links."),
        Parameter("matched_trades", 4, "Matched trades of others."),
        Parameter("returned_ppm", 700_000, "What of the matched lots went back, at least.", PPM),
        Parameter("share_ppm", 500_000, "Matched lots among all that the two trade with each other, at least.", PPM),
    ),
    hears=(FILLS,),
    make=WashTrades,
)
