"""Futures: the index that they follow, and the marks at which gains and losses change hands."""

from __future__ import annotations

from collections.abc import Iterator

from engine.book.entities import Margin, Order, Position
from engine.book.order_book import LimitOrderBook, static_band
from engine.clearing.movements import ending_newest
from engine.money.margin import note, pay, receive, renewing, reported
from engine.money.reservations import paying_asset
from engine.state.listing import name_problem
from engine.state.state import DUE_MARK, DUE_SETTLEMENT, IndexPrice, State, next_report
from engine.trading.ending import cancel, cancelling, orders_of
from engine.trading.terms import tick_problem
from engine.vocabulary.codes import (
    ICEBERG,
    LIMIT,
    MARGIN_CALL,
    NO_REFERENCE,
    OUTSIDE_BAND,
    PEGGED,
    STOP_LIMIT,
    UNSUPPORTED,
)
from engine.vocabulary.days import midnight_ns, moscow_day
from engine.vocabulary.limits import MAX_E8, MAX_INDICES, NS_PER_DAY
from engine.vocabulary.messages.commands import MarkFuture, SetIndexPrice
from engine.vocabulary.messages.events import (
    DefaultDeclared,
    FutureMarked,
    IndexPriceSet,
    LossShared,
    VariationMargin,
)
from engine.vocabulary.problem import Problem, invalid, unknown_instrument
from engine.vocabulary.rounding import nearest_tick
from engine.vocabulary.said import said


def set_index_price(state: State, command: SetIndexPrice) -> Problem | None:
    """Carry out `SetIndexPrice`. Emits IndexPriceSet, or returns why not."""
    problem = name_problem("index", command.index)
    if problem is not None:
        return problem
    if not 0 < command.price_e8 <= MAX_E8:
        return invalid(said("index.price"))
    index = state.index_prices.get(command.index)
    if index is None:
        if len(state.index_prices) >= MAX_INDICES:
            return invalid(said("index.most", MAX_INDICES))
        state.index_prices[command.index] = IndexPrice(command.price_e8, state.time_ns)
    else:
        index.set(command.price_e8, state.time_ns)
    state.emit(IndexPriceSet(command.index, command.price_e8, command.source))
    return None


def begin_future(state: State, book: LimitOrderBook) -> None:
    """Set the band of a future just listed, and when it is marked, averaged and settled."""
    future = book.instrument.future
    assert future is not None
    for _ in changing_band(book):
        pass
    index = book.instrument.number
    _schedule_mark(state, book)
    if future.averaging_ns:
        state.schedule(future.expiry_ns - future.averaging_ns, DUE_SETTLEMENT, index)
    state.schedule(future.expiry_ns, DUE_SETTLEMENT, index)


def changing_band(book: LimitOrderBook) -> Iterator[None]:
    """Cover a future's shorts at its upper static band, which may have changed: a step a position, and an open order if it has."""
    future = book.instrument.future
    assert future is not None
    high_ticks = static_band(book)[1]
    orders = [] if high_ticks == future.high_ticks else book.open_orders()
    future.high_ticks = high_ticks
    for _ in renewing(future, orders):
        yield


