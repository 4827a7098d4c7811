"""What all connections of a generator share: opening one, logging in, and what they hear.

A message is decoded into the few fields that matter, so that hearing one costs about half a microsecond.
"""

from __future__ import annotations

import asyncio
import functools
from typing import Final, TypeVar

import msgspec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from picows import WSFrame, WSListener, WSMsgType, WSTransport, ws_connect

from gateway.protocol.messages import Hello, Login, login_challenge

SUBPROTOCOL: Final = "sbx.v1.json"
TEXT: Final = WSMsgType.TEXT
CONNECT_TIMEOUT_S: Final = 20.0
MAX_FRAME_BYTES: Final = 64 * 1024 * 1024
"""A snapshot of a deep book is large, and nothing to be refused here."""


class Refused(Exception):
    """A connection or a login was refused; the message has the venue's words."""


class Line(WSListener):
    """One WebSocket to the venue. What comes goes to `heard`, when the connection stands."""

    def __init__(self) -> None:
        self.transport: WSTransport | None = None
        self.is_lost = False
        self._greeting: asyncio.Future[bytes] = asyncio.get_running_loop().create_future()
        self.is_up = False

    def heard(self, payload: bytes) -> None:
        """Take a message."""
        raise NotImplementedError

    def send_text(self, payload: bytes) -> None:
        """Send a message."""
        assert self.transport is not None
        self.transport.send(TEXT, payload)

    async def join(self, url: str) -> None:
        """Connect, and be ready for what is to come. Raises `Refused`."""
        raise NotImplementedError

    def gone(self) -> None:
        """The connection was lost."""

    async def open(self, url: str, address: str) -> Hello:
        """Connect, and return what the venue says first.

        Raises:
            Refused: it does not let this connection in.
        """
        try:
            self.transport, _ = await ws_connect(
                functools.partial(_same, self),
                url,
                websocket_handshake_timeout=CONNECT_TIMEOUT_S,
                max_frame_size=MAX_FRAME_BYTES,
                extra_headers={"Sec-WebSocket-Protocol": SUBPROTOCOL},
                local_addr=(address, 0) if address else None,
            )
            return msgspec.json.decode(await self.answer(), type=Hello)
        except Refused:
            raise
        except TimeoutError as error:
            raise Refused(f"the venue did not answer within {CONNECT_TIMEOUT_S:.0f} s") from error
        except Exception as error:
            raise Refused(f"{type(error).__name__}: {error}") from error

    async def answer(self) -> bytes:
        """The next message, before the connection stands."""
        payload = await asyncio.wait_for(self._greeting, CONNECT_TIMEOUT_S)
        self._greeting = asyncio.get_running_loop().create_future()
        return payload

    async def log_in(self, hello: Hello, participant: str, key: bytes) -> dict[str, int]:
        """Log in; returns the accounts, each with the number of its last report.

        Raises:
            Refused: the venue says no.
        """
        signature = Ed25519PrivateKey.from_private_bytes(key).sign(
            login_challenge(hello.venue, participant, hello.nonce)
        )
        login = Login(id=0, participant=participant, signature=signature.hex())
        self.send_text(msgspec.json.encode(login))
        reply = msgspec.json.decode(await self.answer())
        if reply["type"] != "welcome":
            raise Refused(f"{participant}: {reply.get('detail', reply)}")
        accounts: dict[str, int] = reply["accounts"]
        return accounts

    def on_ws_connected(self, transport: WSTransport) -> None:
        """Keep the transport."""
        self.transport = transport

    def on_ws_disconnected(self, transport: WSTransport) -> None:
        """Note the loss."""
        self.is_lost = True
        if not self._greeting.done():
            self._greeting.set_exception(Refused("the venue closed the connection"))
            # Whoever waits sees it; nobody need.
            self._greeting.exception()
        self.gone()

    def on_ws_frame(self, transport: WSTransport, frame: WSFrame) -> None:
        """Hand a message on."""
        if frame.msg_type != TEXT:
            if frame.msg_type == WSMsgType.CLOSE:
                transport.disconnect()
            return
        if self.is_up:
            self.heard(frame.get_payload_as_bytes())
        elif not self._greeting.done():
            self._greeting.set_result(frame.get_payload_as_bytes())

    def leave(self) -> None:
        """Close the connection, if there is one."""
        if not self.is_lost and self.transport is not None:
            self.transport.disconnect()


class Newcomer(Line):
    """A connection that only asks who it is."""

    async def join(self, url: str) -> None:
        """Connect; what for is said afterwards. Raises `Refused`."""
        await self.open(url, "")

    def heard(self, payload: bytes) -> None:
        """Nothing it waits for."""


L = TypeVar("L", bound=Line)


def _same(line: L) -> L:
    return line
