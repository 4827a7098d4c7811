"""Accounts, what they hold, and whose they are, as values."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from gateway.readable.tables import Cell, Readable, Rows, html_table, text_of


@dataclass(frozen=True, repr=False)
class Balance(Readable):
    """One asset of an account."""

    asset: str
    available: Decimal
    reserved: Decimal
    """For open orders and positions."""
    frozen: Decimal
    """Can't be sold or moved (FRZ-1)."""
    held: Decimal = Decimal(0)
    """Set aside for withdrawals and transfers that wait (AML-2, COOL-1)."""
    arrested: Decimal = Decimal(0)
    """By papers of courts and investigators (ARR-1)."""

    headings = ("asset", "available", "reserved", "frozen", "held", "arrested", "total")

    @property
    def total(self) -> Decimal:
        """All of it."""
        return self.available + self.reserved + self.frozen + self.held + self.arrested

    def cells(self) -> tuple[Cell, ...]:
        """Its row."""
        set_aside = (self.reserved, self.frozen, self.held, self.arrested)
        return (self.asset, self.available, *(part or None for part in set_aside), self.total)

    def line(self) -> str:
        """`1,000.00 RUB available, 20.00 reserved`."""
        more = f", {text_of(self.reserved)} reserved" if self.reserved else ""
        more += f", {text_of(self.frozen)} frozen" if self.frozen else ""
        more += f", {text_of(self.held)} held" if self.held else ""
        more += f", {text_of(self.arrested)} arrested" if self.arrested else ""
        return f"{text_of(self.available)} {self.asset} available{more}"


@dataclass(frozen=True, repr=False)
class Position(Readable):
    """A position in a future."""

    instrument: str
    quantity: Decimal
    """Above zero: long."""

    headings = ("position", "quantity")

    def cells(self) -> tuple[Cell, ...]:
        """Its row."""
        return (self.instrument, self.quantity)

    def line(self) -> str:
        """`0.5 BTC-FUT-2026-12`."""
        return f"{text_of(self.quantity)} {self.instrument}"


@dataclass(frozen=True, repr=False)
class OpenOrder(Readable):
    """An order that is open at one moment, and its place in the queue."""

    order_id: int
    instrument: str
    side: str
    order_type: str
    price: Decimal | None
    stop_price: Decimal | None
    leaves_quantity: Decimal
    filled_quantity: Decimal
    place: int | None
    """In the queue at its price, from 1; None: it waits off the book."""
    orders_at_price: int | None

    headings = ("order", "instrument", "side", "type", "price", "stop", "leaves", "filled", "place")

    def cells(self) -> tuple[Cell, ...]:
        """Its row."""
        place = None if self.place is None else f"{self.place} of {self.orders_at_price}"
        what = (str(self.order_id), self.instrument, self.side, self.order_type)
        return (*what, self.price, self.stop_price, self.leaves_quantity, self.filled_quantity, place)

    def line(self) -> str:
        """`order 331: buy 0.0100 BTC/RUB at 8,000,000`."""
        at = f" at {text_of(self.price)}" if self.price is not None else ""
        return f"order {self.order_id}: {self.side} {text_of(self.leaves_quantity)} {self.instrument}{at}"


@dataclass(frozen=True, repr=False)
class Account(Readable):
    """An account at one moment."""

    account: str
    participant: str
    """Who operates it."""
    intermediary: str | None
    balances: Rows[Balance]
    positions: Rows[Position]
    orders: Rows[OpenOrder]

    def balance(self, asset: str) -> Balance:
        """What it holds of an asset, which may be nothing."""
        return next(
            (each for each in self.balances if each.asset == asset), Balance(asset, Decimal(0), Decimal(0), Decimal(0))
        )

    def line(self) -> str:
        """`account anna.main: 1,000,000.00 RUB, 0.5 BTC; 2 open orders`."""
        held = ", ".join(f"{text_of(each.total)} {each.asset}" for each in self.balances if each.total) or "nothing"
        held += "".join(f", position {each.line()}" for each in self.positions)
        return f"account {self.account}: {held}; {len(self.orders)} open orders"

    def _repr_html_(self) -> str:
        through = f" through {self.intermediary}" if self.intermediary else ""
        caption = f"account {self.account}{through}"
        parts = [html_table(caption, Balance.headings, [each.cells() for each in self.balances])]
        parts += [rows._repr_html_() for rows in (self.positions, self.orders) if rows]
        return "".join(parts)


@dataclass(frozen=True, repr=False)
class Cap(Readable):
    """How much of the annual cap (RET-1) an investor has taken up, in roubles."""

    limit: Decimal
    used: Decimal
    reserved: Decimal
    """By open orders."""

    headings = ("limit", "used", "reserved", "left")

    @property
    def left(self) -> Decimal:
        """What may still be bought."""
        return self.limit - self.used - self.reserved

    def cells(self) -> tuple[Cell, ...]:
        """Its row."""
        return (self.limit, self.used, self.reserved, self.left)

    def line(self) -> str:
        """`cap 300,000.00 RUB: 1,250.40 used, 0.00 reserved, 298,749.60 left`."""
        used, reserved, left = map(text_of, (self.used, self.reserved, self.left))
        return f"cap {text_of(self.limit)} RUB: {used} used, {reserved} reserved, {left} left"


@dataclass(frozen=True, repr=False)
class Record(Readable):
    """An investor at one moment: class, cap and accounts."""

    investor: str
    investor_class: str | None
    class_reason: str | None
    """Why a supervisor set the class; None: it follows from the evidence."""
    is_blocked: bool
    cap: Cap | None
    """None: the cap does not bind this class."""
    accounts: Rows[Account]

    headings = ("investor", "class", "blocked", "cap", "used", "left", "accounts")

    def cells(self) -> tuple[Cell, ...]:
        """Its row."""
        cap = (None, None, None) if self.cap is None else (self.cap.limit, self.cap.used, self.cap.left)
        names = ", ".join(each.account for each in self.accounts)
        return (self.investor, self.investor_class, self.is_blocked, *cap, names)

    def line(self) -> str:
        """`investor lev: retail; cap 300,000.00 RUB: ...`."""
        blocked = ", blocked" if self.is_blocked else ""
        cap = "" if self.cap is None else f"; {self.cap.line()}"
        return f"investor {self.investor}: {self.investor_class or 'without a class'}{blocked}{cap}"

    def _repr_html_(self) -> str:
        head = html_table("", self.headings, [self.cells()])
        return head + "".join(each._repr_html_() for each in self.accounts)
