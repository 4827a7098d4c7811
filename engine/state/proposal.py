"""A command that waits for a second approval."""

from __future__ import annotations

from typing import Any, Final


class Proposal:
    """A command, whole, as it was sent, and until when it waits."""

    def __init__(self, command: Any, until_ns: int) -> None:
        self.command: Final = command
        """Of a class that says `by` and `reason`."""
        self.until_ns: Final = until_ns
        self.by: Final[str] = command.by
        """Who proposed it."""
