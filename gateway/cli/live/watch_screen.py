"""The screen of `sbx watch`: draws the picture of a view as often as it changes, and does what the keys say."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
import termios
import time
import tty
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from math import inf
from typing import Final, Protocol

from rich.live import Live
from rich.text import Text

from gateway.cli.terminal import Terminal
from gateway.watching import keys
from gateway.watching.keys import Keys
from gateway.watching.picture import help_page, picture
from gateway.watching.scene import Scene
from gateway.watching.view import CLOCK_SECONDS, Refused, View
from gateway.words.chosen import chosen, tr

MAX_TYPED: Final = 60
"""Letters of a moment."""
_READ_BYTES: Final = 1_024


class Pressed(Protocol):
    """What is done with keys."""

    def press(self, data: bytes) -> None:
        """Do what keys say; without any the terminal is gone."""

    def quit(self) -> None:
        """Let it be over."""

    def wake(self) -> None:
        """Draw again at once."""


async def show(view: View, keys: str = "", over: asyncio.Event | None = None) -> None:
    """Show a view on the terminal until somebody quits.

    Args:
        view: what is shown.
        keys: what is said of the keys at the foot; empty: all that there are.
        over: is set when there is nothing more to show. With it, pictures are drawn beside the loop, for which other work waits.

    Raises:
        Exception: the view can't go on; the terminal is as it was.
    """
    screen = Screen(view, keys, over)
    with keys_of(sys.stdin.fileno(), screen), Live(console=screen.console, screen=True, auto_refresh=False) as live:
        await screen.run(live)


@contextmanager
def keys_of(descriptor: int, screen: Pressed) -> Iterator[None]:
    """Hand a terminal's keys over one by one, unseen, until the end; a signal to end quits likewise."""
    loop = asyncio.get_running_loop()
    before = termios.tcgetattr(descriptor)
    signals = {signal.SIGTERM: screen.quit, signal.SIGHUP: screen.quit, signal.SIGWINCH: screen.wake}
    try:
        tty.setcbreak(descriptor, termios.TCSANOW)
        now = termios.tcgetattr(descriptor)
        # Control-C is a key like q, and nothing leaves the screen as it is.
        now[3] &= ~termios.ISIG
        termios.tcsetattr(descriptor, termios.TCSANOW, now)
        loop.add_reader(descriptor, lambda: screen.press(_read(descriptor)))
        for number, does in signals.items():
            loop.add_signal_handler(number, does)
        yield
    finally:
        for number in signals:
            loop.remove_signal_handler(number)
        loop.remove_reader(descriptor)
        termios.tcsetattr(descriptor, termios.TCSANOW, before)


def _read(descriptor: int) -> bytes:
    """What was pressed; nothing: the terminal is gone."""
    try:
        return os.read(descriptor, _READ_BYTES)
    except OSError:
        return b""


class Screen:
    """What is on the screen, and what somebody types."""

    def __init__(self, view: View, keys: str = "", over: asyncio.Event | None = None) -> None:
        self.console: Final = Terminal()
        self._view: Final = view
        self._keys_in_words: Final = keys
        self._over: Final = over
        self._keys: Final = Keys()
        self._woken: Final = asyncio.Event()
        self._is_over = False
        self._is_helping = False
        self._typed: str | None = None
        """Of a moment to go to; None: nothing is asked."""
        self._said = ""
        """Why the last key did nothing."""
        self._drawn: tuple[object, ...] | None = None
        self._drawn_at = 0.0

    async def run(self, live: Live) -> None:
        """Draw until somebody quits. Raises what ends the view."""
        over = None if self._over is None else asyncio.create_task(self._quit_when(self._over))
        try:
            while not self._is_over:
                self._woken.clear()
                wait = min(self._view.work(), await self._draw(live))
                with suppress(TimeoutError):
                    async with asyncio.timeout(wait):
                        await self._woken.wait()
        finally:
            if over is not None:
                over.cancel()

    async def _quit_when(self, over: asyncio.Event) -> None:
        await over.wait()
        self.quit()

    def wake(self) -> None:
        """Look again at once: the window has another size, or a key was pressed."""
        self._drawn_at = 0.0
        self._woken.set()

    def quit(self) -> None:
        """Let it be over."""
        self._is_over = True
        self._woken.set()

    # ── drawing ────────────────────────────────────────────────────────────────────────────────────────────────────

    async def _draw(self, live: Live) -> float:
        """Draw what changed; returns the seconds to the next time, if it was too soon."""
        now = time.monotonic()
        if now - self._drawn_at < CLOCK_SECONDS:
            return CLOCK_SECONDS
        scene = self._view.scene()
        width, height = self.console.size
        seen = (scene, width, height, self._foot(), self._is_helping)
        if seen != self._drawn:
            if self._over is None:
                self._show(live, scene, width, height)
            else:
                await asyncio.to_thread(self._show, live, scene, width, height)
            self._drawn, self._drawn_at = seen, now
        return inf

    def _show(self, live: Live, scene: Scene, width: int, height: int) -> None:
        live.update(self._page(scene, width, height), refresh=True)

    def _page(self, scene: Scene, width: int, height: int) -> Text:
        if self._is_helping:
            return help_page(width, height)
        ascii_only = self.console.options.ascii_only
        return picture(scene, width, height, self._foot(), ascii_only=ascii_only, keys=self._keys_in_words)

    def _foot(self) -> str:
        if self._typed is None:
            return chosen().read(self._said) if self._said else ""
        return tr("go to (moment, number, order): {typed}", typed=f"{self._typed}_")

    # ── keys ───────────────────────────────────────────────────────────────────────────────────────────────────────

    def press(self, data: bytes) -> None:
        """Do what keys say; without any the terminal is gone."""
        if not data:
            self.quit()
        for key in self._keys.feed(data):
            self._said = ""
            try:
                self._do(key)
            except Refused as refused:
                self._said = str(refused)
        self.wake()

    def _do(self, key: str) -> None:
        view = self._view
        if key == keys.STOP:
            self.quit()
        elif self._is_helping:
            self._is_helping = False
        elif self._typed is not None:
            self._type(key, self._typed)
        elif key == "q":
            self.quit()
        elif key == "?":
            self._is_helping = True
        elif key == "g":
            self._typed = ""
        elif key == " ":
            view.pause()
        elif key in (".", keys.RIGHT):
            view.step()
        elif key in (",", keys.LEFT):
            view.back()
        elif key in ("+", "="):
            view.change_speed(1)
        elif key in ("-", "_"):
            view.change_speed(-1)
        elif key in ("n", keys.DOWN):
            view.choose(1)
        elif key in ("p", keys.UP):
            view.choose(-1)

    def _type(self, key: str, typed: str) -> None:
        if key == keys.ENTER:
            self._typed = None
            if typed:
                self._view.jump(typed)
        elif key == keys.ESCAPE:
            self._typed = None
        elif key == keys.BACKSPACE:
            self._typed = typed[:-1]
        elif len(key) == 1:
            self._typed = (typed + key)[:MAX_TYPED]
