"""The state of a core as plain data, to compare two of them or to hash one."""

from __future__ import annotations

import hashlib

import msgspec

from engine.orders import Account, Asset, Order
from engine.state import State


def take_snapshot(state: State) -> object:
    """Everything that later events can depend on, as lists of strings, integers and booleans, in a fixed order."""
    return [
        state.seq,
        state.time_ns,
        state.day,
        state.trades,
        [_asset(asset) for asset in state.assets.values()],
        [
            [
                name,
                book.phase,
                book.last_trade_ticks,
                book.reference_ticks,
                [order.order_id for order in book.bids],
                [order.order_id for order in book.asks],
            ]
            for name, book in state.books.items()
        ],
        [_account(account) for account in state.accounts.values()],
        state.hook.snapshot(),
    ]


def state_digest(state: State) -> str:
    """SHA-256 of the snapshot, in hexadecimal: equal states have equal digests."""
    return hashlib.sha256(msgspec.json.encode(take_snapshot(state))).hexdigest()


def _asset(asset: Asset) -> list[object]:
    return [asset.asset, asset.kind, asset.scale, asset.supply, asset.fees]


def _account(account: Account) -> list[object]:
    return [
        account.account,
        account.participant,
        account.investor,
        account.intermediary,
        account.report_seq,
        [[index, balance.available, balance.reserved] for index, balance in sorted(account.balances.items())],
        list(account.open_orders),
        [_order(order) for order in account.client_ids.values()],
    ]


def _order(order: Order) -> list[object]:
    return [
        order.order_id,
        order.client_order_id,
        order.instrument_name,
        order.side,
        order.order_type,
        order.time_in_force,
        order.post_only,
        order.price_e8,
        order.quantity_e8,
        order.status,
        order.price_ticks,
        order.quantity_lots,
        order.filled_lots,
        order.leaves_lots,
        order.reject_code,
        order.reject_rule,
        order.reserved,
        order.fee_numerator,
        order.fee_charged,
    ]
