"""How much may be open, and of what."""

from __future__ import annotations

from engine.vocabulary import codes
from engine.vocabulary.limits import MAX_PEGS_PER_ACCOUNT, MAX_PEGS_PER_INSTRUMENT, MAX_REDUCE_ONLY_PER_POSITION
from engine.vocabulary.messages import commands
from tests.reference.calls import JOINS, Calls
from tests.reference.state import RefOrder


class Room(Calls):
    """What is open, counted anew each time."""

    @staticmethod
    def parts_asked_for(request: commands.NewOrder) -> int:
        if request.order_type != codes.ICEBERG or request.display_e8 <= 0 or request.quantity_e8 <= 0:
            return 1
        return -(-request.quantity_e8 // request.display_e8)

    def may_rest(self, order: RefOrder) -> bool:
        """Whether what does not trade at once may stay open."""
        request = order.request
        at_once = request.time_in_force in (codes.IOC, codes.FOK)
        trades = order.type == codes.MARKET and self.terms(order).trades
        return not at_once and (not trades or request.time_in_force in JOINS.values())

    def has_room(self, order: RefOrder, more: int) -> bool:
        """Whether so many more orders may be open in its account, its book and the venue."""
        mine = [other for other in self.live if other.account == order.account]
        is_small = sum(other.parts for other in mine) + more <= self.small_account
        bounds = (
            (self.max_open_per_account, mine),
            (self.room(self.max_open_per_book, is_small), [other for other in self.live if other.name == order.name]),
            (self.room(self.max_open, is_small), self.live),
        )
        return more <= 0 or all(more + sum(other.parts for other in each) <= most for most, each in bounds)

    @staticmethod
    def room(most: int, is_small: bool) -> int:
        """The last fifth is for accounts that have little open."""
        return most if is_small else most - most // 5

    def too_many_pegs(self, order: RefOrder) -> bool:
        pegs = [other for other in self.pegs(order.name) if other is not order]
        own = [other for other in pegs if other.account == order.account]
        return len(pegs) >= MAX_PEGS_PER_INSTRUMENT or len(own) >= MAX_PEGS_PER_ACCOUNT

    def too_many_reducing(self, order: RefOrder) -> bool:
        """Whether an account has as many reduce-only orders in a future as it may. What can't stay open always passes."""
        if not self.may_rest(order):
            return False
        mine = [o for o in self.live if (o.account, o.name) == (order.account, order.name) and o.request.reduce_only]
        return len(mine) >= MAX_REDUCE_ONLY_PER_POSITION
