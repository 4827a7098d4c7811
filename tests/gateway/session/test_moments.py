"""Moments as people write them."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta, timezone

import pytest

from engine.vocabulary.limits import NS_PER_SECOND
from gateway.session.moments import Moment, MomentError, parse_length, parse_moment

MOSCOW = timezone(timedelta(hours=3))
BEGIN_NS = int(datetime(2026, 6, 1, 12, tzinfo=MOSCOW).timestamp()) * NS_PER_SECOND


def at(*fields: int, ns: int = 0) -> int:
    return int(datetime(*fields, tzinfo=MOSCOW).timestamp()) * NS_PER_SECOND + ns  # type: ignore[misc, arg-type]


@pytest.mark.parametrize(
    ("text", "time_ns"),
    [
        ("0s", BEGIN_NS),
        ("12.3s", BEGIN_NS + 12_300_000_000),
        ("1h30m", BEGIN_NS + 5_400 * NS_PER_SECOND),
        ("250ms", BEGIN_NS + 250_000_000),
        ("2d", BEGIN_NS + 172_800 * NS_PER_SECOND),
        ("9:00", at(2026, 6, 1, 9)),
        ("2026-06-02T9:04:07", at(2026, 6, 2, 9, 4, 7)),
        ("10:04", at(2026, 6, 1, 10, 4)),
        ("10:04:07", at(2026, 6, 1, 10, 4, 7)),
        ("10:04:07.000000001", at(2026, 6, 1, 10, 4, 7, ns=1)),
        ("07:04:07Z", at(2026, 6, 1, 10, 4, 7)),
        ("2026-06-02", at(2026, 6, 2)),
        ("2026-06-02T10:04", at(2026, 6, 2, 10, 4)),
        ("2026-06-02 10:04:07.5", at(2026, 6, 2, 10, 4, 7, ns=500_000_000)),
        ("2026-06-02T10:04:07+05:00", at(2026, 6, 2, 8, 4, 7)),
        ("2026-06-02T00:30:00-01:30", at(2026, 6, 2, 5)),
    ],
)
def test_a_time(text: str, time_ns: int) -> None:
    assert parse_moment(text, BEGIN_NS) == Moment(time_ns=time_ns)


def test_a_sequence_number() -> None:
    moment = parse_moment("1234", BEGIN_NS)
    assert moment == Moment(seq=1234)
    assert [moment.is_reached(seq, 0) for seq in (1233, 1234, 1235)] == [False, True, True]
    later = parse_moment("1s", BEGIN_NS)
    assert [later.is_reached(9, BEGIN_NS + more) for more in (0, NS_PER_SECOND)] == [False, True]


@pytest.mark.parametrize(
    "text",
    ["", "0", "-1", "soon", "25:00", "10:60", "10:04:60", "2026-02-30", "2026-6-1", "1s2", ":30", "100:00", "2026-06-019:00", "s", "1.s", "10:4", "+3s", "T10:04",
     "2026-06-01T", "2026-06-01Z", "10:04+15:00", "١s", "1e3s", "10:04 ", "1_0s", "99999999999999999999"],
)  # fmt: skip
def test_what_is_no_moment(text: str) -> None:
    with pytest.raises(MomentError, match="no moment"):
        parse_moment(text, BEGIN_NS)


def test_lengths() -> None:
    assert parse_length("1d2h3m4s5ms") == 93_784_005_000_000
    assert parse_length("1.5h") == 5_400 * NS_PER_SECOND
    assert parse_length("") is None


def test_random_times_as_the_standard_library_writes_them() -> None:
    chance = random.Random(7)
    for _ in range(300):
        zone = timezone(timedelta(minutes=chance.choice((0, 180, -210, 330, 765))))
        time = (
            datetime.fromtimestamp(chance.randrange(2**31), UTC)
            .astimezone(zone)
            .replace(microsecond=chance.randrange(10**6))
        )
        expected = int(time.replace(microsecond=0).timestamp()) * NS_PER_SECOND + time.microsecond * 1_000
        assert parse_moment(time.isoformat(), BEGIN_NS).time_ns == expected
