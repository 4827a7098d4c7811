"""Two rulebooks compared: the sentences that a lawyer reads."""

from __future__ import annotations

import pytest

from compliance import BUILT_IN_RULEBOOKS, load_rulebook
from compliance.rulebook.diff import Change, compare
from tests.support.compliance.venue import changed, documents

GENERAL = "general-2026"


def differences(*changes: tuple[str, str, str], book: str = GENERAL) -> list[Change]:
    texts = documents(book)
    for change in changes:
        texts = changed(texts, *change)
    return compare(load_rulebook(book, documents(book)), load_rulebook(book, texts))


def sentences(*changes: tuple[str, str, str], book: str = GENERAL) -> list[str]:
    return [change.text for change in differences(*changes, book=book)]


@pytest.mark.parametrize("name", BUILT_IN_RULEBOOKS)
def test_a_book_equals_itself_whatever_its_name_and_comments(name: str) -> None:
    texts = documents(name)
    renamed = {**texts, "mine": f"# mine\n{texts[name]}"}
    del renamed[name]
    assert compare(load_rulebook(name, texts), load_rulebook("mine", renamed)) == []


@pytest.mark.parametrize(
    ("rule", "key", "value", "sentence"),
    [
        (
            "RET-1",
            "retail_cap_rub",
            '"500000.00"',
            "RET-1: the retail cap rises from 300 000.00 to 500 000.00 RUB",
        ),
        ("RET-1", "retail_cap_rub", '"0.01"', "RET-1: the retail cap falls from 300 000.00 to 0.01 RUB"),
        (
            "RET-1",
            "cap_scope",
            '"per_intermediary"',
            (
                "RET-1: the scope of the cap changes from aggregate (all intermediaries together) "
                "to per_intermediary (each intermediary by itself)"
            ),
        ),
        ("RET-3", "pass_mark", "80", "RET-3: the pass mark rises from 70 to 80 %"),
        ("RET-3", "validity_days", "180", "RET-3: the validity of the test falls from 365 to 180 days"),
        ("DER-3", "exposure_percent_of_capital", '"0.5"', "DER-3: a bank's largest exposure falls from 1 to 0.50 %"),
        ("RET-2", "foreign_stablecoins", "false", "RET-2: retail purchases of foreign stablecoins: from yes to no"),
        (
            "LIQ-2",
            "assets",
            '["ETH", "SOL", "BTC"]',
            "LIQ-2: the list of highly liquid assets: SOL added; USDT removed",
        ),
        ("RET-1", "status", '"in_force"', "RET-1: the status changes from “proposed” to “in force”"),
        ("RET-1", "source", '"Law 1"', "RET-1: the source changes from “Bank of Russia, 23.12.2025” to “Law 1”"),
        ("RET-1", "effective_from", '"2027-01-01"', "RET-1: the date changes from “2025-12-23” to “2027-01-01”"),
        ("RET-1", "title", '"Cap"', "RET-1: the title is reworded"),
        ("RET-1", "who", '"all"', "RET-1: whom it binds changes from “retail” to “all”"),
        ("RET-1", "enabled", "false", "RET-1: is switched off: Retail purchases capped per calendar year"),
        ("LIQ-2", "note", '"x"', "LIQ-2: the note is reworded"),
    ],
)
def test_one_change_is_one_sentence(rule: str, key: str, value: str, sentence: str) -> None:
    assert sentences((rule, key, value)) == [sentence]
    before = documents(GENERAL)
    (back,) = compare(load_rulebook(GENERAL, changed(before, rule, key, value)), load_rulebook(GENERAL, before))
    assert back.rule == rule


def test_a_list_in_another_order_is_the_same_list() -> None:
    assert sentences(("LIQ-2", "assets", '["USDT", "BTC", "ETH"]')) == []


def test_changes_carry_their_data() -> None:
    (change,) = differences(("RET-1", "retail_cap_rub", '"500000.00"'))
    assert (change.what, change.rule, change.key) == ("parameter", "RET-1", "retail_cap_rub")
    assert (change.before, change.after) == ("300 000.00 RUB", "500 000.00 RUB")
    (change,) = differences(("RET-1", "enabled", "false"))
    assert (change.what, change.before, change.after) == ("switched_off", "on", "off")


def test_the_fewest_rules_are_said_to_move() -> None:
    texts = documents(GENERAL)
    texts[GENERAL] = texts[GENERAL].replace('"SAN-1", "ANON-1", "INT-1"', '"OPS-1", "SAN-1", "ANON-1", "INT-1"')
    texts[GENERAL] = texts[GENERAL].replace('"RET-1", "OPS-1", "DER-4"', '"RET-1", "DER-4"')
    moved = compare(load_rulebook(GENERAL, documents(GENERAL)), load_rulebook(GENERAL, texts))
    assert [(change.what, change.text) for change in moved] == [("order", "OPS-1: decides earlier, first")]
    back = compare(load_rulebook(GENERAL, texts), load_rulebook(GENERAL, documents(GENERAL)))
    assert [change.text for change in back] == ["OPS-1: decides later, right after RET-1"]


def test_the_order_on_transfers_is_compared_too() -> None:
    texts = documents(GENERAL)
    before = 'transfer_order = ["SAN-1", "ANON-1"'
    assert before in texts[GENERAL]
    texts[GENERAL] = texts[GENERAL].replace(before, 'transfer_order = ["ANON-1", "SAN-1"')
    moved = compare(load_rulebook(GENERAL, documents(GENERAL)), load_rulebook(GENERAL, texts))
    assert [change.what for change in moved] == ["transfer_order"]
    assert moved[0].text in (
        "ANON-1: decides earlier on transfers, first",
        "SAN-1: decides later on transfers, right after ANON-1",
    )


def test_rules_and_kinds_that_come_and_go() -> None:
    narrow = load_rulebook("derivatives-2025", documents("derivatives-2025"))
    wide = load_rulebook(GENERAL, documents(GENERAL))
    found = compare(narrow, wide)
    texts = [change.text for change in found]
    assert "Kinds of instruments: spot admitted" in texts
    assert (
        "RET-1: is added: Retail purchases capped per calendar year (Bank of Russia, 23.12.2025; proposed); "
        "decides right after RET-4" in texts
    )
    added = "RET-1 RET-2 RET-3 RET-4 QUAL-1 ANON-1 LIQ-1 LIQ-2 CUR-1 SET-1 SET-2 FRZ-1 CUST-1 RISK-1 AML-1 AML-2 COOL-1 ID-1 SUIT-1"
    assert " ".join(change.rule for change in found if change.what == "rule_added") == added
    back = compare(wide, narrow)
    assert "Kinds of instruments: spot no longer admitted" in [change.text for change in back]
    assert " ".join(change.rule for change in back if change.what == "rule_removed") == added
