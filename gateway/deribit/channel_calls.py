"""Calls by which a connection gets channels, or gets them no longer."""

from __future__ import annotations

from typing import Any, Final

from gateway.deribit.caller import Caller, Method, Venue
from gateway.deribit.keys import READ
from gateway.deribit.params import Params


async def _subscribe(venue: Venue, caller: Caller, params: Params) -> Any:
    channels = params.channels()
    params.end()
    return await venue.subscribe(caller, channels, is_private=False)


async def _subscribe_privately(venue: Venue, caller: Caller, params: Params) -> Any:
    channels = params.channels()
    params.end()
    return await venue.subscribe(caller, channels, is_private=True)


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
