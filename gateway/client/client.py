"""The client library: connect to a venue, log in, trade, and follow the market.

    async with connect("ws://127.0.0.1:8765", participant="mm-alpha", key="keys/mm-alpha.pem") as client:
        order = await client.buy("BTC/RUB", quantity="0.01", price="8000000")
        await order.filled()
        async for trade in client.trades("BTC/RUB"):
            print(trade.price, trade.quantity)

Requests may overlap freely: each carries an id, and its reply is matched by it. Execution reports are checked for gaps;
after a lost connection the client logs in again, subscribes again and fetches the reports it missed. A request that meets no
connection waits for one, and for its reply, as long as its time limit. Where its outcome is unknown (`ConnectionLost`), send an
order or transfer again with the same `client_order_id`:

    while True:
        try:
            order = await client.buy("BTC/RUB", quantity="0.01", price="8000000", client_order_id="morning-1")
            break
        except ConnectionLost:
            continue
"""

from __future__ import annotations

import itertools
import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Literal

from gateway.client.amounts import Amount, decimal_text
from gateway.client.errors import ClientError, RequestFailed
from gateway.client.following import Following
from gateway.client.key import Key
from gateway.client.link import REQUEST_TIMEOUT_SECONDS, VENUE, Encoding, Pings, PingSeconds
from gateway.client.orders import Order
from gateway.protocol import messages as m

_DECIMAL_TERMS = ("stop_price", "trail", "display_quantity", "peg_offset", "min_quantity")


class Client(Following):
    """A participant at a venue. Made by `connect`; not safe to use from other threads."""

    def __init__(
        self,
        url: str,
        participant: str | None,
        key: Key | None,
        *,
        account: str | None,
        **options: Any,
    ) -> None:
        super().__init__(url, participant, key, **options)
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
            ConnectionLost: no reply came; send it again with the same `client_order_id`. `was_sent` says what is known.
            RequestTimedOut: the same, after the time limit.
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
            since_ns=self._protocol.since_ns(account),
        )
        request = m.NewOrder(
            id=self.next_id(),
            account=account,
            client_order_id=client_order_id,
            instrument=instrument,
            side=side,
            quantity=quantity_text,
            order_type=order_type or ("market" if price is None else "limit"),
            time_in_force=time_in_force,
            price=price_text,
            post_only=post_only,
            **_further(terms),
        )
        return await self._enter(order, request)

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
            id=self.next_id(),
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
            id=self.next_id(),
            account=self._own_account(account),
            order_id=order_id,
            client_order_id=client_order_id,
        )
        return await self.request(request, m.ExecutionReport)

    async def mass_cancel(
        self, *, account: str | None = None, instrument: str | None = None, side: m.Side | None = None
    ) -> int:
        """Cancel all resting orders of an account, or those of an instrument or side; returns how many there were."""
        request = m.MassCancel(id=self.next_id(), account=self._own_account(account), instrument=instrument, side=side)
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
            ConnectionLost: no reply came; send it again with the same `client_order_id`. `was_sent` says what is known.
            RequestTimedOut: the same, after the time limit.
        """
        request = m.Transfer(
            id=self.next_id(),
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
        request = m.Positions(id=self.next_id(), account=self._own_account(account))
        return await self.request(request, m.PositionsReply)

    async def risk_warning(self, account: str | None = None, digest: str | None = None) -> m.RiskWarningReply:
        """Say which risk warning is to be acknowledged, with its text, or that of a digest, and what was acknowledged."""
        request = m.RiskWarning(id=self.next_id(), account=self._own_account(account), digest=digest)
        return await self.request(request, m.RiskWarningReply)

    async def contracts(self, account: str | None = None) -> dict[str, m.ContractInfo]:
        """List the contracts of foreign trade of an account's investor, by number."""
        account = self._own_account(account)
        found: dict[str, m.ContractInfo] = {}
        while True:
            reply = await self.request(
                m.Contracts(id=self.next_id(), account=account, after=len(found)), m.ContractsReply
            )
            found |= {each.contract: each for each in reply.contracts}
            if not reply.more:
                return found

    async def open_orders(self, account: str | None = None) -> list[m.OpenOrder]:
        """List the open orders of an account, by order id."""
        account = self._own_account(account)
        found: list[m.OpenOrder] = []
        while True:
            after = found[-1].order_id if found else 0
            request = m.OpenOrders(id=self.next_id(), account=account, after_order_id=after)
            reply = await self.request(request, m.OpenOrdersReply)
            found += reply.orders
            if not reply.more:
                return found

    async def balances(self, account: str | None = None) -> dict[str, m.Holding]:
        """List what an account holds, by asset."""
        request = m.Balances(id=self.next_id(), account=self._own_account(account))
        return {holding.asset: holding for holding in (await self.request(request, m.BalancesReply)).balances}

    async def instruments(self) -> dict[str, m.InstrumentInfo]:
        """List the instruments by name. Needs no login."""
        reply = await self.request(m.Instruments(id=self.next_id()), m.InstrumentsReply)
        return {each.instrument: each for each in reply.instruments}

    async def records(
        self, kind: m.RecordKind, name: str | None = None, *, at_most: int | None = None
    ) -> dict[str, m.RecordInfo]:
        """Look a name up, and count what it has; without one, list the names of a kind. For supervisors and operators.

        Args:
            kind: such as `investor` or `parameter`; a trade is only looked up.
            name: of which there is one record or none.
            at_most: of a list, so many and no more than a page beyond.
        """
        found: dict[str, m.RecordInfo] = {}
        while True:
            request = m.Records(id=self.next_id(), kind=kind, name=name, after=len(found))
            reply = await self.request(request, m.RecordsReply)
            found |= {each.name: each for each in reply.records}
            if not reply.more or (at_most is not None and len(found) >= at_most):
                return found

    async def rates(self) -> dict[str, m.Rate]:
        """Say how much may be asked of the venue, and what is left, by scope; nothing where nobody is limited. Needs no login."""
        reply = await self.request(m.Rates(id=self.next_id()), m.RatesReply)
        return {rate.scope: rate for rate in reply.rates}

    async def admin(self, command: str, /, **arguments: m.Argument) -> int:
        """Sequence a configuration or compliance command; returns its sequence number.

        For operators and supervisors, and for issuers in what concerns their own assets. Raises `RequestFailed` if it was refused.
        Where the venue asks for a second approval it may only wait, as the proposal of that number.
        """
        request = m.Admin(id=self.next_id(), command=command, arguments=arguments)
        return (await self.request(request, m.Done)).seq

    def _own_account(self, account: str | None) -> str:
        account = account or self._account
        if account:
            return account
        # Those of the first login: one that is opened later doesn't make the program's choice unclear.
        accounts = self._protocol.first_accounts
        if len(accounts) == 1:
            return accounts[0]
        raise ClientError(f"name the account: {', '.join(accounts)}" if accounts else "log in first")


