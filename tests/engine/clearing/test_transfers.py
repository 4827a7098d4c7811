"""Transfers and requests for delivery in the core: whole event lists, the order of checks, resent requests (P5)."""

from __future__ import annotations

import msgspec
import pytest

from engine.state.hook import Failure, Verdict
from engine.vocabulary import codes
from engine.vocabulary.limits import MAX_CLIENT_ORDER_IDS_PER_DAY, NS_PER_DAY
from engine.vocabulary.messages.commands import (
    CancelOrder,
    Deposit,
    FreezeAsset,
    ListInstrument,
    MassQuote,
    NewBracket,
    NewOrderPair,
    RequestDelivery,
    SetKillSwitch,
    Tick,
    Transfer,
)
from engine.vocabulary.messages.events import (
    OrderRejected,
    OrderStatus,
    RequestRejected,
    Transferred,
    TransferStatus,
)
from engine.vocabulary.said import said
from tests.support.engine.desks.desk import E8
from tests.support.engine.desks.holding_desk import Rules, desk_with, holding, move, order, refused, reports


def test_a_transfer_moves_what_is_available_and_is_reported_to_both() -> None:
    hook = Rules()
    desk = desk_with(hook)
    ann, bob = reports(desk, "ann"), reports(desk, "bob")
    command = Transfer("ann", "ann", "t1", "bob", "BTC", 30, codes.CROSS_BORDER, "contract 7")
    events = desk.send(command)
    transfer_id = desk.exchange.seq
    expected = Transferred(
        transfer_id, "ann", ann + 1, "bob", bob + 1, "t1", "BTC", 30, codes.CROSS_BORDER, "contract 7", 70, 130
    )
    assert events == [expected]
    assert hook.asked[-1] == command
    assert hook.seen[-1] == expected
    assert (reports(desk, "ann"), reports(desk, "bob")) == (ann + 1, bob + 1)
    desk.exchange.check()


def test_a_transfer_between_accounts_of_one_participant_numbers_both_reports() -> None:
    desk = desk_with()
    first, second = reports(desk, "ann"), reports(desk, "ann.2")
    (event,) = desk.send(move(to="ann.2", purpose=codes.OWN_ACCOUNT))
    assert isinstance(event, Transferred)
    assert (event.from_report_seq, event.to_report_seq) == (first + 1, second + 1)


@pytest.mark.parametrize(
    ("command", "code", "detail"),
    [
        (move(participant="bob"), "permission", "participant bob does not operate account ann"),
        (move(account="nobody"), "permission", "participant ann does not operate account nobody"),
        (move(asset="GAS"), "invalid", "unknown asset GAS"),
        (move(to="nobody"), "unknown_account", "unknown account nobody"),
        (move(to="ann"), "invalid", "a transfer goes to another account"),
        (move(purpose=3), "invalid", "unknown purpose"),
        (move(purpose=-1), "invalid", "unknown purpose"),
        (move(purpose=codes.OWN_ACCOUNT), "invalid", "bob is not an account of investor ann"),
        (move(amount=0), "size", "the amount must be positive"),
        (move(amount=-1), "size", "the amount must be positive"),
        (move(amount=101), "funds", "needs 101 BTC, available 100"),
    ],
)
def test_what_a_transfer_is_refused_for(command: Transfer, code: str, detail: str) -> None:
    desk = desk_with()
    assert refused(desk, command) == (code, detail)


def test_all_that_is_available_can_be_moved_and_not_one_unit_that_is_reserved_or_frozen() -> None:
    desk = desk_with()
    desk.send(order("o1", codes.SELL, 30, 200))
    desk.send(FreezeAsset("BTC", 100_000, "ann"))
    assert holding(desk, "ann", "BTC") == (60, 30, 10)
    said = "needs 61 BTC, available 60; 10 are frozen (FRZ-1), until the issuer or a supervisor lets go of them"
    assert refused(desk, move("t1", amount=61)) == ("funds", said)
    assert isinstance(desk.send(move("t2", amount=60))[0], Transferred)
    assert holding(desk, "ann", "BTC") == (0, 30, 10)
    desk.exchange.check()


