"""Simulated participants who keep a running venue company, so that whoever connects finds a market."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Final

from gateway.client import Client, ClientError, ConnectionLost, RequestFailed, connect
from gateway.venue.venue import Venue
from loadtest.demo.cast import MARKET_MAKERS, Cast, accounts_of, cast_of, logged_in, logins, markets_of, own_accounts
from loadtest.demo.market import Market, watch
from loadtest.demo.participants import ORDERS, Ends
from loadtest.demo.tally import Tally

AGAIN_SECONDS: Final = 1.0
"""From a lost connection to the next attempt."""
LEAVE_SECONDS: Final = 5.0
"""However slow the venue is, they are gone after so long."""
PRICES_SECONDS: Final = 5.0
"""For the venue to tell its last prices."""


class CompanyError(Exception):
    """They can't trade there; the message says why and what to do."""


class Company:
    """Simulated participants of one venue.

    Args:
        venue: as its file says.
        directory: of the venue, with its `keys`.
        seed: what they draw from.
        pace: 1: some 230 requests a second of all together, as in `sbx demo`.
        tell: is told in a line how it goes.

    Raises:
        CompanyError: the venue file or the keys lack those without whom there is no market.
    """

    def __init__(self, venue: Venue, directory: Path, *, seed: int, pace: float, tell: Callable[[str], None]) -> None:
        self.tally: Final = Tally()
        self._venue: Final = venue
        self._keys: Final = directory / "keys"
        self._seed: Final = seed
        self._pace: Final = pace
        self._tell: Final = tell
        self.names, self.missing = logins(venue, self._keys)
        """Who can log in; and what is missing of the others, a line each."""
        accounts = accounts_of(venue)
        makers = [name for name in MARKET_MAKERS if name in accounts and accounts[name].participant in self.names]
        if not makers:
            raise CompanyError(
                "none of the market makers can log in, and without them there is no market. They need accounts in venue.toml "
                f"and keys in {self._keys}, as `sbx init` writes them:\n" + "\n".join(self.missing)
            )

    async def keep(self, url: str, ends: Ends, ca_file: Path | None = None) -> None:
        """Trade until the end, and take back what they have on the books. A lost connection is made again.

        Raises:
            CompanyError: the venue refuses a login.
        """
        while not ends.event.is_set():
            try:
                await self._stay(url, ends, ca_file)
            except RequestFailed as error:
                raise CompanyError(f"the venue refuses: {error}") from error
            except (ClientError, OSError, TimeoutError) as error:
                self._tell(f"the connection is lost: {error}; they come again")
                await ends.comes_within(AGAIN_SECONDS)

    async def _stay(self, url: str, ends: Ends, ca_file: Path | None) -> None:
        """Trade until the end, or until a connection is lost."""
        async with (
            connect(url, encoding="msgpack", reconnect=False, ca_file=ca_file) as observer,
            logged_in(self._keys, self.names, url, ca_file=ca_file) as clients,
        ):
            await self._withdraw(clients)
            source = random.Random(self._seed)
            markets = markets_of(self._venue, await observer.instruments(), source)
            await _begin_where_it_stands(observer, markets)
            watching = await watch(observer, markets, self.tally)
            cast = cast_of(self._venue, clients, markets, self.tally, source, pace=self._pace)
            self._tell(f"{len(cast.people)} simulated participants trade in {len(markets)} instruments")
            try:
                await _until(cast, watching, ends)
            finally:
                for task in watching:
                    task.cancel()
                await asyncio.gather(*watching, return_exceptions=True)
            with suppress(TimeoutError):
                async with asyncio.timeout(LEAVE_SECONDS):
                    await self._withdraw(clients)

    async def _withdraw(self, clients: Mapping[str, Client]) -> None:
        """Cancel what they have on the books, of an earlier run too. Orders of others on the same accounts stay."""
        for name, client in clients.items():
            for account in own_accounts(self._venue, name):
                try:
                    own = [
                        each for each in await client.open_orders(account) if each.client_order_id.startswith(ORDERS)
                    ]
                except RequestFailed:
                    # The venue began without it.
                    continue
                outcomes = await asyncio.gather(
                    *(client.cancel(account=account, order_id=each.order_id) for each in own), return_exceptions=True
                )
                for outcome in outcomes:
                    if isinstance(outcome, BaseException) and not isinstance(outcome, RequestFailed):
                        raise outcome


async def _until(cast: Cast, watching: list[asyncio.Task[None]], ends: Ends) -> None:
    """Let everybody act until the end. Raises what one of them can't go on with."""
    acting = [asyncio.create_task(each.run(ends)) for each in cast.everybody]
    end = asyncio.create_task(ends.event.wait())
    try:
        done, _ = await asyncio.wait([end, *acting, *watching], return_when=asyncio.FIRST_COMPLETED)
        for task in done:
            task.result()
        if end not in done:
            raise ConnectionLost("the market data broke off")
    finally:
        for task in (end, *acting):
            task.cancel()
        for each in cast.people:
            each.drop()
        await asyncio.gather(end, *acting, return_exceptions=True)


async def _begin_where_it_stands(observer: Client, markets: Mapping[str, Market]) -> None:
    """Take the last prices of an earlier run as those to begin with."""
    for market in markets.values():
        if market.quote != "RUB" or market.kind != "spot":
            continue
        ticker = observer.ticker(market.instrument)
        async with asyncio.timeout(PRICES_SECONDS):
            await ticker.start()
            seen = await anext(ticker)
        await ticker.aclose()
        if seen.last_price is not None:
            market.begin_at(float(seen.last_price))
