"""Channels of one's own account, as Deribit names them.

user.orders.INSTRUMENT.INTERVAL, user.orders.KIND.CURRENCY.INTERVAL
user.trades.INSTRUMENT.INTERVAL, user.trades.KIND.CURRENCY.INTERVAL
user.portfolio.CURRENCY
"""

from __future__ import annotations

import asyncio
from typing import Any, Final

from gateway.deribit.callers.desk import Desk, DeskListener
from gateway.deribit.dialect.failures import Failure
from gateway.deribit.dialect.holdings import summary_document
from gateway.deribit.dialect.listed import ANY, ASKED_KINDS, Listed, kind_of
from gateway.deribit.dialect.order_state import OrderState, fill_document, order_document
from gateway.deribit.feeds.feeds import INTERVALS, RAW, Feed, Feeds
from gateway.protocol import messages as m

PORTFOLIO_SECONDS: Final = 0.5
"""Between two looks at what an account holds, however often that changes."""


class DeskFeed(Feed, DeskListener):
    """Of one account."""

    def __init__(self, feeds: Feeds, channel: str, desk: Desk, listed: Listed) -> None:
        super().__init__(feeds, channel, channel.endswith(RAW), desk)
        self._desk: Final = desk
        self._listed: Final = listed
        self._parts: Final = channel.split(".")[2:-1]

    def begin(self) -> None:
        """Follow the account."""
        self._desk.listeners[self] = None

    def end(self) -> None:
        """Leave it."""
        del self._desk.listeners[self]

    def _holds(self, instrument: str) -> bool:
        """Whether the channel is about an instrument."""
        if len(self._parts) == 1:
            return self._parts[0] in (ANY, self._listed.name(instrument))
        info, (kind, currency) = self._listed.info(instrument), self._parts
        return kind in (ANY, kind_of(info)) and currency in (ANY, info.base, info.quote)


class OrdersFeed(DeskFeed):
    """Orders, whenever one is another: each as it is then. By `raw` one by one, else those of a tenth of a second in a list."""

    def __init__(self, feeds: Feeds, channel: str, desk: Desk, listed: Listed) -> None:
        super().__init__(feeds, channel, desk, listed)
        self._new: dict[int, OrderState] = {}

    def ordered(self, order: OrderState) -> None:
        """Tell it."""
        if self._holds(order.instrument):
            self._new[order.order_id] = order
            self.changed()

    def collect(self) -> object | None:
        """Those that changed."""
        new, self._new = self._new, {}
        documents = [order_document(order, self._listed) for order in new.values()]
        return (documents[0] if self._is_raw and documents else documents) or None


class FillsFeed(DeskFeed):
    """One's own trades."""

    def __init__(self, feeds: Feeds, channel: str, desk: Desk, listed: Listed) -> None:
        super().__init__(feeds, channel, desk, listed)
        self._new: list[dict[str, Any]] = []

    def filled(self, fill: m.ExecutionReport) -> None:
        """Tell it."""
        if self._holds(fill.instrument):
            self._new.append(fill_document(fill, self._listed))
            self.changed()

    def collect(self) -> object | None:
        """Those that are new."""
        new, self._new = self._new, []
        return new or None


class PortfolioFeed(DeskFeed):
    """What the account has of one currency, whenever that may be something else: at most twice a second."""

    def __init__(self, feeds: Feeds, channel: str, desk: Desk, listed: Listed) -> None:
        super().__init__(feeds, channel, desk, listed)
        self._currency: Final = channel.split(".")[2].upper()
        self._asking: asyncio.Task[None] | None = None
        self._is_stale = False
        self._told: dict[str, Any] | None = None
        self._now: dict[str, Any] | None = None

    def begin(self) -> None:
        """Follow the account, and look what it has."""
        super().begin()
        self.moved()

    def end(self) -> None:
        """Leave it."""
        super().end()
        if self._asking is not None:
            self._asking.cancel()

    def first(self) -> object | None:
        """What was told last; else it comes soon."""
        return self._told

    def moved(self) -> None:
        """Look what it has."""
        self._is_stale = True
        if self._asking is None or self._asking.done():
            self._asking = asyncio.ensure_future(self._ask())

    def collect(self) -> object | None:
        """What it has now, if that is new."""
        if self._now == self._told:
            return None
        self._told = self._now
        return self._now

    async def _ask(self) -> None:
        while self._is_stale:
            self._is_stale = False
            try:
                reply = await self._desk.balances()
            except Failure:
                # The venue stops, or the account is followed anew: those who get this are told no more of it.
                return
            found = [each for each in reply.balances if each.asset.upper() == self._currency]
            self._now = summary_document(found[0]) if found else self._now
            if self._now is not None:
                self.changed()
            await asyncio.sleep(PORTFOLIO_SECONDS)


def is_own(channel: str) -> bool:
    """Whether there is such a channel of one's own."""
    kind, *parts = channel.split(".")
    if kind != "user" or not parts:
        return False
    if parts[0] == "portfolio":
        return len(parts) == 2 and bool(parts[1])
    if parts[0] not in ("orders", "trades") or parts[-1] not in INTERVALS:
        return False
    return len(parts) == 3 or (len(parts) == 4 and parts[1] in ASKED_KINDS)


def own_feed(feeds: Feeds, channel: str, desk: Desk, listed: Listed) -> Feed:
    """The feed of a channel of which `is_own` says that there is one."""
    what = channel.split(".")[1]
    if what == "portfolio":
        return PortfolioFeed(feeds, channel, desk, listed)
    return (OrdersFeed if what == "orders" else FillsFeed)(feeds, channel, desk, listed)
