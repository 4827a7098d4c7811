"""Withdrawals, transfers and redemptions that have to wait (AML-2, COOL-1): what is known of each while it does, and as it is carried out."""

from __future__ import annotations

from typing import Final

from engine.vocabulary.codes import CARRIED_OUT
from engine.vocabulary.messages.events import MovementEnded, MovementHeld
from gateway.reporting.steps.source import Step


class Waiting:
    """One that waits."""

    __slots__ = ("asked_by", "asked_ns", "asked_reason", "event")

    def __init__(self, step: Step, event: MovementHeld) -> None:
        command = step.command
        self.event: MovementHeld = event
        """As told last: what it waits for may change."""
        self.asked_ns: Final = step.time_ns
        self.asked_by: Final = str(getattr(command, "by", "") or getattr(command, "participant", ""))
        self.asked_reason: Final = str(getattr(command, "reason", ""))


class Waited:
    """Follows them. Memory follows what waits."""

    def __init__(self) -> None:
        self.waiting: Final[dict[int, Waiting]] = {}
        """By the number of the movement."""
        self._carried: tuple[int, MovementEnded, Waiting] | None = None
        """What a command has carried out last: its sequence number, the end, and what was known."""

    def held(self, step: Step, event: MovementHeld) -> None:
        """One waits, or waits for something else now."""
        known = self.waiting.get(event.movement)
        if known is None:
            self.waiting[event.movement] = Waiting(step, event)
        else:
            known.event = event

    def ended(self, step: Step, event: MovementEnded) -> Waiting | None:
        """One waits no longer; what was known of it."""
        known = self.waiting.pop(event.movement, None)
        if known is not None and event.outcome == CARRIED_OUT:
            self._carried = (step.seq, event, known)
        return known

    def carried(self, step: Step, account: str, kind: int) -> tuple[MovementEnded, Waiting] | None:
        """The movement of a kind that what leaves an account now carries out; None: it did not have to wait."""
        carried, self._carried = self._carried, None
        if carried is None or carried[0] != step.seq:
            return None
        _, ended, known = carried
        return (ended, known) if known.event.account == account and known.event.kind == kind else None
