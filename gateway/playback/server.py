"""The server of a recording: the sockets, sessions and channels of a running venue, and nothing that writes."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Final

from gateway.playback.playback import Playback
from gateway.protocol.messages import RecordingEnded
from gateway.server.loop.guarded import guarded
from gateway.server.server import Server
from gateway.venue.venue import Venue

LOOK_SECONDS: Final = 0.05
"""How often it is looked whether somebody is there."""
BEGIN_SECONDS: Final = 1
"""From then until the session's clock goes: a client has logged in or subscribed, and may subscribe to more. At full speed all
of it could have passed else before anybody has seen any."""


class PlaybackServer(Server):
    """Serves a recording, which begins when the first client is there.

    Args:
        venue: who may log in, and what they may ask.
        playback: not begun yet.
        noted: called when a step was shown, and when all was.
    """

    def __init__(self, venue: Venue, playback: Playback, noted: Callable[[], None]) -> None:
        context = playback.context(venue, venue.durability, recording=playback.recording)
        super().__init__(context, playback, venue.server)
        playback.wait_for(self.senders.unread.behind)
        self.playback: Final = playback
        self._noted: Final = noted
        self._noted_seq = playback.seq
        """The last command when it was called."""
        self._begin_timer: asyncio.TimerHandle | None = None

    async def listen(self, host: str, port: int) -> None:
        """Open the port. Raises `OSError` if it can't be had."""
        await super().listen(host, port)
        if not self.playback.is_stepping:
            self._look()

    def close_sockets(self) -> None:
        """End what is still connected."""
        super().close_sockets()
        if self._begin_timer is not None:
            self._begin_timer.cancel()

    @guarded
    def step(self, commands: int) -> None:
        """Show so many more commands."""
        self.playback.step(commands)
        self._scheduler.look_again()

    @guarded
    def _look(self) -> None:
        is_there = any(connection.session.is_known for connection in self._connections.values())
        if is_there:
            self._begin_timer = self._loop.call_later(BEGIN_SECONDS, self._begin)
        else:
            self._begin_timer = self._loop.call_later(LOOK_SECONDS, self._look)

    @guarded
    def _begin(self) -> None:
        self.playback.begin()
        self._scheduler.look_again()

    def send(self, began_ns: int) -> None:
        """Send what a turn or answers brought; after the last command of all, say so."""
        super().send(began_ns)
        playback = self.playback
        if playback.seq == self._noted_seq or not (playback.has_ended or playback.is_stepping):
            return
        self._noted_seq = playback.seq
        if playback.has_ended:
            self.tell_all(RecordingEnded(seq=playback.seq, time=playback.now_ns))
        self._noted()
