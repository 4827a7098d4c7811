"""A second approval: commands that wait for another participant, and how their waiting ends. Whole event lists."""

from __future__ import annotations

from typing import Any

import pytest

from engine.command_row import SUPERVISOR
from engine.command_table import APPROVAL, COMMANDS
from engine.exchange import restore_exchange
from engine.phases.approval import APPROVAL_ITSELF, APPROVAL_KINDS, RULEBOOKS, TRADE_CORRECTIONS
from engine.snapshot.encoding import decode_snapshot, encode_snapshot, state_digest
from engine.state.hook import Outcome, PreTradeHook
from engine.vocabulary import codes
from engine.vocabulary.limits import CHANGE_STEPS, MAX_PROPOSALS, NS_PER_SECOND, PROPOSAL_NS
from engine.vocabulary.messages import commands
from engine.vocabulary.messages.commands import Approve, BustTrade, Decline, EffectiveFrom, RepriceTrade, SetApproval
from engine.vocabulary.messages.events import (
    ChangeEffective,
    ChangeScheduled,
    CommandProposed,
    CommandRejected,
    Event,
    ProposalEnded,
    RulebookLoaded,
    RulesChanged,
    TradeCorrected,
)
from engine.vocabulary.problem import Problem, invalid
from engine.vocabulary.said import said
from tests.support.engine.desks.desk import E8, Desk, list_spot, open_account

LOAD = commands.LoadRulebook("new", {"new": "text"}, "ann", "act 1")


class Rules(PreTradeHook):
    """Puts rulebooks in force, but for those that are called `wrong`."""

    def followed(self) -> tuple[type[Event], ...]:
        return ()

    def apply(self, command: commands.Command, time_ns: int) -> Outcome:
        if not isinstance(command, commands.LoadRulebook):
            return Outcome([])
        problem = self.doubt(command, time_ns)
        return Outcome([], problem) if problem else Outcome([RulebookLoaded(command.name, "digest")])

    def doubt(self, command: commands.Command, time_ns: int) -> Problem | None:
        return invalid(said("rulebook.none")) if getattr(command, "name", "") == "wrong" else None


def desk_with(*second: str) -> Desk:
    """A desk with a trade, where some kinds of commands need a second approval."""
    desk = Desk(Rules())
    list_spot(desk, reference=100)
    for name in ("ann", "bob"):
        open_account(desk, name, RUB=100_000, BTC=10)
    for name, side in (("ann", codes.BUY), ("bob", codes.SELL)):
        desk.send(commands.NewOrder(name, name, "1", "BTC/RUB", side, codes.LIMIT, codes.GTC, 100 * E8, 2 * E8))
    desk.send(SetApproval(second, "four eyes"))
    return desk


def approve(number: int, by: str = "eve", role: str = SUPERVISOR) -> Approve:
    return Approve(number, "seen", by, role)


def decline(number: int, by: str = "eve", role: str = SUPERVISOR) -> Decline:
    return Decline(number, "no", by, role)


def proposed(desk: Desk, command: Any) -> int:
    """Propose a command; its number."""
    event = desk.send(command)[0]
    assert isinstance(event, CommandProposed), event
    assert event.proposal == desk.exchange.seq and event.until_ns == desk.time_ns + PROPOSAL_NS
    return event.proposal


def refusal(events: list[Event]) -> tuple[int, str]:
    """Code and words of a refusal, which is all that happened."""
    (event,) = events
    assert isinstance(event, CommandRejected)
    return event.code, event.detail


def template(desk: Desk) -> str:
    """Of the refusal with which the last command ended."""
    event = desk.results[-1][-1]
    assert isinstance(event, CommandRejected)
    return event.template


def kinds(events: list[Event]) -> list[type]:
    return [type(event) for event in events]


def test_nothing_waits_unless_the_venue_asks_for_it() -> None:
    desk = desk_with()
    assert kinds(desk.send(LOAD)) == [RulebookLoaded]
    assert kinds(desk.send(BustTrade(1, "wrong", "ann"))) == [TradeCorrected]
    only_rules = desk_with(RULEBOOKS)
    assert kinds(only_rules.send(BustTrade(1, "wrong", "ann"))) == [TradeCorrected]


def test_an_approved_command_is_carried_out_whole_and_names_both() -> None:
    desk = desk_with(RULEBOOKS, TRADE_CORRECTIONS)
    before = state_digest(desk.exchange)
    number = proposed(desk, BustTrade(1, "wrong", "ann"))
    assert desk.results[-1] == [
        CommandProposed(number, "bust_trade 1", "ann", "wrong", desk.time_ns + PROPOSAL_NS),
    ]
    assert desk.exchange.accounts["ann"].available(desk.exchange.assets["BTC"]) == 12
    assert state_digest(desk.exchange) != before
    ended, corrected = desk.send(approve(number))
    assert ended == ProposalEnded(number, codes.APPROVED, "ann", "eve", "seen")
    assert isinstance(corrected, TradeCorrected) and corrected.reason == "wrong" and not corrected.new_price_ticks
    assert desk.exchange.accounts["ann"].available(desk.exchange.assets["BTC"]) == 10
    assert not desk.exchange.proposals
    assert refusal(desk.send(approve(number))) == (codes.INVALID, f"no proposal {number} waits for a second approval")


