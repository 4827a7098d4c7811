"""Calls that enter, change and cancel orders: each is one command of the venue, by the caller's session."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final, Literal

from engine.vocabulary.limits import MAX_NAME_CHARS
from gateway.deribit.callers.caller import TOKEN_CHARS, Caller, Method, Venue
from gateway.deribit.callers.keys import TRADE
from gateway.deribit.dialect.failures import Failure, invalid, not_there, of_reject
from gateway.deribit.dialect.listed import ANY, ASKED_KINDS, kind_of
from gateway.deribit.dialect.order_state import OrderState, fill_document, order_document
from gateway.deribit.dialect.params import Params
from gateway.protocol import messages as m

MAX_LABEL_CHARS: Final = MAX_NAME_CHARS - TOKEN_CHARS - 1
"""The label and what makes it unlike all others are the venue's client order id."""
_ID: Final = 0
_TIMES: Final[dict[str, m.TimeInForce]] = {
    "good_til_cancelled": "gtc",
    "good_til_day": "day",
    "fill_or_kill": "fok",
    "immediate_or_cancel": "ioc",
}
_TYPES: Final[dict[str, m.OrderType]] = {
    "limit": "limit",
    "market": "market",
    "stop_limit": "stop_limit",
    "stop_market": "stop",
    "trailing_stop": "trailing_stop",
}
_OTHER_TYPES: Final = ("take_limit", "take_market", "market_limit")
"""Of Deribit alone."""
_LAST: Final = "last_price"


async def _buy(venue: Venue, caller: Caller, params: Params) -> Any:
    return await _enter(venue, caller, params, "buy")


async def _sell(venue: Venue, caller: Caller, params: Params) -> Any:
    return await _enter(venue, caller, params, "sell")


async def _enter(venue: Venue, caller: Caller, params: Params, side: Literal["buy", "sell"]) -> Any:
    desk = caller.own_desk()
    await desk.begun()
    name = params.needed("instrument_name")
    if venue.markets.listed.names.instrument(name) is None:
        await venue.markets.refresh()
    info = venue.markets.listed.find(name)
    request = _new_order(params, info.instrument, side, (desk.account, caller.client_order_id))
    params.end()
    report = await caller.asker.ask(request, m.ExecutionReport)
    if report.order_status == "rejected":
        raise of_reject(report)
    order = desk.order(report.order_id)
    if order is None:
        # One that was sent before, on another day of this venue's life.
        order = OrderState(report.order_id, report.client_order_id, report.instrument, report.transact_time)
        order.take(report)
    order.post_only, order.reduce_only = bool(request.post_only), request.reduce_only
    return _with_fills(venue, caller, order)


def _new_order(
    params: Params, instrument: str, side: Literal["buy", "sell"], mine: tuple[str, Callable[[str], str]]
) -> m.NewOrder:
    """The order as the venue takes it. What it asks for that this port can't have is refused."""
    account, client_order_id = mine
    asked = params.one_of("type", (*_TYPES, *_OTHER_TYPES), "limit")
    if asked in _OTHER_TYPES:
        raise not_there(f"orders of type {asked}: limit, market, stop_limit, stop_market and trailing_stop are there")
    kind = _TYPES[asked]
    amount, price = params.decimal("amount"), params.decimal("price")
    if amount is None:
        raise invalid("amount", "missing")
    label = params.text("label")
    if len(label) > MAX_LABEL_CHARS:
        raise invalid("label", f"at most {MAX_LABEL_CHARS} characters")
    post_only, rejects = params.flag("post_only"), params.flag("reject_post_only")
    display = params.decimal("display_amount") if params.has("display_amount") else params.decimal("max_show")
    if params.one_of("trigger", (_LAST, "mark_price", "index_price"), _LAST) != _LAST:
        raise not_there("triggers by mark or index: stops trigger by the last trade price")
    trigger, offset = params.decimal("trigger_price"), params.decimal("trigger_offset")
    if params.has("stop_price"):
        trigger = params.decimal("stop_price")
    has_limit = kind in ("limit", "stop_limit")
    return m.NewOrder(
        id=_ID,
        account=account,
        client_order_id=client_order_id(label),
        instrument=instrument,
        side=side,
        quantity=amount,
        order_type="iceberg" if display is not None and kind == "limit" else kind,
        time_in_force=_TIMES[params.one_of("time_in_force", tuple(_TIMES), "good_til_cancelled")],
        # `ccxt` may send a price with a market order, where it says nothing.
        price=price if has_limit else None,
        post_only=False if not post_only else "reject" if rejects else "reprice",
        stop_price=trigger,
        trail=offset,
        display_quantity=display,
        reduce_only=params.flag("reduce_only"),
    )


