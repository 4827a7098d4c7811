"""What stands for a recorded command in the other world, and how settings are put in there."""

from __future__ import annotations

import pytest

from compliance.rulebook.rulebook import Rulebook
from compliance.rulebook.wording import setting_text
from compliance.worlds.comparison import hook_of
from compliance.worlds.messages.results import Result, Skipped
from engine.vocabulary.codes import BUY, SELL
from engine.vocabulary.messages.commands import (
    Approve,
    CancelWithdrawal,
    Deposit,
    EffectiveFrom,
    LoadRulebook,
    RequestWithdrawal,
    SetApproval,
    SetParameter,
    SetTradingRules,
    Tick,
)
from engine.vocabulary.messages.events import OrderCancelled, OrderRejected, RulebookLoaded
from tests.support.compliance.venue import PARTICIPANT, documents
from tests.support.compliance.worlds import Compared, RecordingVenue, change_of, compared

CAP = "RET-1.retail_cap_rub=9000"
SET_ELSEWHERE = SetParameter("RET-1", "retail_cap_rub", "200000.00", "eased", "ann")
HOUR_NS = 3_600 * 10**9


def book_of(worlds: Compared) -> Rulebook:
    """The rulebook of the other world at the end."""
    assert worlds.comparison is not None
    table = hook_of(worlds.comparison.other.exchange).intake.table
    assert table is not None
    return table.rulebook


def cap_of(worlds: Compared) -> str:
    return setting_text(book_of(worlds).rules["RET-1"], "retail_cap_rub")


def skipped(result: Result) -> list[tuple[str, str, int]]:
    return [(each.command, each.why, each.count) for each in result.skipped]


def test_a_withdrawal_that_cools_off_in_one_world_only() -> None:
    venue = RecordingVenue()
    venue.do(SetParameter("COOL-1", "enabled", "true", "tried", "ann"))
    venue.do(RequestWithdrawal(PARTICIPANT, "retail", "w1", "BTC", 5, "address"))
    movement = venue.exchange.seq
    assert movement in venue.exchange.movements
    venue.do(CancelWithdrawal(PARTICIPANT, "retail", movement))
    result = compared(venue.history, change_of("COOL-1.enabled=false"))
    held = [
        [(each.source, each.count) for each in world.verdicts if each.request == "held"]
        for world in (result.recorded, result.other)
    ]
    assert held == [[("COOL-1", 1)], []]
    assert skipped(result) == [
        ("cancel_withdrawal", "no such movement waits here", 1),
        ("set_parameter", "the change sets this", 1),
    ]


def test_what_the_change_sets_stays_as_it_is_by_whatever_way_the_recording_changes_it() -> None:
    venue = RecordingVenue()
    venue.do(SET_ELSEWHERE)
    venue.do(EffectiveFrom(venue.time_ns + HOUR_NS, SET_ELSEWHERE, "later", "ann"))
    venue.do(SetApproval(("rulebooks",), "two", "ann"))
    venue.do(SetParameter("RET-1", "retail_cap_rub", "100000.00", "eased", "ann"))
    venue.do(Approve(venue.exchange.seq, "agreed", "bea", "supervisor"))
    venue.time_ns += 2 * HOUR_NS
    venue.do(Tick())
    worlds = Compared(venue.history, change_of(CAP))
    assert cap_of(worlds) == "9000.00"
    assert skipped(worlds.result()) == [
        ("approve", "nothing waits for this here", 1),
        ("effective_from", "the change sets this", 1),
        ("set_parameter", "the change sets this", 2),
    ]


def test_another_rulebook_comes_with_the_settings_and_those_that_it_lacks_wait_for_the_next() -> None:
    venue = RecordingVenue()
    venue.load("elr-2025")
    inner = LoadRulebook("general-2026", documents("general-2026"), "ann", "back")
    venue.do(EffectiveFrom(venue.time_ns + HOUR_NS, inner, "later", "ann"))
    without = Compared(venue.history, change_of(CAP))
    assert "RET-1" not in book_of(without).rules
    # It takes effect before the order that comes with the same command.
    venue.time_ns += 2 * HOUR_NS
    venue.buy("retail", "0.1", "BTC/RUB", "100000")
    worlds = Compared(venue.history, change_of(CAP))
    assert cap_of(worlds) == "9000.00"
    rejected = [each for each in worlds.other[-1] if isinstance(each, OrderRejected)]
    assert [each.rule for each in rejected] == ["RET-1"]
    assert any(isinstance(each, RulebookLoaded) for each in worlds.other[-1])


def test_another_rulebook_stands_for_every_one_that_is_loaded() -> None:
    venue = RecordingVenue()
    venue.load("derivatives-2025")
    worlds = Compared(venue.history, change_of(rulebook="elr-2025", documents=documents("elr-2025")))
    loaded = [each.name for events in worlds.other for each in events if isinstance(each, RulebookLoaded)]
    assert loaded == ["elr-2025", "elr-2025"]
    assert book_of(worlds).name == "elr-2025"


