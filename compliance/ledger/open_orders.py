"""An open order as the sums of the ledger count it."""

from __future__ import annotations

from typing import Final

from compliance.registry.listings import Listing
from compliance.registry.records import Client

OpenOrder = tuple[Client, Listing, int, int]
"""Client, instrument, worst price in ticks, leaves in lots. A tuple: one is made for every order on the fast path that is kept."""

BY_FUNDS: Final = -1
"""Instead of a limit in ticks: the order is by funds, and its leaves are what is left of its budget in minor units."""
ONLY_REDUCES: Final = -2
"""Instead of a limit in ticks: the order is reduce-only, and is cut when it meets its position: it opens nothing."""


def worth(listing: Listing, price_ticks: int, leaves_lots: int) -> int:
    """What an open order can still cost or, sold, bring in, without fees, in quote minor units."""
    if price_ticks >= 0:
        return price_ticks * leaves_lots * listing.unit
    return leaves_lots if price_ticks == BY_FUNDS else 0
