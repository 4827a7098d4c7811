"""What rules have in common that limit what a financial firm has to a share of its capital. In kopecks.

What it has: `compliance.ledger.portfolio`. An order that takes on nothing passes, however much there is already. One that only changes
what counts for something else that counts adds nothing, and passes while there is not too much.
"""

from __future__ import annotations

from typing import Final

from compliance.ledger.portfolio import Worth
from compliance.rules.case import NOTHING, UNBOUNDED, UNKNOWN
from compliance.rules.exposure import WHOLE
from compliance.rules.limits import left_over
from engine.vocabulary.decimals import decimal
from engine.vocabulary.said import Said, said


def share_of(capital_rub: int, hundredths_of_percent: int) -> int:
    """A share of a capital in whole roubles, in kopecks."""
    # Rounded down, to the stricter side.
    return capital_rub * 100 * hundredths_of_percent // WHOLE


def fits_share(limit: int, has: int, adds: int) -> bool:
    """Whether an order takes on nothing, or no more than the limit leaves of what is known."""
    if adds == NOTHING:
        return True
    return has >= 0 and adds >= 0 and has + adds <= limit


class Share:
    """A share of somebody's capital, what there is of it, and what an order adds."""

    def __init__(
        self, name: str, capital_rub: int, hundredths: int, worth: Worth, *, clients: int, adds: int, quote: str
    ) -> None:
        self.name: Final = name
        self.capital_rub: Final = capital_rub
        self.hundredths: Final = hundredths
        self.limit: Final[int] = share_of(capital_rub, hundredths)
        self.worth: Final = worth
        self.clients: Final = clients
        """What clients have that counts, too."""
        self.has: Final[int] = UNKNOWN if worth.unpriced else worth.total + clients
        """UNKNOWN: there is something of which no rouble value is known."""
        self.adds: Final = adds
        """Kopecks, or what `Case.adds_of` says instead."""
        self.quote: Final = quote
        """The asset that the order is priced in."""
        self.fits: Final[bool] = fits_share(self.limit, self.has, adds)
        self.is_beyond: Final[bool] = self.has == UNKNOWN or self.has > self.limit
        """Whether there is too much already, or an unknown value."""

    def standing(self) -> Said:
        """What there is against the limit."""
        if self.worth.unpriced:
            return said("share.has_unpriced", self.name, self.worth.unpriced)
        has, limit = decimal(self.has, 2), decimal(self.limit, 2)
        return said("share.beyond", self.name, has, self._made_of(), limit, self._of_capital())

    def refusal(self, whose: Said) -> Said:
        """What is limited, what of it is taken, and what remains; or of what no value is known."""
        limit = said("share.limit", whose, decimal(self.limit, 2), self._of_capital())
        if self.worth.unpriced:
            return said("share.unpriced", limit, self.worth.unpriced)
        if self.adds == UNKNOWN:
            return said("share.unvalued", limit, self.quote)
        if self.adds == UNBOUNDED:
            return said("share.unbounded", limit, self.quote)
        remaining, adds = decimal(max(self.limit - self.has, 0), 2), decimal(self.adds, 2)
        return said("share.remaining", limit, decimal(self.has, 2), self._made_of(), remaining, adds)

    def parts(self) -> list[tuple[str, int]]:
        """What there is, by what it is; what there is not is left out."""
        worth = self.worth
        found = [
            ("coins", worth.coins),
            ("notes", worth.securities),
            ("rouble stablecoins", worth.rouble_coins),
            ("futures", worth.futures),
            ("issued", worth.issued),
            ("open purchases", worth.open),
            ("clients", self.clients),
        ]
        return [(name, value) for name, value in found if value]

    def _of_capital(self) -> Said:
        return said("share.of_capital", decimal(self.hundredths, 2), f"{self.capital_rub}.00")

    def _made_of(self) -> Said:
        worth = self.worth
        found = [
            (worth.coins, said("share.coins", decimal(worth.coins, 2))),
            (worth.securities, said("share.notes", decimal(worth.securities, 2))),
            (worth.rouble_coins, said("share.rouble_stablecoins", decimal(worth.rouble_coins, 2))),
            (worth.futures, said("share.futures", decimal(worth.futures, 2))),
            (worth.issued, said("share.issued", decimal(worth.issued, 2))),
            (worth.open, said("share.open", decimal(worth.open, 2))),
            (self.clients, said("share.clients", decimal(self.clients, 2))),
        ]
        there = [part for value, part in found if value]
        return Said("list.names", tuple(there)) if there else said("share.nothing")

    def inputs(self) -> list[tuple[str, str]]:
        """Capital, what there is, and what the order adds, as people read it."""
        return [
            ("capital", f"{self.capital_rub}.00"),
            ("limit", decimal(self.limit, 2)),
            *[(name, decimal(value, 2)) for name, value in self.parts()],
            *([("without a rouble value", self.worth.unpriced)] if self.worth.unpriced else []),
            (
                "this order adds",
                "an unknown value" if self.adds in (UNKNOWN, UNBOUNDED) else decimal(max(self.adds, 0), 2),
            ),
        ]

    def arithmetic(self) -> str:
        """What the limit leaves against what the order adds."""
        if self.adds == NOTHING:
            return "this order takes on nothing that counts"
        if self.worth.unpriced:
            return f"the value of {self.worth.unpriced} in RUB is not known"
        if self.adds == UNKNOWN:
            return f"the value of {self.quote} in RUB is not known"
        if self.adds == UNBOUNDED:
            return f"without a static band nothing says how much {self.quote} this sale brings in at most"
        taken = [(name, value) for name, value in self.parts()] or [("held and open", 0)]
        return left_over(self.limit, taken, self.adds, self.fits)
