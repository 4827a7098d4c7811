"""WebSockets of the Deribit port: logins, channels, and who is let go."""

from __future__ import annotations

import asyncio
import contextlib
import json
from typing import Any

import pytest
from aiohttp import WSMsgType

from gateway.deribit import connection, doors
from gateway.deribit.callers.keys import write_keys
from gateway.deribit.dialect.failures import Failure
from tests.support.gateway.outside.deribit_client import (
    ALICE,
    BOB,
    READER,
    Rest,
    connected,
    login_params,
    opened,
    resting,
)
from tests.support.gateway.venues.small_venue import client, serving, url_of

NAME = "BTC_RUB"


async def _buy(rest: Rest, price: Any, amount: Any = 1) -> dict[str, Any]:
    bought = await rest.result("private/buy", ALICE, instrument_name=NAME, amount=amount, price=price)
    order: dict[str, Any] = bought["order"]
    return order


async def test_a_book_is_told_and_what_changes_of_it(tmp_path):
    async with serving(tmp_path) as server, opened(server, tmp_path) as port, resting(port) as rest:
        await _buy(rest, 99)
        async with connected(port) as socket:
            for interval in ("raw", "100ms"):
                channel = f"book.{NAME}.{interval}"
                assert await socket.result("public/subscribe", channels=[channel]) == [channel]
                snapshot = await socket.told(channel)
                assert (snapshot["type"], snapshot["bids"], snapshot["asks"]) == ("snapshot", [["new", 99.0, 1.0]], [])
                order = await _buy(rest, 98)
                added = await socket.told(channel)
                assert (added["type"], added["bids"]) == ("change", [["new", 98.0, 1.0]])
                assert added["prev_change_id"] == snapshot["change_id"]
                await rest.result("private/edit", ALICE, order_id=order["order_id"], amount=2)
                changed = await socket.told(channel)
                assert (changed["bids"], changed["prev_change_id"]) == ([["change", 98.0, 2.0]], added["change_id"])
                await rest.result("private/cancel", ALICE, order_id=order["order_id"])
                assert (await socket.told(channel))["bids"] == [["delete", 98.0, 0]]
                assert await socket.result("public/unsubscribe", channels=[channel]) == [channel]


async def test_the_book_of_changes_is_the_book_of_the_venue(tmp_path):
    """Folded, whenever one begins to listen and whatever is summed up."""
    async with serving(tmp_path) as server, opened(server, tmp_path) as port, resting(port) as rest:
        books: list[dict[str, dict[float, float]]] = []
        async with connected(port) as first, connected(port) as second:
            channel = f"book.{NAME}.100ms"
            for place, socket in enumerate((first, second)):
                await socket.result("public/subscribe", channels=[channel])
                for number in range(12):
                    order = await _buy(rest, 90 + (number * 7 + place) % 5, 1 + number % 3)
                    if number % 3 == 0:
                        await rest.result("private/cancel", ALICE, order_id=order["order_id"])
            await asyncio.sleep(0.3)
            expected = await rest.result("public/get_order_book", instrument_name=NAME, depth=1_000)
            for socket in (first, second):
                sides: dict[str, dict[float, float]] = {"bids": {}, "asks": {}}
                last_id = 0
                while last_id < expected["change_id"]:
                    data = await socket.told(channel)
                    assert data["type"] == "snapshot" or data["prev_change_id"] == last_id
                    last_id = data["change_id"]
                    for side, levels in sides.items():
                        for action, price, amount in data[side]:
                            assert (price in levels) == (action != "new")
                            levels.pop(price, None)
                            if action != "delete":
                                levels[price] = amount
                books.append(sides)
        assert books[0] == books[1]
        assert sorted(books[0]["bids"].items(), reverse=True) == [tuple(level) for level in expected["bids"]]


