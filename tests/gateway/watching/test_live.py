"""A live venue that is watched over real sockets: what is seen is what its participants were told."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from decimal import Decimal
from pathlib import Path
from urllib.parse import urlsplit

import msgspec
import pytest

from gateway.client import Client, OrderRejected, Ticker, connect
from gateway.watching.live import LiveView, watching
from gateway.watching.view import Refused
from tests.support.gateway.inprocess.played_again import playing, record
from tests.support.gateway.processes.live_venue import LiveVenue, live_venue

NOON_NS = 1_780_304_647_123_456_789
"""2026-06-01 12:04:07 in Moscow."""
SECONDS = 20
"""For what takes milliseconds on a machine that does nothing else."""


@pytest.fixture(scope="module")
def venue(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveVenue]:
    with live_venue(tmp_path_factory.mktemp("venue")) as found:
        yield found


def logged_in(venue: LiveVenue, name: str) -> Client:
    return connect(venue.url, name, venue.key(name))  # type: ignore[return-value]


async def until(view: LiveView, holds: Callable[[], object]) -> None:
    async with asyncio.timeout(SECONDS):
        while not holds():
            view.work()
            await asyncio.sleep(0.01)


async def trade(venue: LiveVenue, price: str) -> None:
    """A trade of 0.1 ETH between two market makers, and a refusal."""
    async with logged_in(venue, "mm-alpha") as alpha, logged_in(venue, "mm-beta") as beta:
        await alpha.sell("ETH/RUB", quantity="0.1", price=price)
        bought = await beta.buy("ETH/RUB", quantity="0.1", price=price)
        await bought.filled()
        await alpha.sell("ETH/RUB", quantity="0.3", price="250500")
        with pytest.raises(OrderRejected):
            await alpha.buy("ETH/RUB", quantity="0.3", price="1")


async def test_a_supervisor_sees_prices_book_tape_and_verdicts(venue: LiveVenue) -> None:
    async with logged_in(venue, "supervisor") as client, watching(client, "ETH/RUB") as view:
        first = view.scene()
        assert (first.kind, first.state, first.chosen) == ("live", "connected", "ETH/RUB")
        assert first.where == f"sandbox at {venue.url}"
        listed = await client.instruments()
        assert [(each.instrument, each.phase) for each in first.markets] == [
            (name, each.phase) for name, each in listed.items()
        ]
        assert first.notes == first.tape == first.verdicts == []
        await trade(venue, "250000")
        await until(view, lambda: view.scene().verdicts and view.scene().tape)
        scene = view.scene()
        (printed,) = scene.tape
        assert (printed.price, printed.quantity, printed.taker_side) == ("250000", "0.100", "buy")
        assert printed.seq is not None and scene.seq is not None and printed.seq < scene.seq
        (verdict,) = scene.verdicts
        assert (verdict.what, verdict.account, verdict.instrument, verdict.seq) == (
            "refused",
            "mm-alpha.main",
            "ETH/RUB",
            scene.seq,
        )
        assert verdict.by and verdict.words
        assert (scene.accepted, scene.refused) == (3, 1)
        market = next(each for each in scene.markets if each.instrument == "ETH/RUB")
        assert (market.last, market.ask, market.ask_quantity) == ("250000", "250500", "0.300")
        assert (market.change_percent_24h, market.since_24h_ns) == ("+0.00", None)
        assert scene.book is not None
        assert [(each.price, each.quantity, each.hidden) for each in scene.book.asks] == [("250500", "0.300", None)]
        # A halt, an undone trade, and an order that a rule ended.
        await client.admin("set_phase", instrument="ETH/RUB", phase="halted", reason="a test")
        await client.admin("bust_trade", trade_id=printed.trade_id, reason="a test")
        await client.admin("set_kill_switch", scope="participant", key="mm-alpha", on=True, reason="a test")
        await client.admin("set_kill_switch", scope="participant", key="mm-alpha", on=False, reason="over")
        await client.admin("set_phase", instrument="ETH/RUB", phase="continuous", reason="over")
        await until(view, lambda: view.scene().verdicts[0].what == "cancelled" and view.scene().tape[0].status)
        scene = view.scene()
        assert (scene.verdicts[0].by, scene.tape[0].status) == ("kill_switch", "busted")
        # Pause stops the picture and nothing else.
        view.pause()
        before = view.scene()
        assert (before.is_paused, before.state) == (True, "paused (connected)")
        await trade(venue, "250010")
        await until(view, lambda: view.recent.accepted > before.accepted + 2)
        assert view.scene() is before
        view.step()
        assert view.scene().is_paused
        assert view.scene().accepted == before.accepted + 3
        # From the first trade of these hours, though it is undone by now: one tick of 10 in 250 000.
        assert [each.change_percent_24h for each in view.scene().markets if each.last] == ["+0.00"]
        view.choose(-1)
        assert view.scene().chosen == list(listed)[list(listed).index("ETH/RUB") - 1]
        await until(view, lambda: view.scene().book is not None)
        view.pause()
        assert (view.scene().is_paused, view.scene().state) == (False, "connected")
        for refused in (view.back, lambda: view.jump("12s"), lambda: view.change_speed(1)):
            with pytest.raises(Refused, match="live venue"):
                refused()


async def test_the_change_is_the_venues_and_where_its_hours_are_fewer_that_is_said(venue: LiveVenue) -> None:
    async with connect(venue.url) as client, watching(client, "SOL/RUB") as view:
        told = Ticker(instrument="SOL/RUB", seq=1, prev_seq=1, time=NOON_NS, bid_price=None, bid_quantity=None, ask_price=None,
                      ask_quantity=None)  # fmt: skip
        for change, since_ns, seen in (
            ("-1.25", NOON_NS, ("-1.25", NOON_NS)),
            ("0.50", NOON_NS, ("+0.50", NOON_NS)),
            ("0.00", None, ("+0.00", None)),
            (None, None, (None, None)),
        ):
            view._ticker(
                msgspec.structs.replace(
                    told,
                    change_percent_24h=None if change is None else Decimal(change),
                    since_24h=since_ns,
                )
            )
            scene = view.scene()
            market = next(each for each in scene.markets if each.instrument == "SOL/RUB")
            assert (market.change_percent_24h, market.since_24h_ns) == seen
            said = [note for note in scene.notes if note.startswith("changes of 24 hours are since 2026-06-01 12:04 ")]
            assert len(said) == (since_ns is not None)


async def test_without_a_key_everything_public_is_seen(venue: LiveVenue) -> None:
    async with connect(venue.url) as client, watching(client, "ETH/RUB") as view:
        await trade(venue, "250020")
        await until(view, lambda: view.scene().tape)
        scene = view.scene()
        assert [(each.price, each.seq) for each in scene.tape] == [("250020", None)]
        assert (scene.verdicts, scene.since_ns, scene.seq) == ([], None, None)
        assert scene.notes == ["verdicts need the key of a supervisor or operator: --key FILE"]
    async with logged_in(venue, "anna") as client, watching(client) as view:
        assert view.scene().notes == scene.notes
        assert view.scene().chosen == view.scene().markets[0].instrument
    async with connect(venue.url) as client:
        with pytest.raises(Refused, match="the venue has no instrument NO/SUCH; it has BTC/RUB"):
            async with watching(client, "NO/SUCH"):
                pass


async def test_a_recording_that_is_served_is_not_called_live(tmp_path: Path) -> None:
    record(tmp_path, 1, 40)
    async with (
        playing(tmp_path) as server,
        connect(f"ws://127.0.0.1:{server.port}") as client,
        watching(client) as view,
    ):
        scene = view.scene()
        assert (scene.kind, scene.state) == ("recorded", "connected, served at speed max")
        assert client.hello.recording is not None
        assert scene.last_seq == client.hello.recording.last_seq > 40


async def test_a_lost_connection_shows_and_comes_back(venue: LiveVenue) -> None:
    """The last test: it kills the venue of all."""
    port = urlsplit(venue.url).port
    assert port is not None
    async with logged_in(venue, "supervisor") as client, watching(client, "ETH/RUB") as view:
        venue.process.kill()
        venue.process.wait()
        await until(view, lambda: view.scene().state.startswith("CONNECTION LOST"))
        # What is asked for meanwhile comes when the venue is back.
        view.choose(1)
        with live_venue(venue.directory, port=port) as again:
            await until(view, lambda: view.scene().state == "connected" and view.scene().book is not None)
            view.choose(-1)
            await trade(again, "250000")
            await until(view, lambda: view.scene().tape and view.scene().verdicts)
            assert view.scene().notes == ["the connection was lost 1 time; 0 messages were missed"]
