"""What the tables can't show of parameters, effective dates, midnight, tiers and records: whole events, words, bounds."""

from __future__ import annotations

import pytest

from compliance.rulebook.format import RulebookError, load_rulebook
from engine.state.snapshot import state_digest
from engine.vocabulary.codes import BUY, BY_RULE, COMPLIANCE, CRYPTO, FIRM, INDIVIDUAL, INVALID
from engine.vocabulary.limits import MAX_SCHEDULED_CHANGES
from engine.vocabulary.messages.commands import (
    AddAsset,
    AnyCommand,
    AuthoriseClient,
    EffectiveFrom,
    LoadRulebook,
    RecordTest,
    RegisterIntermediary,
    RegisterInvestor,
    SetBlocked,
    SetParameter,
    Tick,
    UpdateAsset,
)
from engine.vocabulary.messages.events import (
    AssetAdded,
    ChangeEffective,
    ChangeScheduled,
    CommandRejected,
    DayEnded,
    Event,
    InvestorRegistered,
    OrderCancelled,
    ParameterChanged,
    RegistryChanged,
    RulebookLoaded,
)
from tests.support.compliance.venue import Venue, documents, moscow_ns, rules_of

DAY_NS = 86_400 * 10**9


def set_parameter(rule: str, key: str, value: str) -> SetParameter:
    return SetParameter(rule, key, value, "trial", "ann")


def refusal(events: list[Event]) -> str:
    assert len(events) == 1
    assert isinstance(events[0], CommandRejected)
    return events[0].detail


def cancelled(events: list[Event]) -> list[tuple[int, str]]:
    found = [event for event in events if isinstance(event, OrderCancelled)]
    assert all(event.reason == BY_RULE for event in found)
    return [(event.order_id, event.rule) for event in found]


def buy(venue: Venue, account: str, instrument: str = "BTC/RUB", price: str = "100") -> int:
    answer = venue.buy(account, "1" if instrument == "SOL/RUB" else "0.001", instrument, price)
    assert rules_of(answer) == ()
    return answer.order_id  # type: ignore[attr-defined, no-any-return]


