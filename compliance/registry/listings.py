"""Assets and instruments as the rules see them, and what a rulebook decides beforehand about trading one."""

from __future__ import annotations

from typing import Final

from engine.book.assets import Asset
from engine.book.entities import Future, Instrument
from engine.vocabulary.codes import CRYPTO, DOMESTIC_STABLECOIN, FOREIGN_STABLECOIN, FUTURE, NOTE, SECURITY, SPOT

ROUBLE: Final = "RUB"
# Caps and limits are in kopecks, so the rouble's minor unit is the kopeck.
ROUBLE_SCALE: Final = 2

NEVER: Final = -1

# The parts of a portfolio: what something is that a firm has. Bits, so that a rule says in one number which of them it counts.
COINS: Final = 1
"""Cryptocurrencies and foreign stablecoins."""
SECURITIES: Final = 2
"""Notes and digital financial assets."""
FUTURES: Final = 4
ISSUED: Final = 8
"""Securities of the firm's own issue that are outstanding."""
ROUBLE_COINS: Final = 16
"""Rouble stablecoins."""


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
        self.part: Final[int] = part_of(core.kind)
        """Of a portfolio; 0: money, which nobody counts."""
        self.highly_liquid: bool = False
        """The tier that the last rulebook with RET-2 in force put it in; of crypto."""
        self.lost_ns: int = NEVER
        """When it lost high liquidity, nanoseconds since the epoch, UTC; NEVER: it has it, or never had it."""

    @property
    def lost(self) -> bool:
        """Whether it was highly liquid once and is not now."""
        return self.lost_ns != NEVER


def part_of(kind: int) -> int:
    """The part of a portfolio that assets of a kind are; 0: money."""
    if kind in (CRYPTO, FOREIGN_STABLECOIN):
        return COINS
    if kind == SECURITY:
        return SECURITIES
    return ROUBLE_COINS if kind == DOMESTIC_STABLECOIN else 0


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
        """Price of the last trade, of a future its mark; before the first one the reference price of the listing; 0: neither."""
        self.in_roubles: Final[bool] = quote.asset == ROUBLE
        self.derivative: Final[bool] = kind in (NOTE, FUTURE) or base.kind == SECURITY
        """Whether it is a derivative or security on a crypto price (DER-1, DER-4)."""
        self.exposed: Final[bool] = self.derivative and self.in_roubles
        """Whether a position in it is exposure (DER-2, DER-4)."""
        self.shortable: Final[bool] = kind == FUTURE
        """Whether it can be sold without being held."""
        self.followed: Final[bool] = self.exposed or self.shortable
        """Whether the ledger keeps positions in it: those of exposure, and of every future."""
        self.rated: Final[bool] = not self.in_roubles and not self.shortable
        """Whether an open purchase of it is valued at the rate that held when it was checked."""
        self.future: Final[Future | None] = core.future
        """Of what can be: the band at which a sale is counted."""
        self.capped: Final[bool] = self.in_roubles and kind == SPOT and not self.derivative
        """Whether a retail purchase of it counts for the annual cap (RET-1)."""
        self.otherwise_priced: Final[bool] = not self.in_roubles and kind == SPOT and not self.derivative
        """Whether a purchase of it is paid in another asset than RUB: crypto, a stablecoin, another currency. It counts for the
        cap if the rulebook counts those."""
        self.crypto_for_crypto: Final[bool] = kind == SPOT and base.crypto and quote.crypto


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
