"""Trade corrections: a supervisor undoes a trade of the day, or changes its price; balances and fees are put right."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from engine.book.assets import Asset
from engine.book.entities import Account, Instrument, Order, OrderRecord
from engine.book.kept import keep_order, read
from engine.book.records import TradeRecord
from engine.clearing.movements import ending_newest
from engine.money import arrests, margin
from engine.money.reservations import credit, needed, paying_asset
from engine.state.state import State, next_report
from engine.trading.ending import by_entry, cancel
from engine.trading.reducing import note_positions
from engine.vocabulary.codes import BUY, CORRECTED, FUNDS, TICK
from engine.vocabulary.decimals import decimal
from engine.vocabulary.messages.commands import BustTrade, RepriceTrade
from engine.vocabulary.messages.events import TradeCorrected
from engine.vocabulary.problem import Problem, invalid
from engine.vocabulary.rounding import round_up
from engine.vocabulary.said import said


def correct(state: State, command: BustTrade | RepriceTrade) -> Problem | None:
    """Undo a trade: both sides get back what they gave, fees included; or give it another price, as if it had been made at it.

    Emits OrderCancelled for what holds back what must be given, newest first, and TradeCorrected; or returns why not.
    """
    problem = correction_problem(state, command)
    if problem is not None:
        return problem
    record = _find(state, command.trade_id)
    assert record is not None
    new_ticks = command.price_e8 // record.instrument.tick_e8 if type(command) is RepriceTrade else 0
    return _correct(state, command, record, new_ticks)


def correction_problem(state: State, command: BustTrade | RepriceTrade) -> Problem | None:
    """Why a trade can't be corrected so, whatever its sides have; None if it can."""
    record = _find(state, command.trade_id)
    if record is None:
        return invalid(said("trade.unknown", command.trade_id))
    if type(command) is RepriceTrade and (command.price_e8 <= 0 or command.price_e8 % record.instrument.tick_e8):
        return Problem(TICK, said("price.tick"))
    return None


def _find(state: State, trade_id: int) -> TradeRecord | None:
    place = trade_id - state.first_trade
    if not 0 <= place < len(state.day_trades):
        return None
    record = state.day_trades[place]
    if record.busted:
        return None
    future = record.instrument.future
    return None if future is not None and future.expired else record


def _correct(state: State, command: BustTrade | RepriceTrade, record: TradeRecord, new_ticks: int) -> Problem | None:
    """Move a trade to another price, 0 being no trade at all; an account that lacks what it must give stops it."""
    old_ticks = record.price_ticks
    if record.instrument.future is not None:
        missing = _missing_fees(record, old_ticks, new_ticks)
        if missing is not None:
            return missing
        _report(state, command, record, new_ticks, _book_future(record, old_ticks, new_ticks))
        return None
    fees = _book(record, old_ticks, new_ticks)
    debts = _debts(record)
    if not debts:
        _share_out(record)
        _report(state, command, record, new_ticks, fees)
        return None
    _book(record, new_ticks, old_ticks)
    for debt in debts:
        debt.owed += debt.account.available(debt.asset)
        lacks = debt.owed - _could_be_available(debt)
        if lacks > 0:
            lacking = decimal(lacks, debt.asset.scale)
            return Problem(FUNDS, said("funds.lacks", debt.account.account, lacking, debt.asset.asset))
    state.begin(_freeing(state, command, record, new_ticks, debts))
    return None


def _report(
    state: State, command: BustTrade | RepriceTrade, record: TradeRecord, new_ticks: int, fees: tuple[int, int]
) -> None:
    """Keep what a trade is now, and tell both sides."""
    old_ticks = record.price_ticks
    record.buy_fee += fees[0]
    record.sell_fee += fees[1]
    record.busted = new_ticks == 0
    record.price_ticks = new_ticks or old_ticks
    buyer, seller = record.buyer, record.seller
    state.emit(
        TradeCorrected(
            command.trade_id,
            record.instrument.instrument,
            old_ticks,
            new_ticks,
            record.lots,
            record.buy_order_id,
            buyer.account,
            next_report(buyer),
            record.buy_fee,
            record.sell_order_id,
            seller.account,
            next_report(seller),
            record.sell_fee,
            record.time_ns,
            command.reason,
        ),
    )
    if record.instrument.future is not None:
        state.touch(state.book_list[record.instrument.number])
        note_positions(state, record.instrument, buyer, seller)


