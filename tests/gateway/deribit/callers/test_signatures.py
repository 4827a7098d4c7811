"""Signatures: what is taken once, and how much is remembered for that."""

from __future__ import annotations

import pytest

from gateway.deribit.callers import signatures
from gateway.deribit.callers.signatures import AHEAD_MS, VALID_MS, Signatures, Signed, signature
from gateway.deribit.dialect.failures import Failure
from tests.support.gateway.outside.deribit_client import ALICE, BOB

KEYS = {key.client_id: key for key in (ALICE, BOB)}


class Clock:
    def __init__(self) -> None:
        self.now = 1_000_000_000_000

    def __call__(self) -> int:
        return self.now


def signed(clock: Clock, nonce: str, key=ALICE) -> Signed:
    ts = str(clock.now)
    return Signed(key.client_id, ts, signature(key.secret, f"{ts}\n{nonce}\n".encode()), nonce)


def test_each_is_taken_once_as_long_as_it_counts():
    clock = Clock()
    found = Signatures(KEYS, clock)
    one = signed(clock, "1")
    assert found.of_login(one, "") is ALICE
    found.use(ALICE, one)
    for step in (0, VALID_MS // 2, VALID_MS // 2):
        clock.now += step
        assert found.of_login(one, "") is ALICE
        with pytest.raises(Failure, match="unauthorized"):
            found.use(ALICE, one)
    # From then on it counts for nothing, and is forgotten when the next one comes after the time of clocks that are ahead.
    clock.now += AHEAD_MS + 1
    with pytest.raises(Failure, match="unauthorized"):
        found.of_login(one, "")
    found.use(ALICE, signed(clock, "2"))
    assert len(found._kept[ALICE.client_id]) == len(found._order[ALICE.client_id]) == 1


def test_what_is_remembered_is_bounded_and_costs_its_own_key_alone(monkeypatch):
    monkeypatch.setattr(signatures, "MAX_KEPT", 3)
    clock = Clock()
    found = Signatures(KEYS, clock)
    for nonce in "123":
        found.use(ALICE, signed(clock, nonce))
    with pytest.raises(Failure, match="too_many_requests"):
        found.use(ALICE, signed(clock, "4"))
    found.use(BOB, signed(clock, "4", BOB))
    clock.now += VALID_MS + AHEAD_MS + 1
    found.use(ALICE, signed(clock, "5"))


def test_none_from_before_the_port_was_opened_is_taken():
    clock = Clock()
    early = signed(clock, "1")
    clock.now += 1
    found = Signatures(KEYS, clock)
    assert found.of_login(early, "") is ALICE
    with pytest.raises(Failure, match="unauthorized"):
        found.use(ALICE, early)
    found.use(ALICE, signed(clock, "1"))
