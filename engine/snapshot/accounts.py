"""Accounts of a document, with what they hold, and their open orders."""

from __future__ import annotations

from typing import Any

from engine.book.assets import Asset
from engine.book.claims import EVERYTHING, Arrest, Claim, Claims
from engine.book.entities import Account, Margin, Order
from engine.book.movement import Movement
from engine.book.order_book import LimitOrderBook
from engine.book.whereabouts import WAITING_STOP
from engine.money.margin import position_of
from engine.snapshot.messages.document import (
    AccountState,
    ArrestState,
    BalanceState,
    MovementState,
    OrderState,
    PositionState,
)
from engine.state.state import State
from engine.trading.ending import by_entry
from engine.trading.room import open_order
from engine.vocabulary.codes import CANCELLED
from engine.vocabulary.kinds import fields_of
from engine.vocabulary.plain import is_plain


def restore_arrests(state: State, saved: list[ArrestState]) -> None:
    """Have papers in force again. What they claim comes with the accounts."""
    for each in saved:
        arrest = Arrest(each.arrest, each.authority, each.dated, investor=each.investor, account=each.account)
        arrest.asset = each.asset
        arrest.share_ppm = each.share_ppm
        arrest.amount = each.amount
        arrest.sales_allowed = each.sales_allowed
        arrest.since_ns = each.since_ns
        arrest.reason = each.reason
        arrest.by = each.by
        state.arrests[arrest.arrest] = arrest


def restore_accounts(state: State, saved: list[AccountState]) -> None:
    """Open accounts again, with all but their open orders. Assets and instruments are known."""
    assets = list(state.assets.values())
    for each in saved:
        owner = state.owner(each.investor)
        account = Account(each.account, len(state.account_list), each.participant, owner, each.intermediary)
        account.report_seq = each.report_seq
        state.add_account(account)
        for balance in each.balances:
            _restore_balance(state, account, assets[balance.asset], balance)
        for position in each.positions:
            _restore_position(state, account, position)
        account.used_ids.current = dict(each.ended_ids)
        state.ended_ids += len(each.ended_ids)
    for arrest in state.arrests.values():
        state.owners[arrest.investor].arrests.append(arrest)


def _restore_balance(state: State, account: Account, asset: Asset, saved: BalanceState) -> None:
    balance = account.balance(asset)
    balance.available = saved.available
    balance.reserved = saved.reserved
    balance.frozen = saved.frozen
    balance.arrested = saved.arrested
    if saved.claims is not None:
        claims = balance.claims = Claims(saved.claims.frozen)
        claims.lent = saved.claims.lent
        for name, amount in saved.claims.claims:
            claims.claims.append(Claim(state.arrests[name], EVERYTHING if amount < 0 else amount))
    balance.held = saved.held
    if saved.margin is not None:
        margin = balance.margin = Margin(account, asset, balance, state.covers)
        margin.needed = int(saved.margin.needed)
        margin.held = saved.margin.held
        margin.called = saved.margin.called
        margin.until_ns = saved.margin.until_ns


def _restore_position(state: State, account: Account, saved: PositionState) -> None:
    position = position_of(account, state.book_list[saved.instrument].instrument)
    position.lots = int(saved.lots)
    position.carried = int(saved.carried)
    position.buy_lots = int(saved.buy_lots)
    position.buy_value = int(saved.buy_value)
    position.buy_fees = int(saved.buy_fees)
    position.sell_lots = int(saved.sell_lots)
    position.sell_value = int(saved.sell_value)
    position.sell_fees = int(saved.sell_fees)
    position.needed = int(saved.needed)
    for side, lots in enumerate(saved.reducing_lots):
        position.reducing_lots[side] = int(lots)


def restore_movements(state: State, saved: list[MovementState]) -> None:
    """Have what waited to leave accounts wait again, and use up their ids. Accounts and assets are known; what is due is not yet."""
    for each in saved:
        command: Any = each.command
        movement = Movement(each.movement, command, state.assets[command.asset])
        movement.until_ns = each.until_ns
        movement.clock_rule = each.clock_rule
        movement.word_rule = each.word_rule
        movement.has_word = each.has_word
        account = state.accounts[movement.account]
        account.movements[movement.movement] = movement
        state.movements[movement.movement] = movement
        if movement.until_ns:
            state.waiting_times.add(movement)
        if movement.is_named:
            account.used_ids.current[movement.client_order_id] = movement


