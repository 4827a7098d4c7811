"""What most orders lack: the terms of icebergs, stops, pegs, pairs and the like, and why an order was refused.

It stands beside the order, which has it only if it needs it: most orders have no further terms, and take half the room.
"""

from __future__ import annotations

from typing import Any, Final

from mypy_extensions import mypyc_attr

from engine.book.trails import TrailGroup
from engine.book.used_id import UsedId
from engine.vocabulary.codes import POST_ONLY_OFF
from engine.vocabulary.kinds import Fields, fields_of
from engine.vocabulary.messages.commands import NewOrder
from engine.vocabulary.plain import TERMS_FROM

NO_BUDGET: Final = -1
NONSENSE: Final = 255
"""Stands for a code that there is not."""


# The collector looks into none of these: `engine/state/letting_go.py` says what frees them.
@mypyc_attr(acyclic=True)
class Further:
    """The further terms of one order. What stands in the class is what an order without them has."""

    post_only: int = POST_ONLY_OFF
    display_lots: int = 0
    parts: int = 1
    renewed: int = 0
    trail_group: TrailGroup | None = None
    stop_ticks: int = 0
    """As is `trail_best_ticks`: of a trailing stop that waits, its group knows it."""
    trail_best_ticks: int = 0
    peg_limit_ticks: int = 0
    other_leg: Any = None
    children: tuple[Any, ...] = ()
    covered_lots: int = 0
    covered_value: int = 0
    budget: int = NO_BUDGET
    deadline_ns: int = 0
    reduce_only: bool = False
    reject_code: int = 0
    reject_rule: str = ""


@mypyc_attr(acyclic=True)
class Termed(UsedId):
    """What may have further terms. Where much depends on speed, `further` is asked for first, once."""

    further: Further | None = None
    asked: NewOrder | None = None
    """What was asked for, where it does not follow from the order itself; see `command`."""

    @property
    def command(self) -> NewOrder:
        """What was asked for: a resent request is compared with it (P5)."""
        asked = self.asked
        assert asked is not None
        return asked

    @property
    def instrument_name(self) -> str:
        """What it trades."""
        return self.command.instrument

    def asked_terms(self) -> Fields:
        """The fields of what was asked for, from the instrument on."""
        return fields_of(self.command)[TERMS_FROM:]

    def own_further(self) -> Further:
        """Its further terms, to change."""
        found = self.further
        if found is None:
            found = self.further = Further()
        return found

    @property
    def post_only(self) -> int:
        """Whether it only rests, and how."""
        return POST_ONLY_OFF if self.further is None else self.further.post_only

    @post_only.setter
    def post_only(self, mode: int) -> None:
        if mode != self.post_only:
            self.own_further().post_only = mode

    @property
    def display_lots(self) -> int:
        """An iceberg's display quantity; 0 for all others."""
        return 0 if self.further is None else self.further.display_lots

    @display_lots.setter
    def display_lots(self, lots: int) -> None:
        if lots != self.display_lots:
            self.own_further().display_lots = lots

    @property
    def parts(self) -> int:
        """As how many orders it counts while it is open.

        Of an iceberg the parts that it showed or was to show when it was entered or amended.
        """
        return 1 if self.further is None else self.further.parts

    @parts.setter
    def parts(self, parts: int) -> None:
        if parts != self.parts:
            self.own_further().parts = parts

    @property
    def renewed(self) -> int:
        """Counts on from the orders entered so far: when an amend last sent it to the end of those that wait; 0: none did."""
        return 0 if self.further is None else self.further.renewed

    @renewed.setter
    def renewed(self, entered: int) -> None:
        if entered != self.renewed:
            self.own_further().renewed = entered

    @property
    def trail_group(self) -> TrailGroup | None:
        """Trailing stop that waits: those that prints move with it, which know its prices. See `engine/book/stops.py`."""
        return None if self.further is None else self.further.trail_group

    @trail_group.setter
    def trail_group(self, group: TrailGroup | None) -> None:
        if group is not self.trail_group:
            self.own_further().trail_group = group

    @property
    def trail(self) -> int:
        """Trailing stop: the trail as asked for, in ticks or in basis points."""
        raise NotImplementedError

    @property
    def trail_best_ticks(self) -> int:
        """Trailing stop: the best price since entry, from which the trail is measured."""
        further = self.further
        if further is None:
            return 0
        group = further.trail_group
        return further.trail_best_ticks if group is None else group.best_ticks

    @trail_best_ticks.setter
    def trail_best_ticks(self, ticks: int) -> None:
        if ticks or self.further is not None:
            self.own_further().trail_best_ticks = ticks

    @property
    def stop_ticks(self) -> int:
        """The stop price; 0: it is no stop."""
        further = self.further
        if further is None:
            return 0
        group = further.trail_group
        return further.stop_ticks if group is None else group.stop_ticks(self.trail)

    @stop_ticks.setter
    def stop_ticks(self, ticks: int) -> None:
        if ticks or self.further is not None:
            self.own_further().stop_ticks = ticks

    def leave_group(self) -> None:
        """Be moved by prints no longer: the prices followed to so far become its own."""
        further = self.own_further()
        further.stop_ticks = self.stop_ticks
        further.trail_best_ticks = self.trail_best_ticks
        further.trail_group = None

    @property
    def peg_limit_ticks(self) -> int:
        """The limit that a pegged order was given; 0: none. The worst it may get is its `reserve_ticks`."""
        return 0 if self.further is None else self.further.peg_limit_ticks

    @peg_limit_ticks.setter
    def peg_limit_ticks(self, ticks: int) -> None:
        if ticks != self.peg_limit_ticks:
            self.own_further().peg_limit_ticks = ticks

    @property
    def covered_lots(self) -> int:
        """Of a future's order: what of it counts in its position's sums."""
        return 0 if self.further is None else self.further.covered_lots

    @covered_lots.setter
    def covered_lots(self, lots: int) -> None:
        if lots != self.covered_lots:
            self.own_further().covered_lots = lots

    @property
    def covered_value(self) -> int:
        """Of a future's order: the value of what counts."""
        return 0 if self.further is None else self.further.covered_value

    @covered_value.setter
    def covered_value(self, value: int) -> None:
        if value != self.covered_value:
            self.own_further().covered_value = value

    @property
    def budget(self) -> int:
        """Market order by funds: what is left to spend or take in; -1 for all others."""
        return NO_BUDGET if self.further is None else self.further.budget

    @budget.setter
    def budget(self, left: int) -> None:
        if left != self.budget:
            self.own_further().budget = left

    @property
    def deadline_ns(self) -> int:
        """When it expires; 0: not, or it has ended."""
        return 0 if self.further is None else self.further.deadline_ns

    @deadline_ns.setter
    def deadline_ns(self, deadline_ns: int) -> None:
        if deadline_ns != self.deadline_ns:
            self.own_further().deadline_ns = deadline_ns

    @property
    def reduce_only(self) -> bool:
        """Whether it may only make a position smaller."""
        return self.further is not None and self.further.reduce_only

    @property
    def reject_code(self) -> int:
        """Why it was refused; 0: it was not."""
        return 0 if self.further is None else self.further.reject_code

    @reject_code.setter
    def reject_code(self, code: int) -> None:
        if code != self.reject_code:
            self.own_further().reject_code = code

    @property
    def reject_rule(self) -> str:
        """The rule that refused it."""
        return "" if self.further is None else self.further.reject_rule

    @reject_rule.setter
    def reject_rule(self, rule: str) -> None:
        if rule != self.reject_rule:
            self.own_further().reject_rule = rule
