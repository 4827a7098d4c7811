"""What is set of the market as a whole while a venue runs: limits of participants, the halt of a falling market, margin calls."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from engine.vocabulary.codes import SELF_TRADE_MODES
from engine.vocabulary.rounding import PPM
from gateway.client import Client
from gateway.control.actions import VENUE, Action, make_action
from gateway.control.key_values import Given, Key, Keys, any_text, length_said, one_of, whole
from gateway.control.names import look_up
from gateway.protocol.messages import Argument
from gateway.venue.settable import LIMITS

PARTICIPANT_LIMITS: Final[Keys] = dict.fromkeys(LIMITS, Key(whole))
VENUE_RULES: Final[Keys] = {"self_trade": Key(one_of(SELF_TRADE_MODES)), "seed": Key(any_text)}


async def set_limits(client: Client, participant: str, given: Given) -> Action:
    """Set limits of a participant, some of `PARTICIPANT_LIMITS`; those that are not named stay.

    Raises:
        ControlError: the venue has no such participant.
    """
    found = await look_up(client, "participant", participant)
    arguments: dict[str, Argument] = {"participant": participant, **given.arguments}
    says = f"set {given.said} of participant {participant} from now on"
    return make_action("set_limits", arguments, says, ("participant", participant), found, reason_is="")


async def set_market_halt(client: Client, instruments: Sequence[str], threshold_ppm: int, halt_ns: int) -> Action:
    """Have all markets halt when the mean of some has moved far; without instruments: never.

    Args:
        client: of the venue.
        instruments: whose mean move against their references counts; one that is named twice counts twice.
        threshold_ppm: how far that is, in millionths.
        halt_ns: how long the halt lasts, nanoseconds.

    Raises:
        ControlError: the venue has no such instrument.
    """
    for name in instruments:
        await look_up(client, "instrument", name)
    listed = ", ".join(instruments)
    says = (
        f"halt all that trades for {length_said(halt_ns)} when the mean of {listed} has moved by {threshold_ppm * 100 / PPM:g} %"
        if instruments
        else "let nothing be halted by itself any more, however far the market moves"
    )
    arguments: dict[str, Argument] = {
        "threshold_ppm": threshold_ppm,
        "halt_ns": halt_ns,
        "instruments": list(instruments),
    }
    found = await look_up(client, VENUE, VENUE)
    return make_action("set_market_halt", arguments, says, (VENUE, VENUE), found, reason_is="")


async def set_margin_rules(client: Client, grace_ns: int) -> Action:
    """Set how long an account has to restore missing cover, nanoseconds."""
    says = f"give {length_said(grace_ns)} to restore missing cover; calls that stand keep their time"
    found = await look_up(client, VENUE, VENUE)
    return make_action("set_margin_rules", {"grace_ns": grace_ns}, says, (VENUE, VENUE), found, reason_is="")


async def set_venue_rules(client: Client, given: Given) -> Action:
    """Set what holds for the whole venue, some of `VENUE_RULES`; what is not named stays."""
    says = f"set {given.said} of the whole venue from now on"
    found = await look_up(client, VENUE, VENUE)
    return make_action("set_venue_rules", given.arguments, says, (VENUE, VENUE), found, reason_is="")
