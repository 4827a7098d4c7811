"""Answers about who one is, what may be asked, and what holds. `gateway.protocol.messages` exports these too."""

from __future__ import annotations

import msgspec

from gateway.protocol.connection_messages import Rate
from gateway.protocol.private_messages import Message


class TimeReply(Message, tag="time"):
    """The venue's time, nanoseconds since the epoch, UTC: what a command gets that is sequenced now. It never decreases."""

    id: int
    time: int


class AssetInfo(msgspec.Struct, kw_only=True, omit_defaults=True, gc=False):
    """One asset. What does not apply is left out."""

    asset: str
    kind: str
    scale: int
    """Decimals of its smallest unit."""
    tier: str | None = None
    """Of crypto, where rules ask for one (RET-2): `highly_liquid`, `lost` (it was), `other`."""
    privacy: str | None = None
    """Of crypto (ANON-1)."""
    issuer: str | None = None
    """Who may issue and redeem it, beside the venue."""
    outstanding: str | None = None
    """Of what was issued here: less what was redeemed."""
    issue_limit: str | None = None
    terms: str | None = None
    follows: str | None = None
    """Of a security: what its price follows."""
    disclosure: str | None = None
    """The digest of what its issuer has disclosed last (DISC-1)."""


class AssetsReply(Message, tag="assets"):
    """Assets, in the order in which they came."""

    id: int
    assets: list[AssetInfo]
    more: bool = False
    """There are more after the last of these."""


class InstrumentFees(msgspec.Struct, kw_only=True, gc=False):
    """What a trade costs: millionths of its value, in the asset `asset`; below zero it is paid to the account."""

    instrument: str
    maker_ppm: int
    taker_ppm: int
    asset: str


class FeesReply(Message, tag="fees"):
    """The fees of an account as of its report `seq`."""

    id: int
    account: str
    seq: int
    fees: list[InstrumentFees]
    paid: dict[str, str]
    """For the trades of the trading day, as corrected, by asset; an asset without any is left out."""
    trading_day: str
    """In Moscow, `2026-03-31`."""
    more: bool = False
    """There are more instruments after the last of these."""


class AccountLimits(msgspec.Struct, kw_only=True, omit_defaults=True, gc=False):
    """What one account may still do."""

    account: str
    open_orders: int
    max_open_orders: int
    client_order_ids: int
    """Used for this trading day: by what was entered in it, and by what is still open from before."""
    max_client_order_ids: int
    waiting_movements: int
    max_waiting_movements: int
    largest_order: str | None = None
    """In roubles, of one order priced in them (OPS-1)."""


class LimitsReply(Message, tag="limits"):
    """What may still be asked and done. Left out is what is not limited."""

    id: int
    participant: str
    connections: int
    max_connections: int
    accounts: list[AccountLimits]
    rates: list[Rate] = []
    """Of this connection and of what it shares."""
    orders_per_second: int | None = None
    """New orders and amends of the participant, which count in `orders` whether they were refused or not."""
    max_order_value: int | None = None
    """Of one order, in the smallest unit of what it is priced in."""
    max_order_to_trade: int | None = None
    orders: int | None = None
    """Of this trading day, where the participant has limits, as are `trades`."""
    trades: int | None = None
    more: bool = False
    """There are more accounts after the last of these."""


class CapInfo(msgspec.Struct, kw_only=True, omit_defaults=True, gc=False):
    """The annual cap of a retail investor (RET-1), in roubles."""

    limit: str
    used: str
    reserved: str
    """For open orders that purchase."""
    left: str
    through: str | None = None
    """The intermediary whose purchases count; left out: those through all count together."""


class OwnAccount(msgspec.Struct, kw_only=True, omit_defaults=True, gc=False):
    """One account, and what is on record of its investor."""

    account: str
    seq: int
    """Of its last report."""
    investor: str
    kind: str | None = None
    """`individual` or `firm`."""
    investor_class: str | None = None
    intermediary: str | None = None
    custody: str | None = None
    """How it is held; left out: in a depositary."""
    blocked: bool = False
    killed: bool = False
    """A kill switch stops its orders."""
    tests: dict[str, int] = {}
    """The score of each test that was sat, in percent."""
    acknowledged: list[str] = []
    """Digests of the risk warnings that were acknowledged."""
    cap: CapInfo | None = None
    """Where it applies."""


class OwnKey(msgspec.Struct, kw_only=True, omit_defaults=True, gc=False):
    """One key of whoever asks, in force as of now."""

    key: str
    """Its name."""
    fingerprint: str
    """The first 16 hexadecimal digits of the SHA-256 of the public key, of its 32 bytes."""
    scopes: list[str]
    since: int
    """When it was registered."""
    addresses: list[str] = []
    """From where it may be used; left out: from everywhere."""
    until: int | None = None
    """When it ends by itself; left out: when somebody ends it."""


class MeReply(Message, tag="me"):
    """Who is logged in, and its accounts in the order in which they were opened."""

    id: int
    participant: str
    role: str
    accounts: list[OwnAccount]
    key: str | None = None
    """With which of its keys the connection has logged in."""
    scopes: list[str] = []
    """What may be done with it."""
    keys: list[OwnKey] = []
    """All that may log in as this participant, in the order in which they were registered."""
    more: bool = False
    """There are more accounts after the last of these."""
