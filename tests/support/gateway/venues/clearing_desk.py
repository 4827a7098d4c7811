"""A venue with a future and a stablecoin that Alice issues, and everybody at it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from gateway.venue.venue import Venue
from tests.support.gateway.venues.small_venue import RawClient, client, serving, small_venue, url_of

FUTURE = """
[[indices]]
index = "BTC"
price = "100"
source = "by hand"

[[instruments]]
instrument = "BTC-FUT"
kind = "future"
base = "BTC"
quote = "RUB"
underlying = "BTC"
tick = "0.5"
lot = "0.1"
min_quantity = "0.1"
max_quantity = "1000"
max_notional = "1000000000"
reference_price = "100"
collar_ppm = 50_000
static_band_ppm = 100_000
expires = 2099-12-25
averaging_s = 60
mark_interval_s = 86_400
max_position = "20"
phase = "continuous"
"""
STABLECOIN = """
[[assets]]
asset = "DFA"
kind = "domestic_stablecoin"
scale = 2
issuer = "alice"
terms = "A rouble each."
disclosure = { title = "Terms", cover = "100", text = "A rouble each, held in cash." }
issue_limit = "1000"
"""


def clearing_venue() -> Venue:
    return small_venue(FUTURE + STABLECOIN)


class Desk:
    """Alice, Bob, the operator and the supervisor at a venue."""

    def __init__(self, url: str, alice: RawClient, bob: RawClient, otto: RawClient, sue: RawClient) -> None:
        self.url = url
        self.alice = alice
        self.bob = bob
        self.otto = otto
        self.sue = sue

    async def done(self, who: RawClient, command: str, /, **arguments: Any) -> int:
        reply = await who.ask(type="admin", command=command, arguments=arguments)
        assert reply["type"] == "done", reply
        return int(reply["seq"])

    async def refused(self, who: RawClient, command: str, /, **arguments: Any) -> str:
        reply = await who.ask(type="admin", command=command, arguments=arguments)
        assert reply["type"] == "rejected", reply
        return str(reply["code"])

    async def leave_bob(self, roubles: str) -> None:
        """Withdraw all of Bob's roubles but so many."""
        await self.done(self.otto, "withdraw", account="bob", asset="RUB", amount="1000000000")
        await self.done(self.otto, "deposit", account="bob", asset="RUB", amount=roubles)

    async def bob_sells_ten(self) -> None:
        """Bob is short 10 at 100 and Alice long; what they were told of it has been heard."""
        terms = {"instrument": "BTC-FUT"}
        assert (await self.bob.order("sell", "10", "100", "b", account="bob", **terms))["exec_type"] == "new"
        assert (await self.alice.order("buy", "10", "100", "a", account="alice", **terms))["exec_type"] == "new"
        for who in (self.alice, self.bob):
            while (await who.until("execution_report"))["exec_type"] != "trade":
                pass


@asynccontextmanager
async def at_desk(directory: Path) -> AsyncIterator[Desk]:
    async with serving(directory, clearing_venue()) as server, at_desk_of(url_of(server)) as desk:
        yield desk


@asynccontextmanager
async def at_desk_of(url: str) -> AsyncIterator[Desk]:
    """All of them at a venue that is served."""
    async with (
        client(url, "alice") as alice,
        client(url, "bob", binary=True) as bob,
        client(url, "otto") as otto,
        client(url, "sue") as sue,
    ):
        yield Desk(url, alice, bob, otto, sue)


def parts(message: dict[str, Any], *names: str) -> dict[str, Any]:
    return {name: message.get(name) for name in names}
