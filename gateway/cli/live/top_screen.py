"""The screen of `sbx top`: looks now and then, draws, and does what the keys say."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Callable
from contextlib import suppress
from typing import Final

from rich.live import Live
from rich.text import Text

from gateway.cli.live.watch_screen import keys_of
from gateway.cli.terminal import Terminal
from gateway.operating.load import Load
from gateway.operating.page import HELP, page
from gateway.watching.keys import STOP, Keys
from gateway.words.chosen import chosen, tr

FASTER: Final = 2
MIN_SECONDS: Final = 0.2
MAX_SECONDS: Final = 60.0


async def show(look: Callable[[], Load], title: str, seconds: float) -> None:
    """Show a venue on the terminal until somebody quits. Raises what a look raises; the terminal is as it was."""
    screen = TopScreen(look, title, seconds)
    with keys_of(sys.stdin.fileno(), screen), Live(console=screen.console, screen=True, auto_refresh=False) as live:
        await screen.run(live)


class TopScreen:
    """What is on the screen."""

    def __init__(self, look: Callable[[], Load], title: str, seconds: float) -> None:
        self.console: Final = Terminal()
        self._look: Final = look
        self._title: Final = title
        self._seconds = seconds
        self._keys: Final = Keys()
        self._woken: Final = asyncio.Event()
        self._is_over = self._is_paused = self._is_helping = False

    async def run(self, live: Live) -> None:
        """Look and draw until somebody quits."""
        load = await asyncio.to_thread(self._look)
        while not self._is_over:
            live.update(Text("\n".join(self.lines(load, self.console.width))), refresh=True)
            self._woken.clear()
            with suppress(TimeoutError):
                async with asyncio.timeout(self._seconds):
                    await self._woken.wait()
                continue
            if not self._is_paused:
                load = await asyncio.to_thread(self._look)

    def lines(self, load: Load, width: int) -> list[str]:
        """What the screen says."""
        if self._is_helping:
            return [chosen().text(line) for line in HELP]
        foot = tr("each {seconds} s; ? shows the keys", seconds=f"{self._seconds:g}")
        if self._is_paused:
            foot = tr("stopped: space goes on")
        return page(load, self._title, width, foot)

    def wake(self) -> None:
        """Draw again at once."""
        self._woken.set()

    def quit(self) -> None:
        """Let it be over."""
        self._is_over = True
        self.wake()

    def press(self, data: bytes) -> None:
        """Do what keys say; without any the terminal is gone."""
        if not data:
            self.quit()
        for key in self._keys.feed(data):
            if key in (STOP, "q"):
                self.quit()
            elif self._is_helping:
                self._is_helping = False
            elif key == "?":
                self._is_helping = True
            elif key == " ":
                self._is_paused = not self._is_paused
            elif key in ("+", "="):
                self._seconds = max(self._seconds / FASTER, MIN_SECONDS)
            elif key in ("-", "_"):
                self._seconds = min(self._seconds * FASTER, MAX_SECONDS)
        self.wake()
