"""What random commands are made of: instruments, prices around a moving middle, quantities, ids, types."""

from __future__ import annotations

from engine.vocabulary import codes
from tests.reference.calls import QUIET
from tests.reference.state import RefInstrument
from tests.support.engine.draws.futures_generator import DrawsFutures


class DrawsParts(DrawsFutures):
    """The part of the generator that fills in fields."""

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
