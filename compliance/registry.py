"""Who trades through whom, and what: investors, intermediaries, accounts, assets, instruments.

The records hold what commands said and what a rulebook made of it; `compliance.hook` changes them. Nothing is ever
removed, so everything is found by name in the order in which it came.
"""

from __future__ import annotations

from typing import Final

from compliance.classes import UNCLASSIFIED, is_retail
from engine.codes import CRYPTO, FOREIGN_STABLECOIN, FUTURE, INDIVIDUAL, NOTE, SECURITY, SPOT

ROUBLE: Final = "RUB"
# Caps and limits are in kopecks, so the rouble's minor unit is the kopeck.
ROUBLE_SCALE: Final = 2


class Test:
    """The latest result of a test. A score of -1: none is recorded."""

    def __init__(self) -> None:
        self.score: int = -1
        """Percent, 0 to 100."""
        self.taken_ns: int = 0
        """When it was taken, nanoseconds since the epoch, UTC."""


class Investor:
    """One investor: the evidence, what it proves, and what the investor has done. Money in whole roubles."""

    def __init__(self, investor: str) -> None:
        self.investor: Final = investor
        self.kind: int = INDIVIDUAL
        self.resident: bool = True
        self.assets_rub: int = 0
        self.income_rub: int = 0
        self.financial: bool = False
        self.capital_rub: int = 0
        self.blocked: bool = False
        self.class_override: str = ""
        self.override_reason: str = ""
        self.investor_class: int = UNCLASSIFIED
        self.acknowledged_version: int = 0
        """Of the risk warning; 0: none."""
        self.knowledge: Final = Test()
        self.risk: Final = Test()
        self.clients: Final[list[Client]] = []
        """The investor's accounts, in order of opening."""

    @property
    def retail(self) -> bool:
        """Whether the retail rules bind the investor."""
        return is_retail(self.investor_class)


class Intermediary:
    """A broker or other intermediary through whom accounts are held."""

    def __init__(self, intermediary: str) -> None:
        self.intermediary: Final = intermediary
        self.licensed: bool = True
        self.suspended: bool = False
        self.capital_rub: int = 0
        self.reason: str = ""
        self.clients: Final[list[Client]] = []
        """Accounts held through it, in order of opening."""

    @property
    def barred(self) -> bool:
        """Whether its clients may not buy (INT-1)."""
        return self.suspended or not self.licensed


class Client:
    """An account as the rules see it: an investor, through an intermediary or directly."""

    def __init__(self, account: str, investor: Investor, intermediary: Intermediary | None) -> None:
        self.account: Final = account
        self.investor: Final = investor
        self.intermediary: Final = intermediary

    @property
    def intermediary_name(self) -> str:
        """The intermediary's name; empty for an account held directly."""
        return "" if self.intermediary is None else self.intermediary.intermediary


class AssetRecord:
    """What the rules know of an asset. Money in whole roubles."""

    def __init__(
        self,
        asset: str,
        kind: int,
        privacy: int,
        market_cap_rub: int,
        turnover_rub: int,
        history_years: int,
        issuer: str,
        scale: int,
    ) -> None:
        self.asset: Final = asset
        self.kind: Final = kind
        self.privacy: Final = privacy
        self.market_cap_rub: Final = market_cap_rub
        self.turnover_rub: Final = turnover_rub
        self.history_years: Final = history_years
        self.issuer: Final = issuer
        self.scale: Final = scale

    @property
    def foreign_crypto(self) -> bool:
        """Whether it is crypto in the sense of the retail rules: a cryptocurrency or a foreign stablecoin."""
        return self.kind in (CRYPTO, FOREIGN_STABLECOIN)


class Listing:
    """An instrument as the rules see it. A notional is `price_ticks * quantity_lots * unit` quote minor units."""

    def __init__(self, instrument: str, kind: int, base: AssetRecord, quote: AssetRecord, unit: int) -> None:
        self.instrument: Final = instrument
        self.kind: Final = kind
        self.base: Final = base
        self.quote: Final = quote
        self.unit: Final = unit
        self.in_roubles: Final[bool] = quote.asset == ROUBLE
        self.derivative: Final[bool] = kind in (NOTE, FUTURE) or base.kind == SECURITY
        """Whether DER-1 and DER-4 look at it: a derivative or a security on a crypto price."""
        self.capped: Final[bool] = self.in_roubles and kind == SPOT
        """Whether a retail purchase of it counts for the annual cap (RET-1)."""
        self.crypto_for_crypto: Final[bool] = kind == SPOT and base.foreign_crypto and quote.foreign_crypto


class Registry:
    """All records, by name, in the order in which they came."""

    def __init__(self) -> None:
        self.assets: Final[dict[str, AssetRecord]] = {}
        self.listings: Final[dict[str, Listing]] = {}
        self.investors: Final[dict[str, Investor]] = {}
        self.intermediaries: Final[dict[str, Intermediary]] = {}
        self.clients: Final[dict[str, Client]] = {}
        """By account."""

    def open_client(self, account: str, investor: Investor, intermediary: Intermediary | None) -> Client:
        """Add an account to the records."""
        client = Client(account, investor, intermediary)
        self.clients[account] = client
        investor.clients.append(client)
        if intermediary is not None:
            intermediary.clients.append(client)
        return client
