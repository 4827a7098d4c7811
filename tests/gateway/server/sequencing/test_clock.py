"""The venue's clock, on sources that a test turns: whatever becomes of the machine's date, time goes on at its pace."""

from __future__ import annotations

import logging
import re
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.vocabulary.limits import MAX_AHEAD_NS, MAX_BEHIND_NS, NS_PER_DAY, NS_PER_SECOND, SLEW_PART, SLEW_SPAN_NS
from engine.vocabulary.messages.commands import SetLimits
from gateway.core import new_exchange
from gateway.server.sequencing.clock import VenueClock, jump_problem, steady_ns
from gateway.server.sequencing.sequencer import Sequencer
from gateway.server.sequencing.startup import StartError, start_venue
from tests.support.gateway.inprocess.bench import Bench, order
from tests.support.gateway.inprocess.session_words import said
from tests.support.gateway.venues.small_venue import small_venue

START_NS = 1_800_000_000 * NS_PER_SECOND
HOUR_NS = 3_600 * NS_PER_SECOND


class Machine:
    """A machine's two clocks."""

    def __init__(self) -> None:
        self.steady_ns = 5 * NS_PER_SECOND
        self.wall_ns = START_NS

    def run(self, duration_ns: int) -> None:
        self.steady_ns += duration_ns
        self.wall_ns += duration_ns

    def clock(self, last_ns: int = 0) -> VenueClock:
        return VenueClock(last_ns, lambda: self.steady_ns, lambda: self.wall_ns)


@pytest.fixture
def machine():
    return Machine()


