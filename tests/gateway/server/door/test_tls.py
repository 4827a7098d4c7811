"""TLS: who connects sees the venue's certificate, a new one without a break, and no venue is open to the network without."""

from __future__ import annotations

import asyncio
import signal
import socket
import ssl
import subprocess
import sys
from collections import Counter

import pytest
import websockets.asyncio.client

from engine.vocabulary.limits import MAX_STRANGERS_A_PASS
from engine.vocabulary.memory_limits import TLS_READ_BYTES
from gateway.client import ClientError, ConnectionLost, connect
from gateway.self_signed import write_certificate
from gateway.server.door.listening import Listener
from gateway.server.sequencing.startup import StartError
from tests.support.gateway.links.raw_frames import frame
from tests.support.gateway.venues.small_venue import KEYS, serve_command, served_apart, serving, small_venue


def options(files):
    return "--tls-cert", str(files[0]), "--tls-key", str(files[1])


def shown(port):
    """The certificate that a new connection sees."""
    return ssl.get_server_certificate(("127.0.0.1", port), timeout=5)


async def test_a_client_trades_and_a_new_certificate_breaks_nothing(tmp_path):
    files = write_certificate(tmp_path)
    with served_apart(tmp_path / "venue", *options(files)) as (url, process):
        assert url.startswith("wss://127.0.0.1:")
        port = int(url.rpartition(":")[2])
        async with connect(url, "alice", KEYS["alice"], account="alice", ca_file=files[0]) as alice:
            first = await alice.buy("BTC/RUB", quantity="1", price="90")
            before = await asyncio.to_thread(shown, port)
            assert before.strip() == files[0].read_text().strip()
            write_certificate(tmp_path)
            assert await asyncio.to_thread(shown, port) == before
            process.send_signal(signal.SIGHUP)
            for _ in range(200):
                if await asyncio.to_thread(shown, port) != before:
                    break
            async with connect(url, ca_file=files[0]):
                pass
            # What can't be read changes nothing.
            after = files[0].read_text()
            files[1].write_text("no key")
            process.send_signal(signal.SIGHUP)
            await asyncio.sleep(0.5)
            assert (await asyncio.to_thread(shown, port)).strip() == after.strip()
            assert (await alice.buy("BTC/RUB", quantity="1", price="89")).order_id > first.order_id
            assert alice.reconnects == 0
        # Without what vouches for it, the venue could be anybody.
        with pytest.raises(ConnectionLost, match="certificate verify failed"):
            async with connect(url):
                pass


async def test_a_ca_file_is_for_tls(tmp_path):
    files = write_certificate(tmp_path)
    for url, file in (("ws://127.0.0.1:1", files[0]), ("wss://127.0.0.1:1", tmp_path / "none.pem")):
        with pytest.raises(ClientError):
            async with connect(url, ca_file=file):
                pass


