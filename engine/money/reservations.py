"""Money: reservations for open orders, settlement of fills, fees. Exact integers, conserved to the unit.

Spot and notes are fully prefunded: a buy reserves its worst price and its largest fee in the quote asset, a sell
reserves the base asset. Fees are in the quote asset, `ppm` millionths of the notional. Each order's fee is rounded up
once, over all its fills together (a rebate is rounded towards the venue too), so that splitting an order never changes
its fee by more than one unit and the reservation always suffices.

Orders of futures go to `engine.money.margin` at each of these doors; nobody else needs to know which kind an order is.
"""

from __future__ import annotations

from engine.book.assets import Asset
from engine.book.entities import Account, Balance, Instrument, Order
from engine.book.further import NO_BUDGET
from engine.book.whereabouts import FOR_ENTRY, WAITING_STOP
from engine.money import arrests, margin
from engine.vocabulary.codes import BUY
from engine.vocabulary.rounding import PPM, round_up


def notional(instrument: Instrument, price_ticks: int, lots: int) -> int:
    """Value in quote minor units. Always a Python integer: the product may pass 2**63 before it is refused."""
    return price_ticks * lots * instrument.unit


def required(order: Order, price_ticks: int, leaves_lots: int) -> int:
    """What must be reserved for `leaves_lots` more at `price_ticks` or better, given the fees charged so far."""
    instrument, further = order.instrument, order.further
    budget = NO_BUDGET if further is None else further.budget
    if order.side != BUY:
        if budget >= 0:
            # The lower the price, the more lots bring the budget in.
            leaves_lots = budget // (price_ticks * instrument.unit)
        return leaves_lots * instrument.lot_base
    if budget >= 0:
        return budget
    value = price_ticks * leaves_lots * instrument.unit
    highest_ppm = instrument.highest_fee_ppm
    if highest_ppm == 0 and order.fee_numerator == 0:
        return value
    return value + round_up(order.fee_numerator + value * highest_ppm) - order.fee_charged


def needed(order: Order, price_ticks: int, leaves_lots: int) -> int:
    """What must be reserved for an order with these terms: the second leg of a pair adds only what the first lacks."""
    if order.where == FOR_ENTRY:
        return 0
    alone = required(order, price_ticks, leaves_lots)
    first = order.other_leg
    if first is not None and order.where == WAITING_STOP:
        return max(alone - required(first, first.reserve_ticks, first.leaves_lots), 0)
    return alone


def paying_asset(order: Order) -> Asset:
    """The asset an order reserves: the quote of a buy or of a future's order, the base of a sell."""
    instrument = order.instrument
    return instrument.quote if order.side == BUY or instrument.future is not None else instrument.base


def holds_back(order: Order) -> bool:
    """Whether an open order's end would leave more of the asset it reserves: of a future, whether less would be needed."""
    instrument = order.instrument
    return order.reserved > 0 if instrument.future is None else margin.frees_cover(order)


def available(order: Order) -> int:
    """What the order's account could still reserve for it: for a sale also what is arrested and may be sold."""
    balance = order.account.balances.get(paying_asset(order).number)
    if balance is None:
        return 0
    is_sale = order.side != BUY and order.instrument.future is None
    return balance.available + arrests.sellable(balance) if is_sale else balance.available


def lacking(order: Order, price_ticks: int, leaves_lots: int) -> int:
    """What an order with these terms needs more than is reserved, if that is not available; 0: it is. Changes nothing."""
    instrument = order.instrument
    if instrument.future is not None:
        return margin.lacking(order, price_ticks, leaves_lots)
    change = needed(order, price_ticks, leaves_lots) - order.reserved
    return change if change > available(order) else 0


