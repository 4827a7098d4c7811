"""Transfers, intermediaries and exposures of a report, every figure against a recount from the rows of its journal."""

from __future__ import annotations

from collections import Counter
from decimal import Decimal
from itertools import pairwise
from pathlib import Path
from typing import Any

from engine.vocabulary.codes import FUTURE
from tests.support.gateway.reporting.company_report import figures, hundredths, report
from tests.support.gateway.reporting.company_session import Company
from tests.support.gateway.reporting.report_recount import Plainly

# ── transfers ──────────────────────────────────────────────────────────────────────────────────────────────────────


def test_each_transfer_with_its_parties_contract_and_verdict(tables: dict[str, Any], plainly: Plainly) -> None:
    shown = [
        {
            "seq": row["seq"],
            "transfer": row["transfer"],
            "waited": (row["waited_for"], row["by"]),
            "from": (row["from_account"], row["from_investor"], row["from_class"], row["from_intermediary"]),
            "to": (row["to_account"], row["to_investor"], row["to_class"], row["to_intermediary"]),
            "what": (row["asset"], row["amount"], row["purpose"]),
            "contract": (row["contract"], row["contract_left"] or ""),
            "verdict": (row["verdict"], row["rule"]),
        }
        for row in tables["transfer_list"]
    ]
    assert shown == plainly.transfers
    verdicts = Counter(row["verdict"] for row in tables["transfer_list"])
    assert verdicts["done"] > 20 and verdicts["refused"] > 100
    # Those of somebody of high risk waited for a word (AML-2), and got one or not.
    waited = Counter((row["verdict"], row["by"]) for row in tables["transfer_list"] if row["waited_for"] == "AML-2")
    assert waited["done", "sue"] and waited["refused", "sue"] and waited["cancelled", ""] and waited["waiting", ""]
    # Payments and refunds: what is left went down and up.
    lefts = [Decimal(row["contract_left"]) for row in tables["transfer_list"] if row["contract"] == "contract 19/2026"]
    changes = [after - before for before, after in pairwise(lefts)]
    assert min(changes) < 0 < max(changes)
    # The section of counts has withdrawals and redemptions, too.
    ended: Counter[str] = Counter()
    for row in tables["waited"]:
        ended[row["outcome"]] += row["count"]
    assert ended == plainly.ended and ended["carried_out"] and ended["refused"]
    refusal = next(row for row in tables["transfer_list"] if row["rule"] == "PAY-1")
    assert refusal["code"] == "compliance" and "RUB" in refusal["detail"]


# ── intermediaries ─────────────────────────────────────────────────────────────────────────────────────────────────


def test_orders_and_refusals_by_intermediary(tables: dict[str, Any], plainly: Plainly) -> None:
    rows = {row["intermediary"]: row for row in tables["intermediaries"]}
    assert {name: row["orders"] for name, row in rows.items()} == dict(plainly.orders)
    refused: Counter[tuple[str, bool]] = Counter()
    for (intermediary, _, _, is_order), count in plainly.refused.items():
        refused[intermediary, is_order] += count
    for name, row in rows.items():
        assert (row["orders_refused"], row["requests_refused"]) == (refused[name, True], refused[name, False])
    shown: Counter[tuple[str, str, str, bool]] = Counter()
    for row in tables["intermediary_refusals"]:
        key = (row["intermediary"], row["rule"], row["code"])
        shown[*key, True] += row["orders"]
        shown[*key, False] += row["requests"]
    assert +shown == plainly.refused and len(plainly.refused) > 20


