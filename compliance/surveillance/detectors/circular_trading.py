"""Circular trading: an asset goes round among three or more, and comes back."""

from __future__ import annotations

from collections import deque
from typing import Final

from compliance.surveillance.base.detector import FILLS, MOVES, Detector, DetectorRow, keep
from compliance.surveillance.base.facts import Fill, Move
from compliance.surveillance.base.finding import Finding
from compliance.surveillance.base.markets import part_ppm
from compliance.surveillance.base.parameters import PPM, SECONDS, Parameter, Settings
from compliance.surveillance.base.people import Holder
from compliance.surveillance.base.view import View
from compliance.surveillance.detectors.wording import roubles
from engine.vocabulary.limits import ONE_E8

MAX_HANDS: Final = 64
"""Of one asset."""
MAX_PARTIES: Final = 6
MAX_ASSETS: Final = 1_000


class Hand:
    """An asset went from one to another, in a matched trade or a transfer."""

    def __init__(
        self, time_ns: int, seq: int, giver: Holder, taker: Holder, *, amount_e8: int, kopecks: int, instrument: str
    ) -> None:
        self.time_ns: Final = time_ns
        self.seq: Final = seq
        self.giver: Final = giver
        self.taker: Final = taker
        self.giver_root: Final = giver.root
        self.taker_root: Final = taker.root
        self.amount_e8: Final = amount_e8
        self.kopecks: Final = kopecks
        self.instrument: Final = instrument
        """Empty: a transfer."""


class CircularTrading(Detector):
    """Follows the way of each asset through matched trades and transfers."""

    def __init__(self, settings: Settings, view: View) -> None:
        super().__init__(settings, view)
        self._window_ns: Final = settings.ns("window_s")
        self._gap_ns: Final = settings.ns("gap_s")
        self._tolerance: Final = settings["tolerance_ppm"]
        self._hands: Final[dict[str, deque[Hand]]] = {}

    def fill(self, fill: Fill) -> None:
        """A matched trade hands an asset on."""
        if fill.is_matched(self._gap_ns, self._tolerance):
            market = fill.market
            amount_e8 = fill.lots * market.lot_e8
            self._hand(
                market.base, fill.seller, fill.buyer, amount_e8=amount_e8, kopecks=fill.kopecks, instrument=market.name
            )

    def moved(self, move: Move) -> None:
        """So does a transfer."""
        scale = self.view.scale(move.asset)
        amount_e8 = move.amount * ONE_E8 // 10**scale
        self._hand(move.asset, move.source, move.target, amount_e8=amount_e8, kopecks=move.kopecks, instrument="")

    def _hand(
        self,
        asset: str,
        giver: Holder,
        taker: Holder,
        *,
        amount_e8: int,
        kopecks: int,
        instrument: str,
    ) -> None:
        view = self.view
        last = Hand(view.time_ns, view.seq, giver, taker, amount_e8=amount_e8, kopecks=kopecks, instrument=instrument)
        if last.giver_root == last.taker_root:
            return
        hands = self._hands.get(asset)
        if hands is None:
            hands = deque(maxlen=MAX_HANDS)
        while hands and hands[0].time_ns < view.time_ns - self._window_ns:
            hands.popleft()
        ring = self._ring(hands, last)
        hands.append(last)
        keep(self._hands, asset, hands, MAX_ASSETS)
        if ring:
            self._report(asset, ring)

    def _ring(self, hands: deque[Hand], last: Hand) -> list[Hand]:
        """The way on which the asset came to the giver, from the one who now has it; the shortest. Empty: it did not come back."""
        begins = last.taker_root
        # Each path leads to the giver of its last hand: backwards in time, in like amounts, through others each time.
        paths: list[list[Hand]] = [[last]]
        for _ in range(MAX_PARTIES - 1):
            longer: list[list[Hand]] = []
            for path in paths:
                at = path[-1]
                for hand in hands:
                    if hand.taker_root != at.giver_root or hand.seq > at.seq or not self._is_like(hand, last):
                        continue
                    if hand.giver_root == begins:
                        if len(path) >= self.settings["parties"] - 1:
                            return [hand, *path[::-1]][:MAX_PARTIES]
                    elif all(hand.giver_root not in (each.giver_root, each.taker_root) for each in path):
                        longer.append([*path, hand])
            paths = longer[:MAX_HANDS]
        return []

    def _is_like(self, hand: Hand, last: Hand) -> bool:
        larger = max(hand.amount_e8, last.amount_e8)
        return part_ppm(abs(hand.amount_e8 - last.amount_e8), larger) <= self._tolerance

    def _report(self, asset: str, ring: list[Hand]) -> None:
        # In whatever order they stand, it is the same ring.
        roots = sorted(hand.giver_root for hand in ring)
        instruments = [hand.instrument for hand in ring if hand.instrument]
        names = [hand.giver.party.name for hand in ring]
        self.report(
            Finding(
                f"{asset}|{'|'.join(roots)}",
                investors=names,
                accounts=[hand.giver.account for hand in ring],
                instruments=instruments,
                seqs=[hand.seq for hand in ring],
                first_seq=min(hand.seq for hand in ring),
                figures={
                    "parties": str(len(ring)),
                    "asset": asset,
                    "value_of_a_round": roubles(max(hand.kopecks for hand in ring)),
                    "transfers": str(len(ring) - len(instruments)),
                },
                note=f"{asset} went round: {' to '.join([*names, names[0]])}",
            )
        )


ROW: Final[DetectorRow] = DetectorRow(
    "circular_trading",
    title="Circular trading",
    terms="circular_trading",
    definition="""An asset is sold on among three or more, each time in nearly the same amount, in orders that were entered to meet each
other, until it is back with the first. Transfers count as steps of the way.""",
    source="MAR article 12(1)(a), Delegated Regulation (EU) 2016/522 annex II section 1: painting the tape, improper matched orders; "
    "SGX notice 3.6.3 on circular trading schemes; 224-FZ article 5 part 1, trades by agreement",
    misses=f"Rings of more than {MAX_PARTIES}; rings whose amounts change on the way, or of which others take a part.",
    memory=f"{MAX_ASSETS:,} assets, {MAX_HANDS} steps of each.",
    parameters=(
        Parameter("window_s", 900, "How long a round may take.", SECONDS),
        Parameter("gap_s", 10, "Orders entered within it were entered to meet.", SECONDS),
        Parameter("tolerance_ppm", 100_000, "How far the amounts of two steps may differ.", PPM),
        Parameter("parties", 3, "Parties of a ring, at least.", least=3),
    ),
    hears=(FILLS, MOVES),
    make=CircularTrading,
)
