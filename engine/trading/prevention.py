"""Self-trade prevention, and what an order could fill with it in force."""

from __future__ import annotations

from collections import deque
from typing import Final

from engine.book.entities import Level, Order, Owner
from engine.book.order_book import LimitOrderBook
from engine.book.own_queue import SCANS, OwnQueue
from engine.book.whereabouts import IN_CALL, ON_BOOK
from engine.money.margin import reducible_lots
from engine.money.reservations import affordable_lots, lower
from engine.state.state import State, next_report
from engine.trading.bands import dynamic_band
from engine.trading.ending import cancel, end_other_leg
from engine.vocabulary.codes import (
    BUY,
    CANCEL_BOTH,
    CANCEL_OLDEST,
    DECREMENT,
    PRICE_TIME,
    SELF_TRADE_PREVENTED,
)
from engine.vocabulary.messages.events import BookChanged, OrderAmended
from engine.vocabulary.rounding import round_up

NO_BOUND: Final = 2**62


def mode_of(state: State, order: Order) -> int:
    """The mode of self-trade prevention that rules for an incoming order: its own, else the venue's."""
    mode: int = -1 if order.is_plain else order.command.self_trade
    return state.self_trade if mode < 0 else mode


def prevent(state: State, resting: Order, incoming: Order) -> bool:
    """Do what prevention does where an incoming order meets an own one; True if the incoming order goes on."""
    mode = mode_of(state, incoming)
    if mode == CANCEL_OLDEST:
        cancel(state, resting, SELF_TRADE_PREVENTED)
        return True
    if mode == DECREMENT:
        if incoming.budget >= 0:
            return _decrement_budget(state, resting, incoming)
        lots = min(resting.leaves_lots, incoming.leaves_lots)
        _decrement(state, resting, lots)
        return _decrement(state, incoming, lots)
    if mode == CANCEL_BOTH:
        cancel(state, resting, SELF_TRADE_PREVENTED)
    # `reject` can only get here where there is no order left to reject (an amend, a triggered stop).
    if incoming.leaves_lots:
        cancel(state, incoming, SELF_TRADE_PREVENTED)
    return False


def _decrement(state: State, order: Order, lots: int) -> bool:
    """Take lots off an order without a trade; True if something is left of it."""
    if order.leaves_lots == lots:
        cancel(state, order, SELF_TRADE_PREVENTED)
        return False
    cut(state, order, lots)
    end_other_leg(state, order)
    return True


def cut(state: State, order: Order, lots: int) -> None:
    """Take lots off an order, wherever it is, without a trade and not all of them: it keeps its place."""
    book: LimitOrderBook = order.book
    order.keep_asked()
    order.quantity_lots -= lots
    shown = order.shown_lots
    if order.where == ON_BOOK:
        book.side(order.side).shrink(order, lots)
    else:
        order.leaves_lots -= lots
        if order.where == IN_CALL:
            book.indicative.changed = True
    lower(order)
    report_amended(state, order, True)
    if order.shown_lots != shown:
        name = book.instrument.instrument
        state.emit(BookChanged(name, order.order_id, order.side, order.price_ticks, order.shown_lots))


def _decrement_budget(state: State, resting: Order, incoming: Order) -> bool:
    """Take the lots that a budget allows at an own order's price off that order, and their value off the budget."""
    book: LimitOrderBook = resting.book
    instrument = book.instrument
    price_ticks = resting.price_ticks
    affordable = affordable_lots(incoming, price_ticks, instrument.taker_fee_ppm)
    lots = min(resting.leaves_lots, affordable)
    if not lots:
        return False
    _decrement(state, resting, lots)
    if lots == affordable:
        cancel(state, incoming, SELF_TRADE_PREVENTED)
        return False
    incoming.budget -= price_ticks * lots * instrument.unit
    incoming.quantity_lots = incoming.filled_lots
    incoming.leaves_lots = affordable_lots(incoming, price_ticks, instrument.taker_fee_ppm)
    lower(incoming)
    report_amended(state, incoming, True)
    return True


def report_amended(state: State, order: Order, kept_priority: bool) -> None:
    """Report an order's new terms, after the hook reserves what they can cost."""
    book: LimitOrderBook = order.book
    state.hook.true_up(order)
    account = order.account
    state.emit(
        OrderAmended(
            order.order_id,
            account.account,
            next_report(account),
            order.client_order_id,
            book.instrument.instrument,
            order.side,
            order.price_ticks,
            order.quantity_lots,
            order.filled_lots,
            order.leaves_lots,
            kept_priority,
        ),
    )


def own_crossed(state: State, order: Order) -> Order | None:
    """The first own order that one would meet in a call, by priority; None: it meets none.

    O(the owner's open orders opposite), but once for all orders that ask in one command.
    """
    queue = _own_queue(state, order, 1 - order.side)
    if queue.asked <= SCANS:
        opposite = order.account.owner.own_orders_on(order.instrument, 1 - order.side)
        state.steps += sum([len(orders) for orders in opposite])
    return queue.first_crossing(order)


