"""Calls that anybody may make."""

from __future__ import annotations

import secrets
from collections.abc import Iterable
from typing import Any, Final

from gateway.deribit.callers.caller import Caller, Method, Venue, needs_socket
from gateway.deribit.callers.keys import TRADE, PortKey
from gateway.deribit.callers.signatures import Signed
from gateway.deribit.calls.past import Span
from gateway.deribit.calls.pieces import documents
from gateway.deribit.dialect.failures import Failure, invalid, unauthorized
from gateway.deribit.dialect.listed import ANY, ASKED_KINDS, currency_document, instrument_document
from gateway.deribit.dialect.market import (
    DEFAULT_DEPTH,
    KEPT_TRADES,
    LEVELS_PER_UNIT,
    MAX_DEPTH,
    Market,
    book_document,
    summary_document,
    ticker_document,
    trade_document,
)
from gateway.deribit.dialect.numbers import milliseconds, number
from gateway.deribit.dialect.params import Params
from gateway.deribit.feeds.charts import RESOLUTIONS, chart_document, past_bars

AUTH: Final = "public/auth"
VERSION: Final = "sbx.v1"
FAILED_LOGIN_COST: Final = 4
"""Beside what a question costs."""
DEFAULT_COUNT: Final = 10
"""Of trades, as on Deribit."""
MAX_SUMMARIES: Final = 200
"""Markets in one answer: each is followed from then on, which takes four subscriptions of the port's own sessions."""
_FOREVER_NS: Final = 2**62
_TOKEN_SECONDS: Final = 31_536_000


async def _get_time(venue: Venue, caller: Caller, params: Params) -> Any:
    return milliseconds(venue.context.now())


async def _status(venue: Venue, caller: Caller, params: Params) -> Any:
    return {"locked": "false", "locked_indices": [], "locked_currencies": []}


async def _test(venue: Venue, caller: Caller, params: Params) -> Any:
    params.ignore("expected_result")
    return {"version": VERSION}


async def _hello(venue: Venue, caller: Caller, params: Params) -> Any:
    params.ignore("client_name", "client_version")
    return {"version": VERSION}


async def _set_heartbeat(venue: Venue, caller: Caller, params: Params) -> Any:
    # The venue pings its connections anyway; whoever wants to know whether it lives may ping it.
    params.ignore("interval")
    return "ok"


async def _auth(venue: Venue, caller: Caller, params: Params) -> Any:
    """Log a connection in: what it asks from now on is asked by the key."""
    if caller.subscriber is None:
        raise needs_socket()
    grant = params.one_of("grant_type", ("client_signature", "client_credentials"), "")
    client_id = params.needed("client_id")
    params.ignore("scope", "state")
    try:
        key = _key_of(venue, params, grant, client_id)
    except Failure:
        # As much as a login of `sbx.v1`; what is refused for its rate is told to nobody else.
        caller.asker.charge(FAILED_LOGIN_COST)
        # What is no client id may be a secret, put in its place.
        caller.asker.note_failed(venue.context.audit, client_id if venue.signatures.knows(client_id) else "")
        raise
    if caller.key is not None and caller.key.client_id != key.client_id:
        raise unauthorized("this connection is logged in by another key")
    await venue.log_in(caller, key)
    scopes = " ".join(("connection", "account:read", "trade:read_write" if TRADE in key.scopes else "trade:read"))
    return {
        # The connection itself is logged in; there is nothing else that the token opens.
        "access_token": secrets.token_urlsafe(24),
        "refresh_token": secrets.token_urlsafe(24),
        "expires_in": _TOKEN_SECONDS,
        "token_type": "bearer",
        "scope": scopes,
    }


def _key_of(venue: Venue, params: Params, grant: str, client_id: str) -> PortKey:
    """Whose key a login shows. Raises `Failure`."""
    if grant == "client_credentials":
        secret = params.secret("client_secret")
        params.end()
        return venue.signatures.of_secret(client_id, secret)
    signed = Signed(client_id, params.needed("timestamp"), params.secret("signature"), params.text("nonce"))
    data = params.text("data")
    params.end()
    key = venue.signatures.of_login(signed, data)
    venue.signatures.use(key, signed)
    return key


# ── instruments ────────────────────────────────────────────────────────────────────────────────────────────────────


async def _get_currencies(venue: Venue, caller: Caller, params: Params) -> Any:
    await venue.markets.refresh()
    listed = venue.markets.listed
    return await documents(caller, listed.currencies(), currency_document, listed.count)


async def _get_instruments(venue: Venue, caller: Caller, params: Params) -> Any:
    currency, kind = params.text("currency", ANY), params.one_of("kind", ASKED_KINDS, ANY)
    expired = params.flag("expired")
    params.end()
    await venue.markets.refresh()
    listed, now_ns = venue.markets.listed, venue.context.now()
    found = [
        info for info in listed.of(currency, kind) if (info.expiry is not None and info.expiry <= now_ns) == expired
    ]
    return await documents(
        caller, found, lambda info: instrument_document(info, listed.name(info.instrument), now_ns), listed.count
    )


async def _get_instrument(venue: Venue, caller: Caller, params: Params) -> Any:
    name = params.needed("instrument_name")
    params.end()
    await venue.markets.refresh()
    return instrument_document(venue.markets.listed.find(name), name, venue.context.now())


# ── prices ─────────────────────────────────────────────────────────────────────────────────────────────────────────


async def _market(venue: Venue, params: Params) -> Market:
    return await venue.markets.find(params.needed("instrument_name"))


async def _ticker(venue: Venue, caller: Caller, params: Params) -> Any:
    market = await _market(venue, params)
    params.end()
    return ticker_document(market)


