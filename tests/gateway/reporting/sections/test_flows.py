"""What came in and went out, and what was frozen, against a recount from the rows and the balances at the end."""

from __future__ import annotations

from collections import defaultdict
from pathlib import Path

import pytest

from engine.vocabulary.codes import MOVEMENT_STATUSES
from engine.vocabulary.messages.commands import AnyCommand, Deposit, FreezeAsset, RequestWithdrawal
from engine.vocabulary.messages.events import (
    AssetIssued,
    FundsMoved,
    HoldingArrested,
    HoldingFrozen,
    MovementEnded,
    MovementHeld,
    Trade,
    Transferred,
)
from gateway.reporting.sections.flows import Flows
from gateway.reporting.tables.tables import Table
from tests.support.compliance.venue import ACCOUNTS
from tests.support.gateway.reporting.reported import ReportedVenue, drive, sections


@pytest.fixture(scope="module")
def venue() -> ReportedVenue:
    return drive(ReportedVenue("general-2026"), 5, 1_500)


@pytest.fixture(scope="module")
def tables(venue: ReportedVenue, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Table]:
    return sections(venue.write(tmp_path_factory.mktemp("flows")), Flows)


def scaled(venue: ReportedVenue, asset: str, text: object) -> int:
    scale = venue.exchange.assets[asset].scale
    whole, _, fraction = str(text).partition(".")
    assert len(fraction) == scale
    return int(whole + fraction)


def test_each_movement_is_a_row(venue: ReportedVenue, tables: dict[str, Table]) -> None:
    deposits, withdrawals, issues = [], [], []
    for seq, _, command, events in venue.rows:
        for event in events:
            if isinstance(event, FundsMoved):
                row = (seq, event.account, ACCOUNTS[event.account][0], event.asset, abs(event.amount))
                if isinstance(command, Deposit):
                    deposits.append((*row, command.origin, command.reason, command.by))
                else:
                    withdrawals.append(row)
            elif isinstance(event, AssetIssued):
                what = "issued" if event.amount > 0 else "redeemed"
                issues.append((seq, what, event.asset, event.account, abs(event.amount), event.outstanding))
    found = [
        (
            *(row["seq"], row["account"], row["investor"], row["asset"]),
            *(scaled(venue, str(row["asset"]), row["amount"]), row["origin"], row["reason"], row["by"]),
        )
        for row in tables["deposits"].objects()
    ]
    assert found == deposits
    assert withdrawals == [
        (row["seq"], row["account"], row["investor"], row["asset"], scaled(venue, str(row["asset"]), row["amount"]))
        for row in tables["withdrawals"].objects()
    ]
    assert [
        (
            *(row["seq"], row["what"], row["asset"], row["account"]),
            *(scaled(venue, str(row["asset"]), row[key]) for key in ("amount", "outstanding")),
        )
        for row in tables["issues"].objects()
    ] == issues
    assert min(len(withdrawals), len(issues)) > 4


def test_what_waited_and_what_became_of_it(venue: ReportedVenue, tables: dict[str, Table]) -> None:
    asked: dict[int, tuple[int, AnyCommand, MovementHeld]] = {}
    expected = []
    carried: dict[tuple[int, str], int] = {}
    for seq, time_ns, command, events in venue.rows:
        for event in events:
            if isinstance(event, MovementHeld):
                begun = asked.get(event.movement, (time_ns, command, event))
                asked[event.movement] = (begun[0], begun[1], event)
            elif isinstance(event, MovementEnded):
                begun_ns, _, held = asked.pop(event.movement)
                outcome = MOVEMENT_STATUSES[event.outcome]
                waited = (time_ns - begun_ns) // 10**9
                expected.append(
                    (event.movement, held.account, held.asset, outcome, seq, waited, event.by, event.reason)
                )
                if outcome == "carried_out":
                    carried[seq, held.account] = event.movement
    last_ns = venue.rows[-1][1]
    for movement, (begun_ns, _, held) in asked.items():
        waited = (last_ns - begun_ns) // 10**9
        expected.append((movement, held.account, held.asset, "waiting", None, waited, "", ""))
    columns = ("movement", "account", "asset", "outcome", "ended_seq", "waited_seconds", "by", "reason")
    rows = tables["movements"].objects()
    assert [tuple(row[column] for column in columns) for row in rows] == expected
    assert {"carried_out", "refused", "cancelled"} <= {row["outcome"] for row in rows}
    by_seq = {row[0]: row[2] for row in venue.rows}
    for row in tables["withdrawals"].objects():
        seq, account = int(str(row["seq"])), str(row["account"])
        assert row["movement"] == carried.get((seq, account))
        asked_with = by_seq[int(str(row["movement"] or seq))]
        assert row["destination"] == (asked_with.destination if isinstance(asked_with, RequestWithdrawal) else "")
        assert row["by"] == ("desk" if isinstance(asked_with, RequestWithdrawal) else "otto")
    assert any(row["movement"] for row in tables["withdrawals"].objects())


