"""Payments in disguise: trades at prices off the market by which one pays another, and transfers that are the legs of a sale."""

from __future__ import annotations

from collections import deque
from typing import Final

from compliance.surveillance.base.detector import FILLS, MAX_KEPT, MOVES, Detector, DetectorRow, keep
from compliance.surveillance.base.facts import Fill, Move
from compliance.surveillance.base.finding import Finding
from compliance.surveillance.base.markets import MILLION, part_ppm
from compliance.surveillance.base.parameters import PPM, RUB, SECONDS, Parameter, Settings
from compliance.surveillance.base.people import Holder
from compliance.surveillance.base.view import View
from compliance.surveillance.detectors.wording import percent, roubles
from engine.vocabulary.codes import FIAT
from engine.vocabulary.limits import NS_PER_SECOND

MAX_GIFTS: Final = 64
MAX_LEGS: Final = 64
"""Of one pair."""
REFERENCE_NS: Final = 900 * NS_PER_SECOND
"""Where a book has no middle, the mean price of a quarter of an hour is what a price is compared with."""


class Gift:
    """A trade of a pair: above 0, what the first of them gained by its price, in kopecks."""

    def __init__(self, time_ns: int, seq: int, gain_kopecks: int, value_kopecks: int, off_ppm: int) -> None:
        self.time_ns: Final = time_ns
        self.seq: Final = seq
        self.gain_kopecks: Final = gain_kopecks
        self.value_kopecks: Final = value_kopecks
        self.off_ppm: Final = off_ppm


class Leg:
    """A transfer between a pair."""

    def __init__(self, time_ns: int, seq: int, move: Move, is_money: bool) -> None:
        self.time_ns: Final = time_ns
        self.seq: Final = seq
        self.source: Final = move.source.root
        self.asset: Final = move.asset
        self.kopecks: Final = move.kopecks
        self.is_money: Final = is_money


class PaymentInDisguise(Detector):
    """Follows what each pair gains by the prices of their trades, and what they transfer."""

    def __init__(self, settings: Settings, view: View) -> None:
        super().__init__(settings, view)
        self._window_ns: Final = settings.ns("window_s")
        self._gap_ns: Final = settings.ns("gap_s")
        self._off_ppm: Final = settings["off_ppm"]
        self._gifts: Final[dict[str, deque[Gift]]] = {}
        self._legs: Final[dict[str, deque[Leg]]] = {}

    # ── trades ───────────────────────────────────────────────────────────────────────────────────────────────────────

    def fill(self, fill: Fill) -> None:
        """A trade of two who met on purpose, at a price far from what the market had."""
        if not fill.kopecks or not fill.is_matched(self._gap_ns, self.settings["tolerance_ppm"]):
            return
        buyer, seller, market, now = fill.buyer, fill.seller, fill.market, self.view.time_ns
        # Of the two orders the earlier one saw a book without either.
        earlier = fill.maker if fill.maker.seq <= fill.taker.seq else fill.taker
        reference2 = earlier.mid2 or 2 * market.mean_ticks(now - REFERENCE_NS, now)
        if not reference2:
            return
        off2 = reference2 - 2 * fill.price_ticks
        off = part_ppm(abs(off2), reference2)
        if off < self._off_ppm:
            return
        gain = fill.kopecks * off2 // (2 * fill.price_ticks)
        first = min(buyer.root, seller.root)
        key = f"{first}|{max(buyer.root, seller.root)}"
        gifts = self._gifts.get(key)
        if gifts is None:
            gifts = deque(maxlen=MAX_GIFTS)
        while gifts and gifts[0].time_ns < now - self._window_ns:
            gifts.popleft()
        gifts.append(Gift(now, self.view.seq, gain if buyer.root == first else -gain, fill.kopecks, off))
        keep(self._gifts, key, gifts)
        self._judge(key, gifts, fill)

    def _judge(self, key: str, gifts: deque[Gift], fill: Fill) -> None:
        net = abs(sum(gift.gain_kopecks for gift in gifts))
        gross = sum(abs(gift.gain_kopecks) for gift in gifts)
        settings = self.settings
        if (
            len(gifts) < settings["trades"]
            or net < settings["paid_rub"] * 100
            or part_ppm(net, gross) < settings["one_way_ppm"]
        ):
            return
        buyer, seller = fill.buyer, fill.seller
        self.report(
            Finding(
                f"trades|{key}",
                investors=[buyer.party.name, seller.party.name],
                accounts=[buyer.account, seller.account],
                instruments=[fill.market.name],
                seqs=[gift.seq for gift in gifts],
                first_seq=gifts[0].seq,
                figures={
                    "trades": str(len(gifts)),
                    "paid_by_prices": roubles(net),
                    "value": roubles(sum(gift.value_kopecks for gift in gifts)),
                    "farthest_off": percent(max(gift.off_ppm for gift in gifts)),
                    "one_way": percent(part_ppm(net, gross)),
                },
                note=f"by prices off the market {roubles(net)} went between {buyer.party.name} and {seller.party.name}",
            )
        )

    # ── transfers ────────────────────────────────────────────────────────────────────────────────────────────────────

    def moved(self, move: Move) -> None:
        """Look whether a transfer is the other leg of a sale outside the market, or one of many pieces."""
        source, target = move.source, move.target
        if source.root == target.root or move.contract or not move.kopecks:
            return
        now = self.view.time_ns
        key = f"{min(source.root, target.root)}|{max(source.root, target.root)}"
        legs = self._legs.get(key)
        if legs is None:
            legs = deque(maxlen=MAX_LEGS)
        while legs and legs[0].time_ns < now - self.settings.ns("pieces_s"):
            legs.popleft()
        last = Leg(now, self.view.seq, move, self.view.asset_kinds.get(move.asset) == FIAT)
        legs.append(last)
        keep(self._legs, key, legs)
        self._opposite(key, legs, last, source, target)
        self._pieces(key, legs, last, source, target)

    def _opposite(self, key: str, legs: deque[Leg], last: Leg, source: Holder, target: Holder) -> None:
        """Money one way and something else the other way, of like value, within a moment."""
        least = self.settings["leg_rub"] * 100
        for leg in legs:
            if leg.source == last.source or leg.is_money == last.is_money:
                continue
            if leg.time_ns < last.time_ns - self.settings.ns("legs_s") or min(leg.kopecks, last.kopecks) < least:
                continue
            differs = part_ppm(abs(leg.kopecks - last.kopecks), max(leg.kopecks, last.kopecks))
            if differs > self.settings["legs_differ_ppm"]:
                continue
            self.report(
                Finding(
                    f"legs|{key}",
                    investors=[source.party.name, target.party.name],
                    accounts=[source.account, target.account],
                    instruments=[],
                    seqs=[leg.seq, last.seq],
                    first_seq=leg.seq,
                    figures={
                        "one_way": f"{leg.asset} worth {roubles(leg.kopecks)}",
                        "other_way": f"{last.asset} worth {roubles(last.kopecks)}",
                        "differ": percent(differs),
                    },
                    note=f"{leg.asset} and {last.asset} of like value went opposite ways between two accounts",
                )
            )
            return

    def _pieces(self, key: str, legs: deque[Leg], last: Leg, source: Holder, target: Holder) -> None:
        """Many transfers one way, each below what is reported, together far above."""
        report = self.settings["report_rub"] * 100
        least = report * self.settings["piece_ppm"] // MILLION
        pieces = [leg for leg in legs if leg.source == last.source and least <= leg.kopecks < report]
        total = sum(leg.kopecks for leg in pieces)
        if len(pieces) < self.settings["pieces"] or total < report:
            return
        self.report(
            Finding(
                f"pieces|{source.root}|{target.root}",
                investors=[source.party.name, target.party.name],
                accounts=[source.account, target.account],
                instruments=[],
                seqs=[leg.seq for leg in pieces],
                first_seq=pieces[0].seq,
                figures={
                    "transfers": str(len(pieces)),
                    "together": roubles(total),
                    "reported_from": roubles(report),
                    "largest": roubles(max(leg.kopecks for leg in pieces)),
                },
                note=f"{len(pieces)} transfers below what is reported, {roubles(total)} together",
            )
        )


