"""A replica made from the state of another one goes on as that one does: equal states, equal futures."""

from __future__ import annotations

import random

import pytest

from compliance.hook import ComplianceHook
from engine.record.rows import StoredRow, decode_rows, encode_batch
from gateway.core import new_exchange
from gateway.snapshots.replica import NotReplayed, Replica
from gateway.snapshots.sealed import SnapshotUnusable
from tests.support.engine.draws.everything import Everything

RULEBOOKS = ("general-2026", "elr-2025", "derivatives-2025")


def session(seed: int, commands: int) -> list[StoredRow]:
    """The rows of a random session of all there is."""
    drawn = Everything(seed, new_exchange(), RULEBOOKS[seed % len(RULEBOOKS)])
    rows = []
    begun = drawn.setup()
    for number in range(commands):
        command = begun[number] if number < len(begun) else drawn.step()
        events = drawn.send(command)
        rows.append((drawn.exchange.seq, drawn.history[-1].time_ns, command, events))
    return decode_rows(encode_batch(rows))


def compare(seed: int, commands: int, cuts: int) -> None:
    """One replica is fed all of a session; another is made again at some of its commands."""
    chance = random.Random(seed)
    whole, cut = Replica(new_exchange()), Replica(new_exchange())
    for row in session(seed, commands):
        for each in (whole, cut):
            each.feed([row])
            each.end_batch()
        if not whole.exchange.is_unfinished and chance.random() * commands < cuts:
            state = whole.state()
            assert cut.state() == state
            cut = Replica.restored(state, ComplianceHook())
            assert cut.state() == state
    if not whole.exchange.is_unfinished:
        assert cut.state() == whole.state()


@pytest.mark.parametrize("seed", range(2))
def test_a_replica_made_again_goes_on_as_if_nothing_had_been(seed):
    compare(seed, 400, 12)


@pytest.mark.soak
@pytest.mark.parametrize("seed", range(200, 240))
def test_a_replica_made_again_in_long_sessions(seed):
    compare(seed, 5_000, 50)


def test_a_row_that_comes_out_otherwise_is_named():
    rows = session(5, 60)
    replica = Replica(new_exchange())
    replica.feed(rows[:50])
    changed = (*rows[50][:3], rows[49][3])
    with pytest.raises(NotReplayed, match="sequence number 51"):
        replica.feed([changed])


def test_what_is_no_state_is_not_taken_for_one():
    for state in (b"", b"\x80", b"\xc1", Replica(new_exchange()).state()[:-1]):
        with pytest.raises(SnapshotUnusable, match="does not read"):
            Replica.restored(state, ComplianceHook())
