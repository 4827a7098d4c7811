"""An investor of a venue in the program: trades, and sees what it has."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any, Final, Literal, TypedDict, Unpack

from gateway.client.values.amounts import Amount, decimal_text
from gateway.inprocess.desk import Desk
from gateway.inprocess.orders import Bracket, Ladder, Order, Pair, Transfer, refusal_of
from gateway.inprocess.running import RequestRefused
from gateway.protocol import messages as m
from gateway.protocol.request import Peg, SelfTrade
from gateway.readable.holders import Account, Record
from gateway.readable.tables import Cell, Readable, Rows
from gateway.readable.times import to_ns

Level = tuple[Amount, Amount]
"""Price and quantity."""
_DECIMALS: Final = (
    "quantity",
    "price",
    "stop_price",
    "trail",
    "display_quantity",
    "peg_offset",
    "min_quantity",
    "funds",
)


class Terms(TypedDict, total=False):
    """What an order may say beside instrument, quantity and price; docs/MATCHING.md says what each type does with which."""

    order_type: m.OrderType
    """Left out: it follows from what is given. A `stop_price` makes a stop, `trail` a trailing stop, `peg` a pegged order,
    `display_quantity` an iceberg; a price alone makes a limit order, and none a market order."""
    time_in_force: m.TimeInForce
    post_only: bool | Literal["reject", "reprice"]
    self_trade: SelfTrade
    stop_price: Amount
    trail: Amount
    """Trailing stop: distance in price."""
    trail_bps: int
    """Trailing stop: distance in basis points."""
    display_quantity: Amount
    peg: Peg
    peg_offset: Amount
    min_quantity: Amount
    expire_time: datetime | int
    """gtd: with a time zone; or nanoseconds since the epoch, UTC."""
    reduce_only: bool
    funds: Amount
    """Market orders: a budget in the quote asset, in place of a quantity."""
    client_order_id: str
    """An id of your own; left out: the next number. The same on the same trading day never acts twice."""


class Investor(Readable):
    """An investor, with one of its accounts.

    What the venue decides is returned, never raised: see `refusal` of an order, a ladder, a transfer. What can't be meant is
    raised: `RequestRefused` for a price finer than there can be, `TypeError` for a float.
    """

    headings = Record.headings

    def __init__(self, desk: Desk, name: str, account: str, participant: str) -> None:
        self._desk: Final = desk
        self.name: Final = name
        self.account_name: Final = account
        self.participant: Final = participant
        """Who operates the account."""

    # ── trading ────────────────────────────────────────────────────────────────────────────────────────────────────

    def buy(
        self, instrument: str, quantity: Amount | None = None, price: Amount | None = None, **terms: Unpack[Terms]
    ) -> Order:
        """Buy: a limit order with a price, a market order without one, others by `Terms`.

        Args:
            instrument: such as `BTC/RUB`.
            quantity: in its base asset; None: `funds` says how much.
            price: the limit, in its quote asset.
            terms: whatever else it says.
        """
        return self._enter(_terms(self._desk, instrument, "buy", (quantity, price), terms))

    def sell(
        self, instrument: str, quantity: Amount | None = None, price: Amount | None = None, **terms: Unpack[Terms]
    ) -> Order:
        """Sell, as `buy`."""
        return self._enter(_terms(self._desk, instrument, "sell", (quantity, price), terms))

    def pair(
        self,
        instrument: str,
        side: m.Side,
        quantity: Amount,
        price: Amount,
        *,
        stop_price: Amount,
        stop_limit: Amount | None = None,
    ) -> Pair:
        """Enter a limit order and a stop of which one cancels the other.

        Args:
            instrument: of both.
            side: of both.
            quantity: of each, in the base asset.
            price: the limit order's.
            stop_price: at which the stop triggers.
            stop_limit: its limit from then on; None: a market order.
        """
        stop: Terms = {"stop_price": stop_price}
        terms = [
            _terms(self._desk, instrument, side, (quantity, price), {}),
            _terms(self._desk, instrument, side, (quantity, stop_limit), stop),
        ]
        orders = [Order(self._desk, self.account_name, each) for each in terms]
        self._desk.enter(orders, m.NewOrderPair(id=0, account=self.account_name, limit=terms[0], stop=terms[1]))
        return Pair(*orders)

    def bracket(
        self,
        instrument: str,
        side: m.Side,
        quantity: Amount,
        price: Amount | None = None,
        *,
        take_profit: Amount,
        stop_price: Amount,
        stop_limit: Amount | None = None,
    ) -> Bracket:
        """Enter an order with a take-profit and a stop on the other side, which wait until it has ended.

        Args:
            instrument: of all three.
            side: of the entry.
            quantity: of each, in the base asset.
            price: the entry's limit; None: a market order.
            take_profit: limit of the order that takes the profit.
            stop_price: at which the stop triggers.
            stop_limit: its limit from then on; None: a market order.
        """
        other: m.Side = "sell" if side == "buy" else "buy"
        stop: Terms = {"stop_price": stop_price}
        terms = [
            _terms(self._desk, instrument, side, (quantity, price), {}),
            _terms(self._desk, instrument, other, (quantity, take_profit), {}),
            _terms(self._desk, instrument, other, (quantity, stop_limit), stop),
        ]
        orders = [Order(self._desk, self.account_name, each) for each in terms]
        entry, profit, last = terms
        request = m.NewBracket(id=0, account=self.account_name, entry=entry, take_profit=profit, stop=last)
        self._desk.enter(orders, request)
        return Bracket(*orders)

    def quote(
        self,
        instrument: str,
        bids: Iterable[Level],
        asks: Iterable[Level],
        *,
        quote_id: str | None = None,
        post_only: bool | Literal["reject", "reprice"] = False,
    ) -> Ladder:
        """Replace all quotes of the account in an instrument by a ladder of `(price, quantity)`, best first; two empty ones take it away."""
        ladders = [[(decimal_text(price), decimal_text(quantity)) for price, quantity in each] for each in (bids, asks)]
        name = quote_id or self._desk.next_client_order_id()
        request = m.MassQuote(
            id=0,
            account=self.account_name,
            quote_id=name,
            instrument=instrument,
            bids=ladders[0],
            asks=ladders[1],
            post_only=post_only,
        )
        reply = self._desk.ask(self.account_name, request)
        if isinstance(reply, m.MassQuoted):
            return Ladder(name, reply.kept, reply.cancelled, reply.entered, None)
        assert isinstance(reply, m.RequestRejected | m.ExecutionReport), reply
        return Ladder(name, 0, 0, 0, refusal_of(reply))

    def cancel_all(self, instrument: str | None = None, side: m.Side | None = None) -> int:
        """Cancel all open orders of the account, or those of an instrument or side; returns how many there were."""
        request = m.MassCancel(id=0, account=self.account_name, instrument=instrument, side=side)
        reply = self._desk.ask(self.account_name, request)
        assert isinstance(reply, m.MassCancelled), reply
        return reply.orders

    def transfer(
        self,
        to_account: str,
        asset: str,
        amount: Amount,
        purpose: m.Purpose,
        *,
        contract_reference: str = "",
    ) -> Transfer:
        """Move an asset to another account.

        Args:
            to_account: whoever's it is.
            asset: which one.
            amount: in the asset.
            purpose: `own_account`, `domestic_payment` (which the rules refuse for currency values) or `cross_border`.
            contract_reference: of the contract that a cross-border transfer settles.
        """
        request = m.Transfer(
            id=0,
            account=self.account_name,
            client_order_id=self._desk.next_client_order_id(),
            to_account=to_account,
            asset=asset,
            amount=decimal_text(amount),
            purpose=purpose,
            contract_reference=contract_reference,
        )
        return self._desk.transfer(request)

    def deposit(self, asset: str, amount: Amount, reason: str = "") -> None:
        """Book money or assets on the account, as the operator does. Raises `RequestRefused`."""
        arguments: dict[str, m.Argument] = {"account": self.account_name, "asset": asset}
        self._desk.admin("deposit", **arguments, amount=decimal_text(amount), reason=reason)

    def withdraw(self, asset: str, amount: Amount, reason: str = "") -> None:
        """Book money or assets off the account, as the operator does. Raises `RequestRefused`."""
        arguments: dict[str, m.Argument] = {"account": self.account_name, "asset": asset}
        self._desk.admin("withdraw", **arguments, amount=decimal_text(amount), reason=reason)

    def acknowledge_warning(self) -> None:
        """Acknowledge the risk warning in force, without which some may not buy (RISK-1). Raises `RequestRefused`: there is none."""
        reply = self._desk.ask(self.account_name, m.RiskWarning(id=0, account=self.account_name))
        assert isinstance(reply, m.RiskWarningReply), reply
        if reply.digest is None:
            raise RequestRefused("unknown", "there is no risk warning in force that could be acknowledged")
        self._desk.admin("record_acknowledgement", investor=self.name, digest=reply.digest)

    # ── what it has ────────────────────────────────────────────────────────────────────────────────────────────────

    @property
    def account(self) -> Account:
        """The account as it is now: balances, positions in futures, open orders."""
        return next(each for each in self.record.accounts if each.account == self.account_name)

    @property
    def record(self) -> Record:
        """The investor as it is now: class, annual cap, all accounts."""
        return self._desk.state.investor(self.name)

    @property
    def orders(self) -> Rows[Order]:
        """The account's open orders, by number."""
        return self._desk.open_orders(self.account_name)

    def cells(self) -> tuple[Cell, ...]:
        """Its row."""
        return self.record.cells()

    def line(self) -> str:
        """As `Record.line`."""
        return self.record.line()

    def _repr_html_(self) -> str:
        return self.record._repr_html_()

    def _enter(self, terms: m.OrderTerms) -> Order:
        order = Order(self._desk, self.account_name, terms)
        fields = {name: getattr(terms, name) for name in terms.__struct_fields__}
        return self._desk.enter([order], m.NewOrder(id=0, account=self.account_name, **fields))


