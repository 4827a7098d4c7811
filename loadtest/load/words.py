"""What people type for durations, times and shares, and how it is read."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

import click

from engine.vocabulary.limits import NS_PER_SECOND

_UNITS: Final = {
    "us": 1_000,
    "ms": 1_000_000,
    "s": NS_PER_SECOND,
    "min": 60 * NS_PER_SECOND,
    "h": 3_600 * NS_PER_SECOND,
}
_DURATION: Final = re.compile(r"(\d+(?:\.\d+)?)(us|ms|s|min|h)")


@dataclass(frozen=True)
class Pause:
    """The venue's process is stopped on purpose."""

    at_s: float
    """After the warm-up."""
    seconds: float


class Duration(click.ParamType[int]):
    """`5ms`, `200us`, `2s`: nanoseconds."""

    name = "duration"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int:
        """Read it."""
        if isinstance(value, int):
            return value
        found = nanoseconds(value)
        if found is None:
            self.fail(f"{value!r} is no duration; write one as 5ms, 200us, 2s or 10min", param, ctx)
        return found


class PauseType(click.ParamType[Pause]):
    """`200ms@5s`: how long, and when."""

    name = "pause"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Pause:
        """Read it."""
        if isinstance(value, Pause):
            return value
        length, _, at = str(value).partition("@")
        length_ns, at_ns = nanoseconds(length), nanoseconds(at)
        if length_ns is None or at_ns is None:
            self.fail(f"{value!r}: write how long and when, as 200ms@5s", param, ctx)
        return Pause(at_ns / NS_PER_SECOND, length_ns / NS_PER_SECOND)


class ShareType(click.ParamType[tuple[int, int]]):
    """`2/5`: the second of five parts."""

    name = "share"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> tuple[int, int]:
        """Read it."""
        if isinstance(value, tuple):
            return value
        found = re.fullmatch(r"(\d+)/(\d+)", str(value))
        if found is None or not 1 <= int(found[1]) <= int(found[2]):
            self.fail(f"{value!r}: write which part of how many, as 2/5", param, ctx)
        return int(found[1]), int(found[2])


class StartTime(click.ParamType[int]):
    """`10:04:07` of today, or a whole date and time; of this machine's clock unless it names a zone. Nanoseconds."""

    name = "time"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int:
        """Read it."""
        if isinstance(value, int):
            return value
        text = str(value)
        now = datetime.now().astimezone()
        try:
            if re.fullmatch(r"\d\d:\d\d(:\d\d)?", text):
                text = f"{now.date().isoformat()}T{text}"
            moment = datetime.fromisoformat(text)
        except ValueError:
            self.fail(f"{value!r} is no time; write 10:04:07, or 2026-07-01T10:04:07+03:00", param, ctx)
        return round((moment if moment.tzinfo else moment.astimezone()).timestamp() * NS_PER_SECOND)


def nanoseconds(text: str) -> int | None:
    """Read a duration; None if it is none."""
    found = _DURATION.fullmatch(text.strip())
    return round(float(found[1]) * _UNITS[found[2]]) if found else None
