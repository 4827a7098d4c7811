"""A socket before its handshake of TLS, which begins when the peer has said something and it is its turn.

A handshake takes a third of a millisecond and more, and the event loop goes through all that have come at once: a thousand
clients that came back made passes of tens of milliseconds, and each order waited for such a pass.
"""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable
from typing import Final

from engine.vocabulary.limits import HANDSHAKE_TIMEOUT_SECONDS
from gateway.server.door.intake import Intake
from gateway.server.loop.guarded import Failing, guarded

HELLO_BYTES: Final = 1
"""How much has come is not known: nothing is read before the handshake."""


class Knock:
    """To the intake it is a transport: to read it is to notice that something came, to look at it is to begin the handshake."""

    def __init__(
        self, host: Failing, accepted: socket.socket, intake: Intake, over: Callable[[Knock, bool], None]
    ) -> None:
        """Wait for the peer to say something.

        Args:
            host: as `guarded` finds it.
            accepted: the socket.
            intake: whether it is its turn.
            over: called once, with this and whether the handshake is to begin; if not, the peer was silent for too long.
        """
        self.host: Final = host
        self._loop: Final = asyncio.get_running_loop()
        self._accepted: Final = accepted
        self._intake: Final = intake
        self._over: Final = over
        self._is_over = False
        self._timer: Final = self._loop.call_later(HANDSHAKE_TIMEOUT_SECONDS, self._was_silent)
        intake.begin(self, self._look)
        self.resume_reading()

    def end(self) -> None:
        """Wait no more."""
        if not self._is_over:
            self._finish(False)

    def is_closing(self) -> bool:
        """Whether it waits no more."""
        return self._is_over

    def pause_reading(self) -> None:
        """It waits for its turn."""
        self._loop.remove_reader(self._accepted)

    def resume_reading(self) -> None:
        """Notice when something comes."""
        self._loop.add_reader(self._accepted, self._came)

    @guarded
    def _came(self) -> None:
        # From here on it waits for us.
        self._timer.cancel()
        self._intake.came(HELLO_BYTES)

    def _look(self, _: int) -> None:
        self._finish(True)

    @guarded
    def _was_silent(self) -> None:
        self._finish(False)

    def _finish(self, is_to_begin: bool) -> None:
        self._is_over = True
        self._timer.cancel()
        self.pause_reading()
        # Neither knows of the other any more: nobody else would free the two.
        self._intake.end()
        self._over(self, is_to_begin)
