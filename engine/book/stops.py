"""Stops that wait: by stop price and time, and trailing stops in groups that a print moves as one.

What one command costs here: a few steps of O(log stops) for each print, each stop that it elects, each trailing stop that
enters or leaves, and each group that a print moves. Groups that meet become one: the members of all but the largest go over to
it. Each was made by a trailing stop that entered, so groups pay for their moves once. The groups that a print moves are
those it is beyond; moved, they are one, and the first for the next print. So the members that go over, in all prints of a command
together, are no more than the trailing stops that wait; over many commands, log2(stops) for each that enters or leaves.
"""

from __future__ import annotations

from typing import Final

from sortedcontainers import SortedList

from engine.book.entities import Order
from engine.book.trails import TrailGroup, trailed_ticks
from engine.book.whereabouts import WAITING_STOP
from engine.vocabulary.codes import BUY, TRAILING_STOP


class Trails:
    """The waiting trailing stops of one side with trails of one kind. Keys grow with the distance from the market."""

    def __init__(self, side: int, in_bps: bool, orders: dict[int, Order]) -> None:
        self.side: Final = side
        self.sign: Final = 1 if side == BUY else -1
        self.in_bps: Final = in_bps
        self.orders: Final = orders
        """All stops that wait on the side, by order id."""
        self.groups: Final[dict[int, TrailGroup]] = {}
        """By best price in ticks."""
        self.bests: Final[SortedList[int]] = SortedList()
        """`best price * sign` of every group: those a print may move come last."""
        self.nearest: Final[SortedList[tuple[int, int]]] = SortedList()
        """`(stop price * sign, best price)` of the first member of every group."""

    def add(self, order: Order) -> None:
        """Let a trailing stop join those with its best price. O(log stops)."""
        best = order.trail_best_ticks
        group = self.groups.get(best)
        if group is None:
            group = TrailGroup(self.side, self.in_bps, best)
            self.groups[best] = group
            self.bests.add(best * self.sign)
        group.members.add((order.trail, order.order_id))
        order.trail_group = group
        self._note(group)

    def remove(self, order: Order) -> None:
        """Let a trailing stop leave its group. O(log stops)."""
        group = order.trail_group
        assert group is not None
        group.members.remove((order.trail, order.order_id))
        order.leave_group()
        self._settle(group)

    def _settle(self, group: TrailGroup) -> None:
        """Note a group's first member anew, or forget the group if it has none. O(log groups)."""
        if group.members:
            self._note(group)
            return
        self.bests.remove(group.best_ticks * self.sign)
        self._forget(group)

    def _note(self, group: TrailGroup) -> None:
        """Index a group by the stop price of its first member. O(log groups) if that is another."""
        ticks = group.stop_ticks(group.members[0][0])
        noted = group.noted_ticks
        if ticks != noted:
            if noted:
                self.nearest.remove((noted * self.sign, group.best_ticks))
            self.nearest.add((ticks * self.sign, group.best_ticks))
            group.noted_ticks = ticks

    def _forget(self, group: TrailGroup) -> None:
        """Take a group that `bests` has no more from the other indexes. O(log groups)."""
        del self.groups[group.best_ticks]
        self.nearest.remove((group.noted_ticks * self.sign, group.best_ticks))
        group.noted_ticks = 0

    def follow(self, price_ticks: int) -> None:
        """Move the groups for which a print is the best price since entry; from then on they are one.

        O(log groups) for each of them, and O(log stops) for each member of all but the largest.
        """
        limit = price_ticks * self.sign
        bests = self.bests
        # A buy follows falling prices: those whose best is above the print; a sell mirrors it.
        if not bests or bests[-1] <= limit:
            return
        largest: TrailGroup | None = None
        smaller: list[TrailGroup] = []
        # With them the group that is there already.
        while bests and bests[-1] >= limit:
            group = self.groups[bests.pop() * self.sign]
            self._forget(group)
            if largest is None:
                largest = group
            elif len(group.members) > len(largest.members):
                smaller.append(largest)
                largest = group
            else:
                smaller.append(group)
        assert largest is not None
        if smaller:
            self._unite(smaller, largest)
        largest.best_ticks = price_ticks
        self.groups[price_ticks] = largest
        bests.add(limit)
        self._note(largest)

    def _unite(self, smaller: list[TrailGroup], largest: TrailGroup) -> None:
        """Let the members of groups that are forgotten go over to a larger one."""
        members: list[tuple[int, int]] = []
        for group in smaller:
            for member in group.members:
                members.append(member)
                self.orders[member[1]].trail_group = largest
        largest.members.update(members)

    def elect(self, limit: int, found: list[tuple[int, int, int]]) -> None:
        """Let the trailing stops that a print triggers leave, and list their keys, in no order. O(log stops) for each."""
        nearest = self.nearest
        while nearest and nearest[0][0] <= limit:
            group = self.groups[nearest[0][1]]
            members = group.members
            count = 0
            for trail, order_id in members:
                key = group.stop_ticks(trail) * self.sign
                if key > limit:
                    break
                order = self.orders[order_id]
                order.leave_group()
                found.append((key, order.rank, order_id))
                count += 1
            del members[:count]
            self._settle(group)

    def check(self) -> None:
        """Assert that the groups are sound, and hold exactly the trailing stops that wait. O(stops)."""
        sign = self.sign
        assert list(self.bests) == sorted([best * sign for best in self.groups])
        noted = [(group.noted_ticks * sign, best) for best, group in self.groups.items()]
        assert list(self.nearest) == sorted(noted)
        waiting = 0
        for best, group in self.groups.items():
            assert group.best_ticks == best and (group.side, group.in_bps) == (self.side, self.in_bps)
            members = list(group.members)
            assert members and members == sorted(members)
            stops = [group.stop_ticks(trail) * sign for trail, _ in members]
            assert stops == sorted(stops) and stops[0] == group.noted_ticks * sign
            for trail, order_id in members:
                order = self.orders[order_id]
                assert order.trail_group is group and order.trail == trail
                assert (order.command.trail_bps != 0) == self.in_bps
            waiting += len(members)
        trailing = [order for order in self.orders.values() if order.order_type == TRAILING_STOP]
        assert waiting == sum([(order.command.trail_bps != 0) == self.in_bps for order in trailing])


