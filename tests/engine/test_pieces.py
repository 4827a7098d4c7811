"""However work is cut into pieces, the same happens: nothing comes between, and a clock tick carries on what was left."""

from __future__ import annotations

import pytest

from compliance import ComplianceHook
from engine.exchange import Exchange
from engine.snapshot.encoding import state_digest
from engine.vocabulary import codes
from engine.vocabulary.limits import NS_PER_SECOND, PIECE_EVENTS
from engine.vocabulary.messages import commands
from engine.vocabulary.messages.commands import AnyCommand, Sequenced, Tick
from engine.vocabulary.messages.events import CloseOutStarted, Event, MassCancelled, OrderCancelled, RulesChanged
from tests.support.engine.checks.numbered import numbered
from tests.support.engine.desks.desk import E8, Desk, list_spot, open_account
from tests.support.engine.draws.everything import Everything
from tests.support.engine.streams import each_of

WHOLE = 2**62


class Cut:
    """Two exchanges that get the same commands: one does each as a whole, one in pieces, with as many ticks as that takes."""

    def __init__(self, whole: Exchange, piece_events: int, piece_steps: int) -> None:
        self.whole = whole
        whole.piece_events = whole.piece_steps = WHOLE
        self.pieces = Exchange(ComplianceHook())
        self.pieces.piece_events, self.pieces.piece_steps = piece_events, piece_steps
        self.carried = 0
        self.closed_out = False
        self._happened: tuple[list[Event], list[Event]] = ([], [])

    def follow(self, command: AnyCommand, time_ns: int) -> None:
        """Send both what is due, the command, and ticks until nothing is left of it."""
        self._tick(time_ns)
        self._send(command, time_ns)
        self._tick(time_ns)
        whole, pieces = self._happened
        self.closed_out |= any(type(event) is CloseOutStarted for event in whole)
        # The venue's own close-outs are numbered by the command that they came with.
        assert numbered(whole) == numbered(pieces) if self.closed_out else whole == pieces
        self._happened = ([], [])
        if not self.closed_out:
            assert self.whole.time_ns == self.pieces.time_ns

    def _tick(self, time_ns: int) -> None:
        while 0 < self.pieces.next_due_ns() <= time_ns:
            self._send(Tick(), time_ns)
            self.carried += self.pieces.carried_events

    def _send(self, command: AnyCommand, time_ns: int) -> None:
        for exchange, happened in zip((self.whole, self.pieces), self._happened, strict=True):
            happened.extend(exchange.apply(Sequenced(exchange.seq + 1, time_ns, command)))
        assert not self.whole.is_unfinished


# Three: one for each rulebook.
@pytest.mark.parametrize("seed", each_of(range(6), range(3)))
@pytest.mark.parametrize(("piece_events", "piece_steps"), [(1, WHOLE), (WHOLE, 1), (7, 5)])
def test_the_same_happens_however_it_is_cut(seed, piece_events, piece_steps):
    both = Cut(Exchange(ComplianceHook()), piece_events, piece_steps)
    drawn = Everything(seed, both.whole, ("general-2026", "elr-2025", "derivatives-2025")[seed % 3])
    start = drawn.setup()
    for number in range(len(start) + 700):
        command = start[number] if number < len(start) else drawn.step()
        drawn.history.append(Sequenced(number + 1, drawn.time_ns, command))
        both.follow(command, drawn.time_ns)
    for exchange in (both.whole, both.pieces):
        exchange.check()
    if not both.closed_out:
        assert state_digest(both.whole) == state_digest(both.pieces)
    assert both.carried > 10


def a_full_account(orders: int) -> Desk:
    desk = Desk()
    list_spot(desk)
    open_account(desk, "a", RUB=10**15, BTC=10**9)
    open_account(desk, "b", RUB=10**15, BTC=10**9)
    for number in range(orders):
        order = commands.NewOrder(
            "a", "a", f"o{number}", "BTC/RUB", codes.BUY, codes.LIMIT, codes.GTC, (1 + number % 90) * E8, E8
        )
        desk.send(order)
    return desk


@pytest.mark.parametrize(
    ("command", "first", "last"),
    [
        (commands.MassCancel("a", "a", "", -1), OrderCancelled, MassCancelled),
        (commands.SetKillSwitch(codes.SCOPE_VENUE, "", True, "test", "operator"), RulesChanged, OrderCancelled),
    ],
)
def test_what_is_too_much_for_a_command_is_left_to_ticks(command, first, last):
    orders = 2 * PIECE_EVENTS + 100
    desk = a_full_account(orders)
    time_ns = desk.time_ns
    pieces = [desk.send_at(time_ns, command)]
    while desk.exchange.is_unfinished:
        assert desk.exchange.next_due_ns() <= time_ns
        pieces.append(desk.send_at(time_ns, Tick()))
        assert desk.exchange.carried_events == desk.exchange.due_events == len(pieces[-1])
    assert [len(piece) for piece in pieces[:-1]] == [PIECE_EVENTS, PIECE_EVENTS]
    whole = [event for piece in pieces for event in piece]
    assert type(whole[0]) is first and type(whole[-1]) is last
    assert sum(type(event) is OrderCancelled for event in whole) == orders
    assert desk.exchange.next_due_ns() > time_ns
    desk.exchange.check()


def test_a_command_that_comes_before_the_ticks_finds_it_all_done():
    desk = a_full_account(PIECE_EVENTS + 50)
    desk.send(commands.SetKillSwitch(codes.SCOPE_VENUE, "", True, "test", "operator"))
    assert desk.exchange.is_unfinished
    cancelled = desk.exchange.time_ns
    bid = commands.NewOrder("b", "b", "one", "BTC/RUB", codes.BUY, codes.LIMIT, codes.GTC, E8, E8)
    events = desk.send_at(cancelled + NS_PER_SECOND, bid)
    # One event of the first piece is that of the switch.
    assert desk.exchange.carried_events == desk.exchange.due_events == 51
    assert [type(event) for event in events[:51]] == [OrderCancelled] * 51
    assert events[51].code == codes.KILL_SWITCH
    desk.exchange.check()
