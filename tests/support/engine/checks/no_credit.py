"""LEV-1: nothing is bought on credit. What must hold of an exchange after every command, by arithmetic of its own.

A balance is never below zero, so nobody owes anything. An open order of spot or a note has set aside all that it can cost at its worst
price. A position in a future is covered in full, or its account is called to cover it. What a mark takes beyond what there is, is a
declared default: others bear it by name, and the venue lends nothing.
"""

from __future__ import annotations

from engine.book.entities import Account, Order
from engine.book.whereabouts import FOR_ENTRY, WAITING_STOP
from engine.exchange import Exchange
from engine.vocabulary.codes import BUY
from engine.vocabulary.messages.events import DefaultDeclared, Event, LossShared, VariationMargin

PPM = 1_000_000


def cost_at_worst(order: Order) -> int:
    """What an open order outside of futures can still cost, in minor units of what it pays with: the largest fee is part of it."""
    instrument = order.instrument
    if order.budget >= 0 and order.side == BUY:
        return order.budget
    if order.side != BUY:
        return 0 if order.budget >= 0 else order.leaves_lots * instrument.lot_base
    value = order.reserve_ticks * order.leaves_lots * instrument.unit
    ppm = max(instrument.maker_fee_ppm, instrument.taker_fee_ppm, 0)
    # A fee is rounded once over all fills: what was charged may be up to a unit ahead of its part.
    return value + max(-(-value * ppm // PPM) - 1, 0)


def check_balances(account: Account) -> None:
    """No part of a balance is below zero, whatever parts it has."""
    for number, balance in account.balances.items():
        parts = {
            name: getattr(balance, name)
            for name in ("available", "reserved", "frozen", "held", "arrested")
            if hasattr(balance, name)
        }
        assert {"available", "reserved", "frozen"} <= set(parts)
        assert min(parts.values()) >= 0, (account.account, number, parts)


def check_orders(account: Account) -> int:
    """Each open order has set aside what it can cost; together no more than is reserved. Returns how many were looked at."""
    looked_at = 0
    set_aside: dict[int, int] = {}
    for order in account.open_orders.values():
        instrument = order.instrument
        if instrument.future is not None:
            continue
        paid_with = instrument.quote if order.side == BUY else instrument.base
        set_aside[paid_with.number] = set_aside.get(paid_with.number, 0) + order.reserved
        if order.where == FOR_ENTRY:
            # It begins once its entry has brought in what it sells; or, if it buys, once there is what it needs.
            continue
        if order.side == BUY and order.price_ticks and order.budget < 0:
            assert order.reserve_ticks >= order.price_ticks, order.order_id
        other = order.other_leg
        if other is None:
            assert order.reserved >= cost_at_worst(order), order.order_id
            looked_at += 1
        elif order.where == WAITING_STOP:
            # Of a pair one trades: the two have set aside what the dearer one can cost.
            assert order.reserved + other.reserved >= max(cost_at_worst(order), cost_at_worst(other)), order.order_id
            looked_at += 1
    for number, amount in set_aside.items():
        assert account.balances[number].reserved >= amount, (account.account, number)
    return looked_at


def check_cover(account: Account) -> int:
    """Each position is covered in full at the mark, or the account is called for it. Returns how many were looked at."""
    looked_at = 0
    for position in account.positions.values():
        margin = position.margin
        if not position.lots:
            continue
        looked_at += 1
        future = position.instrument.future
        assert future is not None
        # C-41: what a long can lose, and what buying back a short can cost inside the band.
        short = max(-position.lots, 0) * future.high_ticks * position.instrument.unit
        assert margin.needed >= position.needed >= max(position.carried, 0) + short, account.account
        assert margin.held >= margin.needed or margin.called, (account.account, position.instrument.instrument)
        assert margin.held <= margin.balance.reserved
    return looked_at


class NoCredit:
    """Follows an exchange, and looks at it after each command that has left nothing undone."""

    def __init__(self, exchange: Exchange) -> None:
        self.exchange = exchange
        self.orders = 0
        self.positions = 0
        self.defaults = 0
        self._events: list[Event] = []

    def follow(self, events: list[Event]) -> None:
        """Take what a command did. Raises AssertionError where something was bought on credit."""
        self._events += events
        if self.exchange.is_unfinished:
            return
        events, self._events = self._events, []
        for account in self.exchange.account_list:
            check_balances(account)
            self.orders += check_orders(account)
            self.positions += check_cover(account)
        self._check_defaults(events)

    def _check_defaults(self, events: list[Event]) -> None:
        """What is not paid is declared, and borne by those who gained: the sums are the same, but for what is rounded."""
        declared = [each for each in events if isinstance(each, DefaultDeclared)]
        self.defaults += len(declared)
        for default in declared:
            assert default.shortfall > 0
        shared = [each for each in events if isinstance(each, LossShared)]
        assert bool(shared) <= bool(declared), "a loss is shared that nobody declared"
        assert all(each.amount > 0 for each in shared)
        paid = [each for each in events if isinstance(each, VariationMargin)]
        assert bool(declared) <= bool(paid), "a default without a mark"
