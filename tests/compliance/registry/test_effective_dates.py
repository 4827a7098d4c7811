"""Changes that wait for their day: whole events, what may wait, how much."""

from __future__ import annotations

import pytest

from engine.snapshot.encoding import state_digest
from engine.vocabulary.codes import COMPLIANCE, INDIVIDUAL, INVALID
from engine.vocabulary.limits import CHANGE_STEPS, MAX_SCHEDULED_CHANGES, PIECE_STEPS
from engine.vocabulary.messages.commands import (
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
    ChangeEffective,
    ChangeScheduled,
    CommandRejected,
    DayEnded,
    ParameterChanged,
)
from tests.support.compliance.answers import buy, cancelled, refusal
from tests.support.compliance.venue import Venue, documents, moscow_ns


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


def test_changes_that_wait_for_one_instant_are_not_all_in_one_piece() -> None:
    """Each may carry a rulebook, and there may be 256."""
    venue = Venue()
    load = LoadRulebook("elr-2025", documents("elr-2025"))
    changes = 9
    for _ in range(changes):
        venue.do(EffectiveFrom(venue.time_ns + 1, load))
    venue.time_ns += 1
    pieces: list[int] = []
    while venue.exchange.next_due_ns() <= venue.time_ns:
        pieces.append(sum(isinstance(event, ChangeEffective) for event in venue.do(Tick())))
    assert sum(pieces) == changes and max(pieces) <= PIECE_STEPS // CHANGE_STEPS


def test_a_change_of_the_rules_counts_as_many_steps_as_there_are_accounts_and_more() -> None:
    """So that a turn ends before 128 of them."""
    venue = Venue()
    venue.do(SetParameter("RET-3", "pass_mark", "71", "act 12", "ann"))
    assert venue.exchange.steps >= CHANGE_STEPS + len(venue.exchange.accounts)
