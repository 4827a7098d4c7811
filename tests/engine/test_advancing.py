"""The time of a venue for tests: who may move it, how far, and that it is one for good."""

from __future__ import annotations

import pytest

from engine.exchange import Exchange, restore_exchange
from engine.phases.advancing import MAX_ADVANCE_NS, MAX_MOVED_NS
from engine.state.hook import PreTradeHook
from engine.vocabulary import codes
from engine.vocabulary.limits import NS_PER_DAY
from engine.vocabulary.messages import commands
from engine.vocabulary.messages.events import CommandRejected, RulesChanged, TimeAdvanced
from tests.support.engine.desks.desk import Desk, list_spot, open_account


def desk_for_tests() -> Desk:
    desk = Desk()
    desk.send(commands.SetVenueRules(test=True))
    list_spot(desk, reference=100)
    open_account(desk, "ann", RUB=1_000)
    return desk


def advance(desk: Desk, ahead_ns: int, reason: str = "a test") -> list:
    """Ask for a time that is so far ahead of when the command comes."""
    return desk.send(commands.AdvanceTime(desk.time_ns + 1_000_000 + ahead_ns, reason, "otto"))


@pytest.mark.parametrize("ahead_ns", [1, NS_PER_DAY, MAX_ADVANCE_NS])
def test_time_is_moved_up_to_a_year(ahead_ns: int) -> None:
    desk = desk_for_tests()
    (event,) = advance(desk, ahead_ns)
    assert event == TimeAdvanced(desk.time_ns + ahead_ns, "a test", "otto")
    assert desk.exchange.advanced_ns == desk.time_ns + ahead_ns
    # The command itself does nothing that is due.
    assert desk.exchange.time_ns == desk.time_ns


@pytest.mark.parametrize(
    ("ahead_ns", "reason", "words"),
    [
        (0, "a test", "time is moved forward alone"),
        (-NS_PER_DAY, "a test", "time is moved forward alone"),
        (MAX_ADVANCE_NS + 1, "a test", "366 days at most: send several"),
        (1, "", "say why"),
    ],
)
def test_what_is_refused_moves_nothing(ahead_ns: int, reason: str, words: str) -> None:
    desk = desk_for_tests()
    (event,) = advance(desk, ahead_ns, reason)
    assert type(event) is CommandRejected and event.code == codes.INVALID and words in event.detail
    assert desk.exchange.advanced_ns == 0


def test_what_was_asked_for_is_not_asked_for_twice() -> None:
    desk = desk_for_tests()
    until_ns = desk.time_ns + NS_PER_DAY
    assert type(desk.send(commands.AdvanceTime(until_ns, "a test", "otto"))[0]) is TimeAdvanced
    assert type(desk.send(commands.AdvanceTime(until_ns, "a test", "otto"))[0]) is CommandRejected


def test_time_ends_in_2100() -> None:
    desk = desk_for_tests()
    desk.send_at(MAX_MOVED_NS - 10, commands.Tick())
    event = desk.send(commands.AdvanceTime(MAX_MOVED_NS + 1, "a test"), 1)[-1]
    assert type(event) is CommandRejected and "2100-01-01" in event.detail
    assert type(desk.send(commands.AdvanceTime(MAX_MOVED_NS, "a test"), 1)[-1]) is TimeAdvanced


def test_another_venue_has_no_time_that_moves() -> None:
    desk = Desk()
    (event,) = advance(desk, 1)
    assert type(event) is CommandRejected and event.code == codes.UNSUPPORTED and "test = true" in event.detail
    list_spot(desk, reference=100)
    open_account(desk, "ann", RUB=1_000)
    (event,) = desk.send(commands.SetVenueRules(test=True))
    assert type(event) is CommandRejected and "without accounts" in event.detail
    assert not desk.exchange.is_test


def test_a_venue_for_tests_stays_one() -> None:
    desk = desk_for_tests()
    (event,) = desk.send(commands.SetVenueRules(codes.DECREMENT, test=False))
    assert type(event) is CommandRejected and "stays one" in event.detail
    assert desk.exchange.self_trade == codes.CANCEL_NEWEST
    for command in (commands.SetVenueRules(test=True), commands.SetVenueRules(replace=True)):
        assert type(desk.send(command)[0]) is RulesChanged
        assert desk.exchange.is_test


def test_a_snapshot_keeps_it() -> None:
    desk = desk_for_tests()
    advance(desk, NS_PER_DAY)
    again: Exchange = restore_exchange(desk.exchange.snapshot(), PreTradeHook())
    assert again.is_test and again.advanced_ns == desk.exchange.advanced_ns
    assert again.snapshot() == desk.exchange.snapshot()
