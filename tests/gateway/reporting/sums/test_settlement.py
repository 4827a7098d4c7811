"""The settlement of recorded sessions adds up."""

from __future__ import annotations

from pathlib import Path

import pytest

from gateway.reporting.sums.settlement import account_table, is_sound, participant_table
from tests.support.gateway.reporting.report_sessions import random_session, report_of, scripted


@pytest.mark.parametrize("seed", range(8))
def test_the_settlement_adds_up_whatever_happened(seed: int, tmp_path: Path) -> None:
    venue = random_session(seed, 400)
    source, found = report_of(venue.write(tmp_path))
    days = found.settlement_days()
    assert len(days) >= 3 and is_sound(days) and [each.status for each in days] == ["equal"] * len(days)
    assert source.exchange is not None and source.exchange.trades > 20
    assert any(flows[7] for each in days for flows in each.flows.values()), "no correction moved anything"
    # Counted again, the simple way: what accounts hold in the end is what the accounts' nets add up to.
    for account in venue.exchange.accounts.values():
        for asset in venue.exchange.assets.values():
            balance = account.balance(asset)
            net = sum(sum(each.flows.get(("account", account.account, asset.asset), [])) for each in days)
            assert net == balance.available + balance.reserved
    for asset in venue.exchange.assets.values():
        assert sum(sum(each.flows.get(("venue", "", asset.asset), [])) for each in days) == asset.fees
        assert -sum(sum(each.flows.get(("outside", "", asset.asset), [])) for each in days) == asset.supply
    # The table by participant says the same as the one by account.
    by_account, by_participant = account_table(days, found.reference), participant_table(days, found.reference)
    assert len(by_participant.rows) == len(by_account.rows)
    # No order is left behind in the records: as many are open as in the exchange.
    assert found.records.open_orders == sum(len(each.open_orders) for each in venue.exchange.accounts.values())


def test_a_balance_that_the_events_do_not_explain_is_found(tmp_path: Path) -> None:
    _, found = report_of(scripted().write(tmp_path, close=False))
    balances = {("alice", "RUB"): 7}
    found.settlement.compare(balances, {})
    days = found.settlement_days()
    assert days[-1].status == "different" and not is_sound(days)
    assert days[-1].differences is not None
    assert days[-1].differences[("account", "alice", "RUB")] == 7 - 100000011026
    assert days[-1].differences[("venue", "", "RUB")] == -12