@pytest.mark.parametrize(
    ("command", "what"),
    [
        (LOAD, "load_rulebook new"),
        (commands.SetParameter("RET-1", "enabled", "false", "why", "ann"), "set_parameter RET-1"),
        (RepriceTrade(1, 99 * E8, "wrong", "ann"), "reprice_trade 1"),
        (SetApproval((), "enough", "ann"), "set_approval"),
        (SetApproval((TRADE_CORRECTIONS,), "more", "ann"), "set_approval trade_corrections"),
    ],
)
def test_each_kind_waits_and_is_done_once_approved(command: Any, what: str) -> None:
    desk = desk_with(RULEBOOKS, TRADE_CORRECTIONS)
    alone = desk_with()
    number = proposed(desk, command)
    event = desk.results[-1][0]
    assert isinstance(event, CommandProposed) and (event.what, event.by, event.reason) == (what, "ann", command.reason)
    assert desk.send(approve(number))[1:] == alone.send(command)


def test_a_change_with_a_date_waits_for_both() -> None:
    desk = desk_with(RULEBOOKS)
    from_ns = desk.time_ns + 10 * NS_PER_SECOND
    number = proposed(desk, EffectiveFrom(from_ns, LOAD, "act 1", "ann"))
    event = desk.results[-1][0]
    assert isinstance(event, CommandProposed)
    assert (event.what, event.effective_ns) == ("load_rulebook new", from_ns)
    scheduled = desk.send(approve(number))
    assert scheduled[1:] == [ChangeScheduled(desk.exchange.seq, from_ns, "load_rulebook new")]
    assert desk.send_at(from_ns, commands.Tick()) == [
        ChangeEffective(desk.exchange.seq - 1),
        RulebookLoaded("new", "digest"),
    ]


def test_a_change_whose_date_has_passed_meanwhile_is_refused_when_it_is_approved() -> None:
    desk = desk_with(RULEBOOKS)
    number = proposed(desk, EffectiveFrom(desk.time_ns + NS_PER_SECOND, LOAD, "act 1", "ann"))
    assert kinds(desk.send(approve(number), after_ns=NS_PER_SECOND)) == [ProposalEnded, CommandRejected]
    assert template(desk) == "effective.past"
    assert not desk.exchange.proposals and not desk.exchange.changes


def test_a_record_with_a_date_waits_for_nobody_else() -> None:
    desk = desk_with(RULEBOOKS)
    change = commands.SetBlocked("ann", True, "order 7", "ann")
    assert kinds(desk.send(EffectiveFrom(desk.time_ns + NS_PER_SECOND, change, "", "ann"))) == [ChangeScheduled]


@pytest.mark.parametrize(
    ("command", "why"),
    [
        (BustTrade(2, "wrong", "ann"), "trade.unknown"),
        (RepriceTrade(2, E8, "wrong", "ann"), "trade.unknown"),
        (RepriceTrade(1, E8 + 1, "wrong", "ann"), "price.tick"),
        (commands.LoadRulebook("wrong", {}, "ann"), "rulebook.none"),
        (EffectiveFrom(1, LOAD, "", "ann"), "effective.past"),
        (SetApproval(("orders",), "", "ann"), "approval.kinds"),
        (SetApproval((RULEBOOKS, RULEBOOKS), "", "ann"), "approval.kinds"),
    ],
)
def test_what_is_wrong_now_is_refused_at_once_and_changes_nothing(command: Any, why: str) -> None:
    desk = desk_with(RULEBOOKS, TRADE_CORRECTIONS)
    assert kinds(desk.send(command)) == [CommandRejected] and template(desk) == why
    assert not desk.exchange.proposals
    assert desk.exchange.second == (RULEBOOKS, TRADE_CORRECTIONS)


def test_nobody_approves_alone() -> None:
    desk = desk_with(TRADE_CORRECTIONS)
    number = proposed(desk, BustTrade(1, "wrong", "ann"))
    assert refusal(desk.send(approve(number, "ann"))) == (
        codes.PERMISSION,
        f"ann proposed it, so somebody else must approve it: proposal {number}",
    )
    for command in (approve(number, role="operator"), decline(number, role="operator")):
        assert refusal(desk.send(command)) == (
            codes.PERMISSION,
            f"proposal {number} is decided about by another supervisor",
        )
    assert number in desk.exchange.proposals
    assert refusal(desk.send(decline(number + 1)))[0] == codes.INVALID