async def test_tickers_trades_touch_and_depth(tmp_path):
    async with (
        serving(tmp_path) as server,
        opened(server, tmp_path) as port,
        resting(port) as rest,
        connected(port) as socket,
    ):
        channels = [f"ticker.{NAME}.raw", f"trades.{NAME}.100ms", f"quote.{NAME}", f"book.{NAME}.none.1.100ms"]
        assert await socket.result("public/subscribe", channels=[*channels, "ticker.BTC_EUR.raw", "x"]) == channels
        assert (await socket.told(channels[0]))["best_bid_price"] is None
        assert (await socket.told(channels[2]))["best_bid_price"] is None
        assert (await socket.told(channels[3]))["bids"] == []
        await _buy(rest, 100)
        assert (await socket.told(channels[0]))["best_bid_price"] == 100.0
        assert (await socket.told(channels[2]))["best_bid_amount"] == 1.0
        assert (await socket.told(channels[3]))["bids"] == [[100.0, 1.0]]
        await rest.result("private/sell", BOB, instrument_name=NAME, amount="0.3", price=100)
        (trade,) = await socket.told(channels[1])
        assert (trade["price"], trade["amount"], trade["direction"]) == (100.0, 0.3, "sell")


async def test_ones_own_orders_and_trades(tmp_path):
    async with (
        serving(tmp_path) as server,
        opened(server, tmp_path) as port,
        resting(port) as rest,
        connected(port) as socket,
        connected(port) as other,
    ):
        channels = ["user.orders.any.any.raw", f"user.trades.{NAME}.raw", "user.portfolio.RUB"]
        assert (await socket.ask("private/subscribe", channels=channels))["error"]["code"] == 13009
        assert "access_token" in (await socket.login(ALICE))["result"]
        await other.login(BOB)
        assert await socket.result("public/subscribe", channels=channels) == []
        assert await socket.result("private/subscribe", channels=channels) == channels
        await other.result("private/subscribe", channels=channels)
        before = await socket.told("user.portfolio.RUB")
        order = await _buy(rest, 100)
        assert await socket.told(channels[0]) == order
        sold = await other.result("private/sell", instrument_name=NAME, amount="0.4", price=100)
        (mine,) = await socket.told(channels[1])
        assert (mine["order_id"], mine["amount"], mine["liquidity"]) == (order["order_id"], 0.4, "M")
        assert (await socket.told(channels[0]))["filled_amount"] == 0.4
        assert [await other.told(channels[1])] == [sold["trades"]]
        assert (await socket.told("user.portfolio.RUB"))["available_funds"] < before["available_funds"]
        # Nothing of the one is told the other.
        heard = [each["params"]["data"] for each in other.heard if each["params"]["channel"] == channels[0]]
        assert order["order_id"] not in [each["order_id"] for each in heard]


async def test_what_follows_a_login_need_not_wait_for_its_answer(tmp_path):
    async with serving(tmp_path) as server, opened(server, tmp_path) as port, connected(port) as socket:
        for request_id, (method, params) in enumerate((
            ("public/auth", login_params(ALICE)),
            ("private/subscribe", {"channels": ["user.orders.any.any.raw"]}),
            ("private/buy", {"instrument_name": NAME, "amount": 1, "price": 100}),
            ("private/cancel_all", {}),
        )):  # fmt: skip
            await socket.socket.send_json({"jsonrpc": "2.0", "id": request_id, "method": method, "params": params})
        found = {}
        while len(found) < 4:
            message = await socket.receive()
            if "id" in message:
                found[message["id"]] = message["result"]
        assert found[3] == 1


@pytest.mark.parametrize("others", [
    {"signature": "0" * 64}, {"nonce": "another"}, {"timestamp": 1}, {"client_id": "nobody"}, {"data": "x"},
    {"grant_type": "password"}, {"grant_type": "client_credentials", "client_secret": "another one, of the tests"},
])  # fmt: skip
async def test_a_login_that_does_not_hold(tmp_path, others: dict[str, Any]):
    async with serving(tmp_path) as server, opened(server, tmp_path) as port, connected(port) as socket:
        params = login_params(ALICE, **others)
        if "client_secret" in others:
            params = {"client_id": ALICE.client_id} | others
        assert (await socket.ask("public/auth", **params))["error"]["code"] in (13004, 13009, -32602)
        assert (await socket.ask("private/get_open_orders"))["error"]["code"] == 13009


