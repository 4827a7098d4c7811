"""What values a portfolio: the channels `ticker` and `marks` of each instrument in it. Without I/O."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any, Final

from gateway.client.accounts.portfolio import Portfolio
from gateway.client.copies.subscriptions import ChannelKey, Subscriptions
from gateway.client.values.errors import ClientError
from gateway.protocol import messages as m


class _Prices:
    """Reads both channels of an instrument: a future is valued at its last mark, all else at its last trade."""

    def __init__(self, portfolio: Portfolio, instrument: str) -> None:
        self.missed = 0
        self._portfolio: Final = portfolio
        self._instrument: Final = instrument
        self._is_marked = False

    def put(self, message: Any) -> None:
        """Take in a price."""
        if isinstance(message, m.Mark):
            self._is_marked = True
            self._portfolio.see_mark(self._instrument, Decimal(message.price), final=message.final)
        elif isinstance(message, m.Ticker) and message.last_price is not None and not self._is_marked:
            self._portfolio.see_mark(self._instrument, Decimal(message.last_price))

    def end(self, error: ClientError | None) -> None:
        """The last price stays."""


def value(
    subscriptions: Subscriptions, next_id: Callable[[], int], portfolio: Portfolio, instrument: str
) -> Callable[[], None]:
    """Value an instrument of a portfolio from now on, over all links; returns what ends that.

    `next_id` gives a number that was not used yet.
    """
    prices = _Prices(portfolio, instrument)
    keys: tuple[ChannelKey, ...] = (ChannelKey("ticker", instrument), ChannelKey("marks", instrument))
    for key in keys:
        subscriptions.read(key, prices, next_id(), _started)

    def stop() -> None:
        for key in keys:
            subscriptions.leave(key, prices)

    return stop


def _started(error: ClientError | None) -> None:
    """Whether there is such a channel or not: what has none has no price from it."""
