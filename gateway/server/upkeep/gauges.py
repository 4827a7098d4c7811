"""What a running venue shows on its metrics endpoint besides its counters: each value looked up when somebody asks."""

from __future__ import annotations

import importlib.metadata
import time
from collections.abc import Callable, Collection
from typing import Final

from engine.build import is_compiled
from engine.exchange import Exchange
from engine.vocabulary.codes import CORE_VERSION
from gateway.core import capacity_multiple
from gateway.metrics.families import Gauges, VenueCollector, renderer
from gateway.server.door.sockets import Door
from gateway.server.peers.connection import Connection
from gateway.server.sequencing.startup import Started
from gateway.server.upkeep.scraping import MetricsEndpoint

# Accounts whose open orders are counted at one scrape: about half a millisecond.
ACCOUNTS_A_SCRAPE: Final = 10_000


class OpenOrders:
    """Counts the open orders of all accounts, a part of them at each call: nobody pays for a million at once."""

    def __init__(self, exchange: Exchange, accounts_a_call: int = ACCOUNTS_A_SCRAPE) -> None:
        self._exchange: Final = exchange
        self._accounts_a_call: Final = accounts_a_call
        self._parts: Final[dict[int, int]] = {}
        """Open orders of each part when it was last looked at, by its first account's number."""
        self._first = 0

    def count(self) -> int:
        """How many there are. Where accounts are many, the other parts are as old as a few calls."""
        accounts = self._exchange.account_list
        part = accounts[self._first : self._first + self._accounts_a_call]
        self._parts[self._first] = sum(len(account.open_orders) for account in part)
        self._first += self._accounts_a_call
        if self._first >= len(accounts):
            self._first = 0
        return sum(self._parts.values())


def metrics_endpoint(
    started: Started,
    connections: Collection[Connection],
    door: Door,
    durability: str,
    fail: Callable[[BaseException], None],
) -> MetricsEndpoint:
    """Make the endpoint of a venue; it does not listen yet.

    Args:
        started: the venue.
        connections: those there are, now and later.
        door: of its sockets.
        durability: `fsync` or `os`.
        fail: what to do with a fault in it.
    """
    exchange, sequencer = started.exchange, started.sequencer
    open_orders = OpenOrders(exchange)

    def read() -> Gauges:
        return Gauges(
            waiting_requests=sequencer.waiting_requests,
            connections=len(connections),
            subscriptions=sum(len(connection.session.subscriptions) for connection in connections),
            unread_bytes=sum(connection.unread_bytes for connection in connections),
            open_orders=open_orders.count(),
            accounts=len(exchange.accounts),
            seq=exchange.seq,
            time_ns=sequencer.now_ns,
            clock_ahead_ns=sequencer.now_ns - time.time_ns(),
            journal_bytes=started.writer.written_bytes,
            disk_waited_ns=started.writer.waited_ns,
            turned_away=door.turned_away,
            rulebook=started.fanout.rulebook,
            capacity_multiple=capacity_multiple(exchange),
        )

    build = {
        "version": importlib.metadata.version("sandbox-exchange"),
        "build": "compiled" if is_compiled() else "interpreted",
        "core_version": str(CORE_VERSION),
        "durability": durability,
    }
    return MetricsEndpoint(renderer(VenueCollector(sequencer.counters, read, build)), fail)