def _further(terms: dict[str, Any]) -> dict[str, Any]:
    """Further terms of an order, decimals as text."""
    return {name: decimal_text(value) if name in _DECIMAL_TERMS else value for name, value in terms.items()}


@asynccontextmanager
async def connect(
    url: str,
    participant: str | None = None,
    key: Key | None = None,
    *,
    account: str | None = None,
    encoding: Encoding = "json",
    reconnect: bool = True,
    ping_interval: PingSeconds = VENUE,
    ping_timeout: PingSeconds = VENUE,
    request_timeout: float = REQUEST_TIMEOUT_SECONDS,
    ca_file: Path | str | None = None,
) -> AsyncIterator[Client]:
    """Connect to a venue and log in; without `participant` and `key`, public data only.

    Args:
        url: `ws://HOST:PORT`, or `wss://HOST:PORT` for a venue with TLS.
        key: the participant's private key: a path, PEM or raw bytes, or the key itself.
        account: the account to use where none is named.
        encoding: `json` or `msgpack`; the messages are the same.
        reconnect: whether to connect again when the connection is lost.
        ping_interval: seconds between pings, by which a dead connection is noticed; None: none are sent. `venue`: as its hello says.
        ping_timeout: seconds for the answer to a ping; then the connection counts as lost. None: for ever. `venue`: as long as the
            venue itself waits for one.
        request_timeout: seconds that a request may wait for its reply, or for a connection to be sent on.
        ca_file: certificates, PEM, that vouch for a venue with TLS; None: those that the machine trusts.

    Raises:
        ConnectionLost: there is no venue at `url`.
        RequestFailed: the login failed.
    """
    if (participant is None) != (key is None):
        raise ClientError("participant and key belong together")
    client = Client(
        url,
        participant,
        key,
        account=account,
        encoding=encoding,
        reconnect=reconnect,
        pings=Pings(interval=ping_interval, timeout=ping_timeout),
        request_timeout=request_timeout,
        ca_file=ca_file,
    )
    await client.open()
    try:
        yield client
    finally:
        await client.close()
