"""The Deribit port over real sockets: what `ccxt` calls by HTTP, and what it may never be made to do."""

from __future__ import annotations

import asyncio
import io
import json
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from gateway.deribit.callers.keys import KEYS_FILE, write_keys
from gateway.deribit.service import METHODS
from tests.support.gateway.outside.deribit_client import ALICE, BOB, READER, Rest, opened, resting, signed_headers
from tests.support.gateway.venues.small_venue import client, serving

NAME = "BTC_RUB"


@asynccontextmanager
async def port_of(directory: Path) -> AsyncIterator[Rest]:
    async with serving(directory) as server, opened(server, directory) as port, resting(port) as rest:
        yield rest


async def test_what_ccxt_needs_to_begin(tmp_path):
    async with port_of(tmp_path) as rest:
        assert abs(await rest.result("public/get_time") - time.time() * 1_000) < 60_000
        assert (await rest.result("public/status"))["locked"] == "false"
        assert [each["currency"] for each in await rest.result("public/get_currencies")] == ["BTC", "RUB"]
        (instrument,) = await rest.result("public/get_instruments")
        assert (instrument["instrument_name"], instrument["kind"]) == (NAME, "spot")
        assert (instrument["base_currency"], instrument["counter_currency"]) == ("BTC", "RUB")
        assert (instrument["tick_size"], instrument["min_trade_amount"]) == (0.5, 0.1)
        assert instrument["venue_instrument"] == "BTC/RUB"
        assert await rest.result("public/get_instruments", currency="ETH") == []
        assert await rest.result("public/get_instrument", instrument_name=NAME) == instrument


async def test_an_order_from_entry_to_its_trade(tmp_path):
    async with port_of(tmp_path) as rest:
        terms = {"instrument_name": NAME, "type": "limit"}
        bought = await rest.result("private/buy", ALICE, **terms, amount="2.0", price="100.0", label="mine")
        order = bought["order"]
        assert (order["order_state"], order["amount"], order["price"]) == ("open", 2.0, 100.0)
        assert (order["label"], order["direction"], bought["trades"]) == ("mine", "buy", [])
        assert await rest.result("private/get_open_orders_by_instrument", ALICE, instrument_name=NAME) == [order]
        sold = await rest.result("private/sell", BOB, **terms, amount="0.5", price="99.5")
        assert (sold["order"]["order_state"], sold["order"]["average_price"]) == ("filled", 100.0)
        (trade,) = sold["trades"]
        assert (trade["price"], trade["amount"], trade["liquidity"]) == (100.0, 0.5, "T")
        state = await rest.result("private/get_order_state", ALICE, order_id=order["order_id"])
        assert (state["filled_amount"], state["order_state"]) == (0.5, "open")
        (mine,) = (await rest.result("private/get_user_trades_by_instrument", ALICE, instrument_name=NAME))["trades"]
        assert (mine["liquidity"], mine["order_id"]) == ("M", order["order_id"])
        assert await rest.result("private/get_user_trades_by_order", ALICE, order_id=order["order_id"]) == [mine]
        (public,) = (await rest.result("public/get_last_trades_by_instrument", instrument_name=NAME))["trades"]
        assert (public["trade_id"], public["direction"]) == (mine["trade_id"], "sell")
        edited = await rest.result("private/edit", ALICE, order_id=order["order_id"], amount=3, price=99)
        assert (edited["order"]["amount"], edited["order"]["price"]) == (3.0, 99.0)
        gone = await rest.result("private/cancel", ALICE, order_id=order["order_id"])
        assert (gone["order_state"], gone["filled_amount"]) == ("cancelled", 0.5)
        history = await rest.result("private/get_order_history_by_instrument", ALICE, instrument_name=NAME)
        assert [each["order_id"] for each in history] == [order["order_id"]]


async def test_what_is_traded_here_is_what_a_client_of_the_venue_sees(tmp_path):
    """One venue, two dialects: orders of the port are orders, with the same reports."""
    async with (
        serving(tmp_path) as server,
        opened(server, tmp_path) as port,
        resting(port) as rest,
        client(f"ws://127.0.0.1:{server.port}", "alice") as alice,
    ):
        bought = await rest.result("private/buy", ALICE, instrument_name=NAME, amount=1, price=100)
        report = await alice.until("execution_report")
        assert (str(report["order_id"]), report["exec_type"]) == (bought["order"]["order_id"], "new")
        assert report["price"] == "100.0"
        await alice.ask(type="cancel_order", account="alice", order_id=report["order_id"])
        state = await rest.result("private/get_order_state", ALICE, order_id=report["order_id"])
        assert state["order_state"] == "cancelled"


