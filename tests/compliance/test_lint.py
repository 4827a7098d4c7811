"""The rulebook checker: what is an error, what a warning, and where each one is."""

from __future__ import annotations

import pytest

from compliance import BUILT_IN_RULEBOOKS, RulebookError, load_rulebook
from compliance.lint import ERROR, WARNING, Remark, lint
from tests.support.compliance.venue import changed, documents

GENERAL = "general-2026"
ELR = "elr-2025"

Line = tuple[str, str, str, str]


def lines(remarks: list[Remark]) -> list[Line]:
    return [(remark.severity, remark.document, remark.rule, remark.key) for remark in remarks]


def check(book: str, *changes: tuple[str, str, str]) -> list[Remark]:
    texts = documents(book)
    for change in changes:
        texts = changed(texts, *change)
    return lint(book, texts)


def test_the_built_in_books_have_no_errors() -> None:
    found = {name: lines(lint(name, documents(name))) for name in BUILT_IN_RULEBOOKS}
    # ANON-1 shuts books, so that holders can't sell. Under elr-2025 retail has no access at all, so that SET-2, which keeps it
    # off A7A5, comes too late.
    bans = {book: (WARNING, book, "ANON-1", "banned_privacy") for book in (ELR, GENERAL)}
    # Of COOL-1 the term is unpublished; SUIT-1 is off as well.
    off = [(WARNING, GENERAL, rule, "enabled") for rule in ("COOL-1", "SUIT-1")]
    assert found == {
        ELR: [bans[ELR], (WARNING, ELR, "SET-2", "")],
        "derivatives-2025": [],
        GENERAL: [*off, bans[GENERAL]],
    }


def test_every_fault_is_named_at_once_with_its_place() -> None:
    texts = documents(GENERAL)
    texts = changed(texts, "RET-1", "retail_cap_rub", "300000.00")
    texts = changed(texts, "RET-1", "cap_scope", '"everywhere"')
    texts = changed(texts, "RET-1", "status", '"law"')
    texts = changed(texts, "RET-3", "pass_mark", "101")
    texts = changed(texts, "QUAL-1", "source", '""')
    texts = changed(texts, "OPS-1", "effective_from", '"2025-02-30"')
    texts = changed(texts, "OPS-1", "retail_rub", '"1e6"')
    texts[GENERAL] = (
        texts[GENERAL].replace('"RET-1", "OPS-1"', '"RET-9", "OPS-1"').replace("retest_delay_days", "retest_delay")
    )
    texts[GENERAL] = "colour = 1\n" + texts[GENERAL]
    remarks = lint(GENERAL, texts)
    assert lines(remarks) == [
        (ERROR, GENERAL, "", "colour"),
        (ERROR, GENERAL, "RET-1", "status"),
        (ERROR, GENERAL, "RET-1", "retail_cap_rub"),
        (ERROR, GENERAL, "RET-1", "cap_scope"),
        (ERROR, GENERAL, "RET-3", "retest_delay"),
        (ERROR, GENERAL, "RET-3", "pass_mark"),
        (ERROR, GENERAL, "RET-3", "retest_delay_days"),
        (ERROR, GENERAL, "QUAL-1", "source"),
        (ERROR, "derivatives-2025", "OPS-1", "effective_from"),
        (ERROR, "derivatives-2025", "OPS-1", "retail_rub"),
        (ERROR, GENERAL, "", "order"),
        (ERROR, GENERAL, "", "order"),
    ]
    assert [remark.text for remark in remarks[-2:]] == [
        "order: RET-9 is not a rule of this book that can refuse an order",
        "order: RET-1 is missing",
    ]
    with pytest.raises(RulebookError) as caught:
        load_rulebook(GENERAL, texts)
    assert str(caught.value) == "rulebook general-2026: unknown key colour"
    assert [fault.key for fault in caught.value.faults] == [remark.key for remark in remarks]


def test_what_is_missing_or_no_toml_hides_nothing_else() -> None:
    texts = documents(GENERAL)
    assert lines(lint(GENERAL, {GENERAL: texts[GENERAL]})) == [(ERROR, GENERAL, "", "include")]
    broken = {**changed(texts, "RET-3", "pass_mark", '"70"'), "derivatives-2025": "kinds = ["}
    assert lines(lint(GENERAL, broken)) == [
        (ERROR, GENERAL, "RET-3", "pass_mark"),
        (ERROR, "derivatives-2025", "", ""),
    ]
    assert lines(lint("book", {})) == [(ERROR, "book", "", "include")]


@pytest.mark.parametrize(
    ("book", "rule", "key", "value", "words"),
    [
        (GENERAL, "RET-1", "retail_cap_rub", '"1000000.01"', "the cap of 1 000 000.01 RUB is above the largest order"),
        (GENERAL, "OPS-1", "qualified_rub", '"999999.99"', "the largest order of qualified is below that of retail"),
        (GENERAL, "OPS-1", "super_qualified_rub", '"1"', "the largest order of super_qualified is below"),
        (GENERAL, "DER-4", "qualified_firm_rub", '"-1"', "must not be negative"),
        (GENERAL, "DER-4", "super_qualified_rub", '"49999999.99"', "the exposure limit of super_qualified is below"),
        (GENERAL, "QUAL-0", "enabled", "false", "without it nobody can be classified"),
        (GENERAL, "LIQ-1", "turnover_above_rub", '"5000000000000.01"', "more is to be turned over in a day than"),
        (ELR, "ELR-1", "assets_above_rub", '"5999999.99"', "below individual_assets_rub of QUAL-0"),
    ],
)
def test_contradictions_are_errors(book: str, rule: str, key: str, value: str, words: str) -> None:
    remarks = [remark for remark in check(book, (rule, key, value)) if remark.severity == ERROR]
    assert [(remark.rule, remark.key) for remark in remarks] == [(rule, key)]
    assert words in remarks[0].text


