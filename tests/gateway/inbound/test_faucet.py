"""Test money: no more than the venue file says, whatever waits, whoever asks, and however often the venue starts again."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from compliance.hook import ComplianceHook
from engine.vocabulary.limits import NS_PER_DAY
from engine.vocabulary.messages.commands import Deposit
from gateway.core import new_exchange
from gateway.inbound.session import Session
from gateway.journal.reader import JournalReader
from gateway.protocol.wire import JSON
from gateway.snapshots.replica import Replica
from tests.support.gateway.inprocess.bench import Bench, benched
from tests.support.gateway.inprocess.session_words import heard

FAUCET = '\n[faucet]\nRUB = "1000"\n'


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    with benched(tmp_path, FAUCET) as found:
        yield found


def request(number: int, **arguments: Any) -> dict[str, Any]:
    named = {"account": "alice", "asset": "RUB", "amount": "1"} | arguments
    return {"type": "admin", "id": number, "command": "faucet", "arguments": named}


def asked(bench: Bench, session: Session, *requests: dict[str, Any]) -> list[dict[str, Any]]:
    """The answers to requests that come at once."""
    for each in requests:
        session.receive(JSON.encode(each))
    bench.sequencer.submit(session)
    while bench.has_work:
        bench.turn()
    return [each for each in heard(session) if each["type"] in {"done", "error", "rejected"}]


def test_it_is_a_deposit_that_says_where_it_is_from(bench: Bench) -> None:
    alice = bench.session("alice")
    exchange = bench.started.exchange
    before = exchange.accounts["alice"].available(exchange.assets["RUB"])
    assert [each["type"] for each in asked(bench, alice, request(1, amount="250.5"))] == ["done"]
    command = bench.journaled()[-1][2]
    assert isinstance(command, Deposit)
    assert (command.account, command.asset, command.amount) == ("alice", "RUB", 25_050)
    assert (command.by, command.reason, command.origin) == ("alice", "faucet", "test money of the venue's faucet")
    assert exchange.accounts["alice"].available(exchange.assets["RUB"]) == before + 25_050


def test_what_waits_counts(bench: Bench) -> None:
    alice, other = bench.session("alice"), bench.session("alice")
    # None of them has reached the core when the next is asked for.
    for number in range(1, 4):
        alice.receive(JSON.encode(request(number, amount="300")))
    other.receive(JSON.encode(request(1, amount="300")))
    (refused,) = heard(other)
    assert refused["code"] == "not_allowed"
    assert "1000.00 RUB a day; 100.00 are left" in refused["detail"]
    assert [each["type"] for each in asked(bench, alice, request(4, amount="100"))] == ["done"] * 4
    assert asked(bench, other, request(2, amount="0.01"))[0]["code"] == "not_allowed"


def test_a_day_is_moscows(bench: Bench) -> None:
    alice = bench.session("alice")
    assert asked(bench, alice, request(1, amount="1000"))[0]["type"] == "done"
    assert asked(bench, alice, request(2))[0]["type"] == "error"
    bench.now_ns += NS_PER_DAY
    assert asked(bench, alice, request(3, amount="1000"))[0]["type"] == "done"
    assert asked(bench, alice, request(4))[0]["type"] == "error"


def test_what_a_rule_refuses_is_not_counted(tmp_path: Path) -> None:
    coin = '\n[[assets]]\nasset = "XMR"\nkind = "crypto"\nscale = 8\nprivacy = "default"\n[faucet]\nXMR = "5"\n'
    with benched(tmp_path, coin) as bench:
        alice = bench.session("alice")
        for number in (1, 2):
            (refused,) = asked(bench, alice, request(number, asset="XMR", amount="5"))
            # Not by the faucet, which has five left: by ANON-1, whatever the origin.
            assert (refused["type"], refused["code"]) == ("rejected", "compliance")
            assert "ANON-1" in refused["detail"]


@pytest.mark.parametrize(
    ("arguments", "code", "detail"),
    [
        ({"account": "bob"}, "not_allowed", "not an account of yours"),
        ({"account": "nobody"}, "not_allowed", "not an account of yours"),
        ({"asset": "BTC"}, "not_allowed", "of BTC the faucet gives none; of RUB it does"),
        ({"asset": "X"}, "not_allowed", "of X the faucet gives none"),
        ({"amount": "0"}, "malformed", "above zero"),
        ({"amount": "-1"}, "malformed", "arguments.amount"),
        ({"amount": "0.001"}, "malformed", "arguments.amount"),
        ({"amount": 5}, "malformed", "expected a string"),
        ({"origin": "mine"}, "malformed", "unknown name 'origin'"),
        ({"amount": "1000.01"}, "not_allowed", "1000.00 are left"),
    ],
)
def test_what_is_asked_wrongly(bench: Bench, arguments: dict[str, Any], code: str, detail: str) -> None:
    (error,) = asked(bench, bench.session("alice"), request(1, **arguments))
    assert (error["type"], error["code"]) == ("error", code)
    assert detail in error["detail"]
    seq = bench.started.exchange.seq
    assert seq == bench.journaled()[-1][0]


def test_who_is_no_participant_has_none(bench: Bench) -> None:
    (error,) = asked(bench, bench.session("otto"), request(1))
    assert error["code"] == "not_allowed"


def test_a_venue_that_is_not_for_tests_gives_none(tmp_path: Path) -> None:
    with benched(tmp_path) as bench:
        (error,) = asked(bench, bench.session("alice"), request(1))
    assert error["code"] == "not_allowed"
    assert "[faucet]" in error["detail"]


def test_a_start_and_a_snapshot_know_it(bench: Bench) -> None:
    alice = bench.session("alice")
    asked(bench, alice, request(1, amount="700"))
    time_ns = bench.started.exchange.time_ns
    replica = Replica(new_exchange())
    for batch in JournalReader(bench.directory / "journal").batches():
        replica.feed(batch)
        replica.end_batch()
    restored = Replica.restored(replica.state(), ComplianceHook())
    for each in (replica, restored):
        assert each.fanout.given.taken("alice", "RUB", time_ns) == 70_000
        assert each.fanout.given.taken("bob", "RUB", time_ns) == 0
        assert each.fanout.given.taken("alice", "RUB", time_ns + NS_PER_DAY) == 0
