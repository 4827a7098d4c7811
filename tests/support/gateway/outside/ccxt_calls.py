"""Every call of docs/CCXT.md by an unmodified ccxt: ccxt_calls.py sync|async URL ID SECRET ID SECRET. An object a line: call, ms, problem.

Only URLs and keys are changed. Two participants trade with each other; what each call brings is looked at.
"""

from __future__ import annotations

import asyncio
import inspect
import json
import sys
import time

import ccxt
import ccxt.async_support

SPOT, FUTURE = "BTC/RUB", ""


def exchange(kind, url, client_id, secret):
    made = (ccxt if kind == "sync" else ccxt.async_support).deribit({"apiKey": client_id, "secret": secret})
    made.urls["api"]["rest"] = url
    return made


async def call(of, name, *args, look=lambda found: found is not None, raises=None, **params):
    began = time.perf_counter()
    problem, found = "", None
    try:
        found = getattr(of, name)(*args, **params)
        if inspect.isawaitable(found):
            found = await found
        if raises is not None:
            problem = f"no {raises.__name__}"
        elif not look(found):
            problem = f"unexpected: {json.dumps(found, default=str)[:600]}"
    except Exception as error:  # noqa: BLE001 - whatever it is, it is told
        if raises is None or not isinstance(error, raises):
            problem = f"{type(error).__name__}: {error}"[:600]
    row = {"call": name, "ms": round(1_000 * (time.perf_counter() - began), 1), "problem": problem}
    if raises is not None:
        row["call"] += f" -> {raises.__name__}"
    print(json.dumps(row))
    return found


async def main(kind, url, *keys):
    one, other = exchange(kind, url, *keys[:2]), exchange(kind, url, *keys[2:])
    await call(one, "fetch_time", look=lambda ms: abs(ms - time.time() * 1_000) < 60_000)
    await call(one, "fetch_status", look=lambda found: found["status"] == "ok")
    await call(one, "fetch_currencies", look=lambda found: {"BTC", "RUB"} <= set(found))
    await call(one, "fetch_markets", look=lambda found: len(found) > 10)
    markets = await call(
        one, "load_markets", look=lambda found: found[SPOT]["spot"] and found[SPOT]["precision"]["price"] == 100
    )
    await call(other, "load_markets")
    futures = [each for each in markets.values() if each["future"] and each["base"] == "BTC"]
    future = min(futures, key=lambda each: each["expiry"])
    ok = future["linear"] and (future["quote"], future["settle"], future["contractSize"]) == ("RUB", "RUB", 1)
    print(json.dumps({"call": "a future is linear", "ms": 0, "problem": "" if ok else str(future)}))
    await prices(one, future)
    await orders(one, other)
    await refusals(one)
    await holdings(one, other, future)
    if kind == "async":
        await one.close()
        await other.close()


async def prices(one, future):
    await call(one, "fetch_ticker", SPOT, look=lambda found: found["symbol"] == SPOT)
    await call(
        one, "fetch_tickers", None, {"code": "BTC"}, look=lambda found: SPOT in found and future["symbol"] in found
    )
    await call(one, "fetch_order_book", SPOT, 10, look=lambda found: found["symbol"] == SPOT)
    await call(one, "fetch_open_interest", future["symbol"], look=lambda found: found["openInterestAmount"] == 0)
    await call(one, "fetch_trading_fees", look=lambda found: found[SPOT]["taker"] == 0.0003)
    await call(one, "fetch_liquidations", future["symbol"], look=lambda found: found == [])


async def orders(one, other):
    mine = await call(
        one, "create_order", SPOT, "limit", "buy", 0.02, 7_900_000, {"label": "first"},
        look=lambda order: order["status"] == "open" and order["amount"] == 0.02 and order["info"]["label"] == "first",
    )  # fmt: skip
    await call(one, "fetch_order_book", SPOT, look=lambda found: found["bids"][0] == [7_900_000, 0.02])
    await call(one, "fetch_open_orders", SPOT, look=lambda found: [each["id"] for each in found] == [mine["id"]])
    await call(one, "fetch_open_orders", look=lambda found: [each["id"] for each in found] == [mine["id"]])
    await call(one, "fetch_order", mine["id"], SPOT, look=lambda order: order["price"] == 7_900_000)
    await call(
        one, "edit_order", mine["id"], SPOT, "limit", "buy", 0.03, 7_910_000,
        look=lambda order: (order["amount"], order["price"]) == (0.03, 7_910_000),
    )  # fmt: skip
    await call(
        other, "create_order", SPOT, "limit", "sell", 0.01, 7_900_000,
        look=lambda order: order["status"] == "closed" and order["average"] == 7_910_000 and len(order["trades"]) == 1,
    )  # fmt: skip
    await call(other, "create_order", SPOT, "market", "sell", 0.01, look=lambda order: order["filled"] == 0.01)
    await call(
        one,
        "fetch_order",
        mine["id"],
        SPOT,
        look=lambda order: order["filled"] == 0.02 and order["average"] == 7_910_000,
    )
    await past(one, mine)
    await further(one)