async def test_books_tickers_and_summaries(tmp_path):
    async with port_of(tmp_path) as rest:
        for price in (99, 98, 97):
            await rest.result("private/buy", ALICE, instrument_name=NAME, amount=1, price=price)
        book = await rest.result("public/get_order_book", instrument_name=NAME, depth=2)
        assert (book["bids"], book["asks"]) == ([[99.0, 1.0], [98.0, 1.0]], [])
        assert (book["best_bid_price"], book["best_ask_price"]) == (99.0, None)
        await rest.result("private/sell", BOB, instrument_name=NAME, amount="0.4", price=99)
        ticker = await rest.result("public/ticker", instrument_name=NAME)
        assert (ticker["last_price"], ticker["best_bid_amount"]) == (99.0, 0.6)
        assert (ticker["stats"]["volume"], ticker["stats"]["high"]) == (0.4, 99.0)
        (summary,) = await rest.result("public/get_book_summary_by_currency", currency="BTC")
        assert (summary["last"], summary["bid_price"], summary["volume"]) == (99.0, 99.0, 0.4)
        assert await rest.result("public/get_book_summary_by_instrument", instrument_name=NAME) == [summary]


async def test_balances_are_exact(tmp_path):
    async with port_of(tmp_path) as rest:
        await rest.result("private/buy", ALICE, instrument_name=NAME, amount="0.1", price="100.5")
        found = await rest.result("private/get_account_summaries", ALICE)
        rub = {each["currency"]: each for each in found["summaries"]}["RUB"]
        assert rub["equity"] == 1_000_000_000
        assert rub["available_funds"] + rub["maintenance_margin"] == rub["equity"]
        assert rub["maintenance_margin"] >= 10.05
        assert (await rest.result("private/get_account_summary", ALICE, currency="RUB"))["equity"] == rub["equity"]
        assert (await rest.error("private/get_account_summary", ALICE, currency="XXX"))["code"] == -32602
        (account,) = await rest.result("private/get_subaccounts", ALICE)
        assert account["id"] == "alice"


async def test_many_orders_are_cancelled_at_once(tmp_path):
    async with port_of(tmp_path) as rest:
        for _ in range(3):
            await rest.result("private/buy", ALICE, instrument_name=NAME, amount=1, price=90)
        assert await rest.result("private/cancel_all_by_currency", ALICE, currency="ETH") == 0
        assert await rest.result("private/cancel_all_by_currency", ALICE, currency="BTC") == 3
        await rest.result("private/buy", ALICE, instrument_name=NAME, amount=1, price=90)
        assert await rest.result("private/cancel_all_by_instrument", ALICE, instrument_name=NAME) == 1
        assert await rest.result("private/cancel_all", ALICE) == 0


@pytest.mark.parametrize(("params", "code"), [
    ({"amount": "1", "price": "100.3"}, 10043),
    ({"amount": "0.15", "price": "100"}, 10021),
    ({"amount": "99999999", "price": "100"}, 10021),
    ({"amount": "1", "price": "NaN"}, -32602),
    ({"amount": "Infinity", "price": "100"}, -32602),
    ({"amount": "-1", "price": "100"}, -32602),
    ({"amount": "1" * 40, "price": "100"}, -32602),
    ({"amount": "1e99", "price": "100"}, -32602),
    ({"amount": "0.1000000000000000055511151231257827", "price": "100"}, -32602),
    ({"price": "100"}, -32602),
    ({"amount": "1", "price": "100", "label": "x" * 60}, -32602),
    ({"amount": "1", "price": "100", "clientOrderId": "x"}, -32602),
    ({"amount": "1", "price": "100", "type": "take_limit"}, 10033),
    ({"amount": "1", "price": "100", "type": "nothing"}, -32602),
    ({"amount": "1", "price": "100", "trigger": "mark_price"}, 10033),
    ({"amount": "1"}, -32602),
    ({"amount": "1", "price": "100", "time_in_force": "for_ever"}, -32602),
    ({"amount": "1", "price": "100", "instrument_name": "BTC_EUR"}, 13020),
    ({"amount": "1000", "price": "1000000"}, 10009),
])  # fmt: skip
async def test_an_order_that_is_wrong_is_refused_by_a_code_that_ccxt_knows(tmp_path, params: dict[str, Any], code: int):
    async with port_of(tmp_path) as rest:
        error = await rest.error("private/buy", ALICE, **({"instrument_name": NAME} | params))
        assert error["code"] == code, error
        assert await rest.result("private/get_open_orders", ALICE) == []


