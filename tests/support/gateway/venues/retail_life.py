"""Two years of a retail investor at a venue for tests: caps that fill and begin anew, a test that expires and is taken again."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path

from engine.vocabulary.limits import NS_PER_DAY
from gateway.client import Client, OrderRejected, connect
from gateway.keys import read_private_key
from gateway.server.opening import start_server
from gateway.venue.template import write_default_venue
from gateway.venue.venue import load_venue

Pass = Callable[[int], Awaitable[None]]
"""Lets the venue's time pass until then, nanoseconds since the epoch, UTC."""
PEOPLE = ("mm-alpha", "broker-north", "supervisor", "operator")
STEP_NS = 360 * NS_PER_DAY
LOOK_SECONDS = 0.2
WAITS_SECONDS = 1_200


def new_venue(directory: Path) -> None:
    """Write the default venue, marked as one for tests, with the rules on retail."""
    write_default_venue(directory, datetime.now(UTC).date(), "general-2026")
    file = directory / "venue.toml"
    text = file.read_text(encoding="utf-8")
    marked = text.replace("# test = true", "test = true")
    assert marked != text
    file.write_text(marked, encoding="utf-8")


@asynccontextmanager
async def people_at(directory: Path, time_scale: int | None = None) -> AsyncIterator[dict[str, Client]]:
    """A venue that is served here, and its people, connected."""
    server = await start_server(load_venue(directory), directory, port=0, durability="os", time_scale=time_scale)
    try:
        async with AsyncExitStack() as stack:
            found: dict[str, Client] = {}
            for name in PEOPLE:
                key = read_private_key(directory / "keys" / f"{name}.pem")
                found[name] = await stack.enter_async_context(connect(f"ws://127.0.0.1:{server.port}", name, key))
            yield found
    finally:
        await server.stop()


async def time_now(directory_url: str) -> int:
    """The venue's time, as it greets."""
    async with connect(directory_url) as stranger:
        return stranger.hello.time


def by_command(people: dict[str, Client]) -> Pass:
    """The operator moves time, in as few steps as may be."""

    async def passes(until_ns: int) -> None:
        operator = people["operator"]
        now_ns = await time_now(operator.url)
        while now_ns < until_ns:
            now_ns = min(now_ns + STEP_NS, until_ns)
            await operator.admin("advance_time", until_ns=now_ns, reason="years pass")

    return passes


def by_the_clock(people: dict[str, Client]) -> Pass:
    """Time passes by itself."""

    async def passes(until_ns: int) -> None:
        async with asyncio.timeout(WAITS_SECONDS):
            while await time_now(people["operator"].url) < until_ns:  # noqa: ASYNC110 - nobody tells
                await asyncio.sleep(LOOK_SECONDS)

    return passes


def new_year_ns(year: int) -> int:
    """A day after a Moscow year begins."""
    return int(datetime(year, 1, 2, tzinfo=UTC).timestamp()) * 10**9


async def two_years(people: dict[str, Client], passes: Pass) -> list[str]:
    """Live through them; returns what became of each purchase: `filled`, or the rule that decided."""
    begin_ns = await time_now(people["operator"].url)
    year = datetime.fromtimestamp(begin_ns / 10**9, UTC).year
    became: list[str] = []

    async def buys(quantity: str) -> None:
        became.append(await bought(people, quantity))

    await buys("0.03")
    await buys("0.03")
    # Another year, another cap.
    await passes(new_year_ns(year + 1))
    await buys("0.03")
    await buys("0.03")
    # The test was taken a month before the venue began, and holds for a year.
    await passes(begin_ns + 345 * NS_PER_DAY)
    await buys("0.005")
    taken_ns = await time_now(people["operator"].url)
    await people["supervisor"].admin("record_test", investor="lev", test="knowledge", score=90, taken_ns=taken_ns)
    await buys("0.005")
    await passes(new_year_ns(year + 2))
    await buys("0.03")
    await buys("0.03")
    await passes(begin_ns + 2 * 365 * NS_PER_DAY)
    await buys("0.001")
    return became


async def bought(people: dict[str, Client], quantity: str) -> str:
    """What becomes of a purchase for lev, whom a firm sells to: 8 000 000 roubles a bitcoin."""
    maker, broker = people["mm-alpha"], people["broker-north"]
    offer = await maker.sell("BTC/RUB", quantity=quantity, price="8000000", account="mm-alpha.main")
    try:
        order = await broker.buy("BTC/RUB", quantity=quantity, price="8000000", account="lev.north")
    except OrderRejected as error:
        await offer.cancel()
        return error.rule or error.code
    return order.status
