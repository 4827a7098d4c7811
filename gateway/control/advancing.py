"""The time of a venue for tests, moved forward."""

from __future__ import annotations

from gateway.client import Client
from gateway.control.actions import VENUE, Action, time_of
from gateway.control.names import ControlError
from gateway.reporting.times import moscow_time


async def advance(client: Client, moment: str) -> Action:
    """Move the venue's time to a moment, or by a length of time: all that falls due until then happens, in its order.

    Raises:
        ControlError: it is no moment, has passed, or the venue is none for tests.
    """
    if not client.hello.test:
        raise ControlError(
            f"{client.hello.venue} is no venue for tests, so its time can't be moved; "
            "one is made so before its first start, by test = true under [venue] of its file"
        )
    until_ns = time_of(client, moment)
    return Action(
        command="advance_time",
        arguments={"until_ns": until_ns},
        says=f"move the venue's time to {moscow_time(until_ns, 0)} (Moscow): all that falls due until then happens",
        kind="venue",
        name=VENUE,
    )
