"""The time of a venue for tests, moved forward."""

from __future__ import annotations

from datetime import UTC, datetime

from engine.vocabulary.limits import NS_PER_SECOND
from gateway.client import Client
from gateway.control.actions import VENUE, Action, time_of
from gateway.control.names import ControlError


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
        says=f"move the venue's time to {datetime.fromtimestamp(until_ns // NS_PER_SECOND, UTC):%Y-%m-%dT%H:%M:%SZ}: all that falls due until then happens",
        kind="venue",
        name=VENUE,
    )
