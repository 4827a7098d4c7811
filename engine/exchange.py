"""The exchange: commands in, events out. Deterministic: the same commands give the same events, byte for byte."""

from __future__ import annotations

from engine.book.entities import ELECTED, NOWHERE, ON_BOOK, Account, Asset, Owner
from engine.book.order_book import LimitOrderBook
from engine.clearing.closeout import look_at_calls
from engine.clearing.futures import begin_future, check_future
from engine.clearing.holdings import change_holdings
from engine.clearing.transfers import request_delivery, transfer
from engine.money import reservations as clearing
from engine.phases.controls import control
from engine.phases.due import run_due
from engine.phases.phase_changes import start_day
from engine.state.listing import (
    account_problem,
    asset_problem,
    instrument_problem,
    new_instrument,
)
from engine.state.problem import decimal
from engine.state.snapshot import take_snapshot
from engine.state.state import State, next_report
from engine.trading.aftermath import work_off
from engine.trading.changes import amend, cancel_many, cancel_one
from engine.trading.effective import consult, schedule_change
from engine.trading.entry import enter
from engine.trading.order_lists import enter_bracket, enter_pair, quote
from engine.vocabulary.codes import FUNDS, INVALID
from engine.vocabulary.limits import MAX_SUPPLY
from engine.vocabulary.messages.commands import (
    AddAsset,
    AmendOrder,
    BustTrade,
    CancelOrder,
    CloseOut,
    Command,
    Deposit,
    EffectiveFrom,
    FreezeAsset,
    IssueAsset,
    ListInstrument,
    MarkFuture,
    MassCancel,
    MassQuote,
    NewBracket,
    NewOrder,
    NewOrderPair,
    OpenAccount,
    RedeemAsset,
    RepriceTrade,
    RequestDelivery,
    Sequenced,
    SetIndexPrice,
    SetKillSwitch,
    SetLimits,
    SetMarginRules,
    SetMarketHalt,
    SetPhase,
    SetSchedule,
    SetTradingRules,
    SetVenueRules,
    Tick,
    Transfer,
    Withdraw,
)
from engine.vocabulary.messages.events import (
    AccountOpened,
    AssetAdded,
    CommandRejected,
    Event,
    FundsMoved,
    InstrumentListed,
)

CONTROLS = (
    SetPhase,
    SetTradingRules,
    SetSchedule,
    SetKillSwitch,
    SetLimits,
    SetMarketHalt,
    SetVenueRules,
    BustTrade,
    RepriceTrade,
    SetIndexPrice,
    MarkFuture,
    SetMarginRules,
    CloseOut,
)
HOLDINGS = (IssueAsset, RedeemAsset, FreezeAsset)


