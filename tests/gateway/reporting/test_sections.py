"""The sections of a report of a whole venue's session, every figure against a recount from the rows of its journal."""

from __future__ import annotations

import json
from collections import Counter
from decimal import Decimal
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from engine.vocabulary.codes import FUTURE, NOTE
from engine.vocabulary.messages.commands import CancelOrder, SetParameter
from gateway.cli.report import command as report_command
from tests.support.gateway.company_session import Company
from tests.support.gateway.report_recount import Plainly

COMMANDS = 1_500
PARTS = ("available", "reserved", "frozen", "held", "arrested")
"""Of what an account holds."""


@pytest.fixture(scope="module")
def journal(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A session whose open orders in notes and futures are cancelled at the end: exposure is then what is held."""
    directory = tmp_path_factory.mktemp("company")
    company = Company(directory, 1)
    company.draw(COMMANDS)
    cancel_derivatives(company)
    return company.write(directory / "journal")


def cancel_derivatives(company: Company) -> None:
    kinds = {each.instrument: each.kind for each in company.listed}
    for account in company.exchange.accounts.values():
        for order in list(account.open_orders.values()):
            if kinds[order.instrument.instrument] in (NOTE, FUTURE):
                company.send(CancelOrder(account.participant, account.account, order.order_id, ""))


@pytest.fixture(scope="module")
def plainly(journal: Path) -> Plainly:
    return Plainly(journal)


def report(*arguments: object, exit_code: int = 0) -> dict[str, Any]:
    result = CliRunner().invoke(
        report_command, [*(str(argument) for argument in arguments), "--json"], catch_exceptions=False
    )
    assert result.exit_code == exit_code, result.output
    found: dict[str, Any] = json.loads(result.stdout)
    return found


@pytest.fixture(scope="module")
def tables(journal: Path) -> dict[str, list[dict[str, Any]]]:
    found: dict[str, list[dict[str, Any]]] = report(journal)["tables"]
    return found


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


def test_capital_exposure_and_limit_of_an_intermediary(tables: dict[str, Any], plainly: Plainly, journal: Path) -> None:
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


# ── turnover and holdings ──────────────────────────────────────────────────────────────────────────────────────────


def figures(row: dict[str, Any]) -> list[Decimal]:
    """Quantities and values as shown; the two columns made of them are checked on the way."""
    found = [Decimal(row[name]) for name in ("bought_quantity", "sold_quantity", "bought", "sold")]
    assert Decimal(row["turnover"]) == found[2] + found[3] and Decimal(row["net_bought"]) == found[2] - found[3]
    return found


def hundredths(part: int, whole: int) -> str | None:
    """Percent with two decimals, rounded down; None of nothing."""
    return None if whole <= 0 else f"{Decimal(part * 10_000 // whole) / 100:.2f}"


def test_turnover_by_class_and_by_investor(tables: dict[str, Any], plainly: Plainly) -> None:
    by_class = {(row["investor_class"], row["instrument"]): figures(row) for row in tables["turnover_by_class"]}
    assert by_class == plainly.turnover(by_class=True) and len(by_class) > 20
    by_investor = {
        (row["investor"], row["investor_class"], row["instrument"]): figures(row)
        for row in tables["turnover_by_investor"]
    }
    assert by_investor == plainly.turnover(by_class=False)
    counts = Counter((of_class, instrument) for _, of_class, instrument in by_investor)
    assert {
        (row["investor_class"], row["instrument"]): row["investors"] for row in tables["turnover_by_class"]
    } == counts
    assert len(plainly.trades) > 100 and any(each["fees"] for each in plainly.trades.values())


def test_net_buying_by_class_and_asset(tables: dict[str, Any], plainly: Plainly) -> None:
    expected: dict[tuple[str, str], list[Decimal]] = {}
    for (of_class, instrument), sums in plainly.turnover(by_class=True).items():
        listed = plainly.listed[instrument]
        if listed.kind != FUTURE:
            found = expected.setdefault((of_class, listed.base), [Decimal(0), Decimal(0)])
            found[0] += sums[0]
            found[1] += sums[1]
    shown = {}
    for row in tables["net_buying"]:
        bought, sold = Decimal(row["bought"]), Decimal(row["sold"])
        assert Decimal(row["net_bought"]) == bought - sold
        shown[row["investor_class"], row["asset"]] = [bought, sold]
    assert shown == expected


def test_holdings_by_class_and_investor(tables: dict[str, Any], plainly: Plainly) -> None:
    expected = plainly.holdings(by="class")
    totals: dict[str, Decimal] = {}
    for (_, asset), amount in expected.items():
        totals[asset] = totals.get(asset, Decimal(0)) + amount
    rows = {(row["investor_class"], row["asset"]): row for row in tables["holdings_by_class"] if Decimal(row["total"])}
    assert {key: Decimal(row["total"]) for key, row in rows.items()} == expected
    for (_, asset), row in rows.items():
        parts = sum(Decimal(row[name]) for name in PARTS)
        assert parts == Decimal(row["total"])
        share = expected[row["investor_class"], asset] * 10_000 // totals[asset]
        assert row["share_percent"] == f"{share / 100:.2f}"
        assert row["total"] == f"{Decimal(row['total']):.{plainly.scales[asset]}f}"
    shown = {(row["investor"], row["asset"]): Decimal(row["total"]) for row in tables["holdings_by_investor"]}
    assert {key: amount for key, amount in shown.items() if amount} == plainly.holdings(by="investor")
    for name in PARTS:
        assert any(Decimal(row[name]) for row in tables["holdings_by_class"]), name


def test_concentration_of_turnover_and_holdings(tables: dict[str, Any], plainly: Plainly) -> None:
    expected: dict[tuple[str, str], Counter[str]] = {}
    for (investor, _, instrument), sums in plainly.turnover(by_class=False).items():
        scale = plainly.scales[plainly.listed[instrument].quote]
        found = expected.setdefault(("turnover", instrument), Counter())
        found[investor] += int((sums[2] + sums[3]) * 10**scale)
    for (investor, asset), amount in plainly.holdings(by="investor").items():
        found = expected.setdefault(("holdings", asset), Counter())
        found[investor] += int(amount * 10 ** plainly.scales[asset])
    rows = {(row["measure"], row["of"]): row for row in tables["concentration"]}
    assert set(rows) == {key for key, amounts in expected.items() if sum(amounts.values())}
    for key, row in rows.items():
        amounts = sorted(expected[key].values(), reverse=True)
        total, top = sum(amounts), sum(amounts[:10])
        scale = plainly.scales[row["asset"]]
        assert row["investors"] == sum(amount > 0 for amount in amounts)
        assert (Decimal(row["total"]) * 10**scale, Decimal(row["top_10"]) * 10**scale) == (total, top)
        assert (row["largest_percent"], row["top_10_percent"]) == (
            hundredths(amounts[0], total),
            hundredths(top, total),
        )
        index = sum(Decimal(amount * 100 * amount * 100) / (total * total) for amount in amounts)
        assert abs(Decimal(row["herfindahl"]) - index) < Decimal("0.02")
        largest = [each for each in tables["concentration_largest"] if (each["measure"], each["of"]) == key]
        assert [each["rank"] for each in largest] == list(range(1, min(len(+expected[key]), 10) + 1))
        assert [Decimal(each["amount"]) * 10**scale for each in largest] == amounts[: len(largest)]
        assert all(expected[key][each["investor"]] == Decimal(each["amount"]) * 10**scale for each in largest)


# ── the cap ────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_who_is_near_the_cap_what_is_reserved_counted(tables: dict[str, Any], plainly: Plainly) -> None:
    window = {"rolling": False, "net": False, "crypto": True}
    taken = {}
    for investor, of_class in plainly.classes.items():
        if of_class in ("retail", "unqualified_firm"):
            used = plainly.caps.used(investor, None, plainly.time_ns, **window)
            reserved = plainly.caps.reserved(investor, None, True)
            if used + reserved:
                taken[investor] = (used, reserved)
    rows = {row["investor"]: row for row in tables["cap_taken"]}
    assert {
        name: (Decimal(row["used_rub"]) * 100, Decimal(row["reserved_rub"]) * 100) for name, row in rows.items()
    } == taken
    cap = 300_000_00
    for name, row in rows.items():
        together = sum(taken[name])
        assert Decimal(row["taken_rub"]) * 100 == together and Decimal(row["cap_rub"]) * 100 == cap
        assert Decimal(row["remaining_rub"]) * 100 == cap - together
        assert row["taken_percent"] == hundredths(together, cap)
    near = sorted((sum(use), name) for name, use in taken.items() if sum(use) * 100 >= cap * 80)
    assert [row["investor"] for row in tables["cap_near"]] == [name for _, name in reversed(near)] and near
    assert any(reserved for _, reserved in taken.values())
    through = {row["intermediary"]: row for row in tables["cap_by_intermediary"]}
    for name, row in through.items():
        mine = {each.investor for each in plainly.accounts.values() if each.intermediary == name}
        mine = {each for each in mine if plainly.classes[each] in ("retail", "unqualified_firm")}
        used = sum(plainly.caps.used(each, name, plainly.time_ns, **window) for each in mine)
        reserved = sum(plainly.caps.reserved(each, name, True) for each in mine)
        assert (Decimal(row["used_rub"]) * 100, Decimal(row["reserved_rub"]) * 100) == (used, reserved)
        assert row["retail_investors"] == len(mine)
        assert row["investors_near"] == sum(
            1 for _, each in near if each in mine and name in used_through(plainly, each)
        )
    assert sum(Decimal(row["used_rub"]) for row in through.values()) * 100 == sum(use[0] for use in taken.values())


def used_through(plainly: Plainly, investor: str) -> set[str]:
    """Through whom somebody has used or reserved some of the cap."""
    found = {row["intermediary"] for row in plainly.caps.trades if row["investor"] == investor and row["bought"]}
    for order in plainly.caps.open.values():
        owner, intermediary = plainly.caps.owners[order["account"]]
        if owner == investor:
            found.add(intermediary)
    return {str(each) for each in found}


def test_a_cap_of_each_intermediary_by_itself(tmp_path: Path) -> None:
    company = Company(tmp_path, 6)
    company.send(SetParameter("RET-1", "cap_scope", "per_intermediary", "another reading", "sue"))
    company.draw(900)
    journal = company.write(tmp_path / "journal")
    plainly, found = Plainly(journal), report(journal, "--section", "caps")["tables"]
    window = {"rolling": False, "net": False, "crypto": True}
    expected = {}
    for investor, of_class in plainly.classes.items():
        for through in used_through(plainly, investor) if of_class in ("retail", "unqualified_firm") else ():
            used = plainly.caps.used(investor, through, plainly.time_ns, **window)
            expected[investor, through] = (used, plainly.caps.reserved(investor, through, True))
    shown = {
        (row["investor"], row["scope"]): (Decimal(row["used_rub"]) * 100, Decimal(row["reserved_rub"]) * 100)
        for row in found["cap_taken"]
    }
    assert shown == {key: use for key, use in expected.items() if sum(use)} and len(shown) > 2
    assert found["cap_near"] and all(Decimal(row["taken_percent"]) >= 80 for row in found["cap_near"])
