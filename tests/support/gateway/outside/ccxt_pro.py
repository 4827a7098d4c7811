"""What ccxt.pro watches: ccxt_pro.py URL ID SECRET ID SECRET. An object a line: call, ms from the first call to what was waited for, problem."""

from __future__ import annotations

import asyncio
import json
import sys
import time

import ccxt.pro

SPOT = "BTC/RUB"
SECONDS = 20


def exchange(url, client_id, secret):
    made = ccxt.pro.deribit({"apiKey": client_id, "secret": secret})
    made.urls["api"] = {"rest": url, "ws": url.replace("http", "ws", 1) + "/ws/api/v2"}
    return made


async def watched(name, watch, look):
    """Watch until what comes is as it should be."""
    began, problem, found = time.perf_counter(), "", None
    try:
        async with asyncio.timeout(SECONDS):
            while not look(found := await watch()):
                pass
    except Exception as error:  # noqa: BLE001 - whatever it is, it is told
        problem = f"{type(error).__name__}: {error}, {json.dumps(found, default=str)}"[:600]
    print(json.dumps({"call": name, "ms": round(1_000 * (time.perf_counter() - began), 1), "problem": problem}))


async def main(url, *keys):
    one, other = exchange(url, *keys[:2]), exchange(url, *keys[2:])
    one.options["currencies"] = ["RUB", "BTC"]
    await one.load_markets()
    await other.load_markets()
    price, label = 7_777_700, "watched"
    watching = [
        ("watch_order_book", lambda: one.watch_order_book(SPOT), lambda found: [price, 0.03] in [each[:2] for each in found["bids"]]),
        ("watch_order_book raw", lambda: one.watch_order_book(SPOT, None, {"interval": "raw"}), lambda found: bool(found["bids"])),
        ("watch_order_book_for_symbols", lambda: one.watch_order_book_for_symbols([SPOT, "ETH/RUB"]), lambda found: "bids" in found),
        ("watch_ticker", lambda: one.watch_ticker(SPOT), lambda found: found["bid"] == price),
        ("watch_tickers", lambda: one.watch_tickers([SPOT, "ETH/RUB"]), bool),
        ("watch_bids_asks", lambda: one.watch_bids_asks([SPOT]), lambda found: found[SPOT]["bid"] == price),
        ("watch_trades", lambda: one.watch_trades(SPOT), lambda found: found[-1]["price"] == price),
        ("watch_trades_for_symbols", lambda: one.watch_trades_for_symbols([SPOT, "ETH/RUB"]), bool),
        ("watch_orders", lambda: one.watch_orders(SPOT), lambda found: found[-1]["filled"] == 0.01),
        ("watch_my_trades", lambda: one.watch_my_trades(SPOT), lambda found: found[-1]["takerOrMaker"] == "maker"),
        ("watch_ohlcv", lambda: one.watch_ohlcv(SPOT, "1m"), lambda found: found[-1][4] == price),
        ("watch_ohlcv_for_symbols", lambda: one.watch_ohlcv_for_symbols([[SPOT, "3m"]]), lambda found: found[SPOT]["3m"][-1][4] == price),
        ("watch_balance", one.watch_balance, lambda found: found["RUB"]["RUB"]["used"] > 0),
    ]  # fmt: skip
    tasks = [asyncio.create_task(watched(*each)) for each in watching]
    await asyncio.sleep(2)
    await one.create_order(SPOT, "limit", "buy", 0.03, price, {"label": label})
    await asyncio.sleep(1)
    await other.create_order(SPOT, "limit", "sell", 0.01, price)
    await asyncio.gather(*tasks)
    await one.cancel_all_orders(SPOT)
    await one.close()
    await other.close()


asyncio.run(main(*sys.argv[1:]))
