"""Several orders in one command: pairs of which one cancels the other, brackets, and ladders of quotes."""

from __future__ import annotations

from engine.book.entities import Account, Order, OrderRecord
from engine.book.kept import read
from engine.book.order_book import LimitOrderBook
from engine.book.used_id import UsedId
from engine.book.whereabouts import FOR_ENTRY, NOWHERE, WAITING_STOP
from engine.money.reservations import ladder_lacks
from engine.state.state import State, next_report
from engine.trading.admission import admit
from engine.trading.asking import own_account, refuse, refuse_stranger
from engine.trading.ending import by_entry, cancel_newest_first, orders_in
from engine.trading.entry import (
    accept,
    act,
    approval_problem,
    entry_problem,
    exposure_problem,
    kill_problem,
    not_listed,
    reject,
    reject_duplicate,
    report_status,
    static_problem,
)
from engine.trading.room import open_order, parts_that_rest, room_problem
from engine.trading.terms import LASTING, lot_problem, terms_problem, tick_problem
from engine.vocabulary.codes import (
    BUY,
    CONTINUOUS,
    DUPLICATE_ID,
    FUNDS,
    GTC,
    LIMIT,
    MARKET,
    PHASE,
    PHASES,
    POST_ONLY_OFF,
    REPLACED,
    SELL,
    SIZE,
    STOP,
    STOP_LIMIT,
)
from engine.vocabulary.decimals import decimal
from engine.vocabulary.limits import LEG_ID, MAX_QUOTES_PER_SIDE
from engine.vocabulary.messages.commands import MassQuote, NewBracket, NewOrder, NewOrderPair
from engine.vocabulary.messages.events import MassQuoted
from engine.vocabulary.problem import Problem, invalid, unknown_instrument
from engine.vocabulary.said import said


def enter_pair(state: State, command: NewOrderPair) -> None:
    """Carry out `NewOrderPair`. Emits a reject for both, or what the limit order does and then the stop."""
    orders = _admit_all(state, command.participant, command.account, [command.limit, command.stop])
    if not orders:
        return
    shape = _pair_problem(command.limit, command.stop, command.limit)
    problems = _static_problems(state, orders, shape)
    if any(problems):
        _reject_all(state, orders, problems)
        return
    limit, stop = orders
    assert isinstance(limit, Order) and isinstance(stop, Order)
    problems[0] = approval_problem(state, limit)
    if problems[0] is None:
        limit.other_leg, stop.other_leg = stop, limit
        # A stop reserves only what its pair does not hold already.
        stop.where = WAITING_STOP
        problems[1] = approval_problem(state, stop)
        stop.where = NOWHERE
    if any(problems):
        limit.other_leg = stop.other_leg = None
        _reject_all(state, orders, problems)
        return
    accept(state, limit)
    accept(state, stop)
    act(state, limit)
    if stop.leaves_lots:
        act(state, stop)


def _pair_problem(limit: NewOrder, stop: NewOrder, entry: NewOrder) -> Problem | None:
    """Why two orders make no pair."""
    if limit.order_type != LIMIT or stop.order_type not in (STOP, STOP_LIMIT):
        return invalid(said("pair.types"))
    for leg in (limit, stop):
        if leg.instrument != entry.instrument or leg.quantity_e8 != entry.quantity_e8:
            return invalid(said("hangs_together.alike"))
        if leg.time_in_force not in LASTING:
            return invalid(said("pair.time_in_force"))
    return invalid(said("pair.side")) if limit.side != stop.side else None


def enter_bracket(state: State, command: NewBracket) -> None:
    """Carry out `NewBracket`. Emits a reject for all three, or what the entry does and then its two children accepted."""
    orders = _admit_all(state, command.participant, command.account, [command.entry, command.take_profit, command.stop])
    if not orders:
        return
    shape = _bracket_problem(command)
    problems = _static_problems(state, orders, shape)
    if any(problems):
        _reject_all(state, orders, problems)
        return
    entry, limit, stop = orders
    assert isinstance(entry, Order) and isinstance(limit, Order) and isinstance(stop, Order)
    problems[0] = approval_problem(state, entry)
    if problems[0] is not None:
        _reject_all(state, orders, problems)
        return
    book: LimitOrderBook = entry.book
    entry.children = (limit, stop)
    limit.other_leg, stop.other_leg = stop, limit
    for child in (limit, stop):
        child.where = FOR_ENTRY
        book.for_entry[child.order_id] = child
        open_order(state, child)
    for order in (entry, limit, stop):
        accept(state, order)
    act(state, entry)


