"""Values that change by date, and rules that start on one: what a document may write, and what holds on which day."""

from __future__ import annotations

import pytest

from compliance import RulebookError, load_rulebook
from compliance.explain import UNCONCERNED, why_idle
from compliance.registry.calendar import parse_iso_date
from compliance.registry.records import Investor
from compliance.rulebook.declaration import STARTS
from compliance.rulebook.rulebook import Rulebook
from compliance.rules.catalogue import RULES
from compliance.rules.qual_0 import Qualified
from engine.vocabulary.limits import MAX_DATED_VALUES
from engine.vocabulary.messages.commands import Tick
from engine.vocabulary.messages.events import DayEnded, InvestorRegistered, ParameterChanged, RegistryChanged
from tests.support.compliance.answers import set_parameter
from tests.support.compliance.venue import Venue, changed, documents
from tests.support.compliance.watched_venue import WatchedVenue

GENERAL = "general-2026"
BILL = (
    *("RET-1", "RET-2", "RET-3", "RET-4", "QUAL-1", "ANON-1", "CUR-1", "CUST-1", "RISK-1", "AML-1", "AML-2", "COOL-1"),
)


def on(date: str) -> Rulebook:
    day = parse_iso_date(date)
    assert day is not None
    return load_rulebook(GENERAL, documents(GENERAL), None, day)


def investor(
    assets_rub: int = 0, income_rub: int = 0, earlier_income_rub: int = 0, *, certified: bool = False
) -> Investor:
    found = Investor("ann")
    found.assets_rub, found.income_rub, found.earlier_income_rub = assets_rub, income_rub, earlier_income_rub
    found.certified = certified
    return found


@pytest.mark.parametrize(
    ("date", "evidence", "is_qualified"),
    [
        ("2024-12-31", investor(5_999_999), False),
        ("2024-12-31", investor(6_000_000), True),
        ("2025-01-01", investor(11_999_999), False),
        ("2025-01-01", investor(12_000_000), True),
        ("2025-12-31", investor(12_000_000), True),
        ("2026-01-01", investor(23_999_999), False),
        ("2026-01-01", investor(24_000_000), True),
        ("2025-07-27", investor(0, 12_000_000, 12_000_000), False),
        ("2025-07-28", investor(0, 12_000_000, 12_000_000), True),
        ("2025-07-28", investor(0, 50_000_000, 11_999_999), False),
        ("2026-11-30", investor(12_000_000, certified=True), True),
        ("2026-11-30", investor(11_999_999, 5_999_999, certified=True), False),
        ("2026-11-30", investor(0, 6_000_000, certified=True), True),
        ("2026-11-30", investor(23_999_999, 11_999_999, 11_999_999), False),
    ],
)
def test_the_thresholds_of_the_law_by_their_dates(date: str, evidence: Investor, is_qualified: bool) -> None:
    assert Qualified(on(date).rules["QUAL-0"].parameters).met_by(evidence) is is_qualified


def test_the_rules_of_the_bill_have_a_start_and_say_that_they_are_not_law() -> None:
    book = load_rulebook(GENERAL, documents(GENERAL))
    assert [rule for rule, data in book.rules.items() if STARTS in data.declared.parameters] == sorted(
        BILL, key=list(book.rules).index
    )
    assert all("Not law" in book.rules[rule].note for rule in BILL)
    # In the sandbox they bind at once, on whatever day; of one the term is unpublished.
    assert [rule for rule in BILL if on("2021-01-01").active(rule) is None] == ["COOL-1"]
    assert {rule for rule, declared in RULES.items() if STARTS in declared.parameters} == set(BILL)
    elr = load_rulebook("elr-2025", documents("elr-2025"))
    for rule in ("ELR-1", "ELR-2", "ELR-3", "ELR-4"):
        assert "is being moved away from" in elr.rules[rule].note


@pytest.mark.parametrize(
    ("value", "words"),
    [
        ('{ before = "1" }', "individual_assets_rub: by date: needs `before` and from 1 to 32 dates YYYY-MM-DD"),
        ('{ 2026-01-01 = "1" }', "by date: needs `before`"),
        ('{ before = "1", tomorrow = "2" }', "by date: needs `before`"),
        ('{ before = "1", 2026-02-30 = "2" }', "by date: needs `before`"),
        ('{ before = "1", 2026-01-01 = { before = "2" } }', "by date: needs `before`"),
        ('{ before = "1", 2026-01-01 = "-2" }', "individual_assets_rub: must not be negative"),
        (
            "{ "
            + ", ".join(['before = "1"', *[f'{year}-01-01 = "2"' for year in range(2000, 2001 + MAX_DATED_VALUES)]])
            + " }",
            "by date: needs `before`",
        ),
    ],
)
def test_a_bad_table_of_dates_is_refused(value: str, words: str) -> None:
    texts = changed(documents(GENERAL), "QUAL-0", "individual_assets_rub", value)
    with pytest.raises(RulebookError, match=words):
        load_rulebook(GENERAL, texts)


@pytest.mark.parametrize(
    "value", ['"2026-13-01"', '"soon"', "true", '{ before = "at_once", 2026-01-01 = "2027-01-01" }']
)
def test_a_start_is_a_date_or_at_once(value: str) -> None:
    with pytest.raises(
        RulebookError, match=r"starts: (must be a date YYYY-MM-DD in quotes, or at_once|can't change by date)"
    ):
        load_rulebook(GENERAL, changed(documents(GENERAL), "RET-1", "starts", value))


def test_what_contradicts_itself_on_a_later_date_is_refused_at_once() -> None:
    later = '{ before = "24000000.00", 2030-01-01 = "200000000.00" }'
    texts = changed(documents("elr-2025"), "QUAL-0", "individual_assets_rub", later)
    with pytest.raises(RulebookError, match="below individual_assets_rub of QUAL-0"):
        load_rulebook("elr-2025", texts)


def test_midnight_says_what_started_and_what_changed() -> None:
    later = '{ before = "24000000.00", 2026-06-02 = "30000000.00" }'
    changes = (("QUAL-0", "individual_assets_rub", later), ("RET-1", "starts", '"2026-06-02"'))
    venue = Venue(GENERAL, changes)
    venue.at("2026-06-02 00:00")
    events = [event for event in venue.apply(Tick()) if not isinstance(event, DayEnded)]
    assert events == [
        ParameterChanged("QUAL-0", "individual_assets_rub", "24000000.00", "30000000.00", "its date has come", ""),
        RegistryChanged("rule", "RET-1", "starts on 2026-06-02"),
        InvestorRegistered("qualified", "retail"),
        InvestorRegistered("earner", "retail"),
    ]
    venue.at("2026-06-03 00:00")
    assert [event for event in venue.apply(Tick()) if not isinstance(event, DayEnded)] == []


def test_a_rule_that_has_not_started_says_so() -> None:
    venue = WatchedVenue(GENERAL, (("RET-1", "starts", '"2027-07-01"'),))
    venue.buy("retail", "4", "BTC/RUB", "100000")
    found = {each.data.rule: each for each in venue.last().rules}["RET-1"]
    assert (found.outcome, found.spared) == (
        UNCONCERNED,
        "the rule starts on 2027-07-01; before, it passes everything",
    )
    assert why_idle(found.data) == found.spared


def test_a_value_by_date_is_set_to_one_without_dates_even_if_it_is_the_one_in_force() -> None:
    venue = Venue()
    (event,) = venue.do(set_parameter("QUAL-0", "individual_assets_rub", "24000000.00"))
    assert event == ParameterChanged("QUAL-0", "individual_assets_rub", "24000000.00", "24000000.00", "trial", "ann")