class _Debt:
    """What an account must give for a correction, more than is available."""

    def __init__(self, account: Account, asset: Asset, owed: int) -> None:
        self.account: Final = account
        self.asset: Final = asset
        self.owed: int = owed


def _holding(debt: _Debt) -> list[Order]:
    """The open orders outside of futures that have the asset reserved, newest first. O(n log n) in those of the account."""
    orders = [
        order
        for order in debt.account.open_orders.values()
        if order.reserved and order.instrument.future is None and paying_asset(order) is debt.asset
    ]
    orders.sort(key=by_entry, reverse=True)
    return orders


def _could_be_available(debt: _Debt) -> int:
    """How much would be available without what waits to leave and open orders outside of futures.

    Missing cover comes first, then what is arrested.
    """
    balance, orders = debt.account.balance(debt.asset), _holding(debt)
    freed = balance.held + sum([order.reserved for order in orders])
    repaid = sum([order.reserved for order in orders if order.side != BUY])
    return arrests.spendable(balance, freed - (0 if balance.margin is None else margin.missing(balance.margin)), repaid)


def _freeing(
    state: State, command: BustTrade | RepriceTrade, record: TradeRecord, new_ticks: int, debts: list[_Debt]
) -> Iterator[None]:
    """End what waits to leave, then the orders that hold back what is owed, newest first, as much as needed; then correct.

    A step for each.
    """
    for debt in debts:
        why = said("movement.correction", command.trade_id)
        for _ in ending_newest(state, debt.account, debt.asset.number, why):
            yield
            if debt.owed <= debt.account.available(debt.asset):
                break
        for order in _holding(debt):
            if debt.owed <= debt.account.available(debt.asset):
                break
            # Some have ended with another leg.
            if order.leaves_lots:
                cancel(state, order, CORRECTED)
            yield
    fees = _book(record, record.price_ticks, new_ticks)
    assert not _debts(record), "open orders had less reserved than was found"
    _share_out(record)
    _report(state, command, record, new_ticks, fees)


def _book(record: TradeRecord, old_ticks: int, new_ticks: int) -> tuple[int, int]:
    """Book the difference between two prices of a trade; returns what buyer and seller pay more in fees."""
    instrument = record.instrument
    value = (new_ticks - old_ticks) * record.lots * instrument.unit
    base = record.lots * instrument.lot_base * ((new_ticks != 0) - (old_ticks != 0))
    buy, sell = _sides(record)
    buy_fee = buy.charge(value * record.buy_ppm)
    sell_fee = sell.charge(value * record.sell_ppm)
    instrument.quote.fees += buy_fee + sell_fee
    buyer, seller = record.buyer, record.seller
    buyer.balance(instrument.base).available += base
    buyer.balance(instrument.quote).available -= value + buy_fee
    seller.balance(instrument.base).available -= base
    seller.balance(instrument.quote).available += value - sell_fee
    for side in (buy, sell):
        side.put_right()
    return (buy_fee, sell_fee)


