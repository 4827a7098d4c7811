"""What an order asks for: a type for each type of order, with the fields that it has and no others.

    Limit(instrument="BTC/RUB", side="buy", quantity="0.01", price="8000000", post_only="reprice")
    StopLimit(instrument="BTC/RUB", side="sell", quantity="0.01", stop_price="7900000", price="7890000")

Prices, quantities and money are `str`, `int` or `Decimal`; a float raises `TypeError` at once. docs/MATCHING.md says what each does.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any, ClassVar, Final, Literal

import msgspec

from gateway.client.values.amounts import Amount, decimal_text
from gateway.protocol import messages as m
from gateway.protocol.request import Peg, SelfTrade

Resting = Literal["gtc", "day", "gtd"]
"""How long what rests or waits may: until it is cancelled, to the end of the day in Moscow, or to `expire_time`."""
PostOnly = bool | Literal["reject", "reprice"]

_AMOUNTS: Final = frozenset(
    ("quantity", "price", "stop_price", "trail", "display_quantity", "peg_offset", "min_quantity", "funds")
)
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


class BaseTerms(msgspec.Struct, kw_only=True, frozen=True):
    """What every order has. Use one of the types that follow.

    `self_trade` says what becomes of it where it meets an order of the same owner; None: as the venue has it.
    """

    order_type: ClassVar[m.OrderType]
    instrument: str
    side: m.Side
    self_trade: SelfTrade | None = None

    def __post_init__(self) -> None:
        for name in self.__struct_fields__:
            value = getattr(self, name)
            if name in _AMOUNTS and value is not None:
                decimal_text(value, name)


class Limit(BaseTerms, kw_only=True, frozen=True):
    """Trade at `price` or better, then rest.

    `expire_time` belongs to `gtd`: an aware datetime, or nanoseconds since the epoch, UTC. `min_quantity` belongs to `ioc`: at least so
    much at once, or nothing. `reduce_only`, of a future: only what makes the position smaller.
    """

    order_type = "limit"
    quantity: Amount
    price: Amount
    time_in_force: m.TimeInForce = "gtc"
    expire_time: datetime | int | None = None
    post_only: PostOnly = False
    min_quantity: Amount | None = None
    reduce_only: bool = False


class Market(BaseTerms, kw_only=True, frozen=True):
    """Trade at once, no further than the venue's collar; the rest is cancelled.

    Either a `quantity`, or `funds`: a budget in the quote asset, of a buy with its fees.
    """

    order_type = "market"
    quantity: Amount | None = None
    funds: Amount | None = None
    time_in_force: Literal["gtc", "day", "ioc", "fok", "at_open", "at_close"] = "gtc"
    min_quantity: Amount | None = None
    reduce_only: bool = False

    def __post_init__(self) -> None:
        super().__post_init__()
        if (self.quantity is None) == (self.funds is None):
            raise ValueError("a market order has either a quantity or funds")


class Stop(BaseTerms, kw_only=True, frozen=True):
    """Wait until the last trade is at `stop_price` or through it, then trade as a market order."""

    order_type = "stop"
    quantity: Amount
    stop_price: Amount
    time_in_force: Resting = "gtc"
    expire_time: datetime | int | None = None
    reduce_only: bool = False


class StopLimit(BaseTerms, kw_only=True, frozen=True):
    """Wait until the last trade is at `stop_price` or through it, then be a limit order at `price`."""

    order_type = "stop_limit"
    quantity: Amount
    stop_price: Amount
    price: Amount
    time_in_force: Resting = "gtc"
    expire_time: datetime | int | None = None
    reduce_only: bool = False


class TrailingStop(BaseTerms, kw_only=True, frozen=True):
    """A stop whose price follows the last trade, at a distance: `trail` in price, or `trail_bps` in basis points (1 to 9 999)."""

    order_type = "trailing_stop"
    quantity: Amount
    trail: Amount | None = None
    trail_bps: int | None = None
    time_in_force: Resting = "gtc"
    expire_time: datetime | int | None = None
    reduce_only: bool = False

    def __post_init__(self) -> None:
        super().__post_init__()
        if (self.trail is None) == (self.trail_bps is None):
            raise ValueError("a trailing stop has either a trail or trail_bps")


class Iceberg(BaseTerms, kw_only=True, frozen=True):
    """A limit order that shows at most `display_quantity`."""

    order_type = "iceberg"
    quantity: Amount
    price: Amount
    display_quantity: Amount
    time_in_force: Resting = "gtc"
    expire_time: datetime | int | None = None
    post_only: PostOnly = False
    reduce_only: bool = False


class Pegged(BaseTerms, kw_only=True, frozen=True):
    """A limit order whose price follows the touch: its `own`, the `opposite`, or the `mid`, plus `peg_offset` (may be below zero).

    `price` is the worst it may get; left out, the edge of the static band.
    """

    order_type = "pegged"
    quantity: Amount
    peg: Peg
    peg_offset: Amount | None = None
    price: Amount | None = None
    time_in_force: Resting = "gtc"
    expire_time: datetime | int | None = None
    reduce_only: bool = False


Terms = Limit | Market | Stop | StopLimit | TrailingStop | Iceberg | Pegged


def wire_fields(terms: Terms, client_order_id: str) -> dict[str, Any]:
    """The fields of a request that enters an order of these terms: those of `gateway.protocol.messages.OrderTerms`."""
    found: dict[str, Any] = {"order_type": terms.order_type, "client_order_id": client_order_id}
    for name in terms.__struct_fields__:
        value = getattr(terms, name)
        if value is not None:
            found[name] = decimal_text(value, name) if name in _AMOUNTS else value
    if isinstance(found.get("expire_time"), datetime):
        found["expire_time"] = _nanoseconds(found["expire_time"])
    return found


def _nanoseconds(moment: datetime) -> int:
    """Nanoseconds since the epoch, exactly. Raises `ValueError` for a time without a zone."""
    if moment.tzinfo is None:
        raise ValueError(f"expire_time {moment} has no time zone: write datetime(..., tzinfo=UTC)")
    return (moment - _EPOCH) // timedelta(microseconds=1) * 1_000
