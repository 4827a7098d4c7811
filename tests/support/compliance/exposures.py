"""The recount of exposures: a plain list of what was done, added up from nothing."""

from __future__ import annotations

from fractions import Fraction
from math import ceil

from engine.book.entities import Order
from engine.vocabulary.codes import BUY

NOTE, FUTURE = "WIDE-NOTE", "BTC-FUT"
LOT_UNITS = 5
"""A lot of the note is several minor units of it, so that parts of a lot can be moved."""


class Done:
    """A fill of one side, or a correction of one: what there is to recount."""

    def __init__(
        self, account: str, instrument: str, side: int, lots: int, *, old_ticks: int = 0, new_ticks: int = 0
    ) -> None:
        self.key = (account, instrument)
        self.sign = 1 if side == BUY else -1
        self.lots = lots
        self.old_ticks = old_ticks
        """0: it is the fill."""
        self.new_ticks = new_ticks
        """0: it was undone."""


class Moved:
    """Notes that came to an account with the entry value they had where they came from, or (negative) left it with theirs."""

    def __init__(self, account: str, units: int, value: int) -> None:
        self.key = (account, NOTE)
        self.lots = Fraction(units, LOT_UNITS)
        self.value = value


def position(done: list[Done | Moved], key: tuple[str, str]) -> tuple[Fraction, int]:
    """Lots and entry value after all that was done, from nothing."""
    lots, value = Fraction(0), 0
    short_allowed = key[1] == FUTURE
    for each in done:
        if each.key != key:
            continue
        if isinstance(each, Moved):
            lots, value = lots + each.lots, value + each.value
            continue
        same = max(lots * each.sign, 0)
        if each.old_ticks and each.new_ticks:
            value = max(ceil(value + (each.new_ticks - each.old_ticks) * min(each.lots, same)), 0)
        elif each.old_ticks:
            gone = min(each.lots, same)
            lots -= each.sign * gone
            value = max(ceil(value - each.old_ticks * gone), 0) if lots or not gone else 0
            turned = each.lots - gone
            if turned and (short_allowed or each.sign < 0):
                lots -= each.sign * turned
                value += ceil(each.old_ticks * turned)
        else:
            against = max(-lots * each.sign, 0)
            closed = min(each.lots, against)
            if closed:
                value = ceil(value * Fraction(against - closed, against))
                lots += each.sign * closed
            opened = each.lots - closed
            if opened and (short_allowed or each.sign > 0):
                lots += each.sign * opened
                value += each.new_ticks * opened
    return lots, value


def dearest(orders: list[Order], lots: int) -> int:
    """The value of the dearest so many lots: of those beyond what closes a position, the others may fill first."""
    value = 0
    for order in sorted(orders, key=lambda order: order.reserve_ticks, reverse=True):
        part = min(order.leaves_lots, lots)
        value, lots = value + part * order.reserve_ticks, lots - part
    return value
