"""A taker: it watches a book of its own, and takes what is best, in turn on one side and the other.

It shows `book` (a copy that checks itself with every message), orders that never rest, and what a refusal says.

    sbx init my-venue --rulebook general-2026
    sbx serve my-venue
    python examples/market_maker.py my-venue
    python examples/taker.py my-venue
"""

import argparse
import asyncio
import contextlib
from decimal import Decimal
from pathlib import Path

from gateway.client import Client, LocalBook, OrderRejected, connect

QUANTITY = Decimal("0.02")


async def both_sides(book: LocalBook) -> None:
    """Wait until the copy follows the venue, and has a price on either side."""
    while not (book.is_current and book.best_bid and book.best_ask):
        await book.changed()


async def take(client: Client, book: LocalBook, buys: bool) -> None:
    """Take the best price of the other side, as much as there is of it."""
    await both_sides(book)
    best, trade = (book.best_ask, client.buy) if buys else (book.best_bid, client.sell)
    assert best is not None, "both sides have a price"
    quantity = min(QUANTITY, best.quantity)
    try:
        order = await trade(book.instrument, quantity=quantity, price=best.price, time_in_force="ioc")
    except OrderRejected as refused:
        # `rule` and `title` are empty where no rule, but another check decided: `code` says which.
        print(f"refused: {refused.code} {refused.rule} {refused.title}: {refused.detail}", flush=True)
        return
    await order.ended()
    if order.average_price is None:
        print(f"{order.side} {quantity:f} at {best.price:f}: somebody was faster", flush=True)
    else:
        paid = sum(fill.fee for fill in order.fills)
        print(f"{order.side} {order.filled_quantity:f} at {order.average_price:f}, fee {paid:f}", flush=True)


async def main() -> None:
    """Trade so many times, with a pause between."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("venue", type=Path, help="the directory of the venue, for its keys")
    parser.add_argument("--url", default="ws://127.0.0.1:8765")
    parser.add_argument("--instrument", default="BTC/RUB")
    parser.add_argument("--orders", type=int, default=10)
    parser.add_argument("--pause", type=float, default=0.5, help="seconds")
    options = parser.parse_args()
    async with connect(options.url, "anna", options.venue / "keys" / "anna.pem") as client:
        portfolio = await client.portfolio()
        book = await client.book(options.instrument)
        for number in range(options.orders):
            await take(client, book, buys=number % 2 == 0)
            await asyncio.sleep(options.pause)
        position = portfolio[options.instrument]
        print(f"holds {position.quantity:f}, realised {position.realised:f}, fees {position.fees:f}")
        print(f"the copy of the book was fetched anew {book.resyncs} times")


if __name__ == "__main__":
    with contextlib.suppress(KeyboardInterrupt):
        asyncio.run(main())
