"""A client of the Deribit port that knows no more of it than docs/CCXT.md says: aiohttp, and its own signing."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import itertools
import json
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from aiohttp import ClientSession, ClientWebSocketResponse, WSMsgType

from gateway.deribit.callers.keys import PortKey, write_keys
from gateway.deribit.port import DeribitPort
from gateway.server.venue_server import VenueServer
from gateway.venue.file import ServerSection

SECONDS = 10
ALICE = PortKey(client_id="alice-key", secret="alices secret, of the tests", participant="alice")
BOB = PortKey(client_id="bob-key", secret="bobs secret, of the tests", participant="bob")
READER = PortKey(client_id="reader-key", secret="a secret that only reads", participant="alice", scopes=("read",))
_NONCES = itertools.count(1)


def signed_headers(
    key: PortKey, method: str, uri: str, body: str = "", *, ts: int | None = None, nonce: str | None = None
) -> dict[str, str]:
    """What Deribit documents: HMAC-SHA256 of ts, nonce, method, URI and body, a line each."""
    stamp, once = str(int(time.time() * 1_000) if ts is None else ts), nonce or f"n{next(_NONCES)}"
    text = f"{stamp}\n{once}\n{method}\n{uri}\n{body}\n"
    sig = hmac.new(key.secret.encode(), text.encode(), hashlib.sha256).hexdigest()
    return {"Authorization": f"deri-hmac-sha256 id={key.client_id},ts={stamp},sig={sig},nonce={once}"}


class Rest:
    """HTTP requests to a port."""

    def __init__(self, session: ClientSession, url: str) -> None:
        self.session = session
        self.url = url

    async def get(self, path: str, key: PortKey | None = None, **params: Any) -> tuple[int, dict[str, Any]]:
        """Ask by GET, signed if there is a key; returns the status and the answer."""
        uri = f"/api/v2/{path}" + ("?" + urlencode(params) if params else "")
        headers = {} if key is None else signed_headers(key, "GET", uri)
        return await self.send("GET", uri, headers)

    async def send(
        self, method: str, uri: str, headers: dict[str, str], body: bytes = b""
    ) -> tuple[int, dict[str, Any]]:
        """Send a request as it is."""
        from yarl import URL

        async with asyncio.timeout(SECONDS):
            sent = self.session.request(method, URL(self.url + uri, encoded=True), headers=headers, data=body or None)
            async with sent as response:
                return response.status, await response.json(content_type=None)

    async def result(self, path: str, key: PortKey | None = None, **params: Any) -> Any:
        """The result of a call that must be carried out."""
        status, answer = await self.get(path, key, **params)
        assert status == 200, answer
        return answer["result"]

    async def error(self, path: str, key: PortKey | None = None, **params: Any) -> dict[str, Any]:
        """The error of a call that must not be."""
        status, answer = await self.get(path, key, **params)
        assert status != 200, answer
        error: dict[str, Any] = answer["error"]
        return error


class Socket:
    """A WebSocket: answers by id, and what channels brought."""

    def __init__(self, socket: ClientWebSocketResponse) -> None:
        self.socket = socket
        self.heard: list[dict[str, Any]] = []
        self._ids = itertools.count(1)

    async def receive(self) -> dict[str, Any]:
        """The next message."""
        message = await self.socket.receive(SECONDS)
        assert message.type is WSMsgType.TEXT, message
        found: dict[str, Any] = json.loads(message.data)
        return found

    async def ask(self, method: str, **params: Any) -> dict[str, Any]:
        """Send a request; returns its answer. What comes before it is heard."""
        request_id = next(self._ids)
        await self.socket.send_json({"jsonrpc": "2.0", "id": request_id, "method": method, "params": params})
        while True:
            message = await self.receive()
            if message.get("id") == request_id:
                return message
            self.heard.append(message)

    async def result(self, method: str, **params: Any) -> Any:
        """The result of a call that must be carried out."""
        answer = await self.ask(method, **params)
        assert "result" in answer, answer
        return answer["result"]

    async def login(self, key: PortKey) -> dict[str, Any]:
        """Log in by a signature, as `ccxt.pro` does."""
        return await self.ask("public/auth", **login_params(key))

    async def told(self, channel: str) -> Any:
        """The next data of a channel, heard already or to come."""
        while True:
            for place, message in enumerate(self.heard):
                if message.get("params", {}).get("channel") == channel:
                    return self.heard.pop(place)["params"]["data"]
            self.heard.append(await self.receive())


def login_params(key: PortKey, **others: Any) -> dict[str, Any]:
    """Of a login by signature."""
    stamp = int(time.time() * 1_000)
    nonce = f"n{next(_NONCES)}"
    sig = hmac.new(key.secret.encode(), f"{stamp}\n{nonce}\n".encode(), hashlib.sha256).hexdigest()
    return {
        "grant_type": "client_signature",
        "client_id": key.client_id,
        "timestamp": stamp,
        "nonce": nonce,
        "signature": sig,
        "data": "",
    } | others


@asynccontextmanager
async def opened(server: VenueServer, directory: Path, *keys: PortKey) -> AsyncIterator[DeribitPort]:
    """The port of a server, with some keys."""
    write_keys(directory, keys or (ALICE, BOB, READER))
    port = DeribitPort(server.local, directory, ServerSection(), server.certificate)
    await port.listen("127.0.0.1", 0)
    try:
        yield port
    finally:
        await port.close()


@asynccontextmanager
async def resting(port: DeribitPort) -> AsyncIterator[Rest]:
    """HTTP to a port."""
    async with ClientSession() as session:
        yield Rest(session, f"http://127.0.0.1:{port.port}")


@asynccontextmanager
async def connected(port: DeribitPort) -> AsyncIterator[Socket]:
    """A WebSocket to a port."""
    async with ClientSession() as session, session.ws_connect(f"http://127.0.0.1:{port.port}/ws/api/v2") as socket:
        yield Socket(socket)
