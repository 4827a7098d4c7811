"""The client library: connect to a venue, trade, and follow the market."""

from gateway.client.amounts import Amount
from gateway.client.book import LocalBook
from gateway.client.client import Client, connect
from gateway.client.errors import (
    ClientError,
    ConnectionLost,
    FellBehind,
    OrderRejected,
    RateLimited,
    ReportsLost,
    RequestFailed,
    RequestTimedOut,
)
from gateway.client.link_states import ConnectionEvent, Tip
from gateway.client.order_queue import LocalQueue
from gateway.client.orders import Order, OrderEnded
from gateway.client.pages import Pages
from gateway.client.past import PastFill, PastOrder, Settlement
from gateway.client.portfolio import Opening, Portfolio, Position
from gateway.client.streams import Stream
from gateway.client.terms import Iceberg, Limit, Market, Pegged, Stop, StopLimit, Terms, TrailingStop
from gateway.client.trading import Bracket, Pair
from gateway.client.values import (
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
