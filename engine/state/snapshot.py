"""The state of a core as plain data, to compare two of them or to hash one."""

from __future__ import annotations

import hashlib

import msgspec

from engine.book.assets import Asset
from engine.book.entities import Account, Balance, Order, OrderRecord, Position
from engine.book.kept import read
from engine.book.order_book import LimitOrderBook
from engine.book.records import TradeRecord, TransferRecord
from engine.state.protection import Limits
from engine.state.state import State


def take_snapshot(state: State) -> object:
    """Everything that later events can depend on, as lists of strings, integers and booleans, in a fixed order."""
    return [
        state.seq,
        state.time_ns,
        state.day,
        state.trades,
        state.entered,
        state.queued,
        [_asset(asset) for asset in state.assets.values()],
        [_book(book) for book in state.book_list],
        [_trade(state.first_trade + place, trade) for place, trade in enumerate(state.day_trades)],
        [_limits(participant, limits) for participant, limits in state.limits.items()],
        list(state.killed),
        [list(item) for item in state.schedules.items()],
        [list(item) for item in state.schedule_steps.items()],
        [state.self_trade, state.seed, state.halt_threshold_ppm, state.halt_ns],
        [book.instrument.instrument for book in state.market_index],
        state.expiries.entries(),
        [[seq, msgspec.to_builtins(change)] for seq, change in state.changes.items()],
        state.grace_ns,
        [
            [name, index.known_ns, index.price_e8, index.since_ns, index.summed]
            for name, index in state.index_prices.items()
        ],
        [_account(account, state.day) for account in state.accounts.values()],
        [[owner.investor, list(owner.linked)] for owner in state.owners.values() if owner.linked],
        state.hook.snapshot(),
    ]


def state_digest(state: State) -> str:
    """SHA-256 of the snapshot, in hexadecimal: equal states have equal digests."""
    return hashlib.sha256(msgspec.json.encode(take_snapshot(state))).hexdigest()


def _asset(asset: Asset) -> list[object]:
    return [
        asset.asset,
        asset.kind,
        asset.scale,
        asset.supply,
        asset.fees,
        asset.issuer,
        asset.terms,
        asset.issue_limit,
        asset.outstanding,
        asset.follows,
    ]


def _account(account: Account, day: int) -> list[object]:
    return [
        account.account,
        account.participant,
        account.investor,
        account.intermediary,
        account.report_seq,
        [_balance(index, balance) for index, balance in sorted(account.balances.items())],
        [_position(index, position) for index, position in sorted(account.positions.items())],
        list(account.open_orders),
        _used(account, day),
    ]


def _balance(index: int, balance: Balance) -> list[object]:
    margin = balance.margin
    shown: list[object] = [index, balance.available, balance.reserved, balance.frozen]
    if margin is not None:
        shown += [margin.needed, margin.held, margin.called, margin.until_ns]
    return shown


def _position(index: int, position: Position) -> list[object]:
    return [
        index,
        position.lots,
        position.carried,
        position.buy_lots,
        position.buy_value,
        position.sell_lots,
        position.sell_value,
        position.buy_fees,
        position.sell_fees,
        position.needed,
        sorted(position.reducing),
        position.reducing_lots,
    ]


def _used(account: Account, day: int) -> list[list[list[object]]]:
    """What client order ids are used up for, by number: open orders, orders that have ended, transfers."""
    opened: list[list[object]] = []
    ended: list[list[object]] = []
    transfers: list[list[object]] = []
    for name, used in account.used_ids.entries(day):
        found = read(account, name, used)
        if isinstance(found, Order) and not found.has_ended:
            opened.append(_order(found))
        elif isinstance(found, OrderRecord):
            ended.append(_ended(found))
        elif isinstance(found, TransferRecord):
            transfers.append([found.transfer_id, msgspec.structs.astuple(found.command), found.code])
    # By number: in which order ids stand depends on how much of a day's leftovers has been swept.
    return [sorted(rows, key=_by_number) for rows in (opened, ended, transfers)]


def _by_number(row: list[object]) -> int:
    number = row[0]
    assert isinstance(number, int)
    return number


def _ended(order: OrderRecord) -> list[object]:
    return [
        order.order_id,
        msgspec.structs.astuple(order.command),
        order.status,
        order.price_ticks,
        order.quantity_lots,
        order.filled_lots,
        order.reject_code,
        order.reject_rule,
        order.fee_numerator,
        order.fee_charged,
    ]


def _order(order: Order) -> list[object]:
    other, children = order.other_leg, order.children
    return [
        order.order_id,
        msgspec.structs.astuple(order.command),
        order.order_type,
        order.post_only,
        order.status,
        order.where,
        order.price_ticks,
        order.quantity_lots,
        order.filled_lots,
        order.leaves_lots,
        order.shown_lots,
        order.display_lots,
        order.entered,
        order.renewed,
        order.queued,
        order.stop_ticks,
        order.trail_best_ticks,
        order.peg_limit_ticks,
        0 if other is None else other.order_id,
        [child.order_id for child in children],
        order.is_quote,
        order.close_out,
        order.reserve_ticks,
        order.reserved,
        order.covered_lots,
        order.covered_value,
        order.budget,
        order.fee_numerator,
        order.fee_charged,
        order.parts,
    ]


def _book(book: LimitOrderBook) -> list[object]:
    instrument = book.instrument
    future = instrument.future
    return [
        instrument.instrument,
        instrument.static_ppm,
        instrument.dynamic_ppm,
        instrument.volatility_ns,
        instrument.auction_random_ns,
        instrument.allocation,
        instrument.batch_ns,
        book.phase,
        book.until_ns,
        book.batch_due_ns,
        book.last_trade_ticks,
        book.reference_ticks,
        book.auctions,
        _indicative(book),
        [order.order_id for order in book.bids],
        [order.order_id for order in book.asks],
        [] if future is None else [future.averages_from_ns, future.averaged, future.expired],
    ]


def _indicative(book: LimitOrderBook) -> list[object]:
    """Of what can have changed since it was computed, only that it has."""
    indicative = book.indicative
    changed = indicative.changed or book.bids.changed or book.asks.changed
    return [*indicative.published, changed, indicative.anchor_ticks, indicative.due_ns, indicative.not_before_ns]


def _trade(trade_id: int, trade: TradeRecord) -> list[object]:
    return [
        trade_id,
        trade.buy_order_id,
        trade.sell_order_id,
        trade.price_ticks,
        trade.lots,
        trade.buy_fee,
        trade.sell_fee,
        trade.time_ns,
        trade.busted,
    ]


def _limits(participant: str, limits: Limits) -> list[object]:
    return [
        participant,
        limits.orders_per_second,
        limits.max_order_value,
        limits.max_order_to_trade,
        limits.second,
        limits.in_second,
        limits.orders,
        limits.trades,
    ]
