"""What many ask alike is made once for all who wait for it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, Generic, Protocol, TypeVar


class Making(Protocol):
    """An answer in the making, and then made, for all who ask alike with one codec."""

    readers: int
    """How many wait for it."""

    @property
    def is_done(self) -> bool:
        """Whether nothing is left to be made."""

    @property
    def is_stale(self) -> bool:
        """Whether whoever comes now had better have another."""

    def make(self) -> int:
        """Make the next piece, if any is left; returns the steps it took."""

    def end(self) -> None:
        """Nobody waits for it any more."""


M = TypeVar("M", bound=Making)


class Shared(Generic[M]):
    """Answers by what they are about and by codec. Each is made in the turns of those who wait for it, and ends with the last."""

    def __init__(self) -> None:
        self._open: Final[dict[tuple[str, ...], M]] = {}

    def find(self, key: tuple[str, ...]) -> M | None:
        """The last that was begun, while anybody waits for it."""
        return self._open.get(key)

    def join(self, key: tuple[str, ...], begin: Callable[[], M]) -> M:
        """Wait for the last that was begun, be it done or not; if there is none, or none that will do, begin it."""
        making = self._open.get(key)
        if making is None or making.is_stale:
            making = self._open[key] = begin()
        making.readers += 1
        return making

    def leave(self, key: tuple[str, ...], making: M) -> None:
        """Have it, or wait for it no longer. With its last reader it ends."""
        making.readers -= 1
        if not making.readers:
            if self._open.get(key) is making:
                del self._open[key]
            making.end()
