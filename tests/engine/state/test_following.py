"""A hook is told of the events that it follows, and of no others."""

from __future__ import annotations

from engine.state.hook import PreTradeHook
from engine.vocabulary import codes
from engine.vocabulary.messages import commands, events
from engine.vocabulary.messages.events import Event
from tests.support.engine.desks.desk import E8, Desk, list_spot, open_account


class Follower(PreTradeHook):
    """Remembers what it is told."""

    def __init__(self, *classes: type[Event]) -> None:
        super().__init__()
        self.classes = classes
        self.seen: list[Event] = []

    def followed(self) -> tuple[type[Event], ...]:
        return self.classes

    def observe(self, event: Event, time_ns: int) -> None:
        self.seen.append(event)


def traded(hook: PreTradeHook) -> list[Event]:
    """All that happens when two orders meet and one is cancelled."""
    desk = Desk(hook)
    list_spot(desk, reference=100)
    for name in ("ann", "bob"):
        open_account(desk, name, RUB=1_000, BTC=10)
    for name, side, lots in (("ann", codes.BUY, 2), ("bob", codes.SELL, 1)):
        desk.send(commands.NewOrder(name, name, "1", "BTC/RUB", side, codes.LIMIT, codes.GTC, 5 * E8, lots * E8))
    desk.send(commands.CancelOrder("ann", "ann", 0, "1"))
    return [event for happened in desk.results for event in happened]


def test_of_what_it_follows_it_is_told_once_and_in_order() -> None:
    hook = Follower(events.Trade, events.OrderCancelled)
    happened = traded(hook)
    assert [type(event) for event in hook.seen] == [events.Trade, events.OrderCancelled]
    assert hook.seen == [event for event in happened if type(event) in (events.Trade, events.OrderCancelled)]


class Listener(PreTradeHook):
    """Overrides `observe` and nothing else."""

    def __init__(self) -> None:
        super().__init__()
        self.seen: list[Event] = []

    def observe(self, event: Event, time_ns: int) -> None:
        self.seen.append(event)


def test_a_hook_that_does_not_say_what_it_follows_is_told_everything_in_order() -> None:
    hook = Listener()
    happened = traded(hook)
    assert len(happened) > 10 and hook.seen == happened


def test_no_hook_at_all_costs_nothing() -> None:
    assert PreTradeHook().followed() == ()


def test_a_hook_that_follows_nothing_is_told_nothing() -> None:
    hook = Follower()
    assert len(traded(hook)) > 10 and hook.seen == []
