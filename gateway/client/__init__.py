"""The client library: connect to a venue, trade, and follow the market."""

from gateway.client.accounts.orders import Order, OrderEnded
from gateway.client.accounts.portfolio import Opening, Portfolio, Position
from gateway.client.client import Client, connect
from gateway.client.copies.book import LocalBook
from gateway.client.copies.order_queue import LocalQueue
from gateway.client.copies.streams import Stream
from gateway.client.links.link_states import ConnectionEvent, Tip
from gateway.client.trading import Bracket, Pair
from gateway.client.values.amounts import Amount
from gateway.client.values.errors import (
    ClientError,
    ConnectionLost,
    FellBehind,
    OrderRejected,
    RateLimited,
    ReportsLost,
    RequestFailed,
    RequestTimedOut,
)
from gateway.client.values.pages import Pages
from gateway.client.values.past import PastFill, PastOrder, Settlement
from gateway.client.values.terms import Iceberg, Limit, Market, Pegged, Stop, StopLimit, Terms, TrailingStop
from gateway.client.values.values import (
    Balance,
    Candle,
    Fill,
    Instrument,
    Level,
    OpenOrder,
    QueuedOrder,
    Ticker,
    Top,
    Trade,
)

__all__ = [
    "Amount",
    "Balance",
    "Bracket",
    "Candle",
    "Client",
    "ClientError",
    "ConnectionEvent",
    "ConnectionLost",
    "FellBehind",
    "Fill",
    "Iceberg",
    "Instrument",
    "Level",
    "Limit",
    "LocalBook",
    "LocalQueue",
    "Market",
    "OpenOrder",
    "Opening",
    "Order",
    "OrderEnded",
    "OrderRejected",
    "Pages",
    "Pair",
    "PastFill",
    "PastOrder",
    "Pegged",
    "Portfolio",
    "Position",
    "QueuedOrder",
    "RateLimited",
    "ReportsLost",
    "RequestFailed",
    "RequestTimedOut",
    "Settlement",
    "Stop",
    "StopLimit",
    "Stream",
    "Terms",
    "Ticker",
    "Tip",
    "Top",
    "Trade",
    "TrailingStop",
    "connect",
]