def _terms(
    desk: Desk, instrument: str, side: m.Side, amounts: tuple[Amount | None, Amount | None], terms: Terms
) -> m.OrderTerms:
    """An order's terms as they are sent; quantity and price are in `amounts`."""
    quantity, price = amounts
    given: dict[str, Any] = {"quantity": quantity, "price": price, **terms}
    found = {name: value for name, value in given.items() if value is not None}
    for name in found.keys() & set(_DECIMALS):
        found[name] = decimal_text(found[name])
    expire_time = found.get("expire_time")
    if isinstance(expire_time, datetime):
        found["expire_time"] = to_ns(expire_time)
    found.setdefault("order_type", _type_of(found))
    found.setdefault("client_order_id", desk.next_client_order_id())
    unknown = found.keys() - set(m.OrderTerms.__struct_fields__)
    if unknown:
        raise TypeError(f"an order has no {min(unknown)}; it may have {', '.join(Terms.__annotations__)}")
    return m.OrderTerms(instrument=instrument, side=side, **found)


def _type_of(given: dict[str, Any]) -> m.OrderType:
    """What kind of order is meant by what is given."""
    if "peg" in given:
        return "pegged"
    if "trail" in given or "trail_bps" in given:
        return "trailing_stop"
    if "stop_price" in given:
        return "stop_limit" if "price" in given else "stop"
    if "display_quantity" in given:
        return "iceberg"
    return "limit" if "price" in given else "market"
