"""What follows from trades: stops that they elect, pegs that follow the touch."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from engine.vocabulary import codes
from engine.vocabulary.messages import events
from tests.reference.match import Matching
from tests.reference.state import BOOK, INCOMING, PEG_OFF, STOP, RefOrder


class Aftermath(Matching):
    """What an incoming order sets off, after it is done."""

    # ── stops ──────────────────────────────────────────────────────────────────────────────────────────────────────

    def reached(self, order: RefOrder, price: int) -> bool:
        """Whether a trade at a price is at or through the order's stop price."""
        return price >= order.stop if order.buys else price <= order.stop

    def waiting_stops(self, instrument: str) -> list[RefOrder]:
        """Stops that are not elected, nearest first: buys from the lowest, then sells from the highest, then time."""
        waiting = [order for order in self.at(STOP, instrument) if not order.elected]
        return sorted(waiting, key=lambda o: (o.side, o.stop if o.buys else -o.stop, o.turn))

    def elect(self, instrument: str, price: int, without: Sequence[RefOrder] = ()) -> None:
        """One print: move the trailing stops, then put the stops that it reaches into the queue."""
        terms = self.instruments[instrument]
        for order in self.waiting_stops(instrument):
            if order.type == codes.TRAILING_STOP:
                self.trail(order, price)
        if terms.trades or terms.call:
            for order in self.waiting_stops(instrument):
                if self.reached(order, price) and order not in without:
                    order.elected = True
                    self.work.append(order)

    def trail(self, order: RefOrder, price: int) -> None:
        """Follow a trade; the stop price never moves away from the market."""
        order.best = min(order.best, price) if order.buys else max(order.best, price)
        stop = self.trailed(order, order.best)
        order.stop = min(order.stop, stop) if order.buys else max(order.stop, stop)

    def trailed(self, order: RefOrder, best: int) -> int:
        request, terms = order.request, self.terms(order)
        trail = request.trail_e8 // terms.tick_e8 if request.trail_e8 else -(-best * request.trail_bps // 10_000)
        trail = max(trail, 1)
        return best + trail if order.buys else max(1, best - trail)

    def incoming_done(self) -> None:
        """After an order is done: the pairs of entries that ended begin, then its prints elect stops."""
        begun: list[RefOrder] = []
        while self.ended_entries:
            entry = self.ended_entries.pop(0)
            assert entry.legs is not None
            begun.append(entry.legs[1])
            self.start_legs(entry)
        prints, self.prints = self.prints, []
        for stop in begun:
            self.trigger_if_reached(stop)
        for instrument, price in prints:
            # A stop that has just begun to wait looks at the last trade alone, not at those before it.
            self.elect(instrument, price, begun)

    def work_off(self) -> None:
        """Work what is queued, each completely, until nothing is left."""
        self.incoming_done()
        while self.work or self.prints or self.ended_entries:
            if self.work:
                order = self.work.pop(0)
                if order.where == STOP:
                    self.trigger(order)
            self.incoming_done()

    def trigger(self, order: RefOrder) -> None:
        """A stop becomes a market or a limit order, and is worked as one."""
        order.elected = False
        terms = self.terms(order)
        if not (terms.trades or terms.call):
            return
        self.hold(order)
        if not order.live:
            return
        was, old_price = order.where, order.price
        order.where = INCOMING
        if order.market:
            order.price = terms.within(terms.anchor, terms.collar_ppm, order.side)
        self.emit(
            events.StopTriggered(
                order.id,
                order.account,
                self.report(order.account),
                order.request.client_order_id,
                order.name,
                order.side,
                codes.MARKET if order.market else codes.LIMIT,
                order.price,
            )
        )
        self.end_partner(order)
        if not self.affordable(order, self.free_if(order, was, old_price)):
            self.end(order, codes.NO_FUNDS)
            return
        self.take_in(order)

    # ── pegs ───────────────────────────────────────────────────────────────────────────────────────────────────────

    def unpegged_touch(self, instrument: str) -> list[int]:
        """Best bid and ask of the orders that are not pegged; 0: none."""
        found = []
        for side in (codes.BUY, codes.SELL):
            fixed = [o.price for o in self.queue(instrument, side) if o.type != codes.PEGGED]
            found.append(fixed[0] if fixed else 0)
        return found

    def peg_price(self, order: RefOrder) -> int:
        """Where a pegged order belongs now; 0: there is nothing to follow."""
        terms, request = self.terms(order), order.request
        if not terms.trades:
            return 0
        touch = self.unpegged_touch(order.name)
        if request.peg == codes.PEG_MID:
            both = sum(touch)
            price = (both // 2 if order.buys else -(-both // 2)) if all(touch) else 0
        else:
            price = touch[order.side if request.peg == codes.PEG_OWN else 1 - order.side]
        if not price:
            return 0
        price = max(1, price + request.peg_offset_e8 // terms.tick_e8)
        if not order.buys and terms.future:
            price = min(price, terms.upper)
        return min(price, order.limit) if order.buys else max(price, order.limit)

    def beside(self, order: RefOrder, price: int) -> int:
        """The nearest to a price that does not reach the opposite touch; 0: there is none."""
        opposite = [o.price for o in self.queue(order.name, 1 - order.side)]
        if not price or not opposite:
            return price
        if order.buys:
            return min(price, opposite[0] - 1)
        price = max(price, opposite[0] + 1)
        highest = max(order.limit, self.terms(order).upper)
        return 0 if self.terms(order).future and price > highest else price

    def pegs(self, instrument: str) -> Iterator[RefOrder]:
        for order in sorted(self.live, key=lambda o: o.turn):
            if order.live and order.type == codes.PEGGED and order.name == instrument:
                yield order

    def move_pegs(self) -> None:
        """Hold reduce-only orders; then the pegs of each instrument whose touch has changed follow it, in turn, each once."""
        while self.moved:
            self.end_entries()
            self.work_off()
        self.hold_all()
        for terms in self.instruments.values():
            if not terms.trades:
                terms.followed = []
                continue
            touch = self.unpegged_touch(terms.name)
            if touch == terms.followed:
                continue
            terms.followed = touch
            for order in list(self.pegs(terms.name)):
                self.move_peg(order)

    def move_peg(self, order: RefOrder) -> None:
        price = self.beside(order, self.peg_price(order))
        if order.where == BOOK and price == order.price:
            return
        self.park_peg(order)
        if price:
            order.price = price
            order.where = INCOMING
            self.rest(order)

    def park_peg(self, order: RefOrder) -> None:
        """Have a peg off the book: it has no price there."""
        if order.where == BOOK:
            self.emit(events.BookChanged(order.name, order.id, order.side, order.price, 0))
        order.where = PEG_OFF
        order.price = order.shown = 0

    def end_proposal(self, number: int, outcome: int, by: str = "", reason: str = "") -> None:
        proposed_by = self.proposals.pop(number).command.by
        self.emit(events.ProposalEnded(number, outcome, proposed_by, by, reason))
