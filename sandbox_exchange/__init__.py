"""The public face of the Sandbox Exchange, for notebooks and scripts.

    import sandbox_exchange as sbx

    venue = sbx.Venue(rulebook="general-2026")
    maker, anna = venue.investor("alpha-trading"), venue.investor("anna")
    maker.sell("BTC/RUB", "0.5", "8000000")
    order = anna.buy("BTC/RUB", "0.01", "8000000")
    print(order, order.fills, anna.account)
    refused = anna.buy("XMR/RUB", "1", "28000")
    print(refused.refusal, refused.verdict())
    print(venue.book("BTC/RUB"))

What `__all__` lists stays as it is from one release to the next; docs/PYTHON.md is its page. Everything else in this
distribution may change.
"""

from __future__ import annotations

from gateway.client import (
    Client,
    ClientError,
    ConnectionLost,
    LocalBook,
    LocalQueue,
    OrderEnded,
    OrderRejected,
    RateLimited,
    RequestFailed,
    RequestTimedOut,
    Stream,
    connect,
)
from gateway.client.blocking import BlockingClient, connect_sync
from gateway.inprocess.investor import Investor, Terms
from gateway.inprocess.orders import Bracket, Fill, Ladder, Order, Pair, Transfer
from gateway.inprocess.running import RequestRefused
from gateway.inprocess.venue import Venue
from gateway.journal.files import JournalError
from gateway.readable.holders import Account, Balance, Cap, OpenOrder, Position, Record
from gateway.readable.market import Book, Instrument, Level
from gateway.readable.sessions import TABLES, Replayed, at, read, replay
from gateway.readable.state import NoSuchName, State
from gateway.readable.tables import Rows
from gateway.readable.verdicts import Refusal, RuleVerdict, Verdict
from gateway.reporting.tables.times import MOSCOW
from gateway.session.recorded import NoSuchMoment
from gateway.venue.venue import VenueError

__all__ = [
    "MOSCOW",
    "TABLES",
    "Account",
    "Balance",
    "BlockingClient",
    "Book",
    "Bracket",
    "Cap",
    "Client",
    "ClientError",
    "ConnectionLost",
    "Fill",
    "Instrument",
    "Investor",
    "JournalError",
    "Ladder",
    "Level",
    "LocalBook",
    "LocalQueue",
    "NoSuchMoment",
    "NoSuchName",
    "OpenOrder",
    "Order",
    "OrderEnded",
    "OrderRejected",
    "Pair",
    "Position",
    "RateLimited",
    "Record",
    "Refusal",
    "Replayed",
    "RequestFailed",
    "RequestRefused",
    "RequestTimedOut",
    "Rows",
    "RuleVerdict",
    "State",
    "Stream",
    "Terms",
    "Transfer",
    "Venue",
    "VenueError",
    "Verdict",
    "at",
    "connect",
    "connect_sync",
    "read",
    "replay",
]
