"""Terms of an instrument, and rates of requests, set while a venue runs."""

from __future__ import annotations

from typing import Final

from gateway.client import Client
from gateway.control.actions import VENUE, Action, make_action
from gateway.control.key_values import Given, Key, Keys, decimal, ppm
from gateway.control.names import look_up
from gateway.protocol.messages import Argument
from gateway.venue.settable import PPM_TERMS, TERMS

EVERY: Final = "every"
ADDRESS: Final = "address"
"""Whose rate is meant, beside the names of participants."""
INSTRUMENT_TERMS: Final[Keys] = {name: Key(ppm if name in PPM_TERMS else decimal) for name in TERMS}


async def set_terms(client: Client, instrument: str, given: Given) -> Action:
    """Set terms of an instrument, some of `INSTRUMENT_TERMS`; those that are not named stay.

    Raises:
        ControlError: the venue has no such instrument.
    """
    arguments: dict[str, Argument] = {"instrument": instrument, **given.arguments}
    found = await look_up(client, "instrument", instrument)
    if "max_notional" in arguments:
        arguments["quote"] = (await client.instruments())[instrument].quote
    says = f"set {given.said} of {instrument} from now on: what rests stays, fees are those of the time of a fill"
    return make_action("update_instrument", arguments, says, ("instrument", instrument), found)


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
