"""Issuance, redemption and freezes in the core: whole event lists, refusals, what a snapshot holds."""

from __future__ import annotations

import msgspec
import pytest

from engine.snapshot.encoding import encode_snapshot, state_digest
from engine.vocabulary import codes
from engine.vocabulary.codes import COMPLIANCE
from engine.vocabulary.limits import MAX_SUPPLY, MAX_TEXT_CHARS, NS_PER_DAY
from engine.vocabulary.messages.commands import (
    AddAsset,
    AnyCommand,
    BustTrade,
    Deposit,
    FreezeAsset,
    IssueAsset,
    ListInstrument,
    NewBracket,
    NewOrder,
    NewOrderPair,
    RedeemAsset,
    SetPhase,
    SetTradingRules,
    Tick,
    Withdraw,
)
from engine.vocabulary.messages.events import (
    AssetAdded,
    AssetIssued,
    BookAdded,
    HoldingFrozen,
    OrderAccepted,
    OrderCancelled,
    OrderRejected,
    Trade,
    TradeCorrected,
)
from engine.vocabulary.problem import Problem
from engine.vocabulary.said import said
from tests.support.engine.desks.desk import E8, Desk
from tests.support.engine.desks.holding_desk import GOLD, Rules, desk_with, holding, move, order, refused, reports


def test_issuance_and_redemption_are_reported_and_change_what_is_outstanding() -> None:
    desk = desk_with()
    ann, bob = reports(desk, "ann"), reports(desk, "bob")
    gold = desk.exchange.assets["GOLD"]
    assert desk.send(IssueAsset("GOLD", "ann", 900_00, "mint")) == [
        AssetIssued("ann", ann + 1, "GOLD", "mint", 900_00, 900_00, 900_00, 0)
    ]
    assert desk.send(IssueAsset("GOLD", "bob", 100_00)) == [
        AssetIssued("bob", bob + 1, "GOLD", "mint", 100_00, 1_000_00, 100_00, 0)
    ]
    desk.send(order("o1", codes.SELL, 400, 10, instrument="GOLD/RUB"))
    assert desk.send(RedeemAsset("GOLD", "ann", 500_00, "mint"))[-1] == AssetIssued(
        "ann", reports(desk, "ann"), "GOLD", "mint", -500_00, 500_00, 0, 400_00
    )
    assert (gold.supply, gold.outstanding) == (500_00, 500_00)
    desk.exchange.check()


@pytest.mark.parametrize(
    ("command", "code", "detail"),
    [
        (IssueAsset("GAS", "ann", 1), "invalid", "unknown asset GAS"),
        (IssueAsset("GOLD", "nobody", 1), "unknown_account", "unknown account nobody"),
        (IssueAsset("GOLD", "nobody", 1, "bank"), "permission", "bank is not the issuer of GOLD"),
        (IssueAsset("BTC", "ann", 1, "bank"), "permission", "bank is not the issuer of BTC"),
        (
            IssueAsset("BTC", "ann", 1),
            "invalid",
            "BTC is not issued here: only securities and domestic stablecoins are",
        ),
        (IssueAsset("GOLD", "ann", 0), "invalid", "the amount must be positive"),
        (IssueAsset("GOLD", "ann", -1), "invalid", "the amount must be positive"),
        (
            IssueAsset("GOLD", "ann", 900_01),
            "funds",
            "no more than 1000.00 GOLD may be outstanding, and 100.00 are",
        ),
        (RedeemAsset("GAS", "ann", 1), "invalid", "unknown asset GAS"),
        (RedeemAsset("GOLD", "ann", 1, "bank"), "permission", "bank is not the issuer of GOLD"),
        (RedeemAsset("GOLD", "nobody", 1), "unknown_account", "unknown account nobody"),
        (RedeemAsset("GOLD", "ann", 0), "invalid", "the amount must be positive"),
        (
            RedeemAsset("RUB", "ann", 1),
            "invalid",
            "RUB is not issued here: only securities and domestic stablecoins are",
        ),
        (RedeemAsset("GOLD", "ann", 100_01), "funds", "outstanding are 100.00 GOLD"),
        (RedeemAsset("GOLD", "bob", 1), "funds", "available 0.00 GOLD"),
    ],
)
def test_what_issuance_and_redemption_are_refused_for(command: AnyCommand, code: str, detail: str) -> None:
    desk = desk_with()
    desk.send(IssueAsset("GOLD", "ann", 100_00))
    desk.send(Deposit("ann", "GOLD", 50_00))
    assert refused(desk, command) == (code, detail)


