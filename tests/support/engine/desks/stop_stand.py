"""A book of its own, to try waiting stops without an exchange around them."""

from __future__ import annotations

from engine.book.entities import Order
from engine.book.order_book import LimitOrderBook
from engine.book.stops import WaitingStops, trailing_stop_ticks
from engine.vocabulary import codes
from engine.vocabulary.messages import commands
from tests.support.engine.desks.desk import E8, Desk, list_spot, open_account

INSTRUMENT = "BTC/RUB"


class Stand:
    """The book, and an account whose stops wait in it."""

    def __init__(self) -> None:
        desk = Desk()
        list_spot(desk, INSTRUMENT)
        open_account(desk, "a")
        self.book: LimitOrderBook = desk.exchange.books[INSTRUMENT]
        self.account = desk.exchange.accounts["a"]
        self.stops: WaitingStops = self.book.stops
        self.entered = 0

    def order(self, side: int, *, stop: int = 0, trail: int = 0, bps: int = 0, best: int = 0) -> Order:
        """A stop that does not wait yet: with its stop price, or a trail from a best price."""
        self.entered += 1
        command = commands.NewOrder(
            "a",
            "a",
            f"o{self.entered}",
            INSTRUMENT,
            side,
            codes.STOP if stop else codes.TRAILING_STOP,
            codes.GTC,
            0,
            E8,
            stop_price_e8=stop * E8,
            trail_e8=trail * E8,
            trail_bps=bps,
        )
        order = Order(self.entered, self.account, command, self.book)
        order.entered = self.entered
        order.quantity_lots = order.leaves_lots = 1
        order.stop_ticks = stop
        if not stop:
            order.trail_best_ticks = best
            order.stop_ticks = trailing_stop_ticks(order)
        return order

    def wait(self, side: int, **terms: int) -> Order:
        order = self.order(side, **terms)
        self.stops.add(order)
        return order
