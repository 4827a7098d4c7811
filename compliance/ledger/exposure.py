"""Exposure in derivatives and securities on crypto prices: what one account's position and open orders are worth.

A position has signed lots L (long above zero) and an entry value E, never negative. A fill that makes it larger adds its
value; one that makes it smaller takes lots off at average entry value, what remains rounded up; one that turns it leaves the
rest at the price of the fill. Marks and margin don't change E. With open buys of B lots, worth VB at the prices at which
they reserve, and open sells of S lots worth VS,

    exposure = max(E, if all buys filled, if all sells filled)

    if all buys filled:  E + VB                     when L >= 0
                         the B - |L| dearest lots   when L < 0 and B > |L|: what is bought beyond the short
                         nothing more than E        when L < 0 and B <= |L|: closing adds nothing

and sells the same, the other way round. A reduce-only order is none of them: it opens nothing, and takes no more than there is
off the |L| that the others would close first. The dearest lots, since the others may fill first: a buy for the closing auction waits
while a cheaper one closes the short. Below the 64th price everything counts at that. A note can't be sold short: its sells
never add, and a sale of more than was bought on this venue leaves nothing. A note that is moved to another account takes its
average entry value along, rounded down; one that is redeemed or withdrawn takes it off. What was bought here goes first. Notes
may be moved in parts of a lot, so positions are kept in minor units of the base asset.

An open sell of a future is worth its limit, or the upper static band if that is higher: a short's entry value is the price at
which it is sold, and a low limit may be filled far above it. The band is that of its entry or of its last amend.
A pegged sale moves no higher than the band.
"""

from __future__ import annotations

from bisect import bisect_left, insort
from typing import Final

from compliance.registry.listings import Listing
from compliance.registry.records import Client, Investor
from engine.vocabulary.codes import BUY, SELL

# Prices that are looked at one by one for an order. What lies deeper counts at the last of them: to the stricter side.
MAX_LEVELS: Final = 64


