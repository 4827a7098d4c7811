"""Orders and transfers of a venue in the program, as its users hold them: each follows what the venue says of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from decimal import Decimal, InvalidOperation
from typing import Final, NamedTuple, Protocol

from gateway.client.values.amounts import Amount, decimal_text
from gateway.protocol import messages as m
from gateway.readable.tables import Cell, Readable, Rows, decimal_or_none, text_of
from gateway.readable.verdicts import Refusal, Verdict

_OVER: Final = ("filled", "cancelled", "rejected")


class Asks(Protocol):
    """Whoever carries requests about an order out."""

    def ask_about(self, order: Order, request: m.AnyRequest) -> None:
        """Carry a request out; what comes of it, the order has heard then."""

    def explained(self, seq: int) -> Rows[Verdict]:
        """What the rules made of a command."""


@dataclass(frozen=True, repr=False)
class Fill(Readable):
    """One trade of an order."""

    trade_id: int
    price: Decimal
    quantity: Decimal
    liquidity: str
    """`maker` or `taker`."""
    fee: Decimal
    """In the quote asset; below zero: a rebate."""

    headings = ("trade", "price", "quantity", "liquidity", "fee")

    def cells(self) -> tuple[Cell, ...]:
        """Its row."""
        return (str(self.trade_id), self.price, self.quantity, self.liquidity, self.fee)

    def line(self) -> str:
        """`0.0100 at 8,000,000 as taker`."""
        return f"{text_of(self.quantity)} at {text_of(self.price)} as {self.liquidity}"


class Order(Readable):
    """An order of an investor. It is up to date after every request to its venue, whoever made it.

    Attributes:
        order_id: the venue's number of it.
        status: `new`, `partially_filled`, `filled`, `cancelled`, `rejected`; `waits`: of a bracket, until its entry has ended.
        quantity, filled_quantity, leaves_quantity: in the base asset. None: it was sent by funds, or is not known.
        price: None: it has none.
        refusal: of the last thing that was asked about it (its entry, an amend, a cancel); None: that was carried out.
        reason: of a cancel.
        seq: the command that entered or last amended it, by which the journal has it.
    """

    headings = ("order", "account", "side", "instrument", "type", "price", "quantity", "filled", "status", "why")

    def __init__(self, asks: Asks, account: str, terms: m.OrderTerms) -> None:
        self._asks: Final = asks
        self.account: Final = account
        self.client_order_id: Final = terms.client_order_id
        self.instrument: Final = terms.instrument
        self.side: Final[str] = terms.side
        self.order_type: Final[str] = terms.order_type
        self.order_id = 0
        self.seq = 0
        self.status = "waits"
        self.price = _asked(terms.price)
        self.stop_price = _asked(terms.stop_price)
        self.quantity = _asked(terms.quantity)
        self.filled_quantity = Decimal(0)
        self.leaves_quantity = self.quantity
        self.refusal: Refusal | None = None
        self.reason = ""
        self._fills: Final[list[Fill]] = []

    @property
    def fills(self) -> Rows[Fill]:
        """Its trades, in order, as they stand: one that a supervisor undid is gone."""
        return Rows(self._fills)

    @property
    def is_open(self) -> bool:
        """Whether it may still trade."""
        return self.status not in _OVER

    def amend(
        self,
        *,
        price: Amount | None = None,
        quantity: Amount | None = None,
        stop_price: Amount | None = None,
        display_quantity: Amount | None = None,
    ) -> Order:
        """Change its terms; what is left out stays. `quantity` is the total, with what is filled. Returns the order: see `refusal`.

        Raises:
            RequestRefused: a value is no decimal, or finer than there can be.
            TypeError: a value is a float.
        """
        texts = {"price": price, "quantity": quantity, "stop_price": stop_price, "display_quantity": display_quantity}
        given = {name: decimal_text(value) for name, value in texts.items() if value is not None}
        self._asks.ask_about(self, m.AmendOrder(id=0, account=self.account, order_id=self.order_id, **given))
        return self

    def cancel(self) -> Order:
        """Cancel what is left of it. Returns the order: see `refusal`."""
        self._asks.ask_about(self, m.CancelOrder(id=0, account=self.account, order_id=self.order_id))
        return self

    def verdict(self) -> Verdict | None:
        """What every rule made of it when it was entered or last amended, with the arithmetic; None: no rule was asked.

        The session is replayed to that command under the eyes of the rules. O(session).
        """
        found = self._asks.explained(self.seq)
        return next((each for each in found if each.order_id == self.order_id), None)

    def cells(self) -> tuple[Cell, ...]:
        """Its row."""
        why = self.reason if self.refusal is None else self.refusal.line()
        what = (str(self.order_id or ""), self.account, self.side, self.instrument, self.order_type)
        return (*what, self.price, self.quantity, self.filled_quantity, self.status, why)

    def line(self) -> str:
        """`order 331: buy 0.0100 BTC/RUB at 8,000,000: new, 0.0000 filled`."""
        quantity = "" if self.quantity is None else f" {text_of(self.quantity)}"
        price = "" if self.price is None else f" at {text_of(self.price)}"
        stop = "" if self.stop_price is None else f", stop {text_of(self.stop_price)}"
        what = f"order {self.order_id or 'without a number'}: {self.side}{quantity} {self.instrument}{price}{stop}"
        because = f" ({self.reason})" if self.reason else ""
        refused = "" if self.refusal is None else f"; {self.refusal.line()}"
        return f"{what}: {self.status}{because}, {text_of(self.filled_quantity)} filled{refused}"

    # ── for the venue ──────────────────────────────────────────────────────────────────────────────────────────────

    def take(self, report: m.ExecutionReport) -> None:
        """Take in a report of the venue."""
        self.order_id = report.order_id or self.order_id
        self.status = report.order_status
        self.price = decimal_or_none(report.price) or self.price
        self.stop_price = decimal_or_none(report.stop_price) or self.stop_price
        self.quantity = decimal_or_none(report.quantity) or self.quantity
        if report.filled_quantity is not None:
            self.filled_quantity = Decimal(report.filled_quantity)
        if report.leaves_quantity is not None:
            self.leaves_quantity = Decimal(report.leaves_quantity)
        self.reason = report.reason or self.reason
        if report.exec_type == "trade":
            assert report.trade_id and report.last_price and report.last_quantity and report.liquidity
            fee = Decimal(report.fee or "0")
            price, quantity = Decimal(report.last_price), Decimal(report.last_quantity)
            self._fills.append(Fill(report.trade_id, price, quantity, report.liquidity, fee))
        if report.exec_type == "rejected":
            self.refusal = refusal_of(report)

    def list_as(self, listed: m.OpenOrder) -> None:
        """Take in how the venue lists it among the open orders."""
        self.status = "partially_filled" if Decimal(listed.filled_quantity) else "new"
        self.price = decimal_or_none(listed.price)
        self.stop_price = decimal_or_none(listed.stop_price) or self.stop_price
        self.quantity = Decimal(listed.quantity)
        self.filled_quantity = Decimal(listed.filled_quantity)
        self.leaves_quantity = Decimal(listed.leaves_quantity)

    def correct(self, report: m.TradeCorrected) -> None:
        """Take in that a trade of it was undone, or has another price."""
        for place, fill in enumerate(self._fills):
            if fill.trade_id != report.trade_id:
                continue
            if report.new_price is None:
                del self._fills[place]
            else:
                self._fills[place] = replace(fill, price=Decimal(report.new_price), fee=Decimal(report.fee))
            return


def _asked(text: str | None) -> Decimal | None:
    """A decimal as it was asked for; None: there is none, or it is none, as the venue will say."""
    try:
        return decimal_or_none(text)
    except InvalidOperation:
        return None


class Pair(NamedTuple):
    """Two orders of which one cancels the other."""

    limit: Order
    stop: Order


class Bracket(NamedTuple):
    """An order, and the two that wait until it has ended."""

    entry: Order
    take_profit: Order
    stop: Order


@dataclass(frozen=True, repr=False)
class Ladder(Readable):
    """What came of a quote: how many of its orders were kept as they were, cancelled, and entered; or why it was refused."""

    quote_id: str
    kept: int
    cancelled: int
    entered: int
    refusal: Refusal | None

    headings = ("quote", "kept", "cancelled", "entered", "why")

    def cells(self) -> tuple[Cell, ...]:
        """Its row."""
        why = "" if self.refusal is None else self.refusal.line()
        return (self.quote_id, self.kept, self.cancelled, self.entered, why)

    def line(self) -> str:
        """`quote 7: 0 kept, 0 cancelled, 4 entered`."""
        counts = f"{self.kept} kept, {self.cancelled} cancelled, {self.entered} entered"
        return f"quote {self.quote_id}: {counts if self.refusal is None else self.refusal.line()}"


@dataclass(frozen=True, repr=False)
class Transfer(Readable):
    """A transfer between two accounts: done, refused, or set aside to wait."""

    transfer_id: int | None
    """None: it was refused."""
    from_account: str
    to_account: str
    asset: str
    amount: Decimal
    purpose: str
    refusal: Refusal | None
    seq: int
    """The command, by which the journal has it."""
    explain: Callable[[int], Rows[Verdict]]
    waits: bool = False
    """Whether it had to wait when it was asked for."""

    headings = ("transfer", "from", "to", "amount", "asset", "purpose", "why")

    def verdict(self) -> Verdict | None:
        """What every rule made of it, as `Order.verdict`. O(session)."""
        return next(iter(self.explain(self.seq)), None)

    def cells(self) -> tuple[Cell, ...]:
        """Its row."""
        why = "waits" if self.waits else ""
        why = why if self.refusal is None else self.refusal.line()
        number = None if self.transfer_id is None else str(self.transfer_id)
        return (number, self.from_account, self.to_account, self.amount, self.asset, self.purpose, why)

    def line(self) -> str:
        """`transfer 340: 0.5 BTC from delta-fund.main to anna.main, own_account: done`."""
        what = f"{text_of(self.amount)} {self.asset} from {self.from_account} to {self.to_account}, {self.purpose}"
        number = "" if self.transfer_id is None else f" {self.transfer_id}"
        became = "waits" if self.waits else "done"
        return f"transfer{number}: {what}: {became if self.refusal is None else self.refusal.line()}"


def refusal_of(report: m.ExecutionReport | m.RequestRejected) -> Refusal:
    """Why something was refused."""
    code, detail = report.code or "rejected", report.detail or ""
    return Refusal(code, detail, report.rule or "", report.title or "", report.rules)
