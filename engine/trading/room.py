"""Room for one more client order id in the trading day: each is kept until the day ends, and so is each trade."""

from __future__ import annotations

from engine.book.entities import Account
from engine.state.state import State
from engine.vocabulary.codes import ORDER_LIMITS
from engine.vocabulary.problem import Problem


def has_room(state: State, account: Account) -> bool:
    """Whether an account may use up one more id for any order or transfer."""
    return (
        account.used_ids.count < state.max_account_ids
        and state.kept_ids < state.plain_orders
        and len(state.day_trades) < state.plain_trades
    )


def has_last_room(state: State, account: Account) -> bool:
    """Whether it may for an order that only makes a position smaller: what is left when others are refused is for those."""
    return (
        account.used_ids.count < state.max_account_ids
        and state.kept_ids < state.max_orders
        and len(state.day_trades) < state.max_trades
    )


def full_problem(state: State, account: Account) -> Problem:
    """The problem of a request whose client order id is one too many for the day."""
    if account.used_ids.count >= state.max_account_ids:
        return Problem(ORDER_LIMITS, f"no more than {state.max_account_ids} client order ids a day")
    most = f"{state.max_orders} orders and {state.max_trades} trades"
    return Problem(ORDER_LIMITS, f"the venue keeps no more than {most} a day, the last tenth for reduce-only orders")
