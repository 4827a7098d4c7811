"""What waits to leave an account in the core: whole event lists, what takes it back, what outlasts a restart and a day (C-162 to C-178)."""

from __future__ import annotations

import pytest

from engine.exchange import restore_exchange
from engine.snapshot.encoding import decode_snapshot, encode_snapshot
from engine.state.hook import Failure, Verdict, Wait
from engine.vocabulary import codes
from engine.vocabulary.limits import NS_PER_DAY, NS_PER_SECOND
from engine.vocabulary.messages.commands import (
    AnyCommand,
    BustTrade,
    CancelWithdrawal,
    FreezeAsset,
    IssueAsset,
    RedeemAsset,
    RefuseMovement,
    ReleaseMovement,
    RequestWithdrawal,
    Tick,
    Transfer,
    Withdraw,
)
from engine.vocabulary.messages.events import (
    AssetIssued,
    CommandRejected,
    FundsMoved,
    MovementEnded,
    MovementHeld,
    RequestRejected,
    TradeCorrected,
    Transferred,
    TransferStatus,
)
from engine.vocabulary.said import said
from tests.support.engine.desks.desk import Desk
from tests.support.engine.desks.holding_desk import Rules, desk_with, holding, move, order, refused, reports

HOUR_NS = 3_600 * NS_PER_SECOND


class Waits(Rules):
    """A hook that has things wait as a test says."""

    def __init__(self, until_ns: int = 0, word: str = "") -> None:
        super().__init__()
        self.after_ns = until_ns
        self.word = word
        self.withdrawals: Verdict | None = None

    def wait(self, command: object, time_ns: int) -> Wait | None:
        if not (self.after_ns or self.word):
            return None
        return Wait(time_ns + self.after_ns if self.after_ns else 0, "COOL" if self.after_ns else "", self.word)

    def check_withdrawal(self, withdrawal: object, time_ns: int) -> Verdict | None:
        return self.withdrawals


def ask(cid: str = "w1", amount: int = 30, asset: str = "BTC", destination: str = "an address") -> RequestWithdrawal:
    return RequestWithdrawal("ann", "ann", cid, asset, amount, destination)


def parts(desk: Desk, account: str = "ann", asset: str = "BTC") -> tuple[int, int, int, int]:
    """Available, reserved, frozen, held."""
    balance = desk.exchange.accounts[account].balance(desk.exchange.assets[asset])
    return (*holding(desk, account, asset), balance.held)


def held(desk: Desk, command: AnyCommand) -> int:
    """The number of something that has to wait."""
    first = desk.send(command)[0]
    assert isinstance(first, MovementHeld), first
    desk.exchange.check()
    return first.movement


def ended(desk: Desk, command: AnyCommand) -> MovementEnded:
    """How something ended by a command."""
    first = desk.send(command)[0]
    assert isinstance(first, MovementEnded), first
    desk.exchange.check()
    return first


def test_a_withdrawal_that_waits_for_nothing_leaves_at_once() -> None:
    desk = desk_with(Waits())
    seq = reports(desk, "ann")
    events = desk.send(ask())
    number = desk.exchange.seq
    assert events == [FundsMoved("ann", seq + 1, "BTC", -30, 70, 0, "", number, "w1", "an address")]
    assert desk.send(ask()) == [TransferStatus("ann", "w1", number, codes.OK, codes.CARRIED_OUT)]
    assert parts(desk) == (70, 0, 0, 0)
    desk.exchange.check()


@pytest.mark.parametrize(
    ("command", "code", "detail"),
    [
        (
            RequestWithdrawal("bob", "ann", "w", "BTC", 1, "x"),
            "permission",
            "participant bob does not operate account ann",
        ),
        (ask(asset="GAS"), "invalid", "unknown asset GAS"),
        (ask(destination=" "), "invalid", "a withdrawal says where it goes to, in 1 to 512 characters"),
        (ask(destination="x" * 513), "invalid", "a withdrawal says where it goes to, in 1 to 512 characters"),
        (ask(amount=0), "size", "the amount must be positive"),
        (ask(amount=101), "funds", "needs 101 BTC, available 100"),
    ],
)
def test_what_a_withdrawal_is_refused_for(command: RequestWithdrawal, code: str, detail: str) -> None:
    desk = desk_with(Waits(HOUR_NS))
    assert refused(desk, command) == (code, detail)


