"""What a client hands out of an account's past: as `gateway.client.values.values`, `Decimal` in place of text."""

from __future__ import annotations

from decimal import Decimal

import msgspec

from gateway.client.values.values import Fill
from gateway.protocol import messages as m


class Correction(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """A supervisor undid a trade (`new_price` None), or gave it another price; `fee` is what it costs since."""

    seq: int
    time: int
    fee: Decimal
    reason: str
    new_price: Decimal | None = None


class PastFill(Fill, frozen=True, kw_only=True, gc=False):
    """A fill as it was told, and what became of its trade since."""

    fee_asset: str
    filled_quantity: Decimal
    """Of its order, with it."""
    leaves_quantity: Decimal
    corrected: Correction | None = None


def past_fill(account: str, fill: m.Fill) -> PastFill:
    """What is handed out of a fill of an account."""
    facts = msgspec.structs.asdict(fill)
    facts["price"], facts["quantity"] = facts.pop("last_price"), facts.pop("last_quantity")
    facts["time"] = facts.pop("transact_time")
    corrected = None if fill.corrected is None else msgspec.structs.asdict(fill.corrected)
    return msgspec.convert({**facts, "account": account, "corrected": corrected}, PastFill)


class PastOrder(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """An order, open or ended. None is what does not apply, or is not known: docs/PROTOCOL.md says when."""

    order_id: int
    client_order_id: str
    instrument: str
    order_status: str
    seq: int
    updated: int
    entered: int | None = None
    side: m.Side | None = None
    order_type: str | None = None
    time_in_force: str | None = None
    price: Decimal | None = None
    stop_price: Decimal | None = None
    triggered: bool = False
    quantity: Decimal | None = None
    filled_quantity: Decimal | None = None
    leaves_quantity: Decimal | None = None
    fills: int | None = None
    filled_value: Decimal | None = None
    average_price: Decimal | None = None
    fee: Decimal | None = None
    fee_asset: str | None = None
    reason: str | None = None
    code: str | None = None
    rule: str | None = None

    @property
    def is_open(self) -> bool:
        """Whether it has not ended."""
        return self.order_status in ("new", "partially_filled")


class Settlement(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """One thing that a position in a future brought or cost."""

    kind: str
    seq: int
    time: int
    instrument: str | None = None
    asset: str | None = None
    position: Decimal | None = None
    price: Decimal | None = None
    amount: Decimal | None = None
    available: Decimal | None = None
    reserved: Decimal | None = None
    until: int | None = None
    reason: str | None = None


class Asset(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """An asset. None is what does not apply."""

    asset: str
    kind: str
    scale: int
    tier: str | None = None
    privacy: str | None = None
    issuer: str | None = None
    outstanding: Decimal | None = None
    issue_limit: Decimal | None = None
    terms: str | None = None
    follows: str | None = None
    disclosure: str | None = None


class InstrumentFees(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """What a trade costs, in millionths of its value, in an asset; below zero it is paid to the account."""

    instrument: str
    maker_ppm: int
    taker_ppm: int
    asset: str


class Fees(msgspec.Struct, frozen=True, kw_only=True):
    """The fees of an account by instrument, and what it has paid for the trades of the day, by asset, as of its report `seq`."""

    account: str
    seq: int
    trading_day: str
    by_instrument: dict[str, InstrumentFees]
    paid: dict[str, Decimal]
