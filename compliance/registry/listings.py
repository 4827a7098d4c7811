"""Assets and instruments as the rules see them, and what a rulebook decides beforehand about trading one."""

from __future__ import annotations

from typing import Final

from engine.book.assets import Asset
from engine.book.entities import Future, Instrument
from engine.vocabulary.codes import BUY, CRYPTO, FIAT, FOREIGN_STABLECOIN, FUTURE, NOTE, SECURITY, SPOT

ROUBLE: Final = "RUB"
# Caps and limits are in kopecks, so the rouble's minor unit is the kopeck.
ROUBLE_SCALE: Final = 2

NEVER: Final = -1


class AssetRecord:
    """What the rules know of an asset, beside what the core does. Money in whole roubles."""

    def __init__(self, core: Asset, privacy: int, market_cap_rub: int, turnover_rub: int, history_years: int) -> None:
        self.core: Final = core
        self.asset: Final[str] = core.asset
        self.kind: Final[int] = core.kind
        self.scale: Final[int] = core.scale
        self.privacy: Final = privacy
        self.market_cap_rub: int = market_cap_rub
        self.turnover_rub: int = turnover_rub
        self.history_years: int = history_years
        self.crypto: Final[bool] = core.kind in (CRYPTO, FOREIGN_STABLECOIN)
        """Whether the retail rules take it for crypto: a cryptocurrency or a foreign stablecoin."""
        self.highly_liquid: bool = False
        """The tier that the last rulebook with RET-2 in force put it in; of crypto."""
        self.lost_ns: int = NEVER
        """When it lost high liquidity, nanoseconds since the epoch, UTC; NEVER: it has it, or never had it."""

    @property
    def lost(self) -> bool:
        """Whether it was highly liquid once and is not now."""
        return self.lost_ns != NEVER


class Listing:
    """What the rules know of an instrument of the core: what sort it is, and its last price.

    A notional is `price_ticks * quantity_lots * unit` quote minor units.
    """

    def __init__(self, core: Instrument, base: AssetRecord, quote: AssetRecord) -> None:
        kind = core.kind
        self.instrument: Final[str] = core.instrument
        self.kind: Final[int] = kind
        self.base: Final = base
        self.quote: Final = quote
        self.unit: Final[int] = core.unit
        self.lot_base: Final[int] = core.lot_base
        """Minor units of the base asset in a lot."""
        self.last_ticks: int = 0
        """Price of the last trade; before the first one the reference price of the listing; 0: neither."""
        self.in_roubles: Final[bool] = quote.asset == ROUBLE
        self.derivative: Final[bool] = kind in (NOTE, FUTURE) or base.kind == SECURITY
        """Whether it is a derivative or security on a crypto price (DER-1, DER-4)."""
        self.exposed: Final[bool] = self.derivative and self.in_roubles
        """Whether a position in it is exposure (DER-2, DER-3, DER-4)."""
        self.shortable: Final[bool] = kind == FUTURE
        """Whether it can be sold without being held."""
        self.future: Final[Future | None] = core.future
        """Of what can be: the band at which a sale is counted."""
        self.capped: Final[bool] = self.in_roubles and kind == SPOT and not self.derivative
        """Whether a retail purchase of it counts for the annual cap (RET-1)."""
        self.otherwise_priced: Final[bool] = not self.in_roubles and kind == SPOT and not self.derivative
        """Whether a purchase of it is paid in another asset than RUB: crypto, a stablecoin, another currency. It counts for the
        cap if the rulebook counts those."""
        self.crypto_for_crypto: Final[bool] = kind == SPOT and base.crypto and quote.crypto
        self.swaps: Final[bool] = kind != FUTURE and quote.kind != FIAT
        """Whether to sell is to acquire too: what comes in is no money, but another asset."""
        self.has_rouble_market: bool = False
        """Whether what is sold in it can be sold for roubles: in it or, once that is listed, in another spot market."""

    def acquired(self, side: int) -> AssetRecord | None:
        """The asset that an order of a side brings in, beside money; None: none, or what trades is a future."""
        if self.shortable:
            return None
        if side == BUY:
            return self.base
        return self.quote if self.swaps else None

    def opens(self, side: int) -> bool:
        """Whether any order of a side may take on something new, so that it need not lower an exposure.

        A purchase does, and either side of a future, which need not be held to be sold. A sale that brings in another asset does
        while what is sold can be sold for roubles: then it is a choice to acquire.
        """
        if side == BUY or self.shortable:
            return True
        return self.swaps and self.has_rouble_market


class Decision:
    """What is known of an order before it comes: one for each profile of a client, instrument and side.

    An order worth up to `free_tick_lots` ticks times lots passes without a rule being asked.
    """

    def __init__(self, listing: Listing, rules: list[int], fails: tuple[str, ...], free_tick_lots: int) -> None:
        self.listing: Final = listing
        self.rules: Final = rules
        """Places, in the order of decision, of the rules to ask beyond that."""
        self.fails: Final = fails
        """Ids of the rules that every such order fails."""
        self.free_tick_lots: Final = free_tick_lots
        """-1: each order is asked for."""
        self.is_known: bool = False
        """Whether it was there before the order that is looked at: the one that it was made for is asked for."""
