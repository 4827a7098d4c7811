"""Arrests by papers of courts and investigators (ARR-1): what they claim, what may still be sold, and what a lifted one leaves."""

from __future__ import annotations

from typing import Any

import pytest

from engine.book.entities import Order
from engine.exchange import restore_exchange
from engine.snapshot.encoding import state_digest
from engine.state.hook import Wait
from engine.vocabulary import codes
from engine.vocabulary.limits import MAX_ARRESTS_PER_INVESTOR, NS_PER_DAY
from engine.vocabulary.messages.commands import (
    AddAsset,
    Arrest,
    BustTrade,
    Deposit,
    FreezeAsset,
    LiftArrest,
    ListInstrument,
    MarkFuture,
    OpenAccount,
    RedeemAsset,
    RequestWithdrawal,
    SetPhase,
    SetTradingRules,
    Withdraw,
)
from engine.vocabulary.messages.events import (
    CommandRejected,
    HoldingArrested,
    HoldingFrozen,
    MarginCalled,
    MovementEnded,
    OrderCancelled,
    OrderRejected,
    RulesChanged,
)
from engine.vocabulary.problem import invalid
from engine.vocabulary.said import said
from tests.support.engine.desks.desk import E8
from tests.support.engine.desks.holding_desk import Rules, desk_with, move, order, refused
from tests.support.engine.desks.papers import ALL, paper, parts, send


def test_a_paper_arrests_a_share_rounded_up_and_says_so() -> None:
    desk = desk_with()
    events = send(desk, paper(share_ppm=333_333, asset="BTC", reason="case 12", by="sue"))
    assert isinstance(events[0], RulesChanged)
    assert events[0].detail == (
        "33.3333 % of BTC of account ann arrested; paper of the court, dated 2026-01-02, sales not allowed"
    )
    assert events[1:] == [
        HoldingArrested("ann", events[1].report_seq, "BTC", "1-7/2026", "the court", "2026-01-02", 34, False, 34, 66, 0, 0,
                        "case 12", "sue")
    ]  # fmt: skip
    assert parts(desk) == (66, 0, 0, 34)
    assert parts(desk, asset="RUB")[3] == parts(desk, "bob")[3] == 0


def test_what_is_arrested_leaves_by_no_door() -> None:
    desk = desk_with()
    send(desk, paper(share_ppm=400_000, asset="BTC"))
    how = "40 BTC are arrested (ARR-1): paper 1-7/2026 of the court, dated 2026-01-02, sales not allowed"
    assert refused(desk, move(amount=61)) == ("funds", f"needs 61 BTC, available 60; {how}")
    assert refused(desk, Withdraw("ann", "BTC", 61)) == ("funds", f"available 60 BTC; {how}")
    (rejected,) = send(desk, order("s1", codes.SELL, 61, 100))
    assert isinstance(rejected, OrderRejected)
    assert (codes.REJECT_CODES[rejected.code], rejected.detail) == ("funds", f"needs 61 BTC, available 60; {how}")
    send(desk, Withdraw("ann", "BTC", 60))
    assert parts(desk) == (0, 0, 0, 40)


def test_issued_units_that_are_arrested_can_not_be_redeemed() -> None:
    desk = desk_with()
    send(desk, Deposit("ann", "GOLD", 100))
    desk.exchange.assets["GOLD"].outstanding = 100
    send(desk, paper(asset="GOLD"))
    code, words = refused(desk, RedeemAsset("GOLD", "ann", 1))
    assert code == "funds" and "paper 1-7/2026" in words


def test_a_paper_on_everything_takes_what_comes_wherever_it_comes() -> None:
    desk = desk_with()
    send(desk, paper(investor="ann"))
    assert parts(desk) == (0, 0, 0, 100) and parts(desk, asset="RUB") == (0, 0, 0, 100_000_00)
    send(desk, Deposit("ann.2", "BTC", 7))
    send(desk, Deposit("ann", "GOLD", 5))
    send(desk, OpenAccount("ann.3", "ann", "ann"))
    send(desk, Deposit("ann.3", "BTC", 3))
    assert parts(desk, "ann.2") == (0, 0, 0, 7)
    assert parts(desk, asset="GOLD") == (0, 0, 0, 5)
    assert parts(desk, "ann.3") == (0, 0, 0, 3)
    send(desk, LiftArrest("1-7/2026"))
    assert parts(desk, "ann.3") == (3, 0, 0, 0) and parts(desk) == (100, 0, 0, 0)