def restore_orders(state: State, saved: list[AccountState]) -> dict[int, Order]:
    """Open the orders of all accounts again, and use up their ids; returns them by id. Those on a book still have no place in it."""
    orders: dict[int, Order] = {}
    expiring: list[Order] = []
    for account, each in zip(state.account_list, saved, strict=True):
        for row in each.orders:
            order = orders[row.order_id] = _order(account, state.books[row.command.instrument], row)
            _open(state, order, row)
            if row.deadline_ns:
                expiring.append(order)
        ids = account.used_ids
        if ids.current:
            state.leftovers.take_up(account, state.day)
            state.kept_ids += ids.count
    for owner in state.owners.values():
        for beside in owner.open_sides.values():
            beside.sort(key=_place_beside)
    # Of one deadline in the order of their entry.
    expiring.sort(key=by_entry)
    for order in expiring:
        state.expiries.add(order, order.deadline_ns)
    for each in saved:
        for row in each.orders:
            _join(orders, row)
    return orders


def _order(account: Account, book: LimitOrderBook, saved: OrderState) -> Order:
    fields = fields_of(saved.command)
    order = Order(saved.order_id, account, saved.command, book, fields)
    order.is_plain = is_plain(fields)
    order.post_only = saved.command.post_only
    order.order_type = saved.order_type
    order.status = saved.status
    order.where = saved.where
    order.price_ticks = saved.price_ticks
    order.quantity_lots = saved.quantity_lots
    order.filled_lots = saved.filled_lots
    order.leaves_lots = saved.leaves_lots
    order.shown_lots = saved.shown_lots
    order.display_lots = saved.display_lots
    order.parts = saved.parts
    order.entered = saved.entered
    order.renewed = saved.renewed
    order.queued = saved.queued
    order.stop_ticks = saved.stop_ticks
    order.trail_best_ticks = saved.trail_best_ticks
    order.peg_limit_ticks = saved.peg_limit_ticks
    order.is_quote = saved.is_quote
    order.reserve_ticks = saved.reserve_ticks
    order.reserved = int(saved.reserved)
    order.covered_lots = saved.covered_lots
    order.covered_value = int(saved.covered_value)
    order.budget = saved.budget
    order.fee_numerator = int(saved.fee_numerator)
    order.fee_charged = saved.fee_charged
    order.deadline_ns = saved.deadline_ns
    _forget_asked(order)
    return order


def _forget_asked(order: Order) -> None:
    """Keep what was asked for no longer, if it follows from the order."""
    asked = order.asked
    if asked is not None and order.is_plain:
        order.asked = None
        if order.command != asked:
            order.asked = asked


def _open(state: State, order: Order, saved: OrderState) -> None:
    """Count an order among the open ones, where it is found by owner, position and id; a stop waits again."""
    account, book = order.account, state.books[order.instrument_name]
    open_order(state, order)
    order.place_beside = saved.place_beside
    account.used_ids.current[order.client_order_id] = order
    if order.where == WAITING_STOP:
        book.stops.add(order)
    if order.covered_lots and order.reduce_only and order.instrument.future is not None:
        account.positions[order.instrument.number].reducing[order.order_id] = order


def _place_beside(order: Order) -> int:
    return order.place_beside


def _join(orders: dict[int, Order], saved: OrderState) -> None:
    """Let an order know those that hang together with it."""
    order = orders[saved.order_id]
    if saved.other_leg:
        order.other_leg = orders[saved.other_leg]
    order.children = tuple([orders.get(child) or _ended_child(order, child) for child in saved.children])


def _ended_child(entry: Order, order_id: int) -> Order:
    """What stands for the take-profit or the stop of a bracket that has ended before its entry: it is known to have, and no more."""
    child = Order(order_id, entry.account, entry.command, entry.book)
    child.status = CANCELLED
    return child
