"""Price bands and collars: how far from where an order may be priced, and may trade. All in ticks, inclusive."""

from __future__ import annotations

from engine.book.order_book import LimitOrderBook
from engine.vocabulary.codes import BAND, BUY
from engine.vocabulary.decimals import decimal_e8
from engine.vocabulary.problem import Problem
from engine.vocabulary.rounding import PPM
from engine.vocabulary.said import said


def dynamic_band(book: LimitOrderBook) -> tuple[int, int]:
    """Lowest and highest price at which the next order may trade; (0, 0): no band."""
    ppm = book.instrument.dynamic_ppm
    anchor = book.last_trade_ticks or book.reference_ticks
    if not ppm or not anchor:
        return (0, 0)
    width = anchor * ppm // PPM
    return (anchor - width, anchor + width)


def static_band(book: LimitOrderBook) -> tuple[int, int]:
    """Lowest and highest price an order may have; (0, 0): no band."""
    ppm = book.instrument.static_ppm
    anchor = book.reference_ticks
    if not ppm or not anchor:
        return (0, 0)
    width = anchor * ppm // PPM
    return (anchor - width, anchor + width)


def band_problem(book: LimitOrderBook, price_ticks: int) -> Problem | None:
    """Check that a price, of a new order or an amend, is inside the static band."""
    low, high = static_band(book)
    if not high or low <= price_ticks <= high:
        return None
    instrument = book.instrument
    tick = instrument.tick_e8
    span = said("band.outside", decimal_e8(low * tick), decimal_e8(high * tick), instrument.quote.asset)
    return Problem(BAND, span)


def collar_ticks(book: LimitOrderBook, side: int) -> int:
    """The worst price a market order may get, a collar away from the last trade, else the reference; 0: neither.

    Rounded towards that price, never past the collar; at least one tick.
    """
    return collar_from(book, book.last_trade_ticks or book.reference_ticks, side)


def collar_from(book: LimitOrderBook, anchor_ticks: int, side: int) -> int:
    """The collar around a price; 0 if the price is 0."""
    if not anchor_ticks:
        return 0
    distance = anchor_ticks * book.instrument.collar_ppm // PPM
    return anchor_ticks + distance if side == BUY else max(anchor_ticks - distance, 1)