def test_no_more_is_issued_than_a_venue_can_hold() -> None:
    desk = desk_with()
    desk.send(AddAsset("COIN", codes.DOMESTIC_STABLECOIN, 0))
    desk.send(IssueAsset("COIN", "ann", MAX_SUPPLY - 1))
    assert refused(desk, IssueAsset("COIN", "bob", 2))[0] == "funds"
    assert isinstance(desk.send(IssueAsset("COIN", "bob", 1))[0], AssetIssued)
    desk.exchange.check()


def test_the_hook_can_refuse_an_issue() -> None:
    hook = Rules()
    desk = desk_with(hook)
    hook.problem = Problem(COMPLIANCE, said("asset.not_issued"))
    assert refused(desk, IssueAsset("GOLD", "ann", 1)) == (
        "compliance",
        "only securities and domestic stablecoins are issued here",
    )
    assert hook.asked[-1] == IssueAsset("GOLD", "ann", 1)


@pytest.mark.parametrize(
    ("change", "detail"),
    [
        ({"kind": codes.FIAT}, "only securities and domestic stablecoins are issued here"),
        ({"kind": codes.CRYPTO}, "only securities and domestic stablecoins are issued here"),
        ({"kind": codes.FOREIGN_STABLECOIN}, "only securities and domestic stablecoins are issued here"),
        ({"issuer": "x" * 65}, "issuer must be 1 to 64 printable characters"),
        ({"terms": "x" * (MAX_TEXT_CHARS + 1)}, "terms must be at most 512 characters"),
        ({"issue_limit": -1}, "the issue limit must not be negative, nor more than a venue can hold"),
        ({"issue_limit": MAX_SUPPLY + 1}, "the issue limit must not be negative, nor more than a venue can hold"),
    ],
)
def test_what_an_asset_can_not_be_issued_with(change: dict[str, int | str], detail: str) -> None:
    desk = desk_with()
    asset = msgspec.structs.replace(GOLD, asset="NEW")
    assert refused(desk, msgspec.structs.replace(asset, **change)) == ("invalid", detail)
    edge = msgspec.structs.replace(asset, terms="x" * MAX_TEXT_CHARS, issue_limit=MAX_SUPPLY)
    assert desk.send(edge) == [AssetAdded("NEW", codes.SECURITY, 2)]


def test_a_foreign_stablecoin_has_an_issuer_who_may_freeze_it() -> None:
    desk = desk_with()
    desk.send(AddAsset("USDX", codes.FOREIGN_STABLECOIN, 2, issuer="tether"))
    desk.send(Deposit("ann", "USDX", 100))
    assert refused(desk, FreezeAsset("USDX", 1, "", "mint")) == ("permission", "mint is not the issuer of USDX")
    assert isinstance(desk.send(FreezeAsset("USDX", 1, "", "tether"))[0], HoldingFrozen)


def test_a_freeze_takes_the_share_of_each_holder_rounded_up_in_order_of_opening() -> None:
    hook = Rules()
    desk = desk_with(hook)
    desk.send(Deposit("ann.2", "BTC", 1))
    seqs = [reports(desk, name) for name in ("ann", "bob", "ann.2")]
    command = FreezeAsset("BTC", 333_333, reason="order 7")
    expected = [
        HoldingFrozen("ann", seqs[0] + 1, "BTC", 34, 66, 0, "order 7"),
        HoldingFrozen("bob", seqs[1] + 1, "BTC", 34, 66, 0, "order 7"),
        HoldingFrozen("ann.2", seqs[2] + 1, "BTC", 1, 0, 0, "order 7"),
    ]
    assert desk.send(command) == expected
    assert hook.asked[-1] == command
    assert hook.seen[-3:] == expected
    assert desk.send(command) == []
    desk.exchange.check()


def test_a_share_is_set_anew_and_later_deposits_are_free() -> None:
    desk = desk_with()
    seen = []
    for share, deposit in ((200_000, 50), (100_000, 0), (1_000_000, 10), (0, 0)):
        desk.send(FreezeAsset("BTC", share, "ann"))
        if deposit:
            desk.send(Deposit("ann", "BTC", deposit))
        seen.append(holding(desk, "ann", "BTC"))
    assert seen == [(130, 0, 20), (135, 0, 15), (10, 0, 150), (160, 0, 0)]
    assert holding(desk, "bob", "BTC") == (100, 0, 0)