def test_checks_stand_in_their_order() -> None:
    """Each step mends the first fault of a transfer that has them all; the next one shows."""
    hook = Rules()
    hook.verdict = Verdict([Failure("R-1", said("post_only.trades")), Failure("R-2", said("self_trade.meets"))])
    desk = desk_with(hook)
    desk.send(order("used", codes.BUY, 1, 10))
    desk.send(SetKillSwitch(codes.SCOPE_PARTICIPANT, "ann", True))
    faulty = move("used", "ann", -1, asset="GAS", participant="bob")
    codes_seen = []
    for mend in (
        {},
        {"participant": "ann"},
        {"client_order_id": "a"},
        {"client_order_id": "b", "asset": "BTC", "to_account": "bob"},
    ):
        faulty = msgspec.structs.replace(faulty, **mend)
        codes_seen.append(refused(desk, faulty)[0])
    desk.send(SetKillSwitch(codes.SCOPE_PARTICIPANT, "ann", False))
    codes_seen.append(refused(desk, msgspec.structs.replace(faulty, client_order_id="c"))[0])
    codes_seen.append(refused(desk, msgspec.structs.replace(faulty, client_order_id="d", amount=1000))[0])
    hook.verdict = None
    codes_seen.append(refused(desk, msgspec.structs.replace(faulty, client_order_id="e", amount=1000))[0])
    assert codes_seen == ["permission", "duplicate_id", "invalid", "kill_switch", "size", "compliance", "funds"]


def test_compliance_names_its_rules() -> None:
    hook = Rules()
    hook.verdict = Verdict([Failure("R-1", said("post_only.trades")), Failure("R-2", said("self_trade.meets"))])
    desk = desk_with(hook)
    seq = reports(desk, "ann")
    assert desk.send(move()) == [
        RequestRejected(
            "ann",
            seq + 1,
            0,
            "t1",
            codes.COMPLIANCE,
            "a post-only order would trade at once",
            "R-1",
            "",
            ("R-1", "R-2"),
        )
    ]


@pytest.mark.parametrize(
    ("scope", "key", "stops"),
    [
        (codes.SCOPE_VENUE, "", True),
        (codes.SCOPE_PARTICIPANT, "ann", True),
        (codes.SCOPE_INVESTOR, "ann", True),
        (codes.SCOPE_INVESTOR, "bob", True),
        (codes.SCOPE_PARTICIPANT, "bob", False),
        (codes.SCOPE_INSTRUMENT, "BTC/RUB", False),
    ],
)
def test_kill_switches(scope: int, key: str, stops: bool) -> None:
    desk = desk_with()
    desk.send(SetKillSwitch(scope, key, True))
    (event,) = desk.send(move())
    if stops:
        assert isinstance(event, RequestRejected)
        assert event.code == codes.KILL_SWITCH
        name = f"{codes.SCOPES[scope]} {key}".rstrip()
        assert event.detail.startswith(f"the kill switch of {name} is on: until it is off")
    else:
        assert isinstance(event, Transferred)


def test_a_resent_transfer_is_answered_and_not_done_again() -> None:
    desk = desk_with()
    desk.send(move())
    transfer_id, seq = desk.exchange.seq, reports(desk, "ann")
    before = holding(desk, "ann", "BTC")
    assert desk.send(move()) == [TransferStatus("ann", "t1", transfer_id, codes.OK)]
    assert (holding(desk, "ann", "BTC"), reports(desk, "ann")) == (before, seq)


def test_a_refused_transfer_uses_up_its_id() -> None:
    desk = desk_with()
    assert refused(desk, move(amount=101))[0] == "funds"
    transfer_id = desk.exchange.seq
    desk.send(Deposit("ann", "BTC", 1))
    assert desk.send(move(amount=101)) == [TransferStatus("ann", "t1", transfer_id, codes.FUNDS)]
    assert refused(desk, move(amount=5)) == (
        "duplicate_id",
        f"client order id t1 was used today for transfer {transfer_id}",
    )


@pytest.mark.parametrize(
    "change", [{"amount": 6}, {"to_account": "ann.2"}, {"asset": "RUB"}, {"purpose": 2}, {"contract_reference": "7"}]
)
def test_the_same_id_with_other_content_is_a_duplicate(change: dict[str, int | str]) -> None:
    desk = desk_with()
    desk.send(move())
    transfer_id = desk.exchange.seq
    assert refused(desk, msgspec.structs.replace(move(), **change))[0] == "duplicate_id"
    # And what was refused for it did not take the place of the first.
    assert desk.send(move()) == [TransferStatus("ann", "t1", transfer_id, codes.OK)]


def test_accounts_have_ids_of_their_own() -> None:
    desk = desk_with()
    desk.send(move())
    (event,) = desk.send(move(account="bob", to="ann", participant="bob"))
    assert isinstance(event, Transferred)


def test_a_transfer_can_not_use_the_id_of_an_order() -> None:
    desk = desk_with()
    desk.send(order("x", codes.BUY, 1, 10))
    assert refused(desk, move("x")) == (
        "duplicate_id",
        f"client order id x was used today for order {desk.exchange.seq - 1}",
    )
    (status,) = desk.send(order("x", codes.BUY, 1, 10))
    assert isinstance(status, OrderStatus)


