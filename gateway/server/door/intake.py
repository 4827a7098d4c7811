"""What is read of strangers: a little of each in turn, in each pass of the loop, so that however many they are, others are heard.

A stranger is who is not logged in, or owes for what it asked. What a participant sends who owes nothing is looked at as it comes.
All that is done for strangers has a share of the loop's time (`gateway/server/loop/share.py`). When that is spent, nobody is accepted and
none of them is read, until some of it is back.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable
from typing import Final, Protocol

from engine.vocabulary.limits import MAX_LOBBY, MAX_STRANGERS_A_PASS, MAX_WAITING_NEWCOMERS
from gateway.server.loop.share import Share

NEWCOMERS_LOOKS: Final = 4
"""The first word of TLS, if there is one, a request for a WebSocket, a login, and one more."""


class Strangers:
    """Whose turn it is, of the strangers at one door."""

    def __init__(self, fail: Callable[[BaseException], None], share: Share) -> None:
        """Prepare.

        Args:
            fail: what to do with a fault.
            share: of the loop's time.
        """
        self._fail: Final = fail
        self.share: Final = share
        self._newcomers: Final[deque[Intake]] = deque()
        self._others: Final[deque[Intake]] = deque()
        """Who waits: those who have hardly been looked at yet, and those who have."""
        self._left = MAX_STRANGERS_A_PASS
        """How many more may be looked at in this pass."""
        self._is_scheduled = False
        self._lobby: Final[deque[Callable[[], None]]] = deque()
        """Lets in who waits for other newcomers: one in a pass, while hardly anybody else has come."""
        self._open: Callable[[], None] | None = None
        """Lets sockets be accepted again, if they are not."""

    def admit(self) -> bool:
        """Whether one more may be looked at in this pass; others who wait come first."""
        self._schedule()
        if self._newcomers or self._others or not self._left:
            return False
        self._left -= 1
        return True

    def may_enter(self, open_again: Callable[[], None]) -> bool:
        """Whether sockets may be accepted now; else `open_again` is called, once, when they may."""
        if self._has_room and self.share.is_left():
            return True
        self._open = open_again
        self._schedule()
        return False

    def wait(self, let_in: Callable[[], None]) -> None:
        """Let a socket in when few others come."""
        self._lobby.append(let_in)
        self._schedule()

    def end(self) -> None:
        """The door is shut: each socket that waits finds it so."""
        while self._lobby:
            self._lobby.popleft()()

    def add(self, intake: Intake) -> None:
        """Let what was read of one wait for its turn."""
        (self._newcomers if intake.is_newcomer else self._others).append(intake)

    @property
    def _has_room(self) -> bool:
        return len(self._newcomers) < MAX_WAITING_NEWCOMERS and len(self._lobby) < MAX_LOBBY

    def _schedule(self) -> None:
        if not self._is_scheduled:
            self._is_scheduled = True
            asyncio.get_running_loop().call_soon(self._next_pass)

    def _next_pass(self) -> None:
        """Another pass of the loop begins: if there is time left for them, look at those who have waited longest, at newcomers and others in turn.

        Whoever comes to log in does not wait behind all who flood.
        """
        if not self.share.is_left():
            self._left = 0
            asyncio.get_running_loop().call_later(self.share.wait_s(), self._next_pass)
            return
        self._is_scheduled = False
        self._left = MAX_STRANGERS_A_PASS
        try:
            while self._left and (self._newcomers or self._others):
                first, then = self._newcomers, self._others
                if self._left % 2:
                    first, then = then, first
                self._left -= (first or then).popleft().look()
            if self._lobby and len(self._newcomers) < MAX_STRANGERS_A_PASS:
                self._lobby.popleft()()
            if self._open is not None and self._has_room:
                open_again, self._open = self._open, None
                open_again()
        except BaseException as error:  # noqa: BLE001 - the loop would swallow it
            self._fail(error)
        if self._left < MAX_STRANGERS_A_PASS or self._lobby or self._open is not None:
            # Whatever comes in this pass shares what is left; the next one begins anew.
            self._schedule()


class Read(Protocol):
    """What is read: a transport, or a socket that knocks."""

    def is_closing(self) -> bool:
        """Whether it is over."""

    def pause_reading(self) -> None:
        """Read no more for now."""

    def resume_reading(self) -> None:
        """Read again."""


class Intake:
    """Whether one socket is read, and whether what was read of it is looked at as it comes or when it is its turn.

    While something waits for its turn, nothing more is read.
    """

    __slots__ = (
        "_is_reading",
        "_is_wanted",
        "_look",
        "_looks",
        "_size",
        "_strangers",
        "_transport",
        "is_known",
        "was_known",
    )

    def __init__(self, strangers: Strangers) -> None:
        self.is_known = False
        """It is no stranger."""
        self.was_known = False
        self._strangers: Final = strangers
        self._transport: Read | None = None
        self._look: Callable[[int], None] | None = None
        self._looks = 0
        self._size = 0
        """Bytes that were read and wait for their turn."""
        self._is_wanted = True
        self._is_reading = True

    @property
    def is_newcomer(self) -> bool:
        """Whether it was looked at so seldom that it may just be coming."""
        return self._looks < NEWCOMERS_LOOKS

    def begin(self, transport: Read, look: Callable[[int], None]) -> None:
        """It is read from now on; `look` takes so many bytes that were."""
        self._transport = transport
        self._look = look
        self._is_reading = True

    def came(self, size: int) -> None:
        """So many bytes were read of a stranger."""
        assert self._look is not None and not self._size
        if self._strangers.admit():
            self._take(self._look, size)
            return
        self._size = size
        self._strangers.add(self)
        self._read_if_possible()

    def look(self) -> bool:
        """It is its turn; False: it is gone, or about to go."""
        look, size, transport = self._look, self._size, self._transport
        self._size = 0
        # One whose time for the handshake ran out meanwhile: picows does not take its request any more.
        if look is None or transport is None or transport.is_closing():
            return False
        self._take(look, size)
        self._read_if_possible()
        return True

    def know(self) -> None:
        """It is no stranger any more."""
        self.is_known = self.was_known = True

    def want(self, is_wanted: bool) -> None:
        """Read it, as far as it is its turn, or don't."""
        self._is_wanted = is_wanted
        self._read_if_possible()

    def end(self) -> None:
        """The socket is gone."""
        self._transport = self._look = None

    def _take(self, look: Callable[[int], None], size: int) -> None:
        self._looks += 1
        share = self._strangers.share
        began_ns = share.worked_ns()
        look(size)
        share.spend(share.worked_ns() - began_ns)

    def _read_if_possible(self) -> None:
        transport = self._transport
        may_read = self._is_wanted and not self._size
        if may_read == self._is_reading or transport is None or transport.is_closing():
            return
        self._is_reading = may_read
        if may_read:
            transport.resume_reading()
        else:
            transport.pause_reading()
