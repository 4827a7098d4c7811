"""What happens when, and what has happened: the queue of a run, and its trace."""

from __future__ import annotations

import heapq
import random
from collections import deque
from collections.abc import Callable
from hashlib import sha256
from typing import Final

from engine.vocabulary.limits import NS_PER_SECOND
from tests.simulator.clocks import Clocks

Action = Callable[[], None]

NS_PER_MS: Final = NS_PER_SECOND // 1_000
LAST_STEPS: Final = 60
"""Of a run that fails, so many are shown."""


class Failed(AssertionError):
    """A promise was broken."""


class Stage:
    """A seed's chance, its clocks, what is due on them, and the trace of all that happened."""

    def __init__(self, seed: int) -> None:
        self.chance: Final = random.Random(seed)
        self.clocks: Final = Clocks()
        self.steps = 0
        self._queue: Final[list[tuple[int, int, Action]]] = []
        self._numbers = 0
        self._last: Final[deque[str]] = deque(maxlen=LAST_STEPS)
        self._digest: Final = sha256()

    @property
    def now_ns(self) -> int:
        """The steady clock."""
        return self.clocks.steady_ns

    def after(self, delay_ns: int, action: Action) -> None:
        """Do something later; of what is due at one time, what was put in first."""
        self._numbers += 1
        heapq.heappush(self._queue, (self.clocks.steady_ns + delay_ns, self._numbers, action))

    def step(self) -> None:
        """Do what is due next, at its time or, if that has passed, now."""
        due_ns, _, action = heapq.heappop(self._queue)
        self.clocks.steady_ns = max(self.clocks.steady_ns, due_ns)
        action()

    def happens(self, probability: float) -> bool:
        """Whether something of this probability happens now."""
        return probability > 0 and self.chance.random() < probability

    def between(self, least: int, most: int) -> int:
        """An integer from `least` to `most`."""
        return self.chance.randint(least, most)

    def note(self, what: str) -> None:
        """Put a line into the trace."""
        self.steps += 1
        line = f"{self.clocks.steady_ns / NS_PER_SECOND:.6f} {what}"
        self._last.append(line)
        self._digest.update(line.encode())

    def digest(self) -> str:
        """Of the whole trace: equal runs have equal ones."""
        return self._digest.hexdigest()

    def last_steps(self) -> str:
        """The end of the trace, a line each."""
        return "\n".join(self._last)