async def test_who_may_what(tmp_path):
    async with port_of(tmp_path) as rest:
        assert (await rest.error("private/get_open_orders"))["code"] == 13009
        assert await rest.result("private/get_open_orders", READER) == []
        error = await rest.error("private/buy", READER, instrument_name=NAME, amount=1, price=100)
        assert (error["code"], "trade" in error["data"]["reason"]) == (13021, True)
        order = (await rest.result("private/buy", ALICE, instrument_name=NAME, amount=1, price=100))["order"]
        assert (await rest.error("private/cancel", BOB, order_id=order["order_id"]))["code"] == 10004
        assert (await rest.error("private/get_order_state", BOB, order_id=order["order_id"]))["code"] == 10004


# ── signatures ─────────────────────────────────────────────────────────────────────────────────────────────────────

BUY = f"/api/v2/private/buy?instrument_name={NAME}&amount=1&price=100"


async def test_a_request_that_is_sent_again_does_not_act_twice(tmp_path):
    async with port_of(tmp_path) as rest:
        headers = signed_headers(ALICE, "GET", BUY)
        status, _ = await rest.send("GET", BUY, headers)
        assert status == 200
        status, answer = await rest.send("GET", BUY, headers)
        assert (status, answer["error"]["code"]) == (401, 13009)
        # Nor with the digits of its signature in capitals.
        name, _, rest_of = headers["Authorization"].partition("sig=")
        again = {"Authorization": f"{name}sig={rest_of[:64].upper()}{rest_of[64:]}"}
        assert (await rest.send("GET", BUY, again))[0] == 401
        assert len(await rest.result("private/get_open_orders", ALICE)) == 1


async def test_nor_after_the_venue_was_started_again(tmp_path, monkeypatch):
    monkeypatch.setattr("gateway.deribit.callers.signatures.AHEAD_MS", 600_000)
    async with port_of(tmp_path) as rest:
        headers = signed_headers(ALICE, "GET", BUY)
        assert (await rest.send("GET", BUY, headers))[0] == 200
    # By a clock that is ahead: this one does not show that it was signed before the start.
    ahead = signed_headers(ALICE, "GET", BUY, ts=int(time.time() * 1_000) + 300_000)
    async with port_of(tmp_path) as rest:
        assert (await rest.send("GET", BUY, headers))[0] == 401
        assert (await rest.send("GET", BUY, ahead))[0] == 200
    async with port_of(tmp_path) as rest:
        status, answer = await rest.send("GET", BUY, ahead)
        assert (status, answer["result"]["order"]["order_state"]) == (200, "open")
        assert len(await rest.result("private/get_open_orders", ALICE)) == 2


@pytest.mark.parametrize("spoil", [
    lambda header: header.replace("sig=", "sig=0"),
    lambda header: header.replace("alice-key", "nobody"),
    lambda header: header.replace("deri-hmac-sha256", "Bearer"),
    lambda header: header + ",sig=00",
    lambda header: header.replace("ts=", "ts=x"),
    lambda header: "deri-hmac-sha256 ",
    lambda header: "deri-hmac-sha256 id=,ts=,sig=,nonce=",
])  # fmt: skip
async def test_a_signature_that_does_not_hold_lets_nobody_in(tmp_path, spoil):
    async with port_of(tmp_path) as rest:
        header = spoil(signed_headers(ALICE, "GET", BUY)["Authorization"])
        status, answer = await rest.send("GET", BUY, {"Authorization": header})
        assert (status, answer["error"]["code"]) == (401, 13009)
        assert await rest.result("private/get_open_orders", ALICE) == []


async def test_what_is_signed_is_what_counts(tmp_path):
    async with port_of(tmp_path) as rest:
        headers = signed_headers(ALICE, "GET", BUY)
        assert (await rest.send("GET", BUY.replace("amount=1", "amount=9"), headers))[0] == 401
        for ts in (int(time.time() * 1_000) - 61_000, int(time.time() * 1_000) + 10_000):
            assert (await rest.send("GET", BUY, signed_headers(ALICE, "GET", BUY, ts=ts)))[0] == 401


async def test_a_key_that_is_taken_away_is_of_no_use(tmp_path):
    async with serving(tmp_path) as server, opened(server, tmp_path) as port, resting(port) as rest:
        await rest.result("private/get_open_orders", ALICE)
        write_keys(tmp_path, [BOB])
        port.service.look()
        assert (await rest.error("private/get_open_orders", ALICE))["code"] == 13009
        assert await rest.result("private/get_open_orders", BOB) == []
        (tmp_path / KEYS_FILE).chmod(0o644)
        port.service.look()
        assert (await rest.error("private/get_open_orders", BOB))["code"] == 13009


# ── what is no call ────────────────────────────────────────────────────────────────────────────────────────────────


def _rpc(**others: Any) -> bytes:
    return json.dumps({"jsonrpc": "2.0", "id": 7, "method": "public/get_time"} | others).encode()


