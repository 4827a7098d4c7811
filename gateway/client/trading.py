"""What a participant asks for its accounts: orders, pairs, brackets, quotes, transfers."""

from __future__ import annotations

import asyncio
import itertools
import secrets
from collections.abc import Iterable, Sequence
from datetime import datetime
from functools import partial
from typing import Any, NamedTuple, TypedDict, Unpack

from gateway.client.accounts.entries import AnyEntry
from gateway.client.accounts.orders import Order
from gateway.client.following import Following
from gateway.client.links.connection import expected, settle
from gateway.client.links.key import Key
from gateway.client.values.amounts import Amount, decimal_text, optional_text
from gateway.client.values.errors import ClientError, RequestFailed
from gateway.client.values.terms import Limit, Market, PostOnly, Stop, StopLimit, Terms, wire_fields
from gateway.client.values.values import Report, handed
from gateway.protocol import messages as m
from gateway.protocol.request import SelfTrade

Rung = tuple[Amount, Amount]
"""Price and quantity of one quote of a ladder."""


class Options(TypedDict, total=False):
    """What `buy` and `sell` take besides: the further fields of `Limit` and `Market`, and what `submit` takes."""

    time_in_force: m.TimeInForce
    expire_time: datetime | int
    post_only: PostOnly
    self_trade: SelfTrade
    min_quantity: Amount
    reduce_only: bool
    account: str
    client_order_id: str


class Pair(NamedTuple):
    """Two orders of which one cancels the other."""

    limit: Order
    stop: Order


class Bracket(NamedTuple):
    """An entry, and the pair that begins when it has ended."""

    entry: Order
    take_profit: Order
    stop: Order