def note_joined(state: State, order: Order) -> None:
    """Let own orders that join the call after this one in the same command meet it. O(log n)."""
    if state.own_queues:
        _own_queue(state, order, order.side).join(order)
        for other in order.account.owner.linked:
            queue = state.own_queues.get((other, order.instrument.number * 2 + order.side))
            if queue is not None:
                queue.join(order)


def _own_queue(state: State, order: Order, side: int) -> OwnQueue:
    owner, instrument = order.account.owner, order.instrument
    key = (owner.investor, instrument.number * 2 + side)
    found = state.own_queues.get(key)
    if found is None:
        found = state.own_queues[key] = OwnQueue(owner, instrument, side)
    return found


def rests_opposite(state: State, order: Order) -> bool:
    """Whether the owner has an order on the other side of the book. O(the owner's parked orders opposite), each a step."""
    for orders in order.account.owner.own_orders_on(order.instrument, 1 - order.side):
        for other in orders:
            if other.where == ON_BOOK:
                return True
            state.steps += 1
    return False


def fillable_lots(state: State, order: Order, enough_lots: int) -> int:
    """What an order could fill at once inside its limit and the dynamic band, hidden quantity included.

    Own orders are treated as prevention would. Counted no further than `enough_lots`. O(levels), or O(orders) if the
    owner has orders on the other side or it is a future's: each is a step.
    """
    book: LimitOrderBook = order.book
    opposite = book.opposite(order.side)
    low, high = dynamic_band(book)
    future = book.instrument.future is not None
    own = rests_opposite(state, order)
    mode = mode_of(state, order)
    filled, left = 0, enough_lots
    used: dict[int, int] = {}
    for price in opposite.prices():
        if left <= 0 or not opposite.meets(price, order.price_ticks):
            break
        level = opposite.levels[price]
        state.steps += level.count if future else min(level.count, left) if own else 1
        if high and not low <= price <= high:
            # Nothing trades here, but prevention may clear the price where only own orders stand.
            taken = _cleared_lots(level, order.account.owner, mode, left) if own else -1
            if taken < 0:
                break
            left -= taken
            continue
        fewer = _reducing(state, level, order, left, used) if future else {}
        if not own:
            lots = min(level.quantity_lots + level.hidden_lots - sum(fewer.values()), left)
        else:
            at_once = _at_once(state, order)
            if at_once > 1 and any(fewer.values()):
                # Which of these end before their turn, and how far the queue has moved up then, is not known: all own
                # orders count as met first.
                at_once = level.count
            lots, taken, stopped = _fillable_at(order, level, mode, left, fewer, at_once=at_once)
            left -= taken
            if stopped:
                return filled + lots
        filled += lots
        left -= lots
    return filled


def _reducing(state: State, level: Level, taker: Order, left: int, used: dict[int, int]) -> dict[int, int]:
    """How many lots fewer each reduce-only order at a price can trade if `left` lots or the whole price are taken, by order id.

    `used` says, by account, what its orders have taken of its position at better prices, and gets what they take here.
    O(orders at the price), and O(parts) for accounts that have such orders there, each a step.
    """
    by_time = taker.instrument.allocation == PRICE_TIME
    others: dict[int, list[Order]] = {}
    reducing: dict[int, bool] = {}
    resting = level.head
    while resting is not None:
        if not taker.account.owner.is_own(resting):
            number = resting.account.number
            others.setdefault(number, []).append(resting)
            if resting.reduce_only:
                reducing[number] = True
        resting = resting.next
    fewer: dict[int, int] = {}
    for number, orders in others.items():
        if number not in reducing:
            used[number] = used.get(number, 0) + sum([order.leaves_lots for order in orders])
            continue
        state.steps += sum([order.parts for order in orders])
        room = reducible_lots(orders[0].account, taker.instrument, orders[0].side) - used.get(number, 0)
        traded = _traded(orders, room, left if by_time else NO_BOUND)
        used[number] = used.get(number, 0) + sum(traded.values())
        for order in orders:
            if order.reduce_only:
                fewer[order.order_id] = order.leaves_lots - traded.get(order.order_id, 0)
    return fewer


