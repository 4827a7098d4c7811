"""The slow, obvious exchange that the real one is compared with, step by step, on state and on whole event lists.

Written for clarity: resting orders are one list, sorted afresh for every look; money is recomputed from what was
deposited and what was traded; fees are exact fractions. It shares nothing with the engine but the messages.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from fractions import Fraction
from math import ceil

from engine import codes, commands, events
from engine.limits import MAX_OPEN_ORDERS_PER_ACCOUNT


@dataclass
class RefInstrument:
    name: str
    base: str
    quote: str
    tick_e8: int
    lot_e8: int
    money_per_tick_lot: int
    base_per_lot: int
    min_lots: int
    max_lots: int
    max_notional: int
    collar: Fraction
    maker_fee: Fraction
    taker_fee: Fraction
    reference: int
    last: int = 0
    phase: int = codes.CLOSED


@dataclass
class RefOrder:
    id: int
    account: str
    request: commands.NewOrder
    price: int = 0
    quantity: int = 0
    filled: int = 0
    leaves: int = 0
    status: int = codes.NEW
    code: int = 0
    rule: str = ""
    queued_at: int | None = None
    exact_fee: Fraction = Fraction(0)

    @property
    def buys(self) -> bool:
        return self.request.side == codes.BUY

    @property
    def charged_fee(self) -> int:
        return ceil(self.exact_fee)


@dataclass
class RefAccount:
    name: str
    participant: str
    reports: int = 0
    totals: dict[str, int] = field(default_factory=dict)
    by_client_id: dict[str, RefOrder] = field(default_factory=dict)


class ReferenceVenue:
    """Applies trading commands to venues whose accounts and instruments are given up front."""

    def __init__(self, instruments: list[RefInstrument], accounts: list[RefAccount]) -> None:
        self.instruments = {instrument.name: instrument for instrument in instruments}
        self.accounts = {account.name: account for account in accounts}
        self.resting: list[RefOrder] = []
        self.queue_counter = 0
        self.trades = 0
        self.fees: dict[str, int] = {}
        self.out: list[events.Event] = []

    # ── queries ────────────────────────────────────────────────────────────────────────────────────────────────────

    def queue(self, instrument: str, side: int) -> list[RefOrder]:
        """Resting orders in the order in which they trade."""
        mine = [o for o in self.resting if o.request.instrument == instrument and o.request.side == side]
        return sorted(mine, key=lambda o: (-o.price if side == codes.BUY else o.price, o.queued_at))

    def needed(self, order: RefOrder, price: int, leaves: int) -> int:
        """What an order must have reserved."""
        terms = self.instruments[order.request.instrument]
        if not order.buys:
            return leaves * terms.base_per_lot
        value = price * leaves * terms.money_per_tick_lot
        highest = max(terms.maker_fee, terms.taker_fee, Fraction(0))
        return value + ceil(order.exact_fee + value * highest) - order.charged_fee

    def reserved(self, account: str, asset: str) -> int:
        """The sum of what the account's resting orders hold back of an asset."""
        total = 0
        for order in self.resting:
            terms = self.instruments[order.request.instrument]
            if order.account == account and asset == (terms.quote if order.buys else terms.base):
                total += self.needed(order, order.price, order.leaves)
        return total

    def available(self, account: str, asset: str) -> int:
        return self.accounts[account].totals.get(asset, 0) - self.reserved(account, asset)

    # ── commands ───────────────────────────────────────────────────────────────────────────────────────────────────

    def apply(self, seq: int, command: commands.Command) -> list[events.Event]:
        self.out = []
        match command:
            case commands.NewOrder():
                self.enter(seq, command)
            case commands.CancelOrder():
                self.cancel_one(command)
            case commands.AmendOrder():
                self.amend(command)
            case commands.MassCancel():
                self.cancel_many(command)
            case commands.SetPhase():
                self.instruments[command.instrument].phase = command.phase
                self.out.append(events.PhaseChanged(command.instrument, command.phase, command.reason))
        return self.out

    def report(self, account: str) -> int:
        self.accounts[account].reports += 1
        return self.accounts[account].reports

    def enter(self, seq: int, request: commands.NewOrder) -> None:
        account = self.accounts.get(request.account)
        if account is None or account.participant != request.participant:
            self.out.append(
                events.OrderRejected(
                    seq,
                    request.account,
                    0,
                    request.client_order_id,
                    request.instrument,
                    codes.PERMISSION,
                    "",
                )
            )
            return
        earlier = account.by_client_id.get(request.client_order_id)
        if earlier is not None:
            self.answer_resent(seq, request, earlier)
            return
        order = RefOrder(seq, account.name, request)
        account.by_client_id[request.client_order_id] = order
        code = self.first_problem(order)
        if code != codes.OK:
            order.status, order.code, order.leaves = codes.REJECTED, code, 0
            self.out.append(
                events.OrderRejected(
                    seq, account.name, self.report(account.name), request.client_order_id, request.instrument, code, ""
                )
            )
            return
        self.out.append(
            events.OrderAccepted(
                seq,
                account.name,
                self.report(account.name),
                request.client_order_id,
                request.instrument,
                request.side,
                request.order_type,
                request.time_in_force,
                order.price,
                order.quantity,
            )
        )
        self.trade(order)
        if order.leaves:
            if request.order_type == codes.MARKET:
                self.end(order, codes.COLLAR)
            elif request.time_in_force == codes.GTC:
                self.rest(order)
            else:
                self.end(order, codes.IOC_REST)

    def answer_resent(self, seq: int, request: commands.NewOrder, order: RefOrder) -> None:
        if order.request != request:
            self.out.append(
                events.OrderRejected(
                    seq,
                    order.account,
                    self.report(order.account),
                    request.client_order_id,
                    request.instrument,
                    codes.DUPLICATE_ID,
                    "",
                )
            )
            return
        self.out.append(
            events.OrderStatus(
                order.id,
                order.account,
                order.request.client_order_id,
                order.request.instrument,
                order.status,
                order.request.side,
                order.price,
                order.quantity,
                order.filled,
                order.leaves,
                order.code,
                order.rule,
            )
        )

    def first_problem(self, order: RefOrder) -> int:
        request = order.request
        terms = self.instruments.get(request.instrument)
        if terms is None:
            return codes.UNKNOWN_INSTRUMENT
        if sum(o.account == order.account for o in self.resting) >= MAX_OPEN_ORDERS_PER_ACCOUNT:
            return codes.ORDER_LIMITS
        if terms.phase != codes.CONTINUOUS:
            return codes.PHASE
        market = request.order_type == codes.MARKET
        if market:
            if request.price_e8 or request.post_only:
                return codes.INVALID
            order.price = self.collar(terms, request.side)
        else:
            if request.price_e8 <= 0 or request.price_e8 % terms.tick_e8:
                return codes.TICK
            if request.post_only and request.time_in_force != codes.GTC:
                return codes.INVALID
            order.price = request.price_e8 // terms.tick_e8
        if request.quantity_e8 <= 0 or request.quantity_e8 % terms.lot_e8:
            return codes.LOT
        order.quantity = order.leaves = request.quantity_e8 // terms.lot_e8
        if not terms.min_lots <= order.quantity <= terms.max_lots:
            return codes.SIZE
        if order.price * order.quantity * terms.money_per_tick_lot > terms.max_notional:
            return codes.NOTIONAL
        if not order.price:
            return codes.NO_REFERENCE
        asset = terms.quote if order.buys else terms.base
        if self.needed(order, order.price, order.leaves) > self.available(order.account, asset):
            return codes.FUNDS
        crossing = self.crossing(order)
        if request.post_only and crossing:
            return codes.POST_ONLY
        if request.time_in_force == codes.FOK and sum(o.leaves for o in crossing) < order.quantity:
            return codes.FILLABILITY
        return codes.OK

    def collar(self, terms: RefInstrument, side: int) -> int:
        anchor = terms.last or terms.reference
        if not anchor:
            return 0
        distance = int(anchor * terms.collar)
        return anchor + distance if side == codes.BUY else max(1, anchor - distance)

    def crossing(self, order: RefOrder) -> list[RefOrder]:
        others = self.queue(order.request.instrument, 1 - order.request.side)
        return [o for o in others if (o.price <= order.price if order.buys else o.price >= order.price)]

    def trade(self, taker: RefOrder) -> None:
        terms = self.instruments[taker.request.instrument]
        for maker in self.crossing(taker):
            if not taker.leaves:
                break
            lots = min(maker.leaves, taker.leaves)
            fees = {}
            for order, rate in ((maker, terms.maker_fee), (taker, terms.taker_fee)):
                value = maker.price * lots * terms.money_per_tick_lot
                before = order.charged_fee
                order.exact_fee += value * rate
                fees[order.id] = order.charged_fee - before
                order.filled += lots
                order.leaves -= lots
                order.status = codes.PARTIALLY_FILLED if order.leaves else codes.FILLED
                totals = self.accounts[order.account].totals
                direction = 1 if order.buys else -1
                totals[terms.base] = totals.get(terms.base, 0) + direction * lots * terms.base_per_lot
                totals[terms.quote] = totals.get(terms.quote, 0) - direction * value - fees[order.id]
                self.fees[terms.quote] = self.fees.get(terms.quote, 0) + fees[order.id]
            if not maker.leaves:
                self.resting.remove(maker)
            terms.last = maker.price
            self.trades += 1
            self.out.append(
                events.Trade(
                    self.trades,
                    terms.name,
                    maker.price,
                    lots,
                    taker.request.side,
                    maker.id,
                    maker.account,
                    self.report(maker.account),
                    maker.request.client_order_id,
                    maker.filled,
                    maker.leaves,
                    fees[maker.id],
                    taker.id,
                    taker.account,
                    self.report(taker.account),
                    taker.request.client_order_id,
                    taker.filled,
                    taker.leaves,
                    fees[taker.id],
                )
            )

    def rest(self, order: RefOrder) -> None:
        self.queue_counter += 1
        order.queued_at = self.queue_counter
        self.resting.append(order)
        request = order.request
        self.out.append(events.BookAdded(request.instrument, order.id, request.side, order.price, order.leaves))

    def end(self, order: RefOrder, reason: int) -> None:
        shown = order.leaves if order in self.resting else 0
        if order in self.resting:
            self.resting.remove(order)
        lots, order.leaves, order.status = order.leaves, 0, codes.CANCELLED
        self.out.append(
            events.OrderCancelled(
                order.id,
                order.account,
                self.report(order.account),
                order.request.client_order_id,
                order.request.instrument,
                order.request.side,
                order.price,
                order.filled,
                lots,
                shown,
                reason,
            )
        )

    def refuse(self, account: str, report: int, order_id: int, client_order_id: str, code: int) -> None:
        self.out.append(events.RequestRejected(account, report, order_id, client_order_id, code, ""))

    def mine(self, request: commands.CancelOrder | commands.AmendOrder | commands.MassCancel) -> bool:
        account = self.accounts.get(request.account)
        if account is not None and account.participant == request.participant:
            return True
        named = not isinstance(request, commands.MassCancel)
        order_id = request.order_id if named else 0
        client_order_id = request.client_order_id if named else ""
        self.refuse(request.account, 0, order_id, client_order_id, codes.PERMISSION)
        return False

    def find(self, request: commands.CancelOrder | commands.AmendOrder) -> RefOrder | None:
        for order in self.resting:
            wanted = (
                order.id == request.order_id
                if request.order_id
                else order.request.client_order_id == request.client_order_id
            )
            if order.account == request.account and wanted:
                return order
        self.refuse(
            request.account,
            self.report(request.account),
            request.order_id,
            request.client_order_id,
            codes.UNKNOWN_ORDER,
        )
        return None

    def cancel_one(self, request: commands.CancelOrder) -> None:
        if self.mine(request):
            order = self.find(request)
            if order is not None:
                self.end(order, codes.BY_REQUEST)

    def cancel_many(self, request: commands.MassCancel) -> None:
        if not self.mine(request):
            return
        if request.instrument and request.instrument not in self.instruments:
            self.refuse(request.account, self.report(request.account), 0, "", codes.UNKNOWN_INSTRUMENT)
            return
        chosen = [
            o
            for o in self.resting
            if o.account == request.account
            and request.instrument in ("", o.request.instrument)
            and request.side in (-1, o.request.side)
        ]
        for order in sorted(chosen, key=lambda o: -o.id):
            self.end(order, codes.MASS_CANCEL)
        self.out.append(events.MassCancelled(request.account, self.report(request.account), len(chosen)))

    def amend(self, request: commands.AmendOrder) -> None:
        if not self.mine(request):
            return
        order = self.find(request)
        if order is None:
            return
        terms = self.instruments[order.request.instrument]
        price, quantity = order.price, order.quantity
        code = codes.OK
        if terms.phase != codes.CONTINUOUS:
            code = codes.PHASE
        elif not request.price_e8 and not request.quantity_e8:
            code = codes.INVALID
        elif request.price_e8 and (request.price_e8 < 0 or request.price_e8 % terms.tick_e8):
            code = codes.TICK
        elif request.quantity_e8 and (request.quantity_e8 < 0 or request.quantity_e8 % terms.lot_e8):
            code = codes.LOT
        if code == codes.OK:
            price = request.price_e8 // terms.tick_e8 or price
            quantity = request.quantity_e8 // terms.lot_e8 or quantity
            if quantity <= order.filled:
                self.end(order, codes.AMENDED_AWAY)
                return
            code = self.amend_problem(order, terms, price, quantity)
        if code != codes.OK:
            self.refuse(order.account, self.report(order.account), order.id, order.request.client_order_id, code)
            return
        keeps = price == order.price and quantity <= order.quantity
        changed = quantity != order.quantity
        old_price = order.price
        if not keeps:
            self.resting.remove(order)
        order.price, order.quantity, order.leaves = price, quantity, quantity - order.filled
        self.out.append(
            events.OrderAmended(
                order.id,
                order.account,
                self.report(order.account),
                order.request.client_order_id,
                terms.name,
                order.request.side,
                price,
                quantity,
                order.filled,
                order.leaves,
                keeps,
            )
        )
        side = order.request.side
        if keeps:
            if changed:
                self.out.append(events.BookChanged(terms.name, order.id, side, price, order.leaves))
            return
        self.out.append(events.BookChanged(terms.name, order.id, side, old_price, 0))
        self.trade(order)
        if order.leaves:
            self.rest(order)

    def amend_problem(self, order: RefOrder, terms: RefInstrument, price: int, quantity: int) -> int:
        leaves = quantity - order.filled
        if leaves > order.leaves or price * leaves > order.price * order.leaves:
            if quantity > terms.max_lots:
                return codes.SIZE
            if price * quantity * terms.money_per_tick_lot > terms.max_notional:
                return codes.NOTIONAL
        asset = terms.quote if order.buys else terms.base
        more = self.needed(order, price, leaves) - self.needed(order, order.price, order.leaves)
        if more > self.available(order.account, asset):
            return codes.FUNDS
        if order.request.post_only and price != order.price:
            others = self.queue(terms.name, 1 - order.request.side)
            if others and (others[0].price <= price if order.buys else others[0].price >= price):
                return codes.POST_ONLY
        return codes.OK
