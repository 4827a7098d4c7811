"""A real venue, scraped over HTTP: its metrics say what was done."""

from __future__ import annotations

import asyncio
import importlib.metadata
import re
import time

import msgspec
import pytest
from prometheus_client.parser import text_string_to_metric_families
from websockets.asyncio.client import connect
from websockets.exceptions import InvalidStatus
from websockets.typing import Subprotocol

from engine.vocabulary.codes import CORE_VERSION
from gateway.core import new_exchange
from gateway.server.upkeep.gauges import OpenOrders
from gateway.venue.venue import load_rulebook_documents
from tests.support.gateway.venues.scrapes import Samples, fetch, scrape
from tests.support.gateway.venues.small_venue import client, serving, small_venue, url_of
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


def since(after: Samples, before: Samples) -> Samples:
    """What has grown or shrunk, of what the venue itself does."""
    return {
        name: value - before.get(name, 0)
        for name, value in after.items()
        if value != before.get(name, 0)
        and "seconds" not in name
        and not name.startswith(("process_", "sbx_cap", "sbx_highest"))
    }


async def test_counters_equal_what_was_done(tmp_path):
    journal = tmp_path / "venue" / "journal" / "journal-00000001.sbxj"
    async with serving(tmp_path / "venue", small_venue(XMR), metrics_port=0, durability="os") as server:
        url = url_of(server)
        before = await scrape(server)
        size_before = journal.stat().st_size
        async with client(url, "alice") as alice, client(url, "bob") as bob:
            assert (await alice.order("sell", "2", "101", "a1", account="alice"))["exec_type"] == "new"
            assert (await bob.order("buy", "0.5", "101", "b1", account="bob"))["exec_type"] == "new"
            assert (await bob.order("buy", "1", "100.3", "b2", account="bob"))["code"] == "tick"
            refused = await bob.order("buy", "1", "100", "b3", account="bob", instrument="XMR/RUB")
            assert (refused["code"], refused["rule"]) == ("compliance", "ANON-1")
            refused = await bob.ask(type="cancel_order", account="bob", client_order_id="gone")
            assert refused["code"] == "unknown_order"
            assert (await bob.ask(type="new_order", account="bob"))["code"] == "malformed"
            assert (await bob.ask(type="subscribe", channel="top", instrument="XMR"))["code"] == "unknown"
            assert (await bob.ask(type="subscribe", channel="top", instrument="BTC/RUB"))["type"] == "subscribed"
            assert (await bob.ask(type="open_orders", account="alice"))["code"] == "not_allowed"
            after = await scrape(server)
            grown = since(after, before)
        assert after["sbx_seq"] == server.started.exchange.seq
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
        "sbx_audit_total{kind=login}": 2,
        "sbx_audit_total{kind=refused}": 1,
        # Hello and welcome for each; eight replies to bob, his trade and the first top; alice's reply and trade.
        "sbx_messages_sent_total": 4 + 8 + 2 + 2,
        "sbx_connections": 2,
        "sbx_subscriptions": 1,
        "sbx_open_orders": 1,
    }
    # What set the venue up is not counted.
    assert after["sbx_commands_total"] == 5
    assert after["sbx_accounts"] == 2


async def test_times_add_up(tmp_path):
    async with serving(tmp_path / "venue", metrics_port=0) as server, client(url_of(server), "alice") as alice:
        began = time.monotonic()
        for number in range(20):
            await alice.order("buy", "0.1", "90", f"a{number}", account="alice")
        await alice.ask(type="instruments")
        took = time.monotonic() - began
        found = await scrape(server)
    parts = [f"sbx_{name}_seconds" for name in ("apply", "sync", "publish")]
    assert [found[f"{name}_count"] for name in parts] == [20] * 3
    assert found["sbx_turn_seconds_count"] == found["sbx_request_seconds_count"] == 21
    assert found["sbx_busy_seconds_total"] == found["sbx_turn_seconds_sum"]
    # What the loop does is in a turn, a turn and its sync in the wait for its one request, and that in what the client waited.
    apply, sync, publish = (found[f"{name}_sum"] for name in parts)
    turn, request = (found[f"sbx_{name}_seconds_sum"] for name in ("turn", "request"))
    assert 0 < apply + publish < turn < request < took
    assert 0 < apply + sync < request
    for name in (*parts, "sbx_turn_seconds", "sbx_request_seconds", "sbx_batch_commands"):
        counts = [value for label, value in found.items() if label.startswith(f"{name}_bucket")]
        assert counts == sorted(counts)
        assert counts[-1] == found[f"{name}_count"]


