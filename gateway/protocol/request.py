"""What requests are made of. `gateway.protocol.requests` and `past_requests` have the requests themselves."""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec

from engine.vocabulary.limits import MAX_NAME_CHARS, MAX_TEXT_CHARS

Name = Annotated[str, msgspec.Meta(min_length=1, max_length=MAX_NAME_CHARS)]
Text = Annotated[str, msgspec.Meta(max_length=MAX_TEXT_CHARS)]
_DECIMAL = {"format": "decimal", "pattern": r"^[0-9]+(\.[0-9]{1,8})?$"}
_OFFSET = {"format": "decimal", "pattern": r"^-?[0-9]+(\.[0-9]{1,8})?$"}
# What a decoder takes; what it must look like is said to others, and looked at where it is read.
Decimal = Annotated[str, msgspec.Meta(min_length=1, max_length=32, extra_json_schema=_DECIMAL)]
RequestId = Annotated[int, msgspec.Meta(ge=0, le=2**53 - 1)]
Seq = Annotated[int, msgspec.Meta(ge=0, le=2**63 - 1)]
Side = Literal["buy", "sell"]
OrderType = Literal["limit", "market", "stop", "stop_limit", "trailing_stop", "iceberg", "pegged"]
TimeInForce = Literal["gtc", "ioc", "fok", "day", "gtd", "at_open", "at_close"]
SelfTrade = Literal["cancel_newest", "cancel_oldest", "cancel_both", "decrement", "reject"]
Peg = Literal["own", "opposite", "mid"]
Lang = Literal["en", "ru"]
Interval = Literal["1s", "10s", "1m", "5m", "15m", "1h", "4h", "1d"]
"""Of candles."""
Purpose = Literal["own_account", "domestic_payment", "cross_border"]
Offset = Annotated[str, msgspec.Meta(min_length=1, max_length=33, extra_json_schema=_OFFSET)]


class Request(
    msgspec.Struct,
    forbid_unknown_fields=True,
    omit_defaults=True,
    tag_field="type",
    kw_only=True,
    frozen=True,
    gc=False,
):
    """What every request has."""

    id: RequestId
