from __future__ import annotations

from typing import Any, get_args, get_type_hints

import msgspec
import pytest

from engine.build import is_compiled
from engine.vocabulary.codes import CROSS_BORDER
from engine.vocabulary.messages.commands import MassCancel, NewOrder, Transfer
from engine.vocabulary.messages.events import (
    AnyEvent,
    AssetIssued,
    ChangeEffective,
    CloseOutStarted,
    DeadManSet,
    DefaultDeclared,
    FundsMoved,
    HoldingFrozen,
    LossShared,
    MarginCalled,
    MarginRestored,
    MassCancelled,
    OrderAmended,
    OrderCancelled,
    OrderRejected,
    OrderStatus,
    RequestRejected,
    RulebookLoaded,
    Transferred,
    TransferStatus,
    VariationMargin,
)
from gateway.outbound.channels.drop_copy import DropCopy
from gateway.outbound.channels.outbox import Outbox
from gateway.outbound.fanout import Fanout
from gateway.outbound.private_reports.report import PrivateReport
from gateway.outbound.private_reports.reports import (
    _CONCERNS,
    _MARGIN,
    _MESSAGES,
    _ONE,
    _REFUSED,
    STATUSES,
    PrivateReports,
)
from gateway.protocol.formats import Formats
from gateway.protocol.messages import AnyReport
from gateway.protocol.wire import JSON, MSGPACK
from gateway.words.titles import RuleTitles
from tests.support.gateway.feeds.market_flow import ACCOUNTS, random_flow

ALL_EVENTS = get_args(AnyEvent)


def fed(rows) -> tuple[PrivateReports, list[PrivateReport]]:
    formats, found = Formats(), []
    reports = PrivateReports(formats, RuleTitles())
    for seq, time_ns, _, events in rows:
        for event in events:
            formats.learn(event)
        found += reports.follow(seq, time_ns, events)
    return reports, found


def plain(message) -> dict[str, Any]:
    decoded: dict[str, Any] = msgspec.json.decode(msgspec.json.encode(message))
    return decoded


def test_every_account_gets_a_dense_sequence_and_can_ask_again():
    rows, exchange = random_flow(1, 800)
    reports, found = fed(rows)
    for name in ACCOUNTS:
        own = [report for report in found if report.account == name and report.seq]
        assert [report.seq for report in own] == list(range(1, exchange.accounts[name].report_seq + 1))
        assert reports.last_seq(name) == len(own) > 100
        for after in (0, 1, 77, len(own)):
            assert reports.after(name, after, len(own)) == own[after:]
            assert reports.after(name, after, 9) == own[after : after + 9]
        assert reports.after(name, len(own) + 1, 1) is None
        assert reports.owners[name] == name
        messages = [plain(reports.message(report)) for report in own]
        assert [message["seq"] for message in messages] == [report.seq for report in own]
        ids = [message["exec_id"] for message in messages if "exec_id" in message]
        assert len(set(ids)) == len(ids)


@pytest.mark.skipif(is_compiled(), reason="a compiled module has its bounds built in")
def test_old_reports_are_let_go(monkeypatch):
    monkeypatch.setattr("gateway.outbound.private_reports.recent.MAX_RECENT_REPORTS", 50)
    rows, exchange = random_flow(1, 300)
    reports, _ = fed(rows)
    last = exchange.accounts["ann"].report_seq
    assert last > 60
    assert reports.after("ann", last - 51, 1) is None
    kept = reports.after("ann", last - 50, 30)
    assert kept is not None
    assert [report.seq for report in kept] == list(range(last - 49, last - 19))


def test_what_the_reports_say_adds_up():
    """Each order's fills, as reported, come to what its next report says is filled."""
    rows, _ = random_flow(2, 800)
    reports, found = fed(rows)
    filled: dict[int, int] = {}
    kinds = set()
    for report in found:
        message = plain(reports.message(report))
        if message["type"] != "execution_report":
            continue
        kinds.add(message["exec_type"])
        order_id = message["order_id"]
        if message["exec_type"] == "trade":
            filled[order_id] = filled.get(order_id, 0) + int(message["last_quantity"])
            assert message["order_status"] == ("filled" if message["leaves_quantity"] == "0" else "partially_filled")
        if "filled_quantity" in message:
            assert int(message["filled_quantity"]) == filled.get(order_id, 0)
            if message["exec_type"] != "cancelled":
                assert int(message["quantity"]) == filled.get(order_id, 0) + int(message["leaves_quantity"])
    assert kinds == {"new", "trade", "cancelled", "amended", "rejected"}


