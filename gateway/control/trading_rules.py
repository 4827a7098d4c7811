"""How an instrument trades, set while a venue runs: bands, auctions, allocation and batches; and its trading day."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

from engine.vocabulary.codes import ALLOCATIONS, PHASES
from gateway.client import Client
from gateway.control.actions import Action
from gateway.control.names import ControlError, look_up
from gateway.protocol.messages import Argument, RecordInfo
from gateway.session.moments import parse_length
from gateway.venue.schedule import parse_time_of_day
from gateway.venue.settable import ALLOCATION, RULES, WIDTHS

_WIDTH: Final = re.compile(r"[0-9]{1,9}", re.ASCII)
_LENGTH: Final = re.compile(r"[0-9]{1,6}(\.[0-9]{1,9}[smh]|\.[0-9]{1,6}0{0,3}ms|ms|[smh])", re.ASCII)
"""Nothing shorter than a nanosecond is in it."""


async def set_trading_rules(client: Client, instrument: str, given: Sequence[str]) -> Action:
    """Set trading rules of an instrument, each `KEY=VALUE`; those that are not named stay.

    Raises:
        ControlError: one is none, is named twice, or has no such value; or the venue has no such instrument.
    """
    arguments: dict[str, Argument] = {"instrument": instrument, **dict(map(_rule, _once(given)))}
    found = await look_up(client, "instrument", instrument)
    return _action("set_trading_rules", arguments, f"set {', '.join(given)} of {instrument} from now on", found)


async def set_schedule(client: Client, instrument: str, steps: Sequence[str]) -> Action:
    """Set the trading day of an instrument, each step `HH:MM=PHASE` of Moscow's day; none: it follows no schedule.

    Raises:
        ControlError: one is no step, or of the second of another; or the venue has no such instrument.
    """
    table: dict[int, tuple[str, str]] = {}
    for step in steps:
        at, phase = _step(step)
        second = parse_time_of_day(at)
        if second in table:
            raise ControlError(f"two steps are at {at}: give one a time of its own")
        table[second] = (at, phase)
    found = await look_up(client, "instrument", instrument)
    day = [table[second] for second in sorted(table)]
    arguments: dict[str, Argument] = {"instrument": instrument, "steps": dict(day)}
    if not day:
        return _action("set_schedule", arguments, f"let {instrument} follow no schedule any more", found)
    told = ", ".join(f"{at} {phase}" for at, phase in day)
    says = f"let {instrument} follow this day, Moscow time, from its next step on: {told}"
    return _action("set_schedule", arguments, says, found)


def _action(command: str, arguments: dict[str, Argument], says: str, found: RecordInfo) -> Action:
    return Action(
        command=command,
        arguments=arguments,
        says=says,
        kind="instrument",
        name=found.name,
        accounts=found.accounts,
        open_orders=found.open_orders,
        reason_is="",
    )


def _once(given: Sequence[str]) -> Sequence[str]:
    """What was typed, each key of it once."""
    keys = [text.partition("=")[0] for text in given]
    twice = [key for key in keys if keys.count(key) > 1]
    if twice:
        raise ControlError(f"{twice[0]} is named twice")
    return given


def _rule(text: str) -> tuple[str, Argument]:
    """A trading rule that somebody typed, as an argument of the command."""
    key, equals, value = text.partition("=")
    if not equals or key not in RULES:
        raise ControlError(f"{text!r} is no trading rule: write KEY=VALUE, with KEY one of {', '.join(RULES)}")
    if key == ALLOCATION:
        if value not in ALLOCATIONS:
            raise ControlError(f"no allocation is called {value!r}: one of {', '.join(ALLOCATIONS)}")
        return key, value
    if key in WIDTHS:
        if not _WIDTH.fullmatch(value):
            raise ControlError(f"{key} is a whole number of millionths, 0 for none, not {value!r}")
        return key, int(value)
    return f"{key}_ns", _length_ns(key, value)


def _length_ns(key: str, text: str) -> int:
    """A length of time in nanoseconds, exact: what is shorter than one is refused."""
    if text == "0":
        return 0
    length_ns = parse_length(text) if _LENGTH.fullmatch(text) else None
    if length_ns is None:
        raise ControlError(f"{key} is a length of time, such as 500ms, 30s, 2m or 1h, or 0, not {text!r}")
    return length_ns


def _step(text: str) -> tuple[str, str]:
    """A step of a day that somebody typed: its time and its phase."""
    at, _, phase = text.partition("=")
    try:
        parse_time_of_day(at)
    except ValueError as error:
        raise ControlError(f"{text!r} is no step of a day: write HH:MM=PHASE, such as 10:00=continuous") from error
    if phase not in PHASES:
        raise ControlError(f"{text!r} has no phase of a day: one of {', '.join(PHASES)}")
    return at, phase
