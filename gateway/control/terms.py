"""Terms of an instrument, and rates of requests, set while a venue runs."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

from gateway.client import Client
from gateway.control.actions import VENUE, Action
from gateway.control.names import ControlError, look_up
from gateway.protocol.messages import Argument
from gateway.venue.settable import PPM_TERMS, TERMS

EVERY: Final = "every"
ADDRESS: Final = "address"
"""Whose rate is meant, beside the names of participants."""
_WHOLE: Final = re.compile(r"-?[0-9]{1,9}", re.ASCII)
_DECIMAL: Final = re.compile(r"[0-9]{1,30}(\.[0-9]{1,18})?", re.ASCII)


async def set_terms(client: Client, instrument: str, given: Sequence[str]) -> Action:
    """Set terms of an instrument, each `KEY=VALUE`; those that are not named stay.

    Raises:
        ControlError: one is none, or has no such value, or the venue has no such instrument.
    """
    arguments: dict[str, Argument] = {"instrument": instrument, **dict(map(_term, given))}
    found = await look_up(client, "instrument", instrument)
    if "max_notional" in arguments:
        arguments["quote"] = (await client.instruments())[instrument].quote
    said = ", ".join(given)
    return Action(
        command="update_instrument",
        arguments=arguments,
        says=f"set {said} of {instrument} from now on: what rests stays, fees are those of the time of a fill",
        kind="instrument",
        name=instrument,
        accounts=found.accounts,
        open_orders=found.open_orders,
    )


def _term(text: str) -> tuple[str, Argument]:
    """A term that somebody typed."""
    key, equals, value = text.partition("=")
    if not equals or key not in TERMS:
        raise ControlError(f"{text!r} is no term: write KEY=VALUE, with KEY one of {', '.join(TERMS)}")
    if key in PPM_TERMS:
        if not _WHOLE.fullmatch(value):
            raise ControlError(f"{key} is a whole number of millionths, not {value!r}")
        return key, int(value)
    if not _DECIMAL.fullmatch(value):
        raise ControlError(f"{key} is a decimal number, not {value!r}")
    return key, value


async def set_rates(client: Client, who: str, rate: tuple[int, int] | None) -> Action:
    """Set how much may be asked of the venue: by a participant, `every` participant, or from every `address`; None: as the file says.

    Raises:
        ControlError: the venue knows no such participant.
    """
    scope = ADDRESS if who == ADDRESS else "participant"
    arguments: dict[str, Argument] = {"scope": scope}
    if who not in (EVERY, ADDRESS):
        await look_up(client, "participant", who)
        arguments["name"] = who
    if rate is not None:
        arguments |= {"units_per_second": rate[0], "burst": rate[1]}
    whose = {EVERY: "every participant without one of its own", ADDRESS: "every address before a login"}.get(who, who)
    what = "be as the venue file says" if rate is None else f"be {rate[0]} units a second, {rate[1]} at once"
    return Action(
        command="set_rates",
        arguments=arguments,
        says=f"let the rate of {whose} {what}",
        kind="venue",
        name=VENUE,
    )
