"""What the tables can't show of parameters at run time: whole events, words, bounds."""

from __future__ import annotations

import pytest

from compliance import RulebookError, load_rulebook
from engine.snapshot.encoding import state_digest
from engine.vocabulary.messages.commands import SetParameter
from engine.vocabulary.messages.events import InvestorRegistered, ParameterChanged
from tests.support.compliance.answers import buy, cancelled, refusal, set_parameter
from tests.support.compliance.venue import Venue, documents, rules_of


@pytest.mark.parametrize(
    ("rule", "key", "value", "old", "new"),
    [
        ("RET-1", "retail_cap_rub", "500000", "300000.00", "500000.00"),
        ("DER-3", "exposure_percent_of_capital", "2.5", "1.00", "2.50"),
        ("RET-3", "pass_mark", "80", "70", "80"),
        ("RET-3", "validity_days", "007", "365", "7"),
        ("RET-1", "cap_scope", "per_intermediary", "aggregate", "per_intermediary"),
        ("RET-2", "foreign_stablecoins", "false", "true", "false"),
        ("LIQ-2", "assets", "BTC, SOL", "BTC,ETH,USDT", "BTC,SOL"),
        ("ANON-1", "banned_privacy", "", "default,optional", ""),
        ("RET-3", "enabled", "false", "true", "false"),
    ],
)
def test_a_change_is_reported_with_old_and_new(rule: str, key: str, value: str, old: str, new: str) -> None:
    venue = Venue()
    events = venue.do(set_parameter(rule, key, value))
    assert events[0] == ParameterChanged(rule, key, old, new, "trial", "ann")


def test_what_a_change_reclassifies_follows_then_what_it_cancels() -> None:
    venue = Venue()
    order_id = buy(venue, "qualified", "SOL/RUB")
    events = venue.do(set_parameter("QUAL-0", "individual_assets_rub", "24000000.01"))
    assert events[:-1] == [
        ParameterChanged("QUAL-0", "individual_assets_rub", "24000000.00", "24000000.01", "trial", "ann"),
        InvestorRegistered("qualified", "retail"),
    ]
    assert cancelled(events) == [(order_id, "RET-2")]


@pytest.mark.parametrize(
    ("command", "why"),
    [
        (set_parameter("RET-9", "pass_mark", "1"), "unknown rule RET-9; this book has: DER-1, "),
        (
            set_parameter("RET-3", "marks", "1"),
            "unknown key marks; known: enabled, pass_mark, validity_days, retest_delay_days",
        ),
        (set_parameter("CUR-1", "marks", "1"), "unknown key marks; known: enabled"),
        (set_parameter("RET-3", "title", "x"), "unknown key title"),
        (set_parameter("RET-3", "pass_mark", "101"), "pass_mark: must be a whole number from 0 to 100"),
        (set_parameter("RET-3", "pass_mark", "70.0"), "pass_mark: must be a whole number from 0 to 100"),
        (set_parameter("RET-3", "pass_mark", "٧٠"), "pass_mark: must be a whole number from 0 to 100"),
        (set_parameter("RET-3", "pass_mark", ""), "pass_mark: must be a whole number from 0 to 100"),
        (
            set_parameter("RET-3", "validity_days", "9" * 30),
            "validity_days: must be a whole number from 0 to 1000000000",
        ),
        (set_parameter("RET-1", "retail_cap_rub", '"1.00"'), "retail_cap_rub: must be a decimal string"),
        (set_parameter("RET-1", "cap_scope", "both"), "cap_scope: must be one of aggregate, per_intermediary"),
        (set_parameter("RET-2", "foreign_stablecoins", "True"), "foreign_stablecoins: must be true or false"),
        (set_parameter("RET-2", "enabled", "off"), "enabled: must be true or false"),
        (set_parameter("ANON-1", "banned_privacy", "default,default"), "list of different names of default, optional"),
        (set_parameter("LIQ-2", "assets", "BTC,,ETH"), "assets: must be a list of different names"),
        (set_parameter("QUAL-0", "enabled", "false"), "without it nobody can be classified"),
        (set_parameter("LIQ-2", "enabled", "false"), "highly_liquid_by: list needs rule LIQ-2, which is switched off"),
        (SetParameter("RET-3", "pass_mark", "80", " ", "ann"), "reason is missing"),
        # The value in force, however it is written.
        (set_parameter("RET-1", "retail_cap_rub", "300000"), "RET-1 retail_cap_rub is 300000.00 already"),
        (set_parameter("RET-3", "enabled", "true"), "RET-3 enabled is true already"),
        (set_parameter("LIQ-2", "assets", "BTC, ETH, USDT"), "LIQ-2 assets is BTC,ETH,USDT already"),
    ],
)
def test_what_can_not_be_set_is_refused_in_words_that_name_what_can(command: SetParameter, why: str) -> None:
    venue = Venue()
    before = state_digest(venue.exchange)
    assert why in refusal(venue.apply(command))
    venue.exchange.seq -= 1
    assert state_digest(venue.exchange) == before


def test_without_a_rulebook_there_is_nothing_to_set() -> None:
    assert "load one first" in refusal(Venue(rulebook="").apply(set_parameter("RET-3", "pass_mark", "1")))


def test_settings_add_up_and_the_next_rulebook_clears_them() -> None:
    venue = Venue()
    venue.do(set_parameter("RET-3", "enabled", "false"))
    venue.do(set_parameter("RISK-1", "enabled", "false"))
    venue.do(set_parameter("RET-1", "retail_cap_rub", "0.1"))
    assert rules_of(venue.buy("newcomer", "0.001", "BTC/RUB", "100")) == ()
    assert rules_of(venue.buy("newcomer", "0.0001", "BTC/RUB", "100")) == ("RET-1",)
    table = venue.hook.intake.table
    assert table is not None
    # The digest is that of the documents; what stands on top of them is told by the events and the snapshot.
    assert table.rulebook.digest == load_rulebook("general-2026", documents("general-2026")).digest
    assert cancelled(venue.load("general-2026")) == [(venue.exchange.seq - 2, "RISK-1")]
    assert rules_of(venue.buy("newcomer", "0.0001", "BTC/RUB", "100")) == ("RISK-1", "RET-3")


def test_a_book_can_be_loaded_with_settings_on_top() -> None:
    texts = documents("general-2026")
    book = load_rulebook("general-2026", texts, {("RET-1", "retail_cap_rub"): "1", ("RET-3", "enabled"): "false"})
    assert book.rules["RET-1"].parameters.number("retail_cap_rub") == 100
    assert book.rules["RET-1"].source == load_rulebook("general-2026", texts).rules["RET-1"].source
    assert book.active("RET-3") is None
    with pytest.raises(RulebookError) as caught:
        load_rulebook("general-2026", texts, {("X", "y"): "1", ("RET-3", "pass_mark"): "x"})
    assert [(fault.rule, fault.key) for fault in caught.value.faults] == [("", "X"), ("RET-3", "pass_mark")]
