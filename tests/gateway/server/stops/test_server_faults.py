"""A fault of the venue stops it: the command at fault is saved, everything acknowledged is in the journal."""

from __future__ import annotations

import asyncio
import errno
import json
import subprocess
import sys

import msgspec

from compliance.hook import ComplianceHook
from engine.book.entities import Order
from engine.exchange import Exchange
from engine.state.hook import Verdict
from engine.vocabulary.messages.commands import NewOrder, Sequenced
from gateway.disk import Disk
from gateway.inbound.session import Session
from gateway.outbound.channels.registry import Channels
from tests.support.gateway.venues.small_venue import client, serving, url_of, venue_text
from tests.support.places import ROOT

UNLUCKY_E8 = 66_000_000_00


class FaultyHook(ComplianceHook):
    """Fails on one price."""

    def check(self, order: Order, price_ticks: int, leaves_lots: int, time_ns: int) -> Verdict | None:
        assert order.command.price_e8 != UNLUCKY_E8, "a bug"
        return super().check(order, price_ticks, leaves_lots, time_ns)


def faulty_exchange() -> Exchange:
    return Exchange(FaultyHook())


async def enter(alice, name, price):
    await alice.send(
        type="new_order",
        account="alice",
        client_order_id=name,
        instrument="BTC/RUB",
        side="buy",
        price=price,
        quantity="1",
    )


async def test_the_core_fails_and_the_command_is_saved(tmp_path):
    directory = tmp_path / "venue"
    async with (
        serving(directory, exchange=faulty_exchange, halts="the core failed on sequence number") as server,
        client(url_of(server), "alice") as alice,
    ):
        acknowledged = await alice.order("buy", "1", "70", "before", account="alice")
        # Usually in one turn: what stands before the fault is journaled, what stands behind it never was.
        for name, price in (("first", "71"), ("unlucky", "66"), ("third", "72")):
            await enter(alice, name, price)
        messages, _ = await alice.until_closed()
        assert [message["client_order_id"] for message in messages] in ([], ["first"])
    saved = list(directory.glob("fault-*.msgpack"))
    assert len(saved) == 1
    fault = msgspec.msgpack.decode(saved[0].read_bytes(), type=Sequenced)
    assert isinstance(fault.command, NewOrder)
    assert (fault.command.client_order_id, fault.command.price_e8) == ("unlucky", UNLUCKY_E8)
    assert "a bug" in saved[0].with_suffix(".txt").read_text()

    async with serving(directory) as server, client(url_of(server), "alice") as alice:
        orders = (await alice.ask(type="open_orders", account="alice"))["orders"]
        assert [order["client_order_id"] for order in orders] == ["before", "first"]
        assert orders[0]["order_id"] == acknowledged["order_id"]
        assert server.started.exchange.seq == fault.seq - 1


async def test_the_disk_fails_and_nothing_is_acknowledged(tmp_path, monkeypatch):
    directory = tmp_path / "venue"

    def fail(self: Disk, descriptor: int) -> None:
        raise OSError(errno.EIO, "Input/output error")

    async with (
        serving(directory, halts=r"the journal can't be written.*Input/output error") as server,
        client(url_of(server), "alice") as alice,
    ):
        await alice.order("buy", "1", "70", "before", account="alice")
        monkeypatch.setattr(Disk, "sync", fail)
        await enter(alice, "lost", "71")
        messages, _ = await alice.until_closed()
        assert messages == []
    assert list(directory.glob("fault-*")) == []


async def test_a_fault_while_handing_out_stops_the_venue_too(tmp_path, monkeypatch):
    directory = tmp_path / "venue"

    def fail(self: Channels) -> None:
        raise KeyError("a bug")

    async with (
        serving(directory, halts="a fault in the gateway: KeyError") as server,
        client(url_of(server), "alice") as alice,
    ):
        with monkeypatch.context() as patch:
            patch.setattr(Channels, "end_turn", fail)
            await enter(alice, "journaled", "71")
            messages, _ = await alice.until_closed()
        assert messages == []
    async with serving(directory) as server, client(url_of(server), "alice") as alice:
        orders = (await alice.ask(type="open_orders", account="alice"))["orders"]
        assert [order["client_order_id"] for order in orders] == ["journaled"]


async def test_a_fault_in_a_callback_is_not_swallowed(tmp_path, monkeypatch):
    def fail(self: Session, payload: bytes) -> None:
        raise ZeroDivisionError("a bug")

    async with (
        serving(tmp_path / "venue", halts="a fault in the gateway: ZeroDivisionError") as server,
        client(url_of(server)) as public,
    ):
        monkeypatch.setattr(Session, "receive", fail)
        await public.send(type="instruments")
        await public.until_closed()


FAULTY_SERVE = """
import gateway.core
from tests.gateway.server.stops.test_server_faults import faulty_exchange
gateway.core.new_exchange = faulty_exchange
import sys
for name in [name for name in sys.modules if name in ("gateway.venue.venue", "gateway.server.server", "gateway.server.sequencing.startup")]:
    sys.modules[name].new_exchange = faulty_exchange
import gateway.server.opening
gateway.server.opening.start_server.__kwdefaults__["exchange"] = faulty_exchange
from gateway.cli.main import main
main()
"""


async def test_serve_ends_with_its_own_status_and_says_where_the_command_is(tmp_path):
    directory = tmp_path / "venue"
    directory.mkdir()
    (directory / "venue.toml").write_text(venue_text())
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-c",
        FAULTY_SERVE,
        "serve",
        "--no-follower",
        str(directory),
        "--json",
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    assert process.stdout is not None
    url = json.loads(await process.stdout.readline())["url"]
    async with client(url, "alice") as alice:
        await enter(alice, "unlucky", "66")
        await alice.until_closed()
    _, stderr = await process.communicate()
    assert process.returncode == 70
    saved = next(directory.glob("fault-*.msgpack"))
    assert f"The command is saved in {saved}" in stderr.decode()
    assert "Traceback" not in stderr.decode()


def test_python_without_assertions_is_refused(tmp_path):
    (tmp_path / "venue.toml").write_text(venue_text())
    command = [sys.executable, "-O", "-m", "gateway.cli", "serve", str(tmp_path)]
    ended = subprocess.run(command, capture_output=True, text=True, check=False, timeout=20)
    assert ended.returncode == 1
    assert "assertions" in ended.stderr
