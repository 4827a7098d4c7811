"""WebSockets whose frames are made by hand: what no library would send, and as much of it as fits."""

from __future__ import annotations

import asyncio
import socket
import threading
from contextlib import suppress
from pathlib import Path
from typing import Any, NamedTuple, Self

import msgspec

from gateway.protocol.messages import login_challenge
from tests.support.gateway.venues.small_venue import KEYS


class Apart(NamedTuple):
    url: str
    pid: int

    def memory_bytes(self) -> int:
        status = Path(f"/proc/{self.pid}/status").read_text()
        return int(status.partition("VmHWM:")[2].split()[0]) * 1024


async def raw_connection(venue: Apart, subprotocol: str = "sbx.v1.json") -> tuple[asyncio.StreamReader, Any]:
    """A WebSocket whose frames are made by hand; the hello has been read."""
    host, port = venue.url.removeprefix("ws://").split(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    writer.write(
        f"GET / HTTP/1.1\r\nHost: {host}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        f"Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\nSec-WebSocket-Version: 13\r\n"
        f"Sec-WebSocket-Protocol: {subprotocol}\r\n\r\n".encode()
    )
    assert b" 101 " in await reader.readuntil(b"\r\n\r\n")
    await read_frame(reader)
    return reader, writer


async def read_frame(reader: asyncio.StreamReader) -> tuple[int, bytes]:
    first, size = await asyncio.wait_for(reader.readexactly(2), 10)
    if size == 126:
        size = int.from_bytes(await reader.readexactly(2), "big")
    elif size == 127:
        size = int.from_bytes(await reader.readexactly(8), "big")
    return first & 0x0F, await reader.readexactly(size)


def frame(first_byte: int, payload: bytes, masked: bool = True) -> bytes:
    """A frame with the masking key 0."""
    mask = 0x80 if masked else 0
    size = len(payload)
    if size < 126:
        length = bytes([mask | size])
    elif size < 65536:
        length = bytes([mask | 126]) + size.to_bytes(2, "big")
    else:
        length = bytes([mask | 127]) + size.to_bytes(8, "big")
    return bytes([first_byte]) + length + (bytes(4) if masked else b"") + payload


async def close_code(reader: asyncio.StreamReader) -> int:
    """The code of the close frame that must come, after whatever else."""
    while True:
        opcode, payload = await read_frame(reader)
        if opcode == 8:
            return int.from_bytes(payload[:2], "big")


# ── floods ─────────────────────────────────────────────────────────────────────────────────────────────────────────


class Flood:
    """A connection that sends a question as often as it is let, and reads all answers without a look."""

    def __init__(self, url: str, participant: str, question: dict[str, Any]) -> None:
        self.read_bytes = 0
        host, port = url.removeprefix("ws://").split(":")
        self._socket = socket.create_connection((host, int(port)), 10)
        self._socket.sendall(
            f"GET / HTTP/1.1\r\nHost: {host}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\nSec-WebSocket-Version: 13\r\n\r\n".encode()
        )
        if participant:
            greeting = b""
            while b'"rulebook"' not in greeting:
                greeting += self._socket.recv(1 << 16)
            nonce = greeting.partition(b'"nonce":"')[2].partition(b'"')[0].decode()
            signature = KEYS[participant].sign(login_challenge("small", participant, nonce)).hex()
            self._say({"type": "login", "id": 0, "participant": participant, "signature": signature})
        # One thread must not change this while the other is in it.
        self._socket.settimeout(None)
        self._questions = frame(0x81, msgspec.json.encode({"id": 1, **question})) * 64
        self._threads = [threading.Thread(target=each, daemon=True) for each in (self._send, self._read)]

    def __enter__(self) -> Self:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        with suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)
        for thread in self._threads:
            thread.join(10)
        self._socket.close()

    def _say(self, request: dict[str, Any]) -> None:
        self._socket.sendall(frame(0x81, msgspec.json.encode(request)))

    def _send(self) -> None:
        with suppress(OSError):
            while True:
                self._socket.sendall(self._questions)

    def _read(self) -> None:
        with suppress(OSError):
            while chunk := self._socket.recv(1 << 20):
                self.read_bytes += len(chunk)
