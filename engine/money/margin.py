"""The cover of futures: what positions and open orders need, what is held for it, and how fills change both.

What is needed of an account in one asset is held as far as there is money: either nothing is missing, or nothing is
available. So every place that credits a balance calls `hold`, and a missing amount is never negative money.
"""

from __future__ import annotations

from collections.abc import Iterator

from engine.book.entities import Account, Future, Instrument, Margin, Order, OrderRecord, Position
from engine.book.whereabouts import FOR_ENTRY
from engine.money import arrests
from engine.vocabulary.codes import BUY, SELL
from engine.vocabulary.limits import MAX_SUPPLY
from engine.vocabulary.rounding import round_up


def position_of(account: Account, instrument: Instrument) -> Position:
    """The account's position in a future, begun flat when first asked for."""
    found = account.positions.get(instrument.number)
    if found is not None:
        return found
    future = instrument.future
    assert future is not None
    balance = account.balance(instrument.quote)
    margin = balance.margin
    if margin is None:
        margin = balance.margin = Margin(account, instrument.quote, balance, future.changed)
    position = Position(account, instrument, margin)
    account.positions[instrument.number] = position
    future.positions[account.number] = position
    return position


def lots_of(account: Account, instrument: Instrument) -> int:
    """The account's position in a future in lots, above 0 long; 0 in anything else."""
    position = account.positions.get(instrument.number)
    return 0 if position is None else position.lots


def reducible_lots(account: Account, instrument: Instrument, side: int) -> int:
    """How large a position orders of a side can make smaller, in lots."""
    lots = lots_of(account, instrument)
    return max(-lots if side == BUY else lots, 0)


def open_lots(account: Account, instrument: Instrument, side: int) -> int:
    """The lots of the account's open orders of a side in a future that can fill: its reduce-only orders together reduce it once."""
    position = account.positions.get(instrument.number)
    if position is None:
        return 0
    return (position.buy_lots if side == BUY else position.sell_lots) + _reducing(position, side)


def missing(margin: Margin) -> int:
    """How much of an account's cover is missing, in minor units of its asset."""
    return margin.needed - margin.held


def reported(amount: int) -> int:
    """What an event says of an amount that somebody owes: it may leave 64 bits, the journal can't."""
    return amount if amount <= MAX_SUPPLY else MAX_SUPPLY


def hold(margin: Margin) -> None:
    """Hold what is needed, or all there is; note it for the end of the command if a call may begin or end by it.

    What is left then is shared out, if papers claim any of it.
    """
    _hold(margin)
    if margin.balance.claims is not None:
        arrests.share_out(margin.balance)


def _hold(margin: Margin) -> None:
    balance = margin.balance
    needed = margin.needed
    there = balance.available + margin.held
    held = needed if needed <= there else there
    change = held - margin.held
    if change:
        margin.held = held
        balance.available -= change
        balance.reserved += change
    if (held < needed) != margin.called:
        note(margin)


def note(margin: Margin) -> None:
    """Have the calls of an account's cover looked at when the command ends."""
    if not margin.noted:
        margin.noted = True
        margin.changed.append(margin)


def worst_ticks(order: Order, price_ticks: int) -> int:
    """The most at which an order that reserves at a price can be filled: of a future's sell, its limit is only the least."""
    instrument = order.instrument
    future = instrument.future
    if future is None or order.side == BUY or future.high_ticks < price_ticks:
        return price_ticks
    return future.high_ticks


def largest_fee(order: Order, price_ticks: int, leaves_lots: int) -> int:
    """The most that `leaves_lots` more of a future's order can cost in fees, given what it was charged so far.

    Of a reduce-only order nothing is set aside: it pays of what there is then.
    """
    instrument = order.instrument
    highest_ppm = instrument.highest_fee_ppm
    if order.close_out or order.reduce_only or not leaves_lots or (highest_ppm == 0 and order.fee_numerator == 0):
        return 0
    value = worst_ticks(order, price_ticks) * leaves_lots * instrument.unit
    return round_up(order.fee_numerator + value * highest_ppm) - order.fee_charged


def _reducing(position: Position, side: int) -> int:
    """What of a position the open reduce-only orders of a side can take: each is cut when its turn comes."""
    lots = position.reducing_lots[side]
    if lots:
        held = -position.lots if side == BUY else position.lots
        lots = min(lots, held) if held > 0 else 0
    return lots


