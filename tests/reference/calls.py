"""Phases and calls: how orders collect, the one price at which they uncross, and what ends or begins by itself."""

from __future__ import annotations

import hashlib

from engine.vocabulary import codes
from engine.vocabulary.limits import INDICATIVE_WAIT_NS, MOSCOW_OFFSET_NS, NS_PER_DAY, NS_PER_SECOND
from engine.vocabulary.messages import events
from tests.reference.after import Aftermath
from tests.reference.state import AUCTIONS, BOOK, COLLECTED, INCOMING, PARKED, PPM, RefInstrument, RefOrder

# Phases in which nothing trades or collects.
QUIET = (codes.CLOSED, codes.HALTED, codes.CANCEL_ONLY)
JOINS = {codes.OPENING_AUCTION: codes.AT_OPEN, codes.CLOSING_AUCTION: codes.AT_CLOSE}


def midnight_after(time_ns: int) -> int:
    """The next Moscow midnight, after a time."""
    return ((time_ns + MOSCOW_OFFSET_NS) // NS_PER_DAY + 1) * NS_PER_DAY - MOSCOW_OFFSET_NS


class Calls(Aftermath):
    """Everything about an instrument that is not one incoming order."""

    # ── collecting ─────────────────────────────────────────────────────────────────────────────────────────────────

    def crosses_in_call(self, order: RefOrder, other: RefOrder) -> bool:
        """Market orders cross all."""
        return order.market or other.market or self.crosses(order, other.price)

    def own_crossed(self, order: RefOrder) -> list[RefOrder]:
        """The own orders that an order crosses in a call, market orders first."""
        others = sorted(self.call_queue(order.name, 1 - order.side), key=lambda other: not other.market)
        return [o for o in others if self.same_owner(o, order) and self.crosses_in_call(order, o)]

    def join_call(self, order: RefOrder) -> None:
        """An order takes part in a call, or waits on the book while nothing trades."""
        if order.type == codes.PEGGED:
            self.park_peg(order)
            return
        for own in self.own_crossed(order):
            if order.where == INCOMING:
                self.hold(own)
                if own.live:
                    self.prevent(order, own)
        if order.where != INCOMING:
            return
        order.joined = order.request.time_in_force in JOINS.values()
        if order.market:
            self.collect(order)
        else:
            self.rest(order)

    # ── the price of a call ────────────────────────────────────────────────────────────────────────────────────────

    def takes_part_with(self, order: RefOrder) -> int:
        """With how many lots an order counts: where it is uncrossed again, those of an account that only reduce, with no more
        than what is left of its position together."""
        if not self.again or not order.request.reduce_only:
            return order.leaves
        left = self.reduces(order)
        for other in self.call_queue(order.name, order.side):
            if other is order:
                break
            if other.account == order.account and other.request.reduce_only:
                left -= min(left, other.leaves)
        return min(order.leaves, left)

    def indicative(self, terms: RefInstrument) -> tuple[int, int, int]:
        """Price, volume and imbalance at which a call would uncross now; zeros if nothing crosses."""
        buys, sells = (
            [order for order in self.call_queue(terms.name, side) if self.takes_part_with(order)]
            for side in (codes.BUY, codes.SELL)
        )
        if not buys or not sells:
            return 0, 0, 0
        offers = []
        for price in range(min(o.price for o in sells), max(o.price for o in buys) + 1):
            bought = sum(self.takes_part_with(o) for o in buys if o.price >= price)
            sold = sum(self.takes_part_with(o) for o in sells if o.price <= price)
            offers.append((price, min(bought, sold), bought - sold))
        most = max((volume for _, volume, _ in offers), default=0)
        if not most:
            return 0, 0, 0
        offers = [offer for offer in offers if offer[1] == most]
        # A market order names no price: only limits and the reference do.
        named = [offer[0] for offer in offers if any(o.price == offer[0] and not o.market for o in buys + sells)]
        if terms.anchor:
            named.append(min(offers, key=lambda offer: abs(offer[0] - terms.anchor))[0])
        offers = [offer for offer in offers if min(named) <= offer[0] <= max(named)]
        least = min(abs(imbalance) for _, _, imbalance in offers)
        offers = [offer for offer in offers if abs(offer[2]) == least]
        if all(imbalance > 0 for _, _, imbalance in offers):
            return offers[-1]
        if all(imbalance < 0 for _, _, imbalance in offers):
            return offers[0]
        middle = terms.anchor or (offers[0][0] + offers[-1][0]) // 2
        return min(offers, key=lambda offer: (abs(offer[0] - middle), offer[0]))

    def has_to_uncross(self, terms: RefInstrument) -> bool:
        """Whether something crosses, or market orders wait to end."""
        return bool(self.indicative(terms)[1] or self.at(COLLECTED, terms.name))

    def complete(self) -> None:
        """All that follows from a command or a thing that was due."""
        self.work_off()
        self.move_pegs()
        self.publish()
        self.look_at_cover()

    def publish(self) -> None:
        """Indicatives of calls that changed, last of all: of few levels now, of many when the clock says so."""
        for terms in self.instruments.values():
            if terms.call and self.has_changed(terms):
                if self.levels(terms) <= self.instant_levels:
                    self.compute_indicative(terms)
                elif not terms.wait_ends:
                    terms.wait_ends = max(self.now + INDICATIVE_WAIT_NS, terms.no_wait_ends_before)

    def run_wait(self, terms: RefInstrument) -> None:
        """The clock has the indicative price computed, if something changed since it last was."""
        if not 0 < terms.wait_ends <= self.now:
            return
        terms.wait_ends = 0
        if self.has_changed(terms):
            terms.no_wait_ends_before = self.now + self.indicative_ns_per_level * self.levels(terms)
            self.compute_indicative(terms)

    def compute_indicative(self, terms: RefInstrument) -> None:
        now = self.indicative(terms)
        terms.changed = False
        if now != terms.published:
            terms.published = now
            self.emit(events.Indicative(terms.name, *now))

    def has_changed(self, terms: RefInstrument) -> bool:
        """Whether any command has changed the call since its price was computed, even if another has put it right again."""
        now = self.follows_from(terms)
        terms.changed |= now != terms.followed_from
        terms.followed_from = now
        return terms.changed

    def follows_from(self, terms: RefInstrument) -> object:
        """Who takes part in a call, with what and at which place, and the price it is nearest to."""
        orders = [o for side in (codes.BUY, codes.SELL) for o in self.call_queue(terms.name, side)]
        return [(o.id, o.price, o.leaves, o.place) for o in orders], terms.anchor

    def levels(self, terms: RefInstrument) -> int:
        prices = {(o.side, o.price) for o in self.at(BOOK, terms.name)}
        return len(prices) + len(self.at(COLLECTED, terms.name))

    def void_wait(self, terms: RefInstrument) -> None:
        """A call ends, or counts as changed."""
        terms.wait_ends, terms.changed = 0, True

    def uncross(self, terms: RefInstrument) -> int:
        """Trade all that crosses at one price; the volume. What reduce-only orders leave crossed is uncrossed again."""
        volume = self.uncross_once(terms)
        self.again = True
        while self.indicative(terms)[1]:
            self.uncross_once(terms)
        self.again = False
        self.hold_all()
        return volume

    def to_trade(self, terms: RefInstrument, side: int, volume: int) -> list[RefOrder]:
        """The first orders of a queue that make up a volume."""
        orders: list[RefOrder] = []
        for order in self.call_queue(terms.name, side):
            if sum(self.takes_part_with(each) for each in orders) < volume:
                orders.append(order)
        return orders

    def uncross_once(self, terms: RefInstrument) -> int:
        price, volume, _ = self.indicative(terms)
        self.emit(events.Uncrossed(terms.name, price, volume))
        terms.published = (0, 0, 0)
        self.void_wait(terms)
        touched: list[RefOrder] = []
        self.uncrossing = True
        buys, sells = (self.to_trade(terms, side, volume) for side in (codes.BUY, codes.SELL))
        for buy in buys:
            for sell in sells:
                if buy.live and sell.live:
                    self.hold(buy)
                if buy.live and sell.live:
                    self.hold(sell)
                if buy.live and sell.live:
                    lots = min(buy.leaves, sell.leaves)
                    maker, taker = (buy, sell) if buy.place < sell.place else (sell, buy)
                    touched += [order for order in (buy, sell) if order not in touched]
                    self.fill(maker, taker, price, lots)
        self.uncrossing = False
        for side in (codes.BUY, codes.SELL):
            for order in self.queue(terms.name, side):
                if order in touched and order.display:
                    order.shown = min(order.display, order.leaves)
                    self.emit(events.BookChanged(terms.name, order.id, side, order.price, order.shown))
        return volume

    def end_with_auction(self, terms: RefInstrument) -> None:
        for order in list(self.live):
            if order.live and order.name == terms.name and (order.where == COLLECTED or order.joined):
                self.end(order, codes.AUCTION_ENDED)

    # ── phases ─────────────────────────────────────────────────────────────────────────────────────────────────────

    def set_phase(self, terms: RefInstrument, phase: int, reason: str) -> None:
        """Move an instrument to a phase, with all that this does."""
        old = terms.phase
        uncrosses = old in AUCTIONS and phase in (codes.CONTINUOUS, codes.CLOSED)
        if phase == codes.CONTINUOUS and old != codes.CONTINUOUS and self.has_to_uncross(terms):
            uncrosses = True
        if uncrosses and self.uncross(terms) and not terms.future:
            terms.reference = terms.last
        if terms.call and phase in (codes.CONTINUOUS, codes.CLOSED, codes.HALTED, codes.CANCEL_ONLY) and old != phase:
            self.end_with_auction(terms)
        self.enter_phase(terms, phase, reason)
        self.calm = uncrosses
        self.incoming_done()
        if terms.trades and terms.last:
            self.elect(terms.name, terms.last)
        self.work_off()
        self.move_pegs()
        self.calm = False

    def enter_phase(self, terms: RefInstrument, phase: int, reason: str, until_ns: int = 0) -> None:
        """The phase itself: its timer, pegs that leave the book, orders that waited for it."""
        terms.phase, terms.timer = phase, None
        self.void_wait(terms)
        if phase in AUCTIONS:
            terms.auctions += 1
        if phase == codes.VOLATILITY_AUCTION:
            end = self.now + terms.rules.volatility_ns
            terms.timer = (end + self.random_delay(terms), codes.CONTINUOUS)
            until_ns = 0 if terms.rules.auction_random_ns else end
        self.emit(events.PhaseChanged(terms.name, phase, reason, until_ns))
        if not terms.call:
            terms.published = (0, 0, 0)
        if terms.call:
            for peg in list(self.pegs(terms.name)):
                self.park_peg(peg)
        for order in sorted(self.at(PARKED, terms.name), key=lambda o: o.turn):
            if order.request.time_in_force == JOINS.get(phase):
                order.where = INCOMING
                self.join_call(order)

    def random_delay(self, terms: RefInstrument) -> int:
        """How much later an auction ends than its clock says."""
        if not terms.rules.auction_random_ns:
            return 0
        drawn = hashlib.sha256(f"{self.seed}|{terms.name}|{terms.auctions}".encode()).digest()
        return int.from_bytes(drawn[:8], "big") % (terms.rules.auction_random_ns + 1)

    def begin_volatility(self, order: RefOrder) -> None:
        """An incoming order would trade outside the dynamic band: it does not."""
        terms = self.terms(order)
        if self.calm:
            self.end(order, codes.OUTSIDE_BAND)
            return
        self.enter_phase(terms, codes.VOLATILITY_AUCTION, "")
        if order.market or order.request.time_in_force == codes.IOC:
            self.end(order, codes.OUTSIDE_BAND)
        else:
            self.join_call(order)

    def halts(self, terms: RefInstrument) -> bool:
        """After a print: halt the market if its index has moved too far."""
        rule = self.halt_rule
        if not rule.threshold_ppm or terms.name not in rule.instruments:
            return False
        members = [self.instruments[name] for name in rule.instruments if self.instruments[name].reference]
        if not members:
            return False
        ratios = [(member.anchor * PPM // member.reference) for member in members]
        index_ppm = sum(ratios) // len(ratios)
        if abs(index_ppm - PPM) < rule.threshold_ppm:
            return False
        until = self.now + rule.halt_ns
        halted = [i for i in self.instruments.values() if i.phase in (codes.CONTINUOUS, codes.VOLATILITY_AUCTION)]
        if not halted:
            return False
        self.emit(events.MarketHalted(index_ppm, until))
        for name in rule.instruments:
            self.instruments[name].reference = self.instruments[name].anchor
        for instrument in halted:
            if instrument.call:
                self.end_with_auction(instrument)
            self.enter_phase(instrument, codes.HALTED, "", until)
            instrument.timer = (until, codes.VOLATILITY_AUCTION)
        return terms in halted

    # ── what is due ────────────────────────────────────────────────────────────────────────────────────────────────

    def plan_step(self, terms: RefInstrument, delay_ns: int) -> None:
        """Find when the schedule moves the instrument next: so much later than it says."""
        terms.step_ns = 0
        if not terms.schedule:
            return
        midnight = midnight_after(self.now) - NS_PER_DAY
        times = [midnight + day * NS_PER_DAY + second * NS_PER_SECOND for day in (0, 1) for second, _ in terms.schedule]
        terms.step_ns = min(time_ns for time_ns in times if time_ns > self.now) + delay_ns

    def next_batch(self, terms: RefInstrument) -> int:
        """When the next batch of an instrument uncrosses; 0: there is nothing to uncross."""
        if not terms.batches:
            return 0
        if not self.has_to_uncross(terms):
            return 0
        return (self.ran_to // terms.rules.batch_ns + 1) * terms.rules.batch_ns

    def deadlines(self) -> list[int]:
        """When anything happens by itself."""
        times = [order.deadline for order in self.live if order.deadline]
        times += self.calls.values()
        for terms in self.instruments.values():
            times += [terms.timer[0]] if terms.timer else []
            times += [terms.step_ns] if terms.step_ns else []
            times += [terms.wait_ends] if terms.wait_ends else []
            times += [self.next_batch(terms)] if self.next_batch(terms) else []
            times += [terms.expiry_ns] if terms.future and not terms.expired else []
            times += [self.next_mark(terms)] if self.next_mark(terms) else []
        kept = [*self.proposals.values(), *self.movements.values()]
        return [*times, *(each.until for each in kept if each.until), midnight_after(self.ran_to)]

    def run_due(self, time_ns: int) -> None:
        """Do all that is due until then: by deadline; each item is completed as a command is."""
        while min(self.deadlines()) <= time_ns:
            self.due_at = min(self.deadlines())
            self.now = max(self.due_at, self.ran_to)
            # An order that joins at an instant waits for the next batch: those of this one are known beforehand.
            self.batches_now = [terms.name for terms in self.instruments.values() if self.next_batch(terms) == self.now]
            for what in (self.run_timer, self.run_step, self.run_batch):
                for terms in self.instruments.values():
                    if what(terms):
                        self.complete()
            for order in list(self.live):
                if order.live and 0 < order.deadline <= self.now:
                    self.end(order, codes.EXPIRED)
                    self.complete()
            if midnight_after(self.ran_to) == self.now:
                self.end_day()
            for do in (self.run_mark, self.run_settlement):
                for terms in self.instruments.values():
                    if do(terms):
                        self.complete()
            for account in self.accounts:
                for asset in self.cleared():
                    if self.run_grace(account, asset):
                        self.complete()
            for terms in self.instruments.values():
                self.run_wait(terms)
            for number in [each for each, proposal in self.proposals.items() if proposal.until <= self.now]:
                self.end_proposal(number, codes.LAPSED)
            self.run_absence()
            self.run_movements()
            self.ran_to = self.now

    def run_timer(self, terms: RefInstrument) -> bool:
        """The end of a volatility auction or a halt."""
        if terms.timer is None or terms.timer[0] > self.now:
            return False
        self.set_phase(terms, terms.timer[1], "")
        return True

    def run_step(self, terms: RefInstrument) -> bool:
        """The phase whose time has come last, today or else yesterday. An auction that begins so may end later."""
        if not 0 < terms.step_ns <= self.now:
            return False
        second = (self.now + MOSCOW_OFFSET_NS) % NS_PER_DAY // NS_PER_SECOND
        phases = [phase for at, phase in terms.schedule if at <= second]
        phase = phases[-1] if phases else terms.schedule[-1][1]
        if phase != terms.phase and (terms.may_trade or phase in QUIET):
            self.set_phase(terms, phase, "")
        self.plan_step(terms, self.random_delay(terms) if phase in AUCTIONS else 0)
        return True

    def run_batch(self, terms: RefInstrument) -> bool:
        if terms.name not in self.batches_now or not self.next_batch(terms):
            return False
        terms.published = (0, 0, 0)
        self.void_wait(terms)
        if self.indicative(terms)[1]:
            self.uncross(terms)
        self.end_with_auction(terms)
        self.calm = True
        self.work_off()
        self.calm = False
        return True

    def end_day(self) -> None:
        """Moscow midnight: ids of orders that are not open are free again."""
        self.day += 1
        for account in self.accounts.values():
            account.by_client_id = {name: each for name, each in account.by_client_id.items() if each.live}
        for sent in self.sent.values():
            sent.in_day = sent.trades = 0
        self.emit(events.DayEnded(self.day))