def test_the_clock_carries_out_what_has_waited_and_what_is_set_aside_is_nobodys_else() -> None:
    desk = desk_with(Waits(HOUR_NS))
    seq = reports(desk, "ann")
    events = desk.send(ask())
    number, until_ns = desk.exchange.seq, desk.time_ns + HOUR_NS
    assert events == [
        MovementHeld(
            number, "ann", seq + 1, "w1", codes.WITHDRAWAL, "BTC", 30, "", -1, "", "an address",
            until_ns, False, "COOL", ("COOL",), 70, 30,
        )
    ]  # fmt: skip
    assert parts(desk) == (70, 0, 0, 30)
    assert desk.exchange.next_due_ns() <= until_ns
    words = "needs 71 BTC, available 70; 30 are set aside for withdrawals and transfers that wait"
    assert refused(desk, move("t", amount=71)) == ("funds", words)
    assert desk.send(ask()) == [TransferStatus("ann", "w1", number, codes.OK, codes.MOVEMENT_WAITS)]
    assert refused(desk, ask(amount=31))[0] == "duplicate_id"
    assert desk.send_at(until_ns - 1, Tick()) == []
    assert desk.send_at(until_ns, Tick()) == [
        MovementEnded(number, "ann", seq + 4, codes.CARRIED_OUT, "BTC", 30, "", "", "", (), "", 70, 0, "w1"),
        FundsMoved("ann", seq + 5, "BTC", -30, 70, 0, "", number, "w1", "an address"),
    ]
    assert desk.send(ask()) == [TransferStatus("ann", "w1", number, codes.OK, codes.CARRIED_OUT)]
    desk.exchange.check()


def test_its_id_stays_used_up_over_days_and_is_free_when_the_day_of_its_end_is_over() -> None:
    desk = desk_with(Waits(3 * NS_PER_DAY))
    number = held(desk, ask())
    desk.time_ns += 2 * NS_PER_DAY
    desk.send(Tick())
    assert desk.send(ask()) == [TransferStatus("ann", "w1", number, codes.OK, codes.MOVEMENT_WAITS)]
    assert ended(desk, CancelWithdrawal("ann", "ann", number)).outcome == codes.MOVEMENT_CANCELLED
    assert desk.send(ask()) == [TransferStatus("ann", "w1", number, codes.OK, codes.MOVEMENT_CANCELLED)]
    desk.time_ns += NS_PER_DAY
    desk.send(Tick())
    assert held(desk, ask()) > number


def test_a_transfer_that_has_to_wait_is_answered_by_its_status_and_told() -> None:
    desk = desk_with(Waits(word="WORD"))
    seq = reports(desk, "ann")
    command = Transfer("ann", "ann", "t1", "bob", "BTC", 30, codes.CROSS_BORDER, "7")
    events = desk.send(command)
    number = desk.exchange.seq
    assert events == [
        MovementHeld(
            number, "ann", seq + 1, "t1", codes.TRANSFER, "BTC", 30, "bob", codes.CROSS_BORDER, "7", "",
            0, True, "WORD", ("WORD",), 70, 30,
        ),
        TransferStatus("ann", "t1", number, codes.OK, codes.MOVEMENT_WAITS),
    ]  # fmt: skip
    bob = reports(desk, "bob")
    assert desk.send(ReleaseMovement(number, "seen", "sue")) == [
        MovementEnded(number, "ann", seq + 2, codes.CARRIED_OUT, "BTC", 30, "sue", "seen", "", (), "", 70, 0, "t1"),
        Transferred(number, "ann", seq + 3, "bob", bob + 1, "t1", "BTC", 30, codes.CROSS_BORDER, "7", 70, 130),
    ]
    desk.exchange.check()


