"""Who waits for other newcomers, by what is known of its address."""

from __future__ import annotations

from engine.vocabulary.limits import (
    ARRIVALS_PER_SECOND_PER_ADDRESS,
    MAX_RATED_ADDRESSES,
    MAX_SOCKETS_PER_ADDRESS,
    NS_PER_SECOND,
    SUSPECT_NS,
)
from gateway.server.door.arrivals import Arrivals


def test_all_of_an_address_may_come_at_once_and_then_so_many_a_second():
    now = [0]
    arrivals = Arrivals(lambda: now[0])
    waited = [arrivals.must_wait("10.0.0.1") for _ in range(MAX_SOCKETS_PER_ADDRESS + 5)]
    assert waited == [False] * MAX_SOCKETS_PER_ADDRESS + [True] * 5
    assert not arrivals.must_wait("10.0.0.2")
    now[0] += NS_PER_SECOND
    waited = [arrivals.must_wait("10.0.0.1") for _ in range(ARRIVALS_PER_SECOND_PER_ADDRESS + 1)]
    assert waited == [False] * ARRIVALS_PER_SECOND_PER_ADDRESS + [True]


def test_an_address_of_which_one_went_that_never_logged_in_waits_for_a_while():
    now = [0]
    arrivals = Arrivals(lambda: now[0])
    assert not arrivals.must_wait("10.0.0.1")
    arrivals.went_unknown("10.0.0.1")
    now[0] += SUSPECT_NS - 1
    assert arrivals.must_wait("10.0.0.1")
    assert not arrivals.must_wait("10.0.0.2")
    now[0] += 1
    assert not arrivals.must_wait("10.0.0.1")


def test_what_is_known_of_addresses_has_a_bound():
    arrivals = Arrivals(lambda: 0)
    for number in range(MAX_RATED_ADDRESSES + 10):
        arrivals.must_wait(f"address {number}")
        arrivals.went_unknown(f"address {number}")
    assert len(arrivals._buckets) == len(arrivals._suspect_until_ns) == MAX_RATED_ADDRESSES
    # The last ones are known.
    assert arrivals.must_wait(f"address {MAX_RATED_ADDRESSES + 9}")
    assert not arrivals.must_wait("address 0")
