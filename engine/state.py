"""The whole state of a venue's core, shared by the modules that change it."""

from __future__ import annotations

from typing import Final

from engine.book import LimitOrderBook
from engine.events import Event
from engine.hook import PreTradeHook
from engine.orders import Account, Asset, Instrument, Order


class State:
    """What `Exchange` is made of. Everything here follows from the commands applied so far."""

    def __init__(self, hook: PreTradeHook) -> None:
        self.hook: Final = hook
        self.assets: Final[dict[str, Asset]] = {}
        self.instruments: Final[dict[str, Instrument]] = {}
        self.books: Final[dict[str, LimitOrderBook]] = {}
        """By instrument name."""
        self.accounts: Final[dict[str, Account]] = {}
        self.seq: int = 0
        """Of the last command applied."""
        self.time_ns: int = 0
        """Of the last command applied."""
        self.day: int = -1
        """The trading day: days since 1970-01-01 in Moscow; -1 before the first command."""
        self.trades: int = 0
        """Trades so far: the last trade id."""

    def emit(self, out: list[Event], event: Event) -> None:
        """Add an event to a command's result, after the hook has seen it."""
        out.append(event)
        self.hook.observe(event, self.time_ns)


def next_report(account: Account) -> int:
    """The next number of the account's dense sequence of private reports."""
    account.report_seq += 1
    return account.report_seq


def forget_open(order: Order) -> None:
    """Take an order off its account's list of resting orders, if it is there."""
    account = order.account
    if order.order_id in account.open_orders:
        del account.open_orders[order.order_id]
