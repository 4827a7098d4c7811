"""A real venue, scraped over HTTP: its metrics say what was done."""

from __future__ import annotations

import asyncio
import importlib.metadata
import json
import re
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request

import msgspec
import pytest
from prometheus_client.parser import text_string_to_metric_families
from websockets.asyncio.client import connect
from websockets.exceptions import InvalidStatus
from websockets.typing import Subprotocol

from engine.vocabulary.codes import CORE_VERSION
from gateway.core import new_exchange
from gateway.server.gauges import OpenOrders
from gateway.server.scraping import ACCEPT_SECONDS
from tests.support.gateway.small_venue import client, serving, small_venue, url_of, venue_text
from tests.support.places import ROOT

XMR = """
[[assets]]
asset = "XMR"
kind = "crypto"
scale = 8
privacy = "default"

[[instruments]]
instrument = "XMR/RUB"
kind = "spot"
base = "XMR"
quote = "RUB"
tick = "0.5"
lot = "0.1"
min_quantity = "0.1"
max_quantity = "1000"
max_notional = "1000000000"
reference_price = "100"
collar_ppm = 100_000
phase = "continuous"
"""

Samples = dict[str, float]
"""By name and, in braces, the labels that a sample has."""


def fetch(url: str) -> str:
    with urllib.request.urlopen(url, timeout=5) as response:
        assert response.headers["Content-Type"].startswith("text/plain; version=0.0.4")
        text: str = response.read().decode()
        return text


def parse(text: str) -> Samples:
    found: Samples = {}
    for family in text_string_to_metric_families(text):
        for sample in family.samples:
            labels = ",".join(f"{name}={value}" for name, value in sorted(sample.labels.items()))
            found[f"{sample.name}{{{labels}}}" if labels else sample.name] = sample.value
    return found


async def scrape(server) -> Samples:
    """What the endpoint says when its text is made anew."""
    await asyncio.sleep(0.11)
    return parse(await asyncio.to_thread(fetch, server.metrics.url))


def since(after: Samples, before: Samples) -> Samples:
    """What has grown or shrunk, of what the venue itself does."""
    return {
        name: value - before.get(name, 0)
        for name, value in after.items()
        if value != before.get(name, 0) and "seconds" not in name and not name.startswith(("process_", "sbx_cap"))
    }


async def test_counters_equal_what_was_done(tmp_path):
    journal = tmp_path / "venue" / "journal" / "journal-00000001.sbxj"
    async with serving(tmp_path / "venue", small_venue(XMR), metrics_port=0, durability="os") as server:
        url = url_of(server)
        before = await scrape(server)
        size_before = journal.stat().st_size
        version = importlib.metadata.version("sandbox-exchange")
        labels = f"build=interpreted,core_version={CORE_VERSION},durability=os,rulebook=elr-2025,version={version}"
        assert before[f"sbx_build_info{{{labels}}}"] == 1
        async with client(url, "alice") as alice, client(url, "bob") as bob:
            assert (await alice.order("sell", "2", "101", "a1", account="alice"))["exec_type"] == "new"
            assert (await bob.order("buy", "0.5", "101", "b1", account="bob"))["exec_type"] == "new"
            assert (await bob.order("buy", "1", "100.3", "b2", account="bob"))["code"] == "tick"
            refused = await bob.order("buy", "1", "100", "b3", account="bob", instrument="XMR/RUB")
            assert (refused["code"], refused["rule"]) == ("compliance", "ANON-1")
            assert (await bob.ask(type="cancel_order", account="bob", client_order_id="gone"))[
                "code"
            ] == "unknown_order"
            assert (await bob.ask(type="new_order", account="bob"))["code"] == "malformed"
            assert (await bob.ask(type="subscribe", channel="top", instrument="XMR"))["code"] == "unknown"
            assert (await bob.ask(type="subscribe", channel="top", instrument="BTC/RUB"))["type"] == "subscribed"
            assert (await bob.ask(type="open_orders", account="alice"))["code"] == "not_allowed"
            after = await scrape(server)
            grown = since(after, before)
        seq = server.started.exchange.seq
        assert grown.pop("sbx_journal_bytes_total") == journal.stat().st_size - size_before
    for name in list(grown):
        if name.startswith(("sbx_batch_commands_bucket", "sbx_sent_bytes")):
            assert grown.pop(name) > 0
    assert grown == {
        "sbx_commands_total": 5,
        "sbx_seq": 5,
        "sbx_batch_commands_count": 5,
        "sbx_batch_commands_sum": 5,
        # Accepted and added; accepted and traded; three refused.
        "sbx_events_total": 7,
        "sbx_turns_total": 7,
        "sbx_rejects_total{code=tick,rule=}": 1,
        "sbx_rejects_total{code=compliance,rule=ANON-1}": 1,
        "sbx_rejects_total{code=unknown_order,rule=}": 1,
        "sbx_errors_total{code=malformed}": 1,
        "sbx_errors_total{code=unknown}": 1,
        "sbx_errors_total{code=not_allowed}": 1,
        # Hello and welcome for each; eight replies to bob, his trade and the first top; alice's reply and trade.
        "sbx_messages_sent_total": 4 + 8 + 2 + 2,
        "sbx_connections": 2,
        "sbx_subscriptions": 1,
        "sbx_open_orders": 1,
        "sbx_highest_messages_per_second": 5,
    }
    assert after["sbx_seq"] == seq
    # What set the venue up is not counted.
    assert after["sbx_commands_total"] == 5
    assert after["sbx_accounts"] == 2
    assert after["sbx_request_seconds_count"] == 7
    for name in ("apply", "sync", "publish"):
        assert after[f"sbx_{name}_seconds_count"] == after["sbx_batch_commands_count"]
    assert after["sbx_turn_seconds_sum"] == after["sbx_busy_seconds_total"] > 0
    assert after["sbx_capacity_asked_per_second"] == 10
    headroom = after["sbx_capacity_estimated_per_second"] / after["sbx_capacity_asked_per_second"]
    assert after["sbx_capacity_headroom"] == pytest.approx(headroom)


