"""Numbers of the scenario tables: decimals, percentages, times of the Moscow day, lengths of time."""

from __future__ import annotations

import re
from decimal import Decimal, InvalidOperation

from engine.vocabulary.days import midnight_ns, moscow_day, time_of_day_ns
from engine.vocabulary.limits import NS_PER_DAY, NS_PER_SECOND, ONE_E8
from loadtest.scenarios.format import ScenarioError

UNITS_NS = {
    "ms": NS_PER_SECOND // 1_000,
    "second": NS_PER_SECOND,
    "minute": 60 * NS_PER_SECOND,
    "hour": 3_600 * NS_PER_SECOND,
    "day": NS_PER_DAY,
}
_CLOCK = re.compile(r"(\d\d):(\d\d)(?::(\d\d)(?:\.(\d{3}))?)?")


def decimal_of(text: str) -> Decimal:
    """A decimal number."""
    try:
        return Decimal(text)
    except InvalidOperation:
        raise ScenarioError(f"`{text}` is no number") from None


def e8(text: str) -> int:
    """A decimal scaled by 10**8."""
    return int(decimal_of(text) * ONE_E8)


def ppm(text: str) -> int:
    """A percentage such as `5%` in millionths."""
    if not text.endswith("%"):
        raise ScenarioError(f"`{text}` is no percentage")
    return int(decimal_of(text[:-1]) * 10_000)


def is_clock(text: str) -> bool:
    """Whether a word is a time of the day."""
    return _CLOCK.fullmatch(text) is not None


def second_of_day(text: str) -> int:
    """Seconds since midnight of a time such as `18:40` or `18:40:30`."""
    return clock_ns(text) // NS_PER_SECOND


def clock_ns(text: str) -> int:
    """Nanoseconds since midnight of a time such as `18:40` or `18:40:30.500`."""
    found = _CLOCK.fullmatch(text)
    if found is None:
        raise ScenarioError(f"`{text}` is no time of the day: write 18:40 or 18:40:30")
    hours, minutes, seconds, millis = (int(part or 0) for part in found.groups())
    return ((hours * 60 + minutes) * 60 + seconds) * NS_PER_SECOND + millis * UNITS_NS["ms"]


def next_clock_ns(text: str, now_ns: int) -> int:
    """When it is this time of the Moscow day next, nanoseconds since the epoch, UTC; now counts."""
    midnight = midnight_ns(moscow_day(now_ns))
    moment = midnight + clock_ns(text)
    return moment if moment >= now_ns else moment + NS_PER_DAY


def show_clock(time_ns: int) -> str:
    """The time of the Moscow day of an instant."""
    millis = time_of_day_ns(time_ns) // UNITS_NS["ms"]
    seconds, rest = divmod(millis, 1_000)
    text = f"{seconds // 3600:02}:{seconds // 60 % 60:02}:{seconds % 60:02}"
    return f"{text}.{rest:03}" if rest else text


def length_ns(number: str, unit: str) -> int:
    """A length of time such as `2 minutes` in nanoseconds."""
    name = unit if unit in UNITS_NS else unit.removesuffix("s")
    if name not in UNITS_NS:
        raise ScenarioError(f"`{unit}` is no unit of time: {', '.join(UNITS_NS)}")
    return int(decimal_of(number) * UNITS_NS[name])


def show(value: Decimal) -> str:
    """A number without superfluous zeros."""
    return format(value.normalize() if value else Decimal(0), "f")


def money(amount: int, scale: int) -> str:
    """An amount in minor units as people write it."""
    return show(Decimal(amount).scaleb(-scale))