def test_figures_that_just_fit_are_no_contradiction() -> None:
    for change in (
        ("RET-1", "retail_cap_rub", '"1000000.00"'),
        ("OPS-1", "qualified_rub", '"1000000.00"'),
        ("LIQ-1", "turnover_above_rub", '"5000000000000.00"'),
    ):
        assert [remark.rule for remark in check(GENERAL, change)] == ["COOL-1", "SUIT-1", "ANON-1"]


@pytest.mark.parametrize(
    ("book", "rule", "key", "value", "words"),
    [
        (GENERAL, "RET-3", "pass_mark", "0", "everyone who sat the test has passed it"),
        (GENERAL, "QUAL-1", "pass_mark", "0", "everyone who sat the test has passed it"),
        (GENERAL, "RET-3", "retest_delay_days", "366", "one who fails waits longer than a pass is valid"),
        (GENERAL, "QUAL-1", "validity_days", "0", "a pass counts only on the day of the test"),
        (GENERAL, "LIQ-1", "history_years", "0", "an asset is highly liquid from its first day"),
        (GENERAL, "RET-1", "retail_cap_rub", '"0"', "every order that it looks at is refused"),
        (GENERAL, "DER-2", "cover_percent", '"99.99"', "the cover is not full"),
        (GENERAL, "DER-3", "exposure_percent_of_capital", '"100.01"', "more than the whole"),
        (GENERAL, "QUAL-0", "individual_assets_rub", '"0"', "everyone with any evidence meets it"),
        (GENERAL, "RISK-1", "enabled", "false", "the rule is switched off"),
        (GENERAL, "AML-1", "report_from_rub", '"0"', "a threshold of nothing: every transfer is reported"),
        (GENERAL, "AML-2", "classes", "[]", "the list is empty"),
        (GENERAL, "LIQ-1", "enabled", "false", "the rule is switched off"),
        (GENERAL, "ANON-1", "banned_privacy", "[]", "the list is empty"),
        (GENERAL, "ANON-1", "banned_privacy", "[]", "with these parameters the rule refuses nothing"),
        (GENERAL, "QUAL-1", "risk_test_required", "false", "with these parameters the rule refuses nothing"),
        (GENERAL, "SET-2", "retail", "true", "with these parameters the rule refuses nothing"),
        (GENERAL, "RET-1", "cap_scope", '"per_intermediary"', "one intermediary in a year: the scope has no effect"),
        (ELR, "ELR-3", "classes", '["qualified"]', "never decides: what it refuses, one before it in `order`"),
    ],
)
def test_what_looks_like_a_mistake_is_a_warning(book: str, rule: str, key: str, value: str, words: str) -> None:
    remarks = check(book, (rule, key, value))
    assert {remark.severity for remark in remarks} == {WARNING}
    # COOL-1 and SUIT-1 are off in the book itself.
    off = ("COOL-1", "SUIT-1")
    found = [remark.rule for remark in remarks if words in remark.text and remark.rule not in off]
    assert found == [rule] or (rule in off and not found), [f.text for f in remarks]


def test_a_rule_that_comes_too_late_is_told_from_one_that_decides() -> None:
    texts = documents(ELR)
    texts[ELR] = texts[ELR].replace('"ELR-1", "ELR-2", "ELR-3"', '"ELR-3", "ELR-2", "ELR-1"')
    late = [remark.rule for remark in lint(ELR, texts) if "never decides" in remark.text]
    assert late == ["ELR-1", "SET-2"]


def test_ret_5_can_not_be_switched_off() -> None:
    """What lowers exposure passes in every regime (P10)."""
    remarks = check(GENERAL, ("RET-5", "enabled", "false"))
    assert [(remark.severity, remark.rule, remark.key) for remark in remarks] == [("error", "RET-5", "enabled")]
    assert "must be true" in remarks[0].text


@pytest.mark.parametrize(
    ("rule", "key", "value"),
    [
        ("ANON-1", "banned_privacy", '["default"]'),
        ("RET-2", "on_tier_loss", '"halt"'),
        ("SET-2", "stablecoin_mode", '"settlement_only"'),
        ("SET-2", "usdt_mode", '"settlement_only"'),
    ],
)
def test_a_parameter_that_shuts_books_is_said_to_lock_holders_in(rule: str, key: str, value: str) -> None:
    found = [remark for remark in check(GENERAL, (rule, key, value)) if "can't sell it here" in remark.text]
    assert {(remark.severity, remark.rule, remark.key) for remark in found} >= {(WARNING, rule, key)}
    assert not [remark for remark in check(GENERAL, ("ANON-1", "enabled", "false")) if "can't sell" in remark.text]
