"""An event loop in a thread of its own, for which other threads wait."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Awaitable, Callable
from concurrent.futures import CancelledError, Future
from typing import Final, TypeVar

from gateway.client.values.errors import ClientError

R = TypeVar("R")

CLOSED: Final = "the client is closed"


class LoopThread:
    """An event loop in a thread of its own."""

    def __init__(self) -> None:
        self._loop: Final = asyncio.new_event_loop()
        self._thread: Final = threading.Thread(target=self._loop.run_forever, name="sbx client", daemon=True)
        self._thread.start()
        self._handing_in: Final = threading.Lock()
        """Held while work is handed in, so that none comes after the last, which would be waited for without end."""
        self._is_over = False

    @property
    def is_over(self) -> bool:
        """Whether it takes no more work."""
        return self._is_over

    @property
    def is_here(self) -> bool:
        """Whether this is its thread."""
        return threading.current_thread() is self._thread

    def wait(self, work: Callable[[], Awaitable[R]], timeout: float | None = None) -> R:
        """Wait for a piece of work; returns what it does, raises what it raises.

        Args:
            work: makes it, in the loop. It is cancelled if the wait ends before it, by the time limit or by Ctrl-C.
            timeout: in seconds; None: for ever.

        Raises:
            TimeoutError: the time limit passed.
            ClientError: the client is closed, perhaps meanwhile.
        """
        future = self._handed_in(work, timeout)
        if future is None:
            raise ClientError(CLOSED)
        try:
            return future.result()
        except CancelledError:
            if self.is_over:
                raise ClientError(CLOSED) from None
            raise
        except BaseException:
            future.cancel()
            raise

    def call(self, function: Callable[[], R]) -> R:
        """Call a function in the thread of the loop, where nothing changes meanwhile; once it has ended, here."""

        async def called() -> R:
            return function()

        future = self._handed_in(called)
        if future is not None:
            return future.result()
        if not self.is_here:
            self._thread.join()
        return function()

    def _handed_in(self, work: Callable[[], Awaitable[R]], timeout: float | None = None) -> Future[R] | None:
        """Work that the loop has taken; None if it takes no more."""
        with self._handing_in:
            if self.is_over:
                return None
            if self.is_here:
                raise ClientError("this thread is the one that is waited for")
            return asyncio.run_coroutine_threadsafe(_within(work, timeout), self._loop)

    def end(self) -> None:
        """End the thread. What still runs in the loop is cancelled."""
        with self._handing_in:
            if self.is_over:
                return
            self._is_over = True
        asyncio.run_coroutine_threadsafe(_cancel_others(), self._loop).result()
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()


async def _within(work: Callable[[], Awaitable[R]], seconds: float | None) -> R:
    try:
        async with asyncio.timeout(seconds) as limit:
            return await work()
    except TimeoutError as error:
        if not limit.expired():
            raise
        raise TimeoutError(f"it did not happen within {seconds} s") from error


async def _cancel_others() -> None:
    others = asyncio.all_tasks() - {asyncio.current_task()}
    for task in others:
        task.cancel()
    await asyncio.gather(*others, return_exceptions=True)
    await asyncio.get_running_loop().shutdown_asyncgens()
