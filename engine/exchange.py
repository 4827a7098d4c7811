"""The exchange: commands in, events out. Deterministic: the same commands give the same events, byte for byte."""

from __future__ import annotations

from typing import Final

from engine.book.entities import Order
from engine.book.whereabouts import ELECTED, NOWHERE, ON_BOOK
from engine.clearing.closeout import look_at_calls
from engine.clearing.futures import check_future
from engine.command_table import COMMANDS, HANDLERS
from engine.money import reservations
from engine.phases.due import run_due
from engine.phases.phase_changes import start_day
from engine.snapshot.messages.document import Snapshot
from engine.snapshot.restoring import restore_state
from engine.snapshot.taking import take_snapshot
from engine.state.hook import Outcome, PreTradeHook
from engine.state.saying import command_rejected
from engine.state.state import DUE_ABSENCE, DUE_DEAD_MAN, DUE_KEY, State
from engine.trading.aftermath import work_off
from engine.trading.changes import amend, cancel_one
from engine.trading.consulting import follow
from engine.trading.entry import enter
from engine.trading.market_index import check_index
from engine.trading.reducing import check_reduce_only
from engine.vocabulary import kinds
from engine.vocabulary.limits import SWEPT_PER_COMMAND
from engine.vocabulary.messages.commands import Command, Sequenced
from engine.vocabulary.messages.events import Event

NO_END: Final = 2**62


