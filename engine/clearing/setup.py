"""What the operator sets up: assets, instruments, accounts, and money from outside and back."""

from __future__ import annotations

from engine.book.assets import Asset
from engine.book.entities import Account
from engine.book.movement import Movement
from engine.book.order_book import LimitOrderBook
from engine.clearing.futures import begin_future
from engine.clearing.movements import hold, room_problem
from engine.clearing.moving import pay_out
from engine.money import reservations
from engine.state.listing import (
    account_problem,
    asset_problem,
    fees_problem,
    instrument_problem,
    new_instrument,
    position_problem,
    sizes_problem,
)
from engine.state.saying import setting_changed
from engine.state.state import State, next_report
from engine.trading.asking import only_available
from engine.trading.consulting import consult
from engine.vocabulary.codes import FUNDS
from engine.vocabulary.decimals import decimal
from engine.vocabulary.limits import MAX_SUPPLY, MAX_TEXT_CHARS
from engine.vocabulary.messages.commands import (
    AddAsset,
    Deposit,
    ListInstrument,
    OpenAccount,
    UpdateInstrument,
    Withdraw,
)
from engine.vocabulary.messages.events import AccountOpened, AssetAdded, FundsMoved, InstrumentListed
from engine.vocabulary.problem import Problem, invalid, unknown_account, unknown_instrument
from engine.vocabulary.said import NOTHING_SAID, said
from engine.vocabulary.stated import stated


def add_asset(state: State, command: AddAsset) -> Problem | None:
    """Carry out `AddAsset`. Emits AssetAdded."""
    problem = asset_problem(command, state.assets)
    if problem is not None:
        return problem
    asset = Asset(command.asset, len(state.assets), command.kind, command.scale)
    asset.issuer = command.issuer
    asset.terms = command.terms
    asset.follows = command.follows
    asset.issue_limit = command.issue_limit
    problem = state.hook.add_asset(asset, command, state.time_ns)
    if problem is not None:
        return problem
    state.assets[command.asset] = asset
    state.emit(AssetAdded(command.asset, command.kind, command.scale))
    return None


def list_instrument(state: State, command: ListInstrument) -> Problem | None:
    """Carry out `ListInstrument`. Emits InstrumentListed."""
    problem = instrument_problem(command, state.assets, state.instruments, state.time_ns)
    if problem is not None:
        return problem
    instrument = new_instrument(command, len(state.instruments), state.assets, state.covers)
    problem = state.hook.list_instrument(instrument, command, state.time_ns)
    if problem is not None:
        return problem
    book = LimitOrderBook(instrument)
    book.reference_ticks = command.reference_price_e8 // command.tick_e8
    state.instruments[command.instrument] = instrument
    state.books[command.instrument] = book
    state.book_list.append(book)
    if instrument.future is not None:
        begin_future(state, book)
    state.emit(
        InstrumentListed(
            command.instrument,
            command.kind,
            command.base,
            command.quote,
            command.tick_e8,
            command.lot_e8,
            instrument.unit,
        )
    )
    return None


def update_instrument(state: State, command: UpdateInstrument) -> Problem | None:
    """Carry out `UpdateInstrument`. Emits RulesChanged."""
    book = state.books.get(command.instrument)
    if book is None:
        return unknown_instrument(command.instrument)
    instrument = book.instrument
    before = instrument.listing
    listing = ListInstrument(
        before.instrument,
        before.kind,
        before.base,
        before.quote,
        before.tick_e8,
        before.lot_e8,
        stated(command.min_quantity_e8, before.min_quantity_e8),
        stated(command.max_quantity_e8, before.max_quantity_e8),
        stated(command.max_notional, before.max_notional),
        stated(command.collar_ppm, before.collar_ppm),
        before.reference_price_e8,
        stated(command.maker_fee_ppm, before.maker_fee_ppm),
        stated(command.taker_fee_ppm, before.taker_fee_ppm),
        before.underlying,
        before.expiry_ns,
        before.averaging_ns,
        before.mark_interval_ns,
        stated(command.max_position_e8, before.max_position_e8),
        before.by,
    )
    if command.quote and command.quote != before.quote:
        return invalid(said("instrument.quote", command.instrument, before.quote))
    problem = sizes_problem(listing) or fees_problem(listing) or position_problem(listing)
    if problem is not None:
        return problem
    # What an order has set aside for its fee is what it can come to, as long as it is open.
    if max(listing.maker_fee_ppm, listing.taker_fee_ppm, 0) != instrument.highest_fee_ppm and book.open_parts:
        return invalid(said("instrument.open", command.instrument))
    instrument.take_terms(listing)
    state.emit(setting_changed("instrument", command.instrument, NOTHING_SAID, command.by, command.reason))
    return None


def open_account(state: State, command: OpenAccount) -> Problem | None:
    """Carry out `OpenAccount`. Emits what the hook says, then AccountOpened."""
    problem = account_problem(command, state.accounts) or consult(state, command)
    if problem is not None:
        return problem
    owner = state.owner(command.investor)
    account = Account(command.account, len(state.accounts), command.participant, owner, command.intermediary)
    state.add_account(account)
    state.hook.account_opened(account)
    state.emit(AccountOpened(command.account, command.participant, command.investor, command.intermediary))
    return None


def deposit(state: State, command: Deposit) -> Problem | None:
    """Carry out `Deposit`. Emits what the hook says, then FundsMoved."""
    problem = _move_problem(state, command)
    if problem is not None:
        return problem
    asset = state.assets[command.asset]
    if asset.supply + command.amount > MAX_SUPPLY:
        return Problem(FUNDS, said("supply.most", decimal(MAX_SUPPLY, asset.scale), asset.asset))
    if len(command.origin) > MAX_TEXT_CHARS:
        return invalid(said("deposit.origin", MAX_TEXT_CHARS))
    problem = consult(state, command)
    if problem is None:
        _book(state, command)
    return problem


def withdraw(state: State, command: Withdraw) -> Problem | None:
    """Carry out `Withdraw` of what is available. Emits what the hook says, then FundsMoved, or MovementHeld if it has to wait."""
    problem = _move_problem(state, command)
    if problem is not None:
        return problem
    asset = state.assets[command.asset]
    account = state.accounts[command.account]
    if command.amount > account.available(asset):
        return only_available(account, asset)
    problem = consult(state, command)
    if problem is not None:
        return problem
    account, movement = state.accounts[command.account], Movement(state.seq, command, asset)
    wait = state.hook.wait(command, state.time_ns)
    if wait is None:
        account.balance(asset).available -= command.amount
        pay_out(state, account, movement)
        return None
    problem = room_problem(state, account)
    if problem is None:
        hold(state, account, movement, wait)
    return problem


def _move_problem(state: State, command: Deposit | Withdraw) -> Problem | None:
    """Check that account and asset exist, and that there is an amount."""
    if command.account not in state.accounts:
        return unknown_account(command.account)
    if command.asset not in state.assets:
        return invalid(said("asset.unknown", command.asset))
    return invalid(said("amount.positive")) if command.amount <= 0 else None


def _book(state: State, command: Deposit) -> None:
    """Book what comes in."""
    account, asset = state.accounts[command.account], state.assets[command.asset]
    reservations.move(account, asset, command.amount)
    balance = account.balance(asset)
    state.emit(
        FundsMoved(
            account.account,
            next_report(account),
            asset.asset,
            command.amount,
            balance.available,
            balance.reserved,
            command.reason,
        )
    )