def test_sums_and_trades_and_transfers_make_what_is_held(venue: ReportedVenue, tables: dict[str, Table]) -> None:
    """Trades and transfers move between accounts, so what came in less what went out is there at the end, fees apart."""
    there: dict[str, int] = defaultdict(int)
    for account in venue.exchange.accounts.values():
        for number, balance in account.balances.items():
            asset = list(venue.exchange.assets)[number]
            there[asset] += balance.owned
    for asset in venue.exchange.assets.values():
        there[asset.asset] += asset.fees
    assert any(isinstance(event, Trade | Transferred) for row in venue.rows for event in row[3])
    for row in tables["flow_sums"].objects():
        asset = str(row["asset"])
        net = [scaled(venue, asset, row[key]) for key in ("deposited", "withdrawn", "issued", "redeemed")]
        assert net[0] - net[1] + net[2] - net[3] == there[asset], asset


def test_a_freeze_and_what_it_did_to_each_holder(venue: ReportedVenue, tables: dict[str, Table]) -> None:
    events = [(row[0], event, row[2].by) for row in venue.rows for event in row[3] if isinstance(event, HoldingFrozen)]
    rows = tables["freezes_by_holder"].objects()
    frozen: dict[str, int] = {}
    assert len(rows) == len(events) > 3
    for row, (seq, event, by) in zip(rows, events, strict=True):
        # Beside these, what waits to leave the account is owned too.
        parts = event.available + event.reserved + event.frozen
        held = scaled(venue, "USDT", row["owned"])
        assert held >= parts
        assert (row["seq"], row["account"], row["by"], row["reason"]) == (seq, event.account, by, "order 18")
        assert scaled(venue, "USDT", row["frozen_before"]) == frozen.get(event.account, 0)
        assert scaled(venue, "USDT", row["frozen"]) == event.frozen
        assert row["what"] == ("frozen" if event.frozen > frozen.get(event.account, 0) else "let go")
        assert float(str(row["frozen_percent"])) == pytest.approx(100 * event.frozen / held, abs=0.01)
        frozen[event.account] = event.frozen


def test_of_a_day_only_what_happened_on_it(tmp_path: Path) -> None:
    venue = ReportedVenue()
    venue.apply(FreezeAsset("USDT", 500_000, "firm", "", "order 18", "sue"))
    venue.at("2026-06-02 09:00:00")
    venue.apply(Deposit("firm", "RUB", 5, "top up", "otto"))
    venue.apply(FreezeAsset("USDT", 250_000, "firm", "", "eased", "sue"))
    found = sections(venue.write(tmp_path), Flows, day=20_606)
    assert [row["amount"] for row in found["deposits"].objects()] == ["0.05"]
    (row,) = found["freezes_by_holder"].objects()
    assert (row["what"], row["frozen_before"], row["frozen"], row["frozen_percent"]) == (
        "let go",
        "5000000000.000000",
        "2500000000.000000",
        "25.00",
    )


def test_what_papers_arrest_of_each_holding(venue: ReportedVenue, tables: dict[str, Table]) -> None:
    events = [(row[0], event) for row in venue.rows for event in row[3] if isinstance(event, HoldingArrested)]
    rows = tables["arrests_by_holder"].objects()
    arrested: dict[tuple[str, str], int] = {}
    assert len(rows) == len(events) > 3
    for row, (seq, event) in zip(rows, events, strict=True):
        assert (row["seq"], row["account"], row["arrest"], row["dated"]) == (
            seq,
            event.account,
            event.arrest,
            "2026-05-05",
        )
        assert row["what"] == ("arrested" if event.claimed else "let go")
        key = (event.account, event.asset)
        assert scaled(venue, event.asset, row["arrested_before"]) == arrested.get(key, 0)
        assert scaled(venue, event.asset, row["arrested"]) == event.arrested
        owned = scaled(venue, event.asset, row["owned"])
        assert owned >= event.available + event.reserved + event.frozen + event.arrested
        assert float(str(row["arrested_percent"])) == pytest.approx(100 * event.arrested / owned, abs=0.01)
        assert (row["claimed"] is None) == (event.claimed < 0) == bool(row["claims_all"])
        arrested[key] = event.arrested
    for (account, asset), amount in arrested.items():
        assert venue.exchange.accounts[account].balance(venue.exchange.assets[asset]).arrested == amount