def test_from_a_moment_on_it_holds_at_once_and_cancels_what_may_rest_no_longer() -> None:
    venue = RecordingVenue()
    venue.buy("retail", "0.1", "BTC/RUB", "100000")
    first = venue.exchange.seq
    venue.time_ns += HOUR_NS
    venue.do(EffectiveFrom(venue.time_ns + HOUR_NS, SET_ELSEWHERE, "later", "ann"))
    venue.time_ns += HOUR_NS // 2
    venue.do(Deposit("retail", "RUB", 1))
    venue.time_ns += HOUR_NS
    venue.do(Tick())
    venue.cancel("retail", first)
    worlds = Compared(venue.history, change_of(CAP, from_seq=first + 2))
    result = worlds.result()
    assert len(worlds.other) == 3
    # The recording sets another one an hour later.
    assert cap_of(worlds) == "9000.00"
    assert result.put_in == {"OrderCancelled": 1}
    assert [(each.change, each.directly, each.by, each.orders) for each in result.changed] == [
        ("ended otherwise", True, "RET-1", 1)
    ]
    told = result.first_changed[0]
    assert (told.order_id, told.recorded.why, told.other.why, told.other.rule) == (
        first,
        "requested",
        "compliance",
        "RET-1",
    )
    assert skipped(result) == [("cancel_order", "its order is not open here", 1)]


def test_from_a_moment_on_another_rulebook_is_loaded() -> None:
    venue = RecordingVenue()
    venue.do(Tick())
    change = change_of(rulebook="elr-2025", documents=documents("elr-2025"), from_seq=venue.exchange.seq)
    worlds = Compared(venue.history, change)
    assert book_of(worlds).name == "elr-2025"
    assert worlds.result().put_in["RulebookLoaded"] == 1


def test_an_instrument_has_its_setting_from_its_listing_on() -> None:
    venue = RecordingVenue()
    venue.do(SetTradingRules("ETH/BTC", 200_000, dynamic_ppm=7))
    worlds = Compared(venue.history, change_of("ETH/BTC.static_ppm=5", "*.taker_fee_ppm=1000", "BTC/RUB.static_ppm=3"))
    assert worlds.comparison is not None
    instruments = worlds.comparison.other.exchange.instruments
    assert (instruments["ETH/BTC"].static_ppm, instruments["ETH/BTC"].dynamic_ppm) == (5, 7)
    assert [each.static_ppm for each in instruments.values() if each.instrument != "ETH/BTC"].count(0) == len(
        instruments
    ) - 2
    assert {each.taker_fee_ppm for each in instruments.values()} == {1000}
    assert worlds.result().put_in == {"RulesChanged": 2}


def test_a_band_refuses_directly_and_what_rests_is_left_as_the_core_leaves_it() -> None:
    venue = RecordingVenue()
    venue.do(SetTradingRules("ETH/BTC", 200_000))
    venue.buy("firm", "1", "ETH/BTC", "0.0361")
    result = compared(venue.history, change_of("ETH/BTC.static_ppm=50000"))
    assert [(each.change, each.directly, each.by, each.orders) for each in result.changed] == [
        ("kept out", True, "ETH/BTC.static_ppm", 1)
    ]
    assert result.access == []


@pytest.mark.parametrize("side", [BUY, SELL])
def test_a_class_that_is_another_one_changes_directly(side: int) -> None:
    """QUAL-0 refuses nobody; whom it classes otherwise, other rules do."""
    venue = RecordingVenue()
    venue.enter("qualified", side, "0.1", "SOL/RUB", "10000")
    result = compared(venue.history, change_of("QUAL-0.individual_assets_rub=30000000.00"))
    refused_buys = [("kept out", True, "RET-2", "qualified", 1)] if side == BUY else []
    found = [(each.change, each.directly, each.by, each.investor_class, each.orders) for each in result.changed]
    assert found == refused_buys


def test_a_resting_order_that_the_recording_cancels_by_rule_goes_on() -> None:
    venue = RecordingVenue()
    venue.buy("retail", "0.1", "BTC/RUB", "100000")
    events = venue.do(SetParameter("RET-1", "retail_cap_rub", "1", "less", "ann"))
    assert any(isinstance(each, OrderCancelled) for each in events)
    result = compared(venue.history, change_of("RET-1.retail_cap_rub=300000"))
    assert [(each.change, each.directly, each.by) for each in result.changed] == [("ended otherwise", True, "RET-1")]
    assert result.skipped == [Skipped("set_parameter", "the change sets this", 1, venue.exchange.seq)]
