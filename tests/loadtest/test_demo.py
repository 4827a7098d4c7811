from __future__ import annotations

import asyncio
import json
import os
import random
import subprocess
import sys
from decimal import Decimal
from pathlib import Path

import pytest

from gateway.client import Instrument, OrderRejected, RequestFailed, Top, Trade
from gateway.protocol.messages import ExecutionReport
from loadtest.demo import colluders
from loadtest.demo.market import Beliefs, Market
from loadtest.demo.participants import Ends
from loadtest.demo.run import shortfalls
from loadtest.demo.tally import Tally


def demo(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "gateway.cli", "demo", *arguments]
    return subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)


def test_three_seconds_of_everything(tmp_path):
    kept = tmp_path / "session"
    done = demo("--seconds", "3", "--json", "--keep", str(kept))
    assert done.stdout, done.stderr
    result = json.loads(done.stdout)
    assert result["shortfalls"] == []
    assert done.returncode == 0
    orders = result["orders"]
    assert orders["entered"] == orders["accepted"] + orders["rejected"] > 200
    assert sum(reject["count"] for reject in result["rejects"]) == orders["rejected"]
    assert len({reject["reason"] for reject in result["rejects"] if reject["is_rule"]}) >= 8
    assert [each["rule"] for each in result["rules"] if not each["named"] and not each["permitted"]] == []
    assert sum(each["decided"] for each in result["rules"]) == sum(
        reject["count"] for reject in result["rejects"] if reject["is_rule"]
    )
    assert all(reject["title"] and reject["example"] for reject in result["rejects"] if reject["is_rule"])
    assert len(result["trades"]["instruments"]) >= 7
    assert any("-FUT-" in name for name in result["trades"]["instruments"])
    assert result["transfers"]["done"] > 0 and result["marks"] >= 6
    assert result["arrests"]["holdings"] > 1 and result["arrests"]["lifted"] == 1
    assert {"PAY-1", "SET-1", "ANON-1", "SAN-1", "CUST-1"} <= {
        each["reason"] for each in result["transfers"]["refused"]
    }
    latency = result["latency_us"]
    assert 0 < latency["p50"] <= latency["p99"] <= latency["p99.9"] <= latency["max"]
    assert result["replay"]["recorded_digest"] == result["replay"]["replayed_digest"]
    assert result["verify"]["events_digest"] == result["replay"]["recorded_digest"]
    command = [sys.executable, "-m", "gateway.cli", "replay", str(kept), "--json"]
    environment = {**os.environ, "PYTHONHASHSEED": "12345"}
    again = subprocess.run(command, capture_output=True, text=True, timeout=60, check=True, env=environment)
    assert json.loads(again.stdout)["replayed_digest"] == result["replay"]["replayed_digest"]


@pytest.mark.parametrize(
    ("rulebook", "rule", "instruments"), [("elr-2025", "ELR-3", 7), ("derivatives-2025", "DER-1", 3)]
)
def test_the_same_flow_fares_otherwise_under_other_rulebooks(rulebook, rule, instruments):
    # In less nobody who is blocked has tried again.
    done = demo("--seconds", "4", "--json", "--rulebook", rulebook)
    assert done.stdout, done.stderr
    result = json.loads(done.stdout)
    assert result["shortfalls"] == []
    assert done.returncode == 0
    assert rule in {reject["reason"] for reject in result["rejects"]}
    assert len(result["trades"]["instruments"]) >= instruments


def test_for_people_and_for_those_who_mistype(tmp_path):
    done = demo("--seconds", "1", "--seed", "7")
    assert " orders, " in done.stdout
    assert "equal" in done.stdout
    assert "\x1b" not in done.stdout + done.stderr
    (tmp_path / "venue.toml").write_text("")
    done = demo("--seconds", "1", "--keep", str(tmp_path))
    assert done.returncode == 1
    assert "exists already" in done.stderr
    assert demo("--rulebook", "none").returncode == 2


def reject(rule: str | None, *others: str) -> OrderRejected:
    report = ExecutionReport(
        exec_type="rejected",
        account="a",
        order_id=1,
        client_order_id="c",
        instrument="A/B",
        order_status="rejected",
        exec_id="1",
        transact_time=1,
        code="compliance" if rule else "tick",
        rule=rule,
        title="Title" if rule else None,
        rules=(rule, *others) if rule else (),
        detail="why",
    )
    return OrderRejected(report)


def test_the_tally_counts_by_what_decided():
    tally = Tally()
    for refused in (reject("RET-1"), reject("RET-1", "OPS-1"), reject(None)):
        tally.reject("anna buys", refused)
    tally.permit("anna sells", "RET-5")
    public = {"trade_id": 1, "taker_side": "buy", "time": 1}
    tally.trade(Trade(instrument="A/B", seq=1, price=Decimal("10.5"), quantity=Decimal(2), **public))
    tally.trade(Trade(instrument="A/B", seq=2, price=Decimal(10), quantity=Decimal(1), **public))
    tally.replied(0, 5_000_000)
    found = tally.as_dict()
    assert [(each["reason"], each["count"], each["is_rule"]) for each in found["rejects"]] == [
        ("RET-1", 2, True),
        ("tick", 1, False),
    ]
    assert found["rejects"][0]["example"] == "anna buys: why"
    rules = tally.rules({"RET-1": "Cap", "OPS-1": "Largest", "RET-5": "Sells", "ANON-1": "Coins"})
    assert [tuple(each.values()) for each in rules] == [
        ("RET-1", "Cap", 2, 2, 0, "anna buys: why"),
        ("OPS-1", "Largest", 0, 1, 0, "anna buys: RET-1 decided"),
        ("RET-5", "Sells", 0, 0, 1, "anna sells: accepted"),
        ("ANON-1", "Coins", 0, 0, 0, ""),
    ]
    traded = {"trades": 2, "quantity": "3", "turnover": "31.0", "last": "10", "change": "-4.76%"}
    assert found["trades"] == {"count": 2, "instruments": {"A/B": traded}}
    assert found["latency_us"]["p50"] == pytest.approx(5000, rel=0.01)


