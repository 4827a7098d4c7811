"""`sbx report` on journals of real sessions: golden tables and records, and a settlement that adds up whatever happened."""

from __future__ import annotations

import csv
import json
import shutil
import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import Any

import msgspec
import pytest
from click.testing import CliRunner, Result

from engine.record.rows import BATCH, FIRST_LINK, HEADER, SegmentHeader, encode_batch, encode_frame, salt_of
from engine.vocabulary.codes import CORE_VERSION
from engine.vocabulary.messages.commands import SetParameter
from engine.vocabulary.messages.events import ParameterChanged, Trade
from gateway.cli.supervision.report import command as report_command
from gateway.keys import public_key_bytes
from gateway.reporting.sums.records import COLUMNS
from tests.support.gateway.journal.journals import KEY, frame_offsets
from tests.support.gateway.reporting.report_sessions import MONDAY, TUESDAY, scripted
from tests.support.gateway.venues.small_venue import served_apart
from tests.support.places import ROOT

FIRST = "journal-00000001.sbxj"


@pytest.fixture(scope="module")
def original(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return scripted().write(tmp_path_factory.mktemp("original"), close=False)


@pytest.fixture
def journal(original: Path, tmp_path: Path) -> Path:
    shutil.copytree(original, tmp_path / "journal")
    return tmp_path / "journal"


def report(*arguments: object) -> Result:
    return CliRunner().invoke(report_command, [str(argument) for argument in arguments], catch_exceptions=False)


def as_json(result: Result, exit_code: int = 0) -> dict[str, Any]:
    assert result.exit_code == exit_code, result.output
    found: dict[str, Any] = json.loads(result.stdout)
    return found


def lines(table: list[dict[str, Any]], *columns: str) -> list[str]:
    """Rows of a table as text: the columns named, or all, what is empty or zero left out."""
    return [
        " ".join(
            str(row[column])
            for column in columns or row
            if row[column] not in (None, "", 0) and str(row[column]).strip("0.-")
        )
        for row in table
    ]


# ── order records ──────────────────────────────────────────────────────────────────────────────────────────────────

# What happened to each order, in order: sequence number, client, order, what it is, what happened, and the reason.
RECORDS = """
19 alice a1 sell limit gtc 100.0 2.0 new 2.0
20 bob b1 buy limit gtc 101.0 0.5 new 0.5
20 alice a1 sell limit gtc 100.0 2.0 partially_filled 0.5 1.5 100.0 0.5 maker 1
20 bob b1 buy limit gtc 101.0 0.5 filled 0.5 100.0 0.5 taker 1 0.05
21 carl c1 buy limit gtc 100.0 1.0 rejected compliance ELR-3
22 alice a1 sell limit gtc 100.0 1.7 amended 0.5 1.2
23 bob b2 buy limit day 99.5 1.0 new 1.0
24 alice nothing request_rejected cancel unknown_order
25 bob b3 buy limit ioc 100.0 2.0 new 2.0
25 alice a1 sell limit gtc 100.0 1.7 filled 1.7 100.0 1.2 maker 2
25 bob b3 buy limit ioc 100.0 2.0 partially_filled 1.2 0.8 100.0 1.2 taker 2 0.12
25 bob b3 buy limit ioc 100.0 2.0 cancelled 1.2 immediate_or_cancel
26 alice a2 sell stop gtc 99.5 0.3 new 0.3
27 alice a3 sell limit gtc 99.5 0.1 new 0.1
27 bob b2 buy limit day 99.5 1.0 partially_filled 0.1 0.9 99.5 0.1 maker 3
27 alice a3 sell limit gtc 99.5 0.1 filled 0.1 99.5 0.1 taker 3 0.01
27 alice a2 sell market gtc 90.0 99.5 0.3 triggered 0.3
27 bob b2 buy limit day 99.5 1.0 partially_filled 0.4 0.6 99.5 0.3 maker 4
27 alice a2 sell market gtc 90.0 99.5 0.3 filled 0.3 99.5 0.3 taker 4 0.03
28 bob buy trade_repriced 99.0 0.5 1 0.05 mistyped
28 alice sell trade_repriced 99.0 0.5 1 mistyped
29 bob buy trade_busted 100.0 1.2 2 erroneous
29 alice sell trade_busted 100.0 1.2 2 erroneous
30 alice q request_rejected mass_quote lot
31 alice r:a0 sell limit gtc 105.0 1.0 new 1.0
31 alice r:a1 sell limit gtc 99.5 1.0 rejected post_only
32 s1 buy limit gtc 100.0 1.0 rejected permission
33 bob b2 buy limit day 99.5 1.0 expired 0.4 expired
34 bob b4 buy limit gtc 105.0 0.2 new 0.2
34 alice r:a0 sell limit gtc 105.0 1.0 partially_filled 0.2 0.8 105.0 0.2 maker 5
34 bob b4 buy limit gtc 105.0 0.2 filled 0.2 105.0 0.2 taker 5 0.03
"""
SHOWN = (
    "seq",
    "investor",
    "client_order_id",
    "side",
    "order_type",
    "time_in_force",
    "limit_price",
    "stop_price",
    "quantity",
    "event",
    "filled_quantity",
    "leaves_quantity",
    "last_price",
    "last_quantity",
    "liquidity",
    "trade_id",
    "fee",
    "reason",
    "code",
    "rule",
)


def test_the_order_records_of_a_session(journal: Path, tmp_path: Path) -> None:
    assert report(journal, "--out", tmp_path / "out").exit_code == 0
    with (tmp_path / "out" / "orders.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert lines(rows, *SHOWN) == RECORDS.strip().splitlines()
    objects = [json.loads(line) for line in (tmp_path / "out" / "orders.jsonl").read_text().splitlines()]
    assert [list(each) for each in objects] == [list(COLUMNS)] * len(rows)
    as_text = [{key: "" if value is None else str(value) for key, value in each.items()} for each in objects]
    assert as_text == rows


def test_an_order_record_says_who_when_and_where(journal: Path, tmp_path: Path) -> None:
    report(journal, "--out", tmp_path)
    objects = [json.loads(line) for line in (tmp_path / "orders.jsonl").read_text().splitlines()]
    rejected = next(each for each in objects if each["rule"] == "ELR-3")
    assert rejected["time_ns"] == 1_780_304_406_000_000_000
    assert (rejected["time_utc"], rejected["trading_day"]) == ("2026-06-01T09:00:06.000000000Z", MONDAY)
    assert (rejected["venue"], rejected["participant"], rejected["account"]) == ("venue", "carl", "carl")
    assert (rejected["investor_class"], rejected["order_id"], rejected["report_seq"]) == ("retail", 21, 2)
    assert "super_qualified" in rejected["detail"] and rejected["rules"] == "ELR-3"
    # It expired at midnight, and was written with the first command of Tuesday.
    expired = next(each for each in objects if each["event"] == "expired")
    assert (expired["time_utc"], expired["trading_day"]) == ("2026-06-02T09:00:17.000000000Z", MONDAY)
    # Who has no account here is named as the sender only.
    stranger = next(each for each in objects if each["code"] == "permission")
    assert (stranger["participant"], stranger["investor"], stranger["report_seq"]) == ("stranger", "", None)


# ── the session ────────────────────────────────────────────────────────────────────────────────────────────────────


def test_orders_and_rejects_by_rule_class_and_instrument(journal: Path) -> None:
    tables = as_json(report(journal, "--json"))["tables"]
    assert lines(tables["rejects"]) == [
        "cancel unknown_order qualified_firm 1",
        "mass_quote lot qualified_firm BTC/RUB 1",
        "order permission BTC/RUB 1",
        "order post_only qualified_firm BTC/RUB 1",
        "order ELR-3 compliance retail BTC/RUB 1",
    ]
    assert lines(tables["rejects_by_rule"], "rule", "code", "decided", "failed") == [
        "lot 1 1",
        "permission 1 1",
        "post_only 1 1",
        "unknown_order 1 1",
        "ELR-3 1 1",
    ]
    assert tables["orders_by_class"][1:] == [
        {
            "investor_class": "qualified_firm",
            "orders": 9,
            "accepted": 8,
            "rejected": 1,
            "amended": 1,
            "triggered": 1,
            "fills": 10,
            "filled": 5,
            "cancelled": 1,
            "expired": 1,
            "requests_rejected": 2,
        },
        {
            "investor_class": "retail",
            "orders": 1,
            "accepted": 0,
            "rejected": 1,
            "amended": 0,
            "triggered": 0,
            "fills": 0,
            "filled": 0,
            "cancelled": 0,
            "expired": 0,
            "requests_rejected": 0,
        },
    ]
    traded = tables["orders_by_instrument"][1]
    assert (traded["trades"], traded["quantity"], traded["turnover"]) == (5, "2.3", "230.80")
    assert lines(tables["cancels"]) == ["expired 1", "immediate_or_cancel 1"]
    activity = {row["figure"]: row["value"] for row in tables["activity"]}
    assert (activity["commands"], activity["messages"], activity["trades"]) == (34, 13, 5)
    assert (activity["highest_messages_a_second"], activity["capacity_asked_for_a_second"]) == (1, 2)
    assert activity["trades_corrected"] == 2 and activity["moscow_days"] == f"{MONDAY} {TUESDAY}"
    assert [row["key"] for row in tables["rules_in_force"]] == ["elr-2025"]


def test_one_day_of_it(journal: Path, tmp_path: Path) -> None:
    found = as_json(report(journal, "--day", MONDAY, "--out", tmp_path, "--json"))
    assert found["order_records"] == 28 and found["day"] == MONDAY
    assert {row["day"] for row in found["tables"]["settlement"]} == {MONDAY}
    with (tmp_path / "orders.csv").open(encoding="utf-8", newline="") as file:
        assert [row["event"] for row in csv.DictReader(file)][-1] == "expired"
    activity = {row["figure"]: row["value"] for row in found["tables"]["activity"]}
    assert (activity["commands"], activity["trades"], activity["last_seq"]) == (32, 4, 32)
    tuesday = as_json(report(journal, "--day", TUESDAY, "--json"))
    assert tuesday["order_records"] == 3
    assert {row["day"] for row in tuesday["tables"]["settlement"]} == {TUESDAY}
    outside = report(journal, "--day", "2026-06-03")
    assert outside.exit_code == 2 and f"{MONDAY} to {TUESDAY}" in outside.output
    assert report(journal, "--day", "2026-02-30").exit_code == 2


# ── settlement ─────────────────────────────────────────────────────────────────────────────────────────────────────


def test_the_settlement_of_each_day(journal: Path) -> None:
    found = as_json(report(journal, "--json"))
    assert found["settlement_adds_up"]
    assert lines(found["tables"]["settlement"]) == [
        "2026-06-01 BTC participant alice -2.10000000 1000000.00000000 1.20000000 999999.10000000",
        "2026-06-01 BTC participant bob 2.10000000 1000000.00000000 -1.20000000 1000000.90000000",
        "2026-06-01 BTC outside -2000000.00000000 -2000000.00000000",
        "2026-06-01 RUB participant alice 209.80 -0.04 1000000000.00 -120.50 1000000089.26",
        "2026-06-01 RUB participant bob -209.80 -0.17 1000000000.00 120.62 999999910.65",
        "2026-06-01 RUB participant carl 1000.00 1000.00",
        "2026-06-01 RUB outside -2000001000.00 -2000001000.00",
        "2026-06-01 RUB venue 0.21 -0.12 0.09",
        "2026-06-02 BTC participant alice -0.20000000 -0.20000000",
        "2026-06-02 BTC participant bob 0.20000000 0.20000000",
        "2026-06-02 RUB participant alice 21.00 21.00",
        "2026-06-02 RUB participant bob -21.00 -0.03 -5.00 -26.03",
        "2026-06-02 RUB outside 5.00 5.00",
        "2026-06-02 RUB venue 0.03 0.03",
    ]
    bob = [row for row in found["tables"]["settlement_accounts"] if (row["name"], row["asset"]) == ("bob", "RUB")]
    assert lines(bob, "day", "opening", "net", "closing", "replayed_closing") == [
        "2026-06-01 999999910.65 999999910.65 999999910.65",
        "2026-06-02 999999910.65 -26.03 999999884.62 999999884.62",
    ]
    assert lines(found["tables"]["settlement_check"]) == ["2026-06-01 2 zero equal", "2026-06-02 2 zero equal"]


# ── how far a journal can be read ──────────────────────────────────────────────────────────────────────────────────


def test_a_torn_last_frame_is_said_and_not_fatal(journal: Path) -> None:
    data = (journal / FIRST).read_bytes()
    (journal / FIRST).write_bytes(data[:-1])
    found = as_json(report(journal, "--json"), 3)
    # Frames of four commands: the last two are gone.
    assert (found["status"], found["commands_read"]) == ("torn", 32)
    assert found["torn"]["offset"] == frame_offsets(data)[-1] and "torn" in found["notes"][0]
    text = report(journal)
    assert text.exit_code == 3 and "durable" in text.output and "settlement adds up" in text.output


def test_a_damaged_journal_is_reported_up_to_the_damage(journal: Path) -> None:
    data = bytearray((journal / FIRST).read_bytes())
    data[frame_offsets(bytes(data))[4] + 60] ^= 1
    (journal / FIRST).write_bytes(data)
    found = as_json(report(journal, "--json"), 1)
    assert (found["status"], found["commands_read"]) == ("damaged", 12)
    assert found["damage"]["offset"] == frame_offsets(bytes(data))[4]


def test_a_replay_that_differs_leaves_out_what_only_the_state_knows(tmp_path: Path) -> None:
    venue = scripted()
    index = next(index for index, row in enumerate(venue.rows) if any(type(event) is Trade for event in row[3]))
    seq, time_ns, command, events = venue.rows[index]
    changed = [
        msgspec.structs.replace(event, taker_fee=event.taker_fee + 1) if type(event) is Trade else event
        for event in events
    ]
    venue.rows[index] = (seq, time_ns, command, changed)
    found = as_json(report(venue.write(tmp_path), "--json"), 1)
    assert (found["status"], found["commands_read"]) == ("different", 34)
    assert f"sequence number {seq}" in found["notes"][0]
    assert "exposures" not in found["tables"]
    # Reported as recorded.
    assert [row["replayed_balances"] for row in found["tables"]["settlement_check"]] == ["not compared"] * 2
    assert found["tables"]["settlement"][7]["fees"] == "0.22"


def test_an_event_of_a_later_version_is_said(tmp_path: Path) -> None:
    venue = scripted()
    header = SegmentHeader("venue", public_key_bytes(KEY), 1, 1, FIRST_LINK, core_version=CORE_VERSION + 1).encode()
    head, link = encode_frame(HEADER, 1, 0, header, previous_link=FIRST_LINK, salt=0)
    first = venue.rows[0]
    rows: Any = [first, (2, first[1], venue.rows[1][2], [[9999, 1]])]
    batch, _ = encode_frame(BATCH, 1, 2, encode_batch(rows), previous_link=link, salt=salt_of(link))
    (tmp_path / FIRST).write_bytes(head + batch)
    result = report(tmp_path)
    assert result.exit_code == 1 and "does not know sequence number 2" in result.output


def test_beside_a_running_venue(tmp_path: Path) -> None:
    with served_apart(tmp_path) as (_, process):
        found = as_json(report(tmp_path, "--json"))
        assert process.poll() is None
    assert (found["status"], found["venue"], found["settlement_adds_up"]) == ("complete", "small", True)
    assert found["commands_read"] == 19


def test_the_journal_is_only_read(journal: Path) -> None:
    before = [(path.name, path.read_bytes(), path.stat().st_mtime_ns) for path in sorted(journal.iterdir())]
    report(journal)
    assert report(journal, "--out", journal).exit_code == 2
    assert [(path.name, path.read_bytes(), path.stat().st_mtime_ns) for path in sorted(journal.iterdir())] == before
    assert report(journal.parent / "nothing").exit_code == 2


# ── for people ─────────────────────────────────────────────────────────────────────────────────────────────────────


def test_every_table_is_written_and_the_text_shows_those_with_rows(journal: Path, tmp_path: Path) -> None:
    assert report(journal, "--out", tmp_path).exit_code == 0
    text = report(journal, "--section", "session")
    names = {path.name for path in tmp_path.iterdir() if path.is_file()}
    found = json.loads((tmp_path / "report.json").read_text(encoding="utf-8"))
    assert names == {f"{name}.csv" for name in found["tables"]} | {"orders.csv", "orders.jsonl", "report.json"}
    for expected in ("Orders by class", "ELR-3", "Net obligations", "settlement adds up", "qualified_firm"):
        assert expected in text.output
    assert "Margin calls" not in text.output


def test_a_narrow_terminal_cuts_nothing(journal: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gateway.cli.reading.WIDTH", 80)
    narrow = report(journal, "--section", "session").output
    assert max(map(len, narrow.splitlines())) <= 80
    monkeypatch.setattr("gateway.cli.reading.WIDTH", 1_000)
    wide = report(journal, "--section", "session").output
    assert "…" not in narrow + wide
    # A part of a table begins with what tells its rows apart, so each word may come more often, and none less.
    assert Counter(wide.split()) - Counter(narrow.split()) == Counter(
        dict.fromkeys(set(wide.split()) - set(narrow.split()), 1)
    )
    assert all(len(word) > 24 or set(word) == {"─"} for word in set(wide.split()) - set(narrow.split()))
    assert "(as traded: 2 corrections of trades not taken off)" in narrow
    assert "2026-06-01 12:00:" in narrow and "T09:00:" not in narrow


def test_text_of_others_does_not_reach_the_terminal_raw(tmp_path: Path) -> None:
    venue = scripted()
    seq, time_ns = len(venue.rows) + 1, venue.time_ns + 1
    change = SetParameter("RET-1", "retail_cap_rub", "1.00", "\x1b[31mred", "sue")
    changed = ParameterChanged("RET-1", "retail_cap_rub", "300000.00", "1.00", "\x1b[31mred", "sue")
    venue.rows.append((seq, time_ns, change, [changed]))
    output = report(venue.write(tmp_path), "--section", "session").output
    assert "\\x1b[31mred" in output
    assert "\x1b[31m" not in output


def test_the_result_does_not_depend_on_the_hash_seed(original: Path) -> None:
    outputs = [
        subprocess.run(
            [sys.executable, "-m", "gateway.cli", "report", str(original), "--json"],
            cwd=ROOT,
            env={"PYTHONHASHSEED": seed, "PYTHONPATH": str(ROOT)},
            capture_output=True,
            check=True,
        ).stdout
        for seed in ("0", "1")
    ]
    assert outputs[0] == outputs[1]


def test_the_help_has_examples_and_the_exit_statuses() -> None:
    output = report("--help").output
    assert "Examples:" in output and "Exit status:" in output and "sbx report" in output
