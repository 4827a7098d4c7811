"""Random commands about one future in which accounts have positions and many reduce-only orders of every type."""

from __future__ import annotations

from typing import Any

import msgspec

from engine.vocabulary import codes
from engine.vocabulary.limits import NS_PER_SECOND
from engine.vocabulary.messages import commands
from tests.support.engine.draws.drawing import ACCOUNTS, E8, MID
from tests.support.engine.draws.generator import Generator

SERIES = "F"


class DrawsReducing(Generator):
    """Few prices and large orders, so that one command meets many of them."""

    def setup(self) -> list[commands.AnyCommand]:
        """One future with a wide band, and accounts with money, of two of which one has little."""
        money = self.pick(10**9, 10**9, 60_000_00)
        self.mids[SERIES] = MID
        self.series = 1
        maker, taker = self.pick((0, 0), (-1_000, 2_501))
        return [
            commands.AddAsset("RUB", codes.FIAT, 2),
            commands.AddAsset("BTC", codes.CRYPTO, 2),
            commands.ListInstrument(
                SERIES, codes.FUTURE, "BTC", "RUB", E8, E8, E8, 90 * E8, 10**9, 100_000, MID * E8, maker, taker,
                "BTC", self.time_ns + 10**17,
            ),
            self.rules(),
            commands.SetVenueRules(self.draw(5), "seed"),
            *(commands.OpenAccount(*names) for names in ACCOUNTS),
            *(commands.Deposit(name, "RUB", money if name != "e" else 8_000_00) for name, _, _ in ACCOUNTS),
            commands.SetPhase(SERIES, codes.CONTINUOUS, "open"),
        ]  # fmt: skip

    def rules(self) -> commands.SetTradingRules:
        """A band that is seldom narrow, and every allocation."""
        return commands.SetTradingRules(
            SERIES, 300_000, self.pick(0, 0, 0, 30_000), NS_PER_SECOND, 0, self.draw(3), self.pick(0, 0, 0, 10_000_000)
        )

    def instrument(self) -> str:
        return SERIES

    def command(self) -> commands.AnyCommand:
        kind = self.weighted(
            (30, self.plain),
            (36, self.reduces),
            (4, self.amend),
            (3, self.cancel),
            (5, self.reducing_pair),
            (5, self.reducing_bracket),
            (3, self.mass_quote),
            (2, self.correction),
            (2, self.close_out),
            (1, self.money),
            (1, self.rules),
            (1, commands.Tick),
            (6 if self.venue.instruments[SERIES].phase != codes.CONTINUOUS else 2, self.phase),
        )
        return kind()

    def phase(self, name: str = "") -> commands.SetPhase:
        """Calls that begin, and end by an uncross."""
        phase = self.pick(
            codes.CONTINUOUS, codes.CONTINUOUS, codes.PRE_OPEN, codes.OPENING_AUCTION, codes.CLOSING_AUCTION
        )
        return commands.SetPhase(SERIES, phase, "test")

    def correction(self) -> commands.AnyCommand:
        return (
            commands.BustTrade(len(self.venue.trades) - self.draw(min(len(self.venue.trades), 20)), "test")
            if self.venue.trades
            else commands.Tick()
        )

    def at(self) -> int:
        return (MID + self.draw(9) - 4) * E8

    def holder(self) -> tuple[str, str, int, int]:
        """Participant and account of somebody with a position, the side that reduces it, and a quantity that it allows."""
        held = [(name, self.venue.position(name, SERIES).lots) for name, _, _ in ACCOUNTS]
        held = [each for each in held if each[1]]
        if not held:
            return *self.sender(), self.draw(2), E8
        account, lots = self.pick(*held)
        side = codes.SELL if lots > 0 else codes.BUY
        most = min(abs(lots), 90)
        participant = self.venue.accounts[account].participant
        return participant, account, side, self.pick(most, most, 1 + self.draw(most)) * E8

    def plain(self) -> commands.NewOrder:
        """Opens, or closes without a promise."""
        life = self.pick(codes.GTC, codes.GTC, codes.GTC, codes.IOC, codes.FOK)
        kind = self.pick(codes.LIMIT, codes.LIMIT, codes.LIMIT, codes.STOP, codes.ICEBERG)
        lots = 1 + self.draw(self.pick(4, 30))
        made = self.made(self.sender(), self.draw(2), kind, lots * E8, life, reduce_only=False)
        if made.time_in_force != codes.IOC or self.draw(2):
            return made
        return msgspec.structs.replace(made, min_quantity_e8=(1 + self.draw(lots)) * E8)

    def reduces(self) -> commands.NewOrder:
        """A reduce-only order of any type."""
        participant, account, side, quantity = self.holder()
        kind = self.pick(*range(len(codes.ORDER_TYPES)), codes.LIMIT, codes.LIMIT, codes.STOP)
        life = self.pick(codes.GTC, codes.GTC, codes.GTC, codes.GTC, codes.IOC, codes.AT_OPEN, codes.AT_CLOSE)
        return self.made((participant, account), side, kind, quantity, life, reduce_only=True)

    def made(
        self, sender: tuple[str, str], side: int, kind: int, quantity: int, life: int, *, reduce_only: bool
    ) -> commands.NewOrder:
        fields: dict[str, Any] = {"reduce_only": reduce_only}
        if kind not in (codes.LIMIT, codes.MARKET):
            life = codes.GTC
        if kind in (codes.STOP, codes.STOP_LIMIT):
            fields["stop_price_e8"] = self.at()
        elif kind == codes.TRAILING_STOP:
            fields["trail_e8"] = (1 + self.draw(3)) * E8
        elif kind == codes.ICEBERG:
            fields["display_e8"] = min(1 + self.draw(4), quantity // E8) * E8
        elif kind == codes.PEGGED:
            fields |= {"peg": self.draw(3), "peg_offset_e8": (self.draw(5) - 2) * E8}
        if self.once_in(4):
            fields["self_trade"] = self.draw(5)
        price = (
            self.at()
            if kind in (codes.LIMIT, codes.STOP_LIMIT, codes.ICEBERG) or (kind == codes.PEGGED and self.draw(2))
            else 0
        )
        return commands.NewOrder(*sender, self.client_id(), SERIES, side, kind, life, price, quantity, **fields)

    def reducing_pair(self) -> commands.NewOrderPair:
        participant, account, side, quantity = self.holder()
        sender = (participant, account)
        return commands.NewOrderPair(
            *sender,
            self.made(sender, side, codes.LIMIT, quantity, codes.GTC, reduce_only=self.draw(4) > 0),
            self.made(
                sender, side, self.pick(codes.STOP, codes.STOP_LIMIT), quantity, codes.GTC, reduce_only=self.draw(4) > 0
            ),
        )

    def reducing_bracket(self) -> commands.NewBracket:
        """An entry that opens or, reduce-only itself, reduces; a take-profit and a stop that reduce."""
        sender, side, quantity, closes = self.sender(), self.draw(2), (1 + self.draw(12)) * E8, self.once_in(3)
        if closes:
            participant, account, side, quantity = self.holder()
            sender = (participant, account)
        return commands.NewBracket(
            *sender,
            self.made(sender, side, codes.LIMIT, quantity, self.pick(codes.GTC, codes.IOC), reduce_only=closes),
            self.made(sender, 1 - side, codes.LIMIT, quantity, codes.GTC, reduce_only=self.draw(4) > 0),
            self.made(
                sender,
                1 - side,
                self.pick(codes.STOP, codes.STOP_LIMIT),
                quantity,
                codes.GTC,
                reduce_only=self.draw(4) > 0,
            ),
        )