def test_clients_of_each_intermediary(tables: dict[str, Any], plainly: Plainly) -> None:
    expected: dict[tuple[str, str], tuple[set[str], list[str]]] = {}
    for account in plainly.accounts.values():
        key = (account.intermediary, plainly.classes[account.investor])
        investors, accounts = expected.setdefault(key, (set(), []))
        investors.add(account.investor)
        accounts.append(account.account)
    shown = {
        (row["intermediary"], row["investor_class"]): (row["investors"], row["accounts"])
        for row in tables["intermediary_clients"]
    }
    assert shown == {key: (len(one), len(two)) for key, (one, two) in expected.items()}
    everybody = {row["intermediary"]: (row["investors"], row["accounts"]) for row in tables["intermediaries"]}
    for name, counts in everybody.items():
        mine = [each for each in plainly.accounts.values() if each.intermediary == name]
        assert counts == (len({each.investor for each in mine}), len(mine))


def test_turnover_and_holdings_by_intermediary(tables: dict[str, Any], plainly: Plainly) -> None:
    shown = {(row["intermediary"], row["instrument"]): figures(row) for row in tables["intermediary_turnover"]}
    assert shown == plainly.through()
    held = {
        (row["intermediary"], row["asset"]): Decimal(row["total"])
        for row in tables["intermediary_holdings"]
        if Decimal(row["total"])
    }
    assert held == plainly.holdings(by="intermediary")


def test_what_clients_have_and_what_is_the_intermediarys_own(tables: dict[str, Any], plainly: Plainly) -> None:
    shown = {
        (row["intermediary"], row["asset"], row["custody"]): [Decimal(row["clients"]), Decimal(row["own"])]
        for row in tables["segregation"]
    }
    assert shown == plainly.apart()
    assert any(own for _, own in shown.values()) and any(clients for clients, _ in shown.values())
    stated = {row["intermediary"]: row["own_investor"] for row in tables["intermediaries"] if row["own_investor"]}
    assert stated == plainly.themselves and len(stated) > 1


def test_capital_exposure_and_limit_of_an_intermediary(tables: dict[str, Any], plainly: Plainly) -> None:
    exposed = exposures(plainly, through=True)
    rows = {row["intermediary"]: row for row in tables["intermediaries"] if row["kind"] == "intermediary"}
    capital = {"north": 3_000_000_000, "south": 1_200_000_000, "west": 20_000_000, "east": 400_000_000}
    assert set(rows) == set(capital)
    for name, row in rows.items():
        assert Decimal(row["capital_rub"]) == capital[name]
        assert Decimal(row["exposure_rub"]) == Decimal(exposed.get(name, 0)) / 100
        assert row["exposure_limit_rub"] == "2000000000.00"
        assert row["of_capital_percent"] == hundredths(exposed.get(name, 0), capital[name] * 100)
        assert row["licensed"] == "yes" and row["suspended"] == ("yes" if name == "east" else "")
    assert sum(exposed.values())


# ── exposures ──────────────────────────────────────────────────────────────────────────────────────────────────────


def exposures(plainly: Plainly, *, through: bool) -> Counter[str]:
    """Entry values of what is held in notes and futures, in kopecks: no order is open in them."""
    found: Counter[str] = Counter()
    for (account, _), (units, value) in plainly.positions.items():
        opened = plainly.accounts[account]
        whose = opened.intermediary if through else opened.investor
        if units and whose:
            found[whose] += value
    return found


LIMITS = {"qualified": 50_000_000, "super_qualified": 500_000_000, "qualified_firm": 2_000_000_000, "retail": 0}


