"""What a client knows of its own orders."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable
from decimal import Decimal
from typing import Final, Literal, Protocol, cast

from gateway.client.values.amounts import Amount, decimal_text, optional_decimal
from gateway.client.values.errors import ClientError
from gateway.client.values.values import Fill, fill_of
from gateway.protocol.messages import ExecutionReport, OpenOrder, Side

BEGINNINGS: Final = ("new", "rejected")
"""What the first report of an order is."""
_OVER: Final = ("filled", "cancelled", "rejected")
OrderStatus = Literal["pending", "new", "partially_filled", "filled", "cancelled", "rejected", "unknown", "lost"]
"""pending: not answered yet. unknown: reports were lost for good, and it does not rest. lost: the venue had accepted it, and lost it
with its last moments (durability `os`); sent again, it is entered anew.
"""


class Amend(Protocol):
    """Asks the venue to change an order."""

    def __call__(
        self,
        *,
        account: str,
        client_order_id: str,
        price: Amount | None,
        quantity: Amount | None,
        stop_price: Amount | None,
        display_quantity: Amount | None,
    ) -> Awaitable[object]:
        """Account and id are the order's; what is None stays. Raises `OrderRejected`."""


class Cancel(Protocol):
    """Asks the venue to cancel an order."""

    def __call__(self, *, account: str, client_order_id: str) -> Awaitable[object]:
        """Account and id are the order's. Raises `OrderRejected`."""


class OrderEnded(ClientError):
    """The order ended without being filled wholly; `order` says how far it came."""

    def __init__(self, order: Order) -> None:
        super().__init__(
            f"order {order.order_id} is {order.status} with {order.filled_quantity:f} filled: {order.reason}"
        )
        self.order = order


