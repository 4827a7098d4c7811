"""The client library: connect to a venue, log in, trade, and follow the market.

    async with connect("ws://127.0.0.1:8765", participant="mm-alpha", key="keys/mm-alpha.pem") as client:
        order = await client.buy("BTC/RUB", quantity="0.01", price="8000000")
        await order.filled()
        async for trade in client.trades("BTC/RUB"):
            print(trade.price, trade.quantity)

Requests may overlap freely: each carries an id, and its reply is matched by it. Execution reports are checked for gaps;
after a lost connection the client logs in again, subscribes again and fetches the reports it missed.
"""

from __future__ import annotations

import itertools
import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import Any, Literal

from gateway.client.amounts import Amount, decimal_text
from gateway.client.book import LocalBook
from gateway.client.connection import Connection, PrivateReport, Subscription
from gateway.client.errors import ClientError, ConnectionLost, RequestFailed
from gateway.client.key import Key
from gateway.client.link import Encoding
from gateway.client.orders import Order
from gateway.client.streams import Stream
from gateway.protocol import messages as m

_DECIMAL_TERMS = ("stop_price", "trail", "display_quantity", "peg_offset", "min_quantity")


class Client(Connection):
    """A participant at a venue. Made by `connect`; not safe to use from other threads."""

    def __init__(
        self,
        url: str,
        participant: str | None,
        key: Key | None,
        *,
        account: str | None,
        encoding: Encoding,
        reconnect: bool,
    ) -> None:
        super().__init__(url, participant, key, encoding, reconnect)
        self._account = account
        # Client order ids must not repeat those of an earlier connection on the same day.
        self._prefix = secrets.token_hex(4)
        self._order_numbers = itertools.count(1)

    # ── trading ────────────────────────────────────────────────────────────────────────────────────────────────────

    async def buy(self, instrument: str, quantity: Amount, price: Amount | None = None, **terms: Any) -> Order:
        """Buy: a limit order with `price`, else a market order. `terms` as in `submit`."""
        return await self.submit(instrument, "buy", quantity, price, **terms)

    async def sell(self, instrument: str, quantity: Amount, price: Amount | None = None, **terms: Any) -> Order:
        """Sell: a limit order with `price`, else a market order. `terms` as in `submit`."""
        return await self.submit(instrument, "sell", quantity, price, **terms)

    async def submit(
        self,
        instrument: str,
        side: m.Side,
        quantity: Amount,
        price: Amount | None = None,
        *,
        account: str | None = None,
        time_in_force: m.TimeInForce = "gtc",
        post_only: bool | Literal["reject", "reprice"] = False,
        client_order_id: str | None = None,
        order_type: m.OrderType | None = None,
        **terms: Any,
    ) -> Order:
        """Enter an order and return it once the venue has accepted it.

        Args:
            quantity: in the base asset.
            price: the limit, in the quote asset; None for a market order.
            account: may be left out if the participant has one account, or `connect` was given one.
            client_order_id: by default a new one.
            order_type: by default `limit` with a price, else `market`.
            terms: any other field of `gateway.protocol.messages.OrderTerms`, such as `stop_price` or `display_quantity`.

        Raises:
            OrderRejected: with the rule that decided, if one did.
            RequestFailed: the request was not even sequenced.
            ConnectionLost: the outcome is unknown; send it again with the same `client_order_id`.
        """
        account = self._own_account(account)
        client_order_id = client_order_id or f"{self._prefix}-{next(self._order_numbers)}"
        quantity_text = decimal_text(quantity)
        price_text = None if price is None else decimal_text(price)
        order = Order(
            amend=self.amend,
            cancel=self.cancel,
            account=account,
            client_order_id=client_order_id,
            instrument=instrument,
            side=side,
            quantity=quantity_text,
            price=price_text,
        )
        further: dict[str, Any] = {
            name: decimal_text(value) if name in _DECIMAL_TERMS else value for name, value in terms.items()
        }
        request = m.NewOrder(
            id=next(self._ids),
            account=account,
            client_order_id=client_order_id,
            instrument=instrument,
            side=side,
            quantity=quantity_text,
            order_type=order_type or ("market" if price is None else "limit"),
            time_in_force=time_in_force,
            price=price_text,
            post_only=post_only,
            **further,
        )
        return await self._enter(order, request)

    async def _enter(self, order: Order, request: m.NewOrder) -> Order:
        key = order.account, order.client_order_id
        # Known before it is sent: its fills may arrive in the same breath as its acceptance. One sent again keeps its state.
        order = self._orders.setdefault(key, order)
        try:
            reply = await self.request(request, m.ExecutionReport)
        except RequestFailed:
            if order.order_id == 0:
                self._orders.pop(key, None)
            raise
        if reply.seq is None:
            order.apply(reply)
        return order

    async def amend(
        self,
        *,
        account: str | None = None,
        order_id: int | None = None,
        client_order_id: str | None = None,
        price: Amount | None = None,
        quantity: Amount | None = None,
    ) -> m.ExecutionReport:
        """Change price or total quantity of a resting order, named by one of its ids. Raises `OrderRejected`."""
        request = m.AmendOrder(
            id=next(self._ids),
            account=self._own_account(account),
            order_id=order_id,
            client_order_id=client_order_id,
            price=None if price is None else decimal_text(price),
            quantity=None if quantity is None else decimal_text(quantity),
        )
        return await self.request(request, m.ExecutionReport)

    async def cancel(
        self, *, account: str | None = None, order_id: int | None = None, client_order_id: str | None = None
    ) -> m.ExecutionReport:
        """Cancel a resting order, named by one of its ids. Raises `OrderRejected` if it does not rest."""
        request = m.CancelOrder(
            id=next(self._ids),
            account=self._own_account(account),
            order_id=order_id,
            client_order_id=client_order_id,
        )
        return await self.request(request, m.ExecutionReport)

    async def mass_cancel(
        self, *, account: str | None = None, instrument: str | None = None, side: m.Side | None = None
    ) -> int:
        """Cancel all resting orders of an account, or those of an instrument or side; returns how many there were."""
        request = m.MassCancel(id=next(self._ids), account=self._own_account(account), instrument=instrument, side=side)
        return (await self.request(request, m.MassCancelled)).orders

    async def transfer(
        self,
        to_account: str,
        asset: str,
        amount: Amount,
        purpose: m.Purpose,
        *,
        contract_reference: str = "",
        account: str | None = None,
        client_order_id: str | None = None,
    ) -> int:
        """Move an asset to another account; returns the number of the transfer.

        Args:
            amount: in the asset.
            purpose: `own_account`, `domestic_payment` (which the rules refuse for currency values) or `cross_border`.
            contract_reference: of the contract that a cross-border transfer settles.
            client_order_id: by default a new one.

        Raises:
            OrderRejected: with the rule that decided, if one did.
            RequestFailed: the request was not even sequenced, or it is one sent again that was refused before.
            ConnectionLost: the outcome is unknown; send it again with the same `client_order_id`.
        """
        request = m.Transfer(
            id=next(self._ids),
            account=self._own_account(account),
            client_order_id=client_order_id or f"{self._prefix}-{next(self._order_numbers)}",
            to_account=to_account,
            asset=asset,
            amount=decimal_text(amount),
            purpose=purpose,
            contract_reference=contract_reference,
        )
        reply = await self.request(request, m.Message)
        if isinstance(reply, m.TransferStatus) and reply.code is not None:
            raise RequestFailed(reply.code, f"transfer {reply.transfer_id} was refused")
        if not isinstance(reply, m.Transferred | m.TransferStatus):
            raise ClientError(f"expected Transferred, the venue sent {type(reply).__name__}")
        return reply.transfer_id

    async def positions(self, account: str | None = None) -> m.PositionsReply:
        """List the positions of an account in futures, and what covers them, by asset."""
        request = m.Positions(id=next(self._ids), account=self._own_account(account))
        return await self.request(request, m.PositionsReply)

    async def open_orders(self, account: str | None = None) -> list[m.OpenOrder]:
        """List the open orders of an account, by order id."""
        return await self.list_orders(self._own_account(account))

    async def balances(self, account: str | None = None) -> dict[str, m.Holding]:
        """List what an account holds, by asset."""
        request = m.Balances(id=next(self._ids), account=self._own_account(account))
        return {holding.asset: holding for holding in (await self.request(request, m.BalancesReply)).balances}

    async def instruments(self) -> dict[str, m.InstrumentInfo]:
        """List the instruments by name. Needs no login."""
        reply = await self.request(m.Instruments(id=next(self._ids)), m.InstrumentsReply)
        return {each.instrument: each for each in reply.instruments}

    async def admin(self, command: str, /, **arguments: m.Argument) -> int:
        """Sequence a configuration or compliance command; returns its sequence number.

        For operators and supervisors, and for issuers in what concerns their own assets. Raises `RequestFailed` if it was refused.
        """
        request = m.Admin(id=next(self._ids), command=command, arguments=arguments)
        return (await self.request(request, m.Done)).seq

    # ── streams ────────────────────────────────────────────────────────────────────────────────────────────────────

    def reports(self, account: str | None = None) -> Stream[PrivateReport]:
        """Follow the private reports of one account, or of all of the participant's."""

        async def start() -> None:
            self._report_streams.append((account, stream))

        async def stop() -> None:
            self._report_streams = [each for each in self._report_streams if each[1] is not stream]

        stream: Stream[PrivateReport] = Stream(start, stop)
        return stream

    def trades(self, instrument: str) -> Stream[m.TradePrint]:
        """Follow the public trades of an instrument."""
        return self._stream("trades", instrument)

    def top(self, instrument: str) -> Stream[m.Top]:
        """Follow the best bid and ask of an instrument."""
        return self._stream("top", instrument)

    def ticker(self, instrument: str) -> Stream[m.Ticker]:
        """Follow the last price and the best bid and ask of an instrument."""
        return self._stream("ticker", instrument)

    def status(self, instrument: str) -> Stream[m.Status]:
        """Follow the phases of an instrument."""
        return self._stream("status", instrument)

    def marks(self, instrument: str) -> Stream[m.Mark]:
        """Follow the marks of a future."""
        return self._stream("marks", instrument)

    def index(self, index: str) -> Stream[m.IndexPrice]:
        """Follow the prices of an index, named by a future's `underlying`."""
        return self._stream("index", index)

    def drop_copy(self) -> Stream[PrivateReport]:
        """Follow the reports of every account. For supervisors and operators."""
        return self._stream("drop_copy", None)

    def changes(self) -> Stream[m.Change]:
        """Follow what changes of rules, records and settings. For supervisors and operators."""
        return self._stream("changes", None)

    async def book(self, instrument: str) -> LocalBook:
        """Follow the book of an instrument; returns once the first snapshot is there."""
        channel = self._channels.setdefault(("book", instrument), Subscription())
        async with channel.lock:
            if channel.book is None:
                channel.book = LocalBook(instrument)
                await self._subscribe("book", instrument)
        while channel.book.seq < 0:
            await channel.book.changed()
        return channel.book

    def _stream(self, channel_name: m.ChannelName, instrument: str | None) -> Stream[Any]:
        key = (channel_name, instrument)

        async def start() -> None:
            channel = self._channels.setdefault(key, Subscription())
            async with channel.lock:
                channel.streams.append(stream)
                if len(channel.streams) == 1:
                    await self._subscribe(channel_name, instrument)

        async def stop() -> None:
            channel = self._channels[key]
            async with channel.lock:
                if stream in channel.streams:
                    channel.streams.remove(stream)
                    # What passes while nobody listens is not missed.
                    channel.seq = channel.seq if channel.streams else None
                    if not channel.streams and not self._closing and self._broken is None:
                        request = m.Unsubscribe(id=next(self._ids), channel=channel_name, instrument=instrument)
                        # A lost connection took the subscription with it.
                        with suppress(ConnectionLost):
                            await self.request(request, m.Unsubscribed)

        stream: Stream[Any] = Stream(start, stop)
        return stream

    def _own_account(self, account: str | None) -> str:
        account = account or self._account
        if account:
            return account
        accounts = self.accounts
        if len(accounts) == 1:
            return accounts[0]
        raise ClientError(f"name the account: {', '.join(accounts)}" if accounts else "log in first")


@asynccontextmanager
async def connect(
    url: str,
    participant: str | None = None,
    key: Key | None = None,
    *,
    account: str | None = None,
    encoding: Encoding = "json",
    reconnect: bool = True,
) -> AsyncIterator[Client]:
    """Connect to a venue and log in; without `participant` and `key`, public data only.

    Args:
        url: `ws://HOST:PORT`.
        key: the participant's private key: a path, PEM or raw bytes, or the key itself.
        account: the account to use where none is named.
        encoding: `json` or `msgpack`; the messages are the same.
        reconnect: whether to connect again when the connection is lost.

    Raises:
        ConnectionLost: there is no venue at `url`.
        RequestFailed: the login failed.
    """
    if (participant is None) != (key is None):
        raise ClientError("participant and key belong together")
    client = Client(url, participant, key, account=account, encoding=encoding, reconnect=reconnect)
    await client.open()
    try:
        yield client
    finally:
        await client.close()
