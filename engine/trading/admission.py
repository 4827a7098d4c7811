"""What a client order id is used up for, and whether the day has room for one more: each is kept until it ends, and so is each trade."""

from __future__ import annotations

from engine.book.entities import Account, Order, OrderRecord
from engine.state.state import State
from engine.vocabulary.codes import ORDER_LIMITS
from engine.vocabulary.kinds import Fields, fields_of
from engine.vocabulary.messages.commands import NewOrder
from engine.vocabulary.plain import is_plain
from engine.vocabulary.problem import Problem
from engine.vocabulary.said import said


def admit(state: State, account: Account, command: NewOrder, order_id: int, fields: Fields = ()) -> OrderRecord:
    """The order a command asks for, its client order id used up from here on; nothing of it is checked yet.

    A record and no more if its instrument is not listed: such an order is to be rejected. So is one beyond what the day may have:
    of that nothing is kept. `fields` are those of the command, if they are at hand.
    """
    fields = fields or fields_of(command)
    book = state.books.get(fields[3])
    record: OrderRecord
    if book is None:
        record = OrderRecord(order_id, account, command, fields)
    else:
        order = Order(order_id, account, command, book, fields)
        order.is_plain = is_plain(fields)
        if not order.is_plain:
            order.post_only = command.post_only
        record = order
    state.entered += 1
    record.entered = state.entered
    ids = account.used_ids
    if has_room(state, account) or (command.reduce_only and has_room(state, account, True)):
        ids.current[record.client_order_id] = record
        ids.count += 1
        state.kept_ids += 1
    else:
        record.is_nameless = state.room.is_crowded = True
    return record


def has_room(state: State, account: Account, is_last: bool = False) -> bool:
    """Whether an account may use up one more id: for any order or transfer, or of the last tenth, which is for reduce-only orders."""
    room = state.room
    return (
        account.used_ids.count < (room.account_ids if is_last else room.plain_account_ids)
        and state.kept_ids < (room.orders if is_last else room.plain_orders)
        and len(state.day_trades) < (room.trades if is_last else room.plain_trades)
    )


def full_problem(state: State, account: Account) -> Problem:
    """The problem of a request whose client order id is one too many for the day."""
    room = state.room
    if account.used_ids.count >= room.plain_account_ids:
        return Problem(ORDER_LIMITS, said("day.account_ids", room.account_ids))
    return Problem(ORDER_LIMITS, said("day.venue", room.orders, room.trades))
