"""How much a trading day has room for: what is kept until it ends is bounded over all accounts."""

from __future__ import annotations

from engine.vocabulary.limits import MAX_CLIENT_ORDER_IDS_PER_DAY, MAX_ORDERS_PER_DAY, MAX_TRADES_PER_DAY, RESERVED_PART


class DayRoom:
    """The bounds of a day; tests lower them."""

    def __init__(self) -> None:
        self.is_crowded: bool = False
        """Whether the day has refused an order for them; a core that was restored finds out with the next one."""
        self.account_ids: int = 0
        self.plain_account_ids: int = 0
        self.orders: int = 0
        self.trades: int = 0
        self.plain_orders: int = 0
        """Without what is for orders that only make a position smaller."""
        self.plain_trades: int = 0
        self.limit(MAX_ORDERS_PER_DAY, MAX_TRADES_PER_DAY)
        self.limit_ids(MAX_CLIENT_ORDER_IDS_PER_DAY)

    def limit(self, orders: int, trades: int) -> None:
        """Have room for so many."""
        self.orders, self.trades = orders, trades
        self.plain_orders, self.plain_trades = orders - orders // RESERVED_PART, trades - trades // RESERVED_PART

    def limit_ids(self, of_account: int) -> None:
        """Let each account use up so many ids."""
        self.account_ids, self.plain_account_ids = of_account, of_account - of_account // RESERVED_PART