async def test_events_are_those_in_the_journal(tmp_path):
    async with serving(tmp_path / "venue", metrics_port=0) as server, client(url_of(server), "alice") as alice:
        before = (await scrape(server))["sbx_events_total"]
        await alice.order("sell", "2", "101", "a1", account="alice")
        events = list(server.started.exchange.events)
        assert (await scrape(server))["sbx_events_total"] - before == len(events) > 0


async def test_connections_by_how_they_ended(tmp_path, monkeypatch):
    monkeypatch.setattr("gateway.server.connection.LOGIN_TIMEOUT_SECONDS", 0.1)
    monkeypatch.setattr("gateway.server.connection.MAX_CONNECTIONS_PER_ADDRESS", 2)
    async with serving(tmp_path / "venue", metrics_port=0) as server:
        url = url_of(server)
        async with client(url) as idle:
            assert (await idle.until_closed())[1] == 1008
        async with client(url, "alice") as alice, client(url, "bob") as bob:
            async with connect(url, proxy=None) as third:
                await third.wait_closed()
                assert third.close_code == 1013
            await alice.socket.send(b"binary where text was agreed")
            assert (await alice.until_closed())[1] == 1003
            await bob.socket.send("?" * 70_000)
            assert (await bob.until_closed())[1] == 1009
        for path, offered, status in (("/other", None, 404), ("", [Subprotocol("mqtt")], 400)):
            with pytest.raises(InvalidStatus) as refused:
                async with connect(url + path, subprotocols=offered, proxy=None):
                    pass
            assert refused.value.response.status_code == status
        async with client(url, "alice"):
            pass
        found = await scrape(server)
    assert {name: value for name, value in found.items() if "_connections_" in name} == {
        "sbx_connections_closed_total{reason=login_timeout}": 1,
        "sbx_connections_closed_total{reason=unsupported_data}": 1,
        "sbx_connections_closed_total{reason=message_too_big}": 1,
        "sbx_connections_closed_total{reason=client}": 1,
        "sbx_connections_refused_total{reason=address_full}": 1,
        "sbx_connections_refused_total{reason=no_such_path}": 1,
        "sbx_connections_refused_total{reason=no_such_subprotocol}": 1,
        "sbx_connections_refused_total{reason=venue_full}": 0,
    }
    assert found["sbx_connections"] == 0