def test_reserved_holdings_count_and_orders_stay_while_enough_is_available() -> None:
    desk = desk_with()
    desk.send(order("o1", codes.SELL, 50, 200))
    assert len(desk.send(FreezeAsset("BTC", 500_000, "ann"))) == 1
    assert holding(desk, "ann", "BTC") == (0, 50, 50)


def test_a_freeze_cancels_the_newest_orders_that_reserve_the_asset_as_many_as_needed() -> None:
    desk = desk_with(Rules())
    desk.send(order("o1", codes.SELL, 40, 200))
    desk.send(order("o2", codes.SELL, 30, 201))
    second = desk.exchange.seq
    desk.send(order("b1", codes.BUY, 1, 10))
    desk.send(order("o3", codes.SELL, 25, 202))
    third, seq = desk.exchange.seq, reports(desk, "ann")
    detail = "31 of 100 BTC held are frozen"

    def gone(order_id: int, report: int, cid: str, price: int, lots: int) -> OrderCancelled:
        return OrderCancelled(
            order_id, "ann", report, cid, "BTC/RUB", codes.SELL, price, 0, lots, lots, codes.BY_RULE, "FRZ-1", detail
        )

    assert desk.send(FreezeAsset("BTC", 301_000, "ann", reason="press")) == [
        gone(third, seq + 1, "o3", 202, 25),
        gone(second, seq + 2, "o2", 201, 30),
        HoldingFrozen("ann", seq + 3, "BTC", 31, 29, 40, "press"),
    ]
    assert len(desk.exchange.accounts["ann"].open_orders) == 2
    desk.exchange.check()


def test_a_freeze_ends_pairs_as_a_whole_and_brackets_with_their_children() -> None:
    desk = desk_with()
    stop = NewOrder("ann", "ann", "s", "BTC/RUB", codes.SELL, codes.STOP, codes.GTC, 0, 60 * E8, stop_price_e8=90 * E8)
    desk.send(NewOrderPair("ann", "ann", order("l", codes.SELL, 60, 200), stop))
    events = desk.send(FreezeAsset("BTC", 500_000, "ann"))
    reasons = [(e.client_order_id, e.reason) for e in events if isinstance(e, OrderCancelled)]
    # The stop reserves nothing of its own: it is the limit order that makes room.
    assert reasons == [("l", codes.BY_RULE), ("s", codes.OTHER_LEG)]
    desk.send(FreezeAsset("BTC", 0, "ann"))
    bracket = NewBracket(
        "ann",
        "ann",
        order("e", codes.SELL, 80, 200),
        order("tp", codes.BUY, 80, 150),
        msgspec.structs.replace(
            stop, client_order_id="st", side=codes.BUY, quantity_e8=80 * E8, stop_price_e8=250 * E8
        ),
    )
    desk.send(bracket)
    events = desk.send(FreezeAsset("BTC", 500_000, "ann"))
    cancelled = [(e.client_order_id, e.reason) for e in events if isinstance(e, OrderCancelled)]
    assert cancelled[0] == ("e", codes.BY_RULE)
    assert sorted(cancelled[1:]) == [("st", codes.ENTRY_ENDED), ("tp", codes.ENTRY_ENDED)]
    assert not desk.exchange.accounts["ann"].open_orders
    desk.exchange.check()


def test_what_is_frozen_is_not_sold_withdrawn_redeemed_or_taken_back_by_a_bust() -> None:
    desk = desk_with()
    desk.send(IssueAsset("GOLD", "ann", 10_00))
    desk.send(FreezeAsset("GOLD", 1_000_000))
    assert refused(desk, RedeemAsset("GOLD", "ann", 1)) == ("funds", "available 0.00 GOLD")
    assert refused(desk, Withdraw("ann", "GOLD", 1)) == ("funds", "available 0.00 GOLD")
    (event,) = desk.send(order("o1", codes.SELL, 1, 10, instrument="GOLD/RUB"))
    assert isinstance(event, OrderRejected)
    assert event.code == codes.FUNDS
    desk.send(order("o2", codes.SELL, 10, 100))
    (*_, trade) = desk.send(order("b1", codes.BUY, 10, 100, "bob"))
    assert isinstance(trade, Trade)
    desk.send(FreezeAsset("BTC", 1_000_000, "bob"))
    assert refused(desk, BustTrade(trade.trade_id, "error")) == ("funds", "account bob lacks 10 BTC")
    desk.send(FreezeAsset("BTC", 0, "bob"))
    assert isinstance(desk.send(BustTrade(trade.trade_id, "error"))[0], TradeCorrected)
    desk.exchange.check()


