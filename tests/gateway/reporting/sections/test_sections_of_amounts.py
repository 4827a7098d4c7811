"""Turnover, holdings and the annual cap of a report, every figure against a recount from the rows of its journal."""

from __future__ import annotations

from collections import Counter
from decimal import Decimal
from pathlib import Path
from typing import Any

from engine.vocabulary.codes import FUTURE
from engine.vocabulary.messages.commands import SetParameter
from tests.support.gateway.reporting.company_report import PARTS, figures, hundredths, report
from tests.support.gateway.reporting.company_session import Company
from tests.support.gateway.reporting.report_recount import Plainly

# ── turnover and holdings ──────────────────────────────────────────────────────────────────────────────────────────


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