class StopSide:
    """The waiting stops of one side. Keys grow with the distance from the market, so that the nearest is the first."""

    def __init__(self, side: int) -> None:
        self.side: Final = side
        # A buy triggers as prices rise to it: nearest is the lowest. A sell is the mirror image.
        self.sign: Final = 1 if side == BUY else -1
        self.orders: Final[dict[int, Order]] = {}
        self.keys: Final[SortedList[tuple[int, int, int]]] = SortedList()
        """`(stop price * sign, rank, order id)` of all but trailing stops."""
        self.absolute: Final = Trails(side, False, self.orders)
        self.relative: Final = Trails(side, True, self.orders)

    def _key(self, order: Order) -> tuple[int, int, int]:
        return (order.stop_ticks * self.sign, order.rank, order.order_id)

    def _trails(self, order: Order) -> Trails:
        return self.relative if order.command.trail_bps else self.absolute

    def add(self, order: Order) -> None:
        """Let a stop wait. O(log stops)."""
        order.where = WAITING_STOP
        self.orders[order.order_id] = order
        if order.order_type == TRAILING_STOP:
            self._trails(order).add(order)
        else:
            self.keys.add(self._key(order))

    def remove(self, order: Order) -> None:
        """Let a stop wait no longer. O(log stops)."""
        del self.orders[order.order_id]
        if order.order_type == TRAILING_STOP:
            self._trails(order).remove(order)
        else:
            self.keys.remove(self._key(order))

    def follow(self, price_ticks: int) -> None:
        """Move trailing stops to a print."""
        self.absolute.follow(price_ticks)
        self.relative.follow(price_ticks)

    def elect(self, price_ticks: int, elected: list[Order]) -> None:
        """Move trailing stops to a print, then take out the stops it triggers, nearest first, then by their rank.

        O(log stops) for each that it triggers, and what moving costs.
        """
        limit = price_ticks * self.sign
        found: list[tuple[int, int, int]] = []
        keys = self.keys
        while keys and keys[0][0] <= limit:
            found.append(keys.pop(0))
        in_order = len(found)
        for trails in (self.absolute, self.relative):
            if trails.groups:
                trails.follow(price_ticks)
                trails.elect(limit, found)
        if len(found) > in_order:
            found.sort()
        for _, _, order_id in found:
            elected.append(self.orders.pop(order_id))

    def check(self) -> None:
        """Assert that the index is sound. O(stops)."""
        keys: list[tuple[int, int, int]] = []
        for order_id, order in self.orders.items():
            assert order.order_id == order_id and order.where == WAITING_STOP
            assert order.side == self.side and order.leaves_lots > 0
            if order.order_type != TRAILING_STOP:
                assert order.trail_group is None
                keys.append(self._key(order))
        assert list(self.keys) == sorted(keys)
        self.absolute.check()
        self.relative.check()


class WaitingStops:
    """The waiting stops of one book."""

    def __init__(self) -> None:
        self.buys: Final = StopSide(BUY)
        self.sells: Final = StopSide(1 - BUY)
        self.count: int = 0

    def side(self, side: int) -> StopSide:
        """The stops of a side."""
        return self.buys if side == BUY else self.sells

    def add(self, order: Order) -> None:
        """Let a stop wait."""
        self.side(order.side).add(order)
        self.count += 1

    def remove(self, order: Order) -> None:
        """Let a stop wait no longer."""
        self.side(order.side).remove(order)
        self.count -= 1

    def follow(self, price_ticks: int) -> None:
        """What a print does where trading has stopped since: it moves trailing stops alone."""
        self.buys.follow(price_ticks)
        self.sells.follow(price_ticks)

    def elect(self, price_ticks: int) -> list[Order]:
        """What a print does: it first moves trailing stops, then triggers; buys before sells."""
        elected: list[Order] = []
        for side in (self.buys, self.sells):
            if side.orders:
                side.elect(price_ticks, elected)
        self.count -= len(elected)
        return elected

    def check(self) -> None:
        """Assert that the index is sound. O(stops)."""
        assert self.count == len(self.buys.orders) + len(self.sells.orders)
        self.buys.check()
        self.sells.check()


def is_triggered(order: Order, last_ticks: int) -> bool:
    """Whether the last trade is at or through a stop's price."""
    if not last_ticks:
        return False
    return last_ticks >= order.stop_ticks if order.side == BUY else last_ticks <= order.stop_ticks


def trailing_stop_ticks(order: Order) -> int:
    """The stop price of a trailing stop that does not wait yet, from its best price so far."""
    return trailed_ticks(order.side, order.trail_best_ticks, order.trail, order.command.trail_bps != 0)
