"""Random streams of all that touches holdings: conserved after every step, one answer to each request, reports dense."""

from __future__ import annotations

import random

import msgspec
import pytest

from engine.vocabulary.messages.commands import (
    AnyCommand,
    BustTrade,
    Deposit,
    FreezeAsset,
    IssueAsset,
    RedeemAsset,
    Transfer,
    Withdraw,
)
from engine.vocabulary.messages.events import (
    AssetIssued,
    Event,
    HoldingFrozen,
    RequestRejected,
    Transferred,
    TransferStatus,
)
from tests.support.engine.desk import Desk
from tests.support.engine.holding_desk import GOLD, desk_with, order


def drawn(rng: random.Random, desk: Desk, number: int) -> AnyCommand:
    """Any command that touches holdings, with a good part of faulty ones and of ids used before."""
    accounts = ["ann", "bob", "ann.2", "nobody"]
    account = rng.choices(accounts, (6, 6, 3, 1))[0]
    operator = {"ann": "ann", "ann.2": "ann"}.get(account, "bob")
    asset = rng.choice(["BTC", "GOLD", "GOLD", "RUB"])
    cid = f"c{rng.randint(max(0, number - 6), number)}"
    kind = rng.randrange(10)
    if kind == 9:
        return rng.choice([each.command for each in desk.history[-12:]])
    if kind <= 2:
        instrument = "BTC/RUB" if asset == "BTC" else "GOLD/RUB"
        limit = order(cid, rng.randrange(2), rng.randint(1, 60), rng.randint(95, 105), account, instrument=instrument)
        return msgspec.structs.replace(limit, participant=operator)
    if kind <= 4:
        to, purpose = rng.choice(accounts), rng.randrange(3)
        return Transfer(operator, account, cid, to, asset, rng.randint(-1, 90), purpose)
    if kind == 5:
        share = rng.choice([0, 1, 250_000, 333_333, 800_000, 1_000_000])
        return FreezeAsset(asset, share, rng.choice(["", account]), rng.choice(["", "mint"]))
    if kind == 6:
        return IssueAsset("GOLD", account, rng.randint(0, 300_00), rng.choice(["", "mint", "bank"]))
    if kind == 7:
        return RedeemAsset("GOLD", account, rng.randint(0, 60_00))
    return rng.choice([Deposit(account, asset, 50), Withdraw(account, asset, 40), BustTrade(rng.randint(1, 20), "x")])


ONE_ANSWER = (Transferred, TransferStatus, RequestRejected)


@pytest.mark.parametrize("seed", range(12))
def test_nothing_is_lost_or_made_whatever_happens_to_holdings(seed: int) -> None:
    """After every step the state is sound, the reports are dense, and each client's request has exactly one answer."""
    rng = random.Random(seed)
    desk = desk_with()
    seen: dict[str, int] = {}
    issued = 0
    for number in range(400):
        command = drawn(rng, desk, number)
        before = {name: account.report_seq for name, account in desk.exchange.accounts.items()}
        events = desk.send(command)
        desk.exchange.check()
        if isinstance(command, Transfer):
            assert len(events) == 1
            assert isinstance(events[0], ONE_ANSWER)
        for event in events:
            seen[type(event).__name__] = seen.get(type(event).__name__, 0) + 1
            if isinstance(event, AssetIssued):
                issued += event.amount
                assert event.outstanding == issued <= GOLD.issue_limit
            if isinstance(event, HoldingFrozen):
                assert event.frozen >= 0 <= event.available
        numbered = dict.fromkeys(before, 0)
        for event in events:
            for account, seq in report_numbers(event):
                numbered[account] += 1
                assert seq == before[account] + numbered[account]
        assert all(
            account.report_seq == before[name] + numbered[name] for name, account in desk.exchange.accounts.items()
        )
    for each in ("Transferred", "TransferStatus", "HoldingFrozen", "AssetIssued", "OrderCancelled", "Trade"):
        assert seen.get(each, 0) >= 2, f"{each} is hardly ever drawn: {seen}"


def report_numbers(event: Event) -> list[tuple[str, int]]:
    """Accounts and numbers of the private reports in an event."""
    pairs = (
        ("account", "report_seq"),
        ("maker_account", "maker_report_seq"),
        ("taker_account", "taker_report_seq"),
        ("buy_account", "buy_report_seq"),
        ("sell_account", "sell_report_seq"),
        ("from_account", "from_report_seq"),
        ("to_account", "to_report_seq"),
    )
    return [(getattr(event, name), getattr(event, seq)) for name, seq in pairs if getattr(event, seq, 0)]
