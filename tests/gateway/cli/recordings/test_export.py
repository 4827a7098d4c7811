"""`sbx export`, and Parquet of trades and candles: what is refused, what failure leaves, what a file says of itself."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from decimal import Decimal
from pathlib import Path

import pyarrow.parquet as pq
import pytest

import gateway.export.files as files_module
from engine.vocabulary.codes import CORE_VERSION
from engine.vocabulary.limits import MAX_E8
from gateway.disk import UNFINISHED_SUFFIX
from gateway.export.arrow import BATCH_ROWS, GROUP_ROWS, batch_of, schema_of
from gateway.export.columns import TooFine, parsed, scaled
from gateway.export.declared import CANDLES, CAPS, TABLES, TRADES
from gateway.export.files import Files
from tests.support.gateway.journal.exported import Asked, demo_journal, export, sbx
from tests.support.gateway.reporting.hostile import HostileStory, hostile, marked
from tests.support.gateway.reporting.report_sessions import Journaled, random_session
from tests.support.places import ROOT


@pytest.fixture(scope="module")
def session() -> Journaled:
    return random_session(5, 400)


@pytest.fixture(scope="module")
def journal(session: Journaled, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return session.write(tmp_path_factory.mktemp("journal"))


def test_the_page_of_tables_is_that_of_the_declarations() -> None:
    written = (ROOT / "docs" / "TABLES.md").read_text(encoding="utf-8")
    assert sbx("export", "--describe").output == written, "run: sbx export --describe > docs/TABLES.md"


def test_a_file_says_what_it_is(tmp_path: Path) -> None:
    export(demo_journal(tmp_path), tmp_path / "out")
    for name, table in TABLES.items():
        schema = pq.read_schema(tmp_path / "out" / f"{name}.parquet")
        assert schema.remove_metadata().equals(schema_of(table).remove_metadata())
        assert schema.field(0).metadata[b"meaning"].decode() == table.columns[0].meaning
        found = pq.read_metadata(tmp_path / "out" / f"{name}.parquet").metadata
        assert (found[b"venue"], found[b"table"], found[b"core_version"]) == (
            *(b"sandbox", name.encode(), str(CORE_VERSION).encode()),
        )
        (rulebook,) = json.loads(found[b"rulebooks"])
        # Before it, the first start registers who may log in.
        assert rulebook == {"seq": 15, "name": "general-2026", "digest": found[b"rulebook_digest"].decode()}
    in_force = json.loads(sbx("report", tmp_path, "--json").stdout)["tables"]["rules_in_force"]
    assert rulebook["digest"] in {row["value"] for row in in_force}
    marks = {column.name for column in TABLES["book_changes"].columns if column.is_supervisory}
    assert marks == {"order_id", "account", "investor"}


def test_people_are_told_what_was_written(journal: Path, tmp_path: Path) -> None:
    found = sbx("export", journal, "--parquet", tmp_path / "new" / "out", "--tables", "trades, caps")
    assert found.exit_code == 0
    assert "trades" in found.output
    assert f"written to {tmp_path / 'new' / 'out'}" in found.output
    assert sorted(path.name for path in (tmp_path / "new" / "out").iterdir()) == ["caps.parquet", "trades.parquet"]


def test_what_is_refused_writes_nothing(journal: Path, tmp_path: Path) -> None:
    used = tmp_path / "used"
    used.mkdir()
    (used / "mine.txt").write_text("mine", encoding="utf-8")
    for options, words in (
        (["--parquet", used], "is not empty: name another directory, or replace its tables with --overwrite"),
        (["--parquet", journal, "--overwrite"], "the journal's own directory is only read"),
        (
            ["--parquet", tmp_path / "a", "--tables", "trades,gold"],
            "there is no table 'gold'; there are orders, events",
        ),
        (["--parquet", tmp_path / "a", "--tables", ","], "there is no table"),
        (["--parquet", tmp_path / "a", "--from", "soon"], "--from: 'soon' is no moment"),
        ([], "Missing option '--parquet'"),
    ):
        found = sbx("export", journal, *options)
        assert found.exit_code == 2, found.output
        assert words in " ".join(found.output.replace("│", " ").split())
    assert [path.name for path in tmp_path.iterdir()] == ["used"]
    assert sbx("export", journal, "--parquet", used / "mine.txt").exit_code == 2
    # What is nobody's table stays.
    export(journal, used, "--overwrite")
    assert {path.name for path in used.iterdir()} == {"mine.txt", *[f"{name}.parquet" for name in TABLES]}


def test_without_pyarrow_it_says_what_to_install(
    journal: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in [
        name for name in sys.modules if name.startswith("gateway.export.") or name.partition(".")[0] == "pyarrow"
    ]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    for arguments in (["export", journal], ["trades", journal], ["candles", journal]):
        found = sbx(*arguments, "--parquet", tmp_path / "out")
        assert found.exit_code == 1
        assert "pip install 'sandbox-exchange[parquet]'" in found.output
    assert list(tmp_path.iterdir()) == []
    assert sbx("trades", journal).exit_code == 0


def test_a_failure_leaves_what_was_there(journal: Path, tmp_path: Path) -> None:
    export(journal, tmp_path / "out")
    before = {path.name: path.read_bytes() for path in (tmp_path / "out").iterdir()}
    for segment in (ROOT / "tests/golden/v6-everything").glob("*.sbxj"):
        (tmp_path / segment.name).write_bytes(segment.read_bytes())
    found = sbx("export", tmp_path, "--parquet", tmp_path / "out", "--overwrite")
    assert found.exit_code == 1
    assert "an asset has 18 decimals, and the tables have 8: it can't be exported exactly" in found.output
    assert {path.name: path.read_bytes() for path in (tmp_path / "out").iterdir()} == before
    assert before.keys() == {f"{name}.parquet" for name in TABLES}


DYING = """
import os, signal
from gateway.cli import main
from gateway.export.making import Making

