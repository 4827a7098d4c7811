"""What a client knows of its own orders, and the exceptions that say what went wrong."""

from __future__ import annotations

import asyncio
from decimal import Decimal
from typing import TYPE_CHECKING

from gateway.protocol.messages import Error, ExecutionReport, Rejected, RequestRejected

if TYPE_CHECKING:
    from gateway.client.client import Client

Amount = str | int | Decimal
"""A price or quantity: never a binary float, which can't hold most decimals."""


class ClientError(Exception):
    """Whatever went wrong between a client and its venue."""


class ConnectionLost(ClientError):
    """The connection ended before the reply came: the request may have been carried out or not.

    A new order is safe to send again with the same `client_order_id` on the same trading day: it never acts twice.
    """


class FellBehind(ClientError):
    """A stream was read too slowly, and messages for it had to be dropped."""


class OrderEnded(ClientError):
    """The order ended without being filled wholly; `order` says how far it came."""

    def __init__(self, order: Order) -> None:
        super().__init__(
            f"order {order.order_id} is {order.status} with {order.filled_quantity} filled: {order.reason}"
        )
        self.order = order


class RequestFailed(ClientError):
    """The venue refused a request. `code` is for programs, `detail` for people."""

    def __init__(self, code: str, detail: str) -> None:
        super().__init__(f"{code}: {detail}")
        self.code = code
        self.detail = detail

    @classmethod
    def of(cls, message: Error | Rejected) -> RequestFailed:
        """The exception for a message that refuses."""
        return cls(message.code, message.detail)


class OrderRejected(RequestFailed):
    """An order, amend or cancel did nothing. If a rule decided, `rule`, `title` and every failed rule in `rules` say which."""

    def __init__(self, message: ExecutionReport | RequestRejected) -> None:
        code, detail = message.code or "rejected", message.detail or ""
        super().__init__(code, f"{message.rule} ({message.title}): {detail}" if message.rule else detail)
        self.detail = detail
        self.rule = message.rule or ""
        self.title = message.title or ""
        self.rules = message.rules
        self.message = message


class Order:
    """One order of this client, kept up to date by its execution reports."""

    def __init__(
        self,
        client: Client,
        account: str,
        client_order_id: str,
        instrument: str,
        side: str,
        quantity: str,
        price: str | None,
    ) -> None:
        self._client = client
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
        await self._client.amend(
            account=self.account, client_order_id=self.client_order_id, price=price, quantity=quantity
        )
        return self

    async def cancel(self) -> Order:
        """Cancel what is left. Raises `OrderRejected` if the order does not rest any more."""
        await self._client.cancel(account=self.account, client_order_id=self.client_order_id)
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


def decimal_text(value: Amount) -> str:
    """Write a price or quantity as the venue reads it. Raises `TypeError` for a float."""
    if isinstance(value, str):
        return value
    if isinstance(value, bool) or not isinstance(value, int | Decimal):
        raise TypeError(f'{value!r}: write prices and quantities as str, int or Decimal, as in "0.01"')
    return format(value, "f") if isinstance(value, Decimal) else str(value)