@pytest.mark.parametrize(("body", "code"), [
    (b"", -32700),
    (b"{", -32700),
    (b"\xff\xfe", -32700),
    (b'{"id":1,"method":"public/test","params":{"a":NaN}}', -32700),
    (b'{"id":1,"id":2,"method":"public/test"}', -32700),
    (b"[" * 60_000, -32700),
    (b"[" + _rpc() + b"]", -32600),
    (b"7", -32600),
    (_rpc(method=7), -32600),
    (_rpc(method="x" * 200), -32600),
    (_rpc(jsonrpc="1.0"), -32600),
    (_rpc(params=[1]), -32600),
    (_rpc(id={"a": 1}), -32600),
    (_rpc(id="x" * 65), -32600),
    (_rpc(id=10**80), -32600),
    (_rpc(method="public/nothing"), -32601),
    (_rpc(method="private/buy"), 13009),
    (_rpc(params={"instrument_name": {"a": 1}}, method="public/ticker"), -32602),
    (_rpc(params={"instrument_name": NAME, "depth": 10**30}, method="public/get_order_book"), None),
    (_rpc(params={"instrument_name": NAME, "depth": 1.5}, method="public/get_order_book"), -32602),
    (_rpc(id="a text"), None),
    (_rpc(id=None), None),
])  # fmt: skip
async def test_bodies_of_all_kinds(tmp_path, body: bytes, code: int | None):
    async with port_of(tmp_path) as rest:
        status, answer = await rest.send("POST", "/api/v2", {"Content-Type": "application/json"}, body)
        assert answer.get("error", {}).get("code") == code, answer
        assert (status == 200) == (code is None)
        if code is None:
            assert answer.get("id") == json.loads(body)["id"]


async def test_a_body_of_ten_megabytes_is_not_read(tmp_path):
    async with port_of(tmp_path) as rest:
        async with rest.session.post(rest.url + "/api/v2", data=io.BytesIO(b"x" * 10_000_000)) as response:
            assert response.status == 413
        assert await rest.result("public/test") == {"version": "sbx.v1"}


async def test_urls_of_all_kinds(tmp_path):
    async with port_of(tmp_path) as rest:
        assert (await rest.error("public/ticker", instrument_name="%00"))["code"] == 13020
        status, answer = await rest.send("GET", "/api/v2/public/ticker?instrument_name=a&instrument_name=b", {})
        assert (status, answer["error"]["code"]) == (400, -32602)
        assert (await rest.error("public/../private/buy"))["code"] == -32601
        async with rest.session.get(rest.url + "/elsewhere") as response:
            assert response.status == 404
        async with rest.session.put(rest.url + "/api/v2/public/test") as response:
            assert response.status == 404
        for headers in ({"Host": "evil.example"}, {"Origin": "https://evil.example"}):
            async with rest.session.get(rest.url + "/api/v2/public/test", headers=headers) as response:
                assert response.status == 403


async def test_every_method_answers_whatever_it_is_given(tmp_path):
    """No parameter brings about a fault of the translation."""
    junk: list[Any] = ["", "x", "-1", "1e5", "null", "9" * 30, "\n", "BTC_RUB", "any.any", "true"]
    keys = (
        "instrument_name",
        "currency",
        "kind",
        "order_id",
        "amount",
        "price",
        "count",
        "depth",
        "start_timestamp",
        "sorting",
    )
    async with port_of(tmp_path) as rest:
        for place, name in enumerate(METHODS):
            for shift in range(0, len(junk), 3):
                params = {key: junk[(place + shift + number) % len(junk)] for number, key in enumerate(keys)}
                _, answer = await rest.get(name, ALICE if name.startswith("private") else None, **params)
                assert answer.get("error", {}).get("code") != 11094, (name, params, answer)


async def test_who_asks_too_much_is_told_to_wait_and_others_are_not(tmp_path):
    from tests.support.gateway.venues.small_venue import small_venue

    venue = small_venue(
        "\n[limits]\nparticipants = { alice = { rate = 100, burst = 100 } }\naddress = { rate = 100, burst = 1_000 }\n"
    )
    async with serving(tmp_path, venue) as server, opened(server, tmp_path) as port, resting(port) as rest:
        codes = set()
        for _ in range(400):
            _, answer = await rest.get("private/get_open_orders", ALICE)
            codes.add(answer.get("error", {}).get("code"))
        assert codes == {None, 10028}
        assert await rest.result("private/get_open_orders", BOB) == []


async def test_a_venue_that_stops_takes_its_port_along(tmp_path):
    async with serving(tmp_path) as server:
        async with opened(server, tmp_path) as port, resting(port) as rest:
            await rest.result("private/buy", ALICE, instrument_name=NAME, amount=1, price=100)
            assert port.service.keys == 3
        with pytest.raises(OSError, match="onnect"):
            await asyncio.open_connection("127.0.0.1", port.port)
