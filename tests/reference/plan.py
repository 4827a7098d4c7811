"""What an incoming order would do against the book as it is: a plan, made without doing any of it."""

from __future__ import annotations

from dataclasses import dataclass

from engine.vocabulary import codes
from tests.reference.state import RefInstrument, RefOrder, round_up
from tests.reference.waiting import Waiting

TRADE, OWN, OUTSIDE, HOLD = "trade", "own", "outside", "hold"


@dataclass
class Slot:
    """A resting order as the plan sees it while it goes along."""

    order: RefOrder
    leaves: int
    shown: int
    place: int

    def take(self, lots: int, next_place: int) -> None:
        self.leaves -= lots
        self.shown -= lots
        if self.shown <= 0 and self.leaves > 0:
            self.shown, self.place = min(self.order.display, self.leaves), next_place


@dataclass
class Step:
    """`trade`: so many lots with an order; `own`: it is of the same owner; `outside`: it lies outside the band; `hold`: it is
    reduce-only, and larger than its position."""

    what: str
    maker: RefOrder
    lots: int = 0


class Budget:
    """How many lots an incoming order still wants: its leaves, or what its funds can still pay for."""

    def __init__(self, order: RefOrder, terms: RefInstrument) -> None:
        self.order, self.terms = order, terms
        self.leaves = order.leaves
        self.spent = order.spent
        self.exact_fee = order.exact_fee

    def cost(self, price: int, lots: int) -> int:
        value = self.spent + price * lots * self.terms.unit
        if not self.order.buys:
            return value
        return value + round_up(self.exact_fee + price * lots * self.terms.unit * self.terms.taker_ppm)

    def wants(self, price: int) -> int:
        if not self.order.request.funds:
            return self.leaves
        cheapest = price * self.terms.unit * (1_000_000 + min(self.terms.taker_ppm, 0))
        lots = (self.order.request.funds - self.spent) * 1_000_000 // max(cheapest, 1) + 2
        while lots > 0 and self.cost(price, lots) > self.order.request.funds:
            lots -= 1
        return max(lots, 0)

    def take(self, price: int, lots: int) -> None:
        self.leaves -= lots
        self.spent += price * lots * self.terms.unit
        self.exact_fee += price * lots * self.terms.unit * self.terms.taker_ppm