FORMATS_ROWS, _ = random_flow(1, 0)


@pytest.mark.parametrize(
    ("event", "expected"),
    [
        (
            OrderCancelled(7, "ann", 9, "c", "BTC/RUB", 0, 99, 2, 3, 3, 5, "SAN-1", "blocked"),
            {
                "exec_type": "cancelled",
                "side": "buy",
                "price": "99",
                "quantity": "5",
                "filled_quantity": "2",
                "leaves_quantity": "0",
                "reason": "compliance",
                "rule": "SAN-1",
                "detail": "blocked",
            },
        ),
        (
            OrderAmended(7, "ann", 9, "c", "BTC/RUB", 1, 99, 5, 2, 3, False),
            {
                "exec_type": "amended",
                "order_status": "partially_filled",
                "side": "sell",
                "quantity": "5",
                "filled_quantity": "2",
                "leaves_quantity": "3",
                "kept_priority": False,
            },
        ),
        (
            OrderRejected(7, "ann", 9, "c", "XMR/RUB", 12, "no", "ANON-1", "privacy", ("ANON-1", "LIQ-1")),
            {
                "exec_type": "rejected",
                "code": "compliance",
                "rule": "ANON-1",
                "rules": ["ANON-1", "LIQ-1"],
                "detail": "no",
            },
        ),
        (
            OrderStatus(7, "ann", "c", "BTC/RUB", 4, 0, 0, 0, 0, 0, 7),
            {"exec_type": "status", "order_status": "rejected", "code": "tick"},
        ),
        (
            OrderStatus(7, "ann", "c", "BTC/RUB", 2, 0, 99, 5, 5, 0),
            {"exec_type": "status", "order_status": "filled", "price": "99", "filled_quantity": "5"},
        ),
        (
            RequestRejected("ann", 9, 0, "c", 17, "gone"),
            {"type": "request_rejected", "account": "ann", "seq": 9, "client_order_id": "c", "code": "unknown_order"},
        ),
        (MassCancelled("ann", 9, 3), {"type": "mass_cancelled", "account": "ann", "seq": 9, "orders": 3}),
        (DeadManSet("ann", 9, 17), {"type": "dead_man", "account": "ann", "seq": 9, "until": 17}),
        (
            FundsMoved("ann", 9, "RUB", -150, 1, 20, "out"),
            {
                "type": "funds",
                "asset": "RUB",
                "amount": "-1.50",
                "available": "0.01",
                "reserved": "0.20",
                "reason": "out",
            },
        ),
        (
            VariationMargin("ann", 9, "BTC/RUB", -7, 104, -2_800, 50, 72_800),
            {
                "type": "variation_margin",
                "account": "ann",
                "seq": 9,
                "instrument": "BTC/RUB",
                "position": "-7",
                "price": "104",
                "asset": "RUB",
                "amount": "-28.00",
                "available": "0.50",
                "reserved": "728.00",
            },
        ),
        (
            MarginCalled("ann", 9, "RUB", 1_234, 77),
            {"type": "margin_call", "account": "ann", "seq": 9, "asset": "RUB", "missing": "12.34", "until": 77},
        ),
        (MarginRestored("ann", 9, "RUB"), {"type": "margin_restored", "account": "ann", "seq": 9, "asset": "RUB"}),
        (
            CloseOutStarted("ann", 9, "BTC/RUB", 5, "margin call"),
            {
                "type": "close_out",
                "account": "ann",
                "seq": 9,
                "instrument": "BTC/RUB",
                "position": "5",
                "reason": "margin call",
            },
        ),
        (
            DefaultDeclared("ann", 9, "BTC/RUB", "RUB", 1),
            {
                "type": "default",
                "account": "ann",
                "seq": 9,
                "instrument": "BTC/RUB",
                "asset": "RUB",
                "shortfall": "0.01",
            },
        ),
        (
            LossShared("ann", 9, "BTC/RUB", "RUB", 100),
            {
                "type": "loss_shared",
                "account": "ann",
                "seq": 9,
                "instrument": "BTC/RUB",
                "asset": "RUB",
                "amount": "1.00",
            },
        ),
        (TransferStatus("ann", "c", 7, 0), {"type": "transfer_status", "transfer_id": 7, "status": "carried_out"}),
        (TransferStatus("ann", "c", 7, 12), {"type": "transfer_status", "code": "compliance"}),
        (
            HoldingFrozen("ann", 9, "RUB", 300, 700, 0, "order of 06.03.2025"),
            {
                "type": "holding_frozen",
                "account": "ann",
                "seq": 9,
                "asset": "RUB",
                "frozen": "3.00",
                "available": "7.00",
                "reserved": "0.00",
                "reason": "order of 06.03.2025",
            },
        ),
        (
            AssetIssued("ann", 9, "RUB", "kappa", -500, 1_000, 700, 0),
            {
                "type": "asset_issued",
                "account": "ann",
                "seq": 9,
                "asset": "RUB",
                "issuer": "kappa",
                "amount": "-5.00",
                "outstanding": "10.00",
                "available": "7.00",
                "reserved": "0.00",
            },
        ),
    ],
)
def test_events_as_messages(event, expected):
    reports, _ = fed(FORMATS_ROWS)
    report = PrivateReport("ann", getattr(event, "report_seq", 0), event, (123, 456), 1)
    message = plain(reports.message(report, 55))
    assert {key: message[key] for key in expected} == expected
    assert message.get("id", 55) == 55
    if message["type"] == "execution_report":
        assert (message["exec_id"], message["transact_time"]) == ("123-1", 456)
        assert message.get("seq", 0) == report.seq


