"""The next frame of the journal, as turns gather it."""

from __future__ import annotations

from typing import Final

from engine.record.rows import Batch
from engine.vocabulary.limits import MAX_BATCH_BYTES, MAX_BATCH_EVENTS, MAX_BATCH_STEPS
from gateway.inbound.session import Session

Origin = tuple[Session | None, int, int, int, int]
"""Of a command that was applied: as of one that was taken, then how many of its events are of what was due before it, and which command had left
work when it was done."""


class Gathered:
    """What turns have applied and is not written yet: the next frame."""

    __slots__ = ("apply_ns", "batch", "events", "origins", "steps")

    def __init__(self) -> None:
        self.batch: Final = Batch()
        self.origins: Final[list[Origin]] = []
        """Of each row."""
        self.events = 0
        """A command without any counts as one."""
        self.steps = 0
        self.apply_ns = 0
        """How long it took."""

    @property
    def is_full(self) -> bool:
        """Whether it takes no more."""
        return self.events >= MAX_BATCH_EVENTS or self.batch.size >= MAX_BATCH_BYTES or self.steps >= MAX_BATCH_STEPS
