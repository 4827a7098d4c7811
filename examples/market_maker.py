"""A market maker: a ladder on both sides of an instrument, which leans against what it holds.

It shows `quote` (a whole ladder in one request), `fills`, `portfolio` (position and profit), and what to do when a link breaks.

    sbx init my-venue --rulebook general-2026
    sbx serve my-venue
    python examples/market_maker.py my-venue
"""

import argparse
import asyncio
import contextlib
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal
from pathlib import Path

from gateway.client import Client, ConnectionLost, Instrument, Portfolio, connect

LEVELS = 3
STEP = Decimal("0.0005")
"""From the fair price to the first level, and from one level to the next, as a share of the price."""
LEAN = Decimal("0.0002")
"""How far the ladder moves for each lot-sized quote that is held."""


async def quote(client: Client, listed: Instrument, portfolio: Portfolio, fair: Decimal, size: Decimal) -> None:
    """Replace the ladder by one around the fair price; again and again, until the venue has answered."""
    centre = fair * (1 - portfolio[listed.instrument].quantity / size * LEAN)
    tick, ladder = listed.tick_size, range(1, LEVELS + 1)
    bids = [((centre * (1 - level * STEP) / tick).to_integral_value(ROUND_FLOOR) * tick, size) for level in ladder]
    asks = [((centre * (1 + level * STEP) / tick).to_integral_value(ROUND_CEILING) * tick, size) for level in ladder]
    while True:
        try:
            done = await client.quote(listed.instrument, bids=bids, asks=asks, post_only="reprice")
        except ConnectionLost:
            # Whether the venue got it or not: the next ladder replaces whatever stands there.
            await client.resumed()
        else:
            print(f"quotes {bids[0][0]:f} / {asks[0][0]:f}: {done.kept} kept, {done.entered} new", flush=True)
            return


async def make_market(client: Client, name: str, size: Decimal) -> None:
    """Quote, and quote anew after each fill."""
    listed = (await client.instruments())[name]
    portfolio = await client.portfolio()
    async with client.ticker(name) as prices, client.fills() as fills:
        fair = (await anext(prices)).last_price or listed.reference_price
        assert fair is not None, f"{name} has no price to begin with"
        await quote(client, listed, portfolio, fair, size)
        async for fill in fills:
            if fill.instrument == name:
                position = portfolio[name]
                print(f"{fill.side} {fill.quantity:f} at {fill.price:f}: holds {position.quantity:f}", end=", ")
                print("profit", "not known" if position.profit is None else f"{position.profit:f}", flush=True)
                await quote(client, listed, portfolio, fill.price, size)


async def main() -> None:
    """Make a market until the time is over, then take the quotes back."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("venue", type=Path, help="the directory of the venue, for its keys")
    parser.add_argument("--url", default="ws://127.0.0.1:8765")
    parser.add_argument("--instrument", default="BTC/RUB")
    parser.add_argument("--size", type=Decimal, default=Decimal("0.05"), help="of each quote")
    parser.add_argument("--seconds", type=float, default=None, help="by default for ever")
    options = parser.parse_args()
    async with connect(options.url, "mm-alpha", options.venue / "keys" / "mm-alpha.pem") as client:
        try:
            async with asyncio.timeout(options.seconds):
                await make_market(client, options.instrument, options.size)
        except TimeoutError:
            print(f"took back {(await client.quote(options.instrument)).cancelled} quotes", flush=True)


if __name__ == "__main__":
    with contextlib.suppress(KeyboardInterrupt):
        asyncio.run(main())