@pytest.mark.skipif(is_compiled(), reason="a compiled function has no hints to read")
def test_every_event_that_an_account_counts_is_a_report_of_the_protocol():
    counted = {kind: [field for field in kind.__struct_fields__ if field.endswith("report_seq")] for kind in ALL_EVENTS}
    told = {kind for kind, fields in counted.items() if fields}
    assert told == set(_MESSAGES) - set(STATUSES)
    alone = {kind for kind, concern in _CONCERNS.items() if concern in (_ONE, _REFUSED, _MARGIN)}
    assert {kind for kind, fields in counted.items() if fields == ["report_seq"]} == alone
    refusals = {kind for kind, concern in _CONCERNS.items() if concern == _REFUSED}
    assert refusals == {kind for kind in counted if {"rule", "rules", "report_seq"} <= {*kind.__struct_fields__}}
    made = {get_type_hints(make)["return"] for make in _MESSAGES.values()}
    assert made == set(get_args(AnyReport))


def test_each_side_of_a_transfer_learns_its_own_balance_only():
    rows, _ = random_flow(1, 0)
    fanout = Fanout()
    for seq, time_ns, command, events in rows:
        fanout.replay((seq, time_ns, command, events))
    ann, other, ben, drop_copy = Outbox(JSON), Outbox(MSGPACK), Outbox(JSON), Outbox(JSON)
    for outbox, name in ((ann, "ann"), (other, "ann"), (ben, "ben")):
        fanout.listen(outbox, name)
    fanout.channels.one(DropCopy).subscribers[drop_copy] = None
    seq = fanout.seq + 1
    first, second = fanout.reports.last_seq("ann") + 1, fanout.reports.last_seq("ben") + 1
    command = Transfer("ann", "ann", "mine", "ben", "RUB", 250, CROSS_BORDER, "contract 7")
    event = Transferred(seq, "ann", first, "ben", second, "mine", "RUB", 250, CROSS_BORDER, "contract 7", 111, 999)
    fanout.publish((seq, 5, command, [event]), ann, 55)
    common = {
        "type": "transferred",
        "transfer_id": seq,
        "from_account": "ann",
        "to_account": "ben",
        "asset": "RUB",
        "amount": "2.50",
        "purpose": "cross_border",
        "contract_reference": "contract 7",
    }
    sent = {**common, "account": "ann", "seq": first, "available": "1.11", "client_order_id": "mine"}
    received = {**common, "account": "ben", "seq": second, "available": "9.99"}
    assert heard(ann) == [{**sent, "id": 55}]
    assert heard(other) == [sent]
    assert heard(ben) == [received]
    assert heard(drop_copy) == [sent, received]
    assert [report.seq for report in fanout.reports.after("ben", second - 1, 2) or ()] == [second]
    # Sent again: the sender alone is told, without a number.
    fanout.publish((seq + 1, 6, command, [TransferStatus("ann", "mine", seq, 0)]), ann, 56)
    status = {
        "type": "transfer_status",
        "id": 56,
        "account": "ann",
        "client_order_id": "mine",
        "transfer_id": seq,
        "status": "carried_out",
    }
    assert [heard(outbox) for outbox in (ann, other, ben, drop_copy)] == [[status], [], [], []]


