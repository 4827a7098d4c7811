"""`sbx trades` and `sbx candles`: equal to what the events of a session add up to, counted here another way."""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Iterator
from decimal import Decimal
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from compliance.registry.calendar import moscow_midnight_ns
from engine.vocabulary.limits import NS_PER_SECOND
from engine.vocabulary.messages.events import Trade, TradeCorrected
from gateway.cli.inspecting.candles import command as candles_command
from gateway.cli.inspecting.trades import command as trades_command
from tests.support.gateway.reporting.report_sessions import MONDAY_NS, Journaled, random_session, scripted

TICK, LOT = Decimal("0.5"), Decimal("0.1")


def trades(*arguments: object) -> Result:
    return CliRunner().invoke(trades_command, [str(each) for each in arguments], catch_exceptions=False)


def candles(*arguments: object) -> Result:
    return CliRunner().invoke(candles_command, [str(each) for each in arguments], catch_exceptions=False)


def rows(found: Result) -> list[dict[str, Any]]:
    assert found.exit_code == 0, found.output
    return [json.loads(line) for line in found.stdout.splitlines()]


@pytest.fixture(scope="module")
def session() -> Journaled:
    return random_session(11, 900)


@pytest.fixture(scope="module")
def journal(session: Journaled, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return session.write(tmp_path_factory.mktemp("journal"))


def standing(session: Journaled) -> Iterator[tuple[int, int, Trade, int]]:
    """Every trade with its seq and time, and the price in ticks that stands at the end (0: busted)."""
    last: dict[int, int] = {}
    for _, _, _, events in session.rows:
        for event in events:
            if isinstance(event, Trade):
                last[event.trade_id] = event.price_ticks
            elif isinstance(event, TradeCorrected):
                last[event.trade_id] = event.new_price_ticks
    for seq, time_ns, _, events in session.rows:
        for event in events:
            if isinstance(event, Trade):
                yield seq, time_ns, event, last[event.trade_id]


def test_every_trade_is_on_the_tape(session: Journaled, journal: Path) -> None:
    found = rows(trades(journal, "--json"))
    expected = list(standing(session))
    assert len(found) == len(expected) > 100
    assert {row["status"] for row in found} == {"", "corrected", "busted"}
    for row, (seq, _, trade, ticks) in zip(found, expected, strict=True):
        assert (row["seq"], row["trade_id"], row["maker_order_id"]) == (seq, trade.trade_id, trade.maker_order_id)
        assert Decimal(row["price"]) == trade.price_ticks * TICK
        assert Decimal(row["quantity"]) == trade.quantity_lots * LOT
        assert Decimal(row["amount"]) == Decimal(row["price"]) * Decimal(row["quantity"])
        assert (Decimal(row["final_price"]) if ticks else row["final_price"]) == (ticks * TICK if ticks else "")


@pytest.mark.parametrize(
    ("interval", "interval_ns"),
    [("10s", 10 * NS_PER_SECOND), ("7m", 420 * NS_PER_SECOND), ("1d", 86_400 * NS_PER_SECOND)],
)
def test_candles_are_those_of_the_trades(session: Journaled, journal: Path, interval: str, interval_ns: int) -> None:
    anchor = 0 if interval == "7m" else MONDAY_NS
    if not anchor:
        anchor = moscow_midnight_ns(1970, 1, 1)
    groups: dict[int, list[tuple[int, Trade, int]]] = {}
    for seq, time_ns, trade, ticks in standing(session):
        if ticks:
            groups.setdefault((time_ns - anchor) // interval_ns, []).append((seq, trade, ticks))
    found = rows(candles(journal, "--json", "--interval", interval))
    assert len(found) == len(groups)
    for row, group in zip(found, groups.values(), strict=True):
        prices = [ticks * TICK for _, _, ticks in group]
        shown = [Decimal(row[name]) for name in ("open", "high", "low", "close")]
        assert shown == [prices[0], max(prices), min(prices), prices[-1]]
        assert Decimal(row["volume"]) == sum(trade.quantity_lots for _, trade, _ in group) * LOT
        assert Decimal(row["turnover"]) == sum(ticks * trade.quantity_lots * TICK * LOT for _, trade, ticks in group)
        assert (row["trades"], row["first_seq"], row["last_seq"]) == (len(group), group[0][0], group[-1][0])


def test_a_part_of_the_session(session: Journaled, journal: Path) -> None:
    everything = rows(trades(journal, "--json"))
    middle = everything[len(everything) // 2]
    before = rows(trades(journal, "--json", "--to", middle["seq"]))
    after = rows(trades(journal, "--json", "--from", middle["seq"]))
    assert before + after == everything
    assert all(row["seq"] < middle["seq"] for row in before)
    by_time = rows(trades(journal, "--json", "--from", middle["time_utc"]))
    assert by_time == [row for row in everything if row["time_utc"] >= middle["time_utc"]]
    assert rows(trades(journal, "--json", "--from", "12:00", "--to", "12:00")) == []


def test_forms(journal: Path, tmp_path: Path) -> None:
    found = rows(trades(journal, "--json"))
    assert list(csv.DictReader(StringIO(trades(journal, "--csv").stdout))) == [
        {name: str(value) for name, value in row.items()} for row in found
    ]
    for name in ("trades.csv", "trades.jsonl"):
        written = trades(journal, "--out", tmp_path / name)
        assert (written.exit_code, written.stdout) == (0, "")
    assert (tmp_path / "trades.csv").read_bytes() == trades(journal, "--csv").stdout_bytes
    assert (tmp_path / "trades.jsonl").read_text(encoding="utf-8") == trades(journal, "--json").stdout
    gone = trades(journal, "--out", tmp_path / "missing" / "trades.csv")
    assert gone.exit_code == 1
    assert "can't be written" in gone.output


def test_what_people_see(tmp_path: Path) -> None:
    journal = scripted().write(tmp_path)
    assert trades(journal, "--last", 2).stdout.endswith("\nthe last 2 of 5; --last, --csv and --json show more\n")
    lines = [line.split() for line in trades(journal, "--last", 4).stdout.splitlines()]
    # By the number of the trade a supervisor undoes it.
    assert ["25", "2", "2026-06-01", "12:00:10", "BTC/RUB", "100.0", "1.2", "buy", "busted"] in lines
    seen = trades(journal).stdout
    assert max(map(len, seen.splitlines())) <= 80
    assert re.search(r" now \d+\.\d *$", seen, re.MULTILINE)
    assert "busted" in seen
    assert max(map(len, candles(journal).stdout.splitlines())) <= 80
    assert trades(journal, "--from", "2030-01-01").stdout == "none\n"


def test_what_is_refused(journal: Path) -> None:
    assert "no instrument GOLD; it has BTC/RUB" in trades(journal, "--instrument", "GOLD").output
    for refused in (
        trades(journal, "--from", "soon"),
        candles(journal, "--interval", "0s"),
        trades(journal.parent / "x"),
    ):
        assert refused.exit_code == 2
    assert "is no moment: write 12.3s" in trades(journal, "--to", "noon").output


def test_a_damaged_journal_is_shown_up_to_the_damage(session: Journaled, tmp_path: Path) -> None:
    journal = session.write(tmp_path)
    whole = rows(trades(journal, "--json"))
    segment = next(journal.glob("*.sbxj"))
    data = bytearray(segment.read_bytes())
    data[len(data) // 2] ^= 1
    segment.write_bytes(data)
    found = trades(journal, "--json")
    assert found.exit_code == 1
    assert "damaged: journal-00000001.sbxj" in found.stderr
    shown = [json.loads(line) for line in found.stdout.splitlines()]
    assert 0 < len(shown) < len(whole)
    # What a correction behind the damage would have said is not known.
    assert [row["trade_id"] for row in shown] == [row["trade_id"] for row in whole[: len(shown)]]