def _schedule_mark(state: State, book: LimitOrderBook) -> None:
    """Set when a future is marked by the clock next: a whole multiple of its interval since Moscow midnight, before expiry."""
    future = book.instrument.future
    assert future is not None
    interval_ns = future.mark_interval_ns
    if not interval_ns:
        return
    midnight = midnight_ns(moscow_day(state.time_ns))
    due_ns = midnight + min(((state.time_ns - midnight) // interval_ns + 1) * interval_ns, NS_PER_DAY)
    if due_ns < future.expiry_ns:
        state.schedule(due_ns, DUE_MARK, book.instrument.number)


def mark_by_clock(state: State, book: LimitOrderBook) -> bool:
    """Mark a future because it is time; False if there is no price to mark it at."""
    _schedule_mark(state, book)
    ticks = mark_ticks(state, book)
    if ticks:
        state.begin(marking(state, book, ticks, False))
    return ticks != 0


def mark_future(state: State, command: MarkFuture) -> Problem | None:
    """Carry out `MarkFuture`. Emits as `mark` does, or returns why it did nothing."""
    book = state.books.get(command.instrument)
    if book is None:
        return unknown_instrument(command.instrument)
    if book.instrument.future is None:
        return invalid(said("future.none", command.instrument))
    problem = expired_problem(book)
    if problem is not None:
        return problem
    if command.price_e8:
        problem = tick_problem(book.instrument, command.price_e8)
        if problem is not None:
            return problem
        ticks = command.price_e8 // book.instrument.tick_e8
    else:
        ticks = mark_ticks(state, book)
        if not ticks:
            return Problem(NO_REFERENCE, said("reference.nothing_to_mark"))
    state.begin(marking(state, book, ticks, False))
    return None


def expired_problem(book: LimitOrderBook) -> Problem | None:
    """Why nothing more can be done with a future; None for all that can still trade."""
    future = book.instrument.future
    if future is None or not future.expired:
        return None
    return Problem(UNSUPPORTED, said("future.expired", book.instrument.instrument))


def mark_ticks(state: State, book: LimitOrderBook) -> int:
    """The mark by the rule: the index, else the last trade, else the reference; 0: none of them."""
    index = state.index_prices.get(book.instrument.underlying)
    if index is not None:
        return nearest_tick(index.price_e8, book.instrument.tick_e8)
    return book.last_trade_ticks or book.reference_ticks


def begin_averaging(state: State, book: LimitOrderBook) -> None:
    """Note where the integral of the index stands as the time over which it is averaged begins."""
    future = book.instrument.future
    index = state.index_prices.get(book.instrument.underlying)
    assert future is not None
    if index is not None:
        future.averages_from_ns = state.time_ns
        future.averaged = index.integral(state.time_ns)


def final_ticks(state: State, book: LimitOrderBook) -> int:
    """The price at which a future is settled: the mean of the index since its averaging began; 0: there is none."""
    future = book.instrument.future
    index = state.index_prices.get(book.instrument.underlying)
    assert future is not None
    if index is None or not future.averaging_ns:
        return mark_ticks(state, book)
    length_ns = state.time_ns - (future.averages_from_ns or index.known_ns)
    if not length_ns:
        return mark_ticks(state, book)
    return nearest_tick(index.integral(state.time_ns) - future.averaged, length_ns * book.instrument.tick_e8)


def marking(state: State, book: LimitOrderBook, ticks: int, final: bool) -> Iterator[None]:
    """Mark a future: losers pay, winners receive, the price becomes the reference. Emits what docs/CLEARING.md says.

    A work of a few steps for each position, and one for each order that is cancelled.
    """
    instrument = book.instrument
    future = instrument.future
    assert future is not None
    holders = [position for _, position in sorted(future.positions.items()) if position.lots or position.carried]
    interest = sum([position.lots for position in holders if position.lots > 0])
    state.touch(book)
    state.emit(FutureMarked(instrument.instrument, ticks, interest, final))
    amounts = [position.lots * ticks * instrument.unit - position.carried for position in holders]
    reported = [position.lots != 0 or amount != 0 for position, amount in zip(holders, amounts, strict=True)]
    for _ in _exchanging(state, holders, amounts):
        yield
    held_lots = [position.lots for position in holders]
    for position in holders:
        if final:
            position.lots = 0
        position.carried = position.lots * ticks * instrument.unit
        yield
    book.reference_ticks = ticks
    for _ in changing_band(book):
        yield
    for position, amount, lots, told in zip(holders, amounts, held_lots, reported, strict=True):
        account, balance = position.account, position.margin.balance
        if told:
            state.emit(
                VariationMargin(
                    account.account,
                    next_report(account),
                    instrument.instrument,
                    lots,
                    ticks,
                    amount,
                    balance.available,
                    balance.reserved,
                ),
            )
        yield
    for _ in cancelling(state, _outside(book), OUTSIDE_BAND):
        yield
    for index, position in list(future.positions.items()):
        if not (position.lots or position.carried or position.buy_lots or position.sell_lots):
            del future.positions[index]
            del position.account.positions[instrument.number]
        yield


def _exchanging(state: State, holders: list[Position], amounts: list[int]) -> Iterator[None]:
    """Move variation margin from losers to winners; `amounts` become what each got or paid in the end."""
    gains = sum([amount for amount in amounts if amount > 0])
    short = 0
    for number, position in enumerate(holders):
        if amounts[number] < 0:
            owed = [-amounts[number]]
            for _ in _collecting(state, position, owed):
                yield
            amounts[number] += owed[0]
            short += owed[0]
    borne = [short * amount // gains if amount > 0 else 0 for amount in amounts]
    left = short - sum(borne)
    for number, position in enumerate(holders):
        if amounts[number] <= 0:
            continue
        if left:
            borne[number] += 1
            left -= 1
        amounts[number] -= borne[number]
        receive(position.margin, amounts[number])
        yield
    for number, position in enumerate(holders):
        if borne[number]:
            account, instrument = position.account, position.instrument
            name, asset = instrument.instrument, instrument.quote.asset
            state.emit(LossShared(account.account, next_report(account), name, asset, reported(borne[number])))
            yield


def _collecting(state: State, position: Position, owed: list[int]) -> Iterator[None]:
    """Take a loss from an account; what it can't pay stays in `owed`.

    Where it is needed for it, what waits to leave the account ends, then its spot orders.
    """
    margin, account = position.margin, position.account
    amount = owed[0]
    amount -= pay(margin, amount)
    if amount:
        for _ in ending_newest(
            state, account, margin.asset.number, said("movement.loss", position.instrument.instrument)
        ):
            # What comes back covers the account's futures first, and is taken from there.
            amount -= pay(margin, amount)
            yield
            if not amount:
                break
    if amount:
        for order in reserving_spot(margin):
            if order.leaves_lots:
                cancel(state, order, MARGIN_CALL)
                amount -= pay(margin, amount)
                if not amount:
                    break
            yield
    owed[0] = amount
    if amount:
        margin.in_default = True
        note(margin)
        name, asset = position.instrument.instrument, margin.asset.asset
        state.emit(DefaultDeclared(account.account, next_report(account), name, asset, reported(amount)))
    yield


def reserving_spot(margin: Margin) -> list[Order]:
    """The account's open orders that reserve the asset outside of futures, newest first."""
    return [
        order
        for order in orders_of([margin.account])
        if order.reserved and order.instrument.future is None and paying_asset(order) is margin.asset
    ]


def _outside(book: LimitOrderBook) -> list[Order]:
    """The open orders with a limit price outside the static band. O(levels and parked orders)."""
    low, high = static_band(book)
    if not high:
        return []
    outside = [order for order in book.parked() if not low <= _limit_ticks(order, low) <= high]
    outside += book.resting_outside(low, high)
    return outside


def _limit_ticks(order: Order, none: int) -> int:
    """The limit price of an order, or what stands for none."""
    if order.order_type in (LIMIT, ICEBERG, STOP_LIMIT):
        return order.price_ticks
    return order.peg_limit_ticks or none if order.order_type == PEGGED else none


def check_future(book: LimitOrderBook) -> None:
    """Assert that the positions of a future add up to nothing, and that its cover is that of its band. O(positions)."""
    future = book.instrument.future
    assert future is not None
    assert future.high_ticks == static_band(book)[1]
    assert sum([position.lots for position in future.positions.values()]) == 0
    assert sum([position.carried for position in future.positions.values()]) == 0
    for index, position in future.positions.items():
        assert position.account.number == index and position.account.positions[book.instrument.number] is position
