"""Whoever floods an audit has a few rows and a sum; nobody else loses one by it."""

from __future__ import annotations

from engine.vocabulary.limits import NS_PER_DAY, NS_PER_SECOND
from gateway.audit.audit import Caller
from gateway.audit.summing import (
    MAX_ADDRESSES,
    MAX_SHARES,
    MAX_SUMS,
    OF_ADDRESS,
    OF_PARTICIPANT,
    OF_STRANGERS,
    WINDOW_NS,
    Shares,
)

START_NS = 1_700_000_000 * NS_PER_SECOND


def stranger(address: str) -> Caller:
    return Caller("json", address, 1)


def participant(name: str) -> Caller:
    caller = stranger("192.0.2.1")
    caller.is_now(name, "participant", "ab")
    return caller


def test_a_flood_of_one_is_a_few_rows_and_one_that_says_how_many_there_were():
    shares = Shares()
    admitted = [shares.admit("login_failed", stranger("192.0.2.1"), START_NS + n * 1_000_000) for n in range(10_000)]
    assert admitted == [True] * OF_ADDRESS.burst + [False] * (10_000 - OF_ADDRESS.burst)
    assert shares.due(START_NS + 10 * NS_PER_SECOND) == []
    last_ns = START_NS + 9_999 * 1_000_000
    assert shares.due(START_NS + WINDOW_NS + NS_PER_SECOND) == [
        (
            True,
            {
                "kind": "same",
                "of": "login_failed",
                "count": 9_980,
                "from_ns": START_NS + 20 * 1_000_000,
                "until_ns": last_ns,
                "addresses": "192.0.2.1 9980",
                "others": 0,
            },
        )
    ]
    assert shares.due(START_NS + NS_PER_DAY) == []


def test_others_have_rows_while_one_floods():
    shares = Shares()
    for _ in range(1_000):
        shares.admit("login_failed", stranger("192.0.2.1"), START_NS)
        shares.admit("refused", participant("alice"), START_NS)
    assert shares.admit("login_failed", stranger("192.0.2.2"), START_NS)
    assert shares.admit("handshake_refused", stranger("192.0.2.1"), START_NS)
    assert shares.admit("refused", participant("bob"), START_NS)
    assert shares.admit("login", participant("alice"), START_NS)


def test_many_addresses_bring_no_more_rows_than_all_strangers_may_have():
    shares = Shares()
    callers = [stranger(f"10.{n // 65_536}.{n // 256 % 256}.{n % 256}") for n in range(20_000)]
    assert sum(shares.admit("login_failed", caller, START_NS) for caller in callers) == OF_STRANGERS.burst
    ((_, told),) = shares.due(START_NS, all_of_them=True)
    assert (told["count"], told["others"]) == (20_000 - OF_STRANGERS.burst, 20_000 - OF_STRANGERS.burst - 5)


def test_rows_come_back_with_time_and_over_a_day_there_is_a_bound():
    shares = Shares()
    rows = sum(shares.admit("login", participant("alice"), START_NS + n * NS_PER_SECOND) for n in range(86_400))
    assert rows == OF_PARTICIPANT.burst + (86_400 - 1) // 30


def test_a_clock_that_goes_back_gives_nothing_and_takes_nothing():
    shares = Shares()
    caller = participant("alice")
    for _ in range(OF_PARTICIPANT.burst):
        assert shares.admit("login", caller, START_NS)
    assert not shares.admit("login", caller, START_NS - NS_PER_DAY)
    assert not shares.admit("login", caller, START_NS - NS_PER_DAY + NS_PER_SECOND)
    assert shares.admit("login", caller, START_NS - NS_PER_DAY + 31 * NS_PER_SECOND)
    # A sum of the future is told at once, not in a day.
    assert len(shares.due(START_NS - 2 * NS_PER_DAY)) == 1


def test_what_is_remembered_has_a_bound():
    shares = Shares()
    for n in range(MAX_SHARES + 100):
        shares.admit("login_failed", stranger(f"10.0.{n // 256}.{n % 256}"), START_NS)
        for _ in range(OF_PARTICIPANT.burst + 1 if n < MAX_SUMS + 50 else 0):
            shares.admit("login", participant(f"p{n}"), START_NS)
    assert len(shares._left) <= MAX_SHARES
    told = shares.due(START_NS, all_of_them=True)
    # Those that share a sum have it under no name of their own: a sum for each kind.
    assert len(told) <= MAX_SUMS + 2
    assert sum(facts["count"] for _, facts in told if facts["of"] == "login") == MAX_SUMS + 50
    (failed,) = [facts for _, facts in told if facts["of"] == "login_failed"]
    assert failed["others"] <= failed["count"] - 5
    assert len(str(failed["addresses"]).split(", ")) == 5
    assert MAX_ADDRESSES >= 5
