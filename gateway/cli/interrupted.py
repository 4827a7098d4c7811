"""A command that is told to stop: it leaves nothing behind, and ends with a status that says which signal it was."""

from __future__ import annotations

import signal
from types import FrameType

_received: list[int] = []


def end_as_by_ctrl_c() -> None:
    """Have SIGTERM and SIGHUP end the program as Ctrl-C does, unless they are ignored: `nohup` does so.

    A server puts its own handlers in their place.
    """
    for number in (signal.SIGTERM, signal.SIGHUP):
        if signal.getsignal(number) is signal.SIG_DFL:
            signal.signal(number, _interrupt)


def exit_status() -> int:
    """Of a program that was interrupted: 130 after Ctrl-C, 143 after SIGTERM, as shells have it. Never a command's own 1."""
    return 128 + (_received[0] if _received else signal.SIGINT)


def _interrupt(number: int, _frame: FrameType | None) -> None:
    _received.append(number)
    if callable(signal.getsignal(signal.SIGINT)):
        # Whoever handles that one, an event loop among them, handles this one too.
        signal.raise_signal(signal.SIGINT)
    else:
        # A shell has what it starts in the background ignore Ctrl-C.
        raise KeyboardInterrupt