class Order:
    """One order of this client, kept up to date by its execution reports. Prices and quantities are `Decimal`."""

    def __init__(
        self,
        *,
        amend: Amend,
        cancel: Cancel,
        account: str,
        client_order_id: str,
        instrument: str,
        side: Side,
        quantity: str,
        price: str | None,
        stop_price: str | None = None,
        since_ns: int = 0,
    ) -> None:
        self.since_ns = since_ns
        """The venue's clock when it was made, as far as it was known: no report of it is older."""
        self.first_seq = 0
        """Of the report that it began with; 0 as long as that has not come."""
        self.last_seq = 0
        """Of its last report."""
        self._amend = amend
        self._cancel = cancel
        self.account = account
        self.client_order_id = client_order_id
        self.instrument = instrument
        self.side = side
        self.quantity = Decimal(quantity)
        """Of a market order by `funds`: what it got."""
        self.price = optional_decimal(price)
        """The limit; None for a market order until the venue reports its collar."""
        self.stop_price = optional_decimal(stop_price)
        """Where a stop triggers, as it was entered or amended here; of a trailing stop where it began."""
        self.order_id = 0
        """0 until the venue has accepted it."""
        self.status: OrderStatus = "pending"
        self.filled_quantity = Decimal(0)
        self.leaves_quantity = self.quantity
        self.reason = ""
        """Why it was cancelled."""
        self.fills: list[Fill] = []
        self._asked = self.quantity, self.price, self.stop_price
        self._is_over = False
        self._ended = asyncio.Event()
        self._error: ClientError | None = None

    def __repr__(self) -> str:
        price = "market" if self.price is None else f"{self.price:f}"
        stop = "" if self.stop_price is None else f", stop {self.stop_price:f}"
        terms = f"{self.side} {self.quantity:f} {self.instrument} at {price}{stop}"
        return f"<Order {self.order_id} {terms}: {self.status}, {self.filled_quantity:f} filled>"

    @property
    def is_open(self) -> bool:
        """Whether the order may still trade, as far as the client knows."""
        return not self._is_over

    @property
    def has_all_fills(self) -> bool:
        """Whether `fills` add up to `filled_quantity`: not if the venue no longer keeps the reports of some."""
        return sum((fill.quantity for fill in self.fills), Decimal(0)) == self.filled_quantity

    @property
    def average_price(self) -> Decimal | None:
        """What it traded at, weighted by quantity; None without a fill."""
        quantity = sum((fill.quantity for fill in self.fills), Decimal(0))
        return sum((fill.price * fill.quantity for fill in self.fills), Decimal(0)) / quantity if quantity else None

    async def ended(self) -> Order:
        """Wait until the order is filled, cancelled or rejected, and return it. Raises what ended the client before that."""
        await self._ended.wait()
        if self._error is not None and not self._is_over:
            raise self._error
        return self

    async def filled(self) -> Order:
        """Wait until the order is filled wholly, and return it. Raises `OrderEnded` if it ends otherwise, else as `ended`."""
        await self.ended()
        if self.status != "filled":
            raise OrderEnded(self)
        return self

    async def amend(
        self,
        *,
        price: Amount | None = None,
        quantity: Amount | None = None,
        stop_price: Amount | None = None,
        display_quantity: Amount | None = None,
    ) -> Order:
        """Change its terms; `quantity` is the total, filled part included. Raises `OrderRejected` if nothing changed."""
        await self._amend(
            account=self.account,
            client_order_id=self.client_order_id,
            price=price,
            quantity=quantity,
            stop_price=stop_price,
            display_quantity=display_quantity,
        )
        if stop_price is not None:
            # The report of an amend does not say it.
            self.stop_price = Decimal(decimal_text(stop_price))
        return self

    async def cancel(self) -> Order:
        """Cancel what is left. Raises `OrderRejected` if the order does not rest any more."""
        await self._cancel(account=self.account, client_order_id=self.client_order_id)
        return self

    # ── for the client ─────────────────────────────────────────────────────────────────────────────────────────────

    def apply(self, report: ExecutionReport) -> None:
        """Take in a report of the venue."""
        self.order_id = report.order_id or self.order_id
        self.status = cast(OrderStatus, report.order_status)
        if report.price is not None:
            self.price = Decimal(report.price)
        if report.stop_price is not None:
            self.stop_price = Decimal(report.stop_price)
        if report.quantity is not None:
            self.quantity = Decimal(report.quantity)
        if report.filled_quantity is not None:
            self.filled_quantity = Decimal(report.filled_quantity)
        if report.leaves_quantity is not None:
            self.leaves_quantity = Decimal(report.leaves_quantity)
        self.reason = report.reason or self.reason
        if report.seq is not None:
            self.last_seq = report.seq
            if report.exec_type in BEGINNINGS:
                self.first_seq = report.seq
        if (fill := fill_of(report)) is not None:
            self.fills.append(fill)
        if self.status in _OVER:
            self.end(self.status)

    def stands(self, listed: OpenOrder) -> None:
        """Take in how the venue lists it among the open orders, where reports of it are lost."""
        self._reopen()
        self.order_id = listed.order_id
        self.price = self.price if listed.price is None else Decimal(listed.price)
        self.stop_price = self.stop_price if listed.stop_price is None else Decimal(listed.stop_price)
        self.quantity = Decimal(listed.quantity)
        self.filled_quantity = Decimal(listed.filled_quantity)
        self.leaves_quantity = Decimal(listed.leaves_quantity)
        self.status = "partially_filled" if self.filled_quantity else "new"

    def reset(self) -> None:
        """Forget every report: back to before the venue accepted it."""
        self._reopen()
        self.quantity, self.price, self.stop_price = self._asked
        self.order_id = self.first_seq = self.last_seq = 0
        self.status, self.reason = "pending", ""
        self.filled_quantity, self.leaves_quantity = Decimal(0), self.quantity
        self.fills.clear()

    def forget_after(self, seq: int) -> None:
        """Forget the fills of reports after one, and that it ended by such a report."""
        self.fills[:] = [fill for fill in self.fills if fill.seq <= seq]
        self.last_seq = min(self.last_seq, seq)
        self._reopen()

    def end(self, status: OrderStatus) -> None:
        """Note that the order can't change any more."""
        self.status = status
        self._is_over = True
        self._ended.set()

    def abandon(self, error: ClientError) -> None:
        """Tell who waits that nothing more will be heard of it."""
        self._error = error
        self._ended.set()

    def _reopen(self) -> None:
        self._is_over = False
        self._ended.clear()