ROW: Final[DetectorRow] = DetectorRow(
    "payment_in_disguise",
    title="Payments in disguise",
    terms="payment_in_disguise",
    definition="""Two enter orders that meet at prices far from the middle of the book, and the same one gains each time: the difference is
a payment. Or two transfer money one way and an asset of like value the other way, beside the market; or much in pieces, each below
what is reported.""",
    source="259-FZ article 14 part 5, the ban on payments in digital currency; 115-FZ article 6, what is reported; MAR article "
    "12(1)(a); SGX rule 5.12.2(f): prices out of range speak for pre-arranged trades; FATF red flags (2020) on transfers",
    misses="Payments in trades that others can join, spread over many small deviations; a price that was off for everybody; the other "
    "leg of a sale if it is paid elsewhere.",
    memory=f"{MAX_KEPT:,} pairs, {MAX_GIFTS} trades and {MAX_LEGS} transfers of each.",
    parameters=(
        Parameter("window_s", 3_600, "How far back the trades of a pair count.", SECONDS),
        Parameter("gap_s", 10, "Orders entered within it were entered to meet.", SECONDS),
        Parameter("tolerance_ppm", 100_000, "How much of the larger order may be left unmet.", PPM),
        Parameter("off_ppm", 2_000, "How far a price is from the middle before the orders, at least.", PPM),
        Parameter("trades", 2, "Such trades, at least."),
        Parameter("paid_rub", 30_000, "What one gained by them in all, at least.", RUB),
        Parameter("one_way_ppm", 900_000, "What of all gains went one way, at least.", PPM),
        Parameter("legs_s", 900, "How soon the other leg of a sale follows.", SECONDS),
        Parameter("leg_rub", 50_000, "What a leg is worth, at least.", RUB),
        Parameter("legs_differ_ppm", 100_000, "How far the values of the legs may differ.", PPM),
        Parameter("report_rub", 1_000_000, "From what value a transfer is reported.", RUB),
        Parameter("pieces", 3, "Transfers below it, at least."),
        Parameter("piece_ppm", 200_000, "What each has of it, at least.", PPM),
        Parameter("pieces_s", 86_400, "Within which they are counted.", SECONDS),
    ),
    hears=(FILLS, MOVES),
    make=PaymentInDisguise,
)