async def past(one, mine):
    await call(one, "fetch_ticker", SPOT, look=lambda found: found["last"] == 7_910_000 and found["baseVolume"] >= 0.02)
    await call(
        one, "fetch_trades", SPOT, look=lambda found: found[-1]["price"] == 7_910_000 and found[-1]["side"] == "sell"
    )
    await call(one, "fetch_trades", SPOT, int(time.time() * 1_000) - 60_000, 5, look=lambda found: len(found) >= 2)
    for timeframe in ("1m", "3m", "1h", "12h", "1d"):
        await call(
            one, "fetch_ohlcv", SPOT, timeframe,
            look=lambda found: found[-1][4] == 7_910_000 and found[-1][5] >= 0.02 and found[-1][3] <= found[-1][1] <= found[-1][2],
        )  # fmt: skip
    await call(
        one, "fetch_my_trades", SPOT,
        look=lambda found: found[-1]["takerOrMaker"] == "maker" and found[-1]["fee"]["currency"] == "RUB",
    )  # fmt: skip
    await call(one, "fetch_my_trades", None, int(time.time() * 1_000) - 60_000, look=lambda found: len(found) >= 2)
    await call(one, "fetch_my_trades", look=lambda found: len(found) >= 2)
    await call(one, "fetch_order_trades", mine["id"], SPOT, look=lambda found: len(found) == 2)
    await call(
        one,
        "cancel_order",
        mine["id"],
        SPOT,
        look=lambda order: order["status"] == "canceled" and order["filled"] == 0.02,
    )
    await call(one, "fetch_closed_orders", SPOT, look=lambda found: mine["id"] in [each["id"] for each in found])
    await call(one, "fetch_closed_orders", look=lambda found: mine["id"] in [each["id"] for each in found])


async def further(one):
    await call(
        one, "create_order", SPOT, "limit", "buy", 0.01, 7_500_000, {"postOnly": True},
        look=lambda order: order["postOnly"] and order["status"] == "open",
    )  # fmt: skip
    await call(
        one, "create_order", SPOT, "stop_limit", "sell", 0.01, 7_400_000, {"stopLossPrice": 7_450_000},
        look=lambda order: order["triggerPrice"] == 7_450_000 and order["status"] == "open",
    )  # fmt: skip
    await call(one, "cancel_all_orders", SPOT, look=lambda found: found[0]["info"]["result"] == 2)
    await call(one, "cancel_all_orders", look=lambda found: found[0]["info"]["result"] == 0)
    await call(
        one, "create_order", SPOT, "limit", "buy", 0.01, 7_000_000, {"timeInForce": "IOC"},
        look=lambda order: order["status"] == "canceled" and order["timeInForce"] == "IOC",
    )  # fmt: skip


async def refusals(one):
    order = (SPOT, "limit", "buy")
    await call(one, "create_order", *order, 90, 7_900_000, raises=ccxt.PermissionDenied)
    await call(one, "create_order", *order, 0.01, 100, raises=ccxt.InvalidOrder)
    await call(one, "create_order", "A7A5/RUB", "limit", "sell", 100, 1, raises=ccxt.InsufficientFunds)
    await call(one, "create_order", *order, 0.01, 7_900_000, {"takeProfitPrice": 8_000_000}, raises=ccxt.NotSupported)
    await call(one, "create_order", *order, 0.01, 7_900_000, {"clientOrderId": "x"}, raises=ccxt.BadRequest)
    await call(one, "cancel_order", "999999", SPOT, raises=ccxt.OrderNotFound)
    await call(one, "fetch_order", "999999", SPOT, raises=ccxt.OrderNotFound)
    await call(one, "fetch_deposits", "BTC", raises=ccxt.BadRequest)
    secret, one.secret = one.secret, "another"
    await call(one, "fetch_balance", raises=ccxt.AuthenticationError)
    one.secret = secret


async def holdings(one, other, future):
    symbol = future["symbol"]
    await call(
        one,
        "fetch_balance",
        look=lambda found: found["RUB"]["free"] + found["RUB"]["used"] == found["RUB"]["total"] > 0,
    )
    await call(one, "fetch_balance", {"code": "BTC"}, look=lambda found: found["BTC"]["total"] > 0)
    await call(one, "fetch_accounts", look=lambda found: len(found) == 1)
    await call(
        one, "create_order", symbol, "limit", "buy", 0.1, 8_000_000, look=lambda order: order["status"] == "open"
    )
    await call(
        other, "create_order", symbol, "limit", "sell", 0.1, 8_000_000, look=lambda order: order["status"] == "closed"
    )
    await call(
        one, "fetch_positions", look=lambda found: found[0]["symbol"] == symbol and (found[0]["side"], found[0]["contracts"]) == ("long", 0.1)
    )  # fmt: skip
    await call(
        other, "fetch_position", symbol, look=lambda found: (found["side"], abs(found["contracts"])) == ("short", 0.1)
    )
    await call(
        other,
        "create_order",
        symbol,
        "limit",
        "buy",
        0.1,
        8_000_000,
        {"reduceOnly": True},
        look=lambda order: order["status"] == "open",
    )
    await call(
        one, "create_order", symbol, "limit", "sell", 0.1, 8_000_000, look=lambda order: order["status"] == "closed"
    )
    await call(one, "fetch_my_liquidations", symbol, look=lambda found: found == [])


asyncio.run(main(*sys.argv[1:]))
