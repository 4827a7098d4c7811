"""What many ask alike is made once for all who wait for it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, Generic, Protocol, TypeVar


class Making(Protocol):
    """An answer in the making, for all who ask alike with one codec."""

    readers: int
    """How many wait for it."""

    @property
    def is_done(self) -> bool:
        """Whether nothing is left to be made."""

    def make(self) -> int:
        """Make the next piece; returns the steps it took."""

    def end(self) -> None:
        """Nobody waits for it any more."""


M = TypeVar("M", bound=Making)


class Shared(Generic[M]):
    """Answers in the making, by what they are about and by codec. Each is driven by the turns of those who wait for it."""

    def __init__(self) -> None:
        self._open: Final[dict[tuple[str, str], M]] = {}

    def find(self, key: tuple[str, str]) -> M | None:
        """The one that is not done."""
        return self._open.get(key)

    def join(self, key: tuple[str, str], begin: Callable[[], M]) -> M:
        """Wait for the one that is not done; if there is none, begin it."""
        making = self._open.get(key)
        if making is None:
            making = self._open[key] = begin()
        making.readers += 1
        return making

    def make(self, key: tuple[str, str], making: M) -> int:
        """Make its next piece, if it is not done; returns the steps. Who asks when it is done begins another."""
        if making.is_done:
            return 0
        steps = making.make()
        if making.is_done:
            del self._open[key]
        return steps

    def leave(self, key: tuple[str, str], making: M) -> None:
        """Have it, or wait for it no longer. With its last reader it ends."""
        making.readers -= 1
        if not making.readers:
            if self._open.get(key) is making:
                del self._open[key]
            making.end()
