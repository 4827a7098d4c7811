"""What a venue sees to while it runs, once a second: that its journal is where it was, the head, the tip told to others."""

from __future__ import annotations

import asyncio
import contextlib
import threading
import time
from typing import Final, Protocol

from engine.vocabulary.limits import NS_PER_SECOND, TIP_EVERY_NS, UPKEEP_NS
from gateway.journal.files import JournalGone
from gateway.journal.writer import JournalWriter
from gateway.protocol.messages import JournalTip, Message
from gateway.server.loop.guarded import Failing, guarded
from gateway.server.sequencing.startup import Started
from gateway.server.sequencing.turns import VenueHalted


class Host(Failing, Protocol):
    """What upkeep needs of its server."""

    @property
    def now_ns(self) -> int:
        """The venue's time."""

    def tell_all(self, message: Message) -> None:
        """Send a message to everybody who is known."""

    def renew_rates(self) -> None:
        """Go by what was set of rates by command."""


class Upkeep:
    """Looks after a running venue.

    The head has a thread of its own: to sign it and to sync it takes as long as a turn. Not one of the loop's: the loop waits
    for those when it ends, and with them for a disk that hangs.
    """

    def __init__(self, host: Host, started: Started) -> None:
        self.host: Final = host
        self._writer: Final[JournalWriter] = started.writer
        self._loop: Final = asyncio.get_running_loop()
        self._timer: asyncio.TimerHandle | None = None
        self._told_ns = time.monotonic_ns()
        self._has_ended: Final = threading.Event()
        self._thread: Final = threading.Thread(target=self._keep_head, name="journal head", daemon=True)

    def begin(self) -> None:
        """Look from now on."""
        self._thread.start()
        self._look()

    def end(self) -> None:
        """Look no more. A head that is being written is not waited for."""
        self._has_ended.set()
        if self._timer is not None:
            self._timer.cancel()

    @guarded
    def _look(self) -> None:
        try:
            self._writer.check_place()
        except JournalGone as error:
            raise VenueHalted(
                f"{error}. Nothing more was acknowledged. What was acknowledged up to sequence number {self._writer.last[0]} is "
                "in the journal that was renamed, or gone with the one that was removed: put it back, then start the venue again."
            ) from error
        self.host.renew_rates()
        now_ns = time.monotonic_ns()
        if now_ns - self._told_ns >= TIP_EVERY_NS:
            self._told_ns = now_ns
            seq, link = self._writer.last
            self.host.tell_all(JournalTip(seq=seq, link=link.hex(), time=self.host.now_ns))
        self._timer = self._loop.call_later(UPKEEP_NS / NS_PER_SECOND, self._look)

    def _keep_head(self) -> None:
        """Write the head once a second, in a thread of its own."""
        while not self._has_ended.wait(UPKEEP_NS / NS_PER_SECOND):
            try:
                self._writer.write_head()
            except Exception as error:  # noqa: BLE001 - nothing above would see it
                if self._is_gone():
                    # That is looked for, too, and is what has happened.
                    return
                halted = VenueHalted(
                    f"the head of the journal can't be written: {error}. See to the disk, then start the venue again."
                )
                halted.__cause__ = error
                # Without a loop the venue has ended anyway.
                with contextlib.suppress(RuntimeError):
                    self._loop.call_soon_threadsafe(self.host.fail, halted)
                return

    def _is_gone(self) -> bool:
        """Whether the journal was removed or renamed."""
        try:
            self._writer.check_place()
        except JournalGone:
            return True
        return False
