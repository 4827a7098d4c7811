"""The purchases and sales that the annual cap counts, one by one: what makes up `used` (RET-1).

The ledger keeps sums by day, and remembers single trades only as long as they can be corrected. Whoever is to explain a sum takes
notes while a session is replayed: each side of a trade that counted, with what it counted for, corrected as it was corrected. Memory
follows such trades.
"""

from __future__ import annotations

from typing import Final

from compliance.ledger.ledger import Ledger
from compliance.ledger.purchases import ROLLING_DAYS, CountedSide
from compliance.rules.ret_1 import AnnualCap
from engine.vocabulary.days import moscow_day
from engine.vocabulary.messages.events import Trade, TradeCorrected


class Purchase:
    """One side of a trade of a retail investor, as the ledger counted it. Amounts in kopecks."""

    def __init__(self, seq: int, time_ns: int, trade: Trade, side: int, counted: CountedSide) -> None:
        self.seq: Final = seq
        """Of the command with which it was made."""
        self.time_ns: Final = time_ns
        self.trade_id: Final[int] = trade.trade_id
        self.instrument: Final[str] = trade.instrument
        self.quantity_lots: Final[int] = trade.quantity_lots
        self.price_ticks: int = trade.price_ticks
        """0: the trade was undone."""
        self.side: Final = side
        self.intermediary: Final[str] = counted.intermediary
        self.for_crypto: Final[bool] = counted.for_crypto
        """Whether it was priced in another asset than RUB."""
        self.bought: int = counted.bought
        self.sold: int = counted.sold


class CountedPurchase:
    """What of a purchase or sale counts for a cap."""

    def __init__(self, purchase: Purchase, counts: int, why: str) -> None:
        self.purchase: Final = purchase
        self.counts: Final = counts
        """Kopecks; below 0: a sale that is taken off."""
        self.why: Final = why
        """Why it counts for nothing; empty: it counts."""


class Used:
    """What makes up `used` of an annual cap at a moment. Kopecks."""

    def __init__(self, used: int, reserved: int, purchases: list[CountedPurchase]) -> None:
        self.used: Final = used
        """As the rule compares it: never below 0."""
        self.reserved: Final = reserved
        self.purchases: Final = purchases
        """All of the window, in order."""
        self.listed: Final[int] = sum([each.counts for each in purchases])
        """What these count together; below 0: more was sold than bought."""

    @property
    def before(self) -> int:
        """What was used before the notes began: where a journal goes on from a snapshot, what it bought is no longer told one by one."""
        return self.used - max(self.listed, 0)


class PurchaseNotes:
    """Takes the notes."""

    def __init__(self) -> None:
        self._by_investor: Final[dict[str, list[Purchase]]] = {}
        self._correctable: Final[dict[int, list[Purchase]]] = {}
        """Of the trades of `_day`, by trade id."""
        self._day: int = -1

    def traded(self, seq: int, time_ns: int, trade: Trade, ledger: Ledger) -> None:
        """Note the sides of a trade that the ledger has counted."""
        sides = ledger.counted.get(trade.trade_id)
        day = moscow_day(time_ns)
        if day != self._day:
            self._day = day
            self._correctable.clear()
        if sides is None or ledger.counted_day != day:
            return
        for side, counted in enumerate(sides):
            if counted is not None:
                purchase = Purchase(seq, time_ns, trade, side, counted)
                self._by_investor.setdefault(counted.investor, []).append(purchase)
                self._correctable.setdefault(trade.trade_id, []).append(purchase)

    def corrected(self, correction: TradeCorrected, ledger: Ledger) -> None:
        """Follow what the ledger makes of the correction of a trade."""
        sides = ledger.counted.get(correction.trade_id)
        if sides is None:
            return
        for purchase in self._correctable.get(correction.trade_id, []):
            counted = sides[purchase.side]
            if counted is not None:
                purchase.price_ticks = correction.new_price_ticks
                purchase.bought = counted.bought
                purchase.sold = counted.sold

    def used(self, rule: AnnualCap, ledger: Ledger, investor: str, intermediary: str, time_ns: int) -> Used:
        """What makes up what an investor has used at a time, through one intermediary if the cap is for each by itself."""
        scope = None if rule.aggregate else intermediary
        sums = ledger.investors.get(investor)
        used, reserved = (0, 0) if sums is None else rule.usage(ledger, sums, time_ns, scope)
        today = moscow_day(time_ns)
        first_day = today - ROLLING_DAYS + 1 if rule.rolling else ledger.years.first_day(time_ns)
        found = [
            _counted(rule, purchase)
            for purchase in self._by_investor.get(investor, [])
            if moscow_day(purchase.time_ns) >= first_day and (scope is None or purchase.intermediary == scope)
        ]
        return Used(used, reserved, found)


def _counted(rule: AnnualCap, purchase: Purchase) -> CountedPurchase:
    """What of a purchase counts by the parameters in force."""
    if not purchase.price_ticks:
        return CountedPurchase(purchase, 0, "the trade was undone")
    if purchase.for_crypto and not rule.crypto:
        return CountedPurchase(purchase, 0, "it was paid in another asset than RUB, which is not counted")
    counts = purchase.bought
    if rule.net:
        counts -= purchase.sold
    if not counts and purchase.sold:
        return CountedPurchase(purchase, 0, "a sale gives nothing back")
    return CountedPurchase(purchase, counts, "")
