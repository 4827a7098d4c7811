"""The sections of a venue file, a Struct each. `default_venue.toml` explains every key to those who write one."""

from __future__ import annotations

import datetime
from typing import Annotated, Literal

import msgspec

from engine.vocabulary.limits import (
    DECIMALS,
    DEFAULT_ADDRESS_BURST_UNITS,
    DEFAULT_ADDRESS_UNITS_PER_SECOND,
    DEFAULT_BURST_UNITS,
    DEFAULT_UNITS_PER_SECOND,
    MAX_BURST_UNITS,
    MAX_FEE_PPM,
    MAX_GRACE_NS,
    MAX_KNOWN_TEXTS,
    MAX_NAME_CHARS,
    MAX_RULE_TEXT_CHARS,
    MAX_TEXT_CHARS,
    MAX_UNITS_PER_SECOND,
    MIN_UNITS_PER_SECOND,
    NS_PER_SECOND,
)

Name = Annotated[str, msgspec.Meta(min_length=1, max_length=MAX_NAME_CHARS)]
Text = Annotated[str, msgspec.Meta(max_length=MAX_TEXT_CHARS)]
Roubles = Annotated[int, msgspec.Meta(ge=0, le=10**18)]
WidthPpm = Annotated[int, msgspec.Meta(ge=0, lt=1_000_000)]
FeePpm = Annotated[int, msgspec.Meta(ge=-MAX_FEE_PPM, le=MAX_FEE_PPM)]
Seconds = Annotated[int, msgspec.Meta(ge=0, le=86_400)]
HostName = Annotated[str, msgspec.Meta(min_length=1, max_length=253)]
Decimal = Annotated[str, msgspec.Meta(min_length=1, max_length=40)]


class Entry(msgspec.Struct, forbid_unknown_fields=True, kw_only=True, frozen=True):
    """What all sections are: unknown keys are errors."""


