"""Margin calls, and the close-out of those who don't answer them."""

from __future__ import annotations

from collections.abc import Iterator

from engine.book.entities import Margin, Order, Position
from engine.book.order_book import LimitOrderBook, static_band
from engine.clearing.movements import ending_newest
from engine.money.margin import missing, note, reported
from engine.money.reservations import holds_back, paying_asset
from engine.state.saying import setting_changed
from engine.state.state import DUE_MARGIN, State, next_report
from engine.trading.aftermath import work_off
from engine.trading.ending import cancel, orders_of
from engine.trading.entry import accept, act
from engine.trading.reducing import hold_all
from engine.vocabulary.codes import (
    BUY,
    CANCEL_OLDEST,
    CONTINUOUS,
    IOC,
    LIMIT,
    MARGIN_CALL,
    PHASE,
    PHASES,
    SELL,
)
from engine.vocabulary.limits import LEG_ID, MAX_GRACE_NS, MIN_GRACE_NS, MIN_NEXT_GRACE_NS, PIECE_EVENTS
from engine.vocabulary.messages.commands import CloseOut, NewOrder, SetMarginRules
from engine.vocabulary.messages.events import CloseOutStarted, MarginCalled, MarginRestored
from engine.vocabulary.problem import Problem, invalid, unknown_account, unknown_instrument
from engine.vocabulary.said import said

# The orders of a command have numbers from 0; its close-outs have theirs beyond all of them.
FIRST_CLOSE_OUT = 4096


def set_margin_rules(state: State, command: SetMarginRules) -> Problem | None:
    """Carry out `SetMarginRules`. Calls that stand keep their time."""
    if not MIN_GRACE_NS <= command.grace_ns <= MAX_GRACE_NS:
        return invalid(said("margin.grace"))
    state.grace_ns = command.grace_ns
    state.emit(setting_changed("margin_rules", "", said("margin.grace_ns", command.grace_ns), command.by))
    return None


def look_at_calls(state: State) -> None:
    """Call whose cover is missing, and end the calls of those where nothing is missing any more; many of them as a work."""
    changed = list(state.covers)
    state.covers.clear()
    changed.sort(key=_by_account)
    if len(changed) > PIECE_EVENTS:
        state.begin(_looking(state, changed))
        return
    for margin in changed:
        _look_at(state, margin)


def _looking(state: State, changed: list[Margin]) -> Iterator[None]:
    """Look at cover that has changed: a work of as many steps."""
    for margin in changed:
        _look_at(state, margin)
        yield


def _look_at(state: State, margin: Margin) -> None:
    """Begin or end an account's margin call, if its cover wants it."""
    margin.noted = False
    account, asset = margin.account, margin.asset.asset
    lacks = missing(margin)
    if not lacks:
        if margin.called:
            margin.called = False
            margin.until_ns = 0
            state.emit(MarginRestored(account.account, next_report(account), asset))
    elif not margin.until_ns or margin.in_default:
        grace_ns = state.grace_ns
        if margin.in_default:
            grace_ns = 0
        elif margin.called:
            # Its grace has ended, and it could not be closed out.
            grace_ns = max(grace_ns, MIN_NEXT_GRACE_NS)
        margin.called = True
        margin.until_ns = state.time_ns + grace_ns
        state.schedule(margin.until_ns, DUE_MARGIN, account.number)
        called = MarginCalled(account.account, next_report(account), asset, reported(lacks), margin.until_ns)
        state.emit(called)
    margin.in_default = False


def _by_account(margin: Margin) -> tuple[int, int]:
    return (margin.account.number, margin.asset.number)


def end_grace(state: State, account_index: int, deadline_ns: int) -> bool:
    """Begin to cancel orders and close out positions of an account whose grace has ended; False if none of its calls ends now."""
    account = state.account_list[account_index]
    found: Margin | None = None
    for _, balance in sorted(account.balances.items()):
        margin = balance.margin
        if margin is not None and margin.until_ns == deadline_ns:
            found = margin
            break
    if found is None:
        return False
    found.until_ns = 0
    note(found)
    state.begin(_ending_grace(state, found))
    return True


def _ending_grace(state: State, margin: Margin) -> Iterator[None]:
    """End what waits to leave, cancel orders, then close out positions, until nothing of an account's cover is missing.

    A work of a step an order, and one a position: a close-out may sweep a book, and an account may have positions in many.
    """
    account = margin.account
    if missing(margin):
        for _ in ending_newest(state, account, margin.asset.number, said("movement.margin_call", margin.asset.asset)):
            yield
            if not missing(margin):
                return
    for order in orders_of([account]):
        if not missing(margin):
            return
        # Only those that have the asset reserved bring something; some have ended with another leg.
        if order.leaves_lots and paying_asset(order) is margin.asset and holds_back(order):
            cancel(state, order, MARGIN_CALL)
        yield
    for _, position in sorted(account.positions.items()):
        book = state.book_list[position.instrument.number]
        if not missing(margin):
            return
        if position.margin is margin and position.lots and _trades(book):
            _close_out(state, book, position, "margin call")
            # An order that has nothing left to reduce needs cover that is not missing.
            hold_all(state)
            # What it has set off, before the next: cascades in several books would be one piece.
            work_off(state)
        yield


def _closed_out(state: State) -> int:
    """How many positions the current command has closed out so far."""
    if state.close_out_seq != state.seq:
        state.close_out_seq = state.seq
        state.close_outs = 0
    return state.close_outs


def _trades(book: LimitOrderBook) -> bool:
    return book.phase == CONTINUOUS and not book.in_call


def close_out(state: State, command: CloseOut) -> Problem | None:
    """Carry out `CloseOut`. Emits CloseOutStarted and what its order does, or returns why not."""
    book = state.books.get(command.instrument)
    if book is None:
        return unknown_instrument(command.instrument)
    account = state.accounts.get(command.account)
    if account is None:
        return unknown_account(command.account)
    position = account.positions.get(book.instrument.number)
    if position is None or not position.lots:
        return invalid(said("close_out.no_position", command.account, command.instrument))
    if not _trades(book):
        return Problem(PHASE, said("phase.nothing_trades", command.instrument, PHASES[book.phase]))
    _close_out(state, book, position, command.reason)
    return None


def _close_out(state: State, book: LimitOrderBook, position: Position, reason: str) -> None:
    """Enter the venue's order for a whole position at the edge of the static band. The rules note it, and can't refuse it."""
    account, instrument = position.account, book.instrument
    low, high = static_band(book)
    side = SELL if position.lots > 0 else BUY
    price = high if side == BUY else max(low, 1)
    lots = abs(position.lots)
    report = CloseOutStarted(account.account, next_report(account), instrument.instrument, position.lots, reason)
    state.emit(report)
    command = NewOrder(
        account.participant,
        account.account,
        "",
        instrument.instrument,
        side,
        LIMIT,
        IOC,
        price * instrument.tick_e8,
        lots * instrument.lot_e8,
        self_trade=CANCEL_OLDEST,
    )
    order = Order(state.seq + (FIRST_CLOSE_OUT + _closed_out(state)) * LEG_ID, account, command, book)
    state.close_outs += 1
    state.entered += 1
    order.entered = state.entered
    order.close_out = order.is_nameless = True
    # It ends like all others, and has used up no id.
    state.ended_ids -= 1
    order.price_ticks = order.reserve_ticks = price
    order.quantity_lots = order.leaves_lots = lots
    state.hook.reserve(order, price, lots)
    accept(state, order)
    act(state, order)