class Planning(Waiting):
    """Plans."""

    def reducible(self, order: RefOrder, lots: int) -> int:
        """What an order may make a position of so many lots smaller by."""
        return max(-lots if order.buys else lots, 0)

    def mode(self, order: RefOrder) -> int:
        """The order's mode of self-trade prevention."""
        return self.self_trade if order.request.self_trade < 0 else order.request.self_trade

    def crosses(self, order: RefOrder, price: int) -> bool:
        return price <= order.price if order.buys else price >= order.price

    def in_band(self, terms: RefInstrument, anchor: int, price: int) -> bool:
        ppm = terms.rules.dynamic_ppm
        if not ppm or not anchor:
            return True
        return terms.within(anchor, ppm, codes.SELL) <= price <= terms.within(anchor, ppm, codes.BUY)

    def plan(self, taker: RefOrder, *, cuts: bool = True, counting: bool = False) -> list[Step]:
        """All that the order would do against the book as it is, without doing it.

        `cuts`: with reduce-only orders held to their positions. `counting`: as fillability is counted, by shares with no more
        of these than surely can trade.
        """
        terms = self.terms(taker)
        anchor = terms.anchor
        slots = [Slot(o, o.leaves, o.shown, o.place) for o in self.queue(taker.name, 1 - taker.side)]
        budget = Budget(taker, terms)
        steps: list[Step] = []
        self.planned = (
            {owner: self.position(owner, terms.name).lots for owner in self.accounts} if terms.future and cuts else {}
        )
        while slots and self.crosses(taker, slots[0].order.price):
            price = slots[0].order.price
            if budget.wants(price) <= 0:
                break
            level = [slot for slot in slots if slot.order.price == price]
            inside = self.in_band(terms, anchor, price)
            by_time = terms.rules.allocation == codes.PRICE_TIME
            at_once = 1 if by_time else self.max_shared
            if counting and not by_time and self.count_level(taker, level) and at_once > 1:
                at_once = len(slots)
            goes_on = not level or self.plan_level(taker, level, budget, steps, at_once=at_once, inside=inside)
            slots = [slot for slot in slots if slot.order.price != price and slot.leaves]
            if not goes_on:
                break
        return steps

    def plan_level(
        self,
        taker: RefOrder,
        level: list[Slot],
        budget: Budget,
        steps: list[Step],
        *,
        at_once: int,
        inside: bool,
    ) -> bool:
        """Add what happens at one price, inside the band or not; False if the order does not go on to the next.

        `at_once`: how many orders at the head of the queue are looked at together, own ones first.
        """
        terms = self.terms(taker)
        price = level[0].order.price
        places = iter(range(self.places + 1, self.places + 10**9))
        while level and budget.wants(price):
            level.sort(key=lambda slot: slot.place)
            first = level[:at_once]
            own = [slot for slot in first if self.same_owner(taker, slot.order)]
            if own:
                if self.plan_hold(own[0], steps) and not self.plan_own(taker, own[0], budget, steps):
                    return False
                level.remove(own[0])
                continue
            by_time = terms.rules.allocation == codes.PRICE_TIME
            met = first if by_time else [slot for slot in first if not self.shows(slot)]
            ended = [slot for slot in met if not self.plan_hold(slot, steps)]
            if ended:
                level[:] = [slot for slot in level if slot not in ended]
                continue
            if not inside:
                steps.append(Step(OUTSIDE, level[0].order))
                return False
            if terms.rules.allocation == codes.PRO_RATA:
                shares = self.pro_rata(first, budget.wants(price))
            else:
                shares = self.by_size(first, budget.wants(price))
            for slot, share in shares:
                if self.plan_hold(slot, steps):
                    lots = min(share, slot.shown)
                    steps.append(Step(TRADE, slot.order, lots))
                    budget.take(price, lots)
                    slot.take(lots, next(places))
                    self.plan_positions(taker, slot.order, lots)
            level[:] = [slot for slot in level if slot.leaves]
        return not level

    def plan_positions(self, taker: RefOrder, maker: RefOrder, lots: int) -> None:
        """A trade in a future changes positions."""
        for order in (taker, maker):
            if self.planned:
                self.planned[order.account] += lots if order.buys else -lots

    def left(self, slot: Slot) -> int:
        """What is left of an order, a reduce-only one no larger than its position then."""
        if not self.planned or not slot.order.request.reduce_only:
            return slot.leaves
        return min(slot.leaves, self.reducible(slot.order, self.planned[slot.order.account]))

    def shows(self, slot: Slot) -> int:
        """What an order counts with for shares."""
        return min(slot.shown, self.left(slot))

    def plan_hold(self, slot: Slot, steps: list[Step]) -> bool:
        """Add that an order is held to its position, if it is larger; False if it ends by it."""
        left = self.left(slot)
        if left < slot.leaves:
            steps.append(Step(HOLD, slot.order))
            slot.leaves, slot.shown = left, min(slot.shown, left)
        return left > 0

    def count_level(self, taker: RefOrder, level: list[Slot]) -> bool:
        """Let reduce-only orders count after the others of their account here, with what is left of its position then.

        Whether one counts with less than it has.
        """
        before = sum(slot.leaves for slot in level)
        others = [slot for slot in level if not self.same_owner(taker, slot.order)]
        traded = dict.fromkeys(self.accounts, 0)
        for slot in sorted(others, key=lambda slot: (slot.order.request.reduce_only, slot.place)):
            order = slot.order
            if order.request.reduce_only:
                left = self.reducible(order, self.planned[order.account]) - traded[order.account]
                slot.leaves = min(slot.leaves, max(left, 0))
                slot.shown = min(slot.shown, slot.leaves)
            traded[order.account] += slot.leaves
        level[:] = [slot for slot in level if slot.leaves]
        return sum(slot.leaves for slot in level) < before

    def plan_own(self, taker: RefOrder, slot: Slot, budget: Budget, steps: list[Step]) -> bool:
        """Add the meeting with an own order; False if the incoming order ends by it."""
        steps.append(Step(OWN, slot.order))
        mode = self.mode(taker)
        if mode == codes.DECREMENT:
            price = slot.order.price
            taken = min(slot.leaves, budget.wants(price))
            budget.leaves -= taken
            budget.spent += taken * price * budget.terms.unit
            return budget.wants(price) > 0
        return mode == codes.CANCEL_OLDEST

    def pro_rata(self, level: list[Slot], wanted: int) -> list[tuple[Slot, int]]:
        """Shares of the shown quantity, rounded down; then the rest, in order of time."""
        total = sum(self.shows(slot) for slot in level)
        wanted = min(wanted, total)
        shares = [wanted * self.shows(slot) // total for slot in level]
        rest = wanted - sum(shares)
        for index, slot in enumerate(level):
            more = min(rest, self.shows(slot) - shares[index])
            shares[index] += more
            rest -= more
        return [(slot, lots) for slot, lots in zip(level, shares, strict=True) if lots]

    def by_size(self, level: list[Slot], wanted: int) -> list[tuple[Slot, int]]:
        """What each shows, the largest first, then in order of time, while there is any left."""
        shares = []
        for slot in sorted(level, key=lambda slot: -self.shows(slot)):
            if wanted:
                shares.append((slot, min(self.shows(slot), wanted)))
                wanted -= shares[-1][1]
        return shares
