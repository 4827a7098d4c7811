"""What operator and supervisor do: listings, accounts, money, rules of the market, kill switches, corrections."""

from __future__ import annotations

from typing import Any

import msgspec

from engine.vocabulary import codes
from engine.vocabulary.limits import MAX_FEE_PPM, MAX_SCHEDULE_STEPS, MAX_SUPPLY, NS_PER_DAY, ONE_E8
from engine.vocabulary.messages import commands, events
from tests.reference.calls import QUIET
from tests.reference.futures import Futures
from tests.reference.state import (
    BOOK,
    COLLECTED,
    PPM,
    RULES_AT_FIRST,
    RefAccount,
    RefInstrument,
    RefOrder,
    RefTrade,
    round_up,
)

WHAT = {
    commands.SetTradingRules: "trading_rules",
    commands.SetSchedule: "schedule",
    commands.SetKillSwitch: "kill_switch",
    commands.SetLimits: "limits",
    commands.SetMarketHalt: "market_halt",
    commands.SetVenueRules: "venue_rules",
    commands.SetMarginRules: "margin_rules",
}


class Rules(Futures):
    """Commands that no participant sends."""

    def refuse_command(self, code: int) -> None:
        self.emit(events.CommandRejected(code, ""))

    def changed(self, command: commands.Command, key: str) -> None:
        reason = getattr(command, "reason", "")
        self.emit(events.RulesChanged(WHAT[type(command)], key, "", reason, getattr(command, "by", "")))

    @staticmethod
    def completed(command: commands.Command, before: commands.Command, at_first: commands.Command) -> Any:
        """A command that names all: what it leaves out is as it was, or as at first if it replaces all."""
        rest = at_first if command.replace else before
        said = msgspec.structs.asdict(command)
        left_out = {name: getattr(rest, name) for name, value in said.items() if value is None}
        return msgspec.structs.replace(command, **left_out)

    # ── listings, accounts, money ──────────────────────────────────────────────────────────────────────────────────

    def add_asset(self, command: commands.AddAsset) -> None:
        if command.asset in self.assets or not 0 <= command.scale <= 18:
            self.refuse_command(codes.INVALID)
            return
        self.assets[command.asset] = command.scale
        self.emit(events.AssetAdded(command.asset, command.kind, command.scale))

    def list_instrument(self, command: commands.ListInstrument) -> None:
        known = command.base in self.assets and command.quote in self.assets and command.base != command.quote
        if command.instrument in self.instruments or not known:
            self.refuse_command(codes.INVALID)
            return
        money = command.tick_e8 * command.lot_e8 * 10 ** self.assets[command.quote]
        held = command.lot_e8 * 10 ** self.assets[command.base]
        if money % ONE_E8**2 or held % ONE_E8 or command.maker_fee_ppm + command.taker_fee_ppm < 0:
            self.refuse_command(codes.INVALID)
            return
        if self.future_problem(command):
            self.refuse_command(codes.INVALID)
            return
        assert max(abs(command.maker_fee_ppm), abs(command.taker_fee_ppm)) <= MAX_FEE_PPM
        terms = RefInstrument(
            command.instrument,
            command.kind,
            command.base,
            command.quote,
            command.tick_e8,
            command.lot_e8,
            money // ONE_E8**2,
            held // ONE_E8,
            command.min_quantity_e8 // command.lot_e8,
            command.max_quantity_e8 // command.lot_e8,
            command.max_notional,
            command.collar_ppm,
            command.maker_fee_ppm,
            command.taker_fee_ppm,
            command.reference_price_e8 // command.tick_e8,
            underlying=command.underlying,
            expiry_ns=command.expiry_ns,
            averaging_ns=command.averaging_ns,
            mark_interval_ns=command.mark_interval_ns,
            most_lots=command.max_position_e8 // command.lot_e8,
        )
        self.instruments[command.instrument] = terms
        self.emit(
            events.InstrumentListed(
                command.instrument,
                command.kind,
                command.base,
                command.quote,
                command.tick_e8,
                command.lot_e8,
                terms.unit,
            )
        )

    def open_account(self, command: commands.OpenAccount) -> None:
        if command.account in self.accounts:
            self.refuse_command(codes.INVALID)
            return
        self.accounts[command.account] = RefAccount(command.account, command.participant, command.investor)
        self.emit(events.AccountOpened(command.account, command.participant, command.investor, command.intermediary))

    def name_owners(self, command: commands.RegisterInvestor) -> None:
        """A firm's beneficial owners, by name. What a call has collected and is own only now goes, newest first."""
        self.owners[command.investor] = {name for names in command.owner_keys or () for name in names}
        for order in list(reversed(self.live)):
            if order.where in (COLLECTED, BOOK) and self.own_crossed(order):
                self.end(order, codes.SELF_TRADE_PREVENTED)

    def move_money(self, command: commands.Deposit | commands.Withdraw) -> None:
        name, asset = command.account, command.asset
        if name not in self.accounts:
            self.refuse_command(codes.UNKNOWN_ACCOUNT)
            return
        if asset not in self.assets or command.amount <= 0:
            self.refuse_command(codes.INVALID)
            return
        amount = command.amount if isinstance(command, commands.Deposit) else -command.amount
        supply = self.supply.get(asset, 0) + amount
        if self.available(name, asset) + amount < 0 or supply > MAX_SUPPLY:
            self.refuse_command(codes.FUNDS)
            return
        wait = self.waits(command, self.now) if isinstance(command, commands.Withdraw) else (0, False)
        if any(wait):
            if self.may_wait(name):
                self.begin_wait(command, wait)
            else:
                self.refuse_command(codes.ORDER_LIMITS)
            return
        self.supply[asset] = supply
        self.credit(name, asset, amount)
        self.take_up()
        self.emit(
            events.FundsMoved(
                name,
                self.report(name),
                asset,
                amount,
                self.available(name, asset),
                self.reserved(name, asset),
                command.reason,
            )
        )

    # ── rules of the market ────────────────────────────────────────────────────────────────────────────────────────

    def command_phase(self, command: commands.SetPhase) -> None:
        terms = self.instruments.get(command.instrument)
        if terms is None:
            self.refuse_command(codes.UNKNOWN_INSTRUMENT)
            return
        unknown = not 0 <= command.phase < len(codes.PHASES)
        if unknown or terms.expired or (command.phase not in QUIET and not terms.may_trade):
            self.refuse_command(codes.UNSUPPORTED)
            return
        self.set_phase(terms, command.phase, command.reason)

    def set_rules(self, command: commands.SetTradingRules) -> None:
        terms = self.instruments.get(command.instrument)
        if terms is None:
            self.refuse_command(codes.UNKNOWN_INSTRUMENT)
            return
        command = self.completed(command, terms.rules, RULES_AT_FIRST)
        widths = (command.static_ppm, command.dynamic_ppm)
        lengths = (command.volatility_ns, command.auction_random_ns, command.batch_ns)
        if not (all(0 <= width < PPM for width in widths) and all(0 <= length <= NS_PER_DAY for length in lengths)):
            self.refuse_command(codes.INVALID)
            return
        if terms.future and terms.rules.static_ppm and not command.static_ppm and self.needs_band(terms):
            self.refuse_command(codes.INVALID)
            return
        batched = terms.batches
        terms.rules = command
        self.take_up()
        self.void_wait(terms)
        self.changed(command, command.instrument)
        if terms.batches:
            for peg in list(self.pegs(terms.name)):
                self.park_peg(peg)
        elif batched:
            # Trading goes on as orders come: nothing may be left crossed, nor any market order collected.
            terms.published = (0, 0, 0)
            if self.indicative(terms)[1]:
                self.uncross(terms)
            self.end_with_auction(terms)
            self.calm = True
            self.incoming_done()
            if terms.last:
                self.elect(terms.name, terms.last)
            self.work_off()
            self.move_pegs()
            self.calm = False

    def set_schedule(self, command: commands.SetSchedule) -> None:
        terms = self.instruments.get(command.instrument)
        if terms is None or terms.expired:
            self.refuse_command(codes.UNKNOWN_INSTRUMENT if terms is None else codes.UNSUPPORTED)
            return
        seconds = [second for second, _ in command.steps]
        if (
            len(seconds) > MAX_SCHEDULE_STEPS
            or not all(0 <= second < 86_400 for second in seconds)
            or seconds != sorted(dict.fromkeys(seconds))
        ):
            self.refuse_command(codes.INVALID)
            return
        terms.schedule = command.steps
        self.plan_step(terms, 0)
        self.changed(command, command.instrument)

    def set_kill_switch(self, command: commands.SetKillSwitch) -> None:
        scope = (command.scope, command.key)
        if command.scope == codes.SCOPE_INSTRUMENT and command.key not in self.instruments:
            self.refuse_command(codes.UNKNOWN_INSTRUMENT)
            return
        if command.scope == codes.SCOPE_VENUE and command.key:
            self.refuse_command(codes.INVALID)
            return
        people = [(each.participant, each.investor) for each in self.accounts.values()]
        if command.scope in (codes.SCOPE_PARTICIPANT, codes.SCOPE_INVESTOR) and scope not in self.kills:
            place = 0 if command.scope == codes.SCOPE_PARTICIPANT else 1
            if all(names[place] != command.key for names in people):
                self.refuse_command(codes.INVALID)
                return
        self.changed(command, f"{codes.SCOPES[command.scope]}:{command.key}")
        if not command.on:
            self.kills = [kill for kill in self.kills if kill != scope]
            return
        self.kills.append(scope)
        stopped = [order for order in self.live if self.killed_by(scope, order.account, order.name)]
        self.end_newest_first(stopped, codes.KILLED)
        self.work_off()

    def killed_by(self, scope: tuple[int, str], account: str, instrument: str) -> bool:
        owner = self.accounts[account]
        keys = {
            codes.SCOPE_PARTICIPANT: owner.participant,
            codes.SCOPE_INVESTOR: owner.investor,
            codes.SCOPE_INSTRUMENT: instrument,
            codes.SCOPE_VENUE: "",
        }
        return keys[scope[0]] == scope[1]

    def set_limits(self, command: commands.SetLimits) -> None:
        if all(account.participant != command.participant for account in self.accounts.values()):
            self.refuse_command(codes.INVALID)
            return
        at_first = commands.SetLimits("", 0, 0, 0)
        command = self.completed(command, self.limits.get(command.participant, at_first), at_first)
        self.limits[command.participant] = command
        self.changed(command, command.participant)

    def set_market_halt(self, command: commands.SetMarketHalt) -> None:
        if any(name not in self.instruments for name in command.instruments):
            self.refuse_command(codes.UNKNOWN_INSTRUMENT)
            return
        if any(self.instruments[name].future for name in command.instruments):
            self.refuse_command(codes.INVALID)
            return
        if not 0 <= command.threshold_ppm < PPM or not 0 <= command.halt_ns <= NS_PER_DAY:
            self.refuse_command(codes.INVALID)
            return
        self.halt_rule = command
        self.changed(command, "")

    def set_venue_rules(self, command: commands.SetVenueRules) -> None:
        command = self.completed(
            command, commands.SetVenueRules(self.self_trade, self.seed), commands.SetVenueRules(codes.CANCEL_NEWEST, "")
        )
        self.self_trade, self.seed = command.self_trade, command.seed
        self.changed(command, "")

    # ── corrections ────────────────────────────────────────────────────────────────────────────────────────────────

    def correct(self, command: commands.BustTrade | commands.RepriceTrade) -> None:
        """Put money right as if a trade had never been, or had been at another price."""
        code = self.correction_problem(command)
        if code:
            self.refuse_command(code)
            return
        trade = self.trades[command.trade_id - 1]
        terms = self.instruments[trade.instrument]
        price = command.price_e8 // terms.tick_e8 if isinstance(command, commands.RepriceTrade) else 0
        fees = [
            self.fee_more(order, rate, (price - trade.price) * trade.lots * terms.unit)
            for order, rate in ((trade.buy, trade.buy_ppm), (trade.sell, trade.sell_ppm))
        ]
        owed = self.owed_for_correction(trade, terms, price, fees)
        if owed is None:
            self.refuse_command(codes.FUNDS)
            return
        for (account, asset), amount in owed.items():
            for movement in self.newest_waiting(account, asset):
                if self.free(account, asset) < amount:
                    self.end_wait(movement, codes.MOVEMENT_FAILED)
            for order in self.newest_first(account):
                if self.free(account, asset) < amount and self.holds_spot(order, asset) and self.is_spot(order):
                    self.end(order, codes.CORRECTED)
        self.book_correction(trade, terms, trade.price, price, fees)
        trade.buy_fee += fees[0]
        trade.sell_fee += fees[1]
        old, trade.price = trade.price, price or trade.price
        trade.busted = not price
        self.emit(
            events.TradeCorrected(
                trade.id,
                trade.instrument,
                old,
                price,
                trade.lots,
                trade.buy.id,
                trade.buy.account,
                self.report(trade.buy.account),
                trade.buy_fee,
                trade.sell.id,
                trade.sell.account,
                self.report(trade.sell.account),
                trade.sell_fee,
                trade.time_ns,
                command.reason,
            )
        )
        self.positions_moved(terms, trade.buy.account, trade.sell.account)
        if owed:
            self.work_off()

    def correction_problem(self, command: commands.BustTrade | commands.RepriceTrade) -> int:
        """The code of what is wrong with a correction, whatever the balances are; 0: nothing."""
        trade = self.trades[command.trade_id - 1] if 0 < command.trade_id <= len(self.trades) else None
        expired = trade is not None and self.instruments[trade.instrument].expired
        if trade is None or trade.busted or trade.day != self.day or not trade.kept or expired:
            return codes.INVALID
        if isinstance(command, commands.RepriceTrade):
            off = command.price_e8 % self.instruments[trade.instrument].tick_e8
            return codes.TICK if command.price_e8 <= 0 or off else 0
        return 0

    def is_spot(self, order: RefOrder) -> bool:
        return not self.terms(order).future

    def fee_more(self, order: RefOrder, rate_ppm: int, value: int) -> int:
        """What an order is charged more if its fills were worth so much more."""
        return round_up(order.exact_fee + value * rate_ppm) - order.paid

    def book_correction(self, trade: RefTrade, terms: RefInstrument, old: int, new: int, fees: list[int]) -> None:
        """Move a trade from one price to another, 0 being no trade at all."""
        sides = ((trade.buy, trade.buy_ppm, trade.lots), (trade.sell, trade.sell_ppm, -trade.lots))
        for (order, rate, lots), fee in zip(sides, fees, strict=True):
            order.exact_fee += (new - old) * trade.lots * terms.unit * rate
            order.paid += fee
            self.fees[terms.quote] = self.fees.get(terms.quote, 0) + fee
            self.credit(order.account, terms.quote, -fee)
            if old:
                self.exchange(order, old, -lots)
            if new:
                self.exchange(order, new, lots)

    def free_of_sides(self, trade: RefTrade, terms: RefInstrument) -> list[int]:
        return [
            self.free(order.account, asset) for order in (trade.buy, trade.sell) for asset in (terms.base, terms.quote)
        ]

    def owed_for_correction(
        self, trade: RefTrade, terms: RefInstrument, price: int, fees: list[int]
    ) -> dict[tuple[str, str], int] | None:
        """What the sides must give that open spot orders hold back, by account and asset; None: somebody has not so much."""
        if terms.future:
            fits = all(
                fee <= max(self.available(order.account, terms.quote), 0)
                for order, fee in zip((trade.buy, trade.sell), fees, strict=True)
            )
            return {} if fits else None
        names = [(order.account, asset) for order in (trade.buy, trade.sell) for asset in (terms.base, terms.quote)]
        before = self.free_of_sides(trade, terms)
        self.book_correction(trade, terms, trade.price, price, fees)
        after = self.free_of_sides(trade, terms)
        self.book_correction(trade, terms, price, trade.price, [-fee for fee in fees])
        owed = {name: then - now for name, then, now in zip(names, before, after, strict=True) if now < min(then, 0)}
        for (account, asset), amount in owed.items():
            freed = self.held_by_orders(account, asset) + self.set_aside(account, asset)
            if self.free(account, asset) + freed < amount:
                return None
        return owed
