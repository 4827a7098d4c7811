"""The past of an account, over days and restarts: asked of the venue page by page, as far as a call needs."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Final, TypeVar

from gateway.deribit.callers.caller import Caller
from gateway.deribit.dialect.failures import Failure
from gateway.protocol import messages as m
from gateway.protocol.past_messages import Fill, OrderInfo, Settlement
from gateway.protocol.past_requests import MAX_LISTED_PAST, SettlementKind, Sort

MAX_PAGES: Final = 50
"""Of one call: each is a question of the venue, which costs what a question does. Who wants more names a time."""
_ID: Final = 0
T = TypeVar("T")


class Span:
    """Of when something is wanted, and how much of it, in which order.

    Args:
        from_ns: not before.
        to_ns: not after; None: up to now.
        sort: which come first.
        count: so many at most.
    """

    def __init__(self, from_ns: int, to_ns: int | None, sort: Sort, count: int) -> None:
        self.from_ns: Final = from_ns or None
        self.to_ns: Final = to_ns
        self.sort: Final[Sort] = sort
        self.count: Final = count


async def order_of(caller: Caller, order_id: int) -> OrderInfo:
    """How an order stands, or how it ended. Raises `Failure`: it is none of the account's."""
    account = caller.own_desk().account
    try:
        reply = await caller.asker.ask(m.OrderStatus(id=_ID, account=account, order_id=order_id), m.OrderStatusReply)
    except Failure as failure:
        if failure.data.get("code") == "unknown":
            raise Failure(10004, "order_not_found", reason="no order of this account", order_id=str(order_id)) from None
        raise
    return reply.order


async def fills(
    caller: Caller, span: Span, instrument: str | None, order_id: int | None, holds: Callable[[Fill], bool]
) -> tuple[list[Fill], bool]:
    """Fills that stand, and whether there are more. Raises `Failure`."""
    account = caller.own_desk().account

    async def page(cursor: str | None) -> tuple[list[Fill], bool, str | None]:
        reply = await caller.asker.ask(
            m.Fills(
                id=_ID,
                account=account,
                instrument=instrument,
                order_id=order_id,
                from_time=span.from_ns,
                to_time=span.to_ns,
                sort=span.sort,
                limit=min(MAX_LISTED_PAST, span.count + 1),
                cursor=cursor,
            ),
            m.FillsReply,
        )
        return reply.fills, reply.more, reply.cursor

    return await _pages(page, holds, span.count)


async def ended_orders(
    caller: Caller, count: int, instrument: str | None, holds: Callable[[OrderInfo], bool]
) -> tuple[list[OrderInfo], bool]:
    """Orders that have ended, the newest first. Raises `Failure`."""
    account = caller.own_desk().account

    async def page(cursor: str | None) -> tuple[list[OrderInfo], bool, str | None]:
        limit = min(MAX_LISTED_PAST, count + 1)
        reply = await caller.asker.ask(
            m.OrderHistory(id=_ID, account=account, instrument=instrument, limit=limit, cursor=cursor),
            m.OrderHistoryReply,
        )
        return reply.orders, reply.more, reply.cursor

    return await _pages(page, holds, count)


async def settlements(
    caller: Caller, span: Span, instrument: str | None, kinds: list[SettlementKind], first: str | None
) -> tuple[list[Settlement], str | None]:
    """One page of what positions brought, from a cursor on, and the next cursor. Raises `Failure`."""
    reply = await caller.asker.ask(
        m.Settlements(
            id=_ID,
            account=caller.own_desk().account,
            instrument=instrument,
            kinds=kinds,
            to_time=span.to_ns,
            limit=min(MAX_LISTED_PAST, span.count),
            cursor=first,
        ),
        m.SettlementsReply,
    )
    return reply.settlements, reply.cursor if reply.more else None


async def _pages(
    page: Callable[[str | None], Awaitable[tuple[list[T], bool, str | None]]], holds: Callable[[T], bool], count: int
) -> tuple[list[T], bool]:
    """Pages, until there are enough of what is wanted, or as many as a call may ask for."""
    found: list[T] = []
    cursor: str | None = None
    for _ in range(MAX_PAGES):
        listed, more, cursor = await page(cursor)
        found += [each for each in listed if holds(each)]
        if len(found) > count or not more:
            return found[:count], more or len(found) > count
    return found[:count], True
