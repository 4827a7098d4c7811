"""The market's index, by which the whole market is halted: the mean of last trade by reference over its members.

Its sum is kept, and a member's part of it renewed where the member's last trade or reference changes, so that a print costs the
same however many members there are.
"""

from __future__ import annotations

from engine.book.order_book import NO_MOVE, LimitOrderBook
from engine.state.state import State
from engine.vocabulary.limits import MAX_E8
from engine.vocabulary.rounding import PPM


def index_moved(state: State, book: LimitOrderBook) -> bool:
    """Whether a print in a book has the market's index at or past its threshold. O(1)."""
    return book.index_weight != 0 and abs(index_ppm(state) - PPM) >= state.halt_threshold_ppm


def index_ppm(state: State) -> int:
    """The mean of last trade by reference over the members that have a reference, in millionths. O(1).

    Each rounded down, and the mean too; a member without a trade counts as 1000000, and so does an index without members.
    """
    return state.index_sum // state.index_moves if state.index_moves else PPM


def set_members(state: State, books: list[LimitOrderBook]) -> None:
    """Have the index made of these books; one that stands there twice counts twice. O(members)."""
    for book in state.market_index:
        book.index_weight = 0
        book.index_move = NO_MOVE
    state.index_sum = state.index_moves = 0
    state.market_index.clear()
    state.market_index.extend(books)
    for book in books:
        book.index_weight += 1
    for book in books:
        renew_move(state, book)


def renew_move(state: State, book: LimitOrderBook) -> None:
    """Renew a book's part of the index, now that its last trade or its reference is another. O(1)."""
    weight, old = book.index_weight, book.index_move
    if not weight:
        return
    new = _move(book)
    book.index_move = new
    if old != NO_MOVE:
        state.index_sum -= old * weight
        state.index_moves -= weight
    if new != NO_MOVE:
        state.index_sum += new * weight
        state.index_moves += weight


def _move(book: LimitOrderBook) -> int:
    """Last trade by reference, in millionths rounded down; NO_MOVE without a reference."""
    reference = book.reference_ticks
    if not reference:
        return NO_MOVE
    return min((book.last_trade_ticks or reference) * PPM // reference, MAX_E8)


def check_index(state: State) -> None:
    """Assert that the sum is that of all members, counted anew. O(instruments)."""
    moves = [_move(book) for book in state.market_index]
    moves = [move for move in moves if move != NO_MOVE]
    assert (state.index_sum, state.index_moves) == (sum(moves), len(moves))
    weights: dict[int, int] = {}
    for book in state.market_index:
        number = book.instrument.number
        weights[number] = weights.get(number, 0) + 1
    for book in state.book_list:
        assert book.index_weight == weights.get(book.instrument.number, 0)
        assert book.index_move == (_move(book) if book.index_weight else NO_MOVE)
