"""Compliance commands with an effective date: kept until it comes, then carried out."""

from __future__ import annotations

import msgspec

from engine.phases.approval import about
from engine.state.saying import command_rejected
from engine.state.state import DUE_CHANGE, State
from engine.trading.consulting import consult
from engine.vocabulary.limits import MAX_E8, MAX_SCHEDULED_CHANGES
from engine.vocabulary.messages.commands import Command, EffectiveFrom, RecordAcknowledgement, RecordTest
from engine.vocabulary.messages.events import ChangeEffective, ChangeScheduled
from engine.vocabulary.problem import Problem, invalid
from engine.vocabulary.said import said


def schedule_change(state: State, command: EffectiveFrom) -> Problem | None:
    """Keep a compliance command until its effective date. Emits ChangeScheduled, or returns why not."""
    problem = date_problem(state, command)
    if problem is not None:
        return problem
    state.changes[state.seq] = command
    state.schedule(command.effective_ns, DUE_CHANGE, state.seq)
    state.emit(ChangeScheduled(state.seq, command.effective_ns, about(command)))
    return None


def date_problem(state: State, command: EffectiveFrom) -> Problem | None:
    """Why a command can't be kept until its effective date; None if it can. What it changes is judged on that date."""
    if not state.time_ns < command.effective_ns <= MAX_E8:
        return invalid(said("effective.past"))
    if len(state.changes) >= MAX_SCHEDULED_CHANGES:
        return invalid(said("effective.most", MAX_SCHEDULED_CHANGES))
    return None


def take_effect(state: State, change: int) -> None:
    """Carry out a command whose effective date has come. Emits ChangeEffective, then what `consult` emits, or CommandRejected."""
    command = state.changes.pop(change)
    state.emit(ChangeEffective(change))
    problem = consult(state, _attributed(command))
    if problem is not None:
        state.emit(command_rejected(problem))


def _attributed(command: EffectiveFrom) -> Command:
    """The command to carry out; reason and author of its schedule are its own, where it names none."""
    change = command.change
    if not change.by:
        change = msgspec.structs.replace(change, by=command.by)
    if not isinstance(change, (RecordTest, RecordAcknowledgement)) and not change.reason:
        change = msgspec.structs.replace(change, reason=command.reason)
    return change
