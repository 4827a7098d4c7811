"""What is put in under the number of the last command: carried out to its end, and numbers go on as if it had not been."""

from __future__ import annotations

import pytest

from engine.exchange import Exchange
from engine.state.hook import EVERYBODY, Outcome, PreTradeHook
from engine.vocabulary import codes
from engine.vocabulary.messages.commands import MassCancel, NewOrder, SetApproval, SetTradingRules, Tick
from engine.vocabulary.messages.events import CommandRejected, MassCancelled, OrderCancelled, RulesChanged
from tests.support.engine.desks.desk import E8, Desk, list_spot, open_account


def desk_with_orders(count: int) -> Desk:
    desk = Desk()
    list_spot(desk, reference=100)
    open_account(desk, "ann", RUB=10**12)
    for place in range(count):
        desk.send(NewOrder("ann", "ann", f"o{place}", "BTC/RUB", codes.BUY, codes.LIMIT, codes.GTC, 90 * E8, E8))
    return desk


def test_it_is_carried_out_at_once_and_takes_no_number() -> None:
    desk = desk_with_orders(1)
    seq, time_ns = desk.exchange.seq, desk.exchange.time_ns
    events = desk.exchange.put_in(SetTradingRules("BTC/RUB", 50_000))
    assert [type(event) for event in events] == [RulesChanged]
    assert desk.exchange.instruments["BTC/RUB"].static_ppm == 50_000
    assert (desk.exchange.seq, desk.exchange.time_ns) == (seq, time_ns)
    desk.exchange.check()
    rejected = desk.send(NewOrder("ann", "ann", "low", "BTC/RUB", codes.BUY, codes.LIMIT, codes.GTC, 90 * E8, E8))
    assert rejected[0].code == codes.BAND  # type: ignore[attr-defined]  # it is an OrderRejected


def test_what_is_refused_says_so_and_needs_no_approval() -> None:
    desk = desk_with_orders(0)
    assert [type(each) for each in desk.exchange.put_in(SetTradingRules("nosuch", 1))] == [CommandRejected]
    desk.send(SetApproval(("rulebooks",), "two", "ann"))
    assert desk.exchange.second == ("rulebooks",)
    desk.exchange.put_in(SetApproval((), "none", "ann"))
    assert desk.exchange.second == ()


def test_first_ends_what_the_last_command_has_left_then_all_of_its_own() -> None:
    desk = desk_with_orders(40)
    desk.exchange.piece_events = desk.exchange.piece_steps = 5
    begun = desk.exchange.apply(
        desk.history[-1].__class__(desk.exchange.seq + 1, desk.time_ns, MassCancel("ann", "ann"))
    )
    assert desk.exchange.is_unfinished
    rest = desk.exchange.put_in(SetTradingRules("BTC/RUB", 50_000))
    assert not desk.exchange.is_unfinished
    cancelled = [event for event in (*begun, *rest) if isinstance(event, OrderCancelled)]
    assert len(cancelled) == 40
    assert [type(event) for event in rest[-2:]] == [MassCancelled, RulesChanged]
    assert desk.exchange.due_events == len(rest) - 1
    desk.exchange.check()


class Strict(PreTradeHook):
    """Finds every resting order forbidden."""

    def recheck(self, order, time_ns):  # type: ignore[no-untyped-def]  # as in the base class
        from engine.state.hook import Failure, Verdict
        from engine.vocabulary.said import said

        return Verdict([Failure("X-1", said("rulebook.none"))])


def test_what_the_hook_made_of_something_is_followed() -> None:
    desk = Desk(Strict())
    list_spot(desk, reference=100)
    open_account(desk, "ann", RUB=10**12)
    desk.send(NewOrder("ann", "ann", "o", "BTC/RUB", codes.BUY, codes.LIMIT, codes.GTC, 90 * E8, E8))
    events = desk.exchange.put_in(Outcome([], None, EVERYBODY))
    assert [(type(event), event.rule) for event in events] == [(OrderCancelled, "X-1")]  # type: ignore[attr-defined]
    desk.send(Tick())


def test_not_before_the_first_command() -> None:
    with pytest.raises(AssertionError, match="before the first command"):
        Exchange(PreTradeHook()).put_in(Tick())
