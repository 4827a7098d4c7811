"""A live venue with flow, and `sbx control` on it as a supervisor types it."""

from __future__ import annotations

import asyncio
import itertools
import json
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from click.testing import CliRunner, Result

from gateway.cli.main import group
from gateway.client import Client, Limit, OpenOrder, OrderRejected, connect
from gateway.protocol.messages import ExecutionReport, Side
from tests.support.gateway.processes.live_venue import LiveVenue, live_venue

INSTRUMENT = "BTC/RUB"
FLOW_SECONDS = 20
"""The flow has a hundred orders a second; on a busy machine it takes its time."""


class Controlled:
    """The default venue under general-2026, in which two market makers trade all the while."""

    def __init__(self, venue: LiveVenue) -> None:
        self.venue = venue
        self.asked: list[dict[str, Any]] = []
        """What was done or refused by the core, as its JSON said."""
        self.trades = 0
        """Of the market makers so far."""
        self.refused: Counter[str] = Counter()
        """Their orders that were refused, by code."""

    def control(self, *arguments: object, by: str = "supervisor", **options: Any) -> Result:
        """Run `sbx control` with arguments, as somebody."""
        head = ["control", "--url", self.venue.url, "--key", str(self.venue.key(by))]
        return CliRunner().invoke(group, [*head, *map(str, arguments)], catch_exceptions=False, **options)

    def does(self, *arguments: object, reason: str = "an order of the court", status: int = 0) -> dict[str, Any]:
        """What a command does, as its JSON says."""
        found = self.control(*arguments, "--reason", reason, "--yes", "--json")
        assert found.exit_code == status, found.output
        report: dict[str, Any] = json.loads(found.stdout)
        if report["seq"] is not None:
            self.asked.append(report)
        return report

    def refuses(self, *arguments: object, said: str) -> None:
        """See that nothing is sent, and what is said."""
        found = self.control(*arguments, "--reason", "x", "--yes")
        assert (found.exit_code, found.stdout) == (2, ""), found.output
        assert said in found.stderr, found.stderr

    @staticmethod
    def until(holds: Callable[[], bool]) -> None:
        """Wait for the flow to meet something."""
        deadline = time.monotonic() + FLOW_SECONDS
        while not holds():
            assert time.monotonic() < deadline, "the flow never met it"
            time.sleep(0.005)

    def show(self, kind: str, name: str) -> dict[str, Any]:
        """A record of the venue."""
        found = self.control("show", kind, name, "--json")
        assert found.exit_code == 0, found.output
        (record,) = json.loads(found.stdout)
        return dict(record)

    def rest(self, participant: str, account: str, *prices: int, side: Side = "buy", **terms: str) -> None:
        """Let orders rest, of 0.001 BTC if nothing else is said."""
        instrument, quantity = terms.get("instrument", INSTRUMENT), terms.get("quantity", "0.001")

        async def enter(client: Client) -> None:
            for price in prices:
                terms = Limit(instrument=instrument, side=side, quantity=quantity, price=price)
                order = await client.submit(terms, account=account)
                assert order.status == "new"

        self._as(participant, enter)

    def trade(self) -> ExecutionReport:
        """A trade between anna and a market maker, who alone are at its price; the buyer's report."""

        async def cross(client: Client) -> ExecutionReport:
            async with client.reports() as reports:
                await client.buy("ETH/RUB", quantity="0.1", price=250_000)
                async for report in reports:
                    if isinstance(report, ExecutionReport) and report.exec_type == "trade":
                        return report
            raise AssertionError("no trade")

        self.rest("mm-beta", "mm-beta.main", 250_000, side="sell", instrument="ETH/RUB")
        found: ExecutionReport = self._as("anna", cross)
        return found

    def open_orders(self, participant: str, account: str) -> list[OpenOrder]:
        async def listed(client: Client) -> list[OpenOrder]:
            return await client.open_orders(account)

        found: list[OpenOrder] = self._as(participant, listed)
        return found

    def _as(self, participant: str, what: Any) -> Any:
        async def doing() -> Any:
            async with connect(self.venue.url, participant, self.venue.key(participant)) as client:
                return await what(client)

        return asyncio.run(doing())


@contextmanager
def controlled(directory: Path) -> Iterator[Controlled]:
    """Serve the venue, and let the market makers quote, trade and cancel until the end."""
    ended = threading.Event()
    with live_venue(directory) as venue:
        found = Controlled(venue)
        flow = threading.Thread(target=lambda: asyncio.run(_flow(found, ended)))
        flow.start()
        try:
            yield found
        finally:
            ended.set()
            flow.join(20)
            assert not flow.is_alive()


async def _flow(desk: Controlled, ended: threading.Event) -> None:
    """One maker sells in SOL/RUB, the other buys it, at 100 orders a second together; some of what rests is cancelled."""
    venue = desk.venue
    async with (
        connect(venue.url, "mm-alpha", venue.key("mm-alpha")) as alpha,
        connect(venue.url, "mm-beta", venue.key("mm-beta")) as beta,
    ):
        for number in itertools.count():
            if ended.is_set():
                return
            try:
                await alpha.sell("SOL/RUB", quantity="0.01", price=12_000)
                bought = await beta.buy("SOL/RUB", quantity="0.01", price=12_000, time_in_force="ioc")
                desk.trades += bought.status == "filled"
                resting = await alpha.sell("SOL/RUB", quantity="0.01", price=12_200)
                if number % 2:
                    await resting.cancel()
            except OrderRejected as refused:
                desk.refused[refused.code] += 1
            await asyncio.sleep(0.02)
