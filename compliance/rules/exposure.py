"""What rules on exposure in derivatives and securities on crypto prices have in common. In kopecks.

What exposure is: `compliance.ledger.exposure`. Counted are instruments priced in roubles. An order that adds nothing passes, however
large the exposure is already: positions can always be closed.
"""

from __future__ import annotations

from typing import Final

from compliance.registry.listings import Listing
from compliance.rules.case import Profile
from compliance.rules.limits import left_over
from compliance.rules.rule import OrderRule, opens
from engine.vocabulary.decimals import decimal
from engine.vocabulary.said import Said, said

WHOLE: Final = 10_000
"""Hundredths of a percent in a whole."""


class ExposureRule(OrderRule):
    """A limit on exposure. Orders that may open a position depend on what there is already."""

    def spares(self, profile: Profile, listing: Listing, side: int) -> str:
        """All but what opens a position in a derivative priced in RUB."""
        if not listing.exposed:
            return "it is for derivatives and securities priced in RUB"
        return "" if opens(listing, side) else "a sell of what is held adds nothing"


def fits(limit: int, exposure: int, adds: int) -> bool:
    """Whether an order adds nothing to an exposure, or no more than the limit leaves."""
    return not adds or exposure + adds <= limit


class Headroom:
    """A limit on exposure, what there is already, and what an order adds."""

    def __init__(self, limit: int, exposure: int, adds: int) -> None:
        self.limit: Final = limit
        self.exposure: Final = exposure
        self.adds: Final = adds
        self.fits: Final[bool] = fits(limit, exposure, adds)

    def refusal(self, what: Said) -> Said:
        """What is limited, and by how much."""
        remaining = max(self.limit - self.exposure, 0)
        limit, exposure = decimal(self.limit, 2), decimal(self.exposure, 2)
        return said("exposure.headroom", what, limit, exposure, decimal(remaining, 2), decimal(self.adds, 2))

    def inputs(self) -> list[tuple[str, str]]:
        """What there is and what the order adds, as people read it."""
        return [("exposure", decimal(self.exposure, 2)), ("this order adds", decimal(self.adds, 2))]

    def arithmetic(self) -> str:
        """What the limit leaves against what the order adds."""
        if not self.adds:
            return "this order adds nothing"
        return left_over(self.limit, [("exposure", self.exposure)], self.adds, self.fits)
