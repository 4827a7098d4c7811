"""Random commands that get an exchange into trouble: one generator for the fast driver and for hypothesis."""

from __future__ import annotations

import random
from typing import Any

import msgspec

from engine.vocabulary import codes
from engine.vocabulary.limits import NS_PER_DAY, NS_PER_SECOND
from engine.vocabulary.messages import commands
from tests.reference.state import RefOrder, RefPosition
from tests.support.engine.draws.case_generator import DrawsCases
from tests.support.engine.draws.drawing import ACCOUNTS, E8, MID, SPOT
from tests.support.engine.draws.operation_generator import DrawsOperation

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
    "approval",
    "futures",
    "owners",
    "movements",
    "cases",
    "arrests",
    "absence",
)

FULL = "full"
"""A day with room for few orders: apart, since it hides what else happens."""

ASSETS = (("RUB", codes.FIAT, 2), ("BTC", codes.CRYPTO, 2), ("ETH", codes.CRYPTO, 0), ("SOL", codes.CRYPTO, 3))


def features_of(seed: int) -> tuple[str, ...]:
    """All features, or most of them: some show only where others don't get in the way. In one seed of eight the day gets full."""
    if seed % 8 == 7:
        return (*FEATURES, FULL)
    drawn = random.Random(f"features {seed}")
    if seed % 3 == 0:
        return FEATURES
    return tuple(feature for feature in FEATURES if drawn.random() < 0.6)


class Generator(DrawsOperation, DrawsCases):
    """Draws one command after another, aimed at what the venue holds. `draw(n)` returns an integer in [0, n)."""

    # ── the venue at the start ─────────────────────────────────────────────────────────────────────────────────────

    def setup(self) -> list[commands.AnyCommand]:
        """What lists the instruments, opens the accounts and opens trading."""
        self.focus = self.has("futures") and self.once_in(2)
        out: list[commands.AnyCommand] = [commands.AddAsset(*asset) for asset in ASSETS]
        if self.draw(2):
            out.append(commands.SetVenueRules(test=True))
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
        if self.has("approval") and self.once_in(2):
            out.append(self.set_approval())
        for name in SPOT:
            phase = self.pick(codes.PRE_OPEN, codes.OPENING_AUCTION) if self.has("calls") and self.once_in(4) else 0
            out.append(commands.SetPhase(name, phase or codes.CONTINUOUS, "open"))
        if self.has("futures") and self.draw(4):
            out.append(commands.SetMarginRules(self.pick(1, 2, 5) * NS_PER_SECOND))
        for _ in range(1 + self.draw(1 if self.focus else 2) if self.has("futures") else 0):
            out += self.listing()
        return out

    # ── the next command ───────────────────────────────────────────────────────────────────────────────────────────

    def next(self) -> tuple[commands.AnyCommand, int]:
        """A command, and how many nanoseconds after the last one it comes."""
        after_ns = self.after()
        self.time_ns += after_ns
        command = self.waiting.pop(0) if self.waiting else self.command()
        self.sent.append(command)
        return command, after_ns

    def after(self) -> int:
        if self.venue.advanced > self.time_ns:
            return self.venue.advanced - self.time_ns
        if self.once_in(25 if self.has("futures") else 40):
            wanted = min(self.venue.deadlines()) - self.time_ns + self.draw(3) - 1
            return max(wanted, 0)
        # A day later nobody has decided about what waits for a second approval.
        if self.once_in(150 if self.venue.proposals else 1_000 if self.has("futures") else 400):
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
            (16, self.resend),
            (8, self.phase),
            (20 if self.has("futures") else 10, self.money),
            (3, commands.Tick),
            ((80 if self.venue.movements else 45) * self.has("movements"), self.movement),
            (25 * self.has("lists"), self.pair),
            (25 * self.has("lists"), self.bracket),
            (25 * self.has("quotes"), self.mass_quote),
            (6 * self.has("kills"), self.kill),
            (3 * self.has("limits"), self.limits),
            (2 * self.has("halts"), self.market_halt),
            ((50 + 40 * bool(self.venue.second)) * self.has("corrections"), self.correction),
            (3 * self.has("approval"), self.set_approval),
            (12 * self.has("arrests"), self.arrest),
            (20 * self.has("absence"), self.absence),
            (75 if self.venue.proposals else 1, self.decide),
            (4, lambda: self.trading_rules(self.instrument())),
            (4, lambda: self.update(self.instrument())),
            (2 * self.has("calls"), self.schedule),
            (60 * self.has("futures"), self.index_price),
            (25 * self.has("futures"), self.mark),
            (12 * self.has("futures"), self.close_out),
            (6 * self.has("futures"), self.ruin),
            (3 * self.has("futures"), self.margin_rules),
            (2 * self.has("self_trade"), lambda: commands.SetVenueRules(self.draw(5), "other")),
            (4, self.advance_time),
            (8 * self.has("owners"), self.name_owners),
            ((60 if self.venue.cases or self.venue.alerts else 25) * self.has("cases"), self.case),
        )
        return kind()

    def advance_time(self) -> commands.AnyCommand:
        """Mostly as little as may let something expire; else too far, back, or a mark that comes too late."""
        if self.once_in(6):
            return commands.SetVenueRules(test=self.pick(True, False))
        ahead_ns = self.pick(
            1, NS_PER_SECOND, 600 * NS_PER_SECOND, NS_PER_DAY, 0, -1, 366 * NS_PER_DAY + 1, 180 * 366 * NS_PER_DAY
        )
        return commands.AdvanceTime(self.time_ns + ahead_ns, self.pick("drawn", "drawn", "drawn", ""), "otto")

    def name_owners(self) -> commands.RegisterInvestor:
        """A firm and its beneficial owners, by name: two owners of one firm may trade with each other, two firms of one owner may not."""
        owners = tuple((name,) for name in ("one", "three") if self.draw(2))
        return commands.RegisterInvestor(self.pick("two", "four"), codes.FIRM, owner_keys=owners)

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
            # Some beyond the opposite touch, and with a limit that lets them go there.
            offset = self.draw(5) - 2 if self.draw(3) else self.draw(21) - 10
            fields["peg_offset_e8"] = offset * terms.tick_e8 + (1 if self.once_in(60) else 0)
            price = self.price(terms, side)
            wide = price + (1 - 2 * side) * 20 * terms.tick_e8
            price = self.pick(price, wide, 0 if terms.rules.static_ppm or self.once_in(10) else wide)
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
        self, sender: tuple[str, str], name: str, side: int, kind: int, quantity: int, *, time_in_force: int = codes.GTC
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
        first = self.leg(sender, name, side, entry, quantity, time_in_force=self.pick(codes.GTC, codes.GTC, codes.IOC))
        left = self.venue.available(sender[1], "RUB") if sender[1] in self.venue.accounts else 0
        if side == codes.SELL and left and entry == codes.LIMIT and self.draw(4):
            # What its take-profit and stop will cost is gone when somebody buys.
            buyer, other = self.sender(), self.leg(sender, name, codes.BUY, codes.LIMIT, quantity)
            bought = msgspec.structs.replace(other, participant=buyer[0], account=buyer[1], price_e8=first.price_e8)
            self.waiting = [commands.Withdraw(sender[1], "RUB", left), bought]
        return commands.NewBracket(
            *sender,
            first,
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
