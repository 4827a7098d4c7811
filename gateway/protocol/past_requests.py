"""What is asked about the past of an account, page by page. `gateway.protocol.messages` exports these requests with all others."""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec

from gateway.protocol.request import Name, Request, Seq

MAX_LISTED_PAST = 200
"""Fills, orders or settlements in one answer: as many as open orders, 70 KB of JSON."""
Sort = Literal["newest", "oldest"]
Moment = Annotated[int, msgspec.Meta(ge=0, le=2**63 - 1)]
# Longer than any, so that a newline at its end, which `$` lets pass, is all that could be wrong with it.
Cursor = Annotated[str, msgspec.Meta(pattern=r"^[0-9]{1,19}-[0-9]{1,19}$", max_length=39)]
Limit = Annotated[int, msgspec.Meta(ge=1, le=MAX_LISTED_PAST)]
Day = Annotated[str, msgspec.Meta(pattern=r"^[0-9]{4}-[0-9]{2}-[0-9]{2}$", max_length=10)]
SettlementKind = Literal[
    "variation_margin",
    "final_settlement",
    "margin_call",
    "margin_restored",
    "close_out",
    "default",
    "loss_shared",
]


class PastRequest(Request, frozen=True):
    """What all that is asked for in pages has: whose, of when, and which page."""

    account: Name
    instrument: Name | None = None
    from_time: Moment | None = None
    """Not before this time: nanoseconds since the epoch, UTC, as is `to_time`."""
    to_time: Moment | None = None
    """Not after this time."""
    after_seq: Seq = 0
    """What came with a later report of the account only."""
    sort: Sort = "newest"
    """Which come first."""
    limit: Limit = 100
    """So many at most."""
    cursor: Cursor | None = None
    """The one of the page before, to go on behind it."""


class Fills(PastRequest, tag="fills", frozen=True):
    """List the fills of an account, of past days too; of an instrument, or of the order `order_id`."""

    order_id: Seq | None = None


class OrderHistory(PastRequest, tag="order_history", frozen=True):
    """List the orders of an account that have ended, by when they did; with `which` `all`, all orders, by when they were entered."""

    which: Literal["ended", "all"] = "ended"


class OrderStatus(Request, tag="order_status", frozen=True):
    """Say how an order stands, or how it ended, be it of a past day. It is named by one of its two ids."""

    account: Name
    order_id: Seq | None = None
    client_order_id: Name | None = None
    """Of several orders that had it, each in a day of its own, the last one is meant."""
    trading_day: Day | None = None
    """Beside `client_order_id`: the day in Moscow on which the order was entered, `2026-03-31`."""


class Settlements(PastRequest, tag="settlements", frozen=True):
    """List what positions in futures brought and cost an account: variation margin, final settlements, margin calls, close-outs, defaults."""

    kinds: Annotated[list[SettlementKind], msgspec.Meta(max_length=7)] = []
    """Left out: all."""
