"""What a client knows of its own orders."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable
from typing import Protocol

from gateway.client.amounts import Amount
from gateway.client.errors import ClientError
from gateway.protocol.messages import ExecutionReport


class Amend(Protocol):
    """Asks the venue to change an order."""

    def __call__(
        self, *, account: str, client_order_id: str, price: Amount | None, quantity: Amount | None
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
            f"order {order.order_id} is {order.status} with {order.filled_quantity} filled: {order.reason}"
        )
        self.order = order


class Order:
    """One order of this client, kept up to date by its execution reports."""

    def __init__(
        self,
        *,
        amend: Amend,
        cancel: Cancel,
        account: str,
        client_order_id: str,
        instrument: str,
        side: str,
        quantity: str,
        price: str | None,
    ) -> None:
        self._amend = amend
        self._cancel = cancel
        self.account = account
        self.client_order_id = client_order_id
        self.instrument = instrument
        self.side = side
        self.quantity = quantity
        self.price = price
        """The limit; None for a market order until the venue reports its collar."""
        self.order_id = 0
        """0 until the venue has accepted it."""
        self.status = "pending"
        """pending, new, partially_filled, filled, cancelled, rejected; unknown after reports were lost for good."""
        self.filled_quantity = "0"
        self.leaves_quantity = quantity
        self.reason = ""
        """Why it was cancelled."""
        self.fills: list[ExecutionReport] = []
        self._ended = asyncio.Event()

    def __repr__(self) -> str:
        terms = f"{self.side} {self.quantity} {self.instrument} at {self.price or 'market'}"
        return f"<Order {self.order_id} {terms}: {self.status}, {self.filled_quantity} filled>"

    @property
    def is_open(self) -> bool:
        """Whether the order may still trade."""
        return not self._ended.is_set()

    async def ended(self) -> Order:
        """Wait until the order is filled, cancelled or rejected, and return it."""
        await self._ended.wait()
        return self

    async def filled(self) -> Order:
        """Wait until the order is filled wholly, and return it. Raises `OrderEnded` if it ends otherwise."""
        await self._ended.wait()
        if self.status != "filled":
            raise OrderEnded(self)
        return self

    async def amend(self, *, price: Amount | None = None, quantity: Amount | None = None) -> Order:
        """Change price or total quantity (filled part included). Raises `OrderRejected` if nothing changed."""
        await self._amend(account=self.account, client_order_id=self.client_order_id, price=price, quantity=quantity)
        return self

    async def cancel(self) -> Order:
        """Cancel what is left. Raises `OrderRejected` if the order does not rest any more."""
        await self._cancel(account=self.account, client_order_id=self.client_order_id)
        return self

    def apply(self, report: ExecutionReport) -> None:
        """Take in a report of the venue."""
        self.order_id = report.order_id or self.order_id
        self.status = report.order_status
        self.price = report.price or self.price
        self.quantity = report.quantity or self.quantity
        self.filled_quantity = report.filled_quantity or self.filled_quantity
        self.leaves_quantity = report.leaves_quantity or self.leaves_quantity
        self.reason = report.reason or self.reason
        if report.exec_type == "trade":
            self.fills.append(report)
        if self.status in ("filled", "cancelled", "rejected"):
            self.end(self.status)

    def end(self, status: str) -> None:
        """Note that the order can't change any more."""
        self.status = status
        self._ended.set()