async def _get_order_book(venue: Venue, caller: Caller, params: Params) -> Any:
    depth = params.whole("depth", DEFAULT_DEPTH, MAX_DEPTH)
    market = await _market(venue, params)
    params.end()
    caller.asker.charge(depth // LEVELS_PER_UNIT)
    return book_document(market, depth)


async def _get_book_summary_by_instrument(venue: Venue, caller: Caller, params: Params) -> Any:
    market = await _market(venue, params)
    params.end()
    return [summary_document(market)]


async def _get_book_summary_by_currency(venue: Venue, caller: Caller, params: Params) -> Any:
    currency, kind = params.needed("currency"), params.one_of("kind", ASKED_KINDS, ANY)
    params.end()
    await venue.markets.refresh()
    infos = venue.markets.listed.of(currency, kind)
    if len(infos) > MAX_SUMMARIES:
        raise invalid(
            "currency", f"{len(infos)} instruments have it, and one answer at most {MAX_SUMMARIES}: name a kind"
        )
    caller.asker.charge(len(infos) // 10)
    return [summary_document(await venue.markets.open(info)) for info in infos]


# ── trades ─────────────────────────────────────────────────────────────────────────────────────────────────────────


class Wanted:
    """Which trades are wanted: how many of what time, and in which order."""

    def __init__(self, params: Params) -> None:
        self.count: Final = params.whole("count", DEFAULT_COUNT, KEPT_TRADES)
        self.begins_ns: Final = params.time_ns("start_timestamp", 0)
        self.ends_ns: Final = params.time_ns("end_timestamp", _FOREVER_NS)
        self.is_ascending: Final = params.one_of("sorting", ("asc", "desc", "default"), "default") == "asc"
        # Nothing that is kept is apart as old.
        params.ignore("include_old", "historical")

    def span(self) -> Span:
        """The same for the past of an account. With a beginning the oldest come first, else the newest."""
        is_oldest_first = self.is_ascending or self.begins_ns > 0
        # The end is told in milliseconds, all of which counts.
        to_ns = None if self.ends_ns == _FOREVER_NS else self.ends_ns + 999_999
        return Span(self.begins_ns, to_ns, "oldest" if is_oldest_first else "newest", self.count)

    def holds(self, time_ns: int) -> bool:
        """Whether one of that time is wanted; the end is told in milliseconds, all of which counts."""
        return self.begins_ns <= time_ns < self.ends_ns + 1_000_000

    def of(self, newest_last: Iterable[Any], time_of: Any) -> tuple[list[Any], bool]:
        """Those that are wanted, and whether there are more. With a beginning the oldest come first, else the newest."""
        found = [each for each in newest_last if self.holds(time_of(each))]
        if not (self.is_ascending or self.begins_ns):
            found.reverse()
        return found[: self.count], len(found) > self.count


async def _get_last_trades_by_instrument(venue: Venue, caller: Caller, params: Params) -> Any:
    wanted = Wanted(params)
    market = await _market(venue, params)
    params.end()
    caller.asker.charge(wanted.count // 100)
    found, has_more = wanted.of(market.trades, lambda trade: trade.time)
    return {"trades": [trade_document(trade, market.name) for trade in found], "has_more": has_more}


async def _get_last_settlements(venue: Venue, caller: Caller, params: Params) -> Any:
    """The last mark of a future. What others could not pay is told nobody but those who bear it."""
    kind = params.one_of("type", ("settlement", "delivery", "bankruptcy"), "settlement")
    market = await _market(venue, params)
    params.ignore("count", "continuation", "search_start_timestamp")
    params.end()
    mark = market.mark
    if mark is None or kind != ("delivery" if mark.final else "settlement"):
        return {"settlements": [], "continuation": "none"}
    document = {
        "type": kind,
        "timestamp": milliseconds(mark.time),
        "instrument_name": market.name,
        "mark_price": number(mark.price),
        "position": number(mark.open_interest),
    }
    return {"settlements": [document], "continuation": "none"}


async def _get_tradingview_chart_data(venue: Venue, caller: Caller, params: Params) -> Any:
    resolution = RESOLUTIONS[params.one_of("resolution", tuple(RESOLUTIONS), "1")]
    from_ns = params.time_ns("start_timestamp", 0)
    to_ns = min(params.time_ns("end_timestamp", _FOREVER_NS), _FOREVER_NS)
    await venue.markets.refresh()
    info = venue.markets.listed.find(params.needed("instrument_name"))
    params.end()
    return chart_document(await past_bars(caller.asker, info.instrument, resolution, from_ns, to_ns))


PUBLIC: Final[dict[str, Method]] = {
    AUTH: Method(_auth),
    "public/get_book_summary_by_currency": Method(_get_book_summary_by_currency),
    "public/get_book_summary_by_instrument": Method(_get_book_summary_by_instrument),
    "public/get_currencies": Method(_get_currencies),
    "public/get_instrument": Method(_get_instrument),
    "public/get_instruments": Method(_get_instruments),
    "public/get_last_trades_by_instrument": Method(_get_last_trades_by_instrument),
    "public/get_last_trades_by_instrument_and_time": Method(_get_last_trades_by_instrument),
    "public/get_last_settlements_by_instrument": Method(_get_last_settlements),
    "public/get_order_book": Method(_get_order_book),
    "public/get_time": Method(_get_time),
    "public/get_tradingview_chart_data": Method(_get_tradingview_chart_data, asks=True),
    "public/hello": Method(_hello),
    "public/set_heartbeat": Method(_set_heartbeat),
    "public/disable_heartbeat": Method(_set_heartbeat),
    "public/status": Method(_status),
    "public/test": Method(_test),
    "public/ticker": Method(_ticker),
}