async def test_handshakes_of_tls_count_and_end(tmp_path, monkeypatch):
    monkeypatch.setattr("gateway.server.server.MAX_HANDSHAKES_PER_ADDRESS", 3)
    monkeypatch.setattr("gateway.server.door.listening.HANDSHAKE_TIMEOUT_SECONDS", 1)
    monkeypatch.setattr("gateway.server.door.knocking.HANDSHAKE_TIMEOUT_SECONDS", 1)
    monkeypatch.setitem(sys.modules["gateway.server.door.listening"]._TLS_TIMEOUTS, "ssl_handshake_timeout", 1)
    files = write_certificate(tmp_path)
    async with serving(tmp_path / "venue", tls=files) as server:
        # Silent; plain HTTP; in all one more than there may be.
        idle = [await asyncio.open_connection("127.0.0.1", server.port) for _ in range(4)]
        assert await asyncio.wait_for(idle[3][0].read(), 5) == b""
        assert server.counters.refused["address_full"] == 1
        idle[0][1].write(b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")
        for reader, _ in idle[:3]:
            await asyncio.wait_for(reader.read(), 5)
        for _ in range(100):
            await asyncio.sleep(0.05)
            if not server.door._count:
                break
        assert not server.door._count
        async with connect(f"wss://127.0.0.1:{server.port}", ca_file=files[0]) as client:
            assert client.hello.venue == "small"
        for _, writer in idle:
            writer.close()


async def test_a_venue_that_stops_waits_for_no_handshake(tmp_path):
    async with serving(tmp_path / "venue", tls=write_certificate(tmp_path)) as server:
        _, writer = await asyncio.open_connection("127.0.0.1", server.port)
        await asyncio.sleep(0.1)
        await asyncio.wait_for(server.stop(), 3)
        writer.close()


@pytest.mark.parametrize("host", ["0.0.0.0", "::"])
async def test_a_venue_is_not_open_to_the_network_without_tls(tmp_path, host):
    with pytest.raises(StartError, match="--insecure"):
        async with serving(tmp_path / "venue", host=host):
            pass
    assert not (tmp_path / "venue" / "journal").exists()


async def test_the_venue_file_names_the_certificate(tmp_path):
    directory = tmp_path / "venue"
    directory.mkdir()
    files = write_certificate(directory)
    venue = small_venue('\n[server]\ntls_cert = "cert.pem"\ntls_key = "key.pem"\n')
    async with (
        serving(directory, venue, host="0.0.0.0") as server,
        connect(f"wss://127.0.0.1:{server.port}", ca_file=files[0]) as client,
    ):
        assert client.hello.venue == "small"
    files[1].unlink()
    with pytest.raises(StartError, match=r"no TLS with .*cert\.pem"):
        async with serving(directory, venue):
            pass


def serve(directory, *words):
    command = serve_command(directory, *words)
    return subprocess.run(command, capture_output=True, text=True, timeout=30, check=False)


def test_serve_says_so(tmp_path):
    with served_apart(tmp_path / "venue", "--insecure", "--host", "0.0.0.0") as (url, _):
        socket.create_connection(("127.0.0.1", int(url.rpartition(":")[2])), 5).close()
    refused = serve(tmp_path / "venue", "--host", "0.0.0.0")
    assert refused.returncode == 1
    assert "--tls-cert" in refused.stderr
    assert serve(tmp_path / "venue", "--tls-cert", "a.pem").returncode == 2


async def test_handshakes_begin_a_few_in_a_pass_of_the_loop(tmp_path, monkeypatch):
    files = write_certificate(tmp_path)
    passes, begun = 0, []
    enter = Listener._enter

    def next_pass():
        nonlocal passes
        passes += 1
        loop.call_soon(next_pass)

    def entered(self, *arguments):
        begun.append(passes)
        enter(self, *arguments)

    monkeypatch.setattr(Listener, "_enter", entered)
    loop = asyncio.get_running_loop()
    async with serving(tmp_path / "venue", tls=files) as server:
        knocks = server._listener._knocking
        plain = [await asyncio.open_connection("127.0.0.1", server.port) for _ in range(40)]
        # Whoever is silent has no handshake, and holds nobody up.
        async with connect(f"wss://127.0.0.1:{server.port}", ca_file=files[0]):
            assert (len(begun), len(knocks)) == (1, len(plain))
        begun.clear()
        loop.call_soon(next_pass)
        trusts = ssl.create_default_context(cafile=str(files[0]))
        # All say their first word at once.
        await asyncio.gather(*(writer.start_tls(trusts, server_hostname="127.0.0.1") for _, writer in plain))
        assert len(begun) == len(plain) and not knocks
        assert max(Counter(begun).values()) <= MAX_STRANGERS_A_PASS
        for _, writer in plain:
            writer.close()


async def test_who_goes_without_a_word_makes_room(tmp_path):
    async with serving(tmp_path / "venue", tls=write_certificate(tmp_path)) as server:
        for _ in range(3):
            _, writer = await asyncio.open_connection("127.0.0.1", server.port)
            await asyncio.sleep(0.05)
            assert server.door._count == 1
            writer.close()
            for _ in range(100):
                await asyncio.sleep(0.01)
                if not server.door._count:
                    break
            assert not server.door._count and not server._listener._knocking


async def test_what_is_read_ahead_of_somebody_who_is_not_read_has_the_bound_that_is_counted(tmp_path):
    files = write_certificate(tmp_path)
    trusts = ssl.create_default_context(cafile=str(files[0]))
    async with serving(tmp_path / "venue", tls=files) as server:
        url = f"wss://127.0.0.1:{server.port}"
        async with websockets.asyncio.client.connect(url, ssl=trusts, proxy=None, close_timeout=0.1) as socket:
            await socket.recv()
            (connection,) = server._connections.values()
            connection.stop_reading()
            pong = frame(0x8A, b"")
            socket.transport.write(pong * (16 * TLS_READ_BYTES // len(pong)))
            ahead = []
            for _ in range(100):
                await asyncio.sleep(0.02)
                ahead.append(connection._transport.get_read_buffer_size())
                if len(ahead) > 10 and 0 < ahead[-10] == ahead[-1]:
                    break
            assert TLS_READ_BYTES <= ahead[-1] <= 2 * TLS_READ_BYTES
            socket.transport.abort()