def test_what_comes_later_is_free_of_a_share_and_follows_an_amount() -> None:
    desk = desk_with()
    send(desk, paper("share", 500_000, asset="BTC"))
    send(desk, Deposit("ann", "BTC", 10))
    assert parts(desk) == (60, 0, 0, 50)
    send(desk, paper("amount", amount=100, asset="BTC"))
    assert parts(desk) == (0, 0, 0, 110)
    send(desk, Deposit("ann", "BTC", 50))
    assert parts(desk) == (10, 0, 0, 150)


def test_an_amount_of_an_investor_is_taken_of_the_accounts_as_they_were_opened() -> None:
    desk = desk_with()
    send(desk, Deposit("ann.2", "BTC", 30))
    send(desk, paper("a", amount=110, asset="BTC", investor="ann"))
    assert parts(desk)[3] == 100 and parts(desk, "ann.2") == (20, 0, 0, 10)
    send(desk, paper("b", amount=50, asset="GOLD", investor="ann"))
    send(desk, Deposit("ann", "GOLD", 9))
    send(desk, Deposit("ann.2", "GOLD", 60))
    assert parts(desk, asset="GOLD") == (9, 0, 0, 0) and parts(desk, "ann.2", "GOLD") == (10, 0, 0, 50)


def test_the_newest_orders_that_would_spend_it_go_and_name_rule_and_paper() -> None:
    hook = Rules()
    hook.rule = "ARR-1"
    desk = desk_with(hook)
    for cid, lots in (("s1", 30), ("s2", 20), ("s3", 10)):
        send(desk, order(cid, codes.SELL, lots, 110))
    send(desk, order("b1", codes.BUY, 10, 90))
    events = send(desk, paper(share_ppm=600_000, asset="BTC"))
    cancelled = [event for event in events if isinstance(event, OrderCancelled)]
    assert [(event.client_order_id, event.rule) for event in cancelled] == [("s3", "ARR-1"), ("s2", "ARR-1")]
    assert cancelled[0].detail == "60 BTC are arrested: paper 1-7/2026 of the court, dated 2026-01-02"
    assert parts(desk) == (10, 30, 0, 60)
    assert len(desk.exchange.accounts["ann"].open_orders) == 2


def test_papers_add_up_and_each_lets_go_of_its_own_part() -> None:
    desk = desk_with()
    send(desk, paper("a", 300_000, asset="BTC"))
    send(desk, paper("b", 300_000, asset="BTC"))
    assert parts(desk) == (40, 0, 0, 60)
    events = send(desk, paper("c", amount=90, asset="BTC"))
    assert isinstance(events[-1], HoldingArrested)
    assert (events[-1].claimed, events[-1].arrested) == (90, 100)
    events = send(desk, LiftArrest("a", "over", "sue"))
    assert events[0].detail == "lifted"
    assert isinstance(events[1], HoldingArrested)
    assert (events[1].arrest, events[1].claimed, events[1].arrested, events[1].reason) == ("a", 0, 100, "over")
    send(desk, LiftArrest("c"))
    assert parts(desk) == (70, 0, 0, 30)
    send(desk, LiftArrest("b"))
    assert parts(desk) == (100, 0, 0, 0)
    assert not desk.exchange.arrests and not desk.exchange.owners["ann"].arrests


def test_the_example_of_a_freeze_and_an_arrest_side_by_side() -> None:
    """The table of docs/CLEARING.md."""
    desk = desk_with()
    seen = [parts(desk)]
    for command in (
        FreezeAsset("BTC", 300_000, "ann"),
        paper("a", 500_000, asset="BTC"),
        paper("b", 400_000, asset="BTC"),
        Deposit("ann", "BTC", 15),
        LiftArrest("a"),
        FreezeAsset("BTC", 0, "ann"),
        LiftArrest("b"),
    ):
        send(desk, command)
        seen.append(parts(desk))
    assert seen == [
        (100, 0, 0, 0),
        (70, 0, 30, 0),
        (20, 0, 30, 50),
        (0, 0, 10, 90),
        (0, 0, 25, 90),
        (45, 0, 30, 40),
        (75, 0, 0, 40),
        (115, 0, 0, 0),
    ]


def test_a_freeze_counts_what_is_arrested_too() -> None:
    desk = desk_with()
    send(desk, order("s1", codes.SELL, 20, 110))
    send(desk, paper(share_ppm=700_000, asset="BTC"))
    events = send(desk, FreezeAsset("BTC", 800_000, "ann"))
    assert [type(event) for event in events] == [HoldingFrozen]
    assert parts(desk) == (0, 20, 10, 70)
    send(desk, LiftArrest("1-7/2026"))
    assert parts(desk) == (0, 20, 80, 0)