@pytest.fixture
def market() -> Market:
    info = Instrument(
        instrument="BTC/RUB",
        kind="spot",
        base="BTC",
        quote="RUB",
        tick_size=Decimal(100),
        lot_size=Decimal("0.0001"),
        min_quantity=Decimal("0.0001"),
        max_quantity=Decimal(100),
        maker_fee_ppm=0,
        taker_fee_ppm=0,
        phase="continuous",
    )
    return Market(info, 8_000_000.0, Beliefs(random.Random(1)))


def test_prices_and_quantities_are_on_the_grid(market):
    assert market.price(Decimal("8000150"), buys=True) == "8000100"
    assert market.price(Decimal("8000150"), buys=False) == "8000200"
    assert market.price(Decimal("1"), buys=True) == "100"
    assert market.quantity(80_000.0) == "0.01"
    assert market.quantity(1.0) == "0.0001"
    assert market.quantity(1e12) == "100"
    assert market.touch(buys=True) == 8_000_000
    market.see(
        Top(instrument="BTC/RUB", seq=1, prev_seq=0, time=1, bid_price=Decimal(7_999_900), bid_quantity=Decimal(1))
    )
    assert market.touch(buys=True) == 7_999_900
    assert market.touch(buys=False) == 8_000_000


def test_the_fair_price_walks_by_the_clock(market):
    start = market.move(100.0)
    assert market.move(100.0) == start
    assert 0 < abs(market.move(101.0) / start - 1) < 0.001


async def test_the_end_comes_by_the_clock_or_by_somebody():
    async with asyncio.timeout(60):
        assert not await Ends(3600).is_over_within(0.01)
        assert await Ends(0.01).is_over_within(3600)
        assert await Ends(0).is_over_within(3600)
        ends = Ends()
        waiting = asyncio.create_task(ends.is_over_within(3600))
        await asyncio.sleep(0)
        ends.now()
        assert await waiting


class Unwilling:
    """A client whose venue takes nothing."""

    def __init__(self) -> None:
        self.asked = 0

    async def refuse(self, *_, **__):
        self.asked += 1
        raise RequestFailed("malformed", "no")

    buy = sell = transfer = refuse


async def test_who_abuses_the_market_ends_with_the_session(market, monkeypatch):
    monkeypatch.setattr(colluders, "BEGIN_S", 0.0)
    clients = {name: Unwilling() for name in ("anna", "boris", "delta-fund")}
    acting = colluders.Colluders(clients, {"BTC/RUB": market}, Tally())
    # All that they have in mind takes ten seconds.
    async with asyncio.timeout(5):
        await acting.run(Ends(0.4))
    assert all(client.asked for client in clients.values())


def test_shortfalls_are_named():
    result = {
        "rulebook": "general-2026",
        "verify": {"status": "torn"},
        "replay": {"status": "different"},
        "trades": {"instruments": {"A/B": {}}},
        "rules": [
            {"rule": "RET-1", "named": 1, "permitted": 0},
            {"rule": "RET-5", "named": 0, "permitted": 1},
            {"rule": "SAN-1", "named": 0, "permitted": 0},
        ],
        "silent_transfer_rules": ["CUR-1"],
        "transfers": {"done": 0},
        "marks": 1,
        "supervised": {"raise_alert": 2, "open_case": 1},
        "arrests": {"holdings": 1, "lifted": 0},
        "seconds": 20.0,
        "surveillance": {"reports": [{"detector": "layering"}]},
        "orders": {"not_sequenced": {"malformed": 1}},
    }
    assert shortfalls(result) == [
        "the journal is torn",
        "the replay is different",
        "trades in 1 instruments, not 7",
        "rules that did nothing: SAN-1",
        "rules that refused no transfer, and had nothing wait: CUR-1",
        "no transfer was done, or no future was marked",
        "no case was closed, or no alert was dismissed",
        "nothing was arrested, or it was not let go",
        "abuse that surveillance did not report: wash_trade, payment_in_disguise",
        "requests that were not sequenced: {'malformed': 1}",
    ]
    later = {**result, "seconds": 2.0}
    assert not any("abuse" in line for line in shortfalls(later)), "they had no time"


def test_nothing_is_left_behind(tmp_path):
    environment = {**os.environ, "TMPDIR": str(tmp_path)}
    command = [sys.executable, "-m", "gateway.cli", "demo", "--seconds", "1", "--json"]
    subprocess.run(command, capture_output=True, timeout=60, check=False, env=environment)
    assert list(Path(tmp_path).iterdir()) == []
