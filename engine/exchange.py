"""The exchange: commands in, events out. Deterministic: the same commands give the same events, byte for byte."""

from __future__ import annotations

from typing import Final

from engine.book.entities import ELECTED, NOWHERE, ON_BOOK, Order
from engine.clearing.closeout import look_at_calls
from engine.clearing.futures import check_future
from engine.command_table import HANDLERS
from engine.money import reservations
from engine.phases.due import run_due
from engine.phases.phase_changes import start_day
from engine.state.snapshot import take_snapshot
from engine.state.state import State
from engine.trading.aftermath import work_off
from engine.trading.changes import amend, cancel_one
from engine.trading.entry import enter
from engine.vocabulary.limits import PIECE_EVENTS, SWEPT_PER_COMMAND
from engine.vocabulary.messages.commands import AmendOrder, CancelOrder, NewOrder, Sequenced, Tick
from engine.vocabulary.messages.events import CommandRejected, Event

NO_END: Final = 2**62


class Exchange(State):
    """A venue's core. One writer applies sequenced commands; everything else follows from them."""

    def apply(self, sequenced: Sequenced) -> list[Event]:
        """Apply the next command and return what happened, in order.

        First runs all that is due by the command's time; a `Tick` only up to `PIECE_EVENTS`. So whoever sequences lets ticks go
        first until nothing is due, and a command finds nothing more to do before it. Bad input gets an event that says so; an assertion that fails
        is a bug, and the venue must stop. `seq` must follow the last one; `time_ns` (since the epoch, UTC) must not
        decrease.
        """
        assert sequenced.seq == self.seq + 1, "a sequence number is missing"
        time_ns = sequenced.time_ns
        assert time_ns >= self.time_ns, "time ran backwards"
        self.seq = sequenced.seq
        events: list[Event] = []
        self.events = events
        self.due_events = 0
        if self.day < 0:
            self.time_ns = time_ns
            start_day(self)
        elif self.due[0][0] <= time_ns or self.expiries.next_ns <= time_ns:
            # A tick is a piece: what it leaves is still due, and its time is that of the last thing it did.
            most = PIECE_EVENTS if type(sequenced.command) is Tick else NO_END
            while len(events) < most and run_due(self, time_ns):
                work_off(self)
                if self.covers:
                    look_at_calls(self)
            if len(events) >= most and self.soonest_ns() <= time_ns:
                time_ns = self.time_ns
            for deadline_ns, kind, number in self.postponed:
                self.schedule(deadline_ns, kind, number)
            self.postponed.clear()
            self.due_events = len(events)
        self.time_ns = time_ns
        command = sequenced.command
        # The three that come most often are not looked up.
        if type(command) is NewOrder:
            enter(self, command)
        elif type(command) is CancelOrder:
            cancel_one(self, command)
        elif type(command) is AmendOrder:
            amend(self, command)
        else:
            problem = HANDLERS[type(command)](self, command)
            if problem is not None:
                self.emit(CommandRejected(problem.code, problem.detail))
        if self.touched:
            work_off(self)
        if self.covers:
            look_at_calls(self)
        if len(self.ended) > self.max_whole:
            self.shrink(len(self.ended) - self.max_whole)
        if self.leftovers.is_left:
            self.leftovers.sweep(self.day, SWEPT_PER_COMMAND + 2 * len(events))
        return events

    def next_due_ns(self) -> int:
        """When something happens by itself next, nanoseconds since the epoch, UTC; 0 before the first command."""
        return self.soonest_ns() if self.due else 0

    def snapshot(self) -> object:
        """The whole state as plain lists, strings, integers and booleans, in a deterministic order. O(state)."""
        return take_snapshot(self)

    def check(self) -> None:
        """Assert that the whole state is sound: books, money, ids; and that the last command left nothing undone. O(state)."""
        assert not (self.touched or self.printed or self.entries or self.begun or self.elected)
        resting = 0
        for book in self.books.values():
            book.check()
            resting += book.bids.orders + book.asks.orders
            if book.instrument.future is not None:
                check_future(book)
        for account in self.accounts.values():
            for order_id, order in account.open_orders.items():
                assert order.order_id == order_id and order.account is account
                assert order.leaves_lots > 0 and order.where not in (NOWHERE, ELECTED)
                resting -= order.where == ON_BOOK
                assert account.order(order.client_order_id) is order and not order.is_nameless
        ids = [account.used_ids.check(self.day) for account in self.account_list]
        assert self.kept_ids == sum([kept for kept, _ in ids])
        assert self.ended_ids + len(self.ended) == sum([ended for _, ended in ids])
        assert resting == 0, "an id is in an index although its order does not rest, or the other way round"
        self._check_open_orders()
        reservations.check(list(self.accounts.values()), list(self.assets.values()))

    def _check_open_orders(self) -> None:
        """Assert that the open orders are found by owner, instrument and side, and by book, and no others. O(state)."""
        by_account = [order for account in self.account_list for order in account.open_orders.values()]
        by_owner: list[Order] = []
        for owner in self.owners.values():
            for key, beside in owner.open_sides.items():
                by_owner += beside
                for place, order in enumerate(beside):
                    assert order.beside is beside and order.place_beside == place and order.account.owner is owner
                    assert order.instrument.number * 2 + order.side == key
        by_book = [order for book in self.book_list for order in book.open_orders()]
        entered = sorted([order.entered for order in by_account])
        assert sorted([order.entered for order in by_owner]) == entered
        assert sorted([order.entered for order in by_book]) == entered
        assert not self.touched and not any(book.touched for book in self.book_list)
