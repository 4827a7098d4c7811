"""Tests that ccxt brings for every exchange: ccxt_own_tests.py URL ID SECRET. An object a line: call (the test), problem, or why it is left out."""

from __future__ import annotations

import importlib
import inspect
import json
import pkgutil
import sys
import time
import traceback

import ccxt
import ccxt.test.exchange.sync as tests

SPOT, CODE = "BTC/RUB", "BTC"
NEEDS = {
    "fetchCurrencies": "it wants flags of deposits and withdrawals, which ccxt reads of no currency of Deribit",
    "fetchMarkets": "it wants a dict, where ccxt itself returns a list; loadMarkets looks at the same markets",
    "fetchTickers": "it gives no currency, without which ccxt does not ask Deribit",
    "createOrder": "it trades by ticker prices of a market with both sides, and cancels: ccxt_calls.py does that",
}


def main(url, client_id, secret):
    exchange = ccxt.deribit({"apiKey": client_id, "secret": secret})
    exchange.urls["api"]["rest"] = url
    exchange.load_markets()
    # The test of markets wants one of each kind that ccxt knows of Deribit.
    exchange.has["swap"] = exchange.has["option"] = False
    future = next(symbol for symbol, market in exchange.markets.items() if market["future"])
    values = {"symbol": SPOT, "code": CODE, "argument": SPOT}
    for found in pkgutil.iter_modules(tests.__path__):
        name = found.name
        if not name.startswith("test_"):
            continue
        function = getattr(importlib.import_module(f"{tests.__name__}.{name}"), name)
        method = "".join(
            word.title() if place else word for place, word in enumerate(name.removeprefix("test_").split("_"))
        )
        row = {"call": method, "problem": "", "left_out": ""}
        if method not in ("loadMarkets", "features", "afterConstruct") and not exchange.has.get(method):
            row["left_out"] = "ccxt says that deribit has none"
        elif method in NEEDS:
            row["left_out"] = NEEDS[method]
        else:
            names = list(inspect.signature(function).parameters)[2:]
            began = time.perf_counter()
            try:
                # Liquidations are those of a contract, whatever the test calls it.
                given = {"code": future} if "Liquidations" in method else {}
                function(exchange, {}, *((values | given)[each] for each in names))
            except ccxt.BadRequest as error:
                row["left_out" if "Method not found" in str(error) else "problem"] = str(error)[:300]
            except ccxt.NotSupported as error:
                row["left_out"] = str(error)[:300]
            except Exception as error:  # noqa: BLE001 - whatever it is, it is told
                row["problem"] = f"{type(error).__name__}: {error} {traceback.format_exc()[-500:]}"[:900]
            row["ms"] = round(1_000 * (time.perf_counter() - began), 1)
        print(json.dumps(row))


main(*sys.argv[1:])
