"""The log of a running venue: bounded in size and rate, and written by a thread that nobody waits for.

What strangers do must not fill a disk, and a terminal or pipe that nobody reads must not hold the venue up. So a line is
short, a kind of line comes only so often, what is left out is counted, and what can't be written is dropped.
"""

from __future__ import annotations

import asyncio
import logging
import os
import sys
import threading
import time
from collections import Counter, deque
from collections.abc import Callable
from functools import cache
from typing import Any, Final, Literal

from engine.vocabulary.limits import (
    LOG_LINE_BYTES,
    LOG_LINES_PER_SECOND,
    LOG_LINES_PER_SECOND_IN_ALL,
    MAX_LOG_KINDS,
    MAX_WAITING_LOG_LINES,
)
from gateway.printable import printable

LogFormat = Literal["text", "json"]

_LOOP_LOGGER: Final = logging.getLogger("gateway.loop")
# Of what is said, and of what is known of an exception: together less than a line, unless letters take more than a byte.
MAX_SAID_CHARS: Final = 400
# Letters that tell one kind of message from another.
KIND_CHARS: Final = 60
SECOND_S: Final = 1.0
CLOSE_SECONDS: Final = 1.0
# Of how many kinds it is told apart what was left out of them in a second.
TOLD_KINDS: Final = 5
OTHERS: Final = "others"

_Line = tuple[float, str, str, str, str]
"""When (seconds since the epoch), level, logger, what is said, the exception."""


class Log(logging.Handler):
    """Takes what is logged in the whole process, from any thread, and never waits."""

    def __init__(self, log_format: LogFormat, descriptor: int = 2) -> None:
        """Prepare.

        Args:
            log_format: `text` or `json`, a line each.
            descriptor: where lines are written, standard error if not said otherwise.
        """
        super().__init__(logging.INFO)
        self._format: Final = log_format
        if log_format == "json":
            _json()
        self._descriptor: Final = descriptor
        self._lines: Final[deque[_Line]] = deque()
        self._wake: Final = threading.Semaphore(0)
        self._begun_s = time.monotonic()
        """The second that is counted in."""
        self._counts: Final[Counter[str]] = Counter()
        self._left_out: Final[Counter[str]] = Counter()
        """In this second, by kind."""
        self._said = 0
        """In this second, of whatever kind."""
        self._has_ended = False
        self._is_written: Final = threading.Event()
        self._thread: Final = threading.Thread(target=self._write_all, name="log", daemon=True)

    def begin(self) -> None:
        """Take over all logging of the process, and what Python would print on standard error by itself."""
        logging.getLogger().addHandler(self)
        logging.getLogger("gateway").setLevel(logging.INFO)
        logging.captureWarnings(True)
        sys.unraisablehook = _unraisable
        threading.excepthook = _thread_ended
        self._thread.start()

    def end(self) -> bool:
        """Write what waits and end; returns whether all was written: else nobody reads, and to print would block.

        It waits for a second at most.
        """
        if self._has_ended:
            return self._is_written.is_set()
        logging.getLogger().removeHandler(self)
        logging.captureWarnings(False)
        sys.unraisablehook = sys.__unraisablehook__
        threading.excepthook = threading.__excepthook__
        with self._locked():
            self._tell_left_out()
            self._has_ended = True
        self._wake.release()
        return self._is_written.wait(CLOSE_SECONDS)

    def emit(self, record: logging.LogRecord) -> None:
        """Let a line wait, unless there are too many of its kind, or in all. Called under the handler's lock."""
        now_s = time.monotonic()
        if now_s - self._begun_s >= SECOND_S:
            self._begun_s = now_s
            self._tell_left_out()
        kind = str(record.msg)[:KIND_CHARS]
        if kind not in self._counts and len(self._counts) >= MAX_LOG_KINDS:
            kind = OTHERS
        self._counts[kind] += 1
        if self._counts[kind] > LOG_LINES_PER_SECOND or self._said >= LOG_LINES_PER_SECOND_IN_ALL:
            self._left_out[kind] += 1
            return
        self._said += 1
        try:
            said = record.getMessage()
        except Exception:  # noqa: BLE001 - a wrong call of the log must not end what is logged
            said = str(record.msg)
        error = record.exc_info[1] if record.exc_info else None
        self._put(
            record.created, record.levelname.lower(), record.name, said, "" if error is None else _described(error)
        )

    def _put(self, *line: Any) -> None:
        when, level, name, said, error = line
        if len(self._lines) >= MAX_WAITING_LOG_LINES:
            self._left_out[OTHERS] += 1
            return
        self._lines.append((when, level, name, said[:MAX_SAID_CHARS], error[:MAX_SAID_CHARS]))
        self._wake.release()

    def _tell_left_out(self) -> None:
        """A second is over: say how much of it was left out."""
        told = self._left_out.most_common(TOLD_KINDS)
        others = self._left_out.total() - sum(count for _, count in told)
        self._counts.clear()
        self._left_out.clear()
        self._said = 0
        for kind, count in [*told, (OTHERS, others)] if others else told:
            self._put(time.time(), "warning", "gateway.log", f"{count} lines left out: {kind}", "")

    def _locked(self) -> Any:
        assert self.lock is not None
        return self.lock

    # ── in the thread ──────────────────────────────────────────────────────────────────────────────────────────────

    def _write_all(self) -> None:
        """Write lines as they come; whoever does not read them holds up this thread alone."""
        while True:
            if not self._wake.acquire(timeout=SECOND_S):
                with self._locked():
                    if self._left_out and time.monotonic() - self._begun_s >= SECOND_S:
                        self._begun_s = time.monotonic()
                        self._tell_left_out()
                continue
            if self._lines:
                try:
                    self._write(rendered(self._lines.popleft(), self._format))
                except OSError:
                    # There is nothing to write to any more, and nobody to tell.
                    self._lines.clear()
            elif self._has_ended:
                self._is_written.set()
                return

    def _write(self, data: bytes) -> None:
        while data:
            data = data[os.write(self._descriptor, data) :]