def ladder_lacks(fresh: list[Order], gone: list[Order], side: int) -> tuple[Asset, int]:
    """What the new quotes of a side need more than is available and what the old ones free; of a future those of both sides."""
    first = fresh[0]
    account, instrument = first.account, first.instrument
    if instrument.future is not None:
        return (instrument.quote, margin.ladder_lacks(fresh, gone))
    asset = instrument.quote if side == BUY else instrument.base
    needs = 0
    for order in fresh:
        if order.side == side:
            needs += required(order, order.reserve_ticks, order.leaves_lots)
    if not needs:
        return (asset, 0)
    freed = 0
    for order in gone:
        if order.side == side:
            freed += order.reserved
    balance = account.balances.get(asset.number)
    if balance is None:
        return (asset, needs)
    if balance.margin is not None:
        freed -= margin.missing(balance.margin)
    there = arrests.spendable(balance, freed, 0) if side == BUY else arrests.for_sale(balance, freed)
    return (asset, max(needs - there, 0))


def reserve(order: Order, price_ticks: int, leaves_lots: int) -> bool:
    """Reserve for `leaves_lots` at a price or better; False, and nothing changed, if the account has not enough."""
    instrument = order.instrument
    if instrument.future is not None:
        return margin.reserve(order, price_ticks, leaves_lots)
    # Most orders hang together with no other.
    alone = order.further is None or (order.other_leg is None and order.where != FOR_ENTRY)
    amount = required(order, price_ticks, leaves_lots) if alone else needed(order, price_ticks, leaves_lots)
    asset = instrument.quote if order.side == BUY else instrument.base
    change = amount - order.reserved
    balance = order.account.balances.get(asset.number)
    if balance is None:
        if change > 0:
            return False
        balance = order.account.balance(asset)
    lacks = change - balance.available
    if lacks > 0 and (order.side == BUY or not arrests.lend(balance, lacks)):
        return False
    if balance.claims is not None and change < 0 and order.side != BUY:
        arrests.repay(balance, -change)
    balance.available -= change
    balance.reserved += change
    order.reserved = amount
    if balance.margin is not None:
        margin.hold(balance.margin)
    elif balance.claims is not None:
        arrests.share_out(balance)
    return True


def lower(order: Order) -> None:
    """Reserve what an order whose terms have become smaller needs as it stands now; always enough is there."""
    instrument = order.instrument
    if instrument.future is not None:
        margin.renew(margin.count(order, order.reserve_ticks, order.leaves_lots))
    else:
        passed = reserve(order, order.reserve_ticks, order.leaves_lots)
        assert passed, "a smaller order needs more"


def release(order: Order) -> None:
    """Return all that is still reserved for an order that ended."""
    amount = order.reserved
    if order.further is not None and order.covered_lots:
        margin.release(order)
    elif amount:
        balance = order.account.balance(paying_asset(order))
        balance.reserved -= amount
        order.reserved = 0
        if order.side != BUY:
            arrests.repay(balance, amount)
        credit(balance, amount)


def take_over(order: Order) -> None:
    """Let a stop that triggers keep what the limit order of its pair has reserved: the two have reserved once, for either.

    Made available first, it would cover futures whose cover is missing. In a future each of the two counts in full.
    """
    limit, instrument = order.other_leg, order.instrument
    if limit is not None and instrument.future is None:
        order.reserved += limit.reserved
        limit.reserved = 0


def credit(balance: Balance, amount: int) -> None:
    """Make an amount available: what covers futures comes first, if any of it is missing, then what is arrested."""
    balance.available += amount
    if balance.margin is not None:
        margin.hold(balance.margin)
    elif balance.claims is not None:
        arrests.share_out(balance)


def affordable_lots(order: Order, price_ticks: int, fee_ppm: int) -> int:
    """How many lots the budget of an order by funds still allows at a price: fees included for a buy, before them for a sell."""
    instrument = order.instrument
    per_lot = price_ticks * instrument.unit
    if order.side != BUY or fee_ppm == 0:
        return order.budget // per_lot
    lots = order.budget * PPM // (per_lot * (PPM + fee_ppm)) + 1
    while lots and _cost(order, per_lot * lots, fee_ppm) > order.budget:
        lots -= 1
    return lots


def _cost(order: Order, amount: int, fee_ppm: int) -> int:
    return amount + round_up(order.fee_numerator + amount * fee_ppm) - order.fee_charged


