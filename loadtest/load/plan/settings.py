"""What a mix may say of each behaviour: a Struct each, with the defaults.

`behaviours.py` and `rejects.py` carry them out; a test holds the two lists together.
"""

from __future__ import annotations

from typing import Annotated, Final

import msgspec

from gateway.protocol.messages import Interval
from gateway.protocol.past_requests import Limit

Share = Annotated[float, msgspec.Meta(ge=0, le=1)]
Above = Annotated[float, msgspec.Meta(gt=0)]
Roubles = Annotated[float, msgspec.Meta(gt=0, le=20_000_000)]
"""Up to eight times as much is ordered at once, and 50 orders rest: within an account of 10 bn RUB."""
BasisPoints = Annotated[float, msgspec.Meta(ge=0, le=2_000)]


class Part(msgspec.Struct, forbid_unknown_fields=True, kw_only=True, frozen=True, tag_field="behaviour"):
    """[[part]]. Requests of one behaviour."""

    weight: Above
    """Its share of the requests, beside those of the other parts of the time."""
    from_: Share = msgspec.field(default=0.0, name="from")
    """When it begins, as a fraction of the run."""
    to: Share = 1.0
    """When it ends."""

    @property
    def behaviour(self) -> str:
        """Its name."""
        return str(self.__struct_config__.tag)


class Makers(Part, tag="makers", frozen=True):
    """Enter limit orders behind the touch as recorded; when `resting` of them are open, cancel the oldest first."""

    value_rub: Roubles = 1_000_000.0
    """The median value of an order."""
    half_spread_bp: BasisPoints = 3.0
    """From the fair price to the touch."""
    max_distance_bp: BasisPoints = 300.0
    buy_share: Share = 0.5
    post_only_share: Share = 0.0
    """post_only `reprice`: moved rather than refused where it would trade."""
    iceberg_share: Share = 0.0
    """They show a tenth."""
    pegged_share: Share = 0.0
    """Pegged to the own touch, limited by the price that they would have had."""
    day_share: Share = 0.0
    """Time in force `day` instead of `gtc`."""


class Quotes(Part, tag="quotes", frozen=True):
    """Replace a ladder of quotes in one instrument: `mass_quote`."""

    value_rub: Roubles = 200_000.0
    """Of each quote."""
    half_spread_bp: BasisPoints = 3.0
    step_bp: BasisPoints = 2.0
    levels: Annotated[int, msgspec.Meta(ge=1, le=64)] = 10
    """On each side."""


class Takers(Part, tag="takers", frozen=True):
    """Orders that trade at once, much smaller than what rests: so few resting orders fill wholly, and cancels still find them."""

    value_rub: Roubles = 50_000.0
    half_spread_bp: BasisPoints = 3.0
    """Where makers are thought to be."""
    max_through_bp: BasisPoints = 50.0
    """How far beyond the touch a limit reaches at most."""
    buy_share: Share = 0.5
    """Half, though the recording has 0.69: accounts must not run out in hours."""
    market_share: Share = 0.3
    """Market orders by quantity; what is left over are `ioc` limits."""
    funds_share: Share = 0.05
    """Market orders by a budget."""
    fok_share: Share = 0.1
    min_quantity_share: Share = 0.02
    """`ioc` with at least half."""


class Amends(Part, tag="amends", frozen=True):
    """Change an own resting order drawn at random: its price, a smaller quantity, a larger one. Enters some first."""

    value_rub: Roubles = 1_000_000.0
    half_spread_bp: BasisPoints = 3.0
    max_distance_bp: BasisPoints = 300.0
    price_share: Share = 0.5
    smaller_share: Share = 0.25
    """They keep their place in the queue; what is left over are larger quantities, which lose it."""


class Cancels(Part, tag="cancels", frozen=True):
    """Cancel an own resting order drawn at random; enter one where fewer than half of `resting` are open."""

    value_rub: Roubles = 1_000_000.0
    half_spread_bp: BasisPoints = 3.0
    max_distance_bp: BasisPoints = 300.0
    mass_share: Share = 0.0
    """Of the cancels, those that cancel everything: `mass_cancel`."""


class Stops(Part, tag="stops", frozen=True):
    """Stops, stop limits and trailing stops, mostly sells below the price; the oldest is cancelled beyond `resting`."""

    value_rub: Roubles = 100_000.0
    nearest_bp: BasisPoints = 30.0
    farthest_bp: BasisPoints = 300.0
    """Stop prices lie evenly between the two distances from the fair price."""
    buy_share: Share = 0.1
    limit_share: Share = 0.2
    """stop_limit, limited 50 basis points beyond."""
    trailing_share: Share = 0.1


class Collectors(Part, tag="collectors", frozen=True):
    """Limit orders on both sides of the fair price for an auction to collect; those that cross it, and market orders, `at_open`."""

    value_rub: Roubles = 200_000.0
    around_bp: BasisPoints = 20.0
    """Prices lie evenly so far on either side, whether buy or sell: half of the orders cross."""
    market_share: Share = 0.05


class Retail(Part, tag="retail", frozen=True):
    """Small orders of many client accounts, in BTC and ETH for roubles: most of them trade at once, some rest, few are cancelled."""

    value_rub: Roubles = 1_600.0
    """Two lots of BTC/RUB: a client makes some two hundred purchases before the annual cap refuses more."""
    half_spread_bp: BasisPoints = 3.0
    max_distance_bp: BasisPoints = 300.0
    buy_share: Share = 0.69
    """As recorded."""
    aggressive_share: Share = 0.7
    """Of those the half are market orders."""
    resting: Annotated[int, msgspec.Meta(ge=1, le=1_000)] = 4
    """Of each client."""


class Questions(Part, tag="questions", frozen=True):
    """`open_orders` and `balances`, by chance; some of them `candle_history`."""

    candles_share: Share = 0.0
    """Of the questions, those for the newest candles of an instrument that is traded."""
    interval: Interval = "1m"
    """Of those candles."""
    limit: Limit = 100
    """How many of them are asked for at once."""


class Rejects(Part, tag="rejects", frozen=True):
    """Requests that must be refused, each by one check or rule, in turn."""

    kinds: list[str] = []
    """Which, as listed in docs/LOAD.md; empty: all that the seat can make."""


PARTS: Final[dict[str, type[Part]]] = {
    str(kind.__struct_config__.tag): kind
    for kind in (Makers, Quotes, Takers, Amends, Cancels, Stops, Collectors, Retail, Questions, Rejects)
}
"""Every behaviour by name."""
