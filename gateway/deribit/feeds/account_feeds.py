"""Channels of one's own account, as Deribit names them.

user.orders.INSTRUMENT.INTERVAL, user.orders.KIND.CURRENCY.INTERVAL
user.trades.INSTRUMENT.INTERVAL, user.trades.KIND.CURRENCY.INTERVAL
user.portfolio.CURRENCY
"""

from __future__ import annotations

from typing import Any, Final

from gateway.deribit.callers.desk import Desk
from gateway.deribit.callers.listening import ORDERS, PORTFOLIO, TRADES, About, DeskListener, Holdings
from gateway.deribit.dialect.holdings import summary_document
from gateway.deribit.dialect.listed import ASKED_KINDS, Listed
from gateway.deribit.dialect.order_state import OrderState, fill_document, order_document
from gateway.deribit.feeds.feeds import INTERVALS, RAW, Feed, Feeds
from gateway.protocol import messages as m


class DeskFeed(Feed, DeskListener):
    """Of one account."""

    def __init__(self, feeds: Feeds, channel: str, desk: Desk, listed: Listed) -> None:
        super().__init__(feeds, channel, channel.endswith(RAW), desk)
        self._desk: Final = desk
        self._listed: Final = listed
        self._about: Final[About] = about(channel)

    def begin(self) -> None:
        """Follow the account."""
        self._desk.listening.join(self._about, self)

    def end(self) -> None:
        """Leave it."""
        self._desk.listening.leave(self._about, self)


class OrdersFeed(DeskFeed):
    """Orders, whenever one is another: each as it is then. By `raw` one by one, else those of a tenth of a second in a list."""

    def __init__(self, feeds: Feeds, channel: str, desk: Desk, listed: Listed) -> None:
        super().__init__(feeds, channel, desk, listed)
        self._new: dict[int, OrderState] = {}

    def ordered(self, order: OrderState) -> None:
        """Tell it."""
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
        self._told: dict[str, Any] | None = None
        self._now: dict[str, Any] | None = None

    def begin(self) -> None:
        """Follow the account, and look what it has."""
        super().begin()
        self._desk.look_what_is_held()

    def first(self) -> object | None:
        """What was told last; else it comes soon."""
        return self._told

    def held(self, holdings: Holdings) -> None:
        """Tell it, if there is or was any."""
        found = holdings.get(self._about[1])
        self._now = summary_document(found) if found is not None else self._now
        if self._now is not None:
            self.changed()

    def collect(self) -> object | None:
        """What it has now, if that is new."""
        if self._now == self._told:
            return None
        self._told = self._now
        return self._now


def is_own(channel: str) -> bool:
    """Whether there is such a channel of one's own."""
    kind, *parts = channel.split(".")
    if kind != "user" or not parts:
        return False
    if parts[0] == PORTFOLIO:
        return len(parts) == 2 and bool(parts[1])
    if parts[0] not in (ORDERS, TRADES) or parts[-1] not in INTERVALS:
        return False
    return len(parts) == 3 or (len(parts) == 4 and parts[1] in ASKED_KINDS)


def about(channel: str) -> About:
    """What a channel of which `is_own` says that there is one is about."""
    _, what, *parts = channel.split(".")
    return (PORTFOLIO, parts[0].upper()) if what == PORTFOLIO else (what, *parts[:-1])


def own_feed(feeds: Feeds, channel: str, desk: Desk, listed: Listed) -> Feed:
    """The feed of a channel of which `is_own` says that there is one. Raises `Failure`: the account has too many."""
    desk.listening.check_room()
    what = channel.split(".")[1]
    if what == PORTFOLIO:
        return PortfolioFeed(feeds, channel, desk, listed)
    return (OrdersFeed if what == ORDERS else FillsFeed)(feeds, channel, desk, listed)