class Exchange(State):
    """A venue's core. One writer applies sequenced commands; everything else follows from them."""

    def apply(self, sequenced: Sequenced) -> list[Event]:
        """Apply the next command and return what happened, in order.

        First runs all that is due by the command's time. Bad input gets an event that says so; an assertion that fails
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
        elif self.due[0][0] <= time_ns:
            while run_due(self, time_ns):
                work_off(self)
                if self.covers:
                    look_at_calls(self)
            for deadline_ns, kind, index in self.postponed:
                self.schedule(deadline_ns, kind, index)
            self.postponed.clear()
            self.due_events = len(events)
        self.time_ns = time_ns
        command = sequenced.command
        if type(command) is NewOrder:
            enter(self, command)
        elif type(command) is CancelOrder:
            cancel_one(self, command)
        elif type(command) is AmendOrder:
            amend(self, command)
        elif type(command) is MassCancel:
            cancel_many(self, command)
        elif type(command) is MassQuote:
            quote(self, command)
        elif type(command) is NewOrderPair:
            enter_pair(self, command)
        elif type(command) is NewBracket:
            enter_bracket(self, command)
        elif type(command) is Transfer:
            transfer(self, command)
        elif type(command) is RequestDelivery:
            request_delivery(self, command)
        else:
            self._configure(command)
        if self.touched:
            work_off(self)
        if self.covers:
            look_at_calls(self)
        return events

    def next_due_ns(self) -> int:
        """When something happens by itself next, nanoseconds since the epoch, UTC; 0 before the first command."""
        return self.due[0][0] if self.due else 0

    def snapshot(self) -> object:
        """The whole state as plain lists, strings, integers and booleans, in a deterministic order. O(state)."""
        return take_snapshot(self)

    def check(self) -> None:
        """Assert that the whole state is sound: books, money, ids. O(state)."""
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
                assert account.used_ids.get(order.client_order_id) is order
        assert resting == 0, "an id is in an index although its order does not rest, or the other way round"
        clearing.check(list(self.accounts.values()), list(self.assets.values()))

    def _configure(self, command: Command) -> None:
        """Carry out a command of the operator or supervisor."""
        if type(command) is AddAsset:
            self._add_asset(command)
        elif type(command) is ListInstrument:
            self._list_instrument(command)
        elif type(command) is OpenAccount:
            self._open_account(command)
        elif type(command) is Deposit:
            self._move(command, command.account, command.asset, command.amount, False, command.reason)
        elif type(command) is Withdraw:
            self._move(command, command.account, command.asset, command.amount, True, command.reason)
        elif type(command) in CONTROLS:
            problem = control(self, command)
            if problem is not None:
                self._reject(problem.code, problem.detail)
        elif type(command) is EffectiveFrom:
            schedule_change(self, command)
        elif type(command) in HOLDINGS:
            problem = change_holdings(self, command)
            if problem is not None:
                self._reject(problem.code, problem.detail)
        elif type(command) is not Tick:
            consult(self, command)

    def _reject(self, code: int, detail: str) -> None:
        self.emit(CommandRejected(code, detail))

    def _add_asset(self, command: AddAsset) -> None:
        problem = asset_problem(command, self.assets)
        if problem:
            self._reject(INVALID, problem)
        elif consult(self, command):
            asset = Asset(command.asset, len(self.assets), command.kind, command.scale)
            asset.issuer = command.issuer
            asset.terms = command.terms
            asset.issue_limit = command.issue_limit
            self.assets[command.asset] = asset
            self.emit(AssetAdded(command.asset, command.kind, command.scale))

    def _list_instrument(self, command: ListInstrument) -> None:
        problem = instrument_problem(command, self.assets, self.instruments, self.time_ns)
        if problem:
            self._reject(INVALID, problem)
        elif consult(self, command):
            instrument = new_instrument(command, len(self.instruments), self.assets, self.covers)
            book = LimitOrderBook(instrument)
            book.reference_ticks = command.reference_price_e8 // command.tick_e8
            self.instruments[command.instrument] = instrument
            self.books[command.instrument] = book
            self.book_list.append(book)
            if instrument.future is not None:
                begin_future(self, book)
            self.emit(
                InstrumentListed(
                    command.instrument,
                    command.kind,
                    command.base,
                    command.quote,
                    command.tick_e8,
                    command.lot_e8,
                    instrument.unit,
                ),
            )

    def _open_account(self, command: OpenAccount) -> None:
        problem = account_problem(command, self.accounts)
        if problem:
            self._reject(INVALID, problem)
        elif consult(self, command):
            owner = self.owners.get(command.investor)
            if owner is None:
                owner = self.owners[command.investor] = Owner(command.investor)
            account = Account(command.account, len(self.accounts), command.participant, owner, command.intermediary)
            owner.accounts.append(account)
            self.accounts[command.account] = account
            self.account_list.append(account)
            self.emit(AccountOpened(command.account, command.participant, command.investor, command.intermediary))

    def _move(self, command: Command, name: str, asset_name: str, amount: int, debit: bool, reason: str) -> None:
        """Carry out a deposit, or a withdrawal of what is available."""
        account, asset = self.accounts.get(name), self.assets.get(asset_name)
        if account is None or asset is None:
            self._reject(INVALID, f"unknown account {name}" if account is None else f"unknown asset {asset_name}")
            return
        balance = account.balance(asset)
        if amount <= 0:
            self._reject(INVALID, "the amount must be positive")
        elif debit and amount > balance.available:
            available = decimal(balance.available, asset.scale)
            self._reject(FUNDS, f"available {available} {asset.asset}")
        elif not debit and asset.supply + amount > MAX_SUPPLY:
            self._reject(FUNDS, f"the venue can't hold more than {decimal(MAX_SUPPLY, asset.scale)} {asset.asset}")
        elif not debit or consult(self, command):
            signed = -amount if debit else amount
            clearing.move(account, asset, signed)
            self.emit(
                FundsMoved(name, next_report(account), asset_name, signed, balance.available, balance.reserved, reason),
            )