@pytest.mark.parametrize(("by", "outcome"), [("eve", codes.DECLINED), ("ann", codes.WITHDRAWN), ("", codes.WITHDRAWN)])
def test_a_proposal_is_declined_by_another_and_withdrawn_by_its_own(by: str, outcome: int) -> None:
    desk = desk_with(TRADE_CORRECTIONS)
    number = proposed(desk, BustTrade(1, "wrong", "ann"))
    events = desk.send(decline(number, by, SUPERVISOR if by else ""))
    assert events == [ProposalEnded(number, outcome, "ann", by, "no")]
    assert not desk.exchange.proposals
    # Its deadline means nothing any more.
    assert ProposalEnded not in kinds(desk.send(commands.Tick(), after_ns=PROPOSAL_NS))


def test_a_proposal_expires_by_the_clock_before_any_command_of_that_instant() -> None:
    desk = desk_with(TRADE_CORRECTIONS)
    number = proposed(desk, BustTrade(1, "wrong", "ann"))
    until_ns = desk.time_ns + PROPOSAL_NS
    events = desk.send_at(until_ns, approve(number))
    assert events[-2:] == [
        ProposalEnded(number, codes.LAPSED, "ann"),
        CommandRejected(codes.INVALID, f"no proposal {number} waits for a second approval"),
    ]


def test_what_has_changed_meanwhile_is_found_when_it_is_carried_out() -> None:
    desk = desk_with(TRADE_CORRECTIONS)
    first = proposed(desk, BustTrade(1, "wrong", "ann"))
    second = proposed(desk, RepriceTrade(1, 99 * E8, "wrong", "ann"))
    desk.send(approve(second))
    desk.send(
        commands.Withdraw("bob", "RUB", desk.exchange.accounts["bob"].available(desk.exchange.assets["RUB"]), "out")
    )
    assert kinds(desk.send(approve(first))) == [ProposalEnded, CommandRejected]
    assert template(desk) == "funds.lacks"
    assert not desk.exchange.proposals


def test_the_setting_itself_needs_a_second_approval_while_anything_does() -> None:
    desk = desk_with(RULEBOOKS)
    number = proposed(desk, SetApproval((), "enough", "ann"))
    assert desk.exchange.second == (RULEBOOKS,)
    ended, changed = desk.send(approve(number))
    assert isinstance(ended, ProposalEnded) and desk.exchange.second == ()
    assert isinstance(changed, RulesChanged) and (changed.what, changed.by) == ("approval", "ann")
    assert kinds(desk.send(SetApproval((RULEBOOKS,), "again", "ann"))) == [RulesChanged]


def test_so_many_may_wait_and_no_more() -> None:
    desk = desk_with(TRADE_CORRECTIONS)
    numbers = [proposed(desk, BustTrade(1, "wrong", "ann")) for _ in range(MAX_PROPOSALS)]
    assert refusal(desk.send(BustTrade(1, "wrong", "ann"))) == (
        codes.INVALID,
        f"no more than {MAX_PROPOSALS} commands may wait for a second approval",
    )
    desk.send(decline(numbers[0]))
    proposed(desk, BustTrade(1, "wrong", "ann"))


def test_reading_a_rulebook_counts_as_work_also_when_it_only_waits() -> None:
    desk = desk_with(RULEBOOKS)
    proposed(desk, LOAD)
    assert desk.exchange.steps == CHANGE_STEPS


def test_proposals_outlive_a_snapshot() -> None:
    desk = desk_with(RULEBOOKS, TRADE_CORRECTIONS)
    numbers = [
        proposed(desk, command)
        for command in (
            LOAD,
            BustTrade(1, "wrong", "ann"),
            EffectiveFrom(desk.time_ns + NS_PER_SECOND, LOAD, "act 1", "ann"),
            SetApproval((), "enough", "ann"),
        )
    ]
    document = decode_snapshot(encode_snapshot(desk.exchange.snapshot()))
    twin = restore_exchange(document, Rules())
    assert state_digest(twin) == state_digest(desk.exchange)
    for number in numbers:
        happened = desk.send(approve(number))
        assert len(happened) == 2
        assert twin.apply(desk.history[-1]) == desk.results[-1]


def test_another_kind_is_a_row() -> None:
    named = {row.approval for row in COMMANDS.values() if row.approval}
    assert named == {*APPROVAL_KINDS, APPROVAL_ITSELF} and APPROVAL_ITSELF not in APPROVAL_KINDS
    for row in COMMANDS.values():
        # What carries others is judged by what it carries.
        assert (row.doubt is not None) == (bool(row.approval) or row.kind is EffectiveFrom), row.name
        if row.approval:
            assert {"by", "reason"} <= set(row.kind.__struct_fields__) and row.senders
            # Somebody who may send it may also say yes or no.
            assert set(row.senders) <= set(APPROVAL[1].senders) == set(APPROVAL[2].senders)
