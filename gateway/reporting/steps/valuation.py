"""What an amount of an asset was worth in roubles at a moment, as the rules value it, and by which price.

Roubles at face; all else at the last trade for roubles here, else the reference price of the instrument. The market is
that of `Registry.rouble_market`: the first instrument that has either. Prices are followed trade by trade, so that what
happened within a command is valued by the price before it and not by that after the command.
"""

from __future__ import annotations

from typing import Final, NamedTuple

from compliance.hook import ComplianceHook
from compliance.ledger.purchases import in_kopecks
from compliance.registry.listings import ROUBLE, Listing
from engine.exchange import Exchange
from engine.vocabulary.decimals import decimal_e8
from engine.vocabulary.messages.events import Event, InstrumentListed, Trade

AT_FACE: Final = "at face"
NO_MARKET: Final = "not traded for RUB here"
NO_PRICE: Final = "no trade and no reference price"
NO_REPLAY: Final = "not known without a replay"
PRICE_IN: Final = "{price} in {instrument}"


class Worth(NamedTuple):
    """What an amount was worth."""

    kopecks: int | None
    """Rounded up; None: nobody knows."""
    how: str
    """How it was valued, or why it was not."""


class Valuation:
    """Follows the prices."""

    KINDS: Final[tuple[type[Event], ...]] = (Trade, InstrumentListed)

    def __init__(self) -> None:
        self._ticks: Final[dict[str, int]] = {}
        """The last price of each instrument that has traded."""

    def follow(self, event: Trade) -> None:
        """A trade."""
        self._ticks[event.instrument] = event.price_ticks

    def listed(self, event: InstrumentListed, exchange: Exchange | None) -> None:
        """An instrument was listed by a command, after which `exchange` stands: its price is the reference now."""
        if exchange is not None and isinstance(exchange.hook, ComplianceHook):
            found = exchange.hook.intake.registry.listings.get(event.instrument)
            if found is not None:
                self._ticks[event.instrument] = found.last_ticks

    def worth(self, exchange: Exchange | None, asset: str, amount: int) -> Worth:
        """What an amount in minor units is worth now.

        Args:
            exchange: after the command during which it is asked: it knows the markets, not the price.
            asset: its name.
            amount: not below 0.
        """
        if asset == ROUBLE:
            return Worth(amount, AT_FACE)
        if exchange is None or not isinstance(exchange.hook, ComplianceHook):
            return Worth(None, NO_REPLAY)
        markets = exchange.hook.intake.registry.rouble_markets.get(asset)
        if not markets:
            return Worth(None, NO_MARKET)
        for listing in markets:
            ticks = self._last(listing)
            if ticks:
                kopecks = in_kopecks(amount, (ticks * listing.unit, listing.lot_base))
                scale = listing.base.core.scale
                # A whole number: the tick size of the instrument times the ticks.
                price_e8 = ticks * listing.unit * 10 ** (scale + 6) // listing.lot_base
                return Worth(kopecks, PRICE_IN.format(price=decimal_e8(price_e8), instrument=listing.instrument))
        return Worth(None, NO_PRICE)

    def _last(self, listing: Listing) -> int:
        return self._ticks.get(listing.instrument, listing.last_ticks)