def test_an_order_can_not_use_the_id_of_a_transfer() -> None:
    desk = desk_with()
    desk.send(move("x"))
    detail = f"client order id x was used today for transfer {desk.exchange.seq}"
    (event,) = desk.send(order("x", codes.BUY, 1, 10))
    assert isinstance(event, OrderRejected)
    assert (event.code, event.detail) == (codes.DUPLICATE_ID, detail)
    quote = MassQuote("ann", "ann", "q", "BTC/RUB", ((10 * E8, E8),), ())
    desk.send(move("q:b0"))
    assert refused(desk, quote) == ("duplicate_id", "quote id q was used today")
    assert refused(desk, CancelOrder("ann", "ann", 0, "x"))[0] == "unknown_order"
    desk.exchange.check()


def test_a_list_of_orders_can_not_use_the_id_of_a_transfer() -> None:
    desk = desk_with()
    desk.send(move("s"))
    stop = msgspec.structs.replace(
        order("s", codes.SELL, 1, 0), order_type=codes.STOP, price_e8=0, stop_price_e8=90 * E8
    )
    limit = order("l", codes.SELL, 1, 110)
    events = desk.send(NewOrderPair("ann", "ann", limit, stop))
    assert [(type(event), getattr(event, "client_order_id", ""), getattr(event, "code", 0)) for event in events] == [
        (OrderRejected, "l", codes.INVALID),
        (OrderRejected, "s", codes.DUPLICATE_ID),
    ]
    bracket = NewBracket("ann", "ann", order("e", codes.BUY, 1, 100), order("tp", codes.SELL, 1, 110), stop)
    events = desk.send(bracket)
    assert [getattr(event, "code", 0) for event in events] == [codes.INVALID, codes.INVALID, codes.DUPLICATE_ID]
    desk.exchange.check()


def test_ids_of_transfers_are_free_again_the_next_day_but_those_of_open_orders_are_not() -> None:
    desk = desk_with()
    desk.send(move("t1"))
    desk.send(order("x", codes.BUY, 1, 10))
    desk.send(Tick(), NS_PER_DAY)
    assert isinstance(desk.send(move("t1"))[0], Transferred)
    assert refused(desk, move("x"))[0] == "duplicate_id"


def test_ids_are_bounded_over_orders_and_transfers() -> None:
    desk = desk_with()
    desk.send(move("t1"))
    account = desk.exchange.accounts["ann"]
    most = MAX_CLIENT_ORDER_IDS_PER_DAY * 9 // 10
    account.used_ids.count = most - 2
    desk.send(order("o1", codes.BUY, 1, 10))
    assert isinstance(desk.send(move("t2"))[0], Transferred)
    for _ in range(2):
        assert refused(desk, move("t3"))[0] == "order_limits"
    (event,) = desk.send(order("o2", codes.BUY, 1, 10))
    assert isinstance(event, OrderRejected)
    assert event.code == codes.ORDER_LIMITS
    # The last tenth is for reduce-only orders.
    assert account.used_ids.count == most
    assert len(account.used_ids.current) == 3
    # Earlier ids are still answered.
    assert isinstance(desk.send(move("t1"))[0], TransferStatus)


def test_deliveries_are_always_refused() -> None:
    hook = Rules()
    desk = desk_with(hook)
    seq = reports(desk, "ann")
    desk.send(ListInstrument("NOTE", codes.NOTE, "GOLD", "RUB", E8, E8 // 100, E8, 100 * E8, 10**9, 50_000))
    sent = [RequestDelivery(who, "ann", name, E8) for who, name in (("bob", "NOTE"), ("ann", "GAS"), ("ann", "NOTE"))]
    sent.append(RequestDelivery("ann", "ann", "BTC/RUB", E8))
    assert [desk.send(command) for command in sent] == [
        [RequestRejected("ann", 0, 0, "", codes.PERMISSION, "participant bob does not operate account ann")],
        [RequestRejected("ann", seq + 1, 0, "", codes.UNKNOWN_INSTRUMENT, "no instrument GAS is listed")],
        [RequestRejected("ann", seq + 2, 0, "", codes.UNSUPPORTED, "NOTE is cash-settled only")],
        [
            RequestRejected(
                "ann",
                seq + 3,
                0,
                "",
                codes.UNSUPPORTED,
                "BTC/RUB is settled as it trades: nothing is left to deliver",
            )
        ],
    ]
    hook.verdict = Verdict([Failure("DER-1", said("delivery.cash", "NOTE"))])
    assert desk.send(sent[2]) == [
        RequestRejected("ann", seq + 4, 0, "", codes.COMPLIANCE, "NOTE is cash-settled only", "DER-1", "", ("DER-1",))
    ]