def cover_of(position: Position, high_ticks: int) -> int:
    """What a position and its open orders need: the most of nothing filled, all buys, all sells and both, with the fees of these.

    What is needed is convex in what fills, so its largest value lies at one of these corners. A fee counts where its order
    fills: so what a closing order frees pays for it. Reduce-only orders alone never need anything; beside others, which may open
    the more for what they reduce, they count at the worst price in the band: the upper end for buys, nothing for sells.
    """
    short = high_ticks * position.instrument.unit
    lots, carried = position.lots, position.carried
    needed = _cover(carried, lots, short)
    if position.buy_lots:
        reduced = _reducing(position, BUY)
        buy_lots, buy_value = position.buy_lots + reduced, position.buy_value + reduced * short
        bought = _cover(carried + buy_value, lots + buy_lots, short) + position.buy_fees
        needed = bought if bought > needed else needed
    if position.sell_lots:
        carried -= position.sell_value
        lots -= position.sell_lots + _reducing(position, SELL)
        sold = _cover(carried, lots, short) + position.sell_fees
        needed = sold if sold > needed else needed
        if position.buy_lots:
            both = _cover(carried + buy_value, lots + buy_lots, short)
            both += position.buy_fees + position.sell_fees
            needed = both if both > needed else needed
    return needed


def _cover(carried: int, lots: int, short: int) -> int:
    """What covers a position, of which a short lot can cost so much."""
    value = carried if carried > 0 else 0
    return value - lots * short if lots < 0 else value


def renew(position: Position) -> None:
    """Make what a position needs anew after it or its orders have changed, and hold it."""
    future = position.instrument.future
    assert future is not None
    margin = position.margin
    needed = cover_of(position, future.high_ticks)
    margin.needed += needed - position.needed
    position.needed = needed
    hold(margin)


def _count(position: Position, order: Order, lots: int, value: int, fee: int) -> None:
    """Let an order count with so many lots, so much value and so large a fee, instead of what it counted with."""
    if order.reduce_only:
        position.reducing_lots[order.side] += lots - order.covered_lots
    elif order.side == BUY:
        position.buy_lots += lots - order.covered_lots
        position.buy_value += value - order.covered_value
        position.buy_fees += fee - order.reserved
    else:
        position.sell_lots += lots - order.covered_lots
        position.sell_value += value - order.covered_value
        position.sell_fees += fee - order.reserved
    if (lots == 0) != (order.covered_lots == 0) and order.reduce_only:
        if lots:
            position.reducing[order.order_id] = order
        else:
            del position.reducing[order.order_id]
    order.covered_lots = lots
    order.covered_value = value
    order.reserved = fee


def count(order: Order, price_ticks: int, leaves_lots: int) -> Position:
    """Let an order count with `leaves_lots` at a price, whether there is cover for it or not; cover is to be renewed."""
    instrument = order.instrument
    position = position_of(order.account, instrument)
    if order.close_out or order.where == FOR_ENTRY:
        leaves_lots = 0
    fee = largest_fee(order, price_ticks, leaves_lots)
    _count(position, order, leaves_lots, price_ticks * leaves_lots * instrument.unit, fee)
    return position


def lacking(order: Order, price_ticks: int, leaves_lots: int) -> int:
    """What `leaves_lots` of an order at a price need more than is held, if there is not so much; 0: they may pass.

    Nothing is changed. An order that makes nothing more necessary passes although cover is missing.
    """
    instrument = order.instrument
    future = instrument.future
    assert future is not None
    position = position_of(order.account, instrument)
    lots, value, fee = order.covered_lots, order.covered_value, order.reserved
    count(order, price_ticks, leaves_lots)
    more = cover_of(position, future.high_ticks) - position.needed
    _count(position, order, lots, value, fee)
    margin = position.margin
    needed = margin.needed + more - margin.held
    return needed if more > 0 and needed > margin.balance.available else 0


def ladder_lacks(fresh: list[Order], gone: list[Order]) -> int:
    """What new orders of one account in a future would need more than is available if they stood in place of old ones.

    0: they may pass, as `lacking` says. Nothing is changed.
    """
    first = fresh[0]
    position = position_of(first.account, first.instrument)
    future = first.instrument.future
    assert future is not None
    before = [(order, order.covered_lots, order.covered_value, order.reserved) for order in gone]
    for order in gone:
        _count(position, order, 0, 0, 0)
    for order in fresh:
        count(order, order.reserve_ticks, order.leaves_lots)
    more = cover_of(position, future.high_ticks) - position.needed
    for order in fresh:
        count(order, 0, 0)
    for order, lots, value, fee in before:
        _count(position, order, lots, value, fee)
    needed = missing(position.margin) + more
    return max(needed - position.margin.balance.available, 0) if more > 0 else 0