# ── parameters at run time ─────────────────────────────────────────────────────────────────────────────────────────


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
    events = venue.do(set_parameter("QUAL-0", "individual_assets_rub", "6000000.01"))
    assert events[:-1] == [
        ParameterChanged("QUAL-0", "individual_assets_rub", "6000000.00", "6000000.01", "trial", "ann"),
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
    assert table.book.digest == load_rulebook("general-2026", documents("general-2026")).digest
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


# ── effective dates ────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_change_waits_takes_effect_and_cancels_after_the_day_has_ended() -> None:
    venue = Venue()
    order_id = buy(venue, "retail")
    midnight_ns = moscow_ns("2026-06-02 00:00:00")
    change = EffectiveFrom(midnight_ns, SetParameter("RET-3", "pass_mark", "71"), "act 12", "ann")
    events = venue.do(change)
    number = venue.exchange.seq
    assert events == [ChangeScheduled(number, midnight_ns, "set_parameter RET-3")]
    venue.time_ns = midnight_ns - 1
    assert venue.do(Tick()) == []
    venue.time_ns = midnight_ns
    events = venue.do(Tick())
    assert events[:-1] == [
        DayEnded(20_606),
        ChangeEffective(number),
        # Reason and author of the schedule are those of a command that names none.
        ParameterChanged("RET-3", "pass_mark", "70", "71", "act 12", "ann"),
    ]
    assert cancelled(events) == [(order_id, "RET-3")]
    assert not venue.exchange.changes


def test_a_change_that_names_reason_and_author_keeps_them() -> None:
    venue = Venue()
    inner = SetParameter("RET-3", "pass_mark", "71", "order 7", "bob")
    venue.do(EffectiveFrom(venue.time_ns + 1, inner, "act 12", "ann"))
    venue.time_ns += 1
    assert venue.do(Tick())[1:] == [ParameterChanged("RET-3", "pass_mark", "70", "71", "order 7", "bob")]


@pytest.mark.parametrize(
    ("change", "what"),
    [
        (LoadRulebook("elr-2025", documents("elr-2025")), "load_rulebook elr-2025"),
        (RegisterInvestor("retail", INDIVIDUAL), "register_investor retail"),
        (RegisterIntermediary("alfa"), "register_intermediary alfa"),
        (RecordTest("retail", "risk", 1, 1), "record_test retail"),
        (SetBlocked("retail", True), "set_blocked retail"),
        (AuthoriseClient("alfa", "retail", 2026), "authorise_client alfa"),
        (UpdateAsset("BTC", 1, 1, 1), "update_asset BTC"),
    ],
)
def test_every_compliance_command_can_have_an_effective_date(change: AnyCommand, what: str) -> None:
    venue, twin = Venue(), Venue()
    scheduled = venue.do(EffectiveFrom(venue.time_ns + 10, change))[0]  # type: ignore[arg-type]
    assert isinstance(scheduled, ChangeScheduled)
    assert scheduled.what == what
    venue.time_ns += 10
    later = venue.apply(Tick())
    twin.time_ns = venue.time_ns
    at_once = twin.apply(change)
    assert later == [ChangeEffective(venue.exchange.seq - 1), *at_once]
    assert venue.hook.snapshot() == twin.hook.snapshot()


def test_what_the_hook_refuses_on_the_day_is_rejected_then() -> None:
    venue = Venue()
    venue.do(EffectiveFrom(venue.time_ns + 1, SetParameter("RET-3", "pass_mark", "101"), "act", "ann"))
    venue.time_ns += 1
    events = venue.apply(Tick())
    assert [type(event) for event in events] == [ChangeEffective, CommandRejected]
    assert events[1].code == COMPLIANCE  # type: ignore[attr-defined]


def test_the_past_is_refused_and_so_is_what_no_clock_reaches() -> None:
    venue = Venue()
    for effective_ns in (venue.time_ns, 0, -1, 2**63):
        event = venue.apply(EffectiveFrom(effective_ns, SetBlocked("retail", True)))[0]
        assert event == CommandRejected(INVALID, "effective_ns must be in the future")


def test_no_more_than_the_limit_wait_and_each_that_takes_effect_makes_room() -> None:
    venue = Venue()
    change = SetBlocked("firm", False)
    for _ in range(MAX_SCHEDULED_CHANGES):
        venue.do(EffectiveFrom(venue.time_ns + 5, change))
    assert f"no more than {MAX_SCHEDULED_CHANGES}" in refusal(venue.apply(EffectiveFrom(venue.time_ns + 5, change)))
    venue.time_ns += 5
    venue.do(Tick())
    venue.do(EffectiveFrom(venue.time_ns + 5, change))
    assert list(venue.exchange.changes) == [venue.exchange.seq]


def test_what_waits_is_part_of_the_state() -> None:
    venue, twin = Venue(), Venue()
    venue.do(EffectiveFrom(venue.time_ns + 5, SetBlocked("firm", True)))
    twin.do(EffectiveFrom(twin.time_ns + 5, SetBlocked("firm", False)))
    assert state_digest(venue.exchange) != state_digest(twin.exchange)


# ── midnight ───────────────────────────────────────────────────────────────────────────────────────────────────────


def test_midnight_rechecks_only_when_something_ended_with_the_day() -> None:
    venue = Venue("general-2026", (("RET-2", "on_tier_loss", '"grace"'), ("RET-2", "grace_days", "2")))
    venue.do(set_parameter("LIQ-2", "assets", "BTC"))

    def rechecks(moscow_day: str) -> bool:
        return venue.hook.day_ended(moscow_ns(f"{moscow_day} 00:00:00")).recheck

    # Lost on 1 June; bought until the end of the third.
    assert [rechecks(f"2026-06-0{day}") for day in range(2, 7)] == [False, False, True, False, False]
    # Tests of 1 June 2026 count for 365 days more. No authorisation is required, so New Year ends nothing.
    assert [rechecks(day) for day in ("2027-01-01", "2027-06-01", "2027-06-02", "2027-06-03")] == [
        False,
        False,
        True,
        False,
    ]
    venue.do(set_parameter("RET-4", "authorisation_required", "true"))
    assert [rechecks(day) for day in ("2026-12-31", "2027-01-01", "2027-01-02")] == [False, True, False]
    for rule in ("RET-2", "RET-3", "QUAL-1", "RET-4"):
        venue.do(set_parameter(rule, "enabled", "false"))
    assert not any(rechecks(day) for day in ("2026-06-04", "2027-06-02", "2027-01-01"))


def test_only_tests_that_someone_needs_count_at_midnight() -> None:
    venue = Venue()
    # The risk tests of retail investors and firms, and the knowledge tests of all others, are nobody's business.
    for investor in ("retail", "small_firm"):
        venue.do(RegisterInvestor(investor, FIRM if investor == "small_firm" else INDIVIDUAL, assets_rub=10**9))
    for investor in ("retail", "qualified", "super", "earner"):
        venue.do(RecordTest(investor, "risk", 0, venue.time_ns))
    assert not venue.hook.day_ended(moscow_ns("2027-06-02 00:00:00")).recheck
    # Nor is that of someone without an account.
    venue.do(RegisterInvestor("stranger", INDIVIDUAL))
    venue.do(RecordTest("stranger", "knowledge", 100, venue.time_ns))
    assert not venue.hook.day_ended(moscow_ns("2027-06-02 00:00:00")).recheck


def test_before_a_rulebook_midnight_is_nothing() -> None:
    venue = Venue(rulebook="")
    venue.time_ns += DAY_NS
    assert venue.do(Tick()) == [DayEnded(20_606)]


def test_days_that_passed_while_nothing_came_end_one_by_one() -> None:
    venue = Venue()
    order_id = buy(venue, "retail")
    venue.time_ns += 400 * DAY_NS
    events = venue.do(Tick())
    place = next(place for place, event in enumerate(events) if isinstance(event, OrderCancelled))
    assert events[place - 1] == DayEnded(20_605 + 366)
    assert cancelled(events) == [(order_id, "RET-3")]
    assert sum(isinstance(event, DayEnded) for event in events) == 400


# ── tiers ──────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_figures_are_reported_then_the_tier_then_what_is_cancelled() -> None:
    venue = Venue("general-2026", (("RET-2", "highly_liquid_by", '"criteria"'),))
    order_id = buy(venue, "retail", "OVER/RUB")
    events = venue.do(UpdateAsset("OVER", 5_000_000_000_000, 1_000_000_000_001, 5, "report", "ann"))
    assert events[:2] == [
        RegistryChanged("asset", "OVER", "capitalisation 5000000000000 RUB, turnover 1000000000001 RUB, 5 years"),
        RegistryChanged("tier", "OVER", "other, sell only"),
    ]
    assert cancelled(events) == [(order_id, "RET-2")]
    assert len(events) == 3


def test_an_asset_begins_in_its_tier_without_a_word() -> None:
    venue = Venue()
    assert venue.do(AddAsset("DOGE", CRYPTO, 8)) == [AssetAdded("DOGE", CRYPTO, 8)]
    record = venue.hook.intake.registry.assets["DOGE"]
    assert (record.highly_liquid, record.lost) == (False, False)
    venue.do(set_parameter("LIQ-2", "assets", "BTC,ETH,USDT,NEW"))
    assert venue.do(AddAsset("NEW", CRYPTO, 8)) == [AssetAdded("NEW", CRYPTO, 8)]
    assert venue.hook.intake.registry.assets["NEW"].highly_liquid


def test_the_first_book_with_tiers_names_what_is_highly_liquid_and_the_next_ones_what_changed() -> None:
    venue = Venue(rulebook="")
    tiers = [event for event in venue.load("general-2026") if isinstance(event, RegistryChanged)]
    assert tiers == [RegistryChanged("tier", asset, "highly_liquid") for asset in ("BTC", "ETH", "USDT")]
    # Under a book without RET-2 nothing has a tier to lose.
    assert not any(isinstance(event, RegistryChanged) for event in venue.load("elr-2025"))
    events = venue.load("general-2026", (("LIQ-2", "assets", '["BTC"]'),))
    assert [event for event in events if isinstance(event, RegistryChanged)] == [
        RegistryChanged("tier", asset, "other, sell only") for asset in ("ETH", "USDT")
    ]
    assert isinstance(events[0], RulebookLoaded)
    record = venue.hook.intake.registry.assets["ETH"]
    assert record.lost_ns == venue.time_ns


def test_words_of_a_refusal_after_a_loss() -> None:
    venue = Venue("general-2026", (("RET-2", "on_tier_loss", '"halt"'),))
    venue.do(set_parameter("LIQ-2", "assets", "BTC"))
    answer = venue.sell("retail", "1", "ETH/RUB", "100")
    assert rules_of(answer) == ("RET-2",)
    assert answer.detail == (  # type: ignore[attr-defined]
        "ETH is not highly liquid: listed are BTC (LIQ-2); since 2026-06-01 retail may neither buy nor sell it"
    )
    venue.do(set_parameter("RET-2", "on_tier_loss", "grace"))
    venue.do(set_parameter("RET-2", "grace_days", "1"))
    buy(venue, "retail", "ETH/RUB")
    venue.at("2026-06-03 00:00:00")
    answer = venue.enter("retail", BUY, "0.001", "ETH/RUB", "100")[-1]
    assert answer.detail == (  # type: ignore[attr-defined]
        "ETH is not highly liquid: listed are BTC (LIQ-2); since 2026-06-01, and the grace period ended with 2026-06-02"
    )


# ── records ────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_authorisations_are_reported() -> None:
    venue = Venue()
    assert venue.do(AuthoriseClient("alfa", "retail", 2026)) == [
        RegistryChanged("authorisation", "retail", "alfa 2026")
    ]
    assert venue.do(AuthoriseClient("alfa", "retail", 2026, False)) == [
        RegistryChanged("authorisation", "retail", "alfa 2026 withdrawn")
    ]
    assert refusal(venue.apply(AuthoriseClient("beta", "retail", 2026))) == (
        "RET-4: retail was authorised through alfa for 2026: one intermediary in a year"
    )
    assert refusal(venue.apply(AuthoriseClient("beta", "retail", 2024))) == "year must be 2026 or 2027"


def test_authorisations_are_one_a_year_under_any_book() -> None:
    venue = Venue("elr-2025")
    venue.do(AuthoriseClient("alfa", "super", 2026))
    venue.do(RegisterIntermediary("alfa", suspended=True))
    assert "one intermediary in a year" in refusal(venue.apply(AuthoriseClient("beta", "super", 2026)))


def test_a_retest_that_comes_too_early_names_the_rule_and_the_day() -> None:
    venue = Venue()
    venue.do(RecordTest("retail", "knowledge", 69, venue.time_ns))
    venue.time_ns += DAY_NS
    assert refusal(venue.apply(RecordTest("retail", "knowledge", 70, venue.time_ns))[1:]) == (
        "RET-3: the test of 2026-06-01 was failed with 69 %: a new one may be taken from 2026-06-08, 7 days later"
    )
    # The risk test has no delay, and without RET-3 neither has the knowledge test.
    venue.do(RecordTest("retail", "risk", 0, venue.time_ns))
    venue.do(RecordTest("retail", "risk", 70, venue.time_ns))
    venue.do(set_parameter("RET-3", "enabled", "false"))
    venue.do(RecordTest("retail", "knowledge", 70, venue.time_ns))


def test_records_keep_who_what_and_whether_it_is_a_bank() -> None:
    venue = Venue()
    venue.do(RegisterInvestor("bank", FIRM, income_rub=2 * 10**9, capital_rub=5, bank=True, reason="r", by="ann"))
    venue.do(RegisterIntermediary("alfa", licence="045-1", bank=True, by="bob"))
    bank, alfa = venue.hook.intake.registry.investors["bank"], venue.hook.intake.registry.intermediaries["alfa"]
    assert (bank.bank, bank.financial, bank.by) == (True, True, "ann")
    assert (alfa.licence, alfa.bank, alfa.by) == ("045-1", True, "bob")
