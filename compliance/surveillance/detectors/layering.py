"""Layering: orders at several prices on one side, so that the other side trades; then they are taken away."""

from __future__ import annotations

from typing import Final

from compliance.surveillance.base.detector import MAX_KEPT, DetectorRow
from compliance.surveillance.base.parameters import Parameter
from compliance.surveillance.detectors.baiting import HEARS, MAX_ACTS, PARAMETERS, Bait, Baiting


class Layering(Baiting):
    """Baits of several levels."""

    def is_one(self, bait: Bait) -> bool:
        """At so many prices."""
        return bait.levels >= self.settings["levels"]


ROW: Final[DetectorRow] = DetectorRow(
    "layering",
    title="Layering",
    terms="layering",
    definition="""Somebody shows orders at several prices on one side of a book, a large part of its depth, trades on the other side, and
takes them away right after, without quoting that side again. Whoever quotes both sides alike does not.""",
    source="Delegated Regulation (EU) 2016/522 annex II section 1 point 5(e): layering and spoofing; the rulebook of SGX on layers of "
    "orders; MAR article 12(2)(c); 224-FZ article 5 part 1, demand and supply that deviate by orders",
    misses="Who leaves the layers to be filled or lets them lapse; who layers in one name and trades in another that no document "
    "links; layers that are smaller than `share_ppm` of the depth.",
    memory=f"{MAX_KEPT:,} owners, {MAX_ACTS} acts of each.",
    parameters=(Parameter("levels", 3, "Prices at which orders stand, at least.", least=2), *PARAMETERS),
    hears=HEARS,
    make=Layering,
)
