"""The metrics endpoint of a real venue: where it is, and what it costs those who trade."""

from __future__ import annotations

import asyncio
import json
import socket
import statistics
import subprocess
import threading
import time
import urllib.error
import urllib.request

import msgspec
import pytest

from gateway.server.upkeep.scraping import ACCEPT_SECONDS
from tests.support.gateway.venues.scrapes import fetch, parse, scrape
from tests.support.gateway.venues.small_venue import client, serve_command, serving, small_venue, url_of, venue_text

ORDERS = 150


async def test_a_scraper_in_a_loop_costs_nobody_an_order(tmp_path):
    """Four threads scrape as fast as they are let; orders go on meanwhile, nearly as fast as in peace."""
    async with serving(tmp_path / "venue", metrics_port=0, durability="os") as server:
        url, is_over = server.metrics.url, threading.Event()

        def hammer() -> int:
            scrapes = 0
            while not is_over.is_set():
                fetch(url)
                scrapes += 1
            return scrapes

        async with client(url_of(server), "alice") as alice:

            async def median_s(name: str) -> float:
                """Of round trips, one after the other. As many as take half a second where nothing else runs."""
                waits = []
                for number in range(ORDERS):
                    began = time.monotonic()
                    report = await alice.order("buy", "0.1", "90", f"{name}{number}", account="alice")
                    waits.append(time.monotonic() - began)
                    assert report["exec_type"] == "new"
                return statistics.median(waits)

            in_peace_s = await median_s("a")
            began = time.monotonic()
            hammering = [asyncio.create_task(asyncio.to_thread(hammer)) for _ in range(4)]
            beside_s = await median_s("b")
            is_over.set()
            scrapes = sum(await asyncio.gather(*hammering))
            took_s = time.monotonic() - began
        assert 4 <= scrapes <= took_s / ACCEPT_SECONDS + 8
        # Threads of this process share its interpreter: a thread may keep it for 5 ms.
        assert beside_s < 10 * in_peace_s + 0.005
        assert (await scrape(server))["sbx_open_orders"] == 2 * ORDERS


async def test_who_connects_and_says_nothing_makes_room_for_a_scraper(tmp_path, monkeypatch):
    monkeypatch.setattr("gateway.server.upkeep.scraping.REQUEST_SECONDS", 0.3)
    monkeypatch.setattr("gateway.server.upkeep.scraping.MAX_SCRAPERS", 2)
    async with serving(tmp_path / "venue", metrics_port=0) as server:
        idle = [await asyncio.open_connection("127.0.0.1", server.metrics.port) for _ in range(3)]
        for reader, _ in idle:
            assert await asyncio.wait_for(reader.read(1), 2) == b""
        assert (await scrape(server))["sbx_accounts"] == 2
        for _, writer in idle:
            writer.close()


async def test_there_is_no_port_unless_it_is_asked_for(tmp_path):
    async with serving(tmp_path / "one") as server:
        assert server.metrics is None
        # What would cost each request something is not counted then.
        async with client(url_of(server), "alice") as alice:
            await alice.order("buy", "0.1", "90", "a", account="alice")
            await alice.ask(type="balances")
            session = next(iter(server._connections.values())).session
        assert (session.received_ns, session.answered_ns) == (0, [])
        assert (server.counters.commands, server.counters.request.total) == (0, 0)
        assert server.counters.errors == {"malformed": 1}
        # Nor does the venue's own port tell.
        with pytest.raises(urllib.error.HTTPError) as refused:
            await asyncio.to_thread(fetch, url_of(server).replace("ws://", "http://") + "/metrics")
        assert refused.value.code == 404
        refused.value.close()
    wanting = msgspec.structs.replace(small_venue(), metrics_port=0)
    async with serving(tmp_path / "two", wanting) as server:
        assert server.metrics is not None
        port = server.metrics.port
        with pytest.raises(urllib.error.HTTPError) as refused:
            await asyncio.to_thread(fetch, f"http://127.0.0.1:{port}/other")
        assert refused.value.code == 404
        refused.value.close()
    with pytest.raises(OSError, match="refused"):
        await asyncio.open_connection("127.0.0.1", port)


async def test_it_can_be_reached_from_this_machine_alone(tmp_path):
    """The venue listens on every address; its metrics on one, and another address of this machine is refused."""
    async with serving(tmp_path / "venue", host="0.0.0.0", insecure=True, metrics_port=0) as server:
        for port, is_open in ((server.port, True), (server.metrics.port, False)):
            with socket.socket() as outside:
                # All of 127/8 is this machine, and only one of it is listened to.
                assert (outside.connect_ex(("127.0.0.2", port)) == 0) == is_open


async def test_a_metrics_port_that_is_taken_stops_the_start(tmp_path):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        with pytest.raises(OSError, match="in use"):
            async with serving(tmp_path / "venue", metrics_port=taken.getsockname()[1]):
                pass
    async with serving(tmp_path / "venue"):
        pass


def test_serve_announces_where_to_scrape(tmp_path):
    (tmp_path / "venue.toml").write_text(venue_text().replace("port = 0", "port = 0\nmetrics_port = 0"))
    command = serve_command(tmp_path)
    for options, found in (
        (["--json"], lambda line: json.loads(line)["metrics"]),
        ([], lambda line: line.split()[-1].decode()),
    ):
        with subprocess.Popen([*command, *options], stdout=subprocess.PIPE) as process:
            assert process.stdout is not None
            try:
                samples = parse(fetch(found(process.stdout.readline())))
            finally:
                process.terminate()
                process.wait(20)
        assert samples["sbx_accounts"] == 2
        assert samples["process_open_fds"] > 5


def test_without_a_port_serve_announces_none(tmp_path):
    command = serve_command(tmp_path, "--json")
    (tmp_path / "venue.toml").write_text(venue_text())
    with subprocess.Popen(command, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        try:
            assert json.loads(process.stdout.readline())["metrics"] is None
        finally:
            process.terminate()
            process.wait(20)
