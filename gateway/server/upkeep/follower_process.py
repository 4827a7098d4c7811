"""A venue's follower as a process: started with the venue, listened to, started again when it ends, and ended with the venue."""

from __future__ import annotations

import asyncio
import logging
import os
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path
from typing import Final

import gateway
from gateway.follower.told import MAX_LINE_BYTES, Alarmed, Followed, Noted, Saved, decode
from gateway.metrics.counters import Counters
from gateway.printable import printable

_LOGGER: Final = logging.getLogger("gateway.follower")
FIRST_WAIT_SECONDS: Final = 1.0
LONGEST_WAIT_SECONDS: Final = 300.0
"""A follower that ends at once is started again after a second, then after twice as long each time, up to this."""
STEADY_SECONDS: Final = 60.0
"""One that went on for so long counts as sound: the waits begin anew."""
END_SECONDS: Final = 1.0
"""A process that was told to end has ended by then, or is killed. It may be: what it leaves is whole."""


class FollowerProcess:
    """Runs the follower of a venue.

    The venue never waits for it. What it tells is read when the loop has time, a buffer at once. It holds the other end of the
    follower's standard input, which the system closes however the venue ends.

    Attributes:
        pid: of the process, 0 while there is none.
    """

    def __init__(self, directory: Path, venue: str, snapshot_commands: int, counters: Counters) -> None:
        self.pid = 0
        self._arguments: Final = (str(directory), venue, str(snapshot_commands))
        self._counters: Final = counters
        self._loop: Final = asyncio.get_running_loop()
        self._process: subprocess.Popen[bytes] | None = None
        self._output = -1
        self._read_bytes = b""
        """Of a line that is not whole yet."""
        self._wait_seconds = FIRST_WAIT_SECONDS
        self._began_at = 0.0
        self._timer: asyncio.TimerHandle | None = None
        self._has_ended = False

    def begin(self) -> None:
        """Start it."""
        self._timer = None
        self._began_at = time.monotonic()
        try:
            self._start()
        except OSError as error:
            _LOGGER.error("the follower can't be started: %s", error)
            self._start_again()

    def end(self) -> None:
        """End it, and start it no more. Takes a second at most."""
        self._has_ended = True
        if self._timer is not None:
            self._timer.cancel()
        if self._process is None:
            return
        process = self._process
        self._let_go()
        process.terminate()
        try:
            process.wait(END_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()

    def _start(self) -> None:
        # The very code that the venue runs, wherever that was found; and not whatever lies in the working directory.
        source = Path(gateway.__file__).resolve().parents[1]
        paths = [str(source), *filter(None, [os.environ.get("PYTHONPATH")])]
        process = subprocess.Popen(
            [sys.executable, "-P", "-m", "gateway.follower", *self._arguments],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            env={**os.environ, "PYTHONPATH": os.pathsep.join(paths)},
            # Ctrl-C in the terminal is for the venue, which then ends it.
            start_new_session=True,
        )
        assert process.stdin is not None and process.stdout is not None
        self._process = process
        self.pid = process.pid
        self._output = process.stdout.fileno()
        os.set_blocking(self._output, False)
        self._loop.add_reader(self._output, self._read)

    def _read(self) -> None:
        """Take in what it tells, or that it has ended."""
        try:
            data = os.read(self._output, MAX_LINE_BYTES)
        except BlockingIOError:
            return
        except OSError:
            data = b""
        if not data:
            self._ended()
            return
        *lines, rest = (self._read_bytes + data).split(b"\n")
        # What is longer than a line is none of ours.
        self._read_bytes = rest[-MAX_LINE_BYTES:]
        for line in lines:
            self._take(line)

    def _take(self, line: bytes) -> None:
        told = decode(line)
        if isinstance(told, Followed):
            self._counters.followed_seq, self._counters.indexed_seq = told.seq, told.indexed_seq
        elif isinstance(told, Saved):
            self._counters.snapshot_seq = told.seq
            _LOGGER.info("snapshot of sequence number %d saved: %d bytes, %.3f s", told.seq, told.size, told.seconds)
        elif isinstance(told, Noted):
            _LOGGER.warning("the follower: %s", printable(told.text))
        elif isinstance(told, Alarmed):
            _LOGGER.error("the follower: %s", printable(told.text))
        elif line.strip():
            _LOGGER.warning("the follower says: %s", printable(line.decode(errors="replace")))

    def _ended(self) -> None:
        """It ended by itself: the venue goes on, and starts another."""
        process = self._process
        assert process is not None
        self._let_go()
        # It closed its output as it ended; should it linger, it is not waited for.
        process.kill()
        with suppress(subprocess.TimeoutExpired):
            process.wait(END_SECONDS)
        _LOGGER.error(
            "the follower ended with status %s; the venue goes on without index and snapshots", process.returncode
        )
        self._start_again()

    def _start_again(self) -> None:
        if time.monotonic() - self._began_at >= STEADY_SECONDS:
            self._wait_seconds = FIRST_WAIT_SECONDS
        if not self._has_ended:
            _LOGGER.info("the follower is started again in %.0f s", self._wait_seconds)
            self._timer = self._loop.call_later(self._wait_seconds, self.begin)
        self._wait_seconds = min(self._wait_seconds * 2, LONGEST_WAIT_SECONDS)

    def _let_go(self) -> None:
        """Close both ends: it ends, if it has not."""
        process = self._process
        assert process is not None and process.stdin is not None and process.stdout is not None
        self._loop.remove_reader(self._output)
        process.stdin.close()
        process.stdout.close()
        self._process = None
        self.pid = 0
        self._counters.followed_seq = 0
        self._read_bytes = b""
