"""Once a second: signs of life, both ways, and that time has passed. Peers of whom nothing is heard are asked, and let go if dead.

A link can die without a word: a cable, a firewall that forgets, a laptop that sleeps. Until the venue knows, the orders of
such a client stay, and cancel-on-disconnect does nothing.
"""

from __future__ import annotations

import asyncio
from collections.abc import Collection
from typing import Final, Protocol

from gateway.server.loop.guarded import Failing, guarded

# Counted in looks, not by a clock: a venue that stood still itself has heard nobody.
LOOK_SECONDS: Final = 1
# Peers that are looked at, and subscribers that are told, in one pass of the loop: to send to one takes 17 us with TLS, so all of them a
# millisecond. The pieces of a look are spread over its second: 32 for as many connections as there may be.
PEERS_A_PASS: Final = 64
# Between two pieces of what is told because time passes, a millisecond each: orders come first.
PASS_SECONDS: Final = 0.02


class Peer(Protocol):
    """Who is to be heard of."""

    def look(self, heartbeat_s: int, silence_s: int) -> None:
        """Another second has gone by."""


class Host(Failing, Protocol):
    """What heartbeats need of their server."""

    def begin_heartbeat(self) -> int:
        """Note who wants to know that the venue lives; returns how many. All who did last time have been told."""

    def tell_heartbeat(self, most: int) -> bool:
        """Tell so many of them at most; returns whether there are more."""

    def pass_time(self) -> bool:
        """Tell a piece of what changes because time passes; returns whether there is more."""


class Heartbeats:
    """Looks at every peer once a second, at some of them in each pass of the loop."""

    def __init__(self, host: Host, peers: Collection[Peer], heartbeat_s: int, silence_s: int) -> None:
        """Prepare.

        Args:
            host: the server.
            peers: those there are, now and later.
            heartbeat_s: who is silent for so long is sent a ping.
            silence_s: who is silent for so long is gone.
        """
        self.host: Final = host
        self._peers: Final = peers
        self._heartbeat_s: Final = heartbeat_s
        self._silence_s: Final = silence_s
        self._looks = 0
        self._unlooked: list[Peer] = []
        """Whom this look has yet to come to, the last one first."""
        self._is_telling = False
        """Whether somebody is to be told yet that the venue lives."""
        self._between_s: float = LOOK_SECONDS
        """Two pieces of this look."""
        self._loop: Final = asyncio.get_running_loop()
        self._timer: asyncio.TimerHandle | None = None
        self._passing: asyncio.TimerHandle | None = None

    def begin(self) -> None:
        """Look from now on. Time has passed since whatever happened last: nobody is to be told of it as of then."""
        self._timer = self._loop.call_later(LOOK_SECONDS, self._look)
        self._pass()

    def end(self) -> None:
        """Look no more."""
        for timer in (self._timer, self._passing):
            if timer is not None:
                timer.cancel()

    @guarded
    def _look(self) -> None:
        is_first = not self._unlooked and not self._is_telling
        if is_first:
            self._begin_look()
        self._timer = self._loop.call_later(self._between_s, self._look)
        for _ in range(min(PEERS_A_PASS, len(self._unlooked))):
            self._unlooked.pop().look(self._heartbeat_s, self._silence_s)
        if self._is_telling:
            self._is_telling = self.host.tell_heartbeat(PEERS_A_PASS)
        if is_first and self._passing is None:
            self._pass()

    def _begin_look(self) -> None:
        """Note who is there. Whoever comes later is looked at next time."""
        self._unlooked = list(self._peers)
        self._unlooked.reverse()
        self._looks += 1
        listeners = self.host.begin_heartbeat() if self._looks % self._heartbeat_s == 0 else 0
        self._is_telling = listeners > 0
        pieces = -(-max(len(self._unlooked), listeners, 1) // PEERS_A_PASS)
        self._between_s = LOOK_SECONDS / pieces

    @guarded
    def _pass(self) -> None:
        is_more = self.host.pass_time()
        self._passing = self._loop.call_later(PASS_SECONDS, self._pass) if is_more else None