async def test_a_login_counts_once(tmp_path):
    async with serving(tmp_path) as server, opened(server, tmp_path) as port:
        params = login_params(ALICE)
        async with connected(port) as socket:
            assert (await socket.ask("public/auth", **params))["result"]["token_type"] == "bearer"
            assert (await socket.login(BOB))["error"]["code"] == 13009
        async with connected(port) as socket:
            assert (await socket.ask("public/auth", **params))["error"]["code"] == 13009
            credentials = {"client_id": READER.client_id, "client_secret": READER.secret}
            await socket.result("public/auth", grant_type="client_credentials", **credentials)
            error = (await socket.ask("private/cancel_all"))["error"]
            assert error["code"] == 13021


async def test_a_key_that_is_taken_away_ends_its_connections(tmp_path):
    async with (
        serving(tmp_path) as server,
        opened(server, tmp_path) as port,
        connected(port) as alice,
        connected(port) as bob,
    ):
        await alice.login(ALICE)
        await bob.login(BOB)
        write_keys(tmp_path, [BOB])
        port.service.look()
        assert (await alice.socket.receive(5)).type in (WSMsgType.CLOSED, WSMsgType.CLOSE, WSMsgType.ERROR)
        assert await bob.result("private/get_open_orders") == []


async def test_who_does_not_read_is_let_go_and_costs_others_nothing(tmp_path, monkeypatch):
    monkeypatch.setattr(connection, "MAX_UNREAD_BYTES", 500_000)
    async with serving(tmp_path) as server, opened(server, tmp_path) as port, resting(port) as rest:
        async with connected(port) as quick:
            reader, writer = await asyncio.open_connection("127.0.0.1", port.port, limit=1)
            head = (
                f"GET /ws/api/v2 HTTP/1.1\r\nHost: 127.0.0.1:{port.port}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
                "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
            )
            writer.write(head.encode())
            asked = b'{"id":1,"method":"public/get_instruments"}'
            # Masked by zeros.
            frame = bytes((0x81, 0x80 | len(asked), 0, 0, 0, 0)) + asked
            assert await reader.readexactly(12) == b"HTTP/1.1 101"
            began = asyncio.get_running_loop().time()
            while len(port.service.connections) == 2:
                if not writer.is_closing():
                    writer.write(frame * 100)
                assert await quick.result("public/test") == {"version": "sbx.v1"}
                assert asyncio.get_running_loop().time() - began < 60
            writer.close()
            assert await _buy(rest, 100)
            assert port._unread.size == 0
        assert reader is not None


async def test_frames_that_are_no_requests(tmp_path):
    async with serving(tmp_path) as server, opened(server, tmp_path) as port:
        async with connected(port) as socket:
            await socket.socket.send_bytes(b"{}")
            message = await socket.socket.receive(5)
            assert (message.type, socket.socket.close_code) == (WSMsgType.CLOSE, 1003)
        async with connected(port) as socket:
            await socket.socket.send_str('{"method":"public/test","x":"' + "x" * 70_000 + '"}')
            await socket.socket.receive(5)
            assert socket.socket.close_code == 1009
        async with connected(port) as socket:
            for _ in range(connection.MAX_UNREADABLE):
                await socket.socket.send_str("{")
            codes = set()
            while (message := await socket.socket.receive(5)).type is WSMsgType.TEXT:
                codes.add(json.loads(message.data)["error"]["code"])
            assert (codes, socket.socket.close_code) == ({-32700}, 1008)


async def test_sockets_are_counted_before_they_say_anything(tmp_path, monkeypatch):
    monkeypatch.setattr(doors, "MAX_GUESTS_PER_ADDRESS", 3)
    monkeypatch.setattr(doors, "REQUEST_SECONDS", 0.5)
    async with serving(tmp_path) as server, opened(server, tmp_path) as port, resting(port) as rest:
        idle = [await asyncio.open_connection("127.0.0.1", port.port) for _ in range(3)]
        reader, writer = await asyncio.open_connection("127.0.0.1", port.port)
        assert await asyncio.wait_for(reader.read(), 5) == b""
        writer.close()
        # Who sends no whole request makes room.
        idle[0][1].write(b"GET /api/v2/public/test HTTP/1.1\r\nHost: ")
        for reader, writer in idle:
            with contextlib.suppress(ConnectionResetError):
                assert await asyncio.wait_for(reader.read(), 5) == b""
            writer.close()
        assert await rest.result("public/test") == {"version": "sbx.v1"}


