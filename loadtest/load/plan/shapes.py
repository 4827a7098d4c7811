"""How the rate of requests goes over a run: a shape, of all connections together.

Every shape is made of pieces over which the rate goes in a straight line. The number of requests that are due by a time
is then a parabola in each piece, and so is solved exactly both ways: schedules are made of the inverse.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from typing import Final

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]

DAY_CURVE: Final = ((0.0, 1.7), (0.08, 1.2), (0.3, 0.8), (0.5, 0.6), (0.75, 0.9), (0.92, 1.5), (1.0, 1.9))
"""Intensity of a trading day over its length: busy at the open and the close, quiet at noon, as on most venues."""
_SPIKE_MULTIPLE: Final = 10.0
_SPIKE_SHARE: Final = 0.1
_STEPS: Final = 10
_MOST_STEPS: Final = 1_000


class PlanError(Exception):
    """What was asked for can't be planned; the message names the key, and what is known."""


@dataclass(frozen=True)
class Piece:
    """From `start_s` to `end_s` the rate goes in a straight line from `rate` to `rate_to`, in requests a second."""

    start_s: float
    end_s: float
    rate: float
    rate_to: float

    @property
    def requests(self) -> float:
        """How many are due in it."""
        return (self.rate + self.rate_to) / 2 * (self.end_s - self.start_s)


@dataclass(frozen=True)
class Shape:
    """A rate over time; `pieces` follow each other from 0 without gaps."""

    name: str
    pieces: tuple[Piece, ...]
    description: str
    """Without the time it takes: `ramp from 1000/s to 20000/s`."""

    def __post_init__(self) -> None:
        if not all(piece.end_s > piece.start_s and min(piece.rate, piece.rate_to) >= 0 for piece in self.pieces):
            raise PlanError(f"{self.name}: a rate can't be below zero, and takes some time")
        if self.requests <= 0:
            raise PlanError(f"{self.name}: the rate must be above zero")

    @property
    def seconds(self) -> float:
        """How long it takes."""
        return self.pieces[-1].end_s

    @property
    def requests(self) -> float:
        """How many requests are due in all."""
        return sum(piece.requests for piece in self.pieces)

    @property
    def mean_rate(self) -> float:
        """Requests a second, over all of it."""
        return self.requests / self.seconds

    @property
    def peak_rate(self) -> float:
        """The highest rate, in requests a second."""
        return max(max(piece.rate, piece.rate_to) for piece in self.pieces)

    def words(self) -> str:
        """It for people: `ramp from 1000/s to 20000/s over 60 s`."""
        return f"{self.description} {'over' if len(self.pieces) > 1 or self.name == 'ramp' else 'for'} {_time(self.seconds)}"

    def rate_at(self, at_s: float) -> float:
        """The rate at a time, in requests a second; where it jumps, the one after."""
        place = int(np.clip(np.searchsorted(self._start_s, at_s, "right") - 1, 0, len(self.pieces) - 1))
        piece = self.pieces[place]
        share = (at_s - piece.start_s) / (piece.end_s - piece.start_s)
        return piece.rate + (piece.rate_to - piece.rate) * share

    def cumulative(self, at_s: npt.ArrayLike) -> Floats:
        """How many requests are due by each time, in seconds from the start."""
        times = np.clip(np.asarray(at_s, np.float64), 0.0, self.seconds)
        place = np.clip(np.searchsorted(self._start_s, times, "right") - 1, 0, len(self.pieces) - 1)
        since = times - self._start_s[place]
        found: Floats = self._before[place] + since * (self._rate[place] + self._slope[place] * since / 2)
        return found

    def inverse(self, requests: npt.ArrayLike) -> Floats:
        """When so many requests are due, in seconds from the start: the inverse of `cumulative`, from 0 to `requests`."""
        wanted = np.asarray(requests, np.float64)
        place = np.clip(np.searchsorted(self._before, wanted, "right") - 1, 0, len(self.pieces) - 1)
        rest = np.maximum(wanted - self._before[place], 0.0)
        rate, slope = self._rate[place], self._slope[place]
        # The root of rate * t + slope * t^2 / 2 = rest, in the form that loses no digits where the slope is small.
        root = np.sqrt(np.maximum(rate * rate + 2 * slope * rest, 0.0))
        under = rate + root
        since = np.divide(2 * rest, under, out=np.zeros_like(rest), where=under > 0)
        found: Floats = np.minimum(self._start_s[place] + since, self._end_s[place])
        return found

    @cached_property
    def _start_s(self) -> Floats:
        return np.array([piece.start_s for piece in self.pieces])

    @cached_property
    def _end_s(self) -> Floats:
        return np.array([piece.end_s for piece in self.pieces])

    @cached_property
    def _rate(self) -> Floats:
        return np.array([piece.rate for piece in self.pieces])

    @cached_property
    def _slope(self) -> Floats:
        return np.array([(piece.rate_to - piece.rate) / (piece.end_s - piece.start_s) for piece in self.pieces])

    @cached_property
    def _before(self) -> Floats:
        """How many requests are due before each piece."""
        return np.concatenate([[0.0], np.cumsum([piece.requests for piece in self.pieces])[:-1]])


def constant(rate: float, seconds: float) -> Shape:
    """The same rate all the time."""
    return Shape("constant", (Piece(0.0, seconds, rate, rate),), f"constant {rate:g}/s")


def soak(rate: float, seconds: float) -> Shape:
    """A constant rate for hours: what leaks or grows shows late."""
    return Shape("soak", (Piece(0.0, seconds, rate, rate),), f"soak at {rate:g}/s")


