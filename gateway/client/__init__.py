"""The client library: connect to a venue, trade, and follow the market."""

from gateway.client.book import LocalBook
from gateway.client.client import Client, connect
from gateway.client.errors import (
    ClientError,
    ConnectionLost,
    FellBehind,
    OrderRejected,
    RateLimited,
    RequestFailed,
    RequestTimedOut,
)
from gateway.client.orders import Order, OrderEnded
from gateway.client.protocol import ConnectionEvent
from gateway.client.streams import Stream

__all__ = [
    "Client",
    "ClientError",
    "ConnectionEvent",
    "ConnectionLost",
    "FellBehind",
    "LocalBook",
    "Order",
    "OrderEnded",
    "OrderRejected",
    "RateLimited",
    "RequestFailed",
    "RequestTimedOut",
    "Stream",
    "connect",
]
