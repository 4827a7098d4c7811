"""A hedger: it buys bitcoin at the touch, and sells as much of a future on it at once, so that the price no longer matters.

It shows a pegged order, `fills`, orders in two instruments, and the profit of both together.

    sbx init my-venue --rulebook general-2026
    sbx serve my-venue
    python examples/market_maker.py my-venue
    python examples/market_maker.py my-venue --instrument BTC-FUT-2026-12     # the one that `sbx init` listed
    python examples/hedger.py my-venue
    python examples/taker.py my-venue                                         # sells to it, too
"""

import argparse
import asyncio
from decimal import ROUND_FLOOR, Decimal
from pathlib import Path

from gateway.client import Client, Fill, Instrument, LocalBook, OrderRejected, Pegged, Portfolio, connect

SPOT = "BTC/RUB"


async def nearest_future(client: Client, underlying: str) -> Instrument:
    """The future on an underlying that expires first."""
    listed = (await client.instruments()).values()
    futures = [each for each in listed if each.kind == "future" and each.underlying == underlying and each.expiry]
    return min(futures, key=lambda each: each.expiry or 0)


async def hedge(client: Client, future: Instrument, book: LocalBook, portfolio: Portfolio) -> None:
    """Sell of the future what is held of the spot and not hedged yet, in whole lots, to who bids the most."""
    open_quantity = portfolio[SPOT].quantity + portfolio[future.instrument].quantity
    lots = (open_quantity / future.lot_size).to_integral_value(ROUND_FLOOR)
    if lots < 1 or book.best_bid is None:
        return
    quantity, price = lots * future.lot_size, book.best_bid.price
    try:
        order = await client.sell(future.instrument, quantity=quantity, price=price, time_in_force="ioc")
        await order.ended()
    except OrderRejected as refused:
        print(f"not hedged: {refused}", flush=True)


def show(fill: Fill, portfolio: Portfolio, future: Instrument) -> None:
    """Say what is held, and what it has come to."""
    spot, short = portfolio[SPOT], portfolio[future.instrument]
    open_quantity = spot.quantity + short.quantity
    profits = [each.profit for each in (spot, short) if each.profit is not None]
    print(f"bought {fill.quantity:f} at {fill.price:f}: {spot.quantity:f} spot, {short.quantity:f} future", end=", ")
    print(f"{open_quantity:f} open, profit of both {sum(profits):f}", flush=True)


async def main() -> None:
    """Buy so much, and hedge each fill."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("venue", type=Path, help="the directory of the venue, for its keys")
    parser.add_argument("--url", default="ws://127.0.0.1:8765")
    parser.add_argument("--quantity", type=Decimal, default=Decimal("0.05"), help="how much to buy")
    options = parser.parse_args()
    async with connect(options.url, "delta-fund", options.venue / "keys" / "delta-fund.pem") as client:
        future = await nearest_future(client, "BTC")
        portfolio, book = await client.portfolio(), await client.book(future.instrument)
        tick = (await client.instruments())[SPOT].tick_size
        async with client.fills() as fills:
            # One tick before the others, wherever they go.
            bid = Pegged(instrument=SPOT, side="buy", quantity=options.quantity, peg="own", peg_offset=tick)
            order = await client.submit(bid)
            async for fill in fills:
                if fill.instrument == SPOT:
                    await hedge(client, future, book, portfolio)
                    show(fill, portfolio, future)
                    if not order.is_open:
                        return


if __name__ == "__main__":
    asyncio.run(main())
