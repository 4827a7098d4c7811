"""Calls by which a connection gets channels, or gets them no longer."""

from __future__ import annotations

from typing import Any, Final

from gateway.deribit.callers.caller import Caller, Method, Venue
from gateway.deribit.callers.keys import READ
from gateway.deribit.dialect.params import Params


async def _subscribe(venue: Venue, caller: Caller, params: Params) -> Any:
    return await venue.subscribe(caller, _wanted(caller, params), is_private=False)


async def _subscribe_privately(venue: Venue, caller: Caller, params: Params) -> Any:
    return await venue.subscribe(caller, _wanted(caller, params), is_private=True)


def _wanted(caller: Caller, params: Params) -> list[str]:
    """The channels that are to be sent: each costs as much as one of `sbx.v1`, since what it begins with is written for it."""
    channels = params.channels()
    params.end()
    if len(channels) > 1:
        # The first one is paid for as a question is.
        caller.asker.charge(len(channels) - 1)
    return channels


async def _unsubscribe(venue: Venue, caller: Caller, params: Params) -> Any:
    channels = params.channels()
    params.end()
    return venue.unsubscribe(caller, channels)


async def _unsubscribe_all(venue: Venue, caller: Caller, params: Params) -> Any:
    venue.unsubscribe(caller, None)
    return "ok"


CHANNELS: Final[dict[str, Method]] = {
    "private/subscribe": Method(_subscribe_privately, READ),
    "private/unsubscribe": Method(_unsubscribe, READ),
    "private/unsubscribe_all": Method(_unsubscribe_all, READ),
    "public/subscribe": Method(_subscribe),
    "public/unsubscribe": Method(_unsubscribe),
    "public/unsubscribe_all": Method(_unsubscribe_all),
}
