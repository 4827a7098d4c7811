"""Spoofing: one large order that is taken away before it can trade, once the other side has traded."""

from __future__ import annotations

from typing import Final

from compliance.surveillance.base.detector import MAX_KEPT, DetectorRow
from compliance.surveillance.base.parameters import Parameter
from compliance.surveillance.detectors.baiting import HEARS, MAX_ACTS, PARAMETERS, Bait, Baiting


class Spoofing(Baiting):
    """Baits of few levels."""

    def is_one(self, bait: Bait) -> bool:
        """At no more prices than these."""
        return bait.levels <= self.settings["levels"]


ROW: Final[DetectorRow] = DetectorRow(
    "spoofing",
    title="Spoofing",
    terms="spoofing",
    definition="""Somebody shows an order that is large beside the book, trades on the other side, and cancels the large one, or moves it
away, before it can trade.""",
    source="Delegated Regulation (EU) 2016/522 annex II section 1 point 5(e): layering and spoofing, and orders with no intention of "
    "executing them; MAR article 12(2)(c)",
    misses="As of layering. An order that nobody needed to trade against, because the spoofer profits elsewhere.",
    memory=f"{MAX_KEPT:,} owners, {MAX_ACTS} acts of each.",
    parameters=(Parameter("levels", 2, "Prices at which orders stand, at most."), *PARAMETERS),
    hears=HEARS,
    make=Spoofing,
)
