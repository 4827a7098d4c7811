"""Trade corrections: a supervisor undoes a trade of the day, or changes its price; balances and fees are put right."""

from __future__ import annotations

from engine.clearing import round_up
from engine.codes import FUNDS, INVALID
from engine.events import Event, TradeCorrected
from engine.orders import Account, Asset, TradeRecord
from engine.problem import Problem, decimal
from engine.state import State, next_report


def bust(state: State, out: list[Event], trade_id: int, reason: str) -> Problem | None:
    """Undo a trade: both sides get back what they gave, fees included. Emits TradeCorrected, or returns why not."""
    record = state.day_trades.get(trade_id)
    if record is None or record.busted:
        return Problem(INVALID, f"no trade {trade_id} of this trading day can be corrected")
    instrument = record.instrument
    value = record.price_ticks * record.lots * instrument.unit
    base = record.lots * instrument.lot_base
    problem = _book(
        [
            (record.buy.account, instrument.base, -base),
            (record.buy.account, instrument.quote, value + record.buy_fee),
            (record.sell.account, instrument.base, base),
            (record.sell.account, instrument.quote, record.sell_fee - value),
        ]
    )
    if problem is not None:
        return problem
    instrument.quote.fees -= record.buy_fee + record.sell_fee
    record.buy_fee = record.sell_fee = 0
    record.busted = True
    _report(state, out, trade_id, record, 0, reason)
    return None


def reprice(state: State, out: list[Event], trade_id: int, price_e8: int, reason: str) -> Problem | None:
    """Give a trade another price; fees change by their rate on the difference. Emits TradeCorrected, or returns why not."""
    record = state.day_trades.get(trade_id)
    if record is None or record.busted:
        return Problem(INVALID, f"no trade {trade_id} of this trading day can be corrected")
    instrument = record.instrument
    if price_e8 <= 0 or price_e8 % instrument.tick_e8:
        return Problem(INVALID, "the price must be a positive multiple of the tick size")
    price_ticks = price_e8 // instrument.tick_e8
    change = (price_ticks - record.price_ticks) * record.lots * instrument.unit
    buy_fee = round_up(change * record.buy_ppm)
    sell_fee = round_up(change * record.sell_ppm)
    problem = _book(
        [
            (record.buy.account, instrument.quote, -change - buy_fee),
            (record.sell.account, instrument.quote, change - sell_fee),
        ]
    )
    if problem is not None:
        return problem
    instrument.quote.fees += buy_fee + sell_fee
    record.buy_fee += buy_fee
    record.sell_fee += sell_fee
    _report(state, out, trade_id, record, price_ticks, reason)
    record.price_ticks = price_ticks
    return None


def _book(moves: list[tuple[Account, Asset, int]]) -> Problem | None:
    """Book all moves of available money, or none if an account has not enough."""
    problem: Problem | None = None
    for account, asset, amount in moves:
        account.balance(asset).available += amount
    for account, asset, _ in moves:
        missing = -account.balance(asset).available
        if missing > 0 and problem is None:
            detail = f"account {account.account} lacks {decimal(missing, asset.scale)} {asset.asset}"
            problem = Problem(FUNDS, detail)
    if problem is not None:
        for account, asset, amount in moves:
            account.balance(asset).available -= amount
    return problem


def _report(
    state: State, out: list[Event], trade_id: int, record: TradeRecord, new_price_ticks: int, reason: str
) -> None:
    buy, sell = record.buy, record.sell
    state.emit(
        out,
        TradeCorrected(
            trade_id,
            record.instrument.instrument,
            record.price_ticks,
            new_price_ticks,
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
            reason,
        ),
    )
