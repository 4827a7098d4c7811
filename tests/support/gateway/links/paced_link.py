"""A link between a client and a venue that carries only so many bytes a second to the client."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

STEP_BYTES = 8_192
"""Carried in one go. What waits on the way is a few of them, and what two small kernel buffers hold."""
BUFFER_BYTES = 16_384


class PacedLink:
    """Passes on all that a client sends at once, and what the venue sends at a pace."""

    def __init__(self, url: str, bytes_per_second: int) -> None:
        self.url = ""
        self._flows = asyncio.Event()
        host, port = url.removeprefix("ws://").split(":")
        self._venue = host, int(port)
        self.pace(bytes_per_second)

    def pace(self, bytes_per_second: int) -> None:
        """Carry so many bytes a second to each client from now on; 0: none at all."""
        self._bytes_per_second = bytes_per_second
        if bytes_per_second:
            self._flows.set()
        else:
            self._flows.clear()

    async def carry(self, from_client: asyncio.StreamReader, to_client: asyncio.StreamWriter) -> None:
        """Carry one connection until either side ends it."""
        linked = socket.socket()
        linked.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, BUFFER_BYTES)
        linked.setblocking(False)
        await asyncio.get_running_loop().sock_connect(linked, self._venue)
        from_venue, to_venue = await asyncio.open_connection(sock=linked, limit=STEP_BYTES)
        up = asyncio.create_task(self._up(from_client, to_venue))
        try:
            with suppress(ConnectionError):
                await self._down(from_venue, to_client)
        finally:
            up.cancel()
            to_venue.transport.abort()
            to_client.close()

    async def _up(self, from_client: asyncio.StreamReader, to_venue: asyncio.StreamWriter) -> None:
        while data := await from_client.read(STEP_BYTES):
            to_venue.write(data)
            await to_venue.drain()
        to_venue.transport.abort()

    async def _down(self, from_venue: asyncio.StreamReader, to_client: asyncio.StreamWriter) -> None:
        while data := await from_venue.read(STEP_BYTES):
            await self._flows.wait()
            to_client.write(data)
            await to_client.drain()
            await asyncio.sleep(len(data) / max(self._bytes_per_second, 1))


@asynccontextmanager
async def paced_link(url: str, bytes_per_second: int = 1 << 30) -> AsyncIterator[PacedLink]:
    """A link to the venue at `url`, with a URL of its own."""
    link = PacedLink(url, bytes_per_second)
    server = await asyncio.start_server(link.carry, "127.0.0.1", 0)
    link.url = f"ws://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    try:
        yield link
    finally:
        server.close()