def test_operator_and_issuer_have_no_other_door() -> None:
    desk = desk_with(Waits())
    desk.send(IssueAsset("GOLD", "ann", 500))
    hook = desk.exchange.hook
    assert isinstance(hook, Waits)
    hook.word = "WORD"
    withdrawal = held(desk, Withdraw("ann", "BTC", 40, "asked for by letter"))
    redemption = held(desk, RedeemAsset("GOLD", "ann", 200, "mint"))
    assert parts(desk) == (60, 0, 0, 40) and parts(desk, asset="GOLD") == (300, 0, 0, 200)
    assert refused(desk, CancelWithdrawal("ann", "ann", redemption))[0] == "invalid"
    assert ended(desk, CancelWithdrawal("ann", "ann", withdrawal)).available == 100
    withdrawal = held(desk, Withdraw("ann", "BTC", 40, "asked for by letter"))
    _, left = desk.send(ReleaseMovement(withdrawal))
    assert isinstance(left, FundsMoved)
    assert (left.amount, left.reason, left.movement) == (-40, "asked for by letter", withdrawal)
    _, back = desk.send(ReleaseMovement(redemption))
    assert isinstance(back, AssetIssued) and (back.amount, back.outstanding) == (-200, 300)
    desk.exchange.check()


def test_a_word_shortens_no_time_and_is_given_once() -> None:
    desk = desk_with(Waits(HOUR_NS, "WORD"))
    number = held(desk, ask())
    (told,) = desk.send(ReleaseMovement(number, by="sue"))
    assert isinstance(told, MovementHeld) and (told.rules, told.waits_for_word) == (("COOL",), False)
    (again,) = desk.send(ReleaseMovement(number, by="sue"))
    assert isinstance(again, CommandRejected) and again.code == codes.INVALID
    desk.time_ns += HOUR_NS
    assert [type(each) for each in desk.send(Tick())] == [MovementEnded, FundsMoved]


def test_when_the_time_has_come_a_word_may_be_needed_that_was_not() -> None:
    hook = Waits(HOUR_NS)
    desk = desk_with(hook)
    number, other = held(desk, ask("w1")), held(desk, ask("w2"))
    hook.word = "WORD"
    (told,) = desk.send(ReleaseMovement(other))
    assert isinstance(told, MovementHeld) and told.rules == ("COOL",)
    desk.time_ns += HOUR_NS
    first, *others = desk.send(Tick())
    assert isinstance(first, MovementHeld)
    assert (first.movement, first.until_ns, first.rules) == (number, 0, ("WORD",))
    assert [type(each) for each in others] == [MovementEnded, FundsMoved]
    hook.word = ""
    assert ended(desk, RefuseMovement(number, "no papers", "sue")).outcome == codes.MOVEMENT_REFUSED
    (unknown,) = desk.send(RefuseMovement(number))
    assert isinstance(unknown, CommandRejected) and unknown.code == codes.INVALID


def test_what_the_rules_forbid_by_then_fails_and_names_the_rule() -> None:
    hook = Waits(word="WORD")
    desk = desk_with(hook)
    withdrawal, transfer = held(desk, ask()), held(desk, move())
    verdict = Verdict([Failure("R-1", said("post_only.trades"))])
    hook.withdrawals = hook.verdict = verdict
    for number in (withdrawal, transfer):
        found = ended(desk, ReleaseMovement(number, by="sue"))
        assert (found.outcome, found.rule, found.template, found.by) == (
            codes.MOVEMENT_FAILED, "R-1", "post_only.trades", "sue",
        )  # fmt: skip
    assert parts(desk) == (100, 0, 0, 0)


def test_a_freeze_takes_what_waits_the_newest_first_before_orders() -> None:
    desk = desk_with(Waits(word="WORD"))
    desk.send(order("s", codes.SELL, 30, 200))
    first, second = held(desk, ask("w1", 20)), held(desk, ask("w2", 20))
    events = desk.send(FreezeAsset("BTC", 500_000, "ann"))
    assert isinstance(events[0], MovementEnded)
    assert (events[0].movement, events[0].outcome, events[0].rule) == (second, codes.MOVEMENT_FAILED, "FRZ-1")
    assert len(events) == 2 and parts(desk) == (0, 30, 50, 20)
    events = desk.send(FreezeAsset("BTC", 1_000_000, "ann"))
    assert isinstance(events[0], MovementEnded) and events[0].movement == first
    assert parts(desk) == (0, 0, 100, 0)
    desk.exchange.check()


