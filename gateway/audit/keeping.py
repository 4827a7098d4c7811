"""An audit that is kept: noted in the loop, which waits for nothing, and written and synced by a thread."""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable
from pathlib import Path
from typing import Final

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from engine.vocabulary.limits import NS_PER_SECOND
from gateway.audit.audit import BEGAN, ENDED, LOST, Audit, Caller, Fact, plain
from gateway.audit.files import PARTICIPANTS, STRANGERS, Series, audit_folder
from gateway.audit.summing import Shares
from gateway.disk import DISK, Disk

SYNC_SECONDS: Final = 1.0
"""What a power cut may take: the rows of so long. A process that is killed loses the few that its thread has not written."""
SEAL_NS: Final = 600 * NS_PER_SECOND
"""How long rows stand without the venue's signature behind them."""
MAX_WAITING_ROWS: Final = 4_096
"""For a disk that hangs. Rows beyond are counted as lost, and that has a row."""
ROWS_A_WRITE: Final = 64
"""So a file is hardly larger than it may be."""
CLOSE_SECONDS: Final = 2.0
"""For the last rows, when a venue ends; a disk that hangs is not waited for longer."""

_Waiting = tuple[str, dict[str, Fact]]
"""A row, and its series."""


class KeptAudit(Audit):
    """The audit of a venue that runs.

    Args:
        directory: of the venue.
        venue: its id.
        key: its key.
        now: the venue's time, nanoseconds since the epoch, UTC.
        fail: called in the thread when the disk fails. Nothing is kept after that.
        wall: the machine's clock.
        disk: what the directory is on.

    Raises:
        OSError: the folder can't be made or read.
    """

    def __init__(
        self,
        directory: Path,
        venue: str,
        key: Ed25519PrivateKey,
        *,
        now: Callable[[], int],
        fail: Callable[[OSError], None],
        wall: Callable[[], int] = time.time_ns,
        disk: Disk = DISK,
    ) -> None:
        super().__init__()
        self._now: Final = now
        self._wall: Final = wall
        self._fail: Final = fail
        self._shares: Final = Shares()
        self._waiting: Final[deque[_Waiting]] = deque()
        self._lost = 0
        self._lock: Final = threading.Lock()
        """Of what the loop and the thread share."""
        self._wake: Final = threading.Event()
        self._has_ended = False
        self._sealed_ns = 0
        self._time_ns = now()
        """Of the venue when something was noted last: its clock is the loop's alone."""
        folder = audit_folder(directory, disk)
        self._series: Final = {name: Series(folder, name, venue, key, disk) for name in (PARTICIPANTS, STRANGERS)}
        for series in self._series.values():
            series.open(wall(), self._time_ns)
        self._thread: Final = threading.Thread(target=self._keep, name="audit", daemon=True)

    def begin(self, **facts: Fact) -> None:
        """Keep what is noted from now on; `facts` of the venue that begins."""
        self._thread.start()
        self.note(BEGAN, _NOBODY, **facts)

    def end(self, reason: str) -> None:
        """Keep what was noted, sums too, signed and synced; note nothing more. Waits for the disk two seconds at most."""
        if self._has_ended:
            return
        self.note(ENDED, _NOBODY, reason=reason)
        self._has_ended = True
        self._wake.set()
        if self._thread.is_alive():
            self._thread.join(CLOSE_SECONDS)
        elif self._thread.ident is None:
            # It was never begun.
            for series in self._series.values():
                series.close()

    def note(self, kind: str, caller: Caller, **facts: Fact) -> None:
        """Take note of something; see `Audit.note`. Takes some microseconds, and waits for no disk."""
        if self._has_ended:
            return
        super().note(kind, caller, **facts)
        wall_ns, time_ns = self._wall(), self._now()
        self._time_ns = time_ns
        of_venue = caller is _NOBODY
        with self._lock:
            if not of_venue and not self._shares.admit(kind, caller, wall_ns):
                return
            row: dict[str, Fact] = {"wall_ns": wall_ns, "time_ns": time_ns, "kind": kind, **caller.facts()}
            row |= {name: plain(value) for name, value in facts.items()}
            self._put(PARTICIPANTS if caller.participant or of_venue else STRANGERS, row)
        self._wake.set()

    def _put(self, series: str, row: dict[str, Fact]) -> None:
        if len(self._waiting) >= MAX_WAITING_ROWS:
            self._lost += 1
        else:
            self._waiting.append((series, row))

    def _times(self) -> tuple[int, int]:
        return self._wall(), self._time_ns

    # ── in the thread ──────────────────────────────────────────────────────────────────────────────────────────────

    def _keep(self) -> None:
        """Write rows as they come, sync them once a second, and sign them now and then."""
        synced_s = time.monotonic()
        self._sealed_ns = self._wall()
        try:
            while True:
                self._wake.wait(SYNC_SECONDS)
                self._wake.clear()
                is_last = self._has_ended
                self._write(self._taken(is_last))
                if is_last:
                    break
                now_s = time.monotonic()
                if now_s - synced_s >= SYNC_SECONDS:
                    synced_s = now_s
                    self._sync()
            for series in self._series.values():
                series.seal(*self._times())
                series.close()
        except OSError as error:
            self._has_ended = True
            self._fail(error)

    def _taken(self, is_last: bool) -> list[_Waiting]:
        """What waits to be written, and the sums that are due."""
        wall_ns, time_ns = self._times()
        with self._lock:
            for is_strange, facts in self._shares.due(wall_ns, all_of_them=is_last):
                row: dict[str, Fact] = {"wall_ns": wall_ns, "time_ns": time_ns, **facts}
                self._put(STRANGERS if is_strange else PARTICIPANTS, row)
            taken = list(self._waiting)
            self._waiting.clear()
            if self._lost:
                taken.append(
                    (PARTICIPANTS, {"wall_ns": wall_ns, "time_ns": time_ns, "kind": LOST, "count": self._lost})
                )
                self._lost = 0
        return taken

    def _write(self, taken: list[_Waiting]) -> None:
        for name, series in self._series.items():
            rows = [row for where, row in taken if where == name]
            for begin in range(0, len(rows), ROWS_A_WRITE):
                series.write(rows[begin : begin + ROWS_A_WRITE])

    def _sync(self) -> None:
        wall_ns, time_ns = self._times()
        is_time = not 0 <= wall_ns - self._sealed_ns < SEAL_NS
        if is_time:
            self._sealed_ns = wall_ns
        for series in self._series.values():
            if is_time:
                series.seal(wall_ns, time_ns)
            series.sync()


_NOBODY: Final = Caller()
"""Of rows about the venue itself."""
