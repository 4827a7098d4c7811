"""The state of a venue at one moment, as values: of a running one, or of a session walked to that moment."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any, Final

from compliance.hook import ComplianceHook
from compliance.rulebook.rulebook import Rulebook
from compliance.rulebook.wording import plain_value
from engine.exchange import Exchange
from gateway.near import instead
from gateway.readable.holders import Account, Balance, Cap, OpenOrder, Position, Record
from gateway.readable.market import Book, Instrument, Level
from gateway.readable.tables import Readable, Rows, decimal_or_none, html_table
from gateway.readable.times import moscow_datetime
from gateway.session.views import Views

DEPTH: Final = 10
"""Levels of a book on each side, unless the reader wants more."""


class NoSuchName(LookupError):
    """There is nothing of that name; the message says which names are near it."""


class State(Readable):
    """What a venue's core holds. It is read when it is asked: that of a running venue is the state by then."""

    headings = ("seq", "time in Moscow", "rulebook", "accounts", "open orders", "trades")

    def __init__(self, exchange: Exchange) -> None:
        self._exchange: Final = exchange

    @property
    def seq(self) -> int:
        """The sequence number of the last command."""
        return self._exchange.seq

    @property
    def time(self) -> datetime:
        """When the last command came, in Moscow time."""
        return moscow_datetime(self._exchange.time_ns)

    @property
    def rulebook(self) -> str:
        """The rulebook in force, by name; empty: none is."""
        book = self._rulebook()
        return "" if book is None else book.name

    @property
    def instruments(self) -> Rows[Instrument]:
        """Every instrument with its best prices. O(accounts and orders)."""
        return Rows(_instrument(each) for each in Views(self._exchange).market())

    def book(self, instrument: str, depth: int = DEPTH) -> Book:
        """The best levels of a book, so many on each side. Raises `NoSuchName`. O(accounts and orders)."""
        known(instrument, self._exchange.books, "instrument")
        found: Mapping[str, Any] = Views(self._exchange).book(instrument, depth)
        bids, asks = (tuple(map(_level, found[side])) for side in ("bids", "asks"))
        prices = decimal_or_none(found["last"]), decimal_or_none(found["reference"])
        return Book(instrument, found["phase"], *prices, bids, asks)

    def investor(self, name: str) -> Record:
        """An investor: class, annual cap, accounts with what they hold and their open orders. Raises `NoSuchName`."""
        known(name, self.investors, "investor")
        found: Mapping[str, Any] = Views(self._exchange).investor(name)
        cap = found["cap"]
        return Record(
            name,
            found["class"],
            found["class_set_because"],
            found["blocked"],
            None if cap is None else Cap(*(Decimal(cap[key]) for key in ("limit", "used", "reserved"))),
            Rows(map(_account, found["accounts"])),
        )

    @property
    def investors(self) -> list[str]:
        """The names of all investors."""
        hook = self._exchange.hook
        assert isinstance(hook, ComplianceHook)
        return list(hook.intake.registry.investors)

    def parameters(self, rule: str) -> dict[str, Any]:
        """The parameters of a rule as they are in force, as a rulebook writes them. Raises `NoSuchName`.

        An amount is a decimal string, a list one of strings; what changes by date is a dictionary by date.
        """
        book = self._rulebook()
        rules = {} if book is None else book.rules
        known(rule, rules, "rule")
        data = rules[rule]
        return {"enabled": data.enabled, **{key: plain_value(data, key) for key in data.declared.parameters}}

    def cells(self) -> tuple[str | int, ...]:
        """Its row."""
        exchange = self._exchange
        orders = sum(len(account.open_orders) for account in exchange.account_list)
        when = f"{self.time:%Y-%m-%d %H:%M:%S}"
        return (exchange.seq, when, self.rulebook, len(exchange.accounts), orders, exchange.trades)

    def line(self) -> str:
        """`state after 331, 2026-06-01 10:00:00 Moscow, under elr-2025`."""
        return f"state after {self.seq}, {self.time:%Y-%m-%d %H:%M:%S} Moscow, under {self.rulebook or 'no rulebook'}"

    def _repr_html_(self) -> str:
        return html_table("", self.headings, [self.cells()]) + self.instruments._repr_html_()

    def _rulebook(self) -> Rulebook | None:
        hook = self._exchange.hook
        assert isinstance(hook, ComplianceHook)
        table = hook.intake.table
        return None if table is None else table.rulebook


def known(name: str, names: Any, kind: str) -> None:
    """Raise `NoSuchName` unless a name is among those there are."""
    if name not in names:
        raise NoSuchName(f"there is no {kind} {name}{instead(name, names)}")


def _instrument(found: Mapping[str, Any]) -> Instrument:
    prices = {name: decimal_or_none(found[name]) for name in ("last", "bid", "bid_quantity", "ask", "ask_quantity")}
    return Instrument(
        instrument=found["instrument"],
        phase=found["phase"],
        reference=decimal_or_none(found["reference"]),
        resting=found["resting"],
        waiting_stops=found["waiting_stops"],
        **prices,
    )


def _level(found: Mapping[str, Any]) -> Level:
    return Level(Decimal(found["price"]), Decimal(found["quantity"]), Decimal(found["hidden"]), found["orders"])


def _account(found: Mapping[str, Any]) -> Account:
    balances = Rows(
        Balance(each["asset"], *(Decimal(each[key]) for key in ("available", "reserved", "frozen", "held", "arrested")))
        for each in found["balances"]
    )
    positions = Rows(Position(each["instrument"], Decimal(each["quantity"])) for each in found["positions"])
    orders = Rows(map(_open_order, found["orders"]))
    return Account(found["account"], found["participant"], found["intermediary"], balances, positions, orders)


def _open_order(found: Mapping[str, Any]) -> OpenOrder:
    queue: Mapping[str, int] = found["queue"] or {}
    return OpenOrder(
        found["order_id"],
        found["instrument"],
        found["side"],
        found["order_type"],
        decimal_or_none(found["price"]),
        decimal_or_none(found["stop_price"]),
        Decimal(found["leaves"]),
        Decimal(found["filled"]),
        queue.get("place"),
        queue.get("orders_at_price"),
    )
