"""A trader that knows nothing of this exchange: ccxt, unmodified, through the Deribit port (docs/CCXT.md).

    sbx deribit key venue anna
    sbx serve venue --deribit 8766 --with-participants
    python examples/deribit/ccxt_trader.py http://127.0.0.1:8766 CLIENT_ID SECRET

It follows the touch of BTC/RUB, keeps one small buy order below the best bid, and says what became of it. It needs
`pip install ccxt`, which this exchange itself does not.
"""

from __future__ import annotations

import asyncio
import sys

import ccxt.pro

SYMBOL = "BTC/RUB"
AMOUNT = 0.01
ROUNDS = 5


async def trade(url: str, client_id: str, secret: str) -> None:
    """Follow the market for some rounds, with an order of one's own in it."""
    exchange = ccxt.pro.deribit({"apiKey": client_id, "secret": secret})
    exchange.urls["api"] = {"rest": url, "ws": url.replace("http", "ws", 1) + "/ws/api/v2"}
    try:
        await exchange.load_markets()
        balance = await exchange.fetch_balance()
        print(f"{balance['RUB']['free']} RUB to spend")
        order = None
        for _ in range(ROUNDS):
            book = await exchange.watch_order_book(SYMBOL)
            if not book["bids"]:
                print("nobody bids yet")
                await asyncio.sleep(1)
                continue
            best = book["bids"][0][0]
            price = float(exchange.price_to_precision(SYMBOL, best * 0.999))
            if order is None or order["status"] != "open":
                order = await exchange.create_order(SYMBOL, "limit", "buy", AMOUNT, price)
            elif order["price"] != price:
                order = await exchange.edit_order(order["id"], SYMBOL, "limit", "buy", AMOUNT, price)
            print(
                f"best bid {best}; order {order['id']} at {order['price']}: {order['status']}, {order['filled']} filled"
            )
        await exchange.cancel_all_orders(SYMBOL)
        for mine in await exchange.fetch_my_trades(SYMBOL):
            print(
                f"{mine['side']} {mine['amount']} at {mine['price']}, fee {mine['fee']['cost']} {mine['fee']['currency']}"
            )
    finally:
        await exchange.close()


if __name__ == "__main__":
    asyncio.run(trade(*sys.argv[1:]))
