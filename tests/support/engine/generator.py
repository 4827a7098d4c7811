"""Random commands that get an exchange into trouble: one generator for the fast driver and for hypothesis."""

from __future__ import annotations

from typing import Any

from engine.vocabulary import codes
from engine.vocabulary.limits import NS_PER_DAY, NS_PER_SECOND
from engine.vocabulary.messages import commands
from tests.reference.calls import QUIET
from tests.reference.state import RefInstrument, RefOrder, RefPosition
from tests.support.engine.drawing import ACCOUNTS, E8, MID, SPOT
from tests.support.engine.futures_generator import DrawsFutures

FEATURES = (
    "stops",
    "icebergs",
    "dated",
    "reprice",
    "min_quantity",
    "self_trade",
    "calls",
    "bands",
    "trailing",
    "pegs",
    "allocation",
    "batches",
    "quotes",
    "lists",
    "funds",
    "kills",
    "limits",
    "halts",
    "corrections",
    "futures",
)

ASSETS = (("RUB", codes.FIAT, 2), ("BTC", codes.CRYPTO, 2), ("ETH", codes.CRYPTO, 0), ("SOL", codes.CRYPTO, 3))


class Generator(DrawsFutures):
    """Draws one command after another, aimed at what the venue holds. `draw(n)` returns an integer in [0, n)."""

    # ── the venue at the start ─────────────────────────────────────────────────────────────────────────────────────

    def setup(self) -> list[commands.AnyCommand]:
        """What lists the instruments, opens the accounts and opens trading."""
        self.focus = self.has("futures") and self.once_in(2)
        out: list[commands.AnyCommand] = [commands.AddAsset(*asset) for asset in ASSETS]
        for name in SPOT:
            maker, taker = self.pick((0, 0), (0, 1_000), (-1_000, 2_501), (333, 333))
            reference = 0 if name == "SOL/RUB" else MID
            tick, lot = {"BTC/RUB": (E8, E8), "ETH/RUB": (E8 // 2, E8), "SOL/RUB": (E8, E8 // 10)}[name]
            base, quote = name.split("/")
            out.append(
                commands.ListInstrument(
                    name, codes.SPOT, base, quote, tick, lot, lot, 60 * lot, 2_500_00 if lot == E8 else 4_000_00,
                    self.pick(30_000, 60_000), reference * tick, maker, taker,
                )
            )  # fmt: skip
            out.append(self.trading_rules(name))
        money = self.pick(60_000_00, 8_000_00, 4_000_00) if self.has("futures") else 60_000_00
        for name, participant, investor in ACCOUNTS:
            out.append(commands.OpenAccount(name, participant, investor))
            for asset, amount in (("RUB", money), ("BTC", 400_00), ("ETH", 400), ("SOL", 40_000)):
                out.append(commands.Deposit(name, asset, amount // {"d": 8, "e": 50}.get(name, 1)))
        if self.has("self_trade"):
            out.append(commands.SetVenueRules(self.draw(5), f"seed {self.draw(100)}"))
        if self.has("halts") and self.once_in(2):
            out.append(self.market_halt())
        for name in SPOT:
            phase = self.pick(codes.PRE_OPEN, codes.OPENING_AUCTION) if self.has("calls") and self.once_in(4) else 0
            out.append(commands.SetPhase(name, phase or codes.CONTINUOUS, "open"))
        if self.has("futures") and self.draw(4):
            out.append(commands.SetMarginRules(self.pick(1, 2, 5) * NS_PER_SECOND))
        for _ in range(1 + self.draw(1 if self.focus else 2) if self.has("futures") else 0):
            out += self.listing()
        return out

    def market_halt(self) -> commands.SetMarketHalt:
        names = tuple(name for name in SPOT if self.draw(3))
        if self.series and self.once_in(5):
            names += (self.instrument(),)
        return commands.SetMarketHalt(self.pick(0, 10_000, 25_000), 3 * NS_PER_SECOND, names)

    # ── the next command ───────────────────────────────────────────────────────────────────────────────────────────

    def next(self) -> tuple[commands.AnyCommand, int]:
        """A command, and how many nanoseconds after the last one it comes."""
        after_ns = self.after()
        self.time_ns += after_ns
        command = self.waiting.pop(0) if self.waiting else self.command()
        self.sent.append(command)
        return command, after_ns

    def after(self) -> int:
        if self.once_in(25 if self.has("futures") else 40):
            wanted = min(self.venue.deadlines()) - self.time_ns + self.draw(3) - 1
            return max(wanted, 0)
        if self.once_in(1_000 if self.has("futures") else 400):
            return self.pick(1, 2, 3) * NS_PER_DAY
        return self.weighted((1, 0), (12, 1_000_000), (4, 30_000_000), (2, 800_000_000))

    def command(self) -> commands.AnyCommand:
        terms_of = self.venue.instruments.values()
        stuck = [terms.name for terms in terms_of if terms.phase != codes.CONTINUOUS and not terms.expired]
        if self.has("futures") and self.once_in(8 if len(self.open_futures()) < (1 if self.focus else 2) else 300):
            self.waiting = self.listing()
            return self.waiting.pop(0)
        if stuck and self.once_in(12 if self.has("calls") else 4):
            return self.phase(self.pick(*stuck))
        if self.venue.kills and self.once_in(15):
            return self.lift()
        collecting = [terms.name for terms in terms_of if self.venue.next_batch(terms)]
        if collecting and self.once_in(60):
            return self.trading_rules(self.pick(*collecting))
        kind = self.weighted(
            (600, self.order),
            (110, self.amend),
            (70, self.cancel),
            (6, self.mass_cancel),
            (12, self.resend),
            (8, self.phase),
            (20 if self.has("futures") else 10, self.money),
            (3, commands.Tick),
            (25 * self.has("lists"), self.pair),
            (25 * self.has("lists"), self.bracket),
            (25 * self.has("quotes"), self.mass_quote),
            (6 * self.has("kills"), self.kill),
            (3 * self.has("limits"), self.limits),
            (2 * self.has("halts"), self.market_halt),
            (20 * self.has("corrections"), self.correction),
            (4, lambda: self.trading_rules(self.instrument())),
            (2 * self.has("calls"), self.schedule),
            (60 * self.has("futures"), self.index_price),
            (25 * self.has("futures"), self.mark),
            (12 * self.has("futures"), self.close_out),
            (6 * self.has("futures"), self.ruin),
            (3 * self.has("futures"), self.margin_rules),
            (2 * self.has("self_trade"), lambda: commands.SetVenueRules(self.draw(5), "other")),
        )
        return kind()

    # ── parts of commands ──────────────────────────────────────────────────────────────────────────────────────────

    def instrument(self) -> str:
        futures = self.open_futures()
        open_now = [name for name in futures if self.venue.instruments[name].phase not in QUIET]
        if futures and self.draw(6 if self.focus else 3):
            return self.pick(*(open_now or futures))
        if self.once_in(60):
            return self.pick(*self.venue.instruments)
        return self.weighted((5, "BTC/RUB"), (3, "ETH/RUB"), (2, "SOL/RUB"))

    def price(self, terms: RefInstrument, side: int) -> int:
        """A price in e8 around the moving middle, a little on its own side; seldom off the grid."""
        away = self.draw(9) - 4
        if terms.future and self.draw(2):
            opposite = self.venue.queue(terms.name, 1 - side)
            if opposite:
                return opposite[0].price * terms.tick_e8
        ticks = max(1, self.mids[terms.name] + (-away if side == codes.BUY else away))
        return ticks * terms.tick_e8 + (1 if self.once_in(90) else 0)

    def drift(self, terms: RefInstrument) -> None:
        """Move the middle a little; of a future, seldom, to where its static band is now."""
        if self.once_in(3):
            middle = self.mids[terms.name] + self.draw(3) - 1
            self.mids[terms.name] = max(middle, 5) if terms.future else min(max(middle, 85), 115)
        if terms.future and terms.reference and self.outside(terms):
            self.mids[terms.name] = terms.reference

    def quantity(self, terms: RefInstrument) -> int:
        lots = self.weighted((8, 1 + self.draw(12)), (1, self.draw(70)))
        return lots * terms.lot_e8 + (1 if self.once_in(90) else 0)

    def client_id(self) -> str:
        if self.once_in(60) and self.ids > 3:
            return f"o{self.ids - self.draw(3) - 1}"
        self.ids += 1
        return f"o{self.ids}"

    def types(self) -> int:
        return self.weighted(
            (30 if self.focus else 10, codes.LIMIT),
            (2, codes.MARKET),
            (2 * self.has("stops"), codes.STOP),
            (2 * self.has("stops"), codes.STOP_LIMIT),
            (2 * self.has("trailing"), codes.TRAILING_STOP),
            (3 * self.has("icebergs"), codes.ICEBERG),
            (2 * self.has("pegs"), codes.PEGGED),
        )

    def time_in_force(self, kind: int) -> int:
        if kind not in (codes.LIMIT, codes.MARKET) and not self.once_in(40):
            return self.weighted((6, codes.GTC), (self.has("dated"), codes.DAY), (self.has("dated"), codes.GTD))
        return self.weighted(
            (10, codes.GTC),
            (3, codes.IOC),
            (2, codes.FOK),
            (self.has("dated"), codes.DAY),
            (self.has("dated"), codes.GTD),
            (self.has("calls"), codes.AT_OPEN),
            (self.has("calls"), codes.AT_CLOSE),
        )

    # ── orders ─────────────────────────────────────────────────────────────────────────────────────────────────────

    def order(self) -> commands.NewOrder:
        name = "DOGE/RUB" if self.once_in(150) else self.instrument()
        terms = self.venue.instruments.get(name) or self.venue.instruments["BTC/RUB"]
        participant, account = self.sender()
        self.drift(terms)
        side, kind = self.draw(2), self.types()
        time_in_force = self.time_in_force(kind)
        fields: dict[str, Any] = {}
        price = self.price(terms, side) if kind in (codes.LIMIT, codes.STOP_LIMIT, codes.ICEBERG) else 0
        quantity = self.quantity(terms)
        if self.has("self_trade") and self.once_in(3):
            fields["self_trade"] = self.draw(5)
        held = bool(self.venue.positions.get((account, name), RefPosition()).lots)
        if self.once_in(3 if held else 40):
            fields["reduce_only"] = True
            side, quantity = self.reducing(account, terms, side, quantity)
        if self.once_in(8) and (kind in (codes.LIMIT, codes.ICEBERG) or self.once_in(20)):
            fields["post_only"] = self.pick(*((1, 2) if self.has("reprice") else (1,)))
            if not self.once_in(10):
                time_in_force = codes.GTC
        if kind in (codes.STOP, codes.STOP_LIMIT):
            fields["stop_price_e8"] = self.price(terms, 1 - side)
        elif kind == codes.TRAILING_STOP:
            fields |= self.pick(
                {"trail_e8": (1 + self.draw(4)) * terms.tick_e8 + (1 if self.once_in(40) else 0)},
                {"trail_bps": 1 + self.draw(400)},
            )
        elif kind == codes.ICEBERG:
            fields["display_e8"] = self.weighted((20, 1 + self.draw(4)), (1, 0), (1, 70)) * terms.lot_e8
        elif kind == codes.PEGGED:
            fields["peg"] = self.draw(3)
            fields["peg_offset_e8"] = (self.draw(5) - 2) * terms.tick_e8 + (1 if self.once_in(60) else 0)
            price = self.price(terms, side) if self.once_in(3) else 0
        elif kind == codes.MARKET and self.has("funds") and self.once_in(60 if terms.future else 3):
            fields["funds"] = self.draw(1_500_00) + 1
            quantity = 0 if not self.once_in(20) else quantity
            time_in_force = time_in_force if self.once_in(20) else codes.GTC
        if time_in_force == codes.IOC and self.has("min_quantity") and self.once_in(3):
            fields["min_quantity_e8"] = (1 + self.draw(8)) * terms.lot_e8 + (1 if self.once_in(60) else 0)
        if time_in_force == codes.GTD:
            fields["expire_ns"] = self.time_ns + self.pick(0, 1, 5, 60, 90_000) * NS_PER_SECOND + self.draw(3)
        if self.once_in(60):
            fields |= self.pick(
                {"stop_price_e8": E8}, {"display_e8": E8}, {"trail_bps": 9}, {"min_quantity_e8": E8}, {"expire_ns": 9}
            )
        return commands.NewOrder(
            participant, account, self.client_id(), name, side, kind, time_in_force, price, quantity, **fields
        )

    def target(self) -> RefOrder | None:
        return self.venue.live[self.draw(len(self.venue.live))] if self.venue.live else None

    def named(self) -> tuple[str, str, int, str]:
        """Participant, account, order id and client order id of an order that is open, most of the time."""
        order = self.target()
        if order is None or self.once_in(25):
            participant, account = self.sender()
            return participant, account, self.draw(50), f"o{self.draw(50)}"
        participant = self.venue.accounts[order.account].participant
        if self.once_in(80):
            participant = "thief"
        if self.once_in(4):
            return participant, order.account, 0, order.request.client_order_id
        return participant, order.account, order.id, ""

    def amend(self) -> commands.AmendOrder:
        names = self.named()
        order = next((o for o in self.venue.live if names[1] == o.account and names[2] == o.id), self.target())
        if order is None:
            return commands.AmendOrder(*names, 0, 0)
        terms = self.venue.instruments[order.name]
        price = self.price(terms, order.side) if self.draw(2) and (not order.market or self.once_in(10)) else 0
        quantity = self.quantity(terms) if self.draw(2) else 0
        stop = display = 0
        if order.where == "stop" or self.once_in(40):
            stop = self.price(terms, 1 - order.side) if self.draw(2) else 0
        if order.display or self.once_in(40):
            display = self.draw(5) * terms.lot_e8
        return commands.AmendOrder(*names, price, quantity, stop, display)

    def cancel(self) -> commands.CancelOrder:
        return commands.CancelOrder(*self.named())

    def mass_cancel(self) -> commands.MassCancel:
        instrument = self.pick("", "", self.instrument(), "DOGE/RUB")
        return commands.MassCancel(*self.sender(), instrument, self.pick(-1, -1, 0, 1))

    def resend(self) -> commands.AnyCommand:
        kinds = (commands.NewOrder, commands.NewOrderPair, commands.NewBracket, commands.MassQuote)
        old = [command for command in self.sent[-40:] if isinstance(command, kinds)]
        return self.pick(*old) if old else commands.Tick()

    # ── lists ──────────────────────────────────────────────────────────────────────────────────────────────────────

    def leg(
        self, sender: tuple[str, str], name: str, side: int, kind: int, quantity: int, time_in_force: int = codes.GTC
    ) -> commands.NewOrder:
        terms = self.venue.instruments[name]
        priced = kind not in (codes.MARKET, codes.STOP)
        stop = self.price(terms, 1 - side) if kind in (codes.STOP, codes.STOP_LIMIT) else 0
        return commands.NewOrder(
            *sender, self.client_id(), name, side, kind, time_in_force,
            self.price(terms, side) if priced else 0, quantity, stop_price_e8=stop,
            reduce_only=terms.future and self.once_in(6),
        )  # fmt: skip

    def pair(self) -> commands.NewOrderPair:
        sender, name, side = self.sender(), self.instrument(), self.draw(2)
        quantity = self.quantity(self.venue.instruments[name])
        other = quantity + E8 if self.once_in(20) else quantity
        return commands.NewOrderPair(
            *sender,
            self.leg(sender, name, side, codes.LIMIT, quantity),
            self.leg(sender, name, side, self.pick(codes.STOP, codes.STOP_LIMIT), other),
        )

    def bracket(self) -> commands.NewBracket:
        sender, name, side = self.sender(), self.instrument(), self.draw(2)
        quantity = self.quantity(self.venue.instruments[name])
        entry = self.pick(codes.LIMIT, codes.LIMIT, codes.MARKET)
        return commands.NewBracket(
            *sender,
            self.leg(sender, name, side, entry, quantity, self.pick(codes.GTC, codes.GTC, codes.IOC)),
            self.leg(sender, name, 1 - side if not self.once_in(20) else side, codes.LIMIT, quantity),
            self.leg(sender, name, 1 - side, self.pick(codes.STOP, codes.STOP_LIMIT), quantity),
        )

    def mass_quote(self) -> commands.MassQuote:
        sender, name = self.sender(), self.instrument()
        terms = self.venue.instruments[name]
        middle = self.mids[name] + self.draw(3) - 1
        width = -1 if self.once_in(20) else 1 + self.draw(2)
        off = 1 if self.once_in(30) else 0

        def ladder(sign: int) -> tuple[tuple[int, int], ...]:
            return tuple(
                ((middle + sign * (width + step)) * terms.tick_e8 + off, (1 + self.draw(4)) * terms.lot_e8)
                for step in range(self.draw(4))
            )

        self.ids += 1
        return commands.MassQuote(*sender, f"q{self.ids}", name, ladder(-1), ladder(1), self.pick(0, 0, 1, 2))

    # ── the operator and the supervisor ────────────────────────────────────────────────────────────────────────────

    def phase(self, name: str = "") -> commands.SetPhase:
        if self.focus and self.draw(4):
            return commands.SetPhase(name or self.instrument(), codes.CONTINUOUS, "test")
        name = name or ("DOGE/RUB" if self.once_in(30) else self.instrument())
        if not self.has("calls"):
            return commands.SetPhase(name, self.weighted((3, codes.CONTINUOUS), (1, codes.HALTED)), "test")
        phase = self.weighted(
            (8, codes.CONTINUOUS),
            (1, codes.CLOSED),
            (2, codes.PRE_OPEN),
            (2, codes.OPENING_AUCTION),
            (1, codes.VOLATILITY_AUCTION),
            (2, codes.CLOSING_AUCTION),
            (1, codes.HALTED),
            (1, codes.CANCEL_ONLY),
        )
        return commands.SetPhase(name, phase, "test")

    def schedule(self) -> commands.SetSchedule:
        if self.once_in(3):
            return commands.SetSchedule(self.instrument(), ())
        second = (self.time_ns // NS_PER_SECOND + 3 * 3_600) % 86_400
        phases = self.pick(
            (codes.PRE_OPEN, codes.OPENING_AUCTION, codes.CONTINUOUS),
            (codes.CLOSING_AUCTION, codes.CLOSED, codes.CONTINUOUS),
        )
        steps = [(second + (index + 1) * self.pick(1, 3, 7), phase) for index, phase in enumerate(phases)]
        steps = [step for step in steps if step[0] < 86_400]
        return commands.SetSchedule(self.instrument(), tuple(dict(steps).items()))

    def kill(self) -> commands.SetKillSwitch:
        scope, key = self.pick(
            (codes.SCOPE_PARTICIPANT, "red"),
            (codes.SCOPE_PARTICIPANT, "grey"),
            (codes.SCOPE_INVESTOR, "one"),
            (codes.SCOPE_INSTRUMENT, "ETH/RUB"),
            (codes.SCOPE_INSTRUMENT, "DOGE/RUB"),
            (codes.SCOPE_VENUE, ""),
        )
        return commands.SetKillSwitch(scope, key, True, "test", "sue")

    def lift(self) -> commands.SetKillSwitch:
        return commands.SetKillSwitch(*self.pick(*self.venue.kills), False, "over")

    def limits(self) -> commands.SetLimits:
        participant = self.pick("red", "blue", "grey")
        if self.once_in(2):
            return commands.SetLimits(participant, by="otto")
        return commands.SetLimits(participant, self.pick(0, 3, 10), self.pick(0, 500_00), self.pick(0, 1, 2))

    def correction(self) -> commands.AnyCommand:
        trades = self.venue.trades
        trade = trades[-1 - self.draw(min(len(trades), 20))] if trades and not self.once_in(15) else None
        trade_id = trade.id if trade else self.draw(500)
        if self.draw(2):
            return commands.BustTrade(trade_id, "test")
        name = trade.instrument if trade else "BTC/RUB"
        return commands.RepriceTrade(trade_id, self.price(self.venue.instruments[name], self.draw(2)), "test")

    def money(self) -> commands.AnyCommand:
        account = self.sender()[1]
        if self.has("futures") and self.draw(2):
            return self.all_money(account)
        asset = self.pick("RUB", "RUB", "BTC", "ETH", "SOL", "DOGE")
        if self.draw(2):
            return commands.Deposit(account, asset, self.draw(1_000_00), "in")
        return commands.Withdraw(account, asset, self.draw(5_000_00), "out")
