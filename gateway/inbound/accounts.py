"""How an account stands: its open orders, balances and positions, each answered at one moment, so in one piece; and the steps."""

from __future__ import annotations

from typing import Final

from engine.book.entities import Account, Order
from engine.book.whereabouts import ON_BOOK, WAITING_STOP
from engine.clearing.futures import mark_ticks
from engine.exchange import Exchange
from engine.money.margin import missing
from engine.vocabulary.codes import GTD, ORDER_TYPES, PEGGED, PEGS, POST_ONLY_MODES, SIDES, TIMES_IN_FORCE
from engine.vocabulary.decimals import decimal
from engine.vocabulary.limits import COPIED_PER_STEP, MAX_LISTED_ORDERS, ROW_STEPS
from gateway.outbound.channels.registry import Channels
from gateway.protocol import messages
from gateway.protocol.formats import InstrumentFormat

_OPEN_ORDER: Final[type] = messages.OpenOrder
"""A constant is found at once; a name that is imported would be looked up for each order."""
Formats = dict[str, InstrumentFormat]


def open_orders(
    account: Account, query: messages.OpenOrders, formats: Formats, channels: Channels
) -> tuple[messages.OpenOrdersReply, int]:
    """The first of an account's orders after one. O(open orders)."""
    after: int = query.after_order_id
    ids = sorted([order_id for order_id in account.open_orders if order_id > after])
    orders: list[messages.OpenOrder] = []
    for order_id in ids[:MAX_LISTED_ORDERS]:
        order = account.open_orders[order_id]
        orders.append(_open_order(order, formats[order.instrument_name], channels))
    more = len(ids) > MAX_LISTED_ORDERS
    reply = messages.OpenOrdersReply(
        id=query.id, account=query.account, seq=account.report_seq, orders=orders, more=more
    )
    return reply, len(orders) * ROW_STEPS + len(account.open_orders) // COPIED_PER_STEP


def _open_order(order: Order, format_: InstrumentFormat, channels: Channels) -> messages.OpenOrder:
    is_on_book = order.where == ON_BOOK
    price, quantity = format_.price, format_.quantity
    found: messages.OpenOrder = _OPEN_ORDER(
        order.order_id,
        order.client_order_id,
        order.instrument_name,
        SIDES[order.side],
        ORDER_TYPES[order.order_type],
        TIMES_IN_FORCE[order.time_in_force],
        quantity[order.quantity_lots],
        quantity[order.filled_lots],
        quantity[order.leaves_lots],
        price[order.price_ticks] if order.price_ticks else None,
        price[order.stop_ticks] if order.where == WAITING_STOP else None,
        quantity[order.shown_lots] if is_on_book else None,
        channels.book(order.instrument_name).public_id(order.order_id) if is_on_book else None,
    )
    # Most orders have neither: whoever asks for thousands does not wait for what they lack.
    if order.time_in_force == GTD:
        found.expire_time = order.command.expire_ns
    if order.further is not None or order.order_type == PEGGED:
        _add_terms(found, order, format_)
    return found


def _add_terms(listed: messages.OpenOrder, order: Order, format_: InstrumentFormat) -> None:
    """State the further terms that still hold: those of a stop while it waits, those of all others to the end."""
    asked = order.command
    tick_e8 = order.instrument.tick_e8
    if order.display_lots:
        listed.display_quantity = format_.quantity[order.display_lots]
    if order.post_only:
        listed.post_only = POST_ONLY_MODES[order.post_only]
    listed.reduce_only = order.reduce_only
    if order.where == WAITING_STOP:
        listed.trail = format_.price[asked.trail_e8 // tick_e8] if asked.trail_e8 else None
        listed.trail_bps = asked.trail_bps or None
    if order.order_type == PEGGED:
        offset = asked.peg_offset_e8 // tick_e8
        listed.peg = PEGS[asked.peg]
        listed.peg_offset = ("-" if offset < 0 else "") + format_.price[abs(offset)] if offset else None
        listed.limit_price = format_.price[order.reserve_ticks]
    other = order.other_leg
    if other is not None:
        listed.other_order_id = other.order_id


def balances(exchange: Exchange, account: Account, query: messages.Balances) -> tuple[messages.BalancesReply, int]:
    """What an account has, in the order in which assets were added. O(assets)."""
    assets = list(exchange.assets.values())
    holdings: list[messages.Holding] = []
    for place, balance in sorted(account.balances.items()):
        asset = assets[place]
        scale = asset.scale
        holdings.append(
            messages.Holding(
                asset=asset.asset,
                available=decimal(balance.available, scale),
                reserved=decimal(balance.reserved, scale),
                frozen=decimal(balance.frozen, scale),
                held=decimal(balance.held, scale),
                arrested=decimal(balance.arrested, scale),
                total=decimal(balance.owned, scale),
            )
        )
    reply = messages.BalancesReply(id=query.id, account=query.account, seq=account.report_seq, balances=holdings)
    return reply, len(holdings) * ROW_STEPS + len(assets) // COPIED_PER_STEP


def positions(
    exchange: Exchange, account: Account, query: messages.Positions, formats: Formats
) -> tuple[messages.PositionsReply, int]:
    """An account's positions in the order of listing, and what covers them. O(positions and assets)."""
    reply = messages.PositionsReply(
        id=query.id,
        account=query.account,
        seq=account.report_seq,
        positions=_positions(exchange, account, formats),
        cover=_cover(exchange, account),
    )
    rows = len(account.positions) + len(account.balances)
    return reply, rows * ROW_STEPS + len(exchange.assets) // COPIED_PER_STEP


def _positions(exchange: Exchange, account: Account, formats: Formats) -> list[messages.Position]:
    """Where only orders are open there is no position."""
    found: list[messages.Position] = []
    for _, position in sorted(account.positions.items()):
        instrument = position.instrument
        if not position.lots and not position.carried:
            continue
        format_ = formats[instrument.instrument]
        listed = messages.Position(
            instrument=instrument.instrument,
            quantity=format_.quantity[position.lots],
            carried=format_.money[position.carried],
        )
        mark = mark_ticks(exchange, exchange.books[instrument.instrument])
        if mark:
            listed.mark = format_.price[mark]
            listed.unsettled = format_.money[position.lots * mark * instrument.unit - position.carried]
        found.append(listed)
    return found


def _cover(exchange: Exchange, account: Account) -> list[messages.Cover]:
    """What covers its futures, by asset; nothing for those that need no cover."""
    found: list[messages.Cover] = []
    assets = list(exchange.assets.values())
    for place, balance in sorted(account.balances.items()):
        margin = balance.margin
        if margin is None or not margin.needed:
            continue
        asset = assets[place]
        found.append(
            messages.Cover(
                asset=asset.asset,
                needed=decimal(margin.needed, asset.scale),
                held=decimal(margin.held, asset.scale),
                missing=decimal(missing(margin), asset.scale),
                call_until=margin.until_ns if margin.called else None,
            )
        )
    return found
