"""Whoever asks too much, or nothing that can be read, is answered, pays for it, and leaves nothing behind."""

from __future__ import annotations

import asyncio

import pytest
from aiohttp import WSMsgType

from gateway.deribit.callers.keys import PortKey, read_keys, write_keys
from gateway.deribit.port import OWES_SECONDS
from tests.support.gateway.outside.deribit_client import ALICE, BOB, SECONDS, connected, opened, resting, signed_headers
from tests.support.gateway.venues.small_venue import serving, small_venue

NAME = "BTC_RUB"
NOBODY = PortKey(client_id="nobody-key", secret="of somebody who is not there", participant="nobody")
SCARCE = "\n[limits]\naddress = { rate = 100, burst = 200 }\n"
HALF_A_LETTER = b'{"jsonrpc":"2.0","id":7,"method":"private/get_open_orders","params":{"\\ud800":1}}'


async def test_a_name_that_is_no_text_is_refused_as_any_other(tmp_path):
    """Half of a letter can be written in JSON and not in UTF-8, so an answer that repeats it could not be sent."""
    async with serving(tmp_path) as server, opened(server, tmp_path) as port, resting(port) as rest:
        headers = signed_headers(ALICE, "POST", "/api/v2", HALF_A_LETTER.decode())
        status, answer = await rest.send("POST", "/api/v2", headers, HALF_A_LETTER)
        assert (status, answer["error"]["code"]) == (400, -32700)
        async with connected(port) as socket:
            await socket.login(ALICE)
            await socket.socket.send_str(HALF_A_LETTER.decode())
            assert (await socket.receive())["error"]["code"] == -32700
            assert await socket.result("private/get_open_orders") == []


@pytest.mark.parametrize("name", ["start_timestamp", "end_timestamp"])
async def test_a_time_far_away_is_as_good_as_the_last(tmp_path, name: str):
    async with serving(tmp_path) as server, opened(server, tmp_path) as port, resting(port) as rest:
        far = {"instrument_name": NAME, name: 10**15 - 1}
        assert await rest.result("private/get_user_trades_by_instrument", ALICE, **far) == {
            "trades": [],
            "has_more": False,
        }
        assert (
            await rest.result(
                "private/get_settlement_history_by_instrument",
                ALICE,
                instrument_name=NAME,
                search_start_timestamp=10**15 - 1,
            )
        )["settlements"] == []


@pytest.mark.parametrize("full", [False, True])
async def test_who_may_not_act_leaves_no_session_behind(tmp_path, monkeypatch, full: bool):
    from gateway.server.peers import local

    if full:
        monkeypatch.setattr(local, "MAX_CONNECTIONS_PER_PARTICIPANT", 1)
    async with (
        serving(tmp_path) as server,
        opened(server, tmp_path, ALICE, NOBODY) as port,
        resting(port) as rest,
    ):
        key = ALICE if full else NOBODY
        await rest.error("private/get_open_orders", key)
        before = len(server.local._peers)
        for _ in range(5):
            await rest.error("private/get_open_orders", key)
        assert len(server.local._peers) == before


async def test_channels_are_paid_for_one_by_one(tmp_path):
    """Each is a book that is written out: nine by one request are no single question."""
    async with (
        serving(tmp_path, small_venue(SCARCE)) as server,
        opened(server, tmp_path) as port,
        connected(port) as socket,
    ):
        channels = [f"book.{NAME}.none.{depth}.{every}" for depth in (1, 10, 20) for every in ("raw", "100ms", "agg2")]
        assert await socket.result("public/subscribe", channels=channels) == channels
        (caller,) = port.service.connections
        meter = caller.asker._peer.session.meter
        assert meter is not None
        left = [rate.left for rate in meter.stated()]
        await socket.result("public/unsubscribe_all")
        await socket.result("public/subscribe", channels=channels)
        # What has come back meanwhile at a hundred a second is less than one.
        assert left[0] - meter.stated()[0].left >= len(channels)


@pytest.mark.parametrize("path", ["/", "/nothing", "/api/v2/public/get_time"])
async def test_whatever_is_asked_is_paid_for(tmp_path, path: str):
    """Also what is no call: else whoever asks for pages that there are not has the venue's time for nothing."""
    async with (
        serving(tmp_path, small_venue(SCARCE)) as server,
        opened(server, tmp_path) as port,
        resting(port) as rest,
    ):
        statuses = set()
        for _ in range(400):
            async with rest.session.get(rest.url + path) as response:
                statuses.add(response.status)
            if 429 in statuses:
                break
        assert 429 in statuses


async def test_who_owes_waits_to_be_told_so(tmp_path):
    """A flood of requests that are refused takes no more of the venue's time than a second of its own for each few."""
    async with (
        serving(tmp_path, small_venue(SCARCE)) as server,
        opened(server, tmp_path) as port,
        resting(port) as rest,
    ):
        loop = asyncio.get_running_loop()
        for _ in range(400):
            began = loop.time()
            status, _ = await rest.get("public/get_time")
            if status == 429:
                break
        assert status == 429
        assert loop.time() - began >= OWES_SECONDS


