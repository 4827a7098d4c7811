"""The report of a company's session, and what its tests read it with."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

from click.testing import CliRunner

from engine.vocabulary.codes import FUTURE, NOTE
from engine.vocabulary.messages.commands import CancelOrder
from gateway.cli.supervision.report import command as report_command
from tests.support.gateway.reporting.company_session import Company

PARTS = ("available", "reserved", "frozen", "held", "arrested")
"""Of what an account holds."""


def cancel_derivatives(company: Company) -> None:
    kinds = {each.instrument: each.kind for each in company.listed}
    for account in company.exchange.accounts.values():
        for order in list(account.open_orders.values()):
            if kinds[order.instrument.instrument] in (NOTE, FUTURE):
                company.send(CancelOrder(account.participant, account.account, order.order_id, ""))


def report(*arguments: object, exit_code: int = 0) -> dict[str, Any]:
    result = CliRunner().invoke(
        report_command, [*(str(argument) for argument in arguments), "--json"], catch_exceptions=False
    )
    assert result.exit_code == exit_code, result.output
    found: dict[str, Any] = json.loads(result.stdout)
    return found


def figures(row: dict[str, Any]) -> list[Decimal]:
    """Quantities and values as shown; the two columns made of them are checked on the way."""
    found = [Decimal(row[name]) for name in ("bought_quantity", "sold_quantity", "bought", "sold")]
    assert Decimal(row["turnover"]) == found[2] + found[3] and Decimal(row["net_bought"]) == found[2] - found[3]
    return found


def hundredths(part: int, whole: int) -> str | None:
    """Percent with two decimals, rounded down; None of nothing."""
    return None if whole <= 0 else f"{Decimal(part * 10_000 // whole) / 100:.2f}"
