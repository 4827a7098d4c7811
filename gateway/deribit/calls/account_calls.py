"""Calls that look at one's own account: orders, fills, balances, positions."""

from __future__ import annotations

from typing import Any, Final

from gateway.deribit.callers.caller import Caller, Method, Venue
from gateway.deribit.callers.keys import READ
from gateway.deribit.calls import past
from gateway.deribit.calls.pieces import documents
from gateway.deribit.calls.public_calls import Wanted
from gateway.deribit.dialect.failures import invalid
from gateway.deribit.dialect.holdings import (
    SETTLEMENT_KINDS,
    is_cursor,
    nothing_of,
    position_document,
    settlement_document,
    summary_document,
)
from gateway.deribit.dialect.listed import ANY, ASKED_KINDS, SPOT, Listed, kind_of
from gateway.deribit.dialect.numbers import e8
from gateway.deribit.dialect.order_state import fill_document, order_document, state_of
from gateway.deribit.dialect.params import Params
from gateway.protocol import messages as m
from gateway.protocol.past_messages import Fill, OrderInfo

MAX_COUNT: Final = 1_000
DEFAULT_COUNT: Final = 20
MAX_OFFSET: Final = 9_000
"""With those before it an answer is of no more than the pages of one call."""
_ID: Final = 0


class _Of:
    """Which instruments are meant: one, or those of a currency and kind."""

    def __init__(self, listed: Listed, params: Params) -> None:
        self._listed: Final = listed
        self.instrument: Final = (
            listed.find(params.needed("instrument_name")).instrument if params.has("instrument_name") else None
        )
        self._currency: Final = params.text("currency", ANY)
        self._kind: Final = params.one_of("kind", ASKED_KINDS, ANY)
        # By it `ccxt` chose the currency, and it sends it along.
        params.ignore("code")

    def holds(self, instrument: str) -> bool:
        """Whether this one is."""
        if self.instrument is not None:
            return instrument == self.instrument
        info = self._listed.info(instrument)
        return self._currency in (ANY, info.base, info.quote) and self._kind in (ANY, kind_of(info))


# ── orders ─────────────────────────────────────────────────────────────────────────────────────────────────────────


async def _get_open_orders(venue: Venue, caller: Caller, params: Params) -> Any:
    of = _Of(venue.markets.listed, params)
    params.one_of("type", ("all", "limit", "trigger_all", "stop_all", "stop_limit", "stop_market"), "all")
    params.ignore("user_id")
    params.end()
    orders, listed = caller.own_desk().orders(), venue.markets.listed
    found = [order for order in orders if of.holds(order.instrument)]
    return await documents(caller, found, lambda order: order_document(order, listed), len(orders))


async def _get_order_state(venue: Venue, caller: Caller, params: Params) -> Any:
    order_id = params.order_id()
    params.end()
    order = caller.own_desk().order(order_id)
    if order is None or order.average() is None:
        order = state_of(await past.order_of(caller, order_id))
    return order_document(order, venue.markets.listed)


async def _get_order_history(venue: Venue, caller: Caller, params: Params) -> Any:
    of = _Of(venue.markets.listed, params)
    count, offset = params.whole("count", DEFAULT_COUNT, MAX_COUNT), params.whole("offset", 0, MAX_OFFSET)
    unfilled = params.flag("include_unfilled")
    params.ignore("include_old", "historical")
    params.end()

    def holds(order: OrderInfo) -> bool:
        is_wanted = order.order_status != "rejected" and (unfilled or e8(order.filled_quantity or "0") > 0)
        return is_wanted and of.holds(order.instrument)

    found, _ = await past.ended_orders(caller, offset + count, of.instrument, holds)
    return [order_document(state_of(order), venue.markets.listed) for order in found[offset:]]


# ── fills ──────────────────────────────────────────────────────────────────────────────────────────────────────────


def _stands(fill: Fill) -> bool:
    """Whether nobody undid it: what was undone is no trade any more."""
    return fill.corrected is None or fill.corrected.new_price is not None


async def _get_user_trades(venue: Venue, caller: Caller, params: Params) -> Any:
    of, wanted = _Of(venue.markets.listed, params), Wanted(params)
    params.ignore("subaccount_id")
    params.end()
    found, has_more = await past.fills(
        caller, wanted.span(), of.instrument, None, lambda fill: _stands(fill) and of.holds(fill.instrument)
    )
    return {"trades": [fill_document(fill, venue.markets.listed) for fill in found], "has_more": has_more}


async def _get_user_trades_by_order(venue: Venue, caller: Caller, params: Params) -> Any:
    order_id = params.order_id()
    is_ascending = params.one_of("sorting", ("asc", "desc", "default"), "default") == "asc"
    params.ignore("include_old", "historical")
    params.end()
    span = past.Span(0, None, "oldest" if is_ascending else "newest", MAX_COUNT)
    found, _ = await past.fills(caller, span, None, order_id, _stands)
    return [fill_document(fill, venue.markets.listed) for fill in found]


# ── settlements ────────────────────────────────────────────────────────────────────────────────────────────────────


