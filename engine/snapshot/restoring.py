"""A document becomes a core again: what it holds is put where it belongs, and all that follows from it is made anew."""

from __future__ import annotations

from engine.book.assets import Asset
from engine.book.entities import Order
from engine.book.order_book import LimitOrderBook, static_band
from engine.book.records import TradeRecord
from engine.snapshot.access import restore_access
from engine.snapshot.accounts import restore_accounts, restore_arrests, restore_movements, restore_orders
from engine.snapshot.messages.document import AssetState, BookState, CaseState, Snapshot, TradeState
from engine.state.absence import Absence, Armed
from engine.state.case import Alert, Case
from engine.state.listing import new_instrument
from engine.state.proposal import Proposal
from engine.state.protection import Limits
from engine.state.state import IndexPrice, State
from engine.trading.market_index import set_members
from engine.vocabulary.codes import CONTINUOUS


def restore_state(state: State, document: Snapshot) -> None:
    """Let a state that is new, and its hook, be what a snapshot holds. The document stays as it is. O(document)."""
    assert not state.seq and not state.assets, "only a new core can be restored"
    state.seq = document.seq
    state.time_ns = document.time_ns
    state.day = document.day
    state.trades = document.trades
    state.entered = document.entered
    state.queued = document.queued
    state.first_trade = document.first_trade
    state.self_trade = document.self_trade
    state.seed = document.seed
    state.is_test = document.is_test
    state.advanced_ns = document.advanced_ns
    state.halt_threshold_ppm = document.halt_threshold_ppm
    state.halt_ns = document.halt_ns
    state.grace_ns = document.grace_ns
    for saved_asset in document.assets:
        state.assets[saved_asset.asset] = _asset(len(state.assets), saved_asset)
    for saved_book in document.books:
        _add_book(state, saved_book)
    restore_arrests(state, document.arrests)
    restore_accounts(state, document.accounts)
    restore_movements(state, document.movements)
    for investor, linked in document.links:
        state.owner(investor).linked = {name: state.owner(name) for name in linked}
    orders = restore_orders(state, document.accounts)
    for saved_book in document.books:
        _fill_book(state.books[saved_book.listing.instrument], saved_book, orders)
    state.day_trades = [_trade(state, trade) for trade in document.day_trades]
    _restore_settings(state, document)
    state.hook.restore(document.hook, state.assets, state.instruments, state.accounts)


def _restore_settings(state: State, document: Snapshot) -> None:
    """Limits, switches, indexes, what is due, and what waits."""
    for each in document.limits:
        limits = Limits(each.orders_per_second, each.max_order_value, each.max_order_to_trade)
        limits.second = each.second
        limits.in_second = each.in_second
        limits.orders = each.orders
        limits.trades = each.trades
        state.limits[each.participant] = limits
    for key, units_per_second, burst in document.rates:
        state.rates[key] = (units_per_second, burst)
    for switch in document.killed:
        state.killed[switch] = True
    set_members(state, [state.books[name] for name in document.market_index])
    for saved in document.index_prices:
        index = IndexPrice(saved.price_e8, saved.known_ns)
        index.since_ns = saved.since_ns
        index.summed = int(saved.summed)
        state.index_prices[saved.index] = index
    # What is sorted is a heap.
    state.due.extend(document.due)
    for seq, change in document.changes:
        state.changes[seq] = change
    state.second = document.second
    for saved_proposal in document.proposals:
        state.proposals[saved_proposal.proposal] = Proposal(saved_proposal.command, saved_proposal.until_ns)
    for saved_case in document.cases:
        state.docket.cases[saved_case.case] = _case(saved_case)
    for alert in document.alerts:
        state.docket.keep_alert(alert.alert, Alert(alert.command, alert.raised_ns))
    _restore_absence(state.absence, document)
    restore_access(state.access, document)


def _restore_absence(absence: Absence, document: Snapshot) -> None:
    """Armed connections and timers. What is due because of them is known."""
    absence.last_connection = document.last_connection
    for saved in document.presences:
        presence = absence.presence(saved.participant)
        presence.alarm.until_ns = saved.until_ns
        presence.alarm.entries.extend(saved.entries)
        for each in saved.connections:
            armed = presence.connections[each.connection] = Armed(each.connection, each.accounts, each.grace_ns)
            armed.until_ns = each.until_ns
    for timer in document.timers:
        alarm = absence.timer(timer.account)
        alarm.until_ns = timer.until_ns
        alarm.entries.extend(timer.entries)