def test_a_correction_that_would_take_back_what_is_arrested_is_refused() -> None:
    desk = desk_with()
    send(desk, order("s1", codes.SELL, 10, 100))
    send(desk, order("b1", codes.BUY, 10, 100, "bob"))
    send(desk, paper("a", investor="bob", asset="BTC", sales_allowed=True))
    send(desk, order("s2", codes.SELL, 50, 120, "bob"))
    assert refused(desk, BustTrade(1, "x")) == ("funds", "account bob lacks 10 BTC")
    send(desk, LiftArrest("a"))
    send(desk, BustTrade(1, "x"))
    assert parts(desk, "bob") == (50, 50, 0, 0)


def test_what_covers_positions_is_arrested_as_it_becomes_free() -> None:
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
    send(desk, order("f1", codes.BUY, 2, 100, "ann", instrument="FUT"))
    send(desk, order("f2", codes.SELL, 2, 100, "bob", instrument="FUT"))
    send(desk, order("f3", codes.BUY, 5, 100, "ann", instrument="FUT"))
    send(desk, order("f4", codes.SELL, 1, 105, "ann", instrument="FUT"))
    assert parts(desk, asset="USDX") == (300, 700, 0, 0)
    events = send(desk, paper(investor="ann"))
    # The order that closes the position holds nothing, and stays: who is in may get out.
    assert [event.client_order_id for event in events if isinstance(event, OrderCancelled)] == ["f3"]
    assert parts(desk, asset="USDX") == (0, 200, 0, 800)
    # A gain is cover first, since the position is worth more; nobody is called for what is arrested.
    events = send(desk, MarkFuture("FUT", 104 * E8))
    assert not any(isinstance(event, MarginCalled) for event in events)
    assert parts(desk, asset="USDX") == (0, 208, 0, 800)
    # A loss is paid of what was held, and frees as much of it; what a closed position frees is arrested.
    send(desk, MarkFuture("FUT", 101 * E8))
    assert parts(desk, asset="USDX") == (0, 202, 0, 800)
    send(desk, order("f5", codes.BUY, 1, 105, "bob", instrument="FUT"))
    assert parts(desk, asset="USDX") == (0, 97, 0, 905)


class Waits(Rules):
    """A hook that has everything wait for a word."""

    def wait(self, command: object, time_ns: int) -> Wait | None:
        return Wait(0, "", "WORD")


def test_what_waits_to_leave_ends_before_any_order_the_newest_first() -> None:
    hook = Waits()
    hook.rule = "ARR-1"
    desk = desk_with(hook)
    for cid in ("w1", "w2", "w3"):
        send(desk, RequestWithdrawal("ann", "ann", cid, "BTC", 20, "an address"))
    send(desk, order("s1", codes.SELL, 30, 110))
    events = send(desk, paper(share_ppm=400_000, asset="BTC"))
    ended = [event for event in events if isinstance(event, MovementEnded)]
    assert [(event.client_order_id, event.outcome, event.rule) for event in ended] == [
        ("w3", codes.MOVEMENT_FAILED, "ARR-1"),
        ("w2", codes.MOVEMENT_FAILED, "ARR-1"),
    ]
    assert (ended[0].template, ended[0].values) == (
        "arrest.cancelled",
        ("40", "BTC", "1-7/2026", "the court", "2026-01-02"),
    )
    assert not any(isinstance(event, OrderCancelled) for event in events)
    assert parts(desk) == (10, 30, 0, 40)
    events = send(desk, paper("all"))
    assert [type(event) for event in events if isinstance(event, MovementEnded | OrderCancelled)] == [
        MovementEnded,
        OrderCancelled,
    ]
    assert parts(desk) == (0, 0, 0, 100)
    send(desk, LiftArrest("all"))
    assert parts(desk) == (60, 0, 0, 40)


