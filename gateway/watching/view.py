"""What the screen asks of whatever it shows: a scene, and to do what a key says."""

from __future__ import annotations

from typing import Final, Protocol

from gateway.watching.scene import Scene

CLOCK_SECONDS: Final = 0.1
"""Between two pictures: what changes faster nobody reads."""


class Refused(Exception):
    """What a key asks for can't be done; the message says why."""


class View(Protocol):
    """A market that is watched. Nothing here waits: `work` does a little, and is called again."""

    def scene(self) -> Scene:
        """What is to be seen now."""

    def work(self) -> float:
        """Do what is due, a few hundredths of a second of it at most; returns the seconds until there is more.

        Raises:
            Exception: it can't go on.
        """

    def pause(self) -> None:
        """Stand still, or go on."""

    def step(self) -> None:
        """Show the next thing that happens, and stand still."""

    def back(self) -> None:
        """Show what was before the last command, and stand still. Raises `Refused`."""

    def jump(self, text: str) -> None:
        """Go to a moment that somebody typed. Raises `Refused`."""

    def change_speed(self, steps: int) -> None:
        """Go faster, or slower where it is below zero. Raises `Refused`."""

    def choose(self, steps: int) -> None:
        """Show the instrument so many lines below the chosen one, or above where it is below zero."""