def test_a_correction_takes_back_what_waits() -> None:
    desk = desk_with(Waits(word="WORD"))
    desk.send(order("s", codes.SELL, 50, 100, "bob"))
    desk.send(order("b", codes.BUY, 50, 100))
    held(desk, ask("w1", 100))
    second = held(desk, ask("w2", 50))
    events = desk.send(BustTrade(desk.exchange.trades, "a mistake"))
    assert isinstance(events[0], MovementEnded)
    assert (events[0].movement, events[0].template) == (second, "movement.correction")
    assert isinstance(events[1], TradeCorrected) and len(events) == 2
    assert parts(desk) == (0, 0, 0, 100)
    desk.exchange.check()


def test_so_many_wait_and_no_more() -> None:
    desk = desk_with(Waits(word="WORD"))
    desk.exchange.max_waiting_per_account, desk.exchange.max_waiting = 2, 3
    for number in range(2):
        held(desk, ask(f"w{number}", 1))
    assert refused(desk, ask("w3", 1)) == (
        "order_limits",
        "no more than 2 withdrawals and transfers of an account may wait: cancel one",
    )
    assert refused(desk, Withdraw("ann", "BTC", 1))[0] == "order_limits"
    held(desk, Withdraw("bob", "BTC", 1))
    assert refused(desk, Withdraw("bob", "BTC", 1)) == (
        "order_limits",
        "no more than 3 withdrawals and transfers may wait",
    )


def test_what_waits_outlasts_a_restart_and_is_late_if_the_venue_was_down() -> None:
    desk = desk_with(Waits(HOUR_NS, "WORD"))
    first, second = held(desk, ask("w1")), held(desk, move("t1"))
    desk.send(ReleaseMovement(first))
    document = encode_snapshot(desk.exchange.snapshot())
    restored = restore_exchange(decode_snapshot(document), Waits(HOUR_NS, "WORD"))
    restored.check()
    assert encode_snapshot(restored.snapshot()) == document
    desk.exchange = restored
    assert desk.send(ask("w1")) == [TransferStatus("ann", "w1", first, codes.OK, codes.MOVEMENT_WAITS)]
    desk.time_ns += 40 * HOUR_NS
    events = desk.send(Tick())
    assert [each.movement for each in events if isinstance(each, MovementEnded)] == [first]
    assert ended(desk, ReleaseMovement(second)).outcome == codes.CARRIED_OUT
    (stranger,) = desk.send(CancelWithdrawal("bob", "ann", second))
    assert isinstance(stranger, RequestRejected) and (stranger.code, stranger.report_seq) == (codes.PERMISSION, 0)


def test_nothing_stays_of_what_was_given_up_before_its_time() -> None:
    desk = desk_with(Waits(HOUR_NS))
    kept = held(desk, ask("kept", 10))
    due_ns = desk.exchange.next_due_ns()
    for number in range(50):
        waiting = held(desk, ask(f"w{number}", 1))
        ended(desk, CancelWithdrawal("ann", "ann", waiting))
    # The day's end alone: a client that asks and gives up all day makes no snapshot long, and no tick.
    assert len(desk.exchange.snapshot().due) == 1
    ended(desk, RefuseMovement(kept, "no", "sue"))
    assert desk.exchange.next_due_ns() != due_ns
    # Two at one instant, the older first; what is given up between them does not hold the other up.
    for cid in ("a", "b", "c"):
        desk.send(ask(cid, 1), 0)
    middle = list(desk.exchange.movements)[1]
    ended(desk, CancelWithdrawal("ann", "ann", middle))
    desk.exchange.check()
    events = desk.send(Tick(), HOUR_NS)
    assert [each.client_order_id for each in events if isinstance(each, MovementEnded)] == ["a", "c"]
    desk.exchange.check()
