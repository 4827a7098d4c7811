"""Lines that look: `book is`, `queue at`, `balance of`, `phase is` and the like."""

from __future__ import annotations

from decimal import Decimal

from engine.book.entities import Order
from engine.vocabulary.codes import BUY, PHASES, SELL
from engine.vocabulary.limits import ONE_E8
from loadtest.scenarios.format import ScenarioError
from loadtest.scenarios.futures import cover, position
from loadtest.scenarios.numbers import money, show
from loadtest.scenarios.venue import Venue

Looked = tuple[list[str], list[str]]


def look(venue: Venue, text: str) -> Looked | None:
    """What a line states and what is; None if the line is no such line."""
    what, found, stated = text.partition(" is ")
    if not found:
        return None
    venue.ready()
    words = what.split()
    name = venue.instrument
    if len(words) > 1 and "/" in words[-1]:
        name = words.pop()
    if words[0] in {"book", "queue", "last", "reference", "phase"}:
        got = _book(venue, name, words)
    elif words[0] in {"balance", "reserved"} and words[1] == "of":
        got = _balance(venue, words[0], words[2], stated)
    elif words[0] == "position" and words[1] == "of":
        got = position(venue, words[2], name)
    elif words[0] == "cover" and words[1] == "of":
        got = cover(venue, words[2], stated)
    elif words[0] == "stop" and words[1] == "of":
        order = _order(venue, words[2])
        got = "gone" if order is None else _tick_price(venue, order.instrument_name, order.stop_ticks)
    elif len(words) == 1 and words[0] in venue.orders:
        got = _leaves(venue, words[0])
    else:
        raise ScenarioError(f"`{what}` can't be looked at")
    return ([stated], [got])


def _tick_price(venue: Venue, name: str, ticks: int) -> str:
    return show(Decimal(ticks * venue.exchange.instruments[name].tick_e8) / ONE_E8) if ticks else "none"


def _lots(venue: Venue, name: str, lots: int) -> str:
    return show(Decimal(lots * venue.exchange.instruments[name].lot_e8) / ONE_E8)


def _book(venue: Venue, name: str, words: list[str]) -> str:
    book = venue.exchange.books[name]
    if words[0] == "phase":
        return PHASES[book.phase]
    if words[0] == "last":
        return _tick_price(venue, name, book.last_trade_ticks)
    if words[0] == "reference":
        return _tick_price(venue, name, book.reference_ticks)
    if words[0] == "book":
        sides = [
            ", ".join(
                f"{_lots(venue, name, lots)} @ {_tick_price(venue, name, price)}" for price, lots in book.levels(side)
            )
            for side in (BUY, SELL)
        ]
        return " | ".join(side or "-" for side in sides)
    return ", ".join(
        f"{order.client_order_id} {_lots(venue, name, order.shown_lots)}"
        for side in (BUY, SELL)
        for order in book.orders(side)
        if _tick_price(venue, name, order.price_ticks) == words[-1]
    )


def _balance(venue: Venue, kind: str, account: str, stated: str) -> str:
    """The balances of the assets that the line names, in its order."""
    shown = []
    for part in stated.split(","):
        asset = venue.exchange.assets[part.split()[-1]]
        balance = venue.exchange.accounts[account].balance(asset)
        amount = balance.available if kind == "balance" else balance.reserved
        shown.append(f"{money(amount, asset.scale)} {asset.asset}")
    return ", ".join(shown)


def _order(venue: Venue, label: str) -> Order | None:
    """The open order of a label."""
    return venue.exchange.accounts[venue.orders[label].account].order(label)


def _leaves(venue: Venue, label: str) -> str:
    """What is left of an open order, of how much; `gone` if it is not open."""
    order = _order(venue, label)
    if order is None:
        return "gone"
    name = order.instrument_name
    return f"{_lots(venue, name, order.leaves_lots)} of {_lots(venue, name, order.quantity_lots)}"
