"""An event loop in a thread of its own, for which other threads wait."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Coroutine
from typing import Any, Final, TypeVar

from gateway.client.values.errors import ClientError

R = TypeVar("R")


class LoopThread:
    """An event loop in a thread of its own."""

    def __init__(self) -> None:
        self._loop: Final = asyncio.new_event_loop()
        self._thread: Final = threading.Thread(target=self._loop.run_forever, name="sbx client", daemon=True)
        self._thread.start()

    @property
    def is_over(self) -> bool:
        """Whether it has ended."""
        return self._loop.is_closed()

    @property
    def is_here(self) -> bool:
        """Whether this is its thread."""
        return threading.current_thread() is self._thread

    def wait(self, work: Coroutine[Any, Any, R], timeout: float | None = None) -> R:
        """Wait for a coroutine; returns what it does, raises what it raises.

        Args:
            work: is cancelled if the wait ends before it, by the time limit or by Ctrl-C.
            timeout: in seconds; None: for ever.

        Raises:
            TimeoutError: the time limit passed.
            ClientError: the client is closed.
        """
        if self.is_over or self.is_here:
            work.close()
            raise ClientError("the client is closed" if self.is_over else "this thread is the one that is waited for")
        future = asyncio.run_coroutine_threadsafe(_within(work, timeout), self._loop)
        try:
            return future.result()
        except BaseException:
            future.cancel()
            raise

    def call(self, function: Callable[[], R]) -> R:
        """Call a function in the thread of the loop, where nothing changes meanwhile; once it has ended, here."""
        if self.is_over:
            return function()

        async def called() -> R:
            return function()

        return self.wait(called())

    def end(self) -> None:
        """End the thread. What still runs in the loop is cancelled."""
        if not self.is_over:
            self.wait(_cancel_others())
            self._loop.call_soon_threadsafe(self._loop.stop)
            self._thread.join()
            self._loop.close()


async def _within(work: Coroutine[Any, Any, R], seconds: float | None) -> R:
    try:
        async with asyncio.timeout(seconds) as limit:
            return await work
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
