"""What a trading day leaves behind, thrown away bit by bit: all at once it would hold the venue up for as long as the day was busy."""

from __future__ import annotations

from typing import Final

from engine.book.entities import Account, Owner
from engine.book.records import TradeRecord
from engine.book.used_id import UsedIds


class Leftovers:
    """Client order ids and trades of days that have ended. They mean nothing any more, so when they go changes nothing that a venue does."""

    def __init__(self) -> None:
        self.is_left: bool = False
        """Whether there may be anything to throw away."""
        self.users: list[Account] = []
        """Accounts with client order ids of the trading day, or with open orders from before."""
        self.accounts: Final[list[Account]] = []
        """Accounts whose ids of earlier days are still to be swept."""
        self.trades: Final[list[list[TradeRecord]]] = []

    def begin(self, account: Account, day: int) -> UsedIds:
        """The ids of an account that uses one, or an order of which ends, for the first time in a trading day."""
        ids = account.used_ids
        ids.begin_day(day, _open_ids(account))
        self._note(account, day)
        return ids

    def take_up(self, account: Account, day: int) -> None:
        """Let the ids that a restored account has be those of the day: so they are, or are of open orders."""
        ids = account.used_ids
        ids.day = day
        ids.count = len(ids.current)
        self._note(account, day)

    def end_day(self, trades: list[TradeRecord]) -> None:
        """Take over what the trading day leaves. O(accounts with ids), some nanoseconds each."""
        self.accounts.extend(self.users)
        self.users = []
        self.is_left = True
        if trades:
            self.trades.append(trades)

    def sweep(self, day: int, most: int) -> None:
        """Throw away up to `most` ids and as many trades."""
        if self.trades:
            trades = self.trades[-1]
            del trades[-most:]
            if not trades:
                self.trades.pop()
        accounts = self.accounts
        while accounts and most > 0:
            account = accounts[-1]
            ids = account.used_ids
            if ids.day != day:
                ids.begin_day(day, _open_ids(account))
            most -= ids.sweep(most) + 1
            if not ids.former:
                accounts.pop()
                _forget_empty_sides(account.owner)
                if ids.current:
                    self._note(account, day)
        self.is_left = bool(accounts or self.trades)

    def _note(self, account: Account, day: int) -> None:
        ids = account.used_ids
        if ids.noted_day != day:
            ids.noted_day = day
            self.users.append(account)


def _forget_empty_sides(owner: Owner) -> None:
    """Keep no more than there is. O(sides with orders since this was last called)."""
    for key, orders in list(owner.open_sides.items()):
        if not orders:
            del owner.open_sides[key]


def _open_ids(account: Account) -> int:
    """How many client order ids outlast the day: those of open orders, and of what waits to leave the account."""
    waiting = 0
    for movement in account.movements.values():
        waiting += movement.is_named
    return len(account.open_orders) + waiting