def _bracket_problem(command: NewBracket) -> Problem | None:
    """Why three orders make no bracket."""
    problem = _pair_problem(command.take_profit, command.stop, command.entry)
    if problem is not None:
        return problem
    if command.take_profit.side == command.entry.side:
        return invalid(said("bracket.side"))
    if command.entry.order_type not in (LIMIT, MARKET):
        return invalid(said("bracket.entry"))
    return None


def _static_problems(state: State, orders: list[OrderRecord], shape: Problem | None) -> list[Problem | None]:
    """As `static_problem`, of each order of a pair or (three) a bracket; there must be room for those before it, too."""
    problems: list[Problem | None] = []
    ahead = 0
    for index, order in enumerate(orders):
        if isinstance(order, Order):
            begins_later = index > 0 and len(orders) > 2
            problems.append(static_problem(state, order, shape, begins_later, ahead))
            ahead += parts_that_rest(order)
        else:
            problems.append(not_listed(order))
    return problems


def _admit_all(state: State, participant: str, name: str, legs: list[NewOrder]) -> list[OrderRecord] | None:
    """Admit every order of a list, or refuse the whole: a foreign account, or a client order id used before."""
    account = own_account(state, participant, name)
    if account is None:
        refuse_stranger(state, participant, name, 0, legs[0].client_order_id)
        return None
    for leg in legs:
        if leg.account != name or leg.participant != participant or leg.funds:
            problem = invalid(said("hangs_together.account"))
            refuse(state, account, 0, leg.client_order_id, problem)
            return None
    names = [leg.client_order_id for leg in legs]
    if len(dict.fromkeys(names)) < len(names):
        refuse(state, account, 0, names[0], Problem(DUPLICATE_ID, said("id.twice")))
        return None
    ids = state.ids_of(account)
    if any(ids.find(name) is not None for name in names):
        _answer_used_ids(state, account, legs)
        return None
    return [admit(state, account, leg, state.seq + index * LEG_ID) for index, leg in enumerate(legs)]


def _answer_used_ids(state: State, account: Account, legs: list[NewOrder]) -> None:
    """Answer a resent list with the status of each of its orders; any other use of a used id refuses the whole list."""
    used_ids: list[UsedId | None] = []
    for leg in legs:
        found = account.used_ids.find(leg.client_order_id)
        used_ids.append(None if found is None else read(account, leg.client_order_id, found))
    earlier: list[OrderRecord] = []
    for used, leg in zip(used_ids, legs, strict=True):
        if isinstance(used, OrderRecord) and used.command == leg:
            earlier.append(used)
    if len(earlier) == len(legs):
        for order in earlier:
            report_status(state, order)
        return
    for index, leg in enumerate(legs):
        used = used_ids[index]
        order_id = state.seq + index * LEG_ID
        if used is None:
            reject(state, admit(state, account, leg, order_id), _refused_together())
        else:
            reject_duplicate(state, account, leg, used, order_id)


def _refused_together() -> Problem:
    return invalid(said("hangs_together.refused"))


def _reject_all(state: State, orders: list[OrderRecord], problems: list[Problem | None]) -> None:
    """Reject all orders of a list, those without a fault of their own as `invalid`."""
    for order, problem in zip(orders, problems, strict=True):
        reject(state, order, problem or _refused_together())


