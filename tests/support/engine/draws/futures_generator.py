"""Random commands about futures: series, indices, marks, close-outs, money that comes and goes."""

from __future__ import annotations

from engine.vocabulary import codes
from engine.vocabulary.limits import NS_PER_DAY, NS_PER_SECOND
from engine.vocabulary.messages import commands
from tests.reference.state import RefInstrument
from tests.support.engine.draws.drawing import E8, MID, Drawing

INDICES = ("BTC", "ETH")


class DrawsFutures(Drawing):
    """The part of the generator that is about futures."""

    def listing(self) -> list[commands.AnyCommand]:
        """A new series of futures, seldom one that can't be listed or has no band; and what opens its trading."""
        self.series += 1
        index, name = self.pick(*INDICES), f"F{self.series}"
        lifetime = self.pick(100, 400, 1_000, 100_000) * NS_PER_SECOND
        averaging = self.pick(0, 0, 5 * NS_PER_SECOND, 100 * NS_PER_SECOND)
        interval = self.pick(0, 60, 60, 90) * NS_PER_SECOND if lifetime < NS_PER_DAY else 0
        tick, lot = self.pick((E8, E8), (E8 // 2, E8))
        maker, taker = self.pick((0, 0), (0, 1_000), (-1_000, 2_501), (333, 333))
        self.mids[name] = MID
        listing = commands.ListInstrument(
            name, codes.FUTURE if not self.once_in(20) else codes.SPOT, index, "RUB", tick, lot, lot, 60 * lot,
            6_000_00, self.pick(30_000, 60_000), 0 if self.once_in(12) else MID * tick, maker, taker,
            index if not self.once_in(20) else "", self.time_ns + lifetime, averaging, interval - self.once_in(30),
            self.pick(0, 0, 12, 30) * lot,
        )  # fmt: skip
        rules = self.trading_rules(name)
        return [listing, rules, commands.SetPhase(name, codes.CONTINUOUS, "open")]

    def some_future(self) -> str:
        """A future, most of the time an open one."""
        futures = self.open_futures()
        if not futures or self.once_in(20):
            return self.pick("BTC/RUB", "DOGE/RUB", f"F{1 + self.draw(self.series + 1)}")
        return self.pick(*futures)

    def index_price(self) -> commands.SetIndexPrice:
        """The index wanders, and seldom jumps far."""
        if self.once_in(40):
            return commands.SetIndexPrice(self.pick("", "BTC"), self.pick(0, -1), "test")
        index = self.pick(*INDICES)
        stated = self.venue.indices.get(index, [(0, MID * E8)])[-1][1]
        percent = self.weighted((9, 97 + self.draw(7)), (2, 70 + self.draw(70)), (1, 300), (1, 30))
        if not 90 < percent < 110 and self.open_futures():
            self.waiting = [commands.MarkFuture(self.some_future(), 0, "test")]
        return commands.SetIndexPrice(index, min(max(stated * percent // 100, 20 * E8), 400 * E8), "test")

    def mark(self) -> commands.MarkFuture:
        name = self.some_future()
        terms = self.venue.instruments.get(name)
        if terms is None or self.draw(2):
            return commands.MarkFuture(name, 0, "test")
        ticks = (terms.anchor or MID) * self.weighted((6, 96 + self.draw(9)), (1, 40), (2, 250)) // 100
        price_e8 = min(max(ticks, 10), 500) * terms.tick_e8
        return commands.MarkFuture(name, price_e8 + self.once_in(20), "test")

    def ruin(self) -> commands.AnyCommand:
        """Take the money of an account that is short, and mark so high that it can't pay: a default."""
        short = [key for key, position in self.venue.positions.items() if position.lots < 0]
        if not short:
            return self.index_price()
        account, name = self.pick(*short)
        terms = self.venue.instruments[name]
        price_e8 = min(terms.reference * self.pick(2, 3, 4), 900) * terms.tick_e8
        self.waiting = [commands.MarkFuture(name, price_e8, "test")]
        return commands.Withdraw(account, "RUB", max(self.venue.available(account, "RUB"), 1), "out")

    def close_out(self) -> commands.CloseOut:
        held = [key for key, position in self.venue.positions.items() if position.lots]
        account, name = self.pick(*held) if held and not self.once_in(6) else (self.sender()[1], self.some_future())
        return commands.CloseOut(account, name, "test")

    def margin_rules(self) -> commands.SetMarginRules:
        return commands.SetMarginRules(self.weighted((6, self.pick(1, 2, 5, 60)), (1, 0)) * NS_PER_SECOND)

    def all_money(self, account: str) -> commands.AnyCommand:
        """Take what is available, to the unit, so that the next loss is felt; or bring back what is missing."""
        free = self.venue.free(account, "RUB") if account in self.venue.accounts else 0
        if free <= 0 or self.draw(3):
            return commands.Deposit(account, "RUB", max(-free, 1) + self.pick(-1, 0, 5_000_00, 10_000_00), "in")
        return commands.Withdraw(account, "RUB", free + self.pick(-1, 0, 0, 0, 1), "out")

    def outside(self, terms: RefInstrument) -> bool:
        """Whether the middle is too near to an edge of the static band, or beyond."""
        away = abs(self.mids[terms.name] - terms.reference)
        return away * 1_000_000 > terms.reference * terms.rules.static_ppm // 2 and not self.once_in(10)

    def reducing(self, account: str, terms: RefInstrument, side: int, quantity: int) -> tuple[int, int]:
        """Side and quantity that make a position smaller, most of the time."""
        lots = self.venue.position(account, terms.name).lots
        if not lots or self.once_in(8):
            return side, quantity
        side = codes.SELL if lots > 0 else codes.BUY
        return side, self.pick(abs(lots), 1 + self.draw(abs(lots))) * terms.lot_e8

    def open_futures(self) -> list[str]:
        return [terms.name for terms in self.venue.instruments.values() if terms.future and not terms.expired]
