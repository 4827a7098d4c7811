"""The time of a venue for tests: who may move it, and how far. What then falls due is left to the commands that follow."""

from __future__ import annotations

from typing import Final

from engine.state.state import State
from engine.vocabulary.codes import UNSUPPORTED
from engine.vocabulary.limits import NS_PER_DAY, NS_PER_SECOND
from engine.vocabulary.messages.commands import AdvanceTime
from engine.vocabulary.messages.events import TimeAdvanced
from engine.vocabulary.problem import Problem, invalid
from engine.vocabulary.said import said

MAX_ADVANCE_NS: Final = 366 * NS_PER_DAY
"""How far one command moves the time, whatever falls due on the way: the longest year."""
MAX_MOVED_NS: Final = 4_102_444_800 * NS_PER_SECOND
"""Up to when, 2100-01-01, nanoseconds since the epoch, UTC: before what the core takes for never."""


def advance_time(state: State, command: AdvanceTime) -> Problem | None:
    """Carry out `AdvanceTime`. Emits TimeAdvanced, and does nothing else: whoever sequences lets what is due happen in pieces, each at its time."""
    if not state.is_test:
        return Problem(UNSUPPORTED, said("time.test_only"))
    if not command.reason:
        return invalid(said("time.reason"))
    if command.until_ns <= max(state.time_ns, state.advanced_ns):
        return invalid(said("time.forward"))
    if command.until_ns - state.time_ns > MAX_ADVANCE_NS:
        return invalid(said("time.most", MAX_ADVANCE_NS // NS_PER_DAY))
    if command.until_ns > MAX_MOVED_NS:
        return invalid(said("time.last"))
    state.advanced_ns = command.until_ns
    state.emit(TimeAdvanced(command.until_ns, command.reason, command.by))
    return None


def mark_problem(state: State, is_test: bool | None) -> Problem | None:
    """Why a venue can't be marked so: once money may be in it, it is one for tests or it is none, for good."""
    if is_test is None or is_test == state.is_test:
        return None
    if not is_test:
        return Problem(UNSUPPORTED, said("time.stays_test"))
    return Problem(UNSUPPORTED, said("time.too_late")) if state.accounts else None
