"""A command of `sbx` in a terminal of its own: keys go in, and what its screen shows is read as text."""

from __future__ import annotations

import codecs
import fcntl
import os
import pty
import re
import select
import signal
import struct
import subprocess
import sys
import termios
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

SECONDS = 30
"""For what takes a second on a machine that does nothing else."""
HOME = "\x1b[H"
"""Every picture begins with it."""
_CODES = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")
"""Of ours: colours, and where the cursor is."""


class PseudoTerminal:
    def __init__(self, process: subprocess.Popen[bytes], descriptor: int) -> None:
        self.process = process
        self._descriptor = descriptor
        self._decode = codecs.getincrementaldecoder("utf-8")().decode
        self.printed = ""

    def press(self, keys: str) -> None:
        os.write(self._descriptor, keys.encode())

    def resize(self, width: int, height: int) -> None:
        _resize(self._descriptor, width, height)
        self.process.send_signal(signal.SIGWINCH)

    def modes(self) -> list[object]:
        """How the terminal treats keys."""
        return termios.tcgetattr(self._descriptor)

    def screen(self) -> list[str]:
        """What stands on it."""
        return _CODES.sub("", self.printed.rpartition(HOME)[2]).replace("\r", "").split("\n")

    def until(self, holds: Callable[[list[str]], object]) -> list[str]:
        """Wait until the screen is as it should be."""
        deadline = time.monotonic() + SECONDS
        while not holds(screen := self.screen()):
            assert time.monotonic() < deadline, "\n".join(screen)
            self._read(0.05)
        return screen

    def shows(self, *texts: str) -> list[str]:
        """Wait until it shows some texts."""
        return self.until(lambda screen: all(text in "\n".join(screen) for text in texts))

    def ended(self) -> int:
        """Wait for the end; returns the exit status."""
        deadline = time.monotonic() + SECONDS
        while self.process.poll() is None:
            assert time.monotonic() < deadline, "it does not end"
            self._read(0.05)
        self._read(0)
        return self.process.returncode

    def _read(self, seconds: float) -> None:
        while select.select([self._descriptor], [], [], seconds)[0]:
            try:
                data = os.read(self._descriptor, 65_536)
            except OSError:
                return
            self.printed += self._decode(data)
            seconds = 0


@contextmanager
def pseudo_terminal(*arguments: object, width: int = 80, height: int = 24) -> Iterator[PseudoTerminal]:
    """Run `sbx` with arguments, as somebody who sits before it."""
    ours, its = pty.openpty()
    _resize(ours, width, height)
    command = [sys.executable, "-m", "gateway.cli", *map(str, arguments)]
    environment = {**os.environ, "TERM": "xterm-256color"}
    for name in ("COLUMNS", "LINES", "SBX_URL", "SBX_KEY", "NO_COLOR"):
        environment.pop(name, None)
    with subprocess.Popen(
        command, stdin=its, stdout=its, stderr=its, start_new_session=True, env=environment
    ) as process:
        os.close(its)
        try:
            yield PseudoTerminal(process, ours)
        finally:
            process.kill()
            process.wait()
            os.close(ours)


def _resize(descriptor: int, width: int, height: int) -> None:
    fcntl.ioctl(descriptor, termios.TIOCSWINSZ, struct.pack("HHHH", height, width, 0, 0))
