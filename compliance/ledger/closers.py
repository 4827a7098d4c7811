"""Orders of futures that were let in for one reason alone: that they closed a position (P10).

They rest like others. When the position is closed by something else, they would open one: so whenever an account with such
orders has traded or been corrected, and its open orders are more than its position, it is looked at again, before any other command.
"""

from __future__ import annotations

from typing import Final

from compliance.ledger.exposure import Exposures
from compliance.registry.records import Client
from engine.vocabulary.codes import BUY, SELL


class Closers:
    """Such orders by account, and whose accounts have changed."""

    def __init__(self, exposures: Exposures) -> None:
        self._exposures: Final = exposures
        self.accounts: Final[dict[int, str]] = {}
        """By order id. Mostly there is none: so whoever asks at each order looks whether this is empty."""
        self._count: Final[dict[str, int]] = {}
        """By account: how many it has."""
        self.changed: Final[dict[str, Client]] = {}
        """Accounts that have, or had, such orders, and whose positions have changed since they were looked at."""

    def note(self, order_id: int, account: str) -> None:
        """An order was let in because it closes."""
        if order_id not in self.accounts:
            self.accounts[order_id] = account
            self._count[account] = self._count.get(account, 0) + 1

    def forget(self, order_id: int) -> None:
        """An order has ended, or was let in as any other. Nothing to do for one that is not known."""
        account = self.accounts.pop(order_id, "")
        if account:
            self._count[account] -= 1
            if not self._count[account]:
                del self._count[account]

    def moved(self, client: Client) -> None:
        """A position of an account has changed."""
        if client.account in self._count:
            self.changed[client.account] = client

    def due(self) -> list[str]:
        """The accounts that are to be looked at: with more open than their positions. O(positions of those that changed)."""
        if not self.changed:
            return []
        found = [account for account, client in self.changed.items() if self._exceeds(client)]
        self.changed.clear()
        return found

    def _exceeds(self, client: Client) -> bool:
        """Whether an account has more open on a side of a future than closes its position there."""
        for position in self._exposures.positions.get(client.account, {}).values():
            if position.listing.shortable and (
                position.buy_lots > position.closable(BUY) or position.sell_lots > position.closable(SELL)
            ):
                return True
        return False
