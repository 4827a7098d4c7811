"""A desk on which holdings are moved, issued and frozen, and a hook that refuses what a test says."""

from __future__ import annotations

from typing import get_args

from engine.state.hook import Outcome, PreTradeHook, Verdict
from engine.vocabulary import codes
from engine.vocabulary.messages.commands import (
    AddAsset,
    AnyCommand,
    Command,
    ListInstrument,
    NewOrder,
    OpenAccount,
    RequestDelivery,
    SetPhase,
    Transfer,
)
from engine.vocabulary.messages.events import (
    AnyEvent,
    CommandRejected,
    Event,
    RequestRejected,
)
from engine.vocabulary.problem import Problem
from tests.support.engine.desks.desk import E8, Desk, list_spot, open_account

GOLD = AddAsset("GOLD", codes.SECURITY, 2, issuer="mint", terms="a gram of gold", issue_limit=1_000_00)


class Rules(PreTradeHook):
    """A hook that refuses what the test says, and remembers what it saw."""

    def __init__(self) -> None:
        super().__init__()
        self.verdict: Verdict | None = None
        self.problem: Problem | None = None
        self.rule = "FRZ-1"
        self.asked: list[Command] = []
        self.seen: list[Event] = []

    def check_transfer(self, transfer: Transfer, time_ns: int) -> Verdict | None:
        self.asked.append(transfer)
        return self.verdict

    def check_delivery(self, request: RequestDelivery, time_ns: int) -> Verdict | None:
        self.asked.append(request)
        return self.verdict

    def apply(self, command: Command, time_ns: int) -> Outcome:
        self.asked.append(command)
        return Outcome([], self.problem, None, self.rule)

    def followed(self) -> tuple[type[Event], ...]:
        return get_args(AnyEvent)

    def observe(self, event: Event, time_ns: int) -> None:
        self.seen.append(event)


def desk_with(hook: PreTradeHook | None = None) -> Desk:
    """BTC/RUB and GOLD/RUB; ann and bob with 100 BTC, 100000.00 RUB and no GOLD; ann.2 is ann's second account."""
    desk = Desk(hook)
    list_spot(desk)
    desk.send(GOLD)
    listing = ListInstrument(
        "GOLD/RUB", codes.SPOT, "GOLD", "RUB", E8, E8 // 100, E8 // 100, 10**6 * E8, 10**15, 50_000
    )
    desk.send(listing)
    desk.send(SetPhase("GOLD/RUB", codes.CONTINUOUS))
    open_account(desk, "ann", BTC=100, RUB=100_000_00)
    open_account(desk, "bob", BTC=100, RUB=100_000_00)
    desk.send(OpenAccount("ann.2", "ann", "ann"))
    return desk


def move(
    cid: str = "t1",
    to: str = "bob",
    amount: int = 5,
    *,
    account: str = "ann",
    asset: str = "BTC",
    purpose: int = codes.DOMESTIC_PAYMENT,
    participant: str = "ann",
) -> Transfer:
    return Transfer(participant, account, cid, to, asset, amount, purpose)


def order(
    cid: str, side: int, quantity: int, price: int, account: str = "ann", *, instrument: str = "BTC/RUB"
) -> NewOrder:
    return NewOrder(account, account, cid, instrument, side, codes.LIMIT, codes.GTC, price * E8, quantity * E8)


def reports(desk: Desk, account: str) -> int:
    return desk.exchange.accounts[account].report_seq


def holding(desk: Desk, account: str, asset: str) -> tuple[int, int, int]:
    """Available, reserved, frozen."""
    balance = desk.exchange.accounts[account].balance(desk.exchange.assets[asset])
    return balance.available, balance.reserved, balance.frozen


def refused(desk: Desk, command: AnyCommand) -> tuple[str, str]:
    """Code and words of a request that is refused and changes no holding."""
    before = [holding(desk, name, asset) for name in desk.exchange.accounts for asset in desk.exchange.assets]
    (event,) = desk.send(command)
    assert isinstance(event, RequestRejected | CommandRejected), event
    assert before == [holding(desk, name, asset) for name in desk.exchange.accounts for asset in desk.exchange.assets]
    return codes.REJECT_CODES[event.code], event.detail