def quote(state: State, command: MassQuote) -> None:
    """Carry out `MassQuote`. Emits RequestRejected; or the cancels of old quotes, what the new ones do, and MassQuoted."""
    account = own_account(state, command.participant, command.account)
    if account is None:
        refuse_stranger(state, command.participant, command.account, 0, command.quote_id)
        return
    quotes = _quotes(command)
    problem = _quotes_problem(state, account, command, quotes)
    if problem is not None:
        refuse(state, account, 0, command.quote_id, problem)
        return
    book = state.books[command.instrument]
    instrument = book.instrument
    old = [order for order in orders_in(account, instrument) if order.is_quote]
    for side in (BUY, SELL):
        state.steps += len(account.owner.orders_on(instrument, side))
    old.sort(key=by_entry)
    kept: dict[int, bool] = {}
    fresh: list[NewOrder] = []
    for wanted in quotes:
        price, lots = wanted.price_e8 // instrument.tick_e8, wanted.quantity_e8 // instrument.lot_e8
        for order in old:
            same = (order.side, order.price_ticks, order.leaves_lots) == (wanted.side, price, lots)
            if same and order.order_id not in kept:
                kept[order.order_id] = True
                break
        else:
            fresh.append(wanted)
    gone = [order for order in old if order.order_id not in kept]
    problem = _ladder_problem(state, [Order(0, account, wanted, book) for wanted in fresh], gone)
    if problem is not None:
        refuse(state, account, 0, command.quote_id, problem)
        return
    cancelled = cancel_newest_first(state, gone, REPLACED)
    entered = 0
    for index, wanted in enumerate(fresh):
        fresh_quote = admit(state, account, wanted, state.seq + index * LEG_ID)
        assert isinstance(fresh_quote, Order), "a ladder is of one instrument, which is listed"
        fresh_quote.is_quote = True
        found = entry_problem(state, fresh_quote)
        if found is not None:
            reject(state, fresh_quote, found)
        else:
            accept(state, fresh_quote)
            act(state, fresh_quote)
            entered += 1
    report = MassQuoted(account.account, next_report(account), command.quote_id, len(kept), cancelled, entered)
    state.emit(report)


def _quotes(command: MassQuote) -> list[NewOrder]:
    """The orders a ladder stands for, bids then asks."""
    quotes: list[NewOrder] = []
    for side, letter, ladder in ((BUY, "b", command.bids), (SELL, "a", command.asks)):
        for index, (price_e8, quantity_e8) in enumerate(ladder):
            quotes.append(
                NewOrder(
                    command.participant,
                    command.account,
                    f"{command.quote_id}:{letter}{index}",
                    command.instrument,
                    side,
                    LIMIT,
                    GTC,
                    price_e8,
                    quantity_e8,
                    command.post_only,
                    command.self_trade,
                )
            )
    return quotes


def _quotes_problem(state: State, account: Account, command: MassQuote, quotes: list[NewOrder]) -> Problem | None:
    """Why a ladder is refused as a whole."""
    book = state.books.get(command.instrument)
    if book is None:
        return unknown_instrument(command.instrument)
    if len(command.bids) > MAX_QUOTES_PER_SIDE or len(command.asks) > MAX_QUOTES_PER_SIDE:
        return Problem(SIZE, said("quotes.most", MAX_QUOTES_PER_SIDE))
    ids = state.ids_of(account)
    for wanted in quotes:
        if ids.find(wanted.client_order_id) is not None:
            return Problem(DUPLICATE_ID, said("quotes.used", command.quote_id))
    problem = kill_problem(state, account, command.instrument)
    if problem is not None:
        return problem
    if book.in_call:
        if command.post_only != POST_ONLY_OFF:
            return Problem(PHASE, said("quotes.post_only_in_call"))
    elif book.phase != CONTINUOUS:
        return Problem(PHASE, said("phase.no_orders", command.instrument, PHASES[book.phase]))
    highest, lowest = [price for price, _ in command.bids], [price for price, _ in command.asks]
    if highest and lowest and max(highest) >= min(lowest):
        return invalid(said("quotes.crosses"))
    instrument = book.instrument
    for wanted in quotes:
        problem = tick_problem(instrument, wanted.price_e8) or lot_problem(instrument, wanted.quantity_e8)
        if problem is not None:
            return problem
    return None


def _ladder_problem(state: State, fresh: list[Order], gone: list[Order]) -> Problem | None:
    """Why the new quotes of a ladder can't stand in place of old ones, whoever trades with them: then the old ones stay.

    `fresh` are the orders as they would be, and are thrown away.
    """
    if not fresh:
        return None
    for order in fresh:
        problem = terms_problem(order, state.time_ns) or exposure_problem(state, order)
        if problem is not None:
            return problem
    more = len(fresh) - sum([order.parts for order in gone])
    problem = room_problem(state, fresh[0], more) if more > 0 else None
    if problem is not None:
        return problem
    for side in (BUY, SELL):
        asset, lacks = ladder_lacks(fresh, gone, side)
        if lacks:
            return Problem(FUNDS, said("quotes.need", decimal(lacks, asset.scale), asset.asset))
    return None