def test_a_rulebook_that_takes_effect_before_an_order_is_learned():
    rows, _ = random_flow(1, 0)
    fanout = Fanout()
    for seq, time_ns, command, events in rows:
        fanout.replay((seq, time_ns, command, events))
    order = NewOrder("ann", "ann", "c", "BTC/RUB", 0, 0, 0, 1, 1)
    seq = fanout.reports.last_seq("ann") + 1
    rejected = OrderRejected(fanout.seq + 1, "ann", seq, "c", "BTC/RUB", 7, "tick")
    due = [ChangeEffective(3), RulebookLoaded("new", "ab")]
    fanout.publish((fanout.seq + 1, 5, order, [*due, rejected]), Outbox(JSON), 1, len(due))
    assert (fanout.rulebook, fanout.rulebook_digest) == ("new", "ab")


# ── who hears what ─────────────────────────────────────────────────────────────────────────────────────────────────


def heard(outbox: Outbox) -> list[dict[str, Any]]:
    decode = msgspec.json.decode if outbox.codec is JSON else msgspec.msgpack.decode
    found = [decode(frame[2 if frame[1] < 126 else 4 :]) for frame in outbox.frames]
    outbox.frames.clear()
    return found


def test_the_fan_out_of_a_random_flow():
    """Every account's connections hear its reports in order, the sender has its reply, the drop copy has everything."""
    rows, exchange = random_flow(3, 600)
    fanout = Fanout()
    setup = next(index for index, row in enumerate(rows) if isinstance(row[2], NewOrder))
    for seq, time_ns, command, events in rows[:setup]:
        fanout.replay((seq, time_ns, command, events))
    first = {name: fanout.reports.last_seq(name) for name in ACCOUNTS}
    senders = {name: Outbox(JSON) for name in ACCOUNTS}
    listener, drop_copy = Outbox(MSGPACK), Outbox(JSON)
    for name, outbox in senders.items():
        fanout.listen(outbox, name)
    fanout.listen(listener, "ann")
    fanout.channels.one(DropCopy).subscribers[drop_copy] = None
    seen: dict[str, list[int]] = {name: [] for name in ACCOUNTS}
    also: list[int] = []
    copied: list[tuple[str, int]] = []
    for seq, time_ns, command, events in rows[setup:]:
        origin = senders.get(getattr(command, "participant", ""))
        fanout.publish((seq, time_ns, command, events), origin, seq)
        for name, outbox in senders.items():
            messages = heard(outbox)
            assert [each["id"] for each in messages if "id" in each] == ([seq] if outbox is origin else [])
            if isinstance(command, MassCancel) and outbox is origin:
                assert messages[-1]["id"] == seq
            seen[name] += [each["seq"] for each in messages if "seq" in each]
        also += [each["seq"] for each in heard(listener)]
        copied += [(each["account"], each["seq"]) for each in heard(drop_copy)]
    for name in ACCOUNTS:
        expected = list(range(first[name] + 1, exchange.accounts[name].report_seq + 1))
        assert seen[name] == expected
        assert [seq for account, seq in copied if account == name] == expected
    assert also == seen["ann"]
    fanout.forget(listener, "ann")
    assert fanout.connections_of("ann") == 1
