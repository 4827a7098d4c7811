"""The queries of `examples/duckdb/`, asked of the kept demo: what they find adds up to what the reports say."""

from __future__ import annotations

from collections import Counter, defaultdict
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from engine.vocabulary.codes import BUY, SELL
from tests.support.gateway.journal.exported import QUERIES, Asked, demo_journal, exact, export, report_tables
from tests.support.gateway.journal.journals import write_journal
from tests.support.gateway.reporting.explained_story import RecordedVenue, order


@pytest.fixture(scope="module")
def journal(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return demo_journal(tmp_path_factory.mktemp("demo"))


@pytest.fixture(scope="module")
def asked(journal: Path, tmp_path_factory: pytest.TempPathFactory) -> Asked:
    out = tmp_path_factory.mktemp("tables")
    export(journal, out)
    return Asked(out)


@pytest.fixture(scope="module")
def reported(journal: Path) -> dict[str, list[dict[str, Any]]]:
    return report_tables(journal)


Reported = dict[str, list[dict[str, Any]]]


def test_every_query_has_a_test() -> None:
    tested = {name.removeprefix("test_of_") for name in globals() if name.startswith("test_of_")}
    assert tested == {path.stem for path in QUERIES.iterdir()}


def test_of_refusals(asked: Asked, reported: Reported) -> None:
    decided: Counter[str] = Counter()
    failed: Counter[str] = Counter()
    rows = asked.example("refusals")
    for row in rows:
        decided[row["rule"]] += row["decided"]
        failed[row["rule"]] += row["failed"]
    expected = [row for row in reported["rejects_by_rule"] if row["rule"]]
    assert +decided == {row["rule"]: row["decided"] for row in expected if row["decided"]}
    assert failed == {row["rule"]: row["failed"] for row in expected}
    assert {row["rule"]: row["title"] for row in rows} == {row["rule"]: row["title"] for row in expected}
    classes = {(row["rule"], row["investor_class"]) for row in reported["rejects"] if row["rule"]}
    assert {(row["rule"], row["investor_class"]) for row in rows if row["decided"]} == classes


def test_of_net_buying(asked: Asked, reported: Reported) -> None:
    bought: defaultdict[str, Decimal] = defaultdict(Decimal)
    net: defaultdict[str, Decimal] = defaultdict(Decimal)
    rows = asked.example("net_buying")
    for row in rows:
        bought[row["instrument"]] += row["bought"]
        net[row["instrument"]] += row["net"]
    turnover = {row["instrument"]: exact(row["turnover"]) for row in reported["orders_by_instrument"]}
    assert bought == {name: amount for name, amount in turnover.items() if amount}
    # What some buy others sell.
    assert set(net.values()) == {0}
    assert len({row["investor_class"] for row in rows}) > 2


def test_of_near_the_cap(tmp_path: Path) -> None:
    venue = RecordedVenue()
    venue.apply(order("dealer", SELL, "0.1", "8000000", "s1"))
    venue.apply(order("retail", BUY, "0.031", "8000000", "a1"))
    venue.apply(order("retail", BUY, "0.001", "7900000", "a2"))
    write_journal(tmp_path / "journal", venue.rows)
    export(tmp_path, tmp_path / "out", "--tables", "caps")
    (expected, *others) = sorted(report_tables(tmp_path)["cap_investors"], key=lambda row: exact(row["remaining_rub"]))
    assert others
    assert Asked(tmp_path / "out").example("near_the_cap") == [
        {
            "investor": expected["investor"],
            "investor_class": expected["investor_class"],
            **{name: exact(expected[f"{name}_rub"]) for name in ("cap", "used", "reserved", "remaining")},
            "percent": 85.3,
        }
    ]


def test_of_obligations(asked: Asked, reported: Reported) -> None:
    assert {
        (str(row["day"]), row["participant"], row["asset"]): row["net"] for row in asked.example("obligations")
    } == {
        (row["day"], row["name"], row["asset"]): exact(row["net"])
        for row in reported["settlement"]
        if row["party"] == "participant" and exact(row["net"])
    }


def test_of_spread(asked: Asked) -> None:
    rows = asked.example("spread")
    # Counted here another way, in exact figures.
    weighed: defaultdict[Any, list[Decimal]] = defaultdict(lambda: [Decimal(), Decimal()])
    last: dict[str, tuple[int, int, Decimal, Decimal]] = {}
    for instrument, seq, time_ns, bid, ask in asked.rows(
        "SELECT instrument, seq, epoch_ns(time), best_bid, best_ask FROM 'book_changes.parquet' ORDER BY seq, event_no"
    ):
        before = last.get(instrument)
        if before is not None and before[0] != seq and before[2] and before[3]:
            moscow_minute = (before[1] + 3 * 3_600 * 10**9) // (60 * 10**9)
            found = weighed[(instrument, moscow_minute)]
            found[0] += 20_000 * (before[3] - before[2]) / (before[2] + before[3]) * (time_ns - before[1])
            found[1] += time_ns - before[1]
        last[instrument] = (seq, time_ns, bid, ask)
    expected = {key: total / over for key, (total, over) in weighed.items() if over}
    assert len(rows) == len(expected) > 5
    for row in rows:
        minute = row["minute"]
        key = (row["instrument"], round((minute - type(minute)(1970, 1, 1)).total_seconds() / 60))
        assert abs(Decimal(row["spread_bps"]) - expected[key]) < Decimal("0.011")