class Trading(Following):
    """A participant's requests."""

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

    # ── orders ─────────────────────────────────────────────────────────────────────────────────────────────────────

    async def buy(
        self, instrument: str, *, quantity: Amount, price: Amount | None = None, **options: Unpack[Options]
    ) -> Order:
        """Buy: a limit order with `price`, else a market order. Raises as `submit` does, and `TypeError` for an option it can't have."""
        return await self._trade(instrument, "buy", quantity, price, options)

    async def sell(
        self, instrument: str, *, quantity: Amount, price: Amount | None = None, **options: Unpack[Options]
    ) -> Order:
        """Sell: a limit order with `price`, else a market order. Raises as `submit` does, and `TypeError` for an option it can't have."""
        return await self._trade(instrument, "sell", quantity, price, options)

    async def _trade(
        self, instrument: str, side: m.Side, quantity: Amount, price: Amount | None, options: Options
    ) -> Order:
        further: dict[str, Any] = dict(options)
        account, client_order_id = further.pop("account", None), further.pop("client_order_id", None)
        kind: type[Any] = Limit if price is not None else Market
        if price is not None:
            further["price"] = price
        if unknown := [name for name in further if name not in kind.__struct_fields__]:
            what = "an order has" if price is not None else "without a price it is a market order, which has"
            raise TypeError(f"{what} no {', '.join(unknown)}")
        terms = kind(instrument=instrument, side=side, quantity=quantity, **further)
        return await self.submit(terms, account=account, client_order_id=client_order_id)

    async def submit(self, terms: Terms, *, account: str | None = None, client_order_id: str | None = None) -> Order:
        """Enter an order and return it once the venue has accepted it.

        Args:
            terms: such as `Limit(...)` or `TrailingStop(...)`.
            account: may be left out if the participant has one account, or `connect` was given one.
            client_order_id: by default a new one.

        Raises:
            OrderRejected: with the rule that decided, if one did.
            RequestFailed: the request was not even sequenced.
            ConnectionLost: no reply came; send it again with the same `client_order_id`. `was_sent` says what is known.
            RequestTimedOut: the same, after the time limit.
        """
        account = self._own_account(account)
        order, fields = self._prepared(terms, account, client_order_id or self._new_name())
        request = m.NewOrder(id=self.next_id(), account=account, **fields)
        return (await self._enter([order], request))[0]

    async def submit_pair(
        self,
        *,
        limit: Limit,
        stop: Stop | StopLimit,
        account: str | None = None,
        client_order_id: str | None = None,
    ) -> Pair:
        """Enter two orders of one side, instrument and quantity of which one cancels the other. Raises as `submit` does.

        Args:
            limit: trades at its price.
            stop: what is done when the market goes the other way.
            account: as in `submit`.
            client_order_id: theirs are this with `.limit` and `.stop` behind it; by default a new one.
        """
        account, name = self._own_account(account), client_order_id or self._new_name()
        legs = [self._prepared(each, account, f"{name}.{part}") for part, each in (("limit", limit), ("stop", stop))]
        first, second = (m.OrderTerms(**fields) for _, fields in legs)
        request = m.NewOrderPair(id=self.next_id(), account=account, limit=first, stop=second)
        return Pair(*await self._enter([order for order, _ in legs], request))

    async def submit_bracket(
        self,
        *,
        entry: Limit | Market,
        take_profit: Limit,
        stop: Stop | StopLimit,
        account: str | None = None,
        client_order_id: str | None = None,
    ) -> Bracket:
        """Enter an order with a take-profit and a stop on the other side, which begin as a pair when it has ended. Raises as `submit` does.

        Args:
            entry: comes first.
            take_profit: of the same quantity, on the other side.
            stop: likewise.
            account: as in `submit`.
            client_order_id: theirs are this with `.entry`, `.take_profit` and `.stop` behind it; by default a new one.
        """
        account, name = self._own_account(account), client_order_id or self._new_name()
        parts = (("entry", entry), ("take_profit", take_profit), ("stop", stop))
        legs = [self._prepared(each, account, f"{name}.{part}") for part, each in parts]
        first, second, third = (m.OrderTerms(**fields) for _, fields in legs)
        request = m.NewBracket(id=self.next_id(), account=account, entry=first, take_profit=second, stop=third)
        return Bracket(*await self._enter([order for order, _ in legs], request))

    def _prepared(self, terms: Terms, account: str, client_order_id: str) -> tuple[Order, dict[str, Any]]:
        """An order that is to be sent, and the fields of its request."""
        fields = wire_fields(terms, client_order_id)
        order = Order(
            amend=self.amend,
            cancel=self.cancel,
            account=account,
            client_order_id=client_order_id,
            instrument=terms.instrument,
            side=terms.side,
            quantity=fields.get("quantity", "0"),
            price=fields.get("price"),
            stop_price=fields.get("stop_price"),
            since_ns=self._protocol.since_ns(account),
        )
        return order, fields

    async def _enter(self, orders: Sequence[Order], request: AnyEntry) -> Sequence[Order]:
        """Send orders; returns them, or those that an earlier request with their ids made."""
        await self._link.room()
        future: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        self._protocol.enter(orders, request, partial(settle, future), self._now())
        self._link.wake()
        outcome = await future
        if isinstance(outcome, list):
            return outcome
        expected(outcome, m.ExecutionReport)
        raise ClientError("the venue's answer makes no sense")

    async def quote(
        self,
        instrument: str,
        *,
        bids: Iterable[Rung] = (),
        asks: Iterable[Rung] = (),
        quote_id: str | None = None,
        post_only: PostOnly = False,
        self_trade: SelfTrade | None = None,
        account: str | None = None,
    ) -> m.MassQuoted:
        """Replace all quotes of the account in an instrument by a ladder; what is repeated keeps its place.

        Args:
            instrument: whose.
            bids: price and quantity of each, best first, at most 64; none: no bids from now on.
            asks: likewise.
            quote_id: of this ladder, new for the day; by default a new one.
            post_only: whether one that would trade at once is refused, or moved away.
            self_trade: as in the types of orders.
            account: as in `submit`.

        Returns:
            How many quotes were `kept`, `cancelled` and `entered`. Their fills come in `fills` and `reports`.

        Raises:
            OrderRejected: the whole ladder; the former one stays.
            ConnectionLost: no reply came; a ladder may be sent again with another `quote_id`: it replaces whatever there is.
        """
        request = m.MassQuote(
            id=self.next_id(),
            account=self._own_account(account),
            quote_id=quote_id or self._new_name(),
            instrument=instrument,
            bids=_ladder(bids),
            asks=_ladder(asks),
            post_only=post_only,
            self_trade=self_trade,
        )
        return await self.request(request, m.MassQuoted)

    async def amend(
        self,
        *,
        account: str | None = None,
        order_id: int | None = None,
        client_order_id: str | None = None,
        price: Amount | None = None,
        quantity: Amount | None = None,
        stop_price: Amount | None = None,
        display_quantity: Amount | None = None,
    ) -> Report:
        """Change terms of an open order, named by one of its ids; `quantity` is the total. Raises `OrderRejected`."""
        request = m.AmendOrder(
            id=self.next_id(),
            account=self._own_account(account),
            order_id=order_id,
            client_order_id=client_order_id,
            price=optional_text(price, "price"),
            quantity=optional_text(quantity, "quantity"),
            stop_price=optional_text(stop_price, "stop_price"),
            display_quantity=optional_text(display_quantity, "display_quantity"),
        )
        return handed(await self.request(request, m.ExecutionReport), Report)

    async def cancel(
        self, *, account: str | None = None, order_id: int | None = None, client_order_id: str | None = None
    ) -> Report:
        """Cancel an open order, named by one of its ids. Raises `OrderRejected` if it is not open."""
        request = m.CancelOrder(
            id=self.next_id(),
            account=self._own_account(account),
            order_id=order_id,
            client_order_id=client_order_id,
        )
        return handed(await self.request(request, m.ExecutionReport), Report)

    async def mass_cancel(
        self, *, account: str | None = None, instrument: str | None = None, side: m.Side | None = None
    ) -> int:
        """Cancel all open orders of an account, or those of an instrument or side; returns how many there were."""
        request = m.MassCancel(id=self.next_id(), account=self._own_account(account), instrument=instrument, side=side)
        return (await self.request(request, m.MassCancelled)).orders

    # ── assets ─────────────────────────────────────────────────────────────────────────────────────────────────────

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
        """Move an asset to another account; returns the number of the transfer, which may wait: see `movements`.

        Args:
            to_account: whose it will be.
            asset: what.
            amount: in the asset.
            purpose: `own_account`, `domestic_payment` (which the rules refuse for currency values) or `cross_border`.
            contract_reference: of the contract that a cross-border transfer settles.
            account: as in `submit`.
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
            client_order_id=client_order_id or self._new_name(),
            to_account=to_account,
            asset=asset,
            amount=decimal_text(amount, "amount"),
            purpose=purpose,
            contract_reference=contract_reference,
        )
        return _number_of(await self.request(request, m.Message), "transfer")

    async def request_withdrawal(
        self,
        asset: str,
        amount: Amount,
        destination: str,
        *,
        account: str | None = None,
        client_order_id: str | None = None,
    ) -> int:
        """Take an asset out of the venue; returns the number of the withdrawal, which may wait: see `movements`.

        Args:
            asset: which one.
            amount: in the asset.
            destination: where it is to go, for the operator: an account of a bank, an address.
            account: as in `submit`.
            client_order_id: by default a new one.

        Raises:
            OrderRejected, RequestFailed, ConnectionLost, RequestTimedOut: as of `transfer`.
        """
        request = m.RequestWithdrawal(
            id=self.next_id(),
            account=self._own_account(account),
            client_order_id=client_order_id or self._new_name(),
            asset=asset,
            amount=decimal_text(amount, "amount"),
            destination=destination,
        )
        return _number_of(await self.request(request, m.Message), "withdrawal")

    async def cancel_withdrawal(self, movement: int, *, account: str | None = None) -> None:
        """Give up a withdrawal or transfer that waits. Raises `OrderRejected` if none of the account does, under this number."""
        request = m.CancelWithdrawal(id=self.next_id(), account=self._own_account(account), movement=movement)
        await self.request(request, m.MovementEnded)

    async def request_delivery(self, instrument: str, *, quantity: Amount, account: str | None = None) -> None:
        """Ask for the underlying of a derivative instead of money. Always raises `OrderRejected`: nothing is ever delivered (DER-1)."""
        request = m.RequestDelivery(
            id=self.next_id(),
            account=self._own_account(account),
            instrument=instrument,
            quantity=decimal_text(quantity, "quantity"),
        )
        await self.request(request, m.Message)

    def _new_name(self) -> str:
        """A client order id that was not used."""
        return f"{self._prefix}-{next(self._order_numbers)}"

    def _own_account(self, account: str | None) -> str:
        account = account or self._account
        if account:
            return account
        # Those of the first login: one that is opened later doesn't make the program's choice unclear.
        accounts = self._protocol.first_accounts
        if len(accounts) == 1:
            return accounts[0]
        raise ClientError(f"name the account: {', '.join(accounts)}" if accounts else "log in first")


def _number_of(reply: m.Message, what: str) -> int:
    """The number of a transfer or withdrawal that was done, or waits."""
    match reply:
        case m.TransferStatus(transfer_id=number, code=str(code)):
            raise RequestFailed(code, f"{what} {number} was refused")
        case m.TransferStatus(transfer_id=number, status="cancelled" | "refused" | "failed" as status):
            raise RequestFailed(status, f"{what} {number} was {'not carried out' if status == 'failed' else status}")
        case m.TransferStatus(transfer_id=number) | m.Transferred(transfer_id=number) | m.MovementHeld(movement=number):
            return number
        case m.Funds(movement=int(number)):
            return number
    raise ClientError(f"expected what became of a {what}, the venue sent {type(reply).__name__}")


def _ladder(rungs: Iterable[Rung]) -> list[tuple[str, str]]:
    return [(decimal_text(price, "price"), decimal_text(quantity, "quantity")) for price, quantity in rungs]
