"""Random streams of all that touches holdings: conserved after every step, one answer to each request, reports dense."""

from __future__ import annotations

import random

import pytest

from engine.vocabulary.messages.commands import Transfer
from engine.vocabulary.messages.events import (
    AssetIssued,
    Event,
    HoldingFrozen,
    RequestRejected,
    Transferred,
    TransferStatus,
)
from tests.support.engine.desks.holding_desk import GOLD, desk_with
from tests.support.engine.draws.holding_draws import drawn
from tests.support.engine.streams import each_of

ONE_ANSWER = (Transferred, TransferStatus, RequestRejected)


@pytest.mark.parametrize("seed", each_of(range(12), range(3)))
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
    for each in (
        "Transferred",
        "TransferStatus",
        "HoldingFrozen",
        "HoldingArrested",
        "AssetIssued",
        "OrderCancelled",
        "Trade",
    ):
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
