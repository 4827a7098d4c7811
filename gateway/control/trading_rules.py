"""How an instrument trades, set while a venue runs: bands, auctions, allocation and batches; and its trading day."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from engine.vocabulary.codes import ALLOCATIONS, PHASES
from gateway.client import Client
from gateway.control.actions import Action, make_action
from gateway.control.key_values import Given, Key, Keys, length_ns, one_of, width_ppm
from gateway.control.names import ControlError, look_up
from gateway.protocol.messages import Argument, RecordInfo
from gateway.venue.schedule import parse_time_of_day
from gateway.venue.settable import ALLOCATION, LENGTHS, WIDTHS

TRADING_RULES: Final[Keys] = {
    **{name: Key(width_ppm) for name in WIDTHS},
    **{name: Key(length_ns, f"{name}_ns") for name in LENGTHS},
    ALLOCATION: Key(one_of(ALLOCATIONS)),
}


async def set_trading_rules(client: Client, instrument: str, given: Given) -> Action:
    """Set trading rules of an instrument, some of `TRADING_RULES`; those that are not named stay.

    Raises:
        ControlError: the venue has no such instrument.
    """
    arguments: dict[str, Argument] = {"instrument": instrument, **given.arguments}
    found = await look_up(client, "instrument", instrument)
    return _action("set_trading_rules", arguments, f"set {given.said} of {instrument} from now on", found)


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
    return make_action(command, arguments, says, ("instrument", found.name), found, reason_is="")


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