def settle(order: Order, price_ticks: int, lots: int, fee_ppm: int) -> int:
    """Book one side of a fill whose lots have left `order.leaves_lots`; returns the fee (negative: a rebate)."""
    instrument = order.instrument
    if instrument.future is not None:
        return margin.settle(order, price_ticks, lots, fee_ppm)
    amount = price_ticks * lots * instrument.unit
    fee = 0
    if fee_ppm:
        order.fee_numerator += amount * fee_ppm
        charged = round_up(order.fee_numerator)
        fee = charged - order.fee_charged
        order.fee_charged = charged
        instrument.quote.fees += fee
    account, further = order.account, order.further
    quote, base = account.balance(instrument.quote), account.balance(instrument.base)
    if order.side == BUY:
        if further is not None and further.budget >= 0:
            further.budget -= amount + fee
        still = required(order, order.reserve_ticks, order.leaves_lots)
        freed = order.reserved - still
        assert freed >= amount + fee, "a reservation did not cover its fill"
        order.reserved = still
        quote.reserved -= freed
        gained = freed - amount - fee
        base.available += lots * instrument.lot_base
        if base.margin is not None:
            margin.hold(base.margin)
        elif base.claims is not None:
            arrests.share_out(base)
    else:
        if further is not None and further.budget >= 0:
            further.budget -= amount
        sold = lots * instrument.lot_base
        order.reserved -= sold
        base.reserved -= sold
        gained = amount - fee
        if base.claims is not None and base.claims.lent:
            arrests.sold(base, quote, sold, gained)
    quote.available += gained
    if quote.margin is not None:
        margin.hold(quote.margin)
    elif quote.claims is not None:
        arrests.share_out(quote)
    return fee


def set_aside(balance: Balance, amount: int) -> None:
    """Keep an available amount for what waits to leave the account."""
    assert 0 < amount <= balance.available, "what is not available can't wait to leave"
    balance.available -= amount
    balance.held += amount


def move(account: Account, asset: Asset, amount: int) -> None:
    """Book what comes in, a deposit or what is issued, that has been checked."""
    credit(account.balance(asset), amount)
    asset.supply += amount


def check(accounts: list[Account], assets: list[Asset]) -> None:
    """Assert that money is conserved, never negative, and reserved exactly for what is open. O(accounts + orders)."""
    totals = {asset.number: asset.fees for asset in assets}
    for account in accounts:
        reserved: dict[int, int] = {}
        for_sale: dict[int, int] = {}
        covers: dict[int, int] = {}
        waiting: dict[int, int] = {}
        for movement in account.movements.values():
            waiting[movement.asset.number] = waiting.get(movement.asset.number, 0) + movement.amount
        for order in account.open_orders.values():
            if order.instrument.future is not None:
                assert order.instrument.number in account.positions or order.where == FOR_ENTRY
                continue
            index = paying_asset(order).number
            wanted = needed(order, order.reserve_ticks, order.leaves_lots)
            assert order.reserved == wanted, "a reservation is not what the order needs"
            reserved[index] = reserved.get(index, 0) + order.reserved
            if order.side != BUY:
                for_sale[index] = for_sale.get(index, 0) + order.reserved
        for position in account.positions.values():
            margin.check(position)
            index = position.instrument.quote.number
            covers[index] = covers.get(index, 0) + position.needed
        for index, balance in account.balances.items():
            cover = balance.margin
            held = 0
            if cover is not None:
                held = cover.held
                assert cover.needed == covers.get(index, 0)
                assert held == min(cover.needed, held + balance.available), "cover is missing although there is money"
            assert balance.available >= 0 and balance.reserved == reserved.get(index, 0) + held
            assert balance.held == waiting.pop(index, 0)
            arrests.check(balance, for_sale.get(index, 0))
            totals[index] += balance.owned
        assert not waiting, "what waits to leave is not set aside"
    for asset in assets:
        assert totals[asset.number] == asset.supply
