"""A venue that misbehaves on purpose: what a client meets only when something is broken can't be had from the real one."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import msgspec
from websockets.asyncio.server import ServerConnection, serve
from websockets.exceptions import ConnectionClosed
from websockets.typing import Subprotocol

from gateway.protocol import messages as m

ACCOUNT = "main"
Answer = Callable[["ScriptedVenue", m.AnyRequest], Awaitable[None]]


class ScriptedVenue:
    """Greets, lets everybody in, then does with each request what the script says."""

    def __init__(self, answer: Answer) -> None:
        self.answer = answer
        self.requests: list[m.AnyRequest] = []
        self.connections = 0
        self.report_seq = 0
        self.url = ""
        self._socket: ServerConnection

    async def send(self, *messages: m.Message) -> None:
        for message in messages:
            await self._socket.send(msgspec.json.encode(message).decode())

    async def cut(self) -> None:
        """Break the connection without a word."""
        self._socket.transport.abort()

    async def handle(self, socket: ServerConnection) -> None:
        self._socket = socket
        self.connections += 1
        await self.send(
            m.Hello(
                venue="scripted", protocol="sbx.v1", core_version=1, nonce="00", durability="os", rulebook="x", time=1
            )
        )
        decoder = msgspec.json.Decoder(m.AnyRequest)
        try:
            async for raw in socket:
                request = decoder.decode(raw)
                self.requests.append(request)
                if isinstance(request, m.Login):
                    accounts = {ACCOUNT: self.report_seq}
                    tip = {"seq": 1, "link": "00" * 32}
                    await self.send(
                        m.Welcome(id=request.id, participant="p", role="participant", accounts=accounts, **tip)
                    )
                else:
                    await self.answer(self, request)
        except ConnectionClosed:
            return

    def report(self, seq: int, **fields: object) -> m.ExecutionReport:
        values: dict[str, object] = {
            "exec_type": "new",
            "account": ACCOUNT,
            "order_id": seq,
            "client_order_id": f"c{seq}",
            "instrument": "A/B",
            "order_status": "new",
            "exec_id": str(seq),
            "transact_time": 1,
            "seq": seq,
            **fields,
        }
        return m.ExecutionReport(**values)  # type: ignore[arg-type]


@asynccontextmanager
async def scripted(answer: Answer) -> AsyncIterator[ScriptedVenue]:
    venue = ScriptedVenue(answer)
    async with serve(venue.handle, "127.0.0.1", 0, subprotocols=[Subprotocol("sbx.v1.json")]) as server:
        port = server.sockets[0].getsockname()[1]
        venue.url = f"ws://127.0.0.1:{port}"
        yield venue
