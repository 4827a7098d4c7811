"""The client library: connect to a venue, trade, and follow the market."""

from gateway.client.client import (
    Client,
    ClientError,
    ConnectionLost,
    FellBehind,
    LocalBook,
    Order,
    OrderEnded,
    OrderRejected,
    RequestFailed,
    Stream,
    connect,
)

__all__ = [
    "Client",
    "ClientError",
    "ConnectionLost",
    "FellBehind",
    "LocalBook",
    "Order",
    "OrderEnded",
    "OrderRejected",
    "RequestFailed",
    "Stream",
    "connect",
]