@pytest.mark.parametrize(
    ("command", "code", "detail"),
    [
        (FreezeAsset("GAS", 1), "invalid", "unknown asset GAS"),
        (FreezeAsset("GOLD", 1, "nobody"), "unknown_account", "unknown account nobody"),
        (FreezeAsset("RUB", 1), "invalid", "RUB is money that nobody issues here, so nobody can freeze it"),
        (FreezeAsset("GOLD", -1), "invalid", "the share must be from 0 to 1000000 millionths"),
        (FreezeAsset("GOLD", 1_000_001), "invalid", "the share must be from 0 to 1000000 millionths"),
        (FreezeAsset("GOLD", 1, "", "bank"), "permission", "bank is not the issuer of GOLD"),
        (FreezeAsset("RUB", 1, "", "bank"), "permission", "bank is not the issuer of RUB"),
    ],
)
def test_what_a_freeze_is_refused_for(command: FreezeAsset, code: str, detail: str) -> None:
    desk = desk_with()
    assert refused(desk, command) == (code, detail)


def test_the_hook_can_refuse_a_freeze() -> None:
    hook = Rules()
    desk = desk_with(hook)
    hook.problem = Problem(COMPLIANCE, said("freeze.no_rulebook"))
    assert refused(desk, FreezeAsset("GOLD", 1)) == ("compliance", "no rulebook is in force: nothing can be frozen")


def test_the_snapshot_holds_what_is_frozen_outstanding_and_used() -> None:
    changes: list[AnyCommand] = [
        FreezeAsset("BTC", 1, "ann"),
        IssueAsset("GOLD", "ann", 1),
        msgspec.structs.replace(GOLD, asset="OTHER"),
        move("t1", amount=0),
    ]
    digests = []
    for change in [Tick(), *changes]:
        desk = desk_with()
        desk.send(change)
        assert encode_snapshot(desk.exchange.snapshot())
        digests.append(state_digest(desk.exchange))
    assert len(dict.fromkeys(digests)) == len(changes) + 1


def test_an_issuer_and_its_terms_are_part_of_the_state() -> None:
    digests = []
    for change in ({}, {"issuer": "other"}, {"terms": "other"}, {"issue_limit": 1}):
        desk = Desk()
        desk.send(msgspec.structs.replace(GOLD, **change))
        digests.append(state_digest(desk.exchange))
    assert len(dict.fromkeys(digests)) == 4


def test_book_and_open_orders_survive_a_freeze_of_something_else() -> None:
    desk = desk_with()
    accepted, added = desk.send(order("o1", codes.BUY, 10, 100))
    assert isinstance(accepted, OrderAccepted)
    assert isinstance(added, BookAdded)
    # It reserves roubles, not what it buys.
    desk.send(FreezeAsset("BTC", 1_000_000))
    assert accepted.order_id in desk.exchange.accounts["ann"].open_orders


def test_a_freeze_cancels_orders_of_futures_that_hold_the_asset_without_a_fee_and_spares_what_covers_positions() -> (
    None
):
    desk = desk_with()
    desk.send(AddAsset("USDX", codes.FOREIGN_STABLECOIN, 0))
    desk.send(
        ListInstrument(
            "FUT", codes.FUTURE, "BTC", "USDX", E8, E8, E8, 10**6 * E8, 10**9, 50_000, 100 * E8,
            underlying="BTC", expiry_ns=desk.time_ns + NS_PER_DAY,
        )
    )  # fmt: skip
    desk.send(SetTradingRules("FUT", 100_000))
    desk.send(SetPhase("FUT", codes.CONTINUOUS))
    for name in ("ann", "bob"):
        desk.send(Deposit(name, "USDX", 1_000))
    desk.send(order("f1", codes.BUY, 2, 100, "ann", instrument="FUT"))
    desk.send(order("f2", codes.SELL, 2, 100, "bob", instrument="FUT"))
    desk.send(order("f3", codes.BUY, 5, 100, "ann", instrument="FUT"))
    # An order that closes the position holds nothing: its end would bring nothing.
    desk.send(order("f4", codes.SELL, 1, 105, "ann", instrument="FUT"))
    assert holding(desk, "ann", "USDX") == (300, 700, 0)
    events = desk.send(FreezeAsset("USDX", 1_000_000, "ann"))
    assert [event.client_order_id for event in events if isinstance(event, OrderCancelled)] == ["f3"]
    assert [event.frozen for event in events if isinstance(event, HoldingFrozen)] == [800]
    assert holding(desk, "ann", "USDX") == (0, 200, 800)
    desk.exchange.check()