def run(machine: Machine, clock: VenueClock, duration_ns: int, look_ns: int = NS_PER_SECOND) -> int:
    """Let time pass, the clock looked at now and then; returns what it says at the end."""
    for _ in range(duration_ns // look_ns):
        machine.run(look_ns)
        clock()
    return clock()


def test_undisturbed_it_is_the_wall_clock(machine):
    clock = machine.clock()
    assert clock() == START_NS
    for duration_ns in (1, 999, NS_PER_SECOND, 3 * NS_PER_DAY):
        machine.run(duration_ns)
        assert clock() == clock() == machine.wall_ns


@pytest.mark.parametrize("step_ns", [HOUR_NS, -HOUR_NS, 400 * NS_PER_DAY, -400 * NS_PER_DAY, NS_PER_SECOND // 2])
def test_a_step_is_neared_by_a_hundredth_of_what_passes(machine, step_ns):
    clock = machine.clock()
    machine.wall_ns += step_ns
    assert clock() == START_NS
    way = 1 if step_ns > 0 else -1
    hundredth = HOUR_NS // SLEW_PART
    expected = START_NS + HOUR_NS + way * min(hundredth, abs(step_ns))
    assert run(machine, clock, HOUR_NS) == expected


@pytest.mark.parametrize("step_ns", [HOUR_NS, -HOUR_NS])
def test_a_step_that_stays_is_made_up_for(machine, step_ns):
    clock = machine.clock()
    machine.wall_ns += step_ns
    assert run(machine, clock, 101 * HOUR_NS, 10 * NS_PER_SECOND) == machine.wall_ns


def test_a_glitch_of_400_days_leaves_nothing(machine):
    clock = machine.clock()
    machine.wall_ns += 400 * NS_PER_DAY
    run(machine, clock, 60 * NS_PER_SECOND)
    machine.wall_ns -= 400 * NS_PER_DAY
    assert clock() - machine.wall_ns == 60 * NS_PER_SECOND // SLEW_PART
    assert run(machine, clock, 61 * NS_PER_SECOND) == machine.wall_ns


def test_sleep_counts_and_makes_up_for_no_more_than_a_waking_minute(machine):
    clock = machine.clock()
    machine.run(14 * NS_PER_DAY)
    assert clock() == machine.wall_ns
    machine.wall_ns += HOUR_NS
    machine.run(14 * NS_PER_DAY)
    assert clock() == machine.wall_ns - HOUR_NS + SLEW_SPAN_NS // SLEW_PART


def test_the_steady_clock_counts_what_the_machine_slept_where_the_system_has_such_a_one():
    source = getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC)
    before = time.clock_gettime_ns(source)
    assert before <= steady_ns() <= time.clock_gettime_ns(source)


STEPS = st.lists(
    st.tuples(
        st.integers(0, 100 * NS_PER_SECOND),
        st.one_of(st.just(0), st.integers(-(10**18), 10**18), st.integers(-(10**9), 10**9)),
    ),
    max_size=30,
)


@given(steps=STEPS, last_ns=st.integers(START_NS - 10**15, START_NS + 10**15))
def test_whatever_the_wall_clock_does_the_pace_is_bounded(steps, last_ns):
    machine = Machine()
    clock = machine.clock(last_ns)
    before = clock()
    assert before >= last_ns
    for passed_ns, step_ns in steps:
        machine.run(passed_ns)
        machine.wall_ns += step_ns
        now = clock()
        share = min(passed_ns, SLEW_SPAN_NS) // SLEW_PART
        assert passed_ns - share <= now - before <= passed_ns + share
        before = now


def test_a_start_behind_the_journal_goes_on_from_it_and_does_not_stand_still(machine, caplog):
    clock = machine.clock(START_NS + HOUR_NS)
    assert clock() == START_NS + HOUR_NS
    assert run(machine, clock, 100 * NS_PER_SECOND) == START_NS + HOUR_NS + 99 * NS_PER_SECOND
    assert [record.levelno for record in caplog.records] == [logging.WARNING]
    said = caplog.records[0].getMessage()
    assert re.match("the machine's clock is behind the journal's last time.*3600.000 s ahead of", said)


def test_each_step_is_told_once_and_no_flood_of_them(machine, caplog):
    clock = machine.clock()
    run(machine, clock, 120 * NS_PER_SECOND)
    assert caplog.records == []
    machine.wall_ns -= HOUR_NS
    run(machine, clock, 600 * NS_PER_SECOND)
    told = (
        "set back by 3600.000 s. The venue's time goes on steadily: "
        "it is 3599.990 s ahead of that clock now, and nears it in 100.0 hours"
    )
    assert [record.getMessage() for record in caplog.records] == [f"the machine's clock was {told}"]
    caplog.clear()
    # Steps that are small each, but not together.
    for _ in range(4):
        machine.wall_ns += 300_000_000
        run(machine, clock, 10 * NS_PER_SECOND)
    assert [record.getMessage()[:49] for record in caplog.records] == [
        "the machine's clock was set forward by 1.200 s. T"
    ]
    caplog.clear()
    for _ in range(300):
        machine.wall_ns += HOUR_NS
        run(machine, clock, NS_PER_SECOND)
        machine.wall_ns -= HOUR_NS
        run(machine, clock, NS_PER_SECOND)
    assert len(caplog.records) <= 11


def test_a_clock_set_back_starves_no_rate_limit(tmp_path, machine):
    venue = small_venue()
    started = start_venue(venue, tmp_path, "os", new_exchange, wall=lambda: machine.wall_ns)
    bench = Bench(venue, started, tmp_path)
    bench.sequencer = Sequencer(
        started.exchange, started.writer, started.fanout, tmp_path, machine.clock(started.exchange.time_ns)
    )
    bench.sequencer.sequence([SetLimits("alice", 1)])
    alice = bench.session("alice")

    def enter(number: int) -> str:
        bench.send(alice, order("alice", number))
        bench.turn()
        return str(said(alice)[0]["exec_type"])

    machine.run(2 * NS_PER_SECOND)
    assert [enter(1), enter(2)] == ["new", "rejected"]
    machine.wall_ns -= HOUR_NS
    assert enter(3) == "rejected"
    machine.run(1_100_000_000)
    assert enter(4) == "new"
    started.writer.close()


# ── starting far from the journal's last time ──────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("away_ns", "words"),
    [
        (0, ""),
        (-MAX_BEHIND_NS, ""),
        (MAX_AHEAD_NS, ""),
        (-MAX_BEHIND_NS - 1, "1.0 days behind the journal's last time, and up to 1 are"),
        (MAX_AHEAD_NS + 1, "14.0 days ahead of the journal's last time, and up to 14 are"),
    ],
)
def test_how_far_away_a_start_may_be(away_ns, words):
    problem = jump_problem(START_NS, START_NS + away_ns)
    assert words in problem if words else problem == ""
    assert jump_problem(0, START_NS + away_ns) == ""


@pytest.mark.parametrize("days", [15, -2, 400, -400])
def test_a_start_far_away_is_refused_unless_it_is_accepted(tmp_path, machine, days):
    def start(**options):
        return start_venue(small_venue(), tmp_path, "os", new_exchange, wall=lambda: machine.wall_ns, **options)

    started = start()
    seq, last_ns = started.exchange.seq, started.exchange.time_ns
    started.writer.close()
    machine.wall_ns += days * NS_PER_DAY
    before = {path.name: path.read_bytes() for path in (tmp_path / "journal").iterdir()}
    with pytest.raises(StartError, match=f"{abs(days)}.0 days .* start with --accept-jump"):
        start()
    assert {path.name: path.read_bytes() for path in (tmp_path / "journal").iterdir()} == before
    started = start(accept_jump=True)
    assert started.exchange.seq == seq
    assert started.sequencer.now_ns >= max(last_ns, machine.wall_ns)
    started.writer.close()
