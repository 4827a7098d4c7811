"""Who wants to know what of an account: found by what it wants, so that who listens to something else costs a report nothing."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from gateway.deribit.dialect.failures import Failure
from gateway.deribit.dialect.listed import ANY, Listed, kind_of
from gateway.deribit.dialect.order_state import OrderState
from gateway.protocol import messages as m

MAX_LISTENERS: Final = 1_000
"""Of one account, on all connections together: twice what one connection gets. Each is told at most once a report or look, so this bounds memory."""
ORDERS: Final = "orders"
TRADES: Final = "trades"
PORTFOLIO: Final = "portfolio"
About = tuple[str, ...]
"""What somebody wants to know: `(ORDERS or TRADES, name of an instrument)`, `(ORDERS or TRADES, kind, currency)` or `(PORTFOLIO, currency)`."""
Holdings = dict[str, m.Holding]
"""What an account holds, by asset in capitals."""


class DeskListener:
    """Who wants to know something of an account."""

    def ordered(self, order: OrderState) -> None:
        """An order came, or changed, or ended."""

    def filled(self, fill: m.ExecutionReport) -> None:
        """Something of an order was traded."""

    def held(self, holdings: Holdings) -> None:
        """What the account holds was looked at."""


class Listening:
    """All who listen to one account.

    Args:
        listed: the instruments.
    """

    def __init__(self, listed: Listed) -> None:
        self._listed: Final = listed
        self._by_what: Final[dict[About, dict[DeskListener, None]]] = {}
        self._count = 0
        self._holders: Final[dict[DeskListener, None]] = {}

    @property
    def is_holding_wanted(self) -> bool:
        """Whether anybody wants to know what the account holds."""
        return bool(self._holders)

    def check_room(self) -> None:
        """Raise `Failure` if there are as many as there may be."""
        if self._count >= MAX_LISTENERS:
            raise Failure(
                13017, "subscription_failed", reason=f"an account has at most {MAX_LISTENERS} channels in all"
            )

    def join(self, about: About, listener: DeskListener) -> None:
        """Tell one more."""
        self._by_what.setdefault(about, {})[listener] = None
        self._count += 1
        if about[0] == PORTFOLIO:
            self._holders[listener] = None

    def leave(self, about: About, listener: DeskListener) -> None:
        """Tell it no longer."""
        listeners = self._by_what[about]
        del listeners[listener]
        if not listeners:
            del self._by_what[about]
        self._count -= 1
        self._holders.pop(listener, None)

    def of(self, what: str, instrument: str) -> Iterator[DeskListener]:
        """Those who want to know of orders, or trades, of an instrument."""
        if not self._by_what:
            return
        info = self._listed.info(instrument)
        wanted: list[About] = [(what, ANY), (what, self._listed.name(instrument))]
        wanted += [(what, kind, each) for kind in (ANY, kind_of(info)) for each in (ANY, info.base, info.quote)]
        for about in dict.fromkeys(wanted):
            yield from list(self._by_what.get(about, ()))

    def tell_holdings(self, holdings: list[m.Holding]) -> None:
        """Tell all who want to know what the account holds."""
        by_asset = {each.asset.upper(): each for each in holdings}
        for listener in list(self._holders):
            listener.held(by_asset)
