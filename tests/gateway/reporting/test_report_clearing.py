"""The settlement of futures and holdings: random sessions of the core's own tests, reported on and held against the balances."""

from __future__ import annotations

import random

import pytest

from engine.exchange import Exchange
from engine.vocabulary.limits import NS_PER_DAY
from engine.vocabulary.messages.commands import Tick
from gateway.reporting.report import Report
from gateway.reporting.sums.settlement import ISSUANCE, TRANSFERS, VARIATION_MARGIN
from tests.support.engine.checks.futures_session import START_NS, STEPS, Session
from tests.support.engine.desks.holding_desk import desk_with
from tests.support.engine.draws.holding_draws import drawn
from tests.support.gateway.reporting.report_sessions import report_of_commands


def moved(report: Report, source: int) -> bool:
    return any(flows[source] for each in report.settlement_days() for flows in each.flows.values())


def filled_tables(report: Report) -> dict[str, list[object]]:
    """The first cells of each row, by table."""
    return {table.name: [row[0] for row in table.rows] for table in report.tables(None)}


@pytest.mark.parametrize("seed", range(6))
def test_transfers_issuance_and_freezes_settle_to_the_unit(seed: int) -> None:
    rng, desk = random.Random(seed), desk_with()
    for number in range(400):
        desk.send(drawn(rng, desk, number), rng.choice((0, 1, NS_PER_DAY // 100)))
    frozen = 0

    def look(report: Report, exchange: Exchange) -> None:
        nonlocal frozen
        frozen += any(balance.frozen for each in exchange.accounts.values() for balance in each.balances.values())

    report = report_of_commands(desk.history, look)
    assert moved(report, TRANSFERS) and moved(report, ISSUANCE) and len(report.settlement_days()) > 1 and frozen
    tables = filled_tables(report)
    assert tables["transfers"] and tables["transfers_refused"] and tables["freezes"]


@pytest.mark.parametrize("seed", range(100, 104))
def test_marks_defaults_and_close_outs_settle_to_the_unit(seed: int) -> None:
    session = Session(seed)
    for _ in range(STEPS):
        session.step()
    session.time_ns = START_NS + NS_PER_DAY
    session.send(Tick())
    report = report_of_commands(session.history)
    tables = filled_tables(report)
    assert moved(report, VARIATION_MARGIN) and tables["marks"]
    assert {"margin_called", "close_out"} <= set(tables["margin"])
