"""The tables of an export: what they add up to is what the reports say, and the engine."""

from __future__ import annotations

import json
from collections import Counter
from decimal import Decimal
from pathlib import Path

import msgspec
import pyarrow.parquet as pq
import pytest

from engine.replay import Replay
from engine.vocabulary.codes import BUY, SELL
from engine.vocabulary.messages.events import AnyEvent
from gateway.core import new_exchange
from gateway.export.declared import TABLES
from gateway.export.memory import tables
from gateway.journal.reader import JournalReader
from gateway.session import tape
from tests.support.gateway.journal.exported import Asked, demo_journal, exact, export, report_tables, sbx
from tests.support.gateway.reporting.explained_story import Story
from tests.support.gateway.reporting.report_sessions import TUESDAY, Journaled, random_session


@pytest.fixture(scope="module")
def session() -> Journaled:
    return random_session(11, 900)


@pytest.fixture(scope="module")
def journal(session: Journaled, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return session.write(tmp_path_factory.mktemp("journal"))


@pytest.fixture(scope="module")
def asked(journal: Path, tmp_path_factory: pytest.TempPathFactory) -> Asked:
    out = tmp_path_factory.mktemp("tables")
    summary = export(journal, out)
    found = Asked(out)
    assert {name: each["rows"] for name, each in summary["tables"].items()} == {
        name: found.value(f"SELECT count(*) FROM '{name}.parquet'") for name in TABLES
    }
    assert {name: each["bytes"] for name, each in summary["tables"].items()} == {
        name: (out / f"{name}.parquet").stat().st_size for name in TABLES
    }
    return found


@pytest.fixture(scope="module")
def story(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Of everything that a rule can say of an order or a transfer."""
    return Story(tmp_path_factory.mktemp("story") / "journal").directory


def test_every_event_is_there_as_it_was(session: Journaled, asked: Asked) -> None:
    rows = asked.rows("SELECT seq, event_no, epoch_ns(time), event, fields FROM 'events.parquet'")
    expected = [
        (seq, place, time_ns, type(event).__name__, event)
        for seq, time_ns, _, events in session.rows
        for place, event in enumerate(events)
    ]
    assert [row[:4] for row in rows] == [row[:4] for row in expected]
    kinds = {kind.__name__: kind for kind in AnyEvent.__args__}
    for row, wanted in zip(rows, expected, strict=True):
        fields = json.loads(row[4])
        values = [fields[name] for name in kinds[row[3]].__struct_fields__]
        tag = msgspec.to_builtins(wanted[4])[0]
        assert msgspec.convert([tag, *values], kinds[row[3]]) == wanted[4]


def test_orders_add_up_to_those_of_the_report(journal: Path, asked: Asked) -> None:
    reported = report_tables(journal)["orders_by_instrument"][-1]
    assert reported["instrument"] == "BTC/RUB"
    assert asked.rows(
        """SELECT count(*), count(*) FILTER ("end" <> 'rejected'), count(*) FILTER ("end" = 'rejected'), sum(fills)::BIGINT,
        count(*) FILTER ("end" = 'filled'), count(*) FILTER ("end" = 'cancelled'), count(*) FILTER ("end" = 'expired'),
        sum(amends)::BIGINT FROM 'orders.parquet'"""
    ) == [
        tuple(
            reported[name]
            for name in ("orders", "accepted", "rejected", "fills", "filled", "cancelled", "expired", "amended")
        )
    ]
    # Each trade has two sides.
    assert asked.value("SELECT sum(filled_amount) FROM 'orders.parquet'") == 2 * exact(reported["turnover"])
    assert asked.value("SELECT sum(filled_quantity) FROM 'orders.parquet'") == 2 * exact(reported["quantity"])
    ends = report_tables(journal)["cancels"]
    assert dict(
        asked.rows(
            """SELECT end_reason, count(*) FROM 'orders.parquet' WHERE "end" IN ('cancelled', 'expired') GROUP BY ALL"""
        )
    ) == {row["reason"]: row["count"] for row in ends}


def test_an_order_has_its_life_in_one_row(session: Journaled, asked: Asked) -> None:
    still_open = {
        order.order_id: order for account in session.exchange.account_list for order in account.open_orders.values()
    }
    rows = asked.rows("""SELECT order_id, first_seq, last_seq, filled_quantity, ended, trading_day, entered
        FROM 'orders.parquet' WHERE "end" = 'open'""")
    assert {row[0] for row in rows} == still_open.keys() != set()
    for order_id, first_seq, last_seq, filled, ended, *_ in rows:
        assert first_seq <= last_seq
        assert filled == still_open[order_id].filled_lots * Decimal("0.1")
        assert ended is None
    fills = asked.rows("""
        SELECT order_id, sum(amount), sum(fee), count(*), (sum(amount) / sum(quantity))::DECIMAL(38, 8) FROM (
            SELECT maker_order_id AS order_id, amount, quantity, maker_fee AS fee FROM 'trades.parquet'
            UNION ALL SELECT taker_order_id, amount, quantity, taker_fee FROM 'trades.parquet'
        ) GROUP BY order_id ORDER BY order_id""")
    found = asked.rows("""SELECT order_id, filled_amount, fees, fills, average_price
        FROM 'orders.parquet' WHERE fills > 0 ORDER BY order_id""")
    assert [row[:4] for row in fills] == [row[:4] for row in found]
    # DuckDB divides in floating point.
    assert all(abs(one[4] - other[4]) < Decimal("0.0000001") for one, other in zip(fills, found, strict=True))


def test_trades_are_those_of_the_tape(journal: Path, asked: Asked, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tape, "HELD_BYTES", 1_000)
    expected = [json.loads(line) for line in sbx("trades", journal, "--json").stdout.splitlines()]
    rows = asked.rows("""SELECT seq, trade_id, price, quantity, amount, taker_side, maker_order_id, taker_account,
        coalesce(status, ''), coalesce(final_price, 0) FROM 'trades.parquet'""")
    decimals = ("price", "quantity", "amount", "final_price")
    names = ("seq", "trade_id", *decimals[:3], "taker_side", "maker_order_id", "taker_account", "status", "final_price")
    assert rows == [tuple(exact(row[name]) if name in decimals else row[name] for name in names) for row in expected]
    assert {row[8] for row in rows} == {"", "corrected", "busted"}
    places = dict(asked.rows("SELECT (seq, event_no), trading_day FROM 'events.parquet' WHERE event = 'Trade'"))
    assert asked.rows("SELECT (seq, event_no), trading_day FROM 'trades.parquet'") == list(places.items())


def test_one_table_alone_is_the_same(journal: Path, asked: Asked, tmp_path: Path) -> None:
    for name in ("orders", "trades", "book_changes", "balances_by_day"):
        export(journal, tmp_path, "--tables", name, "--overwrite")
        assert [path.name for path in tmp_path.iterdir()] == [f"{name}.parquet"]
        assert pq.read_table(tmp_path / f"{name}.parquet").equals(pq.read_table(asked.out / f"{name}.parquet"))


@pytest.mark.parametrize("which", ["random", "story", "demo"])
def test_verdicts_add_up_to_the_rejects_of_the_report(which: str, journal: Path, story: Path, tmp_path: Path) -> None:
    directory = {"random": journal, "story": story}.get(which) or demo_journal(tmp_path)
    out = tmp_path / "out"
    export(directory, out, "--tables", "verdicts")
    reported, asked = report_tables(directory), Asked(out)
    of_requests = "FROM 'verdicts.parquet' WHERE account IS NOT NULL"
    assert asked.rows(
        f"""SELECT coalesce(rule, ''), CASE WHEN rule IS NULL THEN code ELSE '' END AS code, coalesce(any_value(title), ''),
        count(*) FILTER (is_decisive) AS decided, count(*) {of_requests} GROUP BY 1, 2 ORDER BY decided DESC, 1, 2"""
    ) == [tuple(row.values()) for row in reported["rejects_by_rule"]]
    assert asked.rows(
        f"""SELECT request, coalesce(rule, ''), code, coalesce(investor_class, ''), coalesce(instrument, ''), count(*)
        {of_requests} AND is_decisive GROUP BY ALL ORDER BY ALL"""
    ) == [tuple(row.values()) for row in reported["rejects"]]
    assert asked.rows(
        "SELECT request, code, count(*) FROM 'verdicts.parquet' WHERE account IS NULL GROUP BY ALL ORDER BY ALL"
    ) == [tuple(row.values()) for row in reported["commands_refused"]]
    (words,) = asked.rows("SELECT bool_and((reason IS NOT NULL) = is_decisive) FROM 'verdicts.parquet'")
    assert words == (True,)


def test_every_failed_rule_of_a_request_has_a_row(story: Path, tmp_path: Path) -> None:
    export(story, tmp_path)
    asked = Asked(tmp_path)
    refused = asked.rows("""SELECT json_extract(fields, '$.rules')::VARCHAR[], seq FROM 'events.parquet'
        WHERE event IN ('OrderRejected', 'RequestRejected') AND json_array_length(fields, '$.rules') > 1""")
    assert refused
    for rules, seq in refused:
        found = asked.rows(f"SELECT rule, is_decisive FROM 'verdicts.parquet' WHERE seq = {seq}")
        assert found == [(rule, place == 0) for place, rule in enumerate(rules)]
    assert asked.rows("""SELECT reason, price, quantity FROM 'verdicts.parquet'
        WHERE rule = 'RET-1' AND client_order_id = 'a3'""") == [
        (
            "cap 300000.00 RUB a year, used 8000.00, reserved 158000.00, remaining 134000.00; this order 349495.12",
            Decimal("7997600"),
            Decimal("0.0437"),
        )
    ]


@pytest.mark.parametrize("which", ["random", "demo"])
def test_balances_are_those_of_the_settlement(which: str, journal: Path, tmp_path: Path) -> None:
    directory = journal if which == "random" else demo_journal(tmp_path)
    out = tmp_path / "out"
    export(directory, out, "--tables", "balances_by_day")
    expected = {
        (row["day"], row["name"], row["asset"]): [exact(row[name]) for name in ("opening", "trades", "fees", "closing")]
        for row in report_tables(directory)["settlement_accounts"]
        if row["party"] == "account"
    }
    found = {
        (str(day), account, asset): [opening, trades, fees, closing]
        for day, account, asset, opening, trades, fees, closing, net in Asked(out).rows(
            """SELECT day, account, asset, opening, trades, fees, closing, opening + trades + fees + variation_margin
            + transfers + issuance + deposits + withdrawals + corrections - closing FROM 'balances_by_day.parquet'"""
        )
        if net == 0
    }
    assert expected.items() <= found.items()
    # A day without a flow has the balances of the day before.
    assert all(row[0] == row[3] for key, row in found.items() if key not in expected)


def test_the_best_prices_are_the_engines(journal: Path, asked: Asked) -> None:
    replay = Replay(new_exchange())
    rows = asked.rows("""SELECT seq, last(best_bid ORDER BY event_no), last(best_ask ORDER BY event_no),
        last(side ORDER BY event_no), last(price ORDER BY event_no), last(level_quantity ORDER BY event_no)
        FROM 'book_changes.parquet' GROUP BY seq""")
    by_seq = {row[0]: row for row in rows}
    assert len(by_seq) > 200
    for row in JournalReader(journal).rows():
        replay.feed(row)
        found = by_seq.get(row[0])
        if found is None:
            continue
        (book,) = replay.exchange.book_list
        bests = [book.best(side) for side in (BUY, SELL)]
        assert list(found[1:3]) == [level and level.price_ticks * Decimal("0.5") for level in bests]
        level = book.side(BUY if found[3] == "buy" else SELL).levels.get(int(found[4] / Decimal("0.5")))
        assert found[5] == (0 if level is None else level.quantity_lots * Decimal("0.1"))


def test_a_part_of_a_session_is_as_known_at_its_end(journal: Path, asked: Asked, tmp_path: Path) -> None:
    since, until = 300, 600
    export(journal, tmp_path, "--from", since, "--to", until)
    part = Asked(tmp_path)
    window = f"seq >= {since} AND seq < {until}"
    for name in ("events", "verdicts", "book_changes"):
        assert part.rows(f"SELECT * FROM '{name}.parquet'") == asked.rows(
            f"SELECT * FROM '{name}.parquet' WHERE {window}"
        )
    trades = "SELECT seq, trade_id, amount FROM 'trades.parquet'"
    assert part.rows(trades) == asked.rows(f"{trades} WHERE {window}") != []
    # Whoever lived in it is in it.
    lived = (
        f"SELECT order_id FROM 'orders.parquet' WHERE first_seq < {until} AND (last_seq >= {since} OR ended IS NULL)"
    )
    assert sorted(part.rows("SELECT order_id FROM 'orders.parquet'")) == sorted(asked.rows(lived)) != []
    assert part.value("""SELECT count(*) FROM 'orders.parquet' WHERE "end" = 'open' AND last_seq >= 600""") == 0
    export(journal, tmp_path, "--from", TUESDAY, "--tables", "trades", "--overwrite")
    assert part.rows("SELECT trade_id FROM 'trades.parquet'") == asked.rows(
        f"SELECT trade_id FROM 'trades.parquet' WHERE make_timestamp_ns(epoch_ns(time)) >= TIMESTAMP '{TUESDAY}' - INTERVAL 3 HOURS"
    )


def test_tables_in_memory_are_those_of_the_files(journal: Path, asked: Asked) -> None:
    found = tables(journal)
    assert found.keys() == TABLES.keys()
    for name, table in found.items():
        assert table.equals(pq.read_table(asked.out / f"{name}.parquet"))
    assert Counter(found["trades"]["status"].to_pylist())["busted"] > 0
    assert tables(str(journal), ["caps"]).keys() == {"caps"}


def test_pandas_has_decimals_as_they_are(journal: Path, asked: Asked) -> None:
    pytest.importorskip("pandas", reason="comes with the engines of the benchmark, not on every Python")
    frame = tables(journal, ["trades"])["trades"].to_pandas()
    assert list(frame["amount"]) == [row[0] for row in asked.rows("SELECT amount FROM 'trades.parquet'")]
    assert frame["time"].astype("int64").tolist() == [
        row[0] for row in asked.rows("SELECT epoch_ns(time) FROM 'trades.parquet'")
    ]
