"""Lists that a venue tells in pages, read with `async for`: the next page is asked for when the one before was read."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Final, Generic, NamedTuple, TypeVar

M = TypeVar("M")


class Page(NamedTuple, Generic[M]):
    """One page as the venue told it."""

    entries: list[M]
    cursor: str | None
    """Of the next page; None: this was the last one."""
    seq: int
    truncated: bool


class Pages(Generic[M]):
    """Entries in the order that was asked for, however many pages they are. A page may be empty and not be the last.

    What comes after the first page was asked for is told with `oldest` first, and is not with `newest`.
    """

    def __init__(self, ask: Callable[[str | None], Awaitable[Page[M]]]) -> None:
        """Make one.

        Args:
            ask: asks for the page behind a cursor, or the first.
        """
        self.seq: int | None = None
        """Of the account's last report: the page that was read last is as of that. None: none was."""
        self.truncated = False
        """Whether the venue could not look up all by now: something older is missing."""
        self._ask: Final = ask
        self._waiting: list[M] = []
        self._cursor: str | None = None
        self._is_over = False

    def __aiter__(self) -> Pages[M]:
        return self

    async def __anext__(self) -> M:
        while not self._waiting:
            if self._is_over:
                raise StopAsyncIteration
            await self._next_page()
        return self._waiting.pop()

    async def all(self) -> list[M]:
        """Read all that is left."""
        return [each async for each in self]

    async def _next_page(self) -> None:
        page = await self._ask(self._cursor)
        self.seq, self._cursor = page.seq, page.cursor
        self.truncated = self.truncated or page.truncated
        self._is_over = page.cursor is None
        self._waiting = page.entries[::-1]