async def _get_settlement_history(venue: Venue, caller: Caller, params: Params) -> Any:
    """What positions brought: marks are settlements, the last one of a series is a delivery, what was not paid a bankruptcy."""
    of = _Of(venue.markets.listed, params)
    kinds = SETTLEMENT_KINDS[params.one_of("type", tuple(SETTLEMENT_KINDS), ANY)]
    count = params.whole("count", DEFAULT_COUNT, MAX_COUNT)
    to_ns = params.time_ns("search_start_timestamp", 0) or None
    first = params.text("continuation") or None
    params.end()
    if first is not None and not is_cursor(first):
        raise invalid("continuation", "none that this port gave")
    span = past.Span(0, to_ns, "newest", count)
    found, cursor = await past.settlements(caller, span, of.instrument, list(kinds), first)
    return {
        "settlements": [
            settlement_document(each, venue.markets.listed)
            for each in found
            if each.instrument is None or of.holds(each.instrument)
        ],
        "continuation": cursor or "none",
    }


# ── holdings ───────────────────────────────────────────────────────────────────────────────────────────────────────


async def _summaries(venue: Venue, caller: Caller) -> list[dict[str, Any]]:
    """What the account has of each asset, as Deribit sums it up."""
    account = caller.own_desk().account
    reply = await caller.asker.ask(m.Balances(id=_ID, account=account), m.BalancesReply)
    return [summary_document(holding) for holding in reply.balances]


def _whose(caller: Caller) -> dict[str, Any]:
    desk, participant = caller.own_desk(), caller.asker.participant
    assert participant is not None
    return {"username": participant.participant, "system_name": desk.account, "id": desk.account, "type": "main"}


async def _get_account_summary(venue: Venue, caller: Caller, params: Params) -> Any:
    currency = params.needed("currency")
    params.ignore("extended", "subaccount_id")
    params.end()
    found = {each["currency"]: each for each in await _summaries(venue, caller)}
    if currency not in found and currency not in venue.markets.listed.currencies():
        raise invalid("currency", "no asset of this venue")
    return _whose(caller) | found.get(currency, nothing_of(currency))


async def _get_account_summaries(venue: Venue, caller: Caller, params: Params) -> Any:
    params.ignore("extended", "subaccount_id")
    params.end()
    return _whose(caller) | {"summaries": await _summaries(venue, caller)}


async def _get_subaccounts(venue: Venue, caller: Caller, params: Params) -> Any:
    """The accounts that the participant operates; the key acts for one of them."""
    params.ignore("with_portfolio")
    params.end()
    whose = _whose(caller)
    accounts = venue.context.fanout.reports.accounts.get(whose["username"], ())
    return [
        {
            "id": account,
            "username": account,
            "system_name": account,
            "type": "main" if account == whose["id"] else "subaccount",
            "is_password": False,
            "login_enabled": account == whose["id"],
        }
        for account in accounts
    ]


# ── positions ──────────────────────────────────────────────────────────────────────────────────────────────────────


async def _positions(venue: Venue, caller: Caller) -> dict[str, dict[str, Any]]:
    reply = await caller.asker.ask(m.Positions(id=_ID, account=caller.own_desk().account), m.PositionsReply)
    listed = venue.markets.listed
    return {each.instrument: position_document(each, listed) for each in reply.positions}


async def _get_positions(venue: Venue, caller: Caller, params: Params) -> Any:
    of = _Of(venue.markets.listed, params)
    params.ignore("subaccount_id")
    params.end()
    found = await _positions(venue, caller)
    return [document for instrument, document in found.items() if of.holds(instrument)]


async def _get_position(venue: Venue, caller: Caller, params: Params) -> Any:
    info = venue.markets.listed.find(params.needed("instrument_name"))
    params.end()
    if kind_of(info) == SPOT:
        raise invalid("instrument_name", "there are positions in futures alone; what was bought is a balance")
    found = await _positions(venue, caller)
    return found.get(info.instrument) or position_document(
        m.Position(instrument=info.instrument, quantity="0", carried="0"), venue.markets.listed
    )


ACCOUNT: Final[dict[str, Method]] = {
    "private/get_account_summaries": Method(_get_account_summaries, READ, asks=True),
    "private/get_account_summary": Method(_get_account_summary, READ, asks=True),
    "private/get_open_orders": Method(_get_open_orders, READ),
    "private/get_open_orders_by_currency": Method(_get_open_orders, READ),
    "private/get_open_orders_by_instrument": Method(_get_open_orders, READ),
    "private/get_order_history_by_currency": Method(_get_order_history, READ, asks=True),
    "private/get_order_history_by_instrument": Method(_get_order_history, READ, asks=True),
    "private/get_order_state": Method(_get_order_state, READ),
    "private/get_position": Method(_get_position, READ, asks=True),
    "private/get_positions": Method(_get_positions, READ, asks=True),
    "private/get_settlement_history_by_currency": Method(_get_settlement_history, READ, asks=True),
    "private/get_settlement_history_by_instrument": Method(_get_settlement_history, READ, asks=True),
    "private/get_subaccounts": Method(_get_subaccounts, READ),
    "private/get_user_trades_by_currency": Method(_get_user_trades, READ, asks=True),
    "private/get_user_trades_by_currency_and_time": Method(_get_user_trades, READ, asks=True),
    "private/get_user_trades_by_instrument": Method(_get_user_trades, READ, asks=True),
    "private/get_user_trades_by_instrument_and_time": Method(_get_user_trades, READ, asks=True),
    "private/get_user_trades_by_order": Method(_get_user_trades_by_order, READ, asks=True),
}
