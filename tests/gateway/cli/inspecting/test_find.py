"""`sbx find` on a journal with every kind of command."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from engine.record.rows import decode_command, decode_events
from engine.vocabulary.limits import MOSCOW_OFFSET_NS
from gateway.cli.inspecting.find import command as find_command
from gateway.cli.recordings.replay import readable
from gateway.index.index import index_directory
from gateway.reporting.tables.times import utc
from tests.support.gateway.journal.indexes import all_rows, true_answers
from tests.support.places import ROOT

NOT_ASKED_FOR = {"report", "investor", "candles", "fill", "entered", "ended", "corrected", "settled"}
"""Kinds without an option: they answer what an account asks of its past, but `investor`, which has a test of its own."""


@pytest.fixture(scope="module")
def journal(tmp_path_factory: pytest.TempPathFactory) -> Path:
    found = tmp_path_factory.mktemp("find") / "venue" / "journal"
    shutil.copytree(ROOT / "tests/golden/v6-everything", found, ignore=shutil.ignore_patterns("*.json"))
    return found


def run(*arguments: object) -> Result:
    return CliRunner().invoke(find_command, [str(argument) for argument in arguments], catch_exceptions=False)


def found(*arguments: object) -> dict[str, Any]:
    result = run(*arguments, "--json")
    assert result.exit_code == 0, result.output
    report: dict[str, Any] = json.loads(result.stdout)
    return report


def seqs(*arguments: object) -> list[int]:
    return [row["seq"] for row in found(*arguments, "--limit", 1000)["rows"]]


def test_every_kind_of_key_has_an_option(journal: Path) -> None:
    asked = set()
    for (kind, key), rows in true_answers(all_rows(journal)).items():
        if kind in asked or kind in NOT_ASKED_FOR or key == -1:
            continue
        asked.add(kind)
        words = key if isinstance(key, tuple) else (key,)
        assert seqs(journal, f"--{kind.replace('_', '-')}", *words) == rows, (kind, key)
    assert len(asked) == 13


def test_what_is_shown_is_what_the_journal_has(journal: Path) -> None:
    row = all_rows(journal)[499]
    [shown] = found(journal.parent, "--seq", 500)["rows"]
    assert shown == {
        "seq": 500,
        "time_ns": row[1],
        "time_utc": utc(row[1]),
        "command": json.loads(json.dumps(readable(decode_command(row[2])))),
        "events": json.loads(json.dumps(readable(decode_events(row[3])))),
    }


def test_what_is_asked_together_holds_together(journal: Path) -> None:
    answers = true_answers(all_rows(journal))
    both = [seq for seq in answers["account", "a"] if seq in answers["instrument", "BTC/RUB"]]
    assert both
    assert seqs(journal, "--account", "a", "--instrument", "BTC/RUB") == both
    assert seqs(journal, "--account", "a", "--instrument", "BTC/RUB", "--limit", 3) == both
    assert [
        row["seq"] for row in found(journal, "--account", "a", "--instrument", "BTC/RUB", "--limit", 3)["rows"]
    ] == both[:3]
    latest = found(journal, "--account", "a", "--instrument", "BTC/RUB", "--limit", 3, "--latest")
    assert [row["seq"] for row in latest["rows"]] == both[-3:]
    assert latest["more"] is True


def test_an_investor_is_also_its_accounts(journal: Path) -> None:
    rows = all_rows(journal)
    answers = true_answers(rows)
    opened = [event for row in rows for event in decode_events(row[3]) if type(event).__name__ == "AccountOpened"]
    account = readable(opened[0])
    assert isinstance(account, dict)
    mine = {
        each["account"]
        for each in map(readable, opened)
        if isinstance(each, dict) and each["investor"] == account["investor"]
    }
    expected = sorted(
        {*answers["investor", account["investor"]], *(seq for name in mine for seq in answers["account", name])}
    )
    assert seqs(journal, "--investor", account["investor"]) == expected


def test_times_bound_what_is_found(journal: Path) -> None:
    rows = all_rows(journal)
    begin, end = rows[300][1], rows[400][1]
    expected = [row[0] for row in rows if begin <= row[1] <= end]
    assert seqs(journal, "--since", utc(begin), "--until", utc(end)) == expected
    last = [row[0] for row in rows if row[1] <= end][-1]
    assert [row["seq"] for row in found(journal, "--until", utc(end), "--latest", "--limit", 1)["rows"]] == [last]
    assert seqs(journal, "--until", "1999-12-31") == []
    assert seqs(journal, "--since", "2200-01-01T03:00:00+03:00") == []


def test_moments_are_moscow_s_and_numbers_are_moments_too(journal: Path) -> None:
    rows = all_rows(journal)
    begin = rows[300][1]
    moscow = utc(begin + MOSCOW_OFFSET_NS).rstrip("Z")
    assert seqs(journal, "--since", moscow) == seqs(journal, "--since", utc(begin))
    assert seqs(journal, "--since", 301, "--until", 310) == list(range(301, 311))


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("OrderAccepted", "is not indexed by class"),
        ("NewOrder", "is not indexed"),
        ("SetParametr", "did you mean SetParameter"),
    ],
)
def test_a_class_of_which_nothing_is_kept_is_refused(journal: Path, name: str, words: str) -> None:
    result = run(journal, "--message", name)
    assert result.exit_code == 2
    assert words in result.output


def test_people_are_told_in_paragraphs(journal: Path) -> None:
    output = run(journal, "--account", "a", "--limit", 2).output
    assert re.search(r"^\d+  2025-12-31 \d\d:\d\d:\d\d\.\d{3}  open account by a, a, ann$", output, re.MULTILINE)
    assert "there are more: see --limit and --latest" in output
    assert "nothing in the journal's 952 rows is about that" in run(journal, "--order", 999_999).output
    output = run(journal, "--message", "BustTrade", "--limit", 1).output
    assert "trade 1, 7 USDT/RUB at 80, undone" in output and "reason: drawn" in output
    output = run(journal, "--rule", "RET-1", "--limit", 1).output
    assert "RET-1 retail_cap_rub: 300000.00 became 500000.00" in output
    # A rulebook travels whole; nobody wants to read it here.
    assert all(len(line) < 4_000 for line in run(journal, "--message", "LoadRulebook").output.splitlines())


def test_every_row_can_be_told(journal: Path) -> None:
    output = run(journal, "--limit", 1_000).output
    assert re.search(r"trade \d+: \S+ \S+ at \S+, maker \w+, taker \w+", output)
    assert re.search(r"order \d+: (buy|sell) \S+ \S+( at \S+)?, account \w+", output)
    # Names of fields and scaled figures are for programs.
    assert not re.search(r"_e8|_ppm|_ns\b|template|values \[", output)


@pytest.mark.parametrize(
    ("asked", "words"),
    [
        (("--investor", "Ann"), "the session has no investor Ann; did you mean ann"),
        (("--rule", "RET-99"), "the session has no rule RET-99; did you mean RET-"),
        (("--instrument", "ETHRUB"), "the session has no instrument ETHRUB; did you mean ETH/RUB"),
        (("--account", "nobody"), "the session has no account nobody; it has "),
        (("--client-order", "nobody", "x"), "the session has no account nobody; it has "),
    ],
)
def test_a_name_that_the_session_does_not_have_is_refused(journal: Path, asked: tuple[str, ...], words: str) -> None:
    result = run(journal, *asked)
    assert result.exit_code == 2
    assert words in result.output


def test_mistakes_are_told(journal: Path, tmp_path: Path) -> None:
    assert run(tmp_path).exit_code == 2
    result = run(journal, "--since", "yesterday")
    assert result.exit_code == 2 and "--since: 'yesterday' is no moment" in result.output
    damaged = tmp_path / "damaged"
    shutil.copytree(journal, damaged)
    data = bytearray((damaged / "journal-00000002.sbxj").read_bytes())
    data[30_000] ^= 1
    (damaged / "journal-00000002.sbxj").write_bytes(data)
    result = run(damaged, "--account", "a")
    assert result.exit_code == 1 and "journal-00000002.sbxj, frame at offset" in result.output


def test_a_damaged_index_is_said_to_be_built_again(journal: Path, tmp_path: Path) -> None:
    copy = tmp_path / "venue" / "journal"
    shutil.copytree(journal, copy)
    assert found(copy, "--seq", 1)["index_rebuilt"] == []
    runs = sorted(index_directory(copy).iterdir())
    assert runs
    runs[0].write_bytes(b"nonsense")
    assert "built again: " in run(copy, "--seq", 1).output
    assert found(copy, "--seq", 1)["index_rebuilt"] == []
