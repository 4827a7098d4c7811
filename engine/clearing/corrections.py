"""Trade corrections: a supervisor undoes a trade of the day, or changes its price; balances and fees are put right."""

from __future__ import annotations

from engine.book.assets import Asset
from engine.book.entities import Account, Order
from engine.book.records import TradeRecord
from engine.money import margin
from engine.money.reservations import needed, paying_asset
from engine.state.state import State, next_report
from engine.trading.reducing import note_positions
from engine.vocabulary.codes import FUNDS, TICK
from engine.vocabulary.decimals import decimal
from engine.vocabulary.messages.commands import BustTrade, RepriceTrade
from engine.vocabulary.messages.events import TradeCorrected
from engine.vocabulary.problem import Problem, invalid
from engine.vocabulary.rounding import round_up


def bust(state: State, command: BustTrade) -> Problem | None:
    """Undo a trade: both sides get back what they gave, fees included. Emits TradeCorrected, or returns why not."""
    record = _find(state, command.trade_id)
    return _unknown(command) if record is None else _correct(state, command, record, 0)


def reprice(state: State, command: RepriceTrade) -> Problem | None:
    """Give a trade another price, as if it had been made at it. Emits TradeCorrected, or returns why not."""
    record = _find(state, command.trade_id)
    if record is None:
        return _unknown(command)
    tick_e8 = record.instrument.tick_e8
    if command.price_e8 <= 0 or command.price_e8 % tick_e8:
        return Problem(TICK, "the price must be a positive multiple of the tick size")
    return _correct(state, command, record, command.price_e8 // tick_e8)


def _find(state: State, trade_id: int) -> TradeRecord | None:
    record = state.day_trades.get(trade_id)
    if record is None or record.busted:
        return None
    future = record.instrument.future
    return None if future is not None and future.expired else record


def _unknown(command: BustTrade | RepriceTrade) -> Problem:
    return invalid(f"no trade {command.trade_id} of this trading day can be corrected")


def _correct(state: State, command: BustTrade | RepriceTrade, record: TradeRecord, new_ticks: int) -> Problem | None:
    """Move a trade to another price, 0 being no trade at all; an account that lacks what it must give stops it."""
    old_ticks = record.price_ticks
    future = record.instrument.future
    if future is not None:
        missing = _missing_fees(record, old_ticks, new_ticks)
        if missing is not None:
            return missing
        fees = _book_future(record, old_ticks, new_ticks)
    else:
        fees = _book(record, old_ticks, new_ticks)
        missing = _missing(record)
        if missing is not None:
            _book(record, new_ticks, old_ticks)
            return missing
        _hold_cover(record)
    record.buy_fee += fees[0]
    record.sell_fee += fees[1]
    record.busted = new_ticks == 0
    record.price_ticks = new_ticks or old_ticks
    buy, sell = record.buy, record.sell
    state.emit(
        TradeCorrected(
            command.trade_id,
            record.instrument.instrument,
            old_ticks,
            new_ticks,
            record.lots,
            buy.order_id,
            buy.account.account,
            next_report(buy.account),
            record.buy_fee,
            sell.order_id,
            sell.account.account,
            next_report(sell.account),
            record.sell_fee,
            record.time_ns,
            command.reason,
        ),
    )
    if future is not None:
        book = state.book_list[record.instrument.number]
        state.touch(book)
        note_positions(state, buy, sell)
    return None


def _book(record: TradeRecord, old_ticks: int, new_ticks: int) -> tuple[int, int]:
    """Book the difference between two prices of a trade; returns what buyer and seller pay more in fees."""
    instrument = record.instrument
    value = (new_ticks - old_ticks) * record.lots * instrument.unit
    base = record.lots * instrument.lot_base * ((new_ticks != 0) - (old_ticks != 0))
    buy_fee = _charge(record.buy, value * record.buy_ppm)
    sell_fee = _charge(record.sell, value * record.sell_ppm)
    instrument.quote.fees += buy_fee + sell_fee
    buyer, seller = record.buy.account, record.sell.account
    buyer.balance(instrument.base).available += base
    buyer.balance(instrument.quote).available -= value + buy_fee
    seller.balance(instrument.base).available -= base
    seller.balance(instrument.quote).available += value - sell_fee
    for order in (record.buy, record.sell):
        if order.leaves_lots:
            _reserve_again(order)
    return (buy_fee, sell_fee)


def _charge(order: Order, numerator: int) -> int:
    """Change an order's exact fee, in millionths; returns how much more it is charged."""
    order.fee_numerator += numerator
    charged = round_up(order.fee_numerator)
    more = charged - order.fee_charged
    order.fee_charged = charged
    return more


def _reserve_again(order: Order) -> None:
    """Reserve what an open order needs now that its fee so far has changed, by a unit at most."""
    balance = order.account.balance(paying_asset(order))
    more = needed(order, order.reserve_ticks, order.leaves_lots) - order.reserved
    balance.available -= more
    balance.reserved += more
    order.reserved += more


def _hold_cover(record: TradeRecord) -> None:
    """Let what a correction has credited cover futures, if any of their cover is missing."""
    for account in (record.buy.account, record.sell.account):
        for asset in (record.instrument.base, record.instrument.quote):
            cover = account.balance(asset).margin
            if cover is not None:
                margin.hold(cover)


def _missing_fees(record: TradeRecord, old_ticks: int, new_ticks: int) -> Problem | None:
    """What an account of a future's trade lacks for the fee that the correction makes higher."""
    value = (new_ticks - old_ticks) * record.lots * record.instrument.unit
    asset = record.instrument.quote
    for order, ppm in ((record.buy, record.buy_ppm), (record.sell, record.sell_ppm)):
        more = round_up(order.fee_numerator + value * ppm) - order.fee_charged
        lacks = more - order.account.balance(asset).available
        if more > 0 and lacks > 0:
            return Problem(FUNDS, f"account {order.account.account} lacks {decimal(lacks, asset.scale)} {asset.asset}")
    return None


def _book_future(record: TradeRecord, old_ticks: int, new_ticks: int) -> tuple[int, int]:
    """Change both positions by the difference between two prices of a trade; returns what each side pays more in fees."""
    instrument = record.instrument
    value = (new_ticks - old_ticks) * record.lots * instrument.unit
    lots = record.lots * ((new_ticks != 0) - (old_ticks != 0))
    fees = [0, 0]
    for side, order, ppm in ((0, record.buy, record.buy_ppm), (1, record.sell, record.sell_ppm)):
        position = margin.position_of(order.account, instrument)
        fees[side] = margin.charge(order, value * ppm, position.margin)
        sign = 1 if side == 0 else -1
        position.lots += sign * lots
        position.carried += sign * value
        margin.renew(margin.count(order, order.reserve_ticks, order.leaves_lots))
    return (fees[0], fees[1])


def _missing(record: TradeRecord) -> Problem | None:
    """What an account of the trade lacks, if a balance has become negative."""
    instrument = record.instrument
    for account in (record.buy.account, record.sell.account):
        for asset in (instrument.base, instrument.quote):
            problem = _negative(account, asset)
            if problem is not None:
                return problem
    return None


def _negative(account: Account, asset: Asset) -> Problem | None:
    available = account.balance(asset).available
    if available >= 0:
        return None
    return Problem(FUNDS, f"account {account.account} lacks {decimal(-available, asset.scale)} {asset.asset}")