async def test_nothing_is_told_before_it_is_durable(tmp_path):
    """What a port hears waits for the disk, as what connections are sent does."""
    async with (
        serving(tmp_path, durability="fsync") as server,
        opened(server, tmp_path) as port,
        connected(port) as socket,
    ):
        heard: list[bool] = []
        release = server.local.release
        await socket.login(ALICE)
        peers = [peer for peer in server.local._peers.values() if peer.session.participant is not None]
        for peer in peers:
            hear = peer._hears

            def hears(payload: bytes, hear=hear) -> None:
                heard.append(server.is_syncing)
                hear(payload)

            object.__setattr__(peer, "_hears", hears)
        server.started.writer.sync_ns = 10**9  # so that no sync is waited for within the turn
        await socket.result("private/buy", instrument_name=NAME, amount=1, price=100)
        assert heard
        assert not any(heard)
        assert release.__self__ is server.local


async def test_who_trades_natively_and_here_is_one_participant(tmp_path):
    async with serving(tmp_path) as server, opened(server, tmp_path) as port, connected(port) as socket:
        await socket.login(ALICE)
        async with client(f"ws://127.0.0.1:{server.port}", "alice") as alice:
            sent = {"type": "new_order", "account": "alice", "client_order_id": "a-1", "instrument": "BTC/RUB"}
            report = await alice.ask(**sent, side="buy", price="100", quantity="1")
            (order,) = await socket.result("private/get_open_orders")
            assert (order["order_id"], order["venue_client_order_id"]) == (str(report["order_id"]), "a-1")
            await socket.result("private/cancel", order_id=order["order_id"])
            assert (await alice.until("execution_report"))["exec_type"] == "cancelled"


async def test_whose_last_key_ends_is_let_go(tmp_path):
    async with (
        serving(tmp_path) as server,
        opened(server, tmp_path) as port,
        resting(port) as rest,
        client(url_of(server), "otto") as otto,
    ):
        await _buy(rest, 99)
        async with connected(port) as socket:
            await socket.result("public/auth", **login_params(ALICE))
            assert await socket.result("private/get_positions", currency="BTC") == []
            # What is asked beside is answered, whichever comes first.
            asked = asyncio.create_task(rest.get("private/buy", ALICE, instrument_name=NAME, amount=1, price=98))
            await otto.ask(type="admin", command="revoke_key", arguments={"participant": "alice"})
            await asyncio.wait_for(asked, 5)
            for method, params in (
                ("private/get_positions", {"currency": "BTC"}),
                ("public/auth", login_params(ALICE)),
            ):
                assert (await socket.ask(method, **params))["error"]["code"] == 13009
            assert (await socket.socket.receive(5)).type in (WSMsgType.CLOSE, WSMsgType.CLOSING, WSMsgType.CLOSED)
        assert (await rest.error("private/buy", ALICE, instrument_name=NAME, amount=1, price=98))["code"] == 13021


async def test_candles_that_could_not_be_followed_are_followed_later(tmp_path, monkeypatch):
    """As while the venue's index is made anew."""
    async with (
        serving(tmp_path) as server,
        opened(server, tmp_path) as port,
        resting(port) as rest,
        connected(port) as socket,
    ):
        channel = f"chart.trades.{NAME}.1"
        await rest.result("public/ticker", instrument_name=NAME)
        watcher = port.service.markets._watchers[0]
        asks = watcher.ask

        async def refused(request, kind):
            raise Failure(10040, "retry")

        monkeypatch.setattr(watcher, "ask", refused)
        assert await socket.result("public/subscribe", channels=[channel]) == []
        monkeypatch.setattr(watcher, "ask", asks)
        assert await socket.result("public/subscribe", channels=[channel]) == [channel]
        await _buy(rest, 99)
        await rest.result("private/sell", BOB, instrument_name=NAME, amount=1, price=99)
        assert (await socket.told(channel))["close"] == 99