async def test_what_a_slow_consumer_leaves_unread_is_seen_until_it_is_dropped(tmp_path, monkeypatch):
    monkeypatch.setattr("gateway.server.connection.MAX_OUTBOUND_BYTES", 400_000)
    async with serving(tmp_path / "venue", metrics_port=0, durability="os") as server:
        url = url_of(server)
        async with client(url, "sue") as sue, client(url, "alice") as alice:
            await sue.ask(type="subscribe", channel="drop_copy")
            await sue.ask(type="subscribe", channel="book", instrument="BTC/RUB")
            sue.socket.transport.pause_reading()
            seen = []
            while not server.counters.closed["slow_consumer"]:
                assert len(seen) < 50, "it is still there"
                for number in range(300):
                    terms = {"instrument": "BTC/RUB", "side": "buy", "quantity": "0.1", "price": str(50 + number % 50)}
                    name = f"a{len(seen)}-{number}"
                    await alice.send(type="new_order", account="alice", client_order_id=name, **terms)
                for _ in range(300):
                    await alice.receive()
                seen.append((await scrape(server))["sbx_unread_bytes"])
            found = await scrape(server)
            sue.socket.transport.abort()
    assert 0 < max(seen) <= 400_000
    assert found["sbx_connections_closed_total{reason=slow_consumer}"] == 1
    assert found["sbx_unread_bytes"] == 0


async def test_a_scraper_in_a_loop_costs_nobody_an_order(tmp_path):
    """Four threads scrape as fast as they are let, for half a second; orders go on meanwhile."""
    async with serving(tmp_path / "venue", metrics_port=0, durability="os") as server:
        url = server.metrics.url
        end = time.monotonic() + 0.5

        def hammer() -> int:
            scrapes = 0
            while time.monotonic() < end:
                fetch(url)
                scrapes += 1
            return scrapes

        async with client(url_of(server), "alice") as alice:
            hammering = [asyncio.create_task(asyncio.to_thread(hammer)) for _ in range(4)]
            orders, slowest = 0, 0.0
            while time.monotonic() < end:
                began = time.monotonic()
                report = await alice.order("buy", "0.1", "90", f"a{orders}", account="alice")
                slowest = max(slowest, time.monotonic() - began)
                assert report["exec_type"] == "new"
                orders += 1
            scrapes = sum(await asyncio.gather(*hammering))
        assert 4 <= scrapes <= 0.5 / ACCEPT_SECONDS + 8
        assert orders > 100
        assert slowest < 0.25
        assert (await scrape(server))["sbx_open_orders"] == orders


async def test_who_connects_and_says_nothing_makes_room_for_a_scraper(tmp_path, monkeypatch):
    monkeypatch.setattr("gateway.server.scraping.REQUEST_SECONDS", 0.3)
    monkeypatch.setattr("gateway.server.scraping.MAX_SCRAPERS", 2)
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
    async with serving(tmp_path / "venue", host="0.0.0.0", metrics_port=0) as server:
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
    command = [sys.executable, "-m", "gateway.cli", "serve", str(tmp_path)]
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
    command = [sys.executable, "-m", "gateway.cli", "serve", str(tmp_path), "--json"]
    (tmp_path / "venue.toml").write_text(venue_text())
    with subprocess.Popen(command, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        try:
            assert json.loads(process.stdout.readline())["metrics"] is None
        finally:
            process.terminate()
            process.wait(20)


async def test_the_table_and_the_endpoint_name_the_same(tmp_path):
    page = (ROOT / "docs" / "METRICS.md").read_text(encoding="utf-8")
    documented = re.findall(r"^\| `(sbx_\w+)` \| (\w+) \|", page, re.MULTILINE)
    async with serving(tmp_path / "venue", metrics_port=0) as server, client(url_of(server), "alice") as alice:
        await alice.order("sell", "2", "101", "a1", account="alice")
        text = await asyncio.to_thread(fetch, server.metrics.url)
    told = [
        (f"{family.name}_total" if family.type == "counter" else family.name, family.type)
        for family in text_string_to_metric_families(text)
    ]
    assert sorted(documented) == sorted(each for each in told if each[0].startswith("sbx_"))
    assert sorted(name for name, _ in told if name.startswith("process_")) == sorted(
        set(re.findall(r"`(process_\w+)`", page))
    )


async def test_open_orders_of_many_accounts_are_counted_in_parts(tmp_path):
    async with serving(tmp_path / "venue") as server, client(url_of(server), "bob") as bob:
        exchange = server.started.exchange
        orders = OpenOrders(exchange, accounts_a_call=1)
        await bob.order("buy", "0.1", "90", "b1", account="bob")
        assert [account.account for account in exchange.account_list] == ["alice", "bob"]
        assert [orders.count(), orders.count()] == [0, 1]
        await bob.order("buy", "0.1", "90", "b2", account="bob")
        assert [orders.count(), orders.count(), OpenOrders(exchange).count()] == [1, 2, 2]
    assert OpenOrders(new_exchange()).count() == 0