def test_exposures_of_investors_against_the_limit_of_their_class(tables: dict[str, Any], plainly: Plainly) -> None:
    rows = {row["name"]: row for row in tables["exposure_limits"] if row["rule"] == "DER-4"}
    expected = exposures(plainly, through=False)
    assert {name: Decimal(row["exposure_rub"]) * 100 for name, row in rows.items()} == expected
    assert len(rows) > 5
    for name, row in rows.items():
        limit = LIMITS[plainly.classes[name]] * 100
        assert Decimal(row["limit_rub"]) * 100 == limit
        assert Decimal(row["remaining_rub"]) * 100 == max(limit - expected[name], 0)
        assert row["used_percent"] == hundredths(expected[name], limit)
        assert row["beyond"] == ("yes" if expected[name] > limit else "")
        capital = plainly.capital[name]
        assert row["of_capital_percent"] == hundredths(expected[name], capital * 100)
    positions = {
        (row["account"], row["instrument"]): row for row in tables["exposure_positions"] if Decimal(row["quantity"])
    }
    for (account, instrument), (units, value) in plainly.positions.items():
        if units:
            row = positions.pop((account, instrument))
            lot = Decimal(plainly.listed[instrument].lot_e8) / 10**8
            assert Decimal(row["quantity"]) == units * lot and Decimal(row["entry_value"]) * 100 == value
    assert not positions


def test_all_that_a_bank_has_against_its_capital(tables: dict[str, Any], plainly: Plainly) -> None:
    (row,) = [row for row in tables["exposure_limits"] if row["rule"] == "DER-3"]
    coins = notes = futures = 0
    for asset in plainly.scales:
        units = plainly.balances["kappa-bank.main", asset]
        if asset == "RUB" or not units:
            continue
        if asset.endswith(("NOTE", "DFA")):
            # What it has issued counts in full: its own holding is part of that.
            notes += plainly.roubles(asset, units) if asset == "BTC-NOTE" else 0
        elif asset != "A7A5":
            coins += plainly.roubles(asset, units)
    issued = plainly.roubles("KAPPA-DFA", plainly.issued["KAPPA-DFA"])
    for (account, instrument), (units, _) in plainly.positions.items():
        listed = plainly.listed[instrument]
        if account == "kappa-bank.main" and listed.kind == FUTURE:
            futures += abs(units) * plainly.last[instrument] * listed.unit
    parts = {
        each["part"]: Decimal(each["amount_rub"]) * 100 for each in tables["exposure_parts"] if each["rule"] == "DER-3"
    }
    opened = parts.pop("open purchases", Decimal(0))
    expected = {"coins": coins, "notes": notes, "futures": futures, "issued": issued}
    assert parts == {name: amount for name, amount in expected.items() if amount}
    assert futures and issued and coins
    total = coins + notes + futures + issued + int(opened)
    assert Decimal(row["exposure_rub"]) * 100 == total
    assert Decimal(row["limit_rub"]) == 200_000_000 and Decimal(row["capital_rub"]) == 20_000_000_000
    assert row["used_percent"] == hundredths(total, 200_000_000 * 100)
    assert (row["kind"], row["name"]) == ("bank", "kappa-bank")


def test_all_that_a_financial_firm_has_against_its_capital(tmp_path: Path) -> None:
    company = Company(tmp_path, 3, rulebook="elr-2025")
    company.draw(400)
    journal = company.write(tmp_path / "journal")
    plainly, found = Plainly(journal), report(journal, "--section", "exposures")["tables"]
    (row,) = found["exposure_limits"]
    assert (row["rule"], row["kind"], row["name"]) == ("ELR-2", "financial_firm", "kappa-bank")
    expected: Counter[str] = Counter()
    for asset in plainly.scales:
        units = plainly.balances["kappa-bank.main", asset]
        if asset != "RUB" and units:
            name = "notes" if asset.endswith(("NOTE", "DFA")) else "rouble stablecoins" if asset == "A7A5" else "coins"
            expected[name] += plainly.roubles(asset, units)
    parts = {each["part"]: int(Decimal(each["amount_rub"]) * 100) for each in found["exposure_parts"]}
    opened = parts.pop("open purchases", 0)
    assert parts == expected and expected["coins"]
    assert Decimal(row["exposure_rub"]) * 100 == sum(expected.values()) + opened
    assert (row["limit_rub"], row["capital_rub"]) == ("200000000.00", "20000000000.00")
    assert row["of_capital_percent"] == hundredths(sum(expected.values()) + opened, 20_000_000_000 * 100)