class Position:
    """One account in one derivative: position, open orders, exposure. Values in minor units of the quote asset."""

    def __init__(self, client: Client, listing: Listing) -> None:
        self.client: Final = client
        self.listing: Final = listing
        self.units: int = 0
        """Minor units of the base asset, above 0 long, below short: whole lots, unless parts of a lot were moved."""
        self.value: int = 0
        """Entry value, never negative."""
        self.buy_lots: int = 0
        self.buy_value: int = 0
        self.sell_lots: int = 0
        self.sell_value: int = 0
        self.levels: Final[list[dict[int, int]]] = [{}, {}]
        """Of what can be sold short: open lots of each side by their value per lot."""
        self.values: Final[list[list[int]]] = [[], []]
        """The keys of `levels`, increasing, so that no order has them sorted."""
        self.reducing: Final[list[int]] = [0, 0]
        """Open lots of the reduce-only orders of each side."""
        self.exposure: int = 0
        """What the sums of the ledger hold of it."""

    def open(self, side: int, lots: int, value: int, reduces: bool = False) -> None:
        """Count open orders, or (negative) no longer. Lots are 0 for an order by funds, which is always of a note."""
        if reduces:
            self.reducing[side] += lots
            return
        if side == BUY:
            self.buy_lots += lots
            self.buy_value += value
        else:
            self.sell_lots += lots
            self.sell_value += value
        if self.listing.shortable and lots:
            levels, values, per_lot = self.levels[side], self.values[side], value // lots
            before = levels.get(per_lot, 0)
            if not before:
                insort(values, per_lot)
            levels[per_lot] = before + lots
            if not before + lots:
                del levels[per_lot]
                del values[bisect_left(values, per_lot)]

    def closable(self, side: int) -> int:
        """How many lots of a side would close it."""
        return max(-self.units if side == BUY else self.units, 0) // self.listing.lot_base

    def opens(self, side: int) -> int:
        """By how many lots the open orders of a side go beyond closing it; reduce-only ones only take of what there is to close."""
        closed = self.closable(side)
        return (self.buy_lots if side == BUY else self.sell_lots) + min(self.reducing[side], closed) - closed

    def worth(self, side: int = BUY, lots: int = 0, value: int = 0) -> int:
        """The exposure, if an order of this side, these lots and this value were open too."""
        return self._most(self.value, side, lots, value)

    def marked(self, side: int = BUY, lots: int = 0, value: int = 0) -> int:
        """The same of a future, what is held at its mark or the reference price; if there is neither, at entry value."""
        listing = self.listing
        at_mark = abs(self.units) // listing.lot_base * listing.last_ticks * listing.unit
        return self._most(at_mark if listing.last_ticks else self.value, side, lots, value)

    def _most(self, held_value: int, side: int, lots: int, value: int) -> int:
        """The most of nothing filled, all buys filled, all sells filled."""
        buying, selling = side == BUY, side != BUY
        bought = self._filled(held_value, BUY, lots if buying else 0, value if buying else 0)
        if not self.listing.shortable:
            return max(held_value, bought)
        sold = self._filled(held_value, SELL, lots if selling else 0, value if selling else 0)
        return max(held_value, bought, sold)

    def _filled(self, held_value: int, side: int, lots: int, value: int) -> int:
        """What the position would be worth if the open orders of a side filled, and beside them these lots of this value."""
        held, open_lots, open_value = self.units, self.buy_lots, self.buy_value
        if side != BUY:
            held, open_lots, open_value = -held, self.sell_lots, self.sell_value
        if held >= 0:
            return held_value + open_value + value
        # Only what can be sold short is held below zero, and always in whole lots.
        closed = -held // self.listing.lot_base
        opened = open_lots + lots + min(self.reducing[side], closed) - closed
        if opened <= 0:
            return 0
        levels, more = self.levels[side], value // lots if lots else -1
        total = 0
        values = self.values[side]
        for place in range(len(values) - 1, -1, -1):
            per_lot = values[place]
            if more >= per_lot:
                part = min(lots, opened)
                total += more * part
                opened -= part
                more = -1
            part = min(levels[per_lot], opened) if place > len(values) - MAX_LEVELS else opened
            total += per_lot * part
            opened -= part
            if not opened:
                return total
        return total + more * opened

    def fill(self, side: int, lots: int, per_lot: int) -> None:
        """Book a fill at a value per lot."""
        units = lots * self.listing.lot_base
        if side != BUY and not self.listing.shortable:
            self.give(units)
            return
        sign = 1 if side == BUY else -1
        held = self.units * sign
        if held >= 0:
            self.value += per_lot * lots
        elif units < -held:
            self.value -= self.value * units // -held
        else:
            self.value = per_lot * ((units + held) // self.listing.lot_base)
        self.units += sign * units

    def give(self, units: int) -> tuple[int, int]:
        """Take up to so many units off a long position at average entry value; returns the units and the value taken off."""
        part = min(self.units, units)
        if part <= 0:
            return (0, 0)
        value = self.value * part // self.units
        self.units -= part
        self.value -= value
        return (part, value)

    def correct(self, side: int, lots: int, per_lot: int, new_per_lot: int) -> None:
        """Follow a correction of a fill: another value per lot, or (0) none at all.

        Another value changes the entry value of what is held on that side, no more than the fill. A fill undone takes its
        lots off at its own value; what is no longer held becomes a position on the other side, as if it had been traded.
        """
        sign = 1 if side == BUY else -1
        lot_base = self.listing.lot_base
        units = lots * lot_base
        held = max(self.units * sign, 0)
        part = min(held, units)
        if new_per_lot:
            # Up, to the stricter side: a part of a lot may be left.
            self.value = max(self.value - (per_lot - new_per_lot) * part // lot_base, 0)
            return
        self.value = max(self.value - per_lot * part // lot_base, 0) if held > part or not part else 0
        self.units -= sign * part
        if self.listing.shortable or sign < 0:
            self.units -= sign * (units - part)
            self.value += -(-per_lot * (units - part) // lot_base)


class Exposures:
    """All positions, and what they add up to for whom a rule asks: each investor, and the clients of each intermediary."""

    def __init__(self) -> None:
        self.positions: Final[dict[str, dict[str, Position]]] = {}
        """By account and instrument."""
        self.in_series: Final[dict[str, list[Position]]] = {}
        """The same by instrument."""
        self.futures: Final[dict[str, list[Position]]] = {}
        """Those in futures that are not settled, by investor."""
        self.by_investor: Final[dict[str, int]] = {}
        """Over all accounts of an investor."""
        self.by_intermediary: Final[dict[str, int]] = {}
        """Over all clients of an intermediary."""
        self.through_itself: Final[dict[str, int]] = {}
        """What of it is the intermediary's own: of the investor of its name."""

    def of(self, client: Client) -> int:
        """The exposure of a client's investor."""
        return self.by_investor.get(client.investor.investor, 0)

    def through(self, intermediary: str) -> int:
        """The exposure of an intermediary's clients together."""
        return self.by_intermediary.get(intermediary, 0)

    def for_others(self, intermediary: str) -> int:
        """The exposure of an intermediary's clients together, but for its own accounts."""
        return self.through(intermediary) - self.through_itself.get(intermediary, 0)

    def futures_of(self, investor: Investor) -> list[Position]:
        """An investor's positions in futures on crypto prices."""
        return self.futures.get(investor.investor, [])

    def position(self, client: Client, listing: Listing) -> Position:
        """An account's position in a derivative, begun when first asked for."""
        by_instrument = self.positions.get(client.account)
        if by_instrument is None:
            by_instrument = self.positions[client.account] = {}
        found = by_instrument.get(listing.instrument)
        if found is None:
            found = by_instrument[listing.instrument] = Position(client, listing)
            self.in_series.setdefault(listing.instrument, []).append(found)
            if listing.shortable and listing.derivative:
                self.futures.setdefault(client.investor.investor, []).append(found)
        return found

    def hand_over(self, sender: Client, receiver: Client | None, listing: Listing, amount: int) -> int:
        """Let the position follow notes that left an account, to another or (None) off the venue.

        `amount` is in minor units of the base asset; returns what of it was no part of a position, to look for elsewhere.
        """
        held = self.position(sender, listing)
        units, value = held.give(amount)
        if units:
            self.sum_up(held)
            if receiver is not None:
                taken = self.position(receiver, listing)
                taken.units += units
                taken.value += value
                self.sum_up(taken)
        return amount - units

    def settle(self, instrument: str) -> None:
        """Forget every position in a series that was settled. O(accounts that had one, and their owners' futures)."""
        owners: dict[str, bool] = {}
        for position in self.in_series.get(instrument, []):
            position.units = 0
            position.value = 0
            self.sum_up(position)
            if position.listing.derivative:
                owners[position.client.investor.investor] = True
        for owner in owners:
            self.futures[owner] = [each for each in self.futures[owner] if each.listing.instrument != instrument]

    def sum_up(self, position: Position) -> None:
        """Bring the sums up to a position that has changed. A future priced in another asset than RUB is no part of them."""
        if not position.listing.exposed:
            return
        more = position.worth() - position.exposure
        if more:
            position.exposure += more
            client = position.client
            _add(self.by_investor, client.investor.investor, more)
            if client.intermediary is not None:
                name = client.intermediary.intermediary
                _add(self.by_intermediary, name, more)
                if name == client.investor.investor:
                    _add(self.through_itself, name, more)


def _add(sums: dict[str, int], name: str, more: int) -> None:
    sums[name] = sums.get(name, 0) + more