class Exchange(State):
    """A venue's core. One writer applies sequenced commands; everything else follows from them."""

    def apply(self, sequenced: Sequenced) -> list[Event]:
        """Apply the next command and return what happened, in order.

        First carries on what the command before has left, then runs all that is due by the command's time; a `Tick` only up to
        `piece_events` or `piece_steps`. What a command begins itself also ends there, and the rest is left. So whoever sequences lets ticks go
        first until nothing is due, and a command finds nothing more to do before it. However it is cut, the same happens. Bad input gets an event that says so; an assertion that fails
        is a bug, and the venue must stop. `seq` must follow the last one; `time_ns` (since the epoch, UTC) must not
        decrease.
        """
        fields: tuple[int, int, Command] = kinds.fields_of(sequenced)
        seq, time_ns, command = fields
        assert seq == self.seq + 1, "a sequence number is missing"
        assert time_ns >= self.time_ns, "time ran backwards"
        self.seq = seq
        # What the command before has left.
        if len(self.ended) > self.max_whole:
            self.shrink(len(self.ended) - self.max_whole)
        if self.leftovers.is_left:
            self.leftovers.sweep(self.day, SWEPT_PER_COMMAND + 2 * len(self.events))
        events: list[Event] = []
        self.events = events
        self.due_events = self.carried_events = self.steps = 0
        if self.day < 0:
            self.time_ns = time_ns
            start_day(self)
        elif (
            self.works
            or self.due[0][0] <= time_ns
            or self.expiries.next_ns <= time_ns
            or self.waiting_times.next_ns <= time_ns
        ) and not self._catch_up(time_ns, type(command) is kinds.TICK):
            return events
        self.time_ns = time_ns
        self.steps = 0
        # The three that come most often are not looked up.
        if type(command) is kinds.NEW_ORDER:
            enter(self, command)
        elif type(command) is kinds.CANCEL_ORDER:
            cancel_one(self, command)
        elif type(command) is kinds.AMEND_ORDER:
            amend(self, command)
        else:
            problem = HANDLERS[type(command)](self, command)
            if problem is not None:
                self.emit(command_rejected(problem))
            if self.works:
                self._begin_work()
                return events
        if self.touched_book is not None or self.touched or self.own_queues:
            work_off(self)
        if self.covers:
            look_at_calls(self)
        if self.works:
            self._begin_work()
        return events

    def put_in(self, what: Command | Outcome) -> list[Event]:
        """Carry out, at the time of the last command and under its number, what no journal holds; return what happened, in order.

        For replays under other rules (`compliance.worlds`): whatever follows keeps the sequence numbers of the recording. First ends what
        the last command has left; then does all of this, in one piece. What is due waits for the next command. Not before the first one.
        A command is carried out as if no second approval were needed; what the hook made of one is followed.
        """
        assert self.day >= 0, "nothing can be put in before the first command"
        events: list[Event] = []
        self.events = events
        self.due_events = self.carried_events = self.steps = 0
        self._carry_on(NO_END, NO_END)
        self.left_seq = 0
        self.carried_events = self.due_events = len(events)
        if isinstance(what, Outcome):
            follow(self, what)
        else:
            problem = COMMANDS[type(what)].carry_out(self, what)
            if problem is not None:
                self.emit(command_rejected(problem))
        self._carry_on(NO_END, NO_END)
        return events

    @property
    def is_unfinished(self) -> bool:
        """Whether the last command has left some of its work: then something is due now, and a `Tick` carries it on."""
        return bool(self.works)

    def _catch_up(self, time_ns: int, is_piece: bool) -> bool:
        """Carry on what was left, then do what is due by a time; False if a piece ended before all of it was done.

        The time then is that of the last thing it did: no later command has come yet.
        """
        events = self.events
        most = self.piece_events if is_piece else NO_END
        most_steps = self.piece_steps if is_piece else NO_END
        is_done = not self.works or self._carry_on(most, most_steps)
        self.carried_events = len(events)
        if is_done:
            self.left_seq = 0
        while is_done and len(events) < most and self.steps < most_steps and run_due(self, time_ns):
            self.steps += 1
            is_done = self._carry_on(most, most_steps)
        self.due_events = len(events)
        if not is_done:
            self.left_seq = self.left_seq or self.seq
            return False
        return not is_piece or self.soonest_ns() > time_ns

    def _begin_work(self) -> None:
        """Do a first piece of the command's own work, beyond what was due before it."""
        if not self._carry_on(self.due_events + self.piece_events, self.piece_steps):
            self.left_seq = self.seq

    def _carry_on(self, most: int, most_steps: int) -> bool:
        """Carry on what was begun and all that it sets off; False if a bound on events or steps ended it before."""
        works = self.works
        while works or self.is_touched or self.own_queues or self.covers:
            if not works:
                if self.is_touched or self.own_queues:
                    work_off(self)
                else:
                    look_at_calls(self)
                continue
            for _ in works[0]:
                self.steps += 1
                if len(self.events) >= most or self.steps >= most_steps:
                    return False
            works.popleft()
        return True

    def next_due_ns(self) -> int:
        """When something happens by itself next, nanoseconds since the epoch, UTC; 0 before the first command.

        What a command has left is due at that command's time.
        """
        if self.works:
            return self.time_ns
        return self.soonest_ns() if self.due else 0

    def snapshot(self) -> Snapshot:
        """The whole state as a document, from which `restore_exchange` makes an equal one. O(state).

        Not while `is_unfinished`.
        """
        return take_snapshot(self)

    def check(self) -> None:
        """Assert that the whole state is sound: books, money, ids; and that nothing is left to be carried on. O(state)."""
        assert not self.works, "the last command is unfinished"
        assert not (self.is_touched or self.own_queues or self.printed or self.entries or self.begun or self.elected)
        assert not (self.moved or self.to_hold)
        resting = waiting = 0
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
            check_reduce_only(account)
            waiting += len(account.movements)
            for number, movement in account.movements.items():
                assert self.movements[number] is movement and movement.account == account.account
                assert not movement.has_ended and movement.rules
                assert not movement.is_named or account.used_ids.find(movement.client_order_id) is movement
        ids = [account.used_ids.check(self.day) for account in self.account_list]
        assert waiting == len(self.movements)
        assert self.kept_ids == sum([kept for kept, _ in ids])
        assert self.ended_ids + len(self.ended) == sum([ended for _, ended in ids])
        assert resting == 0, "an id is in an index although its order does not rest, or the other way round"
        self._check_open_orders()
        check_index(self)
        reservations.check(list(self.accounts.values()), list(self.assets.values()))

    def _check_open_orders(self) -> None:
        """Assert that the open orders are found by owner, instrument and side, and by book, and no others. O(state)."""
        by_account = [order for account in self.account_list for order in account.open_orders.values()]
        by_owner: list[Order] = []
        for owner in self.owners.values():
            for name, other in owner.linked.items():
                assert other is self.owners[name] and other is not owner and other.linked[owner.investor] is owner
            for key, beside in owner.open_sides.items():
                by_owner += beside
                for place, order in enumerate(beside):
                    assert order.beside is beside and order.place_beside == place and order.account.owner is owner
                    assert order.instrument.number * 2 + order.side == key
        by_book = [order for book in self.book_list for order in book.open_orders()]
        entered = sorted([order.entered for order in by_account])
        assert sorted([order.entered for order in by_owner]) == entered
        assert sorted([order.entered for order in by_book]) == entered
        assert not self.is_touched and not any(book.touched for book in self.book_list)
        expiring = [order.entered for order in by_account if order.deadline_ns]
        groups = [group for _, group in self.expiries.entries()]
        assert all(group == sorted(group) for group in groups), "orders expire in the order of their entry"
        assert sorted([each for group in groups for each in group]) == sorted(expiring)
        self._check_absence()
        assert self.waiting_times.are_of(self.movements), "what waits for a time is not all that does"
        assert self.open_parts == sum([order.parts for order in by_account])
        assert self.open_parts == sum([account.open_parts for account in self.account_list])
        assert self.open_parts == sum([book.open_parts for book in self.book_list])
        for account in self.account_list:
            assert account.open_parts == sum([order.parts for order in account.open_orders.values()])
        for book in self.book_list:
            assert book.open_parts == sum([order.parts for order in book.open_orders()])

    def _check_absence(self) -> None:
        """Assert that graces, dead man's timers and ends of keys are due in time, and that each entry is known. O(state)."""
        absence = self.absence
        alarms = [((DUE_ABSENCE, each.number), each.alarm) for each in absence.presences]
        for presence in absence.presences:
            assert presence.alarm.until_ns == presence.next_ns()
        alarms += [((DUE_DEAD_MAN, number), alarm) for number, alarm in absence.timers.items()]
        alarms.append(((DUE_KEY, 0), self.access.alarm))
        self.access.check()
        known = sorted([(entry_ns, *which) for which, alarm in alarms for entry_ns in alarm.entries])
        assert known == sorted([each for each in self.due if each[1] in (DUE_ABSENCE, DUE_DEAD_MAN, DUE_KEY)])
        for _, alarm in alarms:
            assert alarm.entries == sorted(alarm.entries, reverse=True)
            assert not alarm.until_ns or alarm.entries[-1] <= alarm.until_ns


def restore_exchange(document: Snapshot, hook: PreTradeHook) -> Exchange:
    """The exchange that a snapshot was taken of, with a hook that is new and becomes what the snapshot's was. O(document).

    It goes on as the one of the snapshot did: the same commands give the same events. Bounds that were lowered are none of it.
    """
    exchange = Exchange(hook)
    restore_state(exchange, document)
    return exchange
