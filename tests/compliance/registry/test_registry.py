"""Tiers, authorisations, tests and records: whole events and words."""

from __future__ import annotations

from engine.vocabulary.codes import BUY, CRYPTO, FIRM
from engine.vocabulary.messages.commands import (
    AddAsset,
    AuthoriseClient,
    RecordTest,
    RegisterIntermediary,
    RegisterInvestor,
    UpdateAsset,
)
from engine.vocabulary.messages.events import AssetAdded, RegistryChanged, RulebookLoaded
from tests.support.compliance.answers import buy, cancelled, refusal, set_parameter
from tests.support.compliance.venue import Venue, rules_of

DAY_NS = 86_400 * 10**9

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
        "ETH is not highly liquid: listed are BTC (LIQ-2); since 2026-06-01 retail may neither buy nor sell it; "
        "what is held may be withdrawn"
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
