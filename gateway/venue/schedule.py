"""Times of the Moscow day as people write them, alone and in a daily schedule."""

from __future__ import annotations

from collections.abc import Mapping

from engine.vocabulary.codes import PHASES


def parse_time_of_day(text: str) -> int:
    """Read `18:45` or `18:45:30` as a second of the day.

    Raises:
        ValueError: it is no such time.
    """
    parts = text.split(":")
    if len(parts) not in (2, 3) or not all(len(part) == 2 and part.isascii() and part.isdigit() for part in parts):
        raise ValueError("a time of day is HH:MM or HH:MM:SS")
    hour, minute, second = (*map(int, parts), 0)[:3]
    if hour > 23 or minute > 59 or second > 59:
        raise ValueError("a time of day is HH:MM or HH:MM:SS")
    return hour * 3_600 + minute * 60 + second


def parse_schedule(table: Mapping[str, str]) -> tuple[tuple[int, int], ...]:
    """Read `{"09:50": "opening_auction", "10:00:00": "continuous"}` as `(second of the day, phase)`, in order of time.

    Raises:
        ValueError: a time or a phase can't be read; the message says which.
    """
    steps: list[tuple[int, int]] = []
    for at, phase in table.items():
        second = parse_time_of_day(at)
        if phase not in PHASES:
            raise ValueError(f"expected one of {', '.join(PHASES)}")
        steps.append((second, PHASES.index(phase)))
    return tuple(sorted(steps))
