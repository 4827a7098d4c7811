"""What detectors are told: a fill, a transfer, a refusal, with who is behind it already looked up."""

from __future__ import annotations

from typing import Final

from compliance.surveillance.base.markets import Live, Market
from compliance.surveillance.base.people import Holder
from engine.vocabulary.codes import BUY


class Fill:
    """A trade: a maker's order and a taker's. In a call both rested."""

    def __init__(self, market: Market, price_ticks: int, lots: int, *, maker: Live, taker: Live, kopecks: int) -> None:
        self.market: Final = market
        self.price_ticks: Final = price_ticks
        self.lots: Final = lots
        self.maker: Final = maker
        self.taker: Final = taker
        self.kopecks: Final = kopecks
        """Its value in roubles; 0: not known."""
        self.buyer: Final[Holder] = (taker if taker.side == BUY else maker).holder
        self.seller: Final[Holder] = (maker if taker.side == BUY else taker).holder

    def is_matched(self, gap_ns: int, tolerance_ppm: int) -> bool:
        """Whether the two orders were entered at nearly the same time, with nearly the same quantity, and met nearly whole."""
        first, second = self.maker, self.taker
        if abs(first.entered_ns - second.entered_ns) > gap_ns:
            return False
        larger = max(first.quantity_lots, second.quantity_lots)
        return self.lots * 1_000_000 >= larger * (1_000_000 - tolerance_ppm)


class Move:
    """A transfer that was done."""

    def __init__(
        self, source: Holder, target: Holder, asset: str, amount: int, *, kopecks: int, purpose: int, contract: str
    ) -> None:
        self.source: Final = source
        self.target: Final = target
        self.asset: Final = asset
        self.amount: Final = amount
        self.kopecks: Final = kopecks
        self.purpose: Final = purpose
        self.contract: Final = contract
        """Empty: none was named."""


class Refusal:
    """An order that a rule refused."""

    def __init__(self, holder: Holder, market: Market, rule: str, *, side: int, quantity_e8: int) -> None:
        self.holder: Final = holder
        self.market: Final = market
        self.rule: Final = rule
        self.side: Final = side
        self.quantity_e8: Final = quantity_e8