async def test_failed_signatures_fill_no_audit(tmp_path):
    async with (
        serving(tmp_path, small_venue(SCARCE)) as server,
        opened(server, tmp_path) as port,
        resting(port) as rest,
    ):
        wrong = PortKey(client_id=ALICE.client_id, secret="another secret of the tests", participant="alice")
        began = asyncio.get_running_loop().time()
        for _ in range(150):
            await rest.error("private/get_open_orders", wrong)
        took = asyncio.get_running_loop().time() - began
        # What an address may ask at once and the second that it may owe, and what comes back meanwhile, at five units each.
        assert port.service.context.audit.noted["login_failed"] <= (200 + 100 + 100 * took) / 5 + 2


async def test_a_connection_whose_session_has_ended_ends(tmp_path):
    """Too many mistakes end a session; nobody is left with a connection that answers nothing any more."""
    async with serving(tmp_path) as server, opened(server, tmp_path) as port, connected(port) as socket:
        await socket.login(ALICE)
        for number in range(120):
            await socket.socket.send_json(
                {
                    "id": number,
                    "method": "private/buy",
                    "params": {"instrument_name": NAME, "amount": 0, "price": 1},
                }
            )
        kinds = set()
        async with asyncio.timeout(SECONDS):
            while not socket.socket.closed:
                kinds.add((await socket.socket.receive()).type)
        assert kinds <= {WSMsgType.TEXT, WSMsgType.CLOSE, WSMsgType.CLOSED, WSMsgType.CLOSING}
        assert not port.service.connections


async def test_a_key_that_was_away_does_not_let_old_requests_act_again(tmp_path):
    uri = "/api/v2/private/cancel_all"
    async with serving(tmp_path) as server, opened(server, tmp_path) as port, resting(port) as rest:
        headers = signed_headers(ALICE, "GET", uri)
        assert (await rest.send("GET", uri, headers))[0] == 200
        keys = list(read_keys(tmp_path).values())
        write_keys(tmp_path, [BOB])
        port.service.look()
        write_keys(tmp_path, keys)
        port.service.look()
        assert (await rest.send("GET", uri, headers))[0] == 401
        await asyncio.sleep(0.01)
        assert (await rest.send("GET", uri, signed_headers(ALICE, "GET", uri)))[0] == 200


@pytest.mark.parametrize(("name", "instead"), [("clientOrderId", "label"), ("triggerPrice", "stopLossPrice")])
async def test_what_another_exchange_calls_it_is_refused_with_the_word_of_this_one(tmp_path, name: str, instead: str):
    async with serving(tmp_path) as server, opened(server, tmp_path) as port, resting(port) as rest:
        terms = {"instrument_name": NAME, "amount": 1, "price": 100}
        error = await rest.error("private/buy", ALICE, **terms, **{name: "7"})
        assert (error["code"], error["data"]["param"]) == (-32602, name)
        assert instead in error["data"]["reason"]
        # And nothing says of a fill which type its order had.
        await rest.result("private/sell", BOB, **terms)
        (trade,) = (await rest.result("private/buy", ALICE, **terms | {"type": "market"}))["trades"]
        assert trade.get("order_type", "market") == "market"


@pytest.mark.parametrize(
    "call", ["get_open_orders_by_currency", "get_order_history_by_currency", "get_user_trades_by_currency"]
)
async def test_what_ccxt_sends_along_when_its_user_names_a_currency(tmp_path, call: str):
    async with serving(tmp_path) as server, opened(server, tmp_path) as port, resting(port) as rest:
        await rest.result("private/buy", ALICE, instrument_name=NAME, amount=1, price=100)
        found = await rest.result(f"private/{call}", ALICE, currency="RUB", code="RUB")
        assert found == await rest.result(f"private/{call}", ALICE, currency="RUB")


@pytest.mark.parametrize("sent", [
    b"GET /api/v2/public/auth?client_secret=SECRET HTTP/9.9\r\n\r\n",
    b"GET /api/v2/public/test HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthori zation: SECRET\r\n\r\n",
    b'GET /api/v2 HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n{"client_secret":"SECRET"}',
])  # fmt: skip
async def test_what_is_no_http_is_not_logged_with_what_it_says(tmp_path, caplog, sent: bytes):
    async with serving(tmp_path) as server, opened(server, tmp_path) as port:
        reader, writer = await asyncio.open_connection("127.0.0.1", port.port)
        writer.write(sent)
        await asyncio.wait_for(reader.read(65_536), SECONDS)
        writer.close()
    # With the traceback, if there is one.
    assert "SECRET" not in caplog.text
