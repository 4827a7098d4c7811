"""Call auctions: one price for all that collected, found by one function for the indicative price and the uncross."""

from __future__ import annotations

from engine.book.entities import Order
from engine.book.indicative import NOTHING
from engine.book.order_book import LimitOrderBook
from engine.book.whereabouts import IN_CALL, ON_BOOK
from engine.state.state import State
from engine.trading.ending import by_entry, cancel
from engine.trading.fills import fill
from engine.trading.market_index import renew_move
from engine.trading.reducing import excess_in, hold, hold_all
from engine.vocabulary.codes import AT_CLOSE, AT_OPEN, AUCTION_ENDED, BUY, SELL
from engine.vocabulary.messages.events import BookChanged, Uncrossed


def uncross_price(book: LimitOrderBook, excess: list[tuple[Order, int]] | None = None) -> tuple[int, int, int]:
    """The price in ticks, the volume and the imbalance (buys less sells) in lots of an uncross now; zeros: nothing crosses.

    Most volume; of those prices, the ones that limits or the reference speak for; least imbalance; on the buy side at all
    such prices the highest, on the sell side the lowest; else nearest the reference. Prices between orders count.
    `excess`: reduce-only orders that count with so many lots fewer, since this uncross has changed their positions.
    O(levels that cross), or O(levels) with market orders.
    """
    excess = excess or []
    demand, supply = _curves(book, excess)
    if not demand or not supply:
        return (0, 0, 0)
    low, high = min(supply), max(demand)
    if low > high:
        return (0, 0, 0)
    spans = _best_spans(demand, supply, low, high)
    if not spans:
        return (0, 0, 0)
    reference = anchor_ticks(book)
    if book.market_orders:
        spans = _spoken_for(book, spans, reference, excess)
    least = min([abs(imbalance) for _, _, _, imbalance in spans])
    spans = [span for span in spans if abs(span[3]) == least]
    first, last = spans[0][0], spans[-1][1]
    buyers = sum([imbalance > 0 for _, _, _, imbalance in spans])
    sellers = sum([imbalance < 0 for _, _, _, imbalance in spans])
    if buyers == len(spans):
        chosen = last
    elif sellers == len(spans):
        chosen = first
    elif reference:
        chosen = min(max(reference, first), last)
    else:
        chosen = (first + last) // 2
    return (chosen, spans[0][2], _imbalance(demand, supply, chosen))


def anchor_ticks(book: LimitOrderBook) -> int:
    """The price near which the uncross is where nothing else decides: the last trade, else the reference; 0: neither."""
    return book.last_trade_ticks or book.reference_ticks


def _best_spans(demand: dict[int, int], supply: dict[int, int], low: int, high: int) -> list[tuple[int, int, int, int]]:
    """The prices from `low` to `high` with most volume: runs `(first, last, volume, imbalance)` over which neither curve moves."""
    prices = sorted([price for price in {**demand, **supply} if low <= price <= high])
    buys = sum([lots for price, lots in demand.items() if price >= prices[0]])
    sells = sum([lots for price, lots in supply.items() if price < prices[0]])
    best: list[tuple[int, int, int, int]] = []
    most = 1
    for position, price in enumerate(prices):
        sells += supply.get(price, 0)
        for start, end in _spans(prices, position):
            volume = min(buys, sells)
            if volume > most:
                most = volume
                best = []
            if volume == most:
                best.append((start, end, volume, buys - sells))
            if start == price:
                buys -= demand.get(price, 0)
    return best


def _spoken_for(
    book: LimitOrderBook, spans: list[tuple[int, int, int, int]], reference: int, excess: list[tuple[Order, int]]
) -> list[tuple[int, int, int, int]]:
    """Cut runs of prices to those from the lowest to the highest of the limits among them and what is nearest the reference.

    A collar only bounds: a market order asks for no price, so that a surplus of market orders alone moves none to it.
    """
    first, last = spans[0][0], spans[-1][1]
    low = high = min(max(reference, first), last)
    silent: dict[tuple[int, int], int] = {}
    for order, lots in excess:
        if order.where == ON_BOOK:
            key = (order.side, order.price_ticks)
            silent[key] = silent.get(key, 0) + lots
    for side in (book.bids, book.asks):
        for price, level in side.levels.items():
            speaks = not silent or level.quantity_lots + level.hidden_lots > silent.get((side.side, price), 0)
            if speaks and first <= price <= last:
                low, high = min(low, price), max(high, price)
    kept: list[tuple[int, int, int, int]] = []
    for start, end, volume, imbalance in spans:
        if start <= high and end >= low:
            kept.append((max(start, low), min(end, high), volume, imbalance))
    return kept


def _spans(prices: list[int], position: int) -> list[tuple[int, int]]:
    """A price itself, then the prices between it and the next, over which neither curve moves."""
    price = prices[position]
    spans = [(price, price)]
    if position + 1 < len(prices) and prices[position + 1] > price + 1:
        spans.append((price + 1, prices[position + 1] - 1))
    return spans


def _imbalance(demand: dict[int, int], supply: dict[int, int], price: int) -> int:
    buys = sum([lots for limit, lots in demand.items() if limit >= price])
    return buys - sum([lots for limit, lots in supply.items() if limit <= price])