number = signal.{}
if number != signal.SIGKILL:
    # Who starts the tests may ignore it, as nohup does.
    signal.signal(number, signal.default_int_handler if number == signal.SIGINT else signal.SIG_DFL)
take = Making.take

def take_and_die(making, step):
    if step.seq == 300:
        os.kill(os.getpid(), number)
    take(making, step)

Making.take = take_and_die
main()
"""
"""`sbx`, killed in the middle of an export."""


def test_an_export_that_is_killed_leaves_no_table(session: Journaled, tmp_path: Path) -> None:
    journal, out = session.write(tmp_path / "journal"), tmp_path / "out"
    command = [sys.executable, "-c", DYING.format("SIGKILL"), "export", str(journal), "--parquet", str(out)]
    assert subprocess.run(command, check=False).returncode == -signal.SIGKILL
    assert {path.name for path in out.iterdir()} == {f"{name}.parquet{UNFINISHED_SUFFIX}" for name in TABLES}
    export(journal, out, "--overwrite", "--tables", "trades")
    assert [path.name for path in out.iterdir()] == ["trades.parquet"]
    assert Asked(out).value("SELECT count(*) FROM 'trades.parquet'") > 20


@pytest.mark.parametrize(("name", "status"), [("SIGTERM", 143), ("SIGHUP", 129), ("SIGINT", 130)])
def test_an_export_that_is_told_to_stop_leaves_nothing(journal: Path, tmp_path: Path, name: str, status: int) -> None:
    command = [sys.executable, "-c", DYING.format(name), "export", str(journal), "--parquet", str(tmp_path)]
    # A shell starts what is in the background with Ctrl-C ignored.
    for prefix in [[], ["sh", "-c", "trap '' INT; exec \"$@\"", "sh"]][: 1 if name == "SIGINT" else 2]:
        found = subprocess.run([*prefix, *command], capture_output=True, text=True, check=False)
        # Not 1, which a damaged journal has.
        assert found.returncode == status
        assert "interrupted" in found.stderr
        assert list(tmp_path.iterdir()) == []


def test_nothing_lies_between_a_beginning_and_an_earlier_end(journal: Path, tmp_path: Path) -> None:
    for command in (("export", journal, "--parquet", tmp_path), ("trades", journal), ("candles", journal)):
        for since, until in (("8", "7"), ("1h", "3s"), ("2026-06-02", "2026-06-01T10:00")):
            found = sbx(*command, "--from", since, "--to", until)
            assert found.exit_code == 2
            assert f"--to {until} is before --from {since}: nothing lies between them" in found.stderr


def test_a_disk_that_is_full_leaves_nothing(journal: Path, tmp_path: Path) -> None:
    code = "import resource; resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, 20_000)); from gateway.cli import main; main()"
    command = [sys.executable, "-c", code, "export", str(journal), "--parquet", str(tmp_path)]
    found = subprocess.run(command, capture_output=True, text=True, check=False)
    assert found.returncode == 1
    assert "the tables can't be written: " in found.stderr
    assert list(tmp_path.iterdir()) == []


def test_a_journal_is_exported_as_far_as_it_is_sound(session: Journaled, tmp_path: Path) -> None:
    torn = session.write(tmp_path / "torn", close=False)
    segment = next(torn.glob("*.sbxj"))
    segment.write_bytes(segment.read_bytes()[:-5])
    summary = export(torn, tmp_path / "a", status=3)
    assert summary["status"] == "torn"
    assert summary["torn"]
    damaged = session.write(tmp_path / "damaged")
    data = bytearray(next(damaged.glob("*.sbxj")).read_bytes())
    data[len(data) // 2] ^= 1
    next(damaged.glob("*.sbxj")).write_bytes(data)
    summary = export(damaged, tmp_path / "b", status=1)
    assert summary["status"] == "damaged"
    assert 0 < summary["commands_read"] < len(session.rows)
    assert Asked(tmp_path / "b").value("SELECT max(seq) FROM 'events.parquet'") == summary["commands_read"]


def test_a_journal_of_an_earlier_core_version_is_exported_as_recorded(tmp_path: Path) -> None:
    golden = ROOT / "tests" / "golden" / "v5"
    summary = export(golden, tmp_path, "--tables", "events,verdicts,caps", status=1)
    assert (summary["status"], summary["tables"]["caps"]["rows"]) == ("different", 0)
    kinds = json.loads((golden / "expected.json").read_text(encoding="utf-8"))["kinds"]
    found = dict(Asked(tmp_path).rows("SELECT event, count(*) FROM 'events.parquet' GROUP BY event"))
    assert found.items() <= kinds.items()
    assert found["OrderRejected"] > 10
    # What its events said in words stands there.
    assert (
        Asked(tmp_path).value("SELECT count(*) FROM 'verdicts.parquet' WHERE rule IS NOT NULL AND title IS NULL") == 0
    )
    assert Asked(tmp_path).value("SELECT count(*) FROM 'verdicts.parquet' WHERE is_decisive AND reason IS NULL") == 0


def test_texts_of_others_are_kept_as_they_are(tmp_path: Path) -> None:
    story = HostileStory(tmp_path / "journal")
    export(story.directory, tmp_path / "out")
    asked = Asked(tmp_path / "out")
    found = asked.rows("SELECT account, client_order_id FROM 'orders.parquet'")
    assert (marked("retail"), hostile("a1")) in found
    assert pq.read_metadata(tmp_path / "out" / "caps.parquet").metadata[b"venue"].decode() == hostile("venue")


@pytest.mark.parametrize(("command", "table"), [("trades", TRADES), ("candles", CANDLES)])
def test_trades_and_candles_as_parquet(command: str, table: object, journal: Path, tmp_path: Path) -> None:
    file = tmp_path / f"{command}.parquet"
    assert sbx(command, journal, "--parquet", file, "--to", 300).exit_code == 0
    lines = [json.loads(line) for line in sbx(command, journal, "--json", "--to", 300).stdout.splitlines()]
    asked = Asked(tmp_path)
    decimals = (
        ("price", "quantity", "amount")
        if command == "trades"
        else ("open", "high", "low", "close", "volume", "turnover")
    )
    whole = ("seq", "trade_id") if command == "trades" else ("trades", "first_seq", "last_seq")
    names = ", ".join(f'"{name}"' for name in (*whole, *decimals))
    assert (
        asked.rows(f"SELECT {names} FROM '{file.name}'")
        == [(*[line[name] for name in whole], *[Decimal(line[name]) for name in decimals]) for line in lines]
        != []
    )
    assert json.loads(pq.read_metadata(file).metadata[b"rulebooks"])[0]["name"] == "elr-2025"
    for option in (["--csv"], ["--out", tmp_path / "x.csv"]):
        found = sbx(command, journal, "--parquet", file, *option)
        assert found.exit_code == 2
        assert "--parquet writes a file of its own" in found.output
    assert sbx(command, journal, "--parquet", tmp_path / "none" / "x").exit_code == 1
    assert [path.name for path in tmp_path.iterdir()] == [file.name]
    assert schema_of(table).names == pq.read_schema(file).names  # type: ignore[arg-type]


# ── values and groups ──────────────────────────────────────────────────────────────────────────────────────────────


def test_decimals_are_exact_up_to_38_digits() -> None:
    column = [column.name for column in CAPS.columns].index("used")
    schema = schema_of(CAPS)

    def kept(value: int | None) -> object:
        row = (1, 2026, "i", "retail", None, value, 0, 0)
        return batch_of(schema, CAPS, [row]).column(column)[0].as_py()

    # The most that an account can have, of an asset without decimals; a product of price and quantity.
    for value in (
        0,
        1,
        -1,
        scaled(2**63 - 1, 0),
        -scaled(2**63 - 1, 8),
        MAX_E8 * MAX_E8 // 10**8,
        10**38 - 1,
        1 - 10**38,
    ):
        assert kept(value) == Decimal(f"{value}e-8")
    assert kept(None) is None
    for value in (10**38, -(10**38), 2**200):
        with pytest.raises(TooFine, match="more than 38 digits"):
            kept(value)
    with pytest.raises(TooFine, match="an asset has 9 decimals"):
        scaled(1, 9)
    assert [parsed(text) for text in ("", "0", "1", "0.5", "-0.5", "8000000.00000001")] == [
        None, 0, 10**8, 5 * 10**7, -5 * 10**7, 800_000_000_000_001,
    ]  # fmt: skip


def test_long_tables_are_written_in_groups(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    group = 2 * BATCH_ROWS
    assert GROUP_ROWS % BATCH_ROWS == 0
    monkeypatch.setattr(files_module, "GROUP_ROWS", group)
    count = group + BATCH_ROWS + 3
    path = tmp_path / "caps.parquet"
    with Files({path: CAPS}) as files:
        for number in range(count):
            files.put(CAPS, (number, 2026, f"investor {number % 20_000}", "", None, number, -number, 0))
        files.finish({"venue": "v"})
    assert [path.name for path in tmp_path.iterdir()] == ["caps.parquet"]
    metadata = pq.read_metadata(path)
    assert [metadata.row_group(each).num_rows for each in range(metadata.num_row_groups)] == [group, BATCH_ROWS + 3]
    found = pq.read_table(path)
    assert found["seq"].to_pylist() == list(range(count))
    assert sum(found["used"].to_pylist()) == Decimal(count * (count - 1) // 2).scaleb(-8)
    assert found["investor"][20_000].as_py() == "investor 0"
    assert found["investor_class"].null_count == count
    assert files.files["caps"].rows == count


def test_each_column_is_named_once_and_explained() -> None:
    for table in (*TABLES.values(), CANDLES):
        assert len({column.name for column in table.columns}) == len(table.columns)
        assert all(column.meaning for column in table.columns)
        assert all(bool(column.unit) == (column.kind == "decimal") for column in table.columns)
