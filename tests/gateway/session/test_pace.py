"""The pace of a session that is shown again."""

from __future__ import annotations

import pytest

from gateway.session.pace import MAX, STEP, Pace, Speed, SpeedError, parse_speed

BEGIN_NS = 1_000_000_000


class Hand:
    """A clock that is moved by hand."""

    def __init__(self) -> None:
        self.ns = 77

    def __call__(self) -> int:
        return self.ns


@pytest.mark.parametrize(
    ("text", "speed"),
    [
        ("1x", Speed("1x", 1_000)),
        ("10x", Speed("10x", 10_000)),
        ("0.5x", Speed("0.5x", 500)),
        ("1.25x", Speed("1.25x", 1_250)),
        ("0.001x", Speed("0.001x", 1)),
        ("999999x", Speed("999999x", 999_999_000)),
        ("max", MAX),
        ("step", STEP),
    ],
)
def test_speeds_as_people_write_them(text: str, speed: Speed) -> None:
    assert parse_speed(text) == speed


@pytest.mark.parametrize(
    "text", ["", "x", "10", "0x", "0.000x", "-1x", "1.x", ".5x", "1e3x", "٣x", "1.0001x", "Max", "10x\n", "1000000x"]
)
def test_what_is_no_speed_is_told_what_is(text: str) -> None:
    with pytest.raises(SpeedError, match="max, or step"):
        parse_speed(text)


def test_ten_times_as_fast_is_a_tenth_of_the_time() -> None:
    clock = Hand()
    pace = Pace(clock, BEGIN_NS, parse_speed("10x"))
    assert pace.due_in_ns(BEGIN_NS) == 0
    assert pace.due_in_ns(BEGIN_NS + 1_000) == 100
    # Not a nanosecond too early.
    assert pace.due_in_ns(BEGIN_NS + 1_001) == 101
    clock.ns += 60
    assert (pace.now_ns, pace.due_in_ns(BEGIN_NS + 1_000)) == (BEGIN_NS + 600, 40)
    clock.ns += 40
    assert (pace.now_ns, pace.due_in_ns(BEGIN_NS + 1_000)) == (BEGIN_NS + 1_000, 0)
    # Who is late to carry it out does not hold up the session's time.
    clock.ns += 5
    pace.reached(BEGIN_NS + 1_000)
    assert (pace.now_ns, pace.due_in_ns(BEGIN_NS + 2_000)) == (BEGIN_NS + 1_050, 95)


def test_half_as_fast_is_twice_the_time() -> None:
    pace = Pace(Hand(), BEGIN_NS, parse_speed("0.5x"))
    assert pace.due_in_ns(BEGIN_NS + 7) == 14


def test_a_session_of_years_goes_by_without_an_error_of_a_nanosecond() -> None:
    clock = Hand()
    pace = Pace(clock, BEGIN_NS, parse_speed("0.001x"))
    clock.ns += 10**18
    assert pace.now_ns == BEGIN_NS + 10**15
    assert pace.due_in_ns(BEGIN_NS + 10**15 + 1) == 1_000


def test_at_max_everything_is_due_and_the_time_is_that_of_the_last_command() -> None:
    clock = Hand()
    pace = Pace(clock, BEGIN_NS, MAX)
    assert pace.due_in_ns(BEGIN_NS + 10**18) == 0
    clock.ns += 5
    assert pace.now_ns == BEGIN_NS
    pace.reached(BEGIN_NS + 10**18)
    assert pace.now_ns == BEGIN_NS + 10**18


def test_step_by_step_a_command_is_due_when_it_was_asked_for() -> None:
    clock = Hand()
    pace = Pace(clock, BEGIN_NS, STEP)
    assert pace.due_in_ns(BEGIN_NS) is None
    pace.step()
    pace.step()
    clock.ns += 5
    for time_ns in (BEGIN_NS, BEGIN_NS + 10**9):
        assert pace.due_in_ns(time_ns) == 0
        pace.reached(time_ns)
        assert pace.now_ns == time_ns
    assert pace.due_in_ns(BEGIN_NS + 10**9) is None
    assert not pace.is_paused


@pytest.mark.parametrize("speed", [parse_speed("10x"), MAX, STEP])
def test_a_pause_holds_and_what_was_missed_is_not_made_up_for(speed: Speed) -> None:
    clock = Hand()
    pace = Pace(clock, BEGIN_NS, speed)
    due_ns = pace.due_in_ns(BEGIN_NS + 1_000)
    pace.pause()
    assert pace.is_paused
    clock.ns += 10_000
    assert (pace.now_ns, pace.due_in_ns(BEGIN_NS + 1_000)) == (BEGIN_NS, None)
    pace.go_on()
    assert not pace.is_paused
    assert (pace.now_ns, pace.due_in_ns(BEGIN_NS + 1_000)) == (BEGIN_NS, due_ns)


@pytest.mark.parametrize("speed", [parse_speed("10x"), MAX])
def test_a_step_pauses_and_lets_one_command_come(speed: Speed) -> None:
    clock = Hand()
    pace = Pace(clock, BEGIN_NS, speed)
    pace.step()
    assert pace.is_paused
    assert pace.due_in_ns(BEGIN_NS + 1_000) == 0
    pace.reached(BEGIN_NS + 1_000)
    assert (pace.now_ns, pace.due_in_ns(BEGIN_NS + 1_000)) == (BEGIN_NS + 1_000, None)
    clock.ns += 10
    pace.go_on()
    assert pace.due_in_ns(BEGIN_NS + 2_000) == (100 if speed.thousandths else 0)


def test_going_on_forgets_the_steps_that_did_not_come() -> None:
    pace = Pace(Hand(), BEGIN_NS, parse_speed("10x"))
    pace.step()
    pace.go_on()
    assert pace.due_in_ns(BEGIN_NS + 1_000) == 100


def test_a_jump_is_there_at_once_forward_and_back() -> None:
    clock = Hand()
    pace = Pace(clock, BEGIN_NS, parse_speed("10x"))
    clock.ns += 100
    pace.jump(BEGIN_NS + 10**9)
    assert (pace.now_ns, pace.due_in_ns(BEGIN_NS + 10**9 + 10)) == (BEGIN_NS + 10**9, 1)
    pace.pause()
    pace.jump(BEGIN_NS)
    clock.ns += 100
    assert (pace.now_ns, pace.due_in_ns(BEGIN_NS), pace.is_paused) == (BEGIN_NS, None, True)


def test_another_speed_goes_on_from_where_it_stands() -> None:
    clock = Hand()
    pace = Pace(clock, BEGIN_NS, parse_speed("10x"))
    clock.ns += 100
    pace.set_speed(parse_speed("2x"))
    assert pace.due_in_ns(BEGIN_NS + 1_010) == 5
    pace.set_speed(MAX)
    pace.reached(BEGIN_NS + 5_000)
    clock.ns += 100
    pace.set_speed(parse_speed("1x"))
    clock.ns += 3
    assert pace.now_ns == BEGIN_NS + 5_003
