"""A venue for tests: what makes it one, and how its time is moved."""

from __future__ import annotations

from engine.vocabulary import codes
from engine.vocabulary.limits import NS_PER_DAY, NS_PER_SECOND
from engine.vocabulary.messages import commands, events
from tests.reference.arrests import Arrests

FURTHEST = 366 * NS_PER_DAY
LAST = 4_102_444_800 * NS_PER_SECOND
"""2100-01-01, UTC."""


class Advancing(Arrests):
    """The time of a venue for tests. What falls due is no matter of the command that moves it."""

    def __init__(self) -> None:
        super().__init__()
        self.is_test = False
        self.advanced = 0

    def set_venue_rules(self, command: commands.SetVenueRules) -> None:
        unmarked, too_late = command.test is False and self.is_test, command.test and not self.is_test and self.accounts
        if command.self_trade is not None and not 0 <= command.self_trade < len(codes.SELF_TRADE_MODES):
            self.refuse_command(codes.INVALID)
        elif unmarked or too_late:
            self.refuse_command(codes.UNSUPPORTED)
        else:
            self.is_test = self.is_test or bool(command.test)
            super().set_venue_rules(command)

    def advance_time(self, command: commands.AdvanceTime) -> None:
        if not self.is_test:
            self.refuse_command(codes.UNSUPPORTED)
        elif not command.reason or not max(self.now, self.advanced) < command.until_ns <= min(
            self.now + FURTHEST, LAST
        ):
            self.refuse_command(codes.INVALID)
        else:
            self.advanced = command.until_ns
            self.out.append(events.TimeAdvanced(command.until_ns, command.reason, command.by))
