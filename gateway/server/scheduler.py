"""When turns come, when questions are answered, and what follows when a frame of the journal is synced."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
from typing import Final, Protocol

from engine.vocabulary.limits import ANSWERS_PAUSE_NS, NS_PER_SECOND, STRANGERS_QUIET_NS
from gateway.inbound.session import Session
from gateway.server.loop.guarded import Failing, guarded
from gateway.server.peers.connection import Connection
from gateway.server.sequencing.turns import Turns

# The clock of the machine may be set; nothing waits longer for what is due before it looks again.
MAX_WAIT_SECONDS: Final = 60
# How often a venue that stops says that the disk has not answered.
SAID_EVERY_SECONDS = 5.0

_LOGGER: Final = logging.getLogger("gateway.server")


class Host(Failing, Protocol):
    """What the scheduler needs of its server."""

    def send(self, began_ns: int) -> None:
        """Send what a turn or answers brought, that began at this time of a steady clock."""

    def release(self, began_ns: int) -> None:
        """Send what waited for the disk; `began_ns` likewise."""


class Scheduler:
    """The loop's side of turns.

    A turn, answers and what follows a sync are callbacks of their own, so that what is ready on other sockets is read in between.
    """

    def __init__(self, host: Host, turns: Turns, loop: asyncio.AbstractEventLoop) -> None:
        self.host: Final = host
        """As `guarded` finds it."""
        self._turns: Final = turns
        self._loop: Final = loop
        self._throttled: list[Connection] = []
        self._is_scheduled = False
        self._turned_ns = 0
        """When the last turn began that had commands."""
        self._answers_timer: asyncio.TimerHandle | None = None
        """If answers wait for their time."""
        self._are_answers_scheduled = False
        self._have_answers_waited = False
        """For a turn that was scheduled after them."""
        self._is_stopping = False
        self._has_ended = False
        self._timer: asyncio.TimerHandle | None = None
        self._timer_due = 0
        """What the timer waits for."""
        self._has_synced: Final = asyncio.Event()

    # ── from start to end ──────────────────────────────────────────────────────────────────────────────────────────

    @guarded
    def wait_for_due(self) -> None:
        """Wake the venue when something is due although nobody sends anything."""
        self._timer_due = self._turns.next_due
        due_ns = self._turns.due_in_ns()
        if due_ns == 0:
            self._schedule()
        seconds = MAX_WAIT_SECONDS if due_ns is None else min(due_ns / NS_PER_SECOND, MAX_WAIT_SECONDS)
        # Not at once again: the turn that runs what is due comes first.
        self._timer = self._loop.call_later(max(seconds, 0.001), self.wait_for_due)

    def look_again(self) -> None:
        """Something is due otherwise than the timer knows."""
        self._cancel_timer()
        self.wait_for_due()

    async def run_out(self, until_ns: int) -> None:
        """Have the last turns, until nothing waits or until a time of a steady clock, and wait for the disk. No questions are answered."""
        self._is_stopping = True
        turns = self._turns
        turns.wind_up()
        while turns.has_work and not self._has_ended and time.monotonic_ns() < until_ns:
            self._turn()
            if turns.is_full:
                await self._wait_for_disk()
            # Others must run: what was written leaves the process in between.
            await asyncio.sleep(0)
        while self._turns.is_syncing and not self._has_ended:
            await self._wait_for_disk()

    def end(self) -> None:
        """Do nothing more."""
        self._has_ended = True
        self._has_synced.set()
        self._cancel_timer()

    async def _wait_for_disk(self) -> None:
        """Wait until the sync that runs is done, or all has ended. Whoever stops the venue is told what it waits for."""
        self._has_synced.clear()
        began = time.monotonic()
        while not self._has_synced.is_set():
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._has_synced.wait(), SAID_EVERY_SECONDS)
                return
            _LOGGER.warning(
                "the venue stops, and has waited %d s for the disk to sync the last commands; they are not acknowledged yet, "
                "so nothing that anybody was told is lost if it is killed",
                time.monotonic() - began,
            )

    # ── requests ───────────────────────────────────────────────────────────────────────────────────────────────────

    def received(self, session: Session) -> None:
        """Requests of a session wait: commands for the next turn, questions for what comes after it."""
        self._turns.submit(session)
        if self._turns.has_work:
            self._schedule()
        if self._turns.has_questions:
            self.schedule_answers()

    def throttled(self, connection: Connection) -> None:
        """A connection is not read until the next turn is over, or the next answers, where some wait: those may be its own.

        Nor while a frame is synced: what is said to it waits for that in memory.
        """
        self._throttled.append(connection)
        if not (self._turns.has_questions or self._turns.is_syncing):
            self._schedule()

    def _read_throttled(self) -> None:
        if not self._turns.is_syncing:
            throttled, self._throttled = self._throttled, []
            for connection in throttled:
                connection.end_turn()

    # ── turns ──────────────────────────────────────────────────────────────────────────────────────────────────────

    def _schedule(self) -> None:
        if not self._is_scheduled:
            self._is_scheduled = True
            self._loop.call_soon(self._scheduled_turn)

    @guarded
    def _scheduled_turn(self) -> None:
        """Run a turn, then look who is to be read again. What is ready on other sockets is read in between."""
        self._is_scheduled = False
        # A venue that stops runs its last turns itself.
        if self._is_stopping or self._has_ended:
            return
        self._turn()
        if self._turns.next_due != self._timer_due:
            # Something is due earlier now, or what was due is done.
            self.look_again()
        self._read_throttled()
        if not self._turns.has_work:
            self._turns.tidy()
        elif not self._turns.is_full:
            self._schedule()

    @guarded
    def _turn(self) -> None:
        """Run a turn and send what came of it."""
        began_ns = time.monotonic_ns()
        if self._turns.has_work:
            self._turned_ns = began_ns
        self._turns.turn()
        self.host.send(began_ns)

    def _cancel_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()

    # ── the disk ───────────────────────────────────────────────────────────────────────────────────────────────────

    def sync_is_done(self) -> None:
        """A sync beside is done, well or not. May be called from another thread."""
        # Without a loop the venue has ended anyway.
        with contextlib.suppress(RuntimeError):
            self._loop.call_soon_threadsafe(self._synced)

    @guarded
    def _synced(self) -> None:
        """Let out what waited for the disk, then write what was applied meanwhile. Between the two is when questions may be answered."""
        if self._has_ended or not self._turns.is_syncing:
            return
        began_ns = time.monotonic_ns()
        self._turns.synced()
        self.host.release(began_ns)
        began_ns = time.monotonic_ns()
        self._read_throttled()
        if self._turns.write():
            self.host.send(began_ns)
        self._has_synced.set()
        if self._is_stopping:
            return
        if self._turns.has_questions and self._answers_timer is None:
            self._answer()
        if self._turns.has_work:
            self._schedule()

    # ── questions ──────────────────────────────────────────────────────────────────────────────────────────────────

    def schedule_answers(self) -> None:
        """Answer when the replies of a turn have left: uvloop writes once all that is scheduled now has run.

        Where answers wait for their time, a participant who asks now and then does not.
        """
        if self._answers_timer is not None:
            if not self._turns.has_fresh_questions:
                return
            self._answers_timer.cancel()
            self._answers_timer = None
        if not self._are_answers_scheduled:
            self._are_answers_scheduled = True
            self._loop.call_soon(self._scheduled_answers)

    @guarded
    def _scheduled_answers(self) -> None:
        """Answer questions, unless that must wait for the disk.

        Commands that came in meanwhile go first, but not twice.
        """
        self._are_answers_scheduled = False
        self._answers_timer = None
        if self._is_stopping or self._has_ended or not self._turns.may_answer:
            return
        if self._is_scheduled and not self._have_answers_waited:
            self._have_answers_waited = True
            self.schedule_answers()
            return
        self._answer()

    def _answer(self) -> None:
        """Answer questions within their share, and go on with that when other sockets have been read."""
        self._have_answers_waited = False
        began_ns = time.monotonic_ns()
        self._turns.answer()
        self.host.send(began_ns)
        self._read_throttled()
        if self._turns.has_questions:
            self._schedule_more_answers()
            if self._turns.due_in_ns() == 0:
                self._schedule()

    def _schedule_more_answers(self) -> None:
        """Go on with answers: a little later, if there are turns that would wait for them."""
        is_quiet = time.monotonic_ns() - self._turned_ns >= STRANGERS_QUIET_NS
        if is_quiet or self._turns.has_fresh_questions:
            self.schedule_answers()
        else:
            self._answers_timer = self._loop.call_later(ANSWERS_PAUSE_NS / NS_PER_SECOND, self._scheduled_answers)
