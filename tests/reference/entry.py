"""New orders: every test, in the order of precedence, and where an order goes that passes them."""

from __future__ import annotations

from engine.vocabulary import codes
from engine.vocabulary.limits import (
    LEG_ID,
    NS_PER_SECOND,
    ORDERS_BEFORE_RATIO,
)
from engine.vocabulary.messages import commands, events
from tests.reference.calls import JOINS, QUIET, midnight_after
from tests.reference.plan import OWN, TRADE, Budget
from tests.reference.room import Room
from tests.reference.state import (
    COLLECTED,
    DATED,
    INCOMING,
    PARKED,
    STOP,
    STOPS,
    RefInstrument,
    RefOrder,
    RefSent,
)

PRICED = (codes.LIMIT, codes.STOP_LIMIT, codes.ICEBERG)


class Entry(Room):
    """The entry of orders."""

    # ── one order ──────────────────────────────────────────────────────────────────────────────────────────────────

    def enter(
        self, request: commands.NewOrder, index: int = 0, *, quote: bool = False, settle: bool = True
    ) -> RefOrder | None:
        """Enter one order, and (`settle`) work what its trades set off; it, if it was accepted."""
        if not self.operates(request.account, request.participant):
            self.reject(self.new_order(request, index), codes.PERMISSION, report=False)
            return None
        earlier = self.accounts[request.account].by_client_id.get(request.client_order_id)
        if earlier is not None and earlier.request == request:
            self.status(earlier)
            return None
        order = self.new_order(request, index)
        order.quote = quote
        if earlier is not None:
            self.reject(order, codes.DUPLICATE_ID)
            return None
        self.use_id(order)
        code = self.problem(order)
        if code != codes.OK:
            self.reject(order, code)
            return None
        self.accept(order)
        self.start(order)
        if settle:
            self.work_off()
        return order

    def operates(self, account: str, participant: str) -> bool:
        return account in self.accounts and self.accounts[account].participant == participant

    def new_order(self, request: commands.NewOrder, index: int) -> RefOrder:
        return RefOrder(self.seq + index * LEG_ID, (self.seq, index), (self.seq, index), request.account, request)

    def reject(self, order: RefOrder, code: int, *, report: bool = True) -> None:
        """Refuse an order."""
        request = order.request
        order.status, order.code, order.leaves, order.where = codes.REJECTED, code, 0, None
        number = self.report(order.account) if report else 0
        self.emit(
            events.OrderRejected(
                order.id,
                order.account,
                number,
                request.client_order_id,
                request.instrument,
                code,
                "",
                side=request.side,
                price_e8=request.price_e8,
                quantity_e8=request.quantity_e8,
            )
        )

    def status(self, order: RefOrder) -> None:
        request = order.request
        self.emit(
            events.OrderStatus(
                order.id,
                order.account,
                request.client_order_id,
                request.instrument,
                order.status,
                request.side,
                order.price,
                order.quantity,
                order.filled,
                order.leaves,
                order.code,
            )
        )

    def accept(self, order: RefOrder) -> None:
        request = order.request
        if not order.live:
            self.add_live(order, INCOMING)
        if request.time_in_force == codes.DAY:
            order.deadline = midnight_after(self.now)
        elif request.time_in_force == codes.GTD:
            order.deadline = request.expire_ns
        self.emit(
            events.OrderAccepted(
                order.id,
                order.account,
                self.report(order.account),
                request.client_order_id,
                request.instrument,
                request.side,
                request.order_type,
                request.time_in_force,
                order.price,
                order.quantity,
                order.stop,
            )
        )

    def start(self, order: RefOrder) -> None:
        """Put an accepted order to where it belongs."""
        terms = self.terms(order)
        if order.type in STOPS:
            order.where = STOP
            self.trigger_if_reached(order)
        elif order.type == codes.PEGGED and not order.price:
            self.park_peg(order)
        elif order.request.time_in_force in JOINS.values() and (JOINS.get(terms.phase) != order.request.time_in_force):
            order.where = PARKED
        else:
            self.take_in(order)

    def trigger_if_reached(self, order: RefOrder) -> None:
        terms = self.terms(order)
        if (
            order.where == STOP
            and terms.trades
            and terms.last
            and not order.elected
            and self.reached(order, terms.last)
        ):
            order.elected = True
            self.work.append(order)

    # ── the tests ──────────────────────────────────────────────────────────────────────────────────────────────────

    def problem(self, order: RefOrder) -> int:
        """The first test that an order fails."""
        return self.early_problem(order) or self.market_problem(order, self.terms(order))

    def early_problem(self, order: RefOrder, *, leg: bool = False, ahead: int = 0) -> int:
        """The first test that it fails of those that look neither at what can be paid nor at the book.

        `ahead`: as how many orders those count that are before it in its list.
        """
        request = order.request
        terms = self.instruments.get(request.instrument)
        if terms is None:
            return codes.UNKNOWN_INSTRUMENT
        account = self.accounts[order.account]
        if self.killed(order.account, request.instrument):
            return codes.KILL_SWITCH
        order.parts = self.parts_asked_for(request)
        needed = ahead + order.parts if self.may_rest(order) else 0
        lowers = self.only_lowers(order)
        if self.counted(account.participant, lowers) or not self.has_room(order, needed) or not order.kept:
            return codes.ORDER_LIMITS
        if order.type == codes.PEGGED and self.too_many_pegs(order):
            return codes.ORDER_LIMITS
        if request.reduce_only and self.too_many_reducing(order):
            return codes.ORDER_LIMITS
        return (
            self.phase_problem(terms, request)
            or self.invalid(terms, request)
            or self.grid_problem(terms, request)
            or self.price_problem(order, terms)
            or self.position_problem(order, terms, leg=leg)
        )

    def killed(self, account: str, instrument: str) -> bool:
        owner = self.accounts[account]
        scopes = (
            (codes.SCOPE_PARTICIPANT, owner.participant),
            (codes.SCOPE_INVESTOR, owner.investor),
            (codes.SCOPE_INSTRUMENT, instrument),
            (codes.SCOPE_VENUE, ""),
        )
        return any(scope in self.kills for scope in scopes)

    def sent_by(self, participant: str) -> RefSent:
        return self.sent.setdefault(participant, RefSent())

    def only_lowers(self, order: RefOrder) -> bool:
        """Whether a new order is reduce-only, or sells something held and does not stay open."""
        terms = self.instruments[order.request.instrument]
        if terms.future:
            return order.request.reduce_only
        return not order.buys and not self.may_rest(order)

    def counted(self, participant: str, lowers: bool) -> bool:
        """Count a new order or amend of a participant with limits; whether it is one too many."""
        sent, limits = self.sent_by(participant), self.limits.get(participant)
        second = self.now // NS_PER_SECOND
        if limits is None:
            return False
        sent.in_day += 1
        if sent.second != second:
            sent.second, sent.in_second = second, 0
        sent.in_second += 1
        if limits.orders_per_second and sent.in_second > limits.orders_per_second:
            return True
        ratio = limits.max_order_to_trade
        return bool(ratio) and not lowers and sent.in_day > ORDERS_BEFORE_RATIO and sent.in_day > ratio * sent.trades

    def phase_problem(self, terms: RefInstrument, request: commands.NewOrder) -> int:
        if terms.phase in QUIET:
            return codes.PHASE
        at_once = request.time_in_force in (codes.IOC, codes.FOK) or request.post_only or request.funds
        return codes.PHASE if terms.call and at_once else codes.OK

    def invalid(self, terms: RefInstrument, request: commands.NewOrder) -> int:
        """Whether the fields make no order."""
        kind, time_in_force = request.order_type, request.time_in_force
        dated = time_in_force in DATED
        trailing = kind == codes.TRAILING_STOP
        market, pegged = kind == codes.MARKET, kind == codes.PEGGED
        wrong = (
            not (kind in (codes.LIMIT, codes.MARKET) or dated)
            or (request.price_e8 and kind not in (*PRICED, codes.PEGGED))
            or (request.stop_price_e8 != 0) != (kind in (codes.STOP, codes.STOP_LIMIT))
            or (request.display_e8 != 0) != (kind == codes.ICEBERG)
            or request.display_e8 > request.quantity_e8
            or (bool(request.trail_e8) + bool(request.trail_bps) != trailing)
            or request.trail_bps >= 10_000
            or (request.peg >= 0) != pegged
            or (request.peg_offset_e8 != 0 and not pegged)
            or (request.post_only and not (kind in (codes.LIMIT, codes.ICEBERG) and dated))
            or (request.min_quantity_e8 != 0 and time_in_force != codes.IOC)
            or (not request.funds and request.min_quantity_e8 > request.quantity_e8)
            or (request.funds and not (market and time_in_force in (codes.GTC, codes.IOC)))
            or (request.funds and (request.quantity_e8 or request.min_quantity_e8))
            or (request.reduce_only and not terms.future)
            or (request.funds and terms.future)
        )
        if time_in_force == codes.GTD:
            wrong = wrong or request.expire_ns <= self.now
        else:
            wrong = wrong or request.expire_ns != 0
        unlimited = pegged and not request.price_e8 and not self.static_edge(terms, request.side)
        return codes.INVALID if wrong or unlimited else codes.OK

    @staticmethod
    def static_edge(terms: RefInstrument, side: int) -> int:
        """The worst price of a side in the static band; 0: there is none."""
        ppm, anchor = terms.rules.static_ppm, terms.reference
        return terms.within(anchor, ppm, side) if ppm and anchor else 0

    def grid_problem(self, terms: RefInstrument, request: commands.NewOrder) -> int:
        """Prices on ticks, quantities in lots and inside the instrument's size."""
        kind, tick, lot = request.order_type, terms.tick_e8, terms.lot_e8
        if (kind in PRICED and not request.price_e8) or request.price_e8 < 0 or request.price_e8 % tick:
            return codes.TICK
        if kind in (codes.STOP, codes.STOP_LIMIT) and (request.stop_price_e8 <= 0 or request.stop_price_e8 % tick):
            return codes.TICK
        if request.trail_e8 % tick or request.peg_offset_e8 % tick:
            return codes.TICK
        if request.funds:
            return codes.OK
        if request.quantity_e8 <= 0 or request.quantity_e8 % lot or request.display_e8 % lot:
            return codes.LOT
        if request.min_quantity_e8 % lot:
            return codes.LOT
        return codes.OK if terms.min_lots <= request.quantity_e8 // lot <= terms.max_lots else codes.SIZE

    def price_problem(self, order: RefOrder, terms: RefInstrument) -> int:
        """Find the order's price and what it is reserved at; whether it has one, and may have it."""
        request = order.request
        order.quantity = order.leaves = request.quantity_e8 // terms.lot_e8
        order.display = request.display_e8 // terms.lot_e8
        order.price = request.price_e8 // terms.tick_e8
        order.stop = request.stop_price_e8 // terms.tick_e8
        if request.order_type == codes.PEGGED:
            order.given = order.price
            order.limit = order.given or self.static_edge(terms, order.side)
            order.price = self.peg_price(order)
        if request.order_type in (codes.MARKET, codes.TRAILING_STOP) and not terms.anchor:
            return codes.NO_REFERENCE
        if request.order_type == codes.MARKET:
            order.price = terms.within(terms.anchor, terms.collar_ppm, order.side)
            order.leaves = Budget(order, terms).wants(order.price)
        if request.order_type == codes.TRAILING_STOP:
            order.best = terms.anchor
            order.stop = self.trailed(order, order.best)
        order.worst = self.worst_of(order, terms)
        if self.value(order, terms) > self.most_value(order, terms):
            return codes.NOTIONAL
        if request.price_e8 and self.outside_static(terms, request.price_e8 // terms.tick_e8):
            return codes.BAND
        return codes.OK

    def position_problem(self, order: RefOrder, terms: RefInstrument, *, leg: bool) -> int:
        """Of futures: whether the position could get too large; what only reduces must find something to reduce."""
        if not order.request.reduce_only and self.over_limit(order, terms):
            return codes.POSITION_LIMIT
        if order.request.reduce_only and not leg and order.leaves > self.reduces(order):
            return codes.REDUCE_ONLY
        return codes.OK

    def over_limit(self, order: RefOrder, terms: RefInstrument) -> bool:
        """Whether the position could get too large if an order filled, and all others of its side.

        Those that only reduce it fill together as far as it goes.
        """
        others = [o for o in self.counts(order.account, terms.name) if o.side == order.side and o is not order]
        plain = [each for each in others if not each.request.reduce_only]
        reduced = min(sum(each.leaves for each in others if each.request.reduce_only), self.reduces(order))
        lots = self.position(order.account, terms.name).lots + sum(each.signed for each in [*plain, order])
        return terms.most_lots > 0 and (lots if order.buys else -lots) + reduced > terms.most_lots

    def worst_of(self, order: RefOrder, terms: RefInstrument) -> int:
        """The price at which an order is reserved and valued."""
        if order.type == codes.PEGGED:
            return order.limit
        if order.type not in (codes.STOP, codes.TRAILING_STOP) or order.where == COLLECTED:
            return order.price
        if not order.buys:
            return order.stop
        if terms.rules.static_ppm and terms.reference:
            return terms.within(terms.reference, terms.rules.static_ppm, order.side)
        return terms.within(order.stop, terms.collar_ppm, order.side)

    def value(self, order: RefOrder, terms: RefInstrument) -> int:
        return order.request.funds or order.worst * order.quantity * terms.unit

    def most_value(self, order: RefOrder, terms: RefInstrument) -> int:
        """The largest value an order may have, by the instrument and by its participant's limits."""
        limits = self.limits.get(self.accounts[order.account].participant)
        mine = limits.max_order_value if limits is not None else 0
        return min(terms.max_notional, mine or terms.max_notional)

    def outside_static(self, terms: RefInstrument, price: int) -> bool:
        ppm, anchor = terms.rules.static_ppm, terms.reference
        if not ppm or not anchor:
            return False
        return not terms.within(anchor, ppm, codes.SELL) <= price <= terms.within(anchor, ppm, codes.BUY)

    def market_problem(self, order: RefOrder, terms: RefInstrument) -> int:
        """Funds, and what the order would meet."""
        request = order.request
        free_before = self.free_for(order)
        self.add_live(order, STOP if order.type in STOPS else INCOMING)
        enough = self.affordable(order, free_before)
        self.live.remove(order)
        order.where = None
        if not enough:
            return codes.FUNDS
        waits = order.type in STOPS or (order.type == codes.PEGGED and not order.price)
        waits = waits or (request.time_in_force in JOINS.values() and JOINS.get(terms.phase) != request.time_in_force)
        if waits:
            return codes.OK
        if not terms.trades:
            meets_own = self.mode(order) == codes.STP_REJECT and self.own_crossed(order)
            return codes.SELF_TRADE if meets_own else codes.OK
        if request.post_only and not self.make_passive(order):
            return codes.POST_ONLY
        steps = self.plan(order, counting=terms.future)
        got = sum(step.lots for step in steps if step.what == TRADE)
        least = order.quantity if request.time_in_force == codes.FOK else request.min_quantity_e8 // terms.lot_e8
        if got < least:
            return codes.FILLABILITY
        met = [step for step in self.plan(order, cuts=False) if step.what == OWN]
        if self.mode(order) == codes.STP_REJECT and met:
            return codes.SELF_TRADE
        return codes.OK

    def make_passive(self, order: RefOrder) -> bool:
        """Keep a post-only order from trading at once; False if that can't be."""
        if not self.crosses_touch(order):
            return True
        order.price = self.queue(order.name, 1 - order.side)[0].price + (-1 if order.buys else 1)
        terms = self.terms(order)
        may_have_it = order.price >= 1 and not self.outside_static(terms, order.price)
        worth_too_much = order.price * order.quantity * terms.unit > self.most_value(order, terms)
        return order.request.post_only == codes.POST_ONLY_REPRICE and may_have_it and not worth_too_much

    def crosses_touch(self, order: RefOrder) -> bool:
        opposite = self.queue(order.name, 1 - order.side)
        return bool(opposite) and self.crosses(order, opposite[0].price)