def ramp(rate: float, seconds: float, *, to: float) -> Shape:
    """From one rate to another in a straight line."""
    return Shape("ramp", (Piece(0.0, seconds, rate, to),), f"ramp from {rate:g}/s to {to:g}/s")


def steps(rate: float, seconds: float, *, to: float, n: int = _STEPS) -> Shape:
    """`n` constant rates of equal length, evenly spaced from one to the other."""
    if not 2 <= n <= _MOST_STEPS:
        raise PlanError(f"steps: n must be from 2 to {_MOST_STEPS}")
    rates = [rate + (to - rate) * step / (n - 1) for step in range(n)]
    edges = [seconds * step / n for step in range(n + 1)]
    pieces = tuple(Piece(edges[step], edges[step + 1], each, each) for step, each in enumerate(rates))
    return Shape("steps", pieces, f"{n} steps from {rate:g}/s to {to:g}/s")


def spike(
    rate: float, seconds: float, *, to: float | None = None, at: float | None = None, width: float | None = None
) -> Shape:
    """A constant rate that for a while jumps to another.

    Args:
        rate: requests a second before and after.
        seconds: how long all of it takes.
        to: requests a second meanwhile; ten times as many unless stated.
        at: when it begins, in seconds; so that it is in the middle unless stated.
        width: how long it lasts, in seconds; a tenth of the whole unless stated.
    """
    top = rate * _SPIKE_MULTIPLE if to is None else to
    lasts = seconds * _SPIKE_SHARE if width is None else width
    begins = (seconds - lasts) / 2 if at is None else at
    if not (begins > 0 and lasts > 0 and begins + lasts < seconds):
        raise PlanError(f"spike: `at` and `width` must leave time before and after it, within {seconds:g} s")
    edges = (0.0, begins, begins + lasts, seconds)
    pieces = tuple(Piece(edges[i], edges[i + 1], each, each) for i, each in enumerate((rate, top, rate)))
    return Shape("spike", pieces, f"{rate:g}/s with a spike to {top:g}/s at {begins:g} s for {lasts:g} s")


def day(rate: float, seconds: float) -> Shape:
    """A trading day in the time that the run takes: `DAY_CURVE`, with `rate` on average."""
    raw = [(start * seconds, end * seconds, a, b) for (start, a), (end, b) in pairwise(DAY_CURVE)]
    scale = rate * seconds / sum((end - start) * (a + b) / 2 for start, end, a, b in raw)
    pieces = tuple(Piece(start, end, a * scale, b * scale) for start, end, a, b in raw)
    return Shape("day", pieces, f"a trading day at {rate:g}/s on average")


_SHAPES: Final[dict[str, tuple[Callable[..., Shape], tuple[str, ...]]]] = {
    "constant": (constant, ()),
    "ramp": (ramp, ("to",)),
    "steps": (steps, ("to", "n")),
    "spike": (spike, ("to", "at", "width")),
    "soak": (soak, ()),
    "day": (day, ()),
}
SHAPES: Final = tuple(_SHAPES)


def parse_shape(text: str, rate: float, seconds: float) -> Shape:
    """Read a shape as it is written on a command line: `constant`, `ramp:to=20000`, `spike:to=50000,at=10,width=2`.

    Args:
        text: the name, and what the shape takes beside the rate.
        rate: requests a second of all connections; where the shape begins, or (`day`) on average.
        seconds: how long it takes.

    Raises:
        PlanError: there is no such shape or setting, or it makes no sense.
    """
    name, settings = parse_settings(text)
    if name not in _SHAPES:
        raise PlanError(f"unknown shape {name!r}; known: {', '.join(SHAPES)}")
    make, keys = _SHAPES[name]
    check_keys(f"shape {name}", settings, keys)
    if name in {"ramp", "steps"} and "to" not in settings:
        raise PlanError(f"shape {name} needs `to`, the rate it ends with, as in `{name}:to=20000`")
    numbers: dict[str, float] = {key: number(f"shape {name}, {key}", value) for key, value in settings.items()}
    if "n" in numbers:
        if numbers["n"] != int(numbers["n"]):
            raise PlanError(f"shape {name}, n: {settings['n']!r} is no whole number")
        numbers["n"] = int(numbers["n"])
    return make(rate, seconds, **numbers)


def parse_settings(text: str) -> tuple[str, dict[str, str]]:
    """Split `name:key=value,key=value`. Raises `PlanError` for what has another form."""
    name, _, rest = text.strip().partition(":")
    settings: dict[str, str] = {}
    for each in filter(None, rest.split(",")):
        key, equals, value = each.partition("=")
        if not equals or not key or not value or key in settings:
            raise PlanError(f"{text!r}: write `{name}:key=value,key=value`, each key once")
        settings[key.strip()] = value.strip()
    return name, settings


def check_keys(where: str, settings: dict[str, str], known: Sequence[str]) -> None:
    """Raise `PlanError` for a key that is not known there."""
    for key in settings:
        if key not in known:
            has = f"known keys: {', '.join(known)}" if known else "it has no settings"
            raise PlanError(f"{where}: unknown key {key!r}; {has}")


def number(where: str, text: str) -> float:
    """Read a number that is finite and not below zero. Raises `PlanError`."""
    try:
        value = float(text)
    except ValueError:
        value = -1.0
    if not 0 <= value < float("inf"):
        raise PlanError(f"{where}: {text!r} is no number from zero up")
    return value


def _time(seconds: float) -> str:
    """A length of time for people."""
    for unit, length in (("h", 3600), ("min", 60)):
        if seconds >= 2 * length and seconds % length == 0:
            return f"{seconds / length:g} {unit}"
    return f"{seconds:g} s"