def reserve(order: Order, price_ticks: int, leaves_lots: int) -> bool:
    """Let an order count with `leaves_lots` at a price; False, and nothing changed, if there is not the cover for it."""
    if lacking(order, price_ticks, leaves_lots):
        return False
    renew(count(order, price_ticks, leaves_lots))
    return True


def release(order: Order) -> None:
    """Let an order that ended count no longer."""
    renew(count(order, 0, 0))


def frees_cover(order: Order) -> bool:
    """Whether less would be needed without an open order of a future."""
    instrument = order.instrument
    assert instrument.future is not None
    position = position_of(order.account, instrument)
    lots, value, fee = order.covered_lots, order.covered_value, order.reserved
    _count(position, order, 0, 0, 0)
    frees = cover_of(position, instrument.future.high_ticks) < position.needed
    _count(position, order, lots, value, fee)
    return frees


def settle(order: Order, price_ticks: int, lots: int, fee_ppm: int) -> int:
    """Book one side of a future's fill whose lots have left `order.leaves_lots`; returns the fee (negative: a rebate)."""
    instrument = order.instrument
    position = position_of(order.account, instrument)
    value = price_ticks * lots * instrument.unit
    fee = 0 if order.close_out else charge(order, value * fee_ppm, position.margin)
    if order.side == BUY:
        position.lots += lots
        position.carried += value
    else:
        position.lots -= lots
        position.carried -= value
    renew(count(order, order.reserve_ticks, order.leaves_lots))
    return fee


def charge(order: OrderRecord, numerator: int, margin: Margin) -> int:
    """Charge an order's fee, exact in millionths so far and now; returns what is paid. What there is not stays owing.

    It may be taken from what is held: cover is to be renewed.
    """
    order.fee_numerator += numerator
    fee = round_up(order.fee_numerator) - order.fee_charged
    there = margin.balance.available + margin.held
    fee = min(fee, there)
    order.fee_charged += fee
    margin.balance.available -= fee
    margin.asset.fees += fee
    return fee


def pay(margin: Margin, amount: int) -> int:
    """Take up to `amount` from what is available, then from what is held; returns what was taken."""
    paid = min(amount, margin.balance.available + margin.held)
    margin.balance.available -= paid
    hold(margin)
    return paid


def receive(margin: Margin, amount: int) -> None:
    """Credit what a mark brought; what is missing is held at once.

    Papers get none of it yet: cover is to be renewed, which may need it.
    """
    margin.balance.available += amount
    _hold(margin)


def renewing(future: Future, orders: list[Order]) -> Iterator[None]:
    """Make the cover of everybody in a future anew after its band has changed: a step for each position, and each of these orders.

    `orders` are all that are open there, if the band's upper end has moved: the fee of a sale counts at it. One that needs
    nothing now, its fee so far being rounded up, may need something then.
    """
    for order in orders:
        if order.side != BUY and order.covered_lots:
            count(order, order.reserve_ticks, order.leaves_lots)
        yield
    for position in future.positions.values():
        renew(position)
        yield


def check(position: Position) -> None:
    """Assert that a position's sums and cover are what its open orders make them. O(open orders of the account)."""
    instrument, future = position.instrument, position.instrument.future
    assert future is not None
    sums, reducing_lots = [0, 0, 0, 0, 0, 0], [0, 0]
    reducing: list[int] = []
    for order in position.account.open_orders.values():
        if order.instrument is not instrument:
            continue
        if order.where == FOR_ENTRY:
            assert not order.covered_lots and not order.reserved
            continue
        value = order.reserve_ticks * order.leaves_lots * instrument.unit
        assert (order.covered_lots, order.covered_value) == (order.leaves_lots, value), (
            "an order counts with more or less"
        )
        assert order.reserved == largest_fee(order, order.reserve_ticks, order.leaves_lots)
        if not order.reduce_only:
            first = 0 if order.side == BUY else 3
            sums[first] += order.leaves_lots
            sums[first + 1] += value
            sums[first + 2] += order.reserved
        else:
            reducing_lots[order.side] += order.leaves_lots
            reducing.append(order.order_id)
            lots = -position.lots if order.side == BUY else position.lots
            assert order.leaves_lots <= lots, "a reduce-only order is larger than the position"
    found = [position.buy_lots, position.buy_value, position.buy_fees]
    found += [position.sell_lots, position.sell_value, position.sell_fees]
    assert found == sums and position.reducing_lots == reducing_lots and sorted(position.reducing) == sorted(reducing)
    assert position.needed == cover_of(position, future.high_ticks)