def rendered(line: _Line, log_format: LogFormat) -> bytes:
    """A line as it is written, at most `LOG_LINE_BYTES` with its newline; what is not printable is spelled out."""
    when, level, name, said, error = line
    room = MAX_SAID_CHARS
    while True:
        fields: dict[str, Any] = {
            "time": time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(when)) + f".{int(when % 1 * 1000):03d}Z",
            "level": level,
            "logger": name[:KIND_CHARS],
            "message": printable(said[:room]),
        }
        if error:
            fields["error"] = printable(error[:room])
        if log_format == "json":
            text = _json()(None, "", fields)
        else:
            text = "{time} {level} {logger}: {message}".format(**fields) + (f" | {fields['error']}" if error else "")
        data = (text if isinstance(text, bytes) else text.encode("utf-8", "backslashreplace")) + b"\n"
        if len(data) <= LOG_LINE_BYTES:
            return data
        room //= 2


@cache
def _json() -> Callable[[Any, str, dict[str, Any]], str | bytes]:
    """What makes JSON of fields. It brings much with it, which a log of plain text can do without: so imported here."""
    from structlog.processors import JSONRenderer

    return JSONRenderer(ensure_ascii=True)


def _described(error: BaseException) -> str:
    """An exception and where it came from, the innermost places first."""
    places = []
    trace = error.__traceback__
    while trace is not None:
        places.append(f"{os.path.basename(trace.tb_frame.f_code.co_filename)}:{trace.tb_lineno}")
        trace = trace.tb_next
    try:
        said = str(error)[:MAX_SAID_CHARS]
    except Exception:  # noqa: BLE001 - of a stranger's making
        said = ""
    where = " < ".join(reversed(places[-5:]))
    return f"{type(error).__name__}: {said[: MAX_SAID_CHARS // 2]}" + (f" at {where}" if where else "")


def loop_exception(loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
    """Log what the event loop found wrong, without its pages of context."""
    error = context.get("exception")
    info = None if error is None else (type(error), error, error.__traceback__)
    _LOOP_LOGGER.error(str(context.get("message", ""))[:MAX_SAID_CHARS], exc_info=info)


def _unraisable(unraisable: Any) -> None:
    error = unraisable.exc_value
    info = None if error is None else (type(error), error, error.__traceback__)
    _LOOP_LOGGER.error("an exception that nobody could take", exc_info=info)


def _thread_ended(arguments: Any) -> None:
    error = arguments.exc_value
    info = None if error is None else (type(error), error, error.__traceback__)
    _LOOP_LOGGER.error("a thread ended with an exception", exc_info=info)
