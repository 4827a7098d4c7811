"""A link between clients and a venue that cuts, delays, freezes and tears what it carries."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

CHUNK_BYTES = 65_536


class UnrulyLink:
    """Carries bytes both ways until it is told otherwise."""

    def __init__(self, venue_url: str) -> None:
        self.url = ""
        self.venue_url = venue_url
        """Where new connections go; may change."""
        self.is_open = True
        """Whether new connections are carried; else they are cut at once."""
        self.delay_seconds = 0.0
        """Before each piece from the venue is passed on."""
        self.connections = 0
        self._writers: set[asyncio.StreamWriter] = set()
        self._carrying: set[asyncio.Task[None]] = set()
        self._flows = asyncio.Event()
        self._flows.set()
        self._tears = False

    def cut(self) -> None:
        """Break every connection without a word."""
        self.thaw()
        for writer in list(self._writers):
            writer.transport.abort()

    def freeze(self) -> None:
        """Carry nothing further from the venue; nothing is closed."""
        self._flows.clear()

    def thaw(self) -> None:
        """Carry again, with what was held."""
        self._flows.set()

    def tear(self) -> None:
        """Carry only half of the next piece from the venue, then break the connections."""
        self._tears = True

    async def carry(self, from_client: asyncio.StreamReader, to_client: asyncio.StreamWriter) -> None:
        """Carry one connection until either side ends it."""
        self.connections += 1
        task: asyncio.Task[None] | None = asyncio.current_task()
        assert task is not None
        self._carrying.add(task)
        task.add_done_callback(self._carrying.discard)
        writers = {to_client}
        self._writers |= writers
        try:
            if not self.is_open:
                return
            host, port = self.venue_url.removeprefix("ws://").split(":")
            from_venue, to_venue = await asyncio.open_connection(host, int(port))
            writers.add(to_venue)
            self._writers |= writers
            up = asyncio.create_task(self._up(from_client, to_venue))
            try:
                await self._down(from_venue, to_client)
            finally:
                up.cancel()
                await asyncio.wait([up])
        except OSError:
            # One side is gone, and so is the other.
            return
        finally:
            self._writers -= writers
            for writer in writers:
                writer.transport.abort()

    async def close(self) -> None:
        """Cut all, and wait until nothing is carried."""
        self.cut()
        while self._carrying:
            await asyncio.wait(self._carrying)

    async def _up(self, from_client: asyncio.StreamReader, to_venue: asyncio.StreamWriter) -> None:
        with suppress(OSError):
            while data := await from_client.read(CHUNK_BYTES):
                to_venue.write(data)
                await to_venue.drain()
        to_venue.transport.abort()

    async def _down(self, from_venue: asyncio.StreamReader, to_client: asyncio.StreamWriter) -> None:
        while data := await from_venue.read(CHUNK_BYTES):
            await asyncio.sleep(self.delay_seconds)
            await self._flows.wait()
            if self._tears:
                self._tears = False
                to_client.write(data[: len(data) // 2])
                await to_client.drain()
                # What was written leaves before the end.
                to_client.close()
                return
            to_client.write(data)
            await to_client.drain()


@asynccontextmanager
async def unruly_link(venue_url: str) -> AsyncIterator[UnrulyLink]:
    """A link to the venue at `venue_url`, with a URL of its own."""
    link = UnrulyLink(venue_url)
    server = await asyncio.start_server(link.carry, "127.0.0.1", 0)
    link.url = f"ws://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    try:
        yield link
    finally:
        server.close()
        await link.close()
