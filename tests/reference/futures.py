"""Futures: indices, marks and variation margin, cover that is missing, close-outs, expiry."""

from __future__ import annotations

from engine.vocabulary import codes
from engine.vocabulary.limits import MAX_NAME_CHARS, MAX_SUPPLY, NS_PER_DAY, NS_PER_SECOND
from engine.vocabulary.messages import commands, events
from tests.reference.calls import midnight_after
from tests.reference.changes import Changes
from tests.reference.state import INCOMING, RefInstrument, RefOrder

MOST_INDICES = 1_000
FIRST_CLOSE_OUT = 4_096
LIMITED = (codes.LIMIT, codes.ICEBERG, codes.STOP_LIMIT)


class Futures(Changes):
    """What clearing does, but for the money (`tests.reference.money`)."""

    # ── listing, indices ───────────────────────────────────────────────────────────────────────────────────────────

    def future_problem(self, command: commands.ListInstrument) -> bool:
        """Whether the fields of a listing that are for futures make none, or are set for something else."""
        length, interval, most = command.averaging_ns, command.mark_interval_ns, command.max_position_e8
        if command.kind != codes.FUTURE:
            return any((command.expiry_ns, length, interval, most))
        return (
            not command.underlying
            or command.expiry_ns - length <= self.now
            or not 0 <= length <= NS_PER_DAY
            or (interval != 0 and not 60 * NS_PER_SECOND <= interval <= NS_PER_DAY)
            or most < 0
            or most % command.lot_e8 != 0
        )

    def needs_band(self, terms: RefInstrument) -> bool:
        """Whether the static band of a future can't be taken away."""
        if terms.phase not in (codes.CLOSED, codes.CANCEL_ONLY):
            return True
        held = [self.position(account, terms.name) for account in self.accounts]
        counted = [self.counts(account, terms.name) for account in self.accounts]
        return any(position.lots or position.carried for position in held) or any(counted)

    def set_index_price(self, command: commands.SetIndexPrice) -> None:
        name = command.index
        too_many = name not in self.indices and len(self.indices) >= MOST_INDICES
        if not 0 < len(name) <= MAX_NAME_CHARS or command.price_e8 <= 0 or too_many:
            self.refuse_command(codes.INVALID)
            return
        self.indices.setdefault(name, []).append((self.now, command.price_e8))
        self.emit(events.IndexPriceSet(name, command.price_e8, command.source))

    def set_margin_rules(self, command: commands.SetMarginRules) -> None:
        if not NS_PER_SECOND <= command.grace_ns <= 30 * NS_PER_DAY:
            self.refuse_command(codes.INVALID)
            return
        self.grace_ns = command.grace_ns
        self.changed(command, "")

    # ── marks ──────────────────────────────────────────────────────────────────────────────────────────────────────

    def index_ticks(self, terms: RefInstrument, averaging_ns: int) -> int:
        """The index, or its mean over so long until now, rounded to the nearest tick; 0 if it is not known."""
        stated = self.indices.get(terms.underlying)
        if not stated:
            return 0
        total, over = stated[-1][1], 1
        if averaging_ns:
            begins = max(self.now - averaging_ns, stated[0][0])
            ends = [time_ns for time_ns, _ in stated[1:]] + [self.now]
            lengths = [max(end, begins) - max(start, begins) for (start, _), end in zip(stated, ends, strict=True)]
            total = sum(length * price_e8 for length, (_, price_e8) in zip(lengths, stated, strict=True))
            over = self.now - begins
        return max(1, (2 * total + over * terms.tick_e8) // (2 * over * terms.tick_e8))

    def mark_by_command(self, command: commands.MarkFuture) -> None:
        terms = self.instruments.get(command.instrument)
        if terms is None:
            self.refuse_command(codes.UNKNOWN_INSTRUMENT)
        elif not terms.future:
            self.refuse_command(codes.INVALID)
        elif terms.expired:
            self.refuse_command(codes.UNSUPPORTED)
        elif command.price_e8 < 0 or command.price_e8 % terms.tick_e8:
            self.refuse_command(codes.TICK)
        elif not self.mark(terms, command.price_e8 // terms.tick_e8 or self.index_ticks(terms, 0) or terms.anchor):
            self.refuse_command(codes.NO_REFERENCE)

    def next_mark(self, terms: RefInstrument) -> int:
        """When the clock marks an instrument next; 0: not any more."""
        if not terms.mark_interval_ns or terms.expired:
            return 0
        midnight = midnight_after(self.ran_to) - NS_PER_DAY
        done = (self.ran_to - midnight) // terms.mark_interval_ns
        at = min(midnight + (done + 1) * terms.mark_interval_ns, midnight + NS_PER_DAY)
        return at if at < terms.expiry_ns else 0

    def run_mark(self, terms: RefInstrument) -> bool:
        if self.next_mark(terms) != self.now:
            return False
        return self.mark(terms, self.index_ticks(terms, 0) or terms.anchor)

    def mark(self, terms: RefInstrument, price: int, *, final: bool = False) -> bool:
        """Settle the variation margin of everybody at a price; False if there is none."""
        if not price:
            return False
        before = {account: self.position(account, terms.name).lots for account in self.accounts}
        margins = {
            account: lots * price * terms.unit - self.position(account, terms.name).carried
            for account, lots in before.items()
        }
        self.emit(events.FutureMarked(terms.name, price, sum(max(lots, 0) for lots in before.values()), final))
        booked = dict(margins)
        for account, margin in margins.items():
            if margin < 0:
                booked[account] = -self.collect_loss(terms, account, -margin)
        self.pay_gains(terms, margins, booked)
        for account, lots in before.items():
            position = self.position(account, terms.name)
            position.lots, position.carried = (0, 0) if final else (lots, lots * price * terms.unit)
        terms.reference = price
        self.take_up()
        for account, lots in before.items():
            if lots or margins[account]:
                self.report_margin(terms, account, lots, price, booked[account])
        outside = [order for order in self.live if order.name == terms.name and self.limit_outside(order, terms)]
        self.end_newest_first(outside, codes.OUTSIDE_BAND)
        return True

    def collect_loss(self, terms: RefInstrument, account: str, loss: int) -> int:
        """Take a loss from what is free and held, what waits to leave, what spot orders had reserved; what could be paid."""
        paid = self.pay(account, terms.quote, loss)
        for movement in self.newest_waiting(account, terms.quote):
            if paid < loss:
                self.end_wait(movement, codes.MOVEMENT_FAILED)
                paid += self.pay(account, terms.quote, loss - paid)
        for order in self.newest_first(account):
            if self.owned(account, terms.quote) < loss - paid and self.holds_spot(order, terms.quote):
                self.end(order, codes.MARGIN_CALL)
        paid += self.pay(account, terms.quote, loss - paid)
        if paid < loss:
            self.in_default.append((account, terms.quote))
            number = self.report(account)
            self.emit(events.DefaultDeclared(account, number, terms.name, terms.quote, min(loss - paid, MAX_SUPPLY)))
        return paid

    def pay(self, account: str, asset: str, amount: int) -> int:
        """Take up to an amount from what an account has."""
        paid = min(amount, self.owned(account, asset))
        self.credit(account, asset, -paid)
        return paid

    def pay_gains(self, terms: RefInstrument, margins: dict[str, int], booked: dict[str, int]) -> None:
        """Pay who gained, less what each bears of what losers could not pay."""
        gains = {account: margin for account, margin in margins.items() if margin > 0}
        shortfall = sum(booked[account] - margins[account] for account in margins)
        shares = {account: gain * shortfall // sum(gains.values()) for account, gain in gains.items()}
        left = shortfall - sum(shares.values())
        for account in list(shares)[:left]:
            shares[account] += 1
        for account, share in shares.items():
            booked[account] -= share
            self.credit(account, terms.quote, booked[account])
            if share:
                self.emit(
                    events.LossShared(account, self.report(account), terms.name, terms.quote, min(share, MAX_SUPPLY))
                )

    def report_margin(self, terms: RefInstrument, account: str, lots: int, price: int, amount: int) -> None:
        available, reserved = self.available(account, terms.quote), self.reserved(account, terms.quote)
        self.emit(
            events.VariationMargin(account, self.report(account), terms.name, lots, price, amount, available, reserved)
        )

    def limit_outside(self, order: RefOrder, terms: RefInstrument) -> bool:
        """Whether an order's limit price is outside the static band."""
        price = order.price if order.type in LIMITED else order.given
        return price > 0 and self.outside_static(terms, price)

    # ── missing cover ──────────────────────────────────────────────────────────────────────────────────────────────

    def newest_first(self, account: str) -> list[RefOrder]:
        """An account's open orders as they are now. Some may end because another of them does."""
        return sorted((o for o in self.live if o.account == account), key=lambda o: o.entered, reverse=True)

    def holds_spot(self, order: RefOrder, asset: str) -> bool:
        return order.live and self.asset_of(order) == asset and self.holds(order) > 0

    def cleared(self) -> list[str]:
        """The assets in which futures are settled, as added."""
        return [asset for asset in self.assets if any(i.future and i.quote == asset for i in self.instruments.values())]

    def look_at_cover(self) -> None:
        """At the end of a command: call whose cover is missing, end the calls of those who have restored it."""
        self.take_up()
        cleared = self.cleared()
        for account in self.accounts:
            for asset in cleared:
                key = (account, asset)
                missing = max(-self.free(account, asset), 0)
                fresh = key not in self.calls or key in self.in_default or key in self.grace_ended
                if missing and fresh:
                    grace = max(self.grace_ns, 60 * NS_PER_SECOND) if key in self.calls else self.grace_ns
                    self.calls[key] = self.now if key in self.in_default else self.now + grace
                    until = self.calls[key]
                    self.emit(
                        events.MarginCalled(account, self.report(account), asset, min(missing, MAX_SUPPLY), until)
                    )
                elif not missing and key in self.calls:
                    del self.calls[key]
                    self.emit(events.MarginRestored(account, self.report(account), asset))
        self.in_default, self.grace_ended = [], []

    def run_grace(self, account: str, asset: str) -> bool:
        """The grace of a margin call has ended: cancel orders, then close out, until nothing is missing."""
        key = (account, asset)
        if key not in self.calls or self.calls[key] > self.due_at:
            return False
        self.grace_ended.append(key)
        for movement in self.newest_waiting(account, asset):
            if self.free(account, asset) < 0:
                self.end_wait(movement, codes.MOVEMENT_FAILED)
        for order in self.newest_first(account):
            if order.live and self.free(account, asset) < 0 and self.burdens(order, asset):
                self.end(order, codes.MARGIN_CALL)
        for terms in self.instruments.values():
            lots = self.position(account, terms.name).lots
            if terms.quote == asset and lots and terms.trades and self.free(account, asset) < 0:
                self.close_out(terms, account, "margin call")
                self.hold_all()
                self.work_off()
                self.move_pegs()
                self.publish()
        return True

    def burdens(self, order: RefOrder, asset: str) -> bool:
        """Whether more would be free without an order."""
        terms = self.terms(order)
        if not terms.future:
            return self.holds_spot(order, asset)
        return terms.quote == asset and self.cover_in(order.account, terms, order) < self.cover_in(order.account, terms)

    def close_out_by_command(self, command: commands.CloseOut) -> None:
        terms = self.instruments.get(command.instrument)
        if terms is None:
            self.refuse_command(codes.UNKNOWN_INSTRUMENT)
        elif command.account not in self.accounts:
            self.refuse_command(codes.UNKNOWN_ACCOUNT)
        elif not self.position(command.account, terms.name).lots:
            self.refuse_command(codes.INVALID)
        elif not terms.trades:
            self.refuse_command(codes.PHASE)
        else:
            self.close_out(terms, command.account, command.reason)

    def close_out(self, terms: RefInstrument, account: str, reason: str) -> None:
        """Close a position by an order of the venue on the account."""
        lots = self.position(account, terms.name).lots
        self.emit(events.CloseOutStarted(account, self.report(account), terms.name, lots, reason))
        side = codes.SELL if lots > 0 else codes.BUY
        price = terms.within(terms.reference, terms.rules.static_ppm, side)
        request = commands.NewOrder(
            self.accounts[account].participant,
            account,
            "",
            terms.name,
            side,
            codes.LIMIT,
            codes.IOC,
            price * terms.tick_e8,
            abs(lots) * terms.lot_e8,
            self_trade=codes.CANCEL_OLDEST,
        )
        order = self.new_order(request, FIRST_CLOSE_OUT + self.close_outs)
        self.close_outs += 1
        order.closes_out = True
        order.price, order.quantity, order.leaves = price, abs(lots), abs(lots)
        self.add_live(order, INCOMING)
        self.accept(order)
        self.take_in(order)

    # ── expiry ─────────────────────────────────────────────────────────────────────────────────────────────────────

    def run_settlement(self, terms: RefInstrument) -> bool:
        """The end of a series: its orders, its trading, its positions."""
        if not terms.future or terms.expired or terms.expiry_ns > self.now:
            return False
        self.end_newest_first([order for order in self.live if order.name == terms.name], codes.SETTLED)
        terms.schedule, terms.step_ns = (), 0
        self.set_phase(terms, codes.CLOSED, "expired")
        terms.expired = True
        self.mark(terms, self.index_ticks(terms, terms.averaging_ns) or terms.anchor, final=True)
        return True