async def test_what_runs_here_and_the_capacity_that_its_rulebook_asks_for(tmp_path):
    version = importlib.metadata.version("sandbox-exchange")
    async with serving(tmp_path / "venue", metrics_port=0, durability="os") as server:
        before = await scrape(server)
        async with client(url_of(server), "alice") as alice, client(url_of(server), "otto") as otto:
            for number in range(50):
                await alice.order("buy", "0.1", "90", f"a{number}", account="alice")
            # No message of a participant.
            await otto.ask(type="deposit", account="bob", asset="BTC", amount="1", reason="gift")
            after = await scrape(server)
    labels = f"build=interpreted,core_version={CORE_VERSION},durability=os,rulebook=elr-2025,version={version}"
    assert before[f"sbx_build_info{{{labels}}}"] == after[f"sbx_build_info{{{labels}}}"] == 1
    assert [name for name in before if "capacity" in name] == ["sbx_capacity_asked_per_second"]
    highest = after["sbx_highest_messages_per_second"]
    assert 0 < highest <= 50
    assert (before["sbx_capacity_asked_per_second"], after["sbx_capacity_asked_per_second"]) == (0, 2 * highest)
    # This process is the client, too, and each order waits for the answer to the one before it.
    estimated = after["sbx_capacity_estimated_per_second"]
    assert 50 < estimated < 100_000
    assert after["sbx_capacity_headroom"] == pytest.approx(estimated / (2 * highest))


async def test_a_rulebook_without_ops_2_asks_for_no_capacity(tmp_path):
    (tmp_path / "free.toml").write_text('title = "Free"\n')
    name, documents = load_rulebook_documents(str(tmp_path / "free.toml"))
    old = small_venue()
    rulebook = msgspec.structs.replace(old.setup[0][1], name=name, documents=documents)
    setup = ((old.setup[0][0], rulebook), *old.setup[1:])
    venue = msgspec.structs.replace(old, rulebook=name, rulebook_documents=documents, setup=setup)
    async with serving(tmp_path / "venue", venue, metrics_port=0) as server, client(url_of(server), "alice") as alice:
        await alice.order("buy", "0.1", "90", "a", account="alice")
        found = await scrape(server)
    assert found["sbx_highest_messages_per_second"] == 1
    assert [name for name in found if "capacity" in name] == ["sbx_capacity_estimated_per_second"]


async def test_events_are_those_in_the_journal(tmp_path):
    async with serving(tmp_path / "venue", metrics_port=0) as server, client(url_of(server), "alice") as alice:
        before = (await scrape(server))["sbx_events_total"]
        await alice.order("sell", "2", "101", "a1", account="alice")
        events = list(server.started.exchange.events)
        assert (await scrape(server))["sbx_events_total"] - before == len(events) > 0


async def test_connections_by_how_they_ended(tmp_path, monkeypatch):
    monkeypatch.setattr("gateway.server.peers.connection.LOGIN_TIMEOUT_SECONDS", 0.1)
    monkeypatch.setattr("gateway.server.peers.connection.MAX_CONNECTIONS_PER_ADDRESS", 2)
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
    monkeypatch.setattr("gateway.server.peers.unread.MAX_LAG_BYTES", 200_000)
    monkeypatch.setattr("gateway.server.peers.unread.STALLED_SECONDS", 1)
    async with serving(tmp_path / "venue", metrics_port=0, durability="os") as server:
        url = url_of(server)
        async with client(url, "sue") as sue, client(url, "alice") as alice:
            await sue.ask(type="subscribe", channel="drop_copy")
            await sue.ask(type="subscribe", channel="book", instrument="BTC/RUB")
            sue.socket.transport.pause_reading()
            seen = []
            while not server.counters.closed["slow_consumer"]:
                assert len(seen) < 100, "it is still there"
                for number in range(300):
                    terms = {"instrument": "BTC/RUB", "side": "buy", "quantity": "0.1", "price": str(50 + number % 50)}
                    name = f"a{len(seen)}-{number}"
                    await alice.send(type="new_order", account="alice", client_order_id=name, **terms)
                for _ in range(300):
                    await alice.receive()
                seen.append((await scrape(server))["sbx_unread_bytes"])
            found = await scrape(server)
            sue.socket.transport.abort()
    assert max(seen) > 200_000
    assert found["sbx_connections_closed_total{reason=slow_consumer}"] == 1
    assert found["sbx_unread_bytes"] == 0


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
