"""The doing of a plan: trades, what self-trade prevention does, what rests, how an order ends."""

from __future__ import annotations

from engine.vocabulary import codes
from engine.vocabulary.messages import events
from tests.reference.plan import HOLD, OWN, TRADE, Budget, Planning
from tests.reference.state import BOOK, COLLECTED, INCOMING, LEG, RefInstrument, RefOrder, RefTrade, round_up


class Matching(Planning):
    """What happens to one order at a time."""

    def take_in(self, order: RefOrder) -> None:
        """Work an order that passed every check: it trades and rests, or collects."""
        terms = self.terms(order)
        if not terms.trades:
            self.join_call(order)
            return
        for step in self.plan(order):
            if step.what == TRADE:
                self.fill(step.maker, order, step.maker.price, step.lots)
                if self.halts(terms):
                    break
            elif step.what == OWN:
                self.prevent(order, step.maker)
            elif step.what == HOLD:
                self.hold(step.maker)
            else:
                self.begin_volatility(order)
            if order.where != INCOMING:
                break
        if order.where != INCOMING:
            return
        if terms.phase == codes.HALTED:
            self.end(order, codes.OUTSIDE_BAND)
        elif order.market:
            self.end(order, codes.COLLAR)
        elif order.request.time_in_force == codes.IOC:
            self.end(order, codes.IOC_REST)
        else:
            self.rest(order)

    def fill(self, maker: RefOrder, taker: RefOrder, price: int, lots: int) -> None:
        """One trade. An iceberg whose shown part is gone shows its next."""
        terms = self.terms(taker)
        rates = {maker.id: terms.maker_ppm, taker.id: 0 if taker.closes_out else terms.taker_ppm}
        fees = {order.id: self.settle(order, price, lots, rates[order.id]) for order in (maker, taker)}
        buy, sell = (taker, maker) if taker.buys else (maker, taker)
        terms.last = price
        self.prints.append((terms.name, price))
        trade_id = len(self.trades) + 1
        self.trades.append(
            RefTrade(
                trade_id,
                terms.name,
                price,
                lots,
                buy,
                sell,
                rates[buy.id],
                rates[sell.id],
                fees[buy.id],
                fees[sell.id],
                self.now,
                self.day,
                self.kept_trades() < self.max_trades,
            )
        )
        self.emit(
            events.Trade(
                trade_id,
                terms.name,
                price,
                lots,
                taker.side,
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
        for order in (maker, taker):
            if order.partner is not None and order.type == codes.LIMIT:
                self.end_partner(order)
        self.positions_moved(terms, maker.account, taker.account)
        for order in (maker, taker):
            self.after_fill(order)

    def settle(self, order: RefOrder, price: int, lots: int, rate_ppm: int) -> int:
        """Book one side of a trade; its fee."""
        terms = self.terms(order)
        value = price * lots * terms.unit
        order.exact_fee += value * rate_ppm
        fee = round_up(order.exact_fee) - order.paid
        if terms.future:
            # Who has not enough pays what there is; the order's next fill charges the rest.
            fee = min(fee, self.owned(order.account, terms.quote))
        order.paid += fee
        self.fees[terms.quote] = self.fees.get(terms.quote, 0) + fee
        self.credit(order.account, terms.quote, -fee)
        self.exchange(order, price, lots if order.buys else -lots)
        participant = self.accounts[order.account].participant
        self.sent_by(participant).trades += 1
        order.filled += lots
        order.spent += value
        if order.request.funds:
            order.quantity = order.filled
            order.leaves = Budget(order, terms).wants(price)
        else:
            order.leaves -= lots
            order.shown -= lots
        order.status = codes.PARTIALLY_FILLED if order.leaves else codes.FILLED
        return fee

    def exchange(self, order: RefOrder, price: int, lots: int) -> None:
        """What changes hands in a trade, but for the fee: `lots` are above zero for who gets them."""
        terms = self.terms(order)
        value = price * lots * terms.unit
        if terms.future:
            position = self.position(order.account, terms.name)
            position.lots += lots
            position.carried += value
        else:
            self.credit(order.account, terms.base, lots * terms.lot_base)
            self.credit(order.account, terms.quote, -value)

    def reduces(self, order: RefOrder) -> int:
        """What an order could make its account's position smaller by."""
        return self.reducible(order, self.position(order.account, order.name).lots)

    def positions_moved(self, terms: RefInstrument, *accounts: str) -> None:
        """Remember whose reduce-only orders may be larger than their positions now."""
        if terms.future:
            self.moved += [(account, terms.name) for account in accounts if (account, terms.name) not in self.moved]

    def hold(self, order: RefOrder) -> None:
        """No reduce-only order trades with more than it can reduce."""
        if not order.request.reduce_only or order.leaves <= self.reduces(order):
            return
        if self.reduces(order):
            self.lower(order, self.reduces(order))
        else:
            self.end(order, codes.NOTHING_TO_REDUCE)

    def reducing_of(self, positions: list[tuple[str, str]]) -> list[RefOrder]:
        """The reduce-only orders of some positions: by account, instrument, entry."""
        return [
            order
            for account in self.accounts
            for name in self.instruments
            if (account, name) in positions
            for order in self.live
            if (order.account, order.name) == (account, name)
            if order.request.reduce_only and order.where != LEG
        ]

    def end_entries(self) -> None:
        """End the brackets' entries that have nothing left to reduce: others are held when no pair begins any more."""
        moved, self.moved = self.moved, []
        self.to_hold += moved
        for order in self.reducing_of(moved):
            if order.live and order.legs is not None and not self.reduces(order):
                self.hold(order)

    def hold_all(self) -> None:
        """Hold the reduce-only orders of all whose positions have changed."""
        positions, self.moved, self.to_hold = self.to_hold + self.moved, [], []
        for order in self.reducing_of(positions):
            if order.live:
                self.hold(order)

    def lower(self, order: RefOrder, leaves: int) -> None:
        """Take lots off an order, which keeps its place."""
        order.quantity -= order.leaves - leaves
        order.leaves = leaves
        shown, order.shown = order.shown, min(order.shown, order.leaves)
        self.amended(order, kept=True)
        if order.where == BOOK and order.shown != shown:
            self.emit(events.BookChanged(order.name, order.id, order.side, order.price, order.shown))

    def after_fill(self, order: RefOrder) -> None:
        self.take_up()
        if not order.leaves:
            self.gone(order)
        elif order.where == BOOK and not self.uncrossing and order.shown <= 0:
            order.shown = min(order.display, order.leaves)
            order.place = self.next_place()
            self.emit(events.BookAdded(order.name, order.id, order.side, order.price, order.shown))

    def prevent(self, taker: RefOrder, maker: RefOrder) -> None:
        """What self-trade prevention does when an incoming order meets an own one."""
        mode = self.mode(taker)
        if mode == codes.DECREMENT:
            if taker.request.funds:
                taker.leaves = Budget(taker, self.terms(taker)).wants(maker.price)
            lots = min(taker.leaves, maker.leaves)
            self.decrement(maker, lots, maker.price)
            self.decrement(taker, lots, maker.price)
            return
        if mode in (codes.CANCEL_OLDEST, codes.CANCEL_BOTH):
            self.end(maker, codes.SELF_TRADE_PREVENTED)
        if mode != codes.CANCEL_OLDEST:
            self.end(taker, codes.SELF_TRADE_PREVENTED)

    def decrement(self, order: RefOrder, lots: int, price: int) -> None:
        """Take lots off an order without a trade; off an order by funds, their value."""
        if lots == order.leaves:
            self.end(order, codes.SELF_TRADE_PREVENTED)
            return
        if order.request.funds:
            order.spent += price * lots * self.terms(order).unit
            order.leaves = Budget(order, self.terms(order)).wants(price)
            self.amended(order, kept=True)
        else:
            self.lower(order, order.leaves - lots)
        if order.partner is not None:
            self.end_partner(order)

    def end_partner(self, order: RefOrder) -> None:
        """One cancels the other."""
        partner, order.partner = order.partner, None
        if partner is not None:
            partner.partner = None
            if partner.live:
                self.end(partner, codes.OTHER_LEG)

    def amended(self, order: RefOrder, *, kept: bool) -> None:
        self.emit(
            events.OrderAmended(
                order.id,
                order.account,
                self.report(order.account),
                order.request.client_order_id,
                order.name,
                order.side,
                order.price,
                order.quantity,
                order.filled,
                order.leaves,
                kept,
            )
        )

    def rest(self, order: RefOrder) -> None:
        order.where = BOOK
        order.place = self.next_place()
        order.shown = min(order.display, order.leaves) if order.display else order.leaves
        self.emit(events.BookAdded(order.name, order.id, order.side, order.price, order.shown))

    def end(self, order: RefOrder, reason: int) -> None:
        """Cancel what is left of an order; what hangs on it follows."""
        shown = order.shown if order.where == BOOK else 0
        lots, order.leaves = 0 if order.request.funds else order.leaves, 0
        order.status = codes.CANCELLED
        self.emit(
            events.OrderCancelled(
                order.id,
                order.account,
                self.report(order.account),
                order.request.client_order_id,
                order.name,
                order.side,
                order.price,
                order.filled,
                lots,
                shown,
                reason,
            )
        )
        self.gone(order)

    def gone(self, order: RefOrder) -> None:
        """The order is open no longer: its pair ends too, its bracket goes on."""
        order.where = None
        self.live.remove(order)
        self.end_partner(order)
        self.take_up()
        if order.legs is not None:
            self.ended_entries.append(order)

    def collect(self, order: RefOrder) -> None:
        order.where = COLLECTED
        order.place = self.next_place()