class _Side:
    """One side of a trade: its account, and what is on record of its order."""

    def __init__(self, account: Account, order_id: int, client_order_id: str) -> None:
        self.account: Final = account
        used = account.used_ids.find(client_order_id)
        found = None if used is None else read(account, client_order_id, used)
        # Nothing is kept of a close-out, which pays no fee; its id is nobody's.
        self.order: Final = found if isinstance(found, OrderRecord) and found.order_id == order_id else None

    def charge(self, numerator: int) -> int:
        """Change the order's exact fee, in millionths; returns how much more it is charged."""
        order = self.order
        if order is None:
            return 0
        order.fee_numerator += numerator
        charged = round_up(order.fee_numerator)
        more = charged - order.fee_charged
        order.fee_charged = charged
        return more

    def charge_future(self, numerator: int, instrument: Instrument) -> int:
        """The same of a future: charged as far as there is money."""
        order = self.order
        return (
            0 if order is None else margin.charge(order, numerator, margin.position_of(self.account, instrument).margin)
        )

    def put_right(self) -> None:
        """Reserve what an open order needs now that its fee so far has changed; keep the new fee of one that has ended."""
        order = self.order
        if order is None:
            return
        if not isinstance(order, Order):
            self.account.used_ids.shrink(order.client_order_id, keep_order(order))
        elif order.has_ended:
            return
        elif order.instrument.future is None:
            _reserve_again(order)
        else:
            margin.count(order, order.reserve_ticks, order.leaves_lots)


def _sides(record: TradeRecord) -> tuple[_Side, _Side]:
    """Buyer and seller of a trade."""
    buy = _Side(record.buyer, record.buy_order_id, record.buy_client_order_id)
    return (buy, _Side(record.seller, record.sell_order_id, record.sell_client_order_id))


def _reserve_again(order: Order) -> None:
    """Reserve what an open order needs now that its fee so far has changed, by a unit at most."""
    balance = order.account.balance(paying_asset(order))
    more = needed(order, order.reserve_ticks, order.leaves_lots) - order.reserved
    balance.available -= more
    balance.reserved += more
    order.reserved += more


def _share_out(record: TradeRecord) -> None:
    """Let what a correction has credited cover futures, if any of their cover is missing, and be arrested, if papers claim it."""
    for account in (record.buyer, record.seller):
        for asset in (record.instrument.base, record.instrument.quote):
            credit(account.balance(asset), 0)


def _missing_fees(record: TradeRecord, old_ticks: int, new_ticks: int) -> Problem | None:
    """What an account of a future's trade lacks for the fee that the correction makes higher."""
    value = (new_ticks - old_ticks) * record.lots * record.instrument.unit
    asset = record.instrument.quote
    buy, sell = _sides(record)
    for side, ppm in ((buy, record.buy_ppm), (sell, record.sell_ppm)):
        order = side.order
        if order is None:
            continue
        more = round_up(order.fee_numerator + value * ppm) - order.fee_charged
        lacks = more - side.account.balance(asset).available
        if more > 0 and lacks > 0:
            return Problem(FUNDS, said("funds.lacks", side.account.account, decimal(lacks, asset.scale), asset.asset))
    return None


def _book_future(record: TradeRecord, old_ticks: int, new_ticks: int) -> tuple[int, int]:
    """Change both positions by the difference between two prices of a trade; returns what each side pays more in fees."""
    instrument = record.instrument
    value = (new_ticks - old_ticks) * record.lots * instrument.unit
    lots = record.lots * ((new_ticks != 0) - (old_ticks != 0))
    fees = [0, 0]
    buy, sell = _sides(record)
    for index, side, ppm in ((0, buy, record.buy_ppm), (1, sell, record.sell_ppm)):
        position = margin.position_of(side.account, instrument)
        fees[index] = side.charge_future(value * ppm, instrument)
        sign = 1 if index == 0 else -1
        position.lots += sign * lots
        position.carried += sign * value
        side.put_right()
        margin.renew(position)
    return (fees[0], fees[1])


def _debts(record: TradeRecord) -> list[_Debt]:
    """What the accounts of a trade lack: their balances that have become negative."""
    instrument = record.instrument
    debts: list[_Debt] = []
    for account in (record.buyer, record.seller):
        for asset in (instrument.base, instrument.quote):
            available = account.available(asset)
            if available < 0:
                debts.append(_Debt(account, asset, -available))
    return debts