def _traded(orders: list[Order], room: int, left: int) -> dict[int, int]:
    """What an account's orders at a price trade if it is taken, or until they make up `left` lots, by order id.

    Reduce-only ones no more than `room`, less what the account's orders have traded before: by time in their turns, part by
    part. By shares turns depend on what others show: there they come last, which is the least that they can trade.
    """
    by_time = orders[0].instrument.allocation == PRICE_TIME
    if not by_time:
        orders = sorted(orders, key=_reduces)
    turns = deque([(order, order.leaves_lots, order.shown_lots if by_time else order.leaves_lots) for order in orders])
    traded: dict[int, int] = {}
    taken = 0
    while turns and taken < left:
        order, leaves, lots = turns.popleft()
        if order.reduce_only:
            leaves = min(leaves, max(room - taken, 0))
            lots = min(lots, leaves)
        taken += lots
        traded[order.order_id] = traded.get(order.order_id, 0) + lots
        if leaves > lots:
            turns.append((order, leaves - lots, min(order.display_lots, leaves - lots)))
    return traded


def _reduces(order: Order) -> bool:
    return order.reduce_only


def _at_once(state: State, order: Order) -> int:
    """How many orders at a price are looked at together: by time the first, by shares those that get one."""
    return 1 if order.instrument.allocation == PRICE_TIME else state.max_shared


def _fillable_at(
    order: Order, level: Level, mode: int, left: int, fewer: dict[int, int], *, at_once: int
) -> tuple[int, int, bool]:
    """What an order could fill at a price, what prevention would take off it there, and whether it stops there.

    `fewer`: how many lots fewer than its leaves an order can trade, by order id. Of the orders looked at `at_once` own ones
    are met before the others trade; when these have, the next ones come, and icebergs' hidden parts behind all.
    """
    owner = order.account.owner
    filled, taken, behind = 0, 0, 0
    others, showing = 0, 0
    resting = level.head
    while resting is not None and filled + taken < left:
        if owner.is_own(resting):
            if mode == DECREMENT:
                taken += min(resting.leaves_lots, left - filled - taken)
            elif mode != CANCEL_OLDEST:
                return (filled, taken, True)
        else:
            leaves = resting.leaves_lots - fewer.get(resting.order_id, 0)
            shown = min(resting.shown_lots, leaves)
            behind += leaves - shown
            showing += shown
            others += 1
            if others == at_once:
                filled += min(showing, left - filled - taken)
                others = showing = 0
        resting = resting.next
    return (filled + min(showing + behind, left - filled - taken), taken, False)


def _cleared_lots(level: Level, owner: Owner, mode: int, left: int) -> int:
    """What prevention takes off an order at a price where only own orders stand; -1: the order does not get past it."""
    if mode not in (CANCEL_OLDEST, DECREMENT):
        return -1
    taken = 0
    resting = level.head
    while resting is not None:
        if not owner.is_own(resting):
            return -1
        if mode == DECREMENT:
            taken += min(resting.leaves_lots, left - taken)
        resting = resting.next
    return taken


def meets_own(state: State, order: Order) -> bool:
    """Whether an order would meet an own order before it is filled or a trade outside the band stops it.

    O(orders it would meet), each a step.
    """
    book: LimitOrderBook = order.book
    if not rests_opposite(state, order):
        return False
    opposite = book.opposite(order.side)
    low, high = dynamic_band(book)
    at_once = _at_once(state, order)
    if order.budget >= 0:
        return _budget_meets_own(state, order, at_once)
    left = order.leaves_lots
    for price in opposite.prices():
        if not opposite.meets(price, order.price_ticks):
            return False
        outside = high > 0 and not low <= price <= high
        level = opposite.levels[price]
        others, showing = 0, 0
        resting = level.head
        state.steps += 1
        while resting is not None and left > 0:
            if order.account.owner.is_own(resting):
                return True
            state.steps += 1
            showing += resting.shown_lots
            others += 1
            if others == at_once:
                if outside:
                    return False
                left -= showing
                others = showing = 0
            resting = resting.next
        left -= showing + level.hidden_lots
        if left <= 0 or outside:
            return False
    return False


def _budget_meets_own(state: State, order: Order, at_once: int) -> bool:
    """As `meets_own`, for an order by funds: it goes on as long as its budget allows a lot at the next price."""
    book: LimitOrderBook = order.book
    instrument = book.instrument
    opposite = book.opposite(order.side)
    low, high = dynamic_band(book)
    fee_ppm = instrument.taker_fee_ppm if order.side == BUY else 0
    spent = 0
    for price in opposite.prices():
        if not opposite.meets(price, order.price_ticks):
            return False
        per_lot = price * instrument.unit
        outside = high > 0 and not low <= price <= high
        level = opposite.levels[price]
        others, showing = 0, 0
        resting = level.head
        while resting is not None:
            if spent + per_lot + round_up((spent + per_lot) * fee_ppm) > order.budget:
                return False
            if order.account.owner.is_own(resting):
                return True
            state.steps += 1
            showing += resting.shown_lots
            others += 1
            if others == at_once:
                if outside:
                    return False
                spent += per_lot * showing
                others = showing = 0
            resting = resting.next
        if outside:
            return False
        spent += per_lot * (showing + level.hidden_lots)
    return False
