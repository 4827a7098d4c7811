"""What waits for a second approval is doubted by the words with which it would be refused, and nothing changes by that."""

from __future__ import annotations

import pytest

from engine.vocabulary.codes import COMPLIANCE
from engine.vocabulary.limits import NS_PER_SECOND
from engine.vocabulary.messages.commands import (
    Approve,
    EffectiveFrom,
    LoadRulebook,
    SetApproval,
    SetParameter,
    Tick,
)
from engine.vocabulary.messages.events import (
    ChangeEffective,
    ChangeScheduled,
    CommandProposed,
    CommandRejected,
    ParameterChanged,
    ProposalEnded,
    RulebookLoaded,
)
from tests.support.compliance.answers import buy, cancelled
from tests.support.compliance.venue import Venue, changed, documents

GENERAL = documents("general-2026")


@pytest.mark.parametrize(
    "command",
    [
        LoadRulebook("elr-2025", documents("elr-2025"), "ann"),
        LoadRulebook("general-2026", {"general-2026": "no = 'rulebook'"}, "ann"),
        LoadRulebook("general-2026", changed(GENERAL, "RET-3", "pass_mark", "101"), "ann"),
        SetParameter("RET-3", "pass_mark", "71", "act 12", "ann"),
        SetParameter("RET-3", "pass_mark", "70", "act 12", "ann"),
        SetParameter("RET-3", "pass_mark", "101", "act 12", "ann"),
        SetParameter("RET-3", "pass_mark", "71", "", "ann"),
        SetParameter("RET-3", "nosuch", "71", "act 12", "ann"),
        SetParameter("NOSUCH-1", "enabled", "true", "act 12", "ann"),
    ],
)
def test_a_rulebook_is_doubted_for_what_it_would_be_refused_for(command: LoadRulebook | SetParameter) -> None:
    venue = Venue()
    before = venue.hook.snapshot()
    doubt = venue.hook.doubt(command, venue.time_ns)
    assert venue.hook.snapshot() == before
    problem = venue.hook.apply(command, venue.time_ns).problem
    assert (doubt is None) == (problem is None)
    if doubt is not None and problem is not None:
        assert (doubt.code, doubt.said) == (problem.code, problem.said)
        assert venue.hook.snapshot() == before


def test_a_parameter_that_waits_comes_in_force_with_its_recheck_once_approved() -> None:
    venue = Venue()
    order_id = buy(venue, "retail")
    venue.do(SetApproval(("rulebooks",), "four eyes", "ann"))
    (proposed,) = venue.do(SetParameter("RET-3", "pass_mark", "71", "act 12", "ann"))
    assert isinstance(proposed, CommandProposed)
    assert venue.hook.intake.table is not None
    assert venue.hook.intake.table.rulebook.overrides == {}
    events = venue.do(Approve(proposed.proposal, "read", "bob", "supervisor"))
    assert isinstance(events[0], ProposalEnded)
    assert events[1] == ParameterChanged("RET-3", "pass_mark", "70", "71", "act 12", "ann")
    assert cancelled(events) == [(order_id, "RET-3")]


def test_what_another_rulebook_has_made_wrong_meanwhile_is_refused_when_it_is_approved() -> None:
    venue = Venue()
    venue.do(SetApproval(("rulebooks",), "four eyes", "ann"))
    (first,) = venue.do(SetParameter("RET-3", "pass_mark", "71", "act 12", "ann"))
    (second,) = venue.do(LoadRulebook("elr-2025", documents("elr-2025"), "ann"))
    assert isinstance(first, CommandProposed) and isinstance(second, CommandProposed)
    assert isinstance(venue.do(Approve(second.proposal, "", "bob", "supervisor"))[1], RulebookLoaded)
    ended, refused = venue.apply(Approve(first.proposal, "", "bob", "supervisor"))
    assert isinstance(ended, ProposalEnded)
    assert isinstance(refused, CommandRejected) and refused.code == COMPLIANCE


def test_a_rulebook_with_a_date_needs_both_and_then_comes_by_itself() -> None:
    venue = Venue()
    venue.do(SetApproval(("rulebooks",), "four eyes", "ann"))
    from_ns = venue.time_ns + 60 * NS_PER_SECOND
    (proposed,) = venue.do(EffectiveFrom(from_ns, LoadRulebook("elr-2025", documents("elr-2025")), "act 13", "ann"))
    assert isinstance(proposed, CommandProposed) and proposed.effective_ns == from_ns
    events = venue.do(Approve(proposed.proposal, "", "bob", "supervisor"))
    assert [type(event) for event in events] == [ProposalEnded, ChangeScheduled]
    venue.time_ns = from_ns
    assert [type(event) for event in venue.do(Tick())][:2] == [ChangeEffective, RulebookLoaded]
