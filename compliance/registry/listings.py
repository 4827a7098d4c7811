"""Assets and instruments as the rules see them, and what a rulebook decides beforehand about trading one."""

from __future__ import annotations

from typing import Final

from engine.book.assets import Asset
from engine.book.entities import Future, Instrument
from engine.vocabulary.codes import BUY, CRYPTO, DOMESTIC_STABLECOIN, FIAT, FOREIGN_STABLECOIN, FUTURE, NOTE, SECURITY

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


class Disclosure:
    """What an issuer has disclosed of an asset (DISC-1): the document, by its digest, and the cover that it states."""

    def __init__(self, digest: str, title: str, *, cover_ppm: int, until_day: int, published_ns: int, by: str) -> None:
        self.digest: Final = digest
        """SHA-256, in hexadecimal."""
        self.title: Final = title
        self.cover_ppm: Final = cover_ppm
        """In millionths of what is outstanding."""
        self.until_day: Final = until_day
        """The last Moscow day on which it counts, in days since 1970-01-01; NEVER: it has no last day."""
        self.published_ns: Final = published_ns
        self.by: Final = by
        """Who put it on record."""


class AssetRecord:
    """What the rules know of an asset, beside what the core does. Money in whole roubles."""

    def __init__(
        self,
        core: Asset,
        privacy: int,
        market_cap_rub: int,
        turnover_rub: int,
        history_years: int,
        *,
        followed: AssetRecord | None = None,
    ) -> None:
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
        self.followed: AssetRecord | None = followed
        """Of a security: the asset here whose price it follows, as it says or the note on it does; None: none here, or not known."""
        self.on_crypto: Final[bool] = core.kind == SECURITY and (
            not core.follows or (followed is not None and (followed.crypto or followed.on_crypto))
        )
        """Whether it is a security on a crypto price. One that does not say what it follows is: to the stricter side."""
        self.concerned: Final[bool] = self.crypto or self.on_crypto or core.kind == DOMESTIC_STABLECOIN
        """Whether rules on crypto concern it: crypto, a stablecoin, or a security on a crypto price."""
        self.part: Final[int] = part_of(core.kind) if self.concerned else 0
        """Of a portfolio; 0: nobody counts it, money or a security that follows no crypto."""
        self.highly_liquid: bool = False
        """The tier that the last rulebook with RET-2 in force put it in; of crypto."""
        self.lost_ns: int = NEVER
        """When it lost high liquidity, nanoseconds since the epoch, UTC; NEVER: it has it, or never had it."""

        self.disclosure: Disclosure | None = None
        """The latest one; None: there is none."""

    @property
    def lost(self) -> bool:
        """Whether it was highly liquid once and is not now."""
        return self.lost_ns != NEVER

    @property
    def judged(self) -> AssetRecord | None:
        """The crypto that a tier is asked of: it, or what it follows; None: no crypto, or one that is not on record."""
        if self.crypto:
            return self
        return None if self.followed is None else self.followed.judged


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
        self._core: Final = core
        self.instrument: Final[str] = core.instrument
        self.kind: Final[int] = kind
        self.base: Final = base
        self.quote: Final = quote
        self.underlying: Final[str] = core.underlying
        """What a note or future says it follows; empty: nothing."""
        self.unit: Final[int] = core.unit
        self.lot_base: Final[int] = core.lot_base
        """Minor units of the base asset in a lot."""
        self.last_ticks: int = 0
        """Price of the last trade, of a future its mark; before the first one the reference price of the listing; 0: neither."""
        self.in_roubles: Final[bool] = quote.asset == ROUBLE
        self.shortable: Final[bool] = kind == FUTURE
        """Whether it can be sold without being held."""
        self.future: Final[Future | None] = core.future
        """Of what can be: the band at which a sale is counted."""
        self.asked_ticks: int = 0
        """Of a future: the lowest upper band at which an open sale may last have been asked about; 0: none was."""
        # Of a note or future on what is no security nothing says what it follows.
        self.derivative: Final[bool] = base.on_crypto or (kind in (NOTE, FUTURE) and base.kind != SECURITY)
        """Whether it is a derivative or security on a crypto price (DER-1, DER-4)."""
        self.exposed: Final[bool] = self.derivative and self.in_roubles
        """Whether a position in it is exposure (DER-2, DER-4)."""
        self.has_positions: Final[bool] = self.exposed or self.shortable
        """Whether the ledger keeps positions in it: those of exposure, and of every future."""
        self.otherwise_priced: Final[bool] = not self.in_roubles and kind != FUTURE
        """Whether what is bought or sold in it needs a rate to be valued in roubles; what is open keeps that of its check."""
        self.crypto_for_crypto: Final[bool] = kind != FUTURE and quote.crypto and (base.crypto or base.on_crypto)
        self.swaps: Final[bool] = kind != FUTURE and quote.kind != FIAT
        """Whether to sell is to acquire too: what comes in is no money, but another asset."""
        self.base_counted: Final[bool] = kind != FUTURE and (self.derivative or base.concerned)
        self.quote_counted: Final[bool] = kind != FUTURE and quote.concerned
        """Whether base and quote asset are counted by the cap where they come in (RET-1), and net of it where they go."""
        self.followed: AssetRecord | None = None
        """The crypto here whose price it follows, of a note or future; None: none, or it is not on record."""
        self.has_rouble_market: bool = False
        """Whether what is sold in it can be sold for roubles: in it or, once that is listed, in another spot market."""
        self.quote_has_rouble_market: bool = False
        """The same of what is paid in it."""

    @property
    def min_lots(self) -> int:
        """The smallest order."""
        return self._core.min_lots

    def note_asked(self) -> None:
        """A sale is asked about, at the band of now."""
        future = self.future
        if future is not None and not 0 < self.asked_ticks <= future.high_ticks:
            self.asked_ticks = future.high_ticks

    def asked_anew(self) -> None:
        """All sales that may be worth more than when they were asked about are asked about again."""
        self.asked_ticks = 0 if self.future is None else self.future.high_ticks

    def acquired(self, side: int) -> AssetRecord | None:
        """The asset that an order of a side brings in, beside money; None: none, or what trades is a future."""
        gained = self.base if side == BUY else self.quote
        return None if self.shortable or gained.kind == FIAT else gained

    def purchase(self, side: int) -> bool:
        """Whether a fill of a side is a purchase that the cap counts."""
        return self.base_counted if side == BUY else self.quote_counted

    def sale(self, side: int) -> bool:
        """Whether a fill of a side is a sale of what the cap counts. An exchange of two such assets is both."""
        return self.quote_counted if side == BUY else self.base_counted

    def takes_on_crypto(self, side: int) -> bool:
        """Whether an order of a side may take on crypto, a stablecoin or something on a crypto price: a purchase, or a future."""
        return self.purchase(side) or (self.shortable and self.derivative)

    def opens(self, side: int) -> bool:
        """Whether any order of a side may take on something new, so that it need not lower an exposure.

        A purchase for money does, and either side of a future, which need not be held to be sold. An order that brings in money
        sells. One that gives an asset for another, on either side of the book, opens while what is given can be sold for roubles:
        then it is a choice to acquire.
        """
        if self.shortable:
            return True
        if side == BUY:
            if self.quote.kind == FIAT:
                return True
            return self.base.kind != FIAT and self.quote_has_rouble_market
        return self.swaps and (self.has_rouble_market or self.base.kind == FIAT)


class Decision:
    """What is known of an order before it comes: one for each profile of a client, instrument and side.

    An order worth up to `free_tick_lots` ticks times lots passes without a rule being asked.
    """

    def __init__(
        self, listing: Listing, rules: list[int], fails: tuple[str, ...], free_tick_lots: int, profile: int
    ) -> None:
        self.listing: Final = listing
        self.rules: Final = rules
        """Places, in the order of decision, of the rules to ask beyond that."""
        self.fails: Final = fails
        """Ids of the rules that every such order fails."""
        self.free_tick_lots: Final = free_tick_lots
        """-1: each order is asked for."""
        self.profile: Final = profile
        """The key of the profile for which it was decided."""