def _case(saved: CaseState) -> Case:
    case = Case(saved.term, saved.opened_ns, saved.alert, saved.reason, saved.by)
    for investor in saved.investors:
        case.investors[investor] = True
    for instrument in saved.instruments:
        case.instruments[instrument] = True
    for seq in saved.seqs:
        case.seqs[seq] = True
    return case


def _asset(number: int, saved: AssetState) -> Asset:
    asset = Asset(saved.asset, number, saved.kind, saved.scale)
    asset.supply = saved.supply
    asset.fees = saved.fees
    asset.issuer = saved.issuer
    asset.terms = saved.terms
    asset.follows = saved.follows
    asset.issue_limit = saved.issue_limit
    asset.outstanding = saved.outstanding
    return asset


def _add_book(state: State, saved: BookState) -> None:
    """Make an instrument and its book, without an order."""
    instrument = new_instrument(saved.listing, len(state.instruments), state.assets, state.covers)
    instrument.static_ppm = saved.static_ppm
    instrument.dynamic_ppm = saved.dynamic_ppm
    instrument.volatility_ns = saved.volatility_ns
    instrument.auction_random_ns = saved.auction_random_ns
    instrument.allocation = saved.allocation
    instrument.batch_ns = saved.batch_ns
    book = LimitOrderBook(instrument)
    book.enter(saved.phase)
    book.until_ns = saved.until_ns
    book.batch_due_ns = saved.batch_due_ns
    book.last_trade_ticks = saved.last_trade_ticks
    book.reference_ticks = saved.reference_ticks
    book.auctions = saved.auctions
    future = instrument.future
    if future is not None:
        assert saved.future is not None
        future.high_ticks = static_band(book)[1]
        future.averages_from_ns = saved.future.averages_from_ns
        future.averaged = int(saved.future.averaged)
        future.expired = saved.future.expired
    state.instruments[instrument.instrument] = instrument
    state.books[instrument.instrument] = book
    state.book_list.append(book)
    if saved.schedule:
        state.schedules[instrument.number] = saved.schedule
    if saved.step_ns:
        state.schedule_steps[instrument.number] = saved.step_ns


def _fill_book(book: LimitOrderBook, saved: BookState, orders: dict[int, Order]) -> None:
    """Put a book's open orders in their places."""
    for side, queue in ((book.bids, saved.bids), (book.asks, saved.asks)):
        for order_id in queue:
            order = orders[order_id]
            side.add_back(order, order.shown_lots)
        side.changed = False
    for waiting, order_ids in (
        (book.pegs, saved.pegs),
        (book.market_orders, saved.market_orders),
        (book.for_auction, saved.for_auction),
        (book.for_entry, saved.for_entry),
        (book.auction_limits, saved.auction_limits),
    ):
        for order_id in order_ids:
            waiting[order_id] = orders[order_id]
    indicative = book.indicative
    indicative.published = saved.indicative.published
    indicative.changed = saved.indicative.changed
    indicative.anchor_ticks = saved.indicative.anchor_ticks
    indicative.due_ns = saved.indicative.due_ns
    indicative.not_before_ns = saved.indicative.not_before_ns
    if book.pegs and (book.in_call or book.phase == CONTINUOUS):
        book.pegs_followed = book.touch_to_follow()


def _trade(state: State, saved: TradeState) -> TradeRecord:
    accounts = state.account_list
    trade = TradeRecord(
        state.book_list[saved.instrument].instrument,
        (accounts[saved.buyer], saved.buy_order_id, saved.buy_client_order_id),
        (accounts[saved.seller], saved.sell_order_id, saved.sell_client_order_id),
        saved.price_ticks,
        saved.lots,
        time_ns=saved.time_ns,
    )
    trade.buy_fee = saved.buy_fee
    trade.sell_fee = saved.sell_fee
    trade.buy_ppm = saved.buy_ppm
    trade.sell_ppm = saved.sell_ppm
    trade.busted = saved.busted
    return trade
