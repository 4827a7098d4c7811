"""The state of a core as plain data, to compare two of them or to hash one."""

from __future__ import annotations

import hashlib

import msgspec

from engine.book.assets import Asset
from engine.book.entities import NOWHERE, Account, Balance, Order, OrderRecord, Position
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
        [_trade(trade_id, trade) for trade_id, trade in state.day_trades.items()],
        [_limits(participant, limits) for participant, limits in state.limits.items()],
        list(state.killed),
        [list(item) for item in state.schedules.items()],
        [list(item) for item in state.schedule_steps.items()],
        [state.self_trade, state.seed, state.halt_threshold_ppm, state.halt_ns],
        [book.instrument.instrument for book in state.market_index],
        list(state.expiring),
        [[seq, msgspec.to_builtins(change)] for seq, change in state.changes.items()],
        state.grace_ns,
        [
            [name, index.known_ns, index.price_e8, index.since_ns, index.summed]
            for name, index in state.index_prices.items()
        ],
        [_account(account) for account in state.accounts.values()],
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
    ]


def _account(account: Account) -> list[object]:
    return [
        account.account,
        account.participant,
        account.investor,
        account.intermediary,
        account.report_seq,
        [_balance(index, balance) for index, balance in sorted(account.balances.items())],
        [_position(index, position) for index, position in sorted(account.positions.items())],
        list(account.open_orders),
        [_order(used) for used in account.used_ids.values() if isinstance(used, OrderRecord)],
        [
            [used.transfer_id, msgspec.structs.astuple(used.command), used.code]
            for used in account.used_ids.values()
            if isinstance(used, TransferRecord)
        ],
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
        position.fees,
        position.needed,
        sorted(position.reducing),
    ]


def _order(record: OrderRecord) -> list[object]:
    order = record if isinstance(record, Order) else None
    if order is None:
        # Rejected before anything of it was looked at.
        asked = record.command
        about: list[object] = [record.order_id, msgspec.structs.astuple(asked), asked.order_type, asked.post_only]
        about += [record.status, NOWHERE, 0, 0, 0, 0, 0, 0, record.entered, 0, 0, record.reject_code]
        return [*about, record.reject_rule, 0, 0, 0, 0, [], False, False, 0, 0, 0, 0, -1, 0, 0]
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
        order.reject_code,
        order.reject_rule,
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
        trade.buy.order_id,
        trade.sell.order_id,
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
