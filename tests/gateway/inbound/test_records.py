"""Records: names in pages, one of them counted in pieces, for those who supervise alone."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from compliance import rulebook_digest
from engine.vocabulary.codes import BUY, CONTINUOUS, GTC, LIMIT, RATE_OF_PARTICIPANT, SELL
from engine.vocabulary.limits import MAX_LISTED_RECORDS, NS_PER_SECOND, PIECE_EVENTS
from engine.vocabulary.messages.commands import (
    BustTrade,
    EffectiveFrom,
    LoadRulebook,
    NewOrder,
    OpenAccount,
    PublishWarning,
    RegisterContract,
    RegisterIntermediary,
    RegisterInvestor,
    RepriceTrade,
    SetApproval,
    SetKillSwitch,
    SetLimits,
    SetMarginRules,
    SetMarketHalt,
    SetParameter,
    SetRates,
    SetSchedule,
)
from engine.vocabulary.messages.events import ChangeScheduled, CommandProposed
from gateway.identity import Identities
from gateway.inbound import records
from gateway.inbound.admin import Sender, admin_command
from gateway.inbound.session import Session
from gateway.protocol.messages import Admin
from gateway.venue.venue import load_rulebook_documents
from tests.support.gateway.inprocess.bench import E8, Bench, answers, benched, enter, order
from tests.support.gateway.inprocess.session_words import heard

MANY = 2 * MAX_LISTED_RECORDS + 7


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    with benched(tmp_path, piece_events=PIECE_EVENTS) as bench:
        yield bench


def asked(bench: Bench, **question: Any) -> dict[str, Any]:
    session = bench.session("sue")
    ((reply,),) = [turn for turn in answers(bench, session, {"type": "records", "id": 1, **question}) if turn]
    assert (reply["type"], reply["id"]) == ("records", 1)
    return reply


def listed(bench: Bench, kind: str) -> list[str]:
    names: list[str] = []
    while True:
        reply = asked(bench, kind=kind, after=len(names))
        names += [each["name"] for each in reply["records"]]
        if not reply.get("more"):
            return names


def one(bench: Bench, kind: str, name: str) -> dict[str, Any]:
    """A record but for what is set of it, which has a test of its own."""
    (record,) = asked(bench, kind=kind, name=name)["records"]
    return {field: value for field, value in record.items() if field != "settings"}


def settings(bench: Bench, kind: str, name: str) -> dict[str, str]:
    (record,) = asked(bench, kind=kind, name=name)["records"]
    found: dict[str, str] = record.get("settings", {})
    return found


def test_every_kind_is_listed_in_the_order_in_which_it_came(bench: Bench) -> None:
    for number in range(MANY):
        bench.sequencer.sequence([OpenAccount(f"more-{number}", "alice", "alice")])
    assert listed(bench, "account") == ["alice", "bob", *[f"more-{number}" for number in range(MANY)]]
    assert listed(bench, "investor") == ["alice", "bob"]
    assert listed(bench, "participant") == ["alice", "bob", "sue", "otto"]
    assert listed(bench, "key") == ["alice main", "bob main", "sue main", "otto main"]
    assert listed(bench, "instrument") == ["BTC/RUB"]
    assert listed(bench, "asset") == ["RUB", "BTC"]
    assert listed(bench, "intermediary") == []
    assert listed(bench, "venue") == ["venue"]
    for kind in ("account", "parameter", "venue"):
        beyond = asked(bench, kind=kind, after=2**63 - 1)
        assert (beyond["records"], beyond.get("more")) == ([], None)
    rules = bench.started.exchange.hook.intake.table.rulebook.rules  # type: ignore[attr-defined]
    assert {name.partition(".")[0] for name in listed(bench, "parameter")} == set(rules)


def test_one_record_says_what_it_has(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    # In pieces of one account: the sums are the same.
    monkeypatch.setattr(records, "_PIECE", 1)
    bench.sequencer.sequence([OpenAccount("second", "bob", "alice")])
    enter(bench, "alice", 0, 5, levels=5)
    enter(bench, "bob", 0, 3, levels=3)
    assert one(bench, "investor", "alice") == {
        "name": "alice",
        "accounts": 2,
        "open_orders": 5,
        "kind": "firm",
        "investor_class": "qualified_firm",
    }
    assert one(bench, "participant", "bob") == {
        "name": "bob",
        "accounts": 2,
        "open_orders": 3,
        "role": "participant",
        "keys": ["main"],
    }
    assert one(bench, "venue", "venue") == {"name": "venue", "accounts": 3, "open_orders": 8}
    assert one(bench, "instrument", "BTC/RUB") == {"name": "BTC/RUB", "open_orders": 8, "phase": "continuous"}
    second = one(bench, "account", "second")
    assert (second["participant"], second["investor"], second["open_orders"]) == ("bob", "alice", 0)
    bench.sequencer.sequence([SetKillSwitch(1, "alice", True)])
    assert (one(bench, "investor", "alice")["killed"], one(bench, "venue", "venue")["open_orders"]) == (True, 3)
    assert asked(bench, kind="investor", name="nobody")["records"] == []


def test_a_trade_is_looked_up_by_its_number(bench: Bench) -> None:
    sides = (("alice", "buy"), ("bob", "sell"))
    for name, side in sides:
        bench.send(bench.session(name), order(name, 1, side=side))
        bench.turn()
    trade = one(bench, "trade", "1")
    assert trade == {
        "name": "1",
        "instrument": "BTC/RUB",
        "price": "90.0",
        "quantity": "0.1",
        "buyer": "alice",
        "seller": "bob",
    }
    for name in ("0", "2", "-1", "one", "9" * 30, "²"):
        assert asked(bench, kind="trade", name=name)["records"] == []


def test_a_change_says_what_waits_for_its_date(bench: Bench) -> None:
    exchange, sequence = bench.started.exchange, bench.sequencer.sequence
    later_ns = exchange.time_ns + 10**18
    changes: list[tuple[Any, dict[str, Any]]] = [
        (
            RegisterInvestor(
                "alice", 1, class_override="qualified_firm", identity_keys=("key",), owner_keys=(("key",),)
            ),
            {
                "investor": "alice",
                "kind": "firm",
                "class_override": "qualified_firm",
                "reason": "later",
            },
        ),
        (
            RegisterIntermediary("north", suspended=False, reason="own"),
            {
                "intermediary": "north",
                "suspended": False,
                "reason": "own",
            },
        ),
        (
            RegisterContract("7", "alice", "bob", "RUB", 150, "2026-01-01", "goods"),
            {
                "contract": "7",
                "payer": "alice",
                "payee": "bob",
                "asset": "RUB",
                "amount": "1.50",
                "concluded": "2026-01-01",
                "subject": "goods",
                "reason": "later",
            },
        ),
        (PublishWarning("a long text"), {"reason": "later"}),
        (LoadRulebook("elr-2025", load_rulebook_documents("elr-2025")[1]), {"name": "elr-2025", "reason": "later"}),
    ]
    for change, _ in changes:
        ((*_, events),) = sequence([EffectiveFrom(later_ns, change, "later", "sue")])
        assert isinstance(events[0], ChangeScheduled), events
    names = listed(bench, "change")
    found = [one(bench, "change", name) for name in names]
    assert names == [str(number) for number in exchange.changes]
    assert [each["arguments"] for each in found] == [arguments for _, arguments in changes]
    assert found[0]["command"] == "register_investor"
    assert [(each["by"], each["effective"]) for each in found] == [("sue", later_ns)] * len(changes)
    assert [len(each.get("digest", "")) for each in found] == [0, 0, 0, 0, 64]


def test_what_is_frozen_is_told_of_an_account_and_of_an_asset(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(records, "_PIECE", 1)
    assert one(bench, "asset", "BTC") == {"name": "BTC", "accounts": 2, "frozen_accounts": 0, "arrested_accounts": 0}
    account = bench.started.exchange.accounts["bob"]
    balance = account.balance(bench.started.exchange.assets["BTC"])
    balance.available, balance.frozen = balance.available - 150_000_000, 150_000_000
    assert one(bench, "asset", "BTC")["frozen"] == one(bench, "account", "bob")["frozen"] == {"BTC": "1.50000000"}
    assert one(bench, "asset", "BTC")["frozen_accounts"] == 1
    assert "frozen" not in one(bench, "account", "alice")


@pytest.mark.parametrize(
    ("name", "request_", "code"),
    [
        ("alice", {"kind": "investor"}, "not_allowed"),
        ("", {"kind": "investor"}, "not_logged_in"),
        ("sue", {"kind": "trade"}, "malformed"),
        ("sue", {"kind": "secret"}, "malformed"),
        ("sue", {"kind": "asset", "after": -1}, "malformed"),
    ],
)
def test_who_may_not_ask_so_is_told(bench: Bench, name: str, request_: dict[str, Any], code: str) -> None:
    session: Session = bench.session(name)
    session.receive(session.codec.encode({"type": "records", "id": 1, **request_}))
    (error,) = heard(session)
    assert (error["type"], error["code"]) == ("error", code)


def test_a_proposal_says_what_would_be_sent_as_it_was_asked_for(bench: Bench) -> None:
    """What the answer has as arguments, sent again, asks for the same command."""
    exchange, sequence = bench.started.exchange, bench.sequencer.sequence
    for name, side in (("alice", BUY), ("bob", SELL)):
        sequence([NewOrder(name, name, "1", "BTC/RUB", side, LIMIT, GTC, 100 * E8, E8)])
    sequence([SetApproval(("rulebooks", "trade_corrections"), "four eyes")])
    assert one(bench, "venue", "venue")["second"] == ["rulebooks", "trade_corrections"]
    parameter = SetParameter("OPS-1", "enabled", "false", "why", "sue")
    rulebook = LoadRulebook("elr-2025", load_rulebook_documents("elr-2025")[1], "sue")
    later_ns = exchange.time_ns + 10**18
    sent = [
        parameter,
        rulebook,
        EffectiveFrom(later_ns, parameter, "", "sue"),
        EffectiveFrom(later_ns, rulebook, "later", "sue"),
        SetApproval((), "enough", "sue"),
        BustTrade(1, "wrong", "sue"),
        RepriceTrade(1, 95 * E8 // 2, "wrong", "sue"),
    ]
    for command in sent:
        ((*_, events),) = sequence([command])
        assert isinstance(events[0], CommandProposed), events
    for name, command in zip(listed(bench, "proposal"), sent, strict=True):
        found = one(bench, "proposal", name)
        assert (found["by"], found["until"]) == ("sue", exchange.proposals[int(name)].until_ns)
        asks = Admin(id=1, command=found["command"], arguments=found["arguments"])
        assert admin_command(asks, Sender("sue", "supervisor"), exchange.assets, Identities.new()) == command
        is_rulebook = rulebook in (command, getattr(command, "change", None))
        assert found.get("digest") == (rulebook_digest(rulebook.name, rulebook.documents) if is_rulebook else None)


def test_one_name_says_all_that_is_set_of_it(bench: Bench) -> None:
    assert settings(bench, "participant", "alice") == {}
    spot = settings(bench, "instrument", "BTC/RUB")
    assert (spot["kind"], spot["batch"]) == ("spot", "0")
    assert not spot.keys() & {"schedule", "expiry", "mark_interval"}
    commands = (
        SetLimits("alice", 50, 10_000, 0),
        SetRates(RATE_OF_PARTICIPANT, "alice", 100, 200),
        SetSchedule("BTC/RUB", ((36_000, CONTINUOUS),)),
        SetMarketHalt(50_000, 60 * NS_PER_SECOND, ("BTC/RUB",)),
        SetMarginRules(90 * NS_PER_SECOND),
        RegisterIntermediary("north", True, 5_000, licence="045-1"),
    )
    bench.sequencer.sequence(list(commands))
    assert settings(bench, "participant", "alice") == {
        "orders_per_second": "50",
        "max_order_value": "10000",
        "max_order_to_trade": "0",
        "units_per_second": "100",
        "burst": "200",
    }
    assert settings(bench, "instrument", "BTC/RUB")["schedule"] == "10:00:00 continuous"
    assert settings(bench, "venue", "venue") == {
        "self_trade": "cancel_newest",
        "margin_grace": "90",
        "test": "false",
        "halt_threshold_ppm": "50000",
        "halt": "60",
        "halt_instruments": "BTC/RUB",
    }
    assert settings(bench, "intermediary", "north")["licence"] == "045-1"
    assert settings(bench, "investor", "alice")["kind"] == "firm"
    assert settings(bench, "account", "alice")["participant"] == "alice"
    assert settings(bench, "asset", "BTC")["scale"] == "8"
    # A list of names has none: it would be long.
    assert all("settings" not in each for each in asked(bench, kind="instrument")["records"])