def _curves(book: LimitOrderBook, excess: list[tuple[Order, int]]) -> tuple[dict[int, int], dict[int, int]]:
    """Lots by limit price of both sides, market orders at their collars, as far as they can matter."""
    bid, ask = book.bids.best, book.asks.best
    demand: dict[int, int] = {}
    supply: dict[int, int] = {}
    crossed = bid is not None and ask is not None and bid.price_ticks >= ask.price_ticks
    if not book.market_orders and not crossed:
        return (demand, supply)
    for side, curve in ((book.bids, demand), (book.asks, supply)):
        other = ask if side.side == BUY else bid
        for price in side.prices():
            if not book.market_orders and other is not None and not side.meets(price, other.price_ticks):
                break
            level = side.levels[price]
            curve[price] = level.quantity_lots + level.hidden_lots
    for order in book.market_orders.values():
        curve = demand if order.side == BUY else supply
        curve[order.price_ticks] = curve.get(order.price_ticks, 0) + order.leaves_lots
    for order, lots in excess:
        curve = demand if order.side == BUY else supply
        price = order.price_ticks
        if order.where in (ON_BOOK, IN_CALL) and price in curve:
            curve[price] -= lots
            if not curve[price]:
                del curve[price]
    return (demand, supply)


def uncross(state: State, book: LimitOrderBook, quiet: bool) -> None:
    """Trade a call's crossing orders at one price, and end what ends with the call.

    A `quiet` uncross is a batch's: it is not reported if it trades nothing, and it is no new reference.
    """
    price, volume, _ = uncross_price(book)
    book.indicative.published = NOTHING
    book.indicative.void()
    if volume or not quiet:
        state.emit(Uncrossed(book.instrument.instrument, price, volume))
    if volume:
        _trade_at(state, book, price, volume, [])
        if book.instrument.future is not None:
            _uncross_again(state, book)
            hold_all(state)
        elif not quiet:
            book.reference_ticks = price
            renew_move(state, book)
    end_call_orders(state, book)


def _uncross_again(state: State, book: LimitOrderBook) -> None:
    """Uncross what still crosses because reduce-only orders that were to trade had less to reduce when their turn came.

    From the second time on those of an account count with no more than what is left of its position together. What is left
    over then was taken by others of its orders, which have traded as much. So at least half of the volume trades each time,
    and the times are no more than the binary digits of the first volume.
    """
    excess = excess_in(book.instrument)
    price, volume, _ = uncross_price(book, excess)
    while volume:
        state.emit(Uncrossed(book.instrument.instrument, price, volume))
        _trade_at(state, book, price, volume, excess)
        excess = excess_in(book.instrument)
        price, volume, _ = uncross_price(book, excess)


def _trade_at(state: State, book: LimitOrderBook, price: int, volume: int, excess: list[tuple[Order, int]]) -> None:
    fewer = {order.order_id: lots for order, lots in excess}
    buys, sells = _queue(book, BUY, price, volume, fewer), _queue(book, SELL, price, volume, fewer)
    icebergs = [(order, order.filled_lots) for order in buys + sells if order.display_lots]
    position = 0
    left = volume
    future = book.instrument.future is not None
    for buy in buys:
        while buy.leaves_lots and left:
            while position < len(sells) and not sells[position].leaves_lots:
                position += 1
            if position == len(sells):
                break
            sell = sells[position]
            if future and not (hold(state, buy) and hold(state, sell)):
                continue
            lots = min(buy.leaves_lots, sell.leaves_lots, left)
            left -= lots
            for order in (buy, sell):
                if order.where == ON_BOOK:
                    book.side(order.side).take(order, lots)
                else:
                    order.leaves_lots -= lots
                    if not order.leaves_lots:
                        book.unpark(order)
            if buy.queued > sell.queued:
                fill(state, sell, buy, price, lots)
            else:
                fill(state, buy, sell, price, lots)
    for order, filled_before in icebergs:
        if order.leaves_lots and order.filled_lots > filled_before:
            name = book.instrument.instrument
            state.emit(BookChanged(name, order.order_id, order.side, order.price_ticks, order.shown_lots))


def _queue(book: LimitOrderBook, side: int, price: int, volume: int, fewer: dict[int, int]) -> list[Order]:
    """The orders of a side that may trade at the auction's price, in priority, until they add up to its volume.

    A market order goes before all limits but those that are more aggressive than its collar: left behind, they would
    leave the book crossed. Orders in `fewer`, by id, add up with so many lots fewer.
    """
    book_side = book.side(side)
    collected = [order for order in book.market_orders.values() if order.side == side]
    collected = [order for order in collected if book_side.meets(order.price_ticks, price)]
    collected.sort(key=_by_collar)
    queue: list[Order] = []
    lots = taken = 0
    for order in book_side:
        if not book_side.meets(order.price_ticks, price):
            break
        while lots < volume and taken < len(collected):
            if not book_side.meets(collected[taken].price_ticks, order.price_ticks):
                break
            lots += _taking_part(collected[taken], fewer)
            queue.append(collected[taken])
            taken += 1
        if lots >= volume:
            return queue
        queue.append(order)
        lots += _taking_part(order, fewer)
    while lots < volume and taken < len(collected):
        lots += _taking_part(collected[taken], fewer)
        queue.append(collected[taken])
        taken += 1
    return queue


def _taking_part(order: Order, fewer: dict[int, int]) -> int:
    return order.leaves_lots - fewer.get(order.order_id, 0)


def _by_collar(order: Order) -> tuple[int, int]:
    """More aggressive collars first, then by time."""
    return (-order.price_ticks if order.side == BUY else order.price_ticks, order.queued)


def end_call_orders(state: State, book: LimitOrderBook) -> None:
    """Cancel what ends with its auction: collected market orders, at_open and at_close orders that joined; by entry."""
    ending = list(book.market_orders.values())
    ending += [order for order in book.auction_limits.values() if order.leaves_lots]
    book.auction_limits.clear()
    ending.sort(key=by_entry)
    for order in ending:
        if order.leaves_lots:
            cancel(state, order, AUCTION_ENDED)


def ends_with_auction(order: Order) -> bool:
    """Whether an order on the book is there for one auction only."""
    return order.time_in_force in (AT_OPEN, AT_CLOSE)