class VenueSection(Entry, frozen=True):
    """[venue]."""

    id: Name
    title: Text = ""
    host: Name = "127.0.0.1"
    port: Annotated[int, msgspec.Meta(ge=0, le=65_535)] = 8765
    """0 lets the operating system choose."""
    rulebook: Name = "elr-2025"
    durability: Literal["fsync", "os"] = "fsync"
    metrics_port: Annotated[int, msgspec.Meta(ge=0, le=65_535)] | None = None
    """Left out: no metrics."""
    margin_grace_s: Annotated[int, msgspec.Meta(ge=1, le=MAX_GRACE_NS // NS_PER_SECOND)] | None = None
    """Left out: the core's."""
    test: bool = False
    """A venue for tests, from its first start on: its time can be moved, and made to go faster."""


class RateEntry(Entry, frozen=True):
    """What may be asked of the venue, in units of about one order: so many a second, and so many at once."""

    rate: Annotated[int, msgspec.Meta(ge=MIN_UNITS_PER_SECOND, le=MAX_UNITS_PER_SECOND)]
    burst: Annotated[int, msgspec.Meta(ge=MIN_UNITS_PER_SECOND, le=MAX_BURST_UNITS)]


class LimitsSection(Entry, frozen=True):
    """[limits]. Read at each start: what `SetRates` says goes before it."""

    lifted: bool = False
    """Nobody is limited: for load tests."""
    participant: RateEntry = RateEntry(rate=DEFAULT_UNITS_PER_SECOND, burst=DEFAULT_BURST_UNITS)
    """Of each, over all its connections."""
    address: RateEntry = RateEntry(rate=DEFAULT_ADDRESS_UNITS_PER_SECOND, burst=DEFAULT_ADDRESS_BURST_UNITS)
    """Of all who come from one and have not logged in."""
    participants: dict[Name, RateEntry] = {}
    """Those with one of their own."""


class ApprovalSection(Entry, frozen=True):
    """[approval]."""

    second: tuple[Name, ...] = ()
    """What a second participant must approve."""


class FaucetSection(Entry, frozen=True):
    """[faucet]. Read at each start: it is no part of the journal."""

    faucet: dict[Name, Decimal] = {}
    """Asset -> what an account may have of it a day."""


class ServerSection(Entry, frozen=True):
    """[server]: the connections, and who may make them."""

    heartbeat_s: Annotated[int, msgspec.Meta(ge=1, le=60)] = 5
    """A peer of whom nothing is heard for so long is asked with a ping, and again after as long."""
    missed_heartbeats: Annotated[int, msgspec.Meta(ge=1, le=10)] = 3
    """After so many times that, it counts as gone."""
    hosts: tuple[HostName, ...] = ()
    """By which the venue may be called in `Host`, beside the addresses it listens on; `*`: by any."""
    origins: tuple[Text, ...] = ()
    """Web pages from there may connect, as in `https://console.example`."""
    tls_cert: Text = ""
    """A PEM file with the certificate and those that vouch for it; empty: no TLS. Paths are relative to the venue file."""
    tls_key: Text = ""
    log_format: Literal["text", "json"] = "text"
    follower: bool = True
    """Whether a process beside the venue indexes its journal and saves snapshots."""
    snapshot_commands: Annotated[int, msgspec.Meta(ge=100, le=10_000_000)] = 50_000
    """Between two snapshots: what a start replays beyond one, about a second compiled."""


class DeribitSection(Entry, frozen=True):
    """[deribit]: a second port, for programs that speak Deribit's API, as `ccxt` does. Read at each start."""

    port: Annotated[int, msgspec.Meta(ge=0, le=65_535)]
    """At the venue's address, with its TLS; 0 lets the operating system choose."""


class DisclosureEntry(Entry, frozen=True):
    """What an issuer discloses of an asset (DISC-1): the document by its digest, or a short one as it is."""

    title: Annotated[str, msgspec.Meta(min_length=1, max_length=MAX_TEXT_CHARS)]
    cover: Decimal
    """What covers what is outstanding, in percent of it, with up to four decimals."""
    digest: Annotated[str, msgspec.Meta(pattern="^([0-9a-f]{64})?$")] = ""
    """SHA-256, in hexadecimal."""
    text: Annotated[str, msgspec.Meta(max_length=MAX_RULE_TEXT_CHARS)] = ""
    """The document itself, of which the venue makes the digest."""
    until: datetime.date | None = None
    """The last day on which it counts, in Moscow."""


class AssetEntry(Entry, frozen=True):
    """[[assets]]."""

    asset: Name
    kind: Literal["fiat", "crypto", "foreign_stablecoin", "domestic_stablecoin", "security"]
    scale: Annotated[int, msgspec.Meta(ge=0, le=DECIMALS)]
    privacy: Literal["none", "optional", "default"] = "none"
    market_cap_rub: Roubles = 0
    turnover_rub: Roubles = 0
    history_years: Annotated[int, msgspec.Meta(ge=0, le=1_000)] = 0
    issuer: Annotated[str, msgspec.Meta(max_length=MAX_NAME_CHARS)] = ""
    """If it is a participant, it may issue, redeem and freeze the asset."""
    terms: Text = ""
    issue_limit: Decimal = "0"
    follows: Annotated[str, msgspec.Meta(max_length=MAX_NAME_CHARS)] = ""
    """Of a security: what its price follows, an asset of this file or, by its word, something that is no crypto."""
    disclosure: DisclosureEntry | None = None
    """Of a security or a domestic stablecoin."""


class IndexEntry(Entry, frozen=True):
    """[[indices]]. The first price of each, in the quote asset of the futures that follow it."""

    index: Name
    price: Decimal
    source: Annotated[str, msgspec.Meta(min_length=1, max_length=MAX_TEXT_CHARS)]


class InstrumentEntry(Entry, frozen=True):
    """[[instruments]]. Prices in the quote asset, quantities in the base asset, as decimal strings."""

    instrument: Name
    kind: Literal["spot", "note", "future"]
    base: Name
    quote: Name
    tick: Decimal
    lot: Decimal
    min_quantity: Decimal
    max_quantity: Decimal
    max_notional: Decimal
    collar_ppm: Annotated[int, msgspec.Meta(gt=0, lt=1_000_000)]
    reference_price: Decimal = "0"
    maker_fee_ppm: FeePpm = 0
    taker_fee_ppm: FeePpm = 0
    underlying: Annotated[str, msgspec.Meta(max_length=MAX_NAME_CHARS)] = ""
    static_band_ppm: WidthPpm = 0
    dynamic_band_ppm: WidthPpm = 0
    volatility_auction_s: Seconds = 120
    auction_random_s: Seconds = 0
    allocation: Literal["price_time", "pro_rata", "price_size_time"] = "price_time"
    batch_ms: Annotated[int, msgspec.Meta(ge=0, le=86_400_000)] = 0
    schedule: dict[str, str] = {}
    """Moscow time of day -> phase."""
    expires: datetime.date | None = None
    """Futures: the day in Moscow on which the series is settled."""
    expires_at: str = "18:45"
    """Futures: Moscow time of that day."""
    averaging_s: Seconds = 0
    mark_interval_s: Seconds = 0
    max_position: Decimal = "0"
    phase: Literal["closed", "pre_open", "continuous", "halted", "cancel_only"] = "closed"


class ParticipantEntry(Entry, frozen=True):
    """[[participants]]."""

    participant: Name
    role: Literal["participant", "supervisor", "operator", "surveillance"]
    public_key: Annotated[str, msgspec.Meta(pattern="^[0-9a-fA-F]{64}$")]


class IntermediaryEntry(Entry, frozen=True):
    """[[intermediaries]]."""

    intermediary: Name
    licensed: bool = True
    capital_rub: Roubles = 0
    suspended: bool = False
    licence: Text = ""
    bank: bool = False
    own_investor: Annotated[str, msgspec.Meta(max_length=MAX_NAME_CHARS)] = ""
    """The investor who is the intermediary itself (CUST-1)."""


class TakenTest(Entry, frozen=True):
    """One test an investor took."""

    test: Literal["knowledge", "risk", "crypto", "foreign_stablecoin", "domestic_stablecoin", "security", "future"]
    score: Annotated[int, msgspec.Meta(ge=0, le=100)]
    taken: datetime.date
    """The day in Moscow."""


class Authorisation(Entry, frozen=True):
    """Through whom an investor may buy, in a Moscow calendar year."""

    intermediary: Name
    year: Annotated[int, msgspec.Meta(ge=2000, le=2200)]


class InvestorEntry(Entry, frozen=True):
    """[[investors]]."""

    investor: Name
    kind: Literal["individual", "firm"] = "individual"
    resident: bool = True
    assets_rub: Roubles = 0
    income_rub: Roubles = 0
    financial: bool = False
    capital_rub: Roubles = 0
    blocked: bool = False
    bank: bool = False
    earlier_income_rub: Roubles = 0
    certified: bool = False
    foreign_trade: bool = False
    tests: tuple[TakenTest, ...] = ()
    authorised: tuple[Authorisation, ...] = ()
    acknowledgements: tuple[Annotated[int, msgspec.Meta(ge=1, le=MAX_KNOWN_TEXTS)], ...] = ()
    """Texts of the risk warning, by their numbers in [[warnings]] from 1."""
    documents: dict[str, str] = {}
    """Numbers by kind of document."""
    risk_level: Literal["", "low", "medium", "high"] = ""
    """Of a client (AML-2); empty: not assessed."""
    owners: tuple[dict[str, str], ...] = ()
    """A firm's beneficial owners, each by documents."""


class WarningEntry(Entry, frozen=True):
    """[[warnings]]. Without any there is one text: that of RISK-1 in the venue's rulebook, else in `general-2026`."""

    text: Annotated[str, msgspec.Meta(min_length=1, max_length=MAX_RULE_TEXT_CHARS)]


class ContractEntry(Entry, frozen=True):
    """[[contracts]]. Of foreign trade, which transfers use up (SET-1)."""

    contract: Name
    payer: Name
    payee: Name
    asset: Name
    amount: Decimal
    concluded: datetime.date
    subject: Annotated[str, msgspec.Meta(min_length=1, max_length=MAX_TEXT_CHARS)]


class AccountEntry(Entry, frozen=True):
    """[[accounts]]. `deposits`, `issued`: asset -> decimal string."""

    account: Name
    participant: Name
    investor: Name
    intermediary: Annotated[str, msgspec.Meta(max_length=MAX_NAME_CHARS)] = ""
    custody: Literal["depositary", "own_address", "self_custody"] = "depositary"
    deposits: dict[str, Decimal] = {}
    issued: dict[str, Decimal] = {}
