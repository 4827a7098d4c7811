"""Limits of a participant, kill switches and rates, as sequenced state."""

from __future__ import annotations

from engine.vocabulary.codes import ORDER_LIMITS
from engine.vocabulary.limits import NS_PER_SECOND, ORDERS_BEFORE_RATIO
from engine.vocabulary.problem import Problem
from engine.vocabulary.said import said

Switches = dict[str, bool]
"""`scope:key` of every kill switch that is on."""
Rates = dict[str, tuple[int, int]]
"""How much may be asked of the venue, where a command has set it: units a second and burst, by `scope:name`. The gateway goes by it."""


class Limits:
    """What one participant may send, and what it has sent."""

    def __init__(self, orders_per_second: int, max_order_value: int, max_order_to_trade: int) -> None:
        self.orders_per_second: int = orders_per_second
        self.max_order_value: int = max_order_value
        """In quote minor units."""
        self.max_order_to_trade: int = max_order_to_trade
        self.second: int = -1
        self.in_second: int = 0
        self.orders: int = 0
        self.trades: int = 0

    def count_order(self, time_ns: int, lowers: bool) -> Problem | None:
        """Count a new order or an amend, refused or not; returns which limit it passes.

        What only lowers an exposure (`lowers`) may have to wait a second, but not for trades that nobody owes it.
        """
        second = time_ns // NS_PER_SECOND
        if second != self.second:
            self.second = second
            self.in_second = 0
        self.in_second += 1
        self.orders += 1
        if self.orders_per_second and self.in_second > self.orders_per_second:
            return Problem(ORDER_LIMITS, said("rate.second", self.orders_per_second))
        ratio = self.max_order_to_trade
        if ratio and not lowers and self.orders > ORDERS_BEFORE_RATIO and self.orders > ratio * self.trades:
            return Problem(ORDER_LIMITS, said("rate.trade", ratio))
        return None