@pytest.mark.parametrize(
    ("fields", "code", "detail"),
    [
        ({"arrest": ""}, "invalid", "a paper needs its number, its authority and its date, each of at most 64 characters that can be seen"),
        ({"authority": "x" * 65}, "invalid", "a paper needs its number, its authority and its date, each of at most 64 characters that can be seen"),
        ({"arrest": " "}, "invalid", "a paper needs its number, its authority and its date, each of at most 64 characters that can be seen"),
        ({"arrest": "1-7\u200b"}, "invalid", "a paper needs its number, its authority and its date, each of at most 64 characters that can be seen"),
        ({"authority": "a\ncourt"}, "invalid", "a paper needs its number, its authority and its date, each of at most 64 characters that can be seen"),
        ({"investor": "ann"}, "invalid", "name an investor or an account, one of the two"),
        ({"account": ""}, "invalid", "name an investor or an account, one of the two"),
        ({"account": "nobody"}, "unknown_account", "unknown account nobody"),
        ({"account": "", "investor": "zoe"}, "invalid", "investor zoe has no account here"),
        ({"asset": "GAS"}, "invalid", "unknown asset GAS"),
        ({"share_ppm": 0}, "invalid", "say a share from 1 to 1000000 millionths, or an amount"),
        ({"share_ppm": 1_000_001}, "invalid", "say a share from 1 to 1000000 millionths, or an amount"),
        ({"amount": 5}, "invalid", "say a share from 1 to 1000000 millionths, or an amount"),
        ({"amount": -5, "share_ppm": 0}, "invalid", "say a share from 1 to 1000000 millionths, or an amount"),
        ({"amount": 2**63, "share_ppm": 0}, "invalid", "say a share from 1 to 1000000 millionths, or an amount"),
        ({"amount": 5, "share_ppm": 0, "asset": ""}, "invalid", "an amount is of one asset: name it"),
    ],
)  # fmt: skip
def test_what_an_arrest_is_refused_for(fields: dict[str, Any], code: str, detail: str) -> None:
    told = {"arrest": "p", "authority": "the court", "dated": "2026-01-02", "account": "ann", "asset": "BTC"}
    assert refused(desk_with(), Arrest(**{**told, "share_ppm": ALL, **fields})) == (code, detail)


def test_a_number_is_in_force_once_and_papers_are_bounded() -> None:
    desk = desk_with()
    send(desk, paper("p0", 1, asset="BTC"))
    again = "paper p0 is in force already: lift it first, or give the number of another"
    assert refused(desk, paper("p0", investor="bob")) == ("invalid", again)
    for number in range(1, MAX_ARRESTS_PER_INVESTOR):
        send(desk, paper(f"p{number}", 1, asset="BTC"))
    assert refused(desk, paper("more"))[1].startswith("no more than 32 papers may be in force on one investor")
    assert refused(desk, LiftArrest("nosuch")) == ("invalid", "no paper nosuch is in force")
    send(desk, LiftArrest("p0"))
    send(desk, paper("p0", investor="bob"))


def test_the_hook_may_refuse_an_arrest_and_then_nothing_changes() -> None:
    hook = Rules()
    desk = desk_with(hook)
    hook.problem = invalid(said("arrest.no_rulebook"))
    (event,) = send(desk, paper())
    assert isinstance(event, CommandRejected)
    assert parts(desk) == (100, 0, 0, 0) and not desk.exchange.arrests


def test_a_snapshot_holds_papers_claims_and_what_is_lent() -> None:
    desk = desk_with()
    send(desk, FreezeAsset("BTC", 200_000, "ann"))
    send(desk, paper("a", 900_000, asset="BTC"))
    send(desk, LiftArrest("a"))
    send(desk, paper("b", 900_000, asset="BTC", sales_allowed=True))
    send(desk, paper("c", investor="bob"))
    send(desk, order("s1", codes.SELL, 40, 110))
    restored = restore_exchange(desk.exchange.snapshot(), Rules())
    restored.check()
    assert state_digest(restored) == state_digest(desk.exchange)
    assert [paper.arrest for paper in restored.owners["bob"].arrests] == ["c"]


class Counted(dict[int, Order]):
    """The open orders of an account, and how often all of them were looked at."""

    looked = 0

    def values(self) -> Any:
        self.looked += 1
        return super().values()


def test_a_paper_on_many_assets_looks_at_the_open_orders_of_an_account_once() -> None:
    desk = desk_with()
    account = desk.exchange.accounts["ann"]
    for number in range(40):
        desk.send(AddAsset(f"A{number}", codes.CRYPTO, 0))
        desk.send(Deposit("ann", f"A{number}", 100))
    send(desk, order("b1", codes.BUY, 10, 100))
    account.open_orders = counted = Counted(account.open_orders)
    desk.send(paper(share_ppm=10_000))
    assert counted.looked == 1
    assert parts(desk, asset="A39") == (99, 0, 0, 1)
    # Lifting it takes a step for each balance, whether the paper is on it or not.
    desk.send(LiftArrest("1-7/2026"))
    assert desk.exchange.steps >= len(account.balances) >= 42
    desk.send(paper(asset="BTC"))
    desk.send(LiftArrest("1-7/2026"))
    assert desk.exchange.steps >= len(account.balances)