async def _edit(venue: Venue, caller: Caller, params: Params) -> Any:
    desk = caller.own_desk()
    await desk.begun()
    order_id = params.order_id()
    amount, price = params.decimal("amount"), params.decimal("price")
    trigger = params.decimal("trigger_price") if params.has("trigger_price") else params.decimal("stop_price")
    display = params.decimal("display_amount")
    params.end()
    if amount is None and price is None and trigger is None and display is None:
        raise invalid("amount", "an amount or a price is needed")
    known = desk.order(order_id)
    fills_before = 0 if known is None else len(desk.fills_of(order_id))
    reply = await caller.asker.reply_to(
        m.AmendOrder(
            id=_ID,
            account=desk.account,
            order_id=order_id,
            price=price,
            quantity=amount,
            stop_price=trigger,
            display_quantity=display,
        )
    )
    return _with_fills(venue, caller, _after(caller, reply, order_id), fills_before)


async def _cancel(venue: Venue, caller: Caller, params: Params) -> Any:
    desk = caller.own_desk()
    await desk.begun()
    order_id = params.order_id()
    params.end()
    reply = await caller.asker.reply_to(m.CancelOrder(id=_ID, account=desk.account, order_id=order_id))
    return order_document(_after(caller, reply, order_id), venue.markets.listed)


def _after(caller: Caller, reply: m.Message, order_id: int) -> OrderState:
    """The order as it is after a change. Raises `Failure` if that was refused."""
    if isinstance(reply, m.RequestRejected):
        raise of_reject(reply)
    order = caller.own_desk().order(order_id)
    if order is None:
        raise Failure(10004, "order_not_found", order_id=str(order_id))
    return order


def _with_fills(venue: Venue, caller: Caller, order: OrderState, after: int = 0) -> dict[str, Any]:
    listed, fills = venue.markets.listed, caller.own_desk().fills_of(order.order_id)
    return {"order": order_document(order, listed), "trades": [fill_document(fill, listed) for fill in fills[after:]]}


# ── many at once ───────────────────────────────────────────────────────────────────────────────────────────────────


async def _cancel_all(venue: Venue, caller: Caller, params: Params) -> Any:
    params.ignore("freeze_quotes")
    _refuse_details(params)
    return await _mass_cancel(caller, None)


async def _cancel_all_by_instrument(venue: Venue, caller: Caller, params: Params) -> Any:
    await venue.markets.refresh()
    info = venue.markets.listed.find(params.needed("instrument_name"))
    params.ignore("include_combos", "freeze_quotes")
    _refuse_details(params)
    return await _mass_cancel(caller, info.instrument)


async def _cancel_all_by_currency(venue: Venue, caller: Caller, params: Params) -> Any:
    """One command for each book in which there are orders of the currency: the venue has none for a currency."""
    desk = caller.own_desk()
    await desk.begun()
    currency, kind = params.needed("currency"), params.one_of("kind", ASKED_KINDS, ANY)
    params.ignore("freeze_quotes")
    _refuse_details(params)
    infos = {order.instrument: venue.markets.listed.info(order.instrument) for order in desk.orders()}
    return sum(
        [
            await _mass_cancel(caller, instrument)
            for instrument, info in infos.items()
            if kind in (ANY, kind_of(info)) and currency in (ANY, info.base, info.quote)
        ]
    )


def _refuse_details(params: Params) -> None:
    if params.flag("detailed"):
        raise not_there("detailed: the number of orders is what this port tells")
    if params.text("type", "all") != "all":
        raise not_there("type: orders of all types are cancelled together")
    params.end()


async def _mass_cancel(caller: Caller, instrument: str | None) -> int:
    reply = await caller.asker.reply_to(m.MassCancel(id=_ID, account=caller.own_desk().account, instrument=instrument))
    if isinstance(reply, m.RequestRejected):
        raise of_reject(reply)
    assert isinstance(reply, m.MassCancelled)
    return reply.orders


TRADING: Final[dict[str, Method]] = {
    "private/buy": Method(_buy, TRADE, acts=True, asks=True),
    "private/cancel": Method(_cancel, TRADE, acts=True, asks=True),
    "private/cancel_all": Method(_cancel_all, TRADE, acts=True, asks=True),
    "private/cancel_all_by_currency": Method(_cancel_all_by_currency, TRADE, acts=True, asks=True),
    "private/cancel_all_by_instrument": Method(_cancel_all_by_instrument, TRADE, acts=True, asks=True),
    "private/edit": Method(_edit, TRADE, acts=True, asks=True),
    "private/sell": Method(_sell, TRADE, acts=True, asks=True),
}
