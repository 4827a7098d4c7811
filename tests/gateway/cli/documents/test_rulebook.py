"""`sbx rulebook`: on the books of the distribution and on files, with their exit codes and JSON."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from compliance import BUILT_IN_RULEBOOKS, load_rulebook
from compliance.rules.catalogue import RULES
from gateway.cli.documents.rulebook import command
from tests.support.compliance.venue import changed, documents
from tests.support.places import ROOT

BOOKS = [load_rulebook(name, documents(name)) for name in BUILT_IN_RULEBOOKS]
# In the order of the catalogue, which may have rules that stand in none of these.
STATED = [rule for rule in RULES if any(rule in book.rules for book in BOOKS)]


def run(*arguments: object, width: int = 160) -> Result:
    words = [str(argument) for argument in arguments]
    return CliRunner().invoke(command, words, catch_exceptions=False, env={"COLUMNS": str(width)})


def as_json(result: Result, exit_code: int = 0) -> Any:
    assert result.exit_code == exit_code, result.output
    return json.loads(result.stdout)


@pytest.fixture
def mine(tmp_path: Path) -> Path:
    """A copy of general-2026 with a cap of half a million."""
    path = tmp_path / "mine.toml"
    path.write_text(changed(documents("general-2026"), "RET-1", "retail_cap_rub", '"500000.00"')["general-2026"])
    return path


# ── list ───────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_list_names_every_rule_with_all_its_facts() -> None:
    found = as_json(run("list", "--json"))
    assert [row["rule"] for row in found] == STATED and len(found) == len(
        {rule for book in BOOKS for rule in book.rules}
    )
    for row in found:
        assert all(row[key] for key in ("title", "who", "source", "status", "effective_from", "books")), row
        assert row["enforced_by"] == RULES[row["rule"]].enforced_by
        # Off as the book comes.
        assert row["enabled"] is (row["rule"] not in ("COOL-1", "SUIT-1"))
        assert list(row["parameters"]) == list(RULES[row["rule"]].parameters)
    by_rule = {row["rule"]: row for row in found}
    assert by_rule["RET-1"]["parameters"]["retail_cap_rub"] == "300000.00"
    assert by_rule["RET-1"]["books"] == ["general-2026"]
    assert by_rule["SAN-1"]["books"] == list(BUILT_IN_RULEBOOKS)
    text = run("list").output
    for row in found:
        assert f" {row['rule']} " in text
        assert row["source"].split(",")[0].split(";")[0] in text
    assert "retail_cap_rub = 300\u00a0000.00\u00a0RUB" in text and "38 rules" in text


def test_list_of_one_book_and_of_a_file(mine: Path) -> None:
    assert {row["rule"] for row in as_json(run("list", "derivatives-2025", "--json"))} == {
        *("DER-1", "DER-2", "DER-3", "DER-4", "QUAL-0", "RET-5", "PAY-1", "SAN-1", "INT-1", "OPS-1", "OPS-2"),
        *("ARR-1", "DISC-1", "LEV-1", "ABUSE-1"),
    }
    rows = {row["rule"]: row for row in as_json(run("list", mine, "--json"))}
    assert rows["RET-1"]["parameters"]["retail_cap_rub"] == "500000.00" and rows["RET-1"]["books"] == ["mine"]


def test_what_is_no_book_is_a_usage_error(tmp_path: Path) -> None:
    for words in (["list", "general-2027"], ["check", "general-2027"], ["diff", "elr-2025", "general-2027"]):
        result = run(*words)
        assert result.exit_code == 2
        assert "unknown rulebook 'general-2027'; there are" in result.output
    result = run("check", tmp_path / "absent.toml")
    assert result.exit_code == 2 and "can't be read" in result.output


# ── check ──────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_check_of_a_sound_book() -> None:
    assert as_json(run("check", "derivatives-2025", "--json")) == {
        "book": "derivatives-2025",
        "errors": 0,
        "warnings": 0,
        "findings": [],
    }
    result = run("check", "derivatives-2025", "--strict")
    assert result.exit_code == 0
    assert "rulebook derivatives-2025 (derivatives-2025): 0 errors, 0 warnings: it can be put" in result.output


def test_check_warns_of_a_ban_that_locks_holders_in() -> None:
    result = run("check", "general-2026")
    assert result.exit_code == 0
    assert "banned_privacy: the books of these coins are shut: who holds one can't sell it here" in result.output
    assert (
        "rulebook general-2026 (derivatives-2025, general-2026): 0 errors, 3 warnings: it can be put" in result.output
    )


def test_check_tells_errors_from_warnings_by_its_exit_code(tmp_path: Path) -> None:
    book = tmp_path / "book.toml"
    book.write_text(changed(documents("general-2026"), "RET-3", "pass_mark", "0")["general-2026"])
    found = as_json(run("check", book, "--json"))
    assert (found["errors"], found["warnings"]) == (0, 4)
    # The others are the ban of coins, and a rule that is off.
    assert [finding for finding in found["findings"] if finding["rule"] not in {"ANON-1", "COOL-1", "SUIT-1"}] == [
        {
            "severity": "warning",
            "document": "book",
            "rule": "RET-3",
            "key": "pass_mark",
            "text": "a pass mark of 0: everyone who sat the test has passed it",
        }
    ]
    assert run("check", book).exit_code == 0
    assert run("check", book, "--strict").exit_code == 1
    book.write_text(changed(documents("general-2026"), "RET-1", "retail_cap_rub", '"2000000"')["general-2026"])
    result = run("check", book)
    assert result.exit_code == 1
    assert "error book: RET-1: retail_cap_rub: the cap of 2 000 000.00 RUB is above the largest order" in result.output
    assert "1 error, 3 warnings" in result.output


def test_check_names_every_fault_of_a_file_and_of_what_it_includes(tmp_path: Path) -> None:
    book = tmp_path / "book.toml"
    text = documents("general-2026")["general-2026"]
    text = text.replace('include = ["derivatives-2025"]', 'include = ["base", "nowhere"]')
    book.write_text(text.replace("pass_mark = 70", 'pass_mark = "70"'))
    (tmp_path / "base.toml").write_text("title = 1\n")
    found = as_json(run("check", book, "--json"), 1)
    assert [(each["document"], each["rule"], each["key"]) for each in found["findings"]] == [
        ("book", "RET-3", "pass_mark"),
        ("book", "QUAL-1", "pass_mark"),
        ("book", "SUIT-1", "pass_mark"),
        ("base", None, "title"),
        ("base", None, "kinds"),
        ("base", None, "order"),
        ("base", None, "rules"),
        ("book", None, "include"),
    ]
    book.write_text("title = [")
    result = run("check", book)
    assert result.exit_code == 1 and "error book: not TOML: Invalid value" in result.output
    book.write_bytes(b"\xff")
    assert run("check", book).exit_code == 2


# ── diff ───────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_diff_says_in_words_what_changes(mine: Path) -> None:
    result = run("diff", "general-2026", mine)
    assert result.exit_code == 1
    assert result.output == "RET-1: the retail cap rises from 300 000.00 to 500 000.00 RUB\n"
    found = as_json(run("diff", "general-2026", mine, "--json"), 1)
    assert found["equal"] is False
    assert (found["before"]["book"], found["after"]["book"]) == ("general-2026", "mine")
    assert len(found["before"]["digest"]) == 64 and found["before"]["digest"] != found["after"]["digest"]
    assert found["changes"] == [
        {
            "what": "parameter",
            "rule": "RET-1",
            "key": "retail_cap_rub",
            "before": "300 000.00 RUB",
            "after": "500 000.00 RUB",
            "text": "RET-1: the retail cap rises from 300 000.00 to 500 000.00 RUB",
        }
    ]


def test_diff_of_a_book_with_its_copy_is_equal(tmp_path: Path) -> None:
    copy = tmp_path / "copy.toml"
    copy.write_text("# a copy\n" + documents("elr-2025")["elr-2025"])
    result = run("diff", "elr-2025", copy)
    assert (result.exit_code, result.output) == (0, "elr-2025 and copy say the same\n")
    assert as_json(run("diff", "elr-2025", copy, "--json"))["changes"] == []


def test_diff_of_a_faulty_book_points_to_check(tmp_path: Path) -> None:
    book = tmp_path / "book.toml"
    book.write_text('title = "x"\n')
    result = run("diff", "elr-2025", book)
    assert result.exit_code == 2
    assert "rulebook book: kinds: must be a list of names" in result.output
    assert "sbx rulebook check" in result.output


# ── explain ────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_explain_says_everything_of_a_rule() -> None:
    text = run("explain", "ret-1").output
    for expected in (
        "RET-1  Retail purchases capped per calendar year",
        "Bank of Russia, 23.12.2025",
        "proposed",
        "2025-12-23",
        "before an order can match",
        "Purchases of the window, open orders that purchase",
        "Qualified investors; what brings in money",
        "each intermediary by itself",
        "bitcoin sold for USDT is USDT bought",
        "retail_cap_rub",
        "300 000.00 RUB",
        "What retail may purchase in one window at most.",
        "per_intermediary: each intermediary by itself",
    ):
        assert expected in text, expected
    found = as_json(run("explain", "RET-1", "--json"))
    assert found["parameters"][0] == {
        "key": "retail_cap_rub",
        "value": "300000.00",
        "unit": "RUB",
        "text": "300 000.00 RUB",
        "meaning": "What retail may purchase in one window at most.",
        "choices": {},
    }
    assert found["parameters"][1]["choices"] == {
        "aggregate": "all intermediaries together",
        "per_intermediary": "each intermediary by itself",
    }
    assert found["books"] == ["general-2026"] and found["document"] == "general-2026"
    assert found["compares"] and found["exempt"] and found["reported"]


@pytest.mark.parametrize("rule", STATED)
def test_every_rule_can_be_explained(rule: str) -> None:
    assert run("explain", rule).output.startswith(f"{rule}  ")
    assert as_json(run("explain", rule, "--json"))["rule"] == rule


def test_explain_as_another_book_has_it(mine: Path) -> None:
    found = as_json(run("explain", "RET-1", "--rulebook", mine, "--json"))
    assert found["parameters"][0]["value"] == "500000.00" and found["books"] == ["mine"]
    result = run("explain", "RET-1", "--rulebook", "elr-2025")
    assert result.exit_code == 2
    assert "rulebook elr-2025 has no rule RET-1; it stands in general-2026" in result.output
    found = as_json(run("explain", "AML-1", "--json"))
    assert (found["parameters"][0]["text"], found["books"]) == ("1 000 000.00 RUB", ["general-2026"])
    result = run("explain", "RET-9")
    assert result.exit_code == 2 and "there is no rule RET-9; there are ELR-1, " in result.output


# ── docs ───────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_the_document_of_the_rules_is_current() -> None:
    written = (ROOT / "docs" / "RULES.md").read_text(encoding="utf-8")
    assert run("docs").output == written, "run: sbx rulebook docs > docs/RULES.md"
    for rule in STATED:
        assert f"\n## {rule}\n" in written
