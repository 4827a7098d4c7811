"""The indicative price of a call: of few levels after each command that changed the call, of many by the clock."""

from __future__ import annotations

from engine.book.order_book import LimitOrderBook
from engine.state.state import DUE_INDICATIVE, State
from engine.trading.auction import anchor_ticks, uncross_price
from engine.vocabulary.limits import INDICATIVE_WAIT_NS
from engine.vocabulary.messages.events import Indicative


def look_at_indicative(state: State, book: LimitOrderBook) -> None:
    """Publish what a call would uncross to, where a command may have changed that: with many levels when the clock says so."""
    indicative = book.indicative
    if not _is_outdated(book):
        return
    if call_levels(book) <= state.instant_levels:
        _publish_indicative(state, book)
    elif not indicative.due_ns:
        indicative.due_ns = max(state.time_ns + INDICATIVE_WAIT_NS, indicative.not_before_ns)
        state.schedule(indicative.due_ns, DUE_INDICATIVE, book.instrument.number)


def indicative_due(state: State, book: LimitOrderBook, deadline_ns: int) -> bool:
    """Publish what a call would uncross to, as the clock says; False if there is nothing to compute."""
    indicative = book.indicative
    if indicative.due_ns != deadline_ns:
        return False
    indicative.due_ns = 0
    if not _is_outdated(book):
        return False
    indicative.not_before_ns = state.time_ns + state.indicative_ns_per_level * call_levels(book)
    _publish_indicative(state, book)
    return True


def call_levels(book: LimitOrderBook) -> int:
    """What the price of a call is computed from: the prices of both sides, and the market orders collected. O(1)."""
    return len(book.bids.levels) + len(book.asks.levels) + len(book.market_orders)


def _is_outdated(book: LimitOrderBook) -> bool:
    """Whether what the indicative price follows from may have changed since it was computed. O(1)."""
    indicative = book.indicative
    if indicative.changed or book.bids.changed or book.asks.changed:
        return True
    return indicative.anchor_ticks != anchor_ticks(book)


def _publish_indicative(state: State, book: LimitOrderBook) -> None:
    """Publish what the call would uncross to now, if that changed since it was last published."""
    indicative = book.indicative
    indicative.changed = book.bids.changed = book.asks.changed = False
    indicative.anchor_ticks = anchor_ticks(book)
    state.steps += call_levels(book)
    found = uncross_price(book)
    if found != indicative.published:
        indicative.published = found
        state.emit(Indicative(book.instrument.instrument, found[0], found[1], found[2]))
