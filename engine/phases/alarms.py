"""Alarms among what is due: set, and rung. See `engine.state.absence.Alarm`."""

from __future__ import annotations

from engine.state.absence import Alarm
from engine.state.state import State


def set_alarm(state: State, alarm: Alarm, kind: int, number: int) -> None:
    """Have an alarm due in time, as a kind of thing with a number."""
    entry_ns = alarm.entry_for(state.time_ns)
    if entry_ns:
        alarm.entries.append(entry_ns)
        state.schedule(entry_ns, kind, number)


def rings(alarm: Alarm, deadline_ns: int) -> bool:
    """Take away the entry that has become due; whether it is the time."""
    entry_ns = alarm.entries.pop()
    assert entry_ns == deadline_ns, "entries become due in their order"
    return alarm.until_ns == deadline_ns
