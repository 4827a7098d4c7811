"""The client without an event loop: it does what the other does, in whatever thread, and leaves nothing behind."""

from __future__ import annotations

import asyncio
import gc
import inspect
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from decimal import Decimal

import pytest

from gateway.client import Client, ClientError, ConnectionLost, OrderRejected, connect
from gateway.client.blocking import BlockingClient, connect_sync
from tests.support.gateway.processes.live_venue import LiveVenue, live_venue

BTC = "BTC/RUB"


@pytest.fixture(scope="module")
def venue(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveVenue]:
    with live_venue(tmp_path_factory.mktemp("venue")) as served:
        yield served


@pytest.fixture
def anna(venue: LiveVenue) -> Iterator[BlockingClient]:
    with connect_sync(venue.url, participant="anna", key=venue.key("anna")) as client:
        yield client
        client.mass_cancel()


@pytest.fixture
def maker(venue: LiveVenue) -> Iterator[BlockingClient]:
    with connect_sync(venue.url, participant="mm-alpha", key=venue.key("mm-alpha")) as client:
        yield client
        client.mass_cancel()


def own_threads() -> list[threading.Thread]:
    return [thread for thread in threading.enumerate() if thread.name == "sbx client"]


def test_an_order_is_entered_amended_filled_and_cancelled(anna: BlockingClient, maker: BlockingClient) -> None:
    order = anna.buy(BTC, quantity="0.02", price="7990000")
    assert (order.status, anna.state, anna.accounts) == ("new", "resumed", ["anna.main"])
    with pytest.raises(TimeoutError, match=r"did not happen within 0\.05 s"):
        order.filled(timeout=0.05)
    order.amend(price="8000000")
    maker.sell(BTC, quantity="0.01", price="8000000")
    book = anna.book(BTC)
    assert [Decimal(each) for each in book.best_bid] == [8_000_000, Decimal("0.01")]
    order.cancel()
    assert order.ended(timeout=5) is order
    assert (order.status, len(order.fills)) == ("cancelled", 1)
    while book.best_bid is not None:
        book.changed(timeout=5)
    assert "cancelled" in repr(order)


def test_a_refusal_is_raised_with_its_rule(anna: BlockingClient) -> None:
    with pytest.raises(OrderRejected) as caught:
        anna.buy("XMR/RUB", quantity="1", price="28000")
    assert caught.value.rule == "ANON-1"
    with pytest.raises(TypeError):
        anna.buy(BTC, quantity=0.5, price="8000000")


def test_streams_are_read_with_for(anna: BlockingClient, maker: BlockingClient) -> None:
    with anna.trades(BTC) as trades, anna.reports() as reports:
        with pytest.raises(TimeoutError):
            trades.next(timeout=0.05)
        for _ in range(3):
            anna.buy(BTC, quantity="0.01", price="8000000")
            maker.sell(BTC, quantity="0.01", price="8000000")
        seen = []
        for trade in trades:
            seen.append(Decimal(trade.quantity))
            if len(seen) == 3:
                break
        assert (seen, trades.missed) == ([Decimal("0.01")] * 3, 0)
        assert reports.next(timeout=5) is not None
    assert list(trades) == []


def test_all_that_the_client_has_is_here(anna: BlockingClient) -> None:
    own = {name for name in dir(Client) if not name.startswith("_")}
    # What carries it: the blocking client is opened by making it, and sends nothing by itself.
    assert own - set(dir(anna)) == set()
    waiting = {name for name in own if inspect.iscoroutinefunction(getattr(Client, name))}
    assert waiting > {"buy", "submit", "balances", "book"}
    assert inspect.signature(connect_sync) == inspect.signature(connect)
    assert Decimal(anna.balances()["RUB"].total) > 0
    assert anna.instruments()[BTC].base == "BTC"
    assert anna.hello.venue == "sandbox"
    assert anna.open_orders() == []
    with pytest.raises(AttributeError):
        _ = anna.bye  # type: ignore[attr-defined]


async def test_it_works_where_a_loop_runs(venue: LiveVenue) -> None:
    """As in a notebook: its own loop stands still meanwhile, and nothing is asked of it."""
    assert asyncio.get_running_loop().is_running()
    with connect_sync(venue.url) as client:
        assert BTC in client.instruments()


def test_several_threads_may_use_it(anna: BlockingClient) -> None:
    found: list[int] = []

    def enter() -> None:
        found.extend(anna.buy(BTC, quantity="0.01", price="7000000").order_id for _ in range(5))

    threads = [threading.Thread(target=enter) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    assert len(set(found)) == 20
    assert anna.mass_cancel() == 20


def test_closed_it_leaves_no_thread_and_says_so(venue: LiveVenue) -> None:
    before = len(own_threads())
    client = connect_sync(venue.url, participant="anna", key=venue.key("anna"))
    stream = client.trades(BTC)
    stream.start()
    assert len(own_threads()) == before + 1
    client.close()
    client.close()
    stream.close()
    assert (len(own_threads()), client.state) == (before, "closed")
    with pytest.raises(ClientError, match="the client is closed"):
        client.balances()


def test_let_go_of_it_closes_itself(venue: LiveVenue) -> None:
    before = len(own_threads())
    connect_sync(venue.url)
    gc.collect()
    assert len(own_threads()) == before


def test_found_by_the_collector_in_its_own_thread_it_closes_itself(venue: LiveVenue) -> None:
    before = len(own_threads())
    client = connect_sync(venue.url)
    loop, holder = client._loop, [client]
    holder.append(holder)  # type: ignore[arg-type]
    del client, holder
    loop.call(gc.collect)
    deadline = time.monotonic() + 10
    while len(own_threads()) > before and time.monotonic() < deadline:
        time.sleep(0.01)
    assert len(own_threads()) == before


def test_a_program_that_forgets_to_close_ends(venue: LiveVenue) -> None:
    program = f"""
from gateway.client.blocking import connect_sync
client = connect_sync({venue.url!r}, "anna", {str(venue.key("anna"))!r})
trades = client.trades("BTC/RUB")
trades.start()
order = client.buy("BTC/RUB", quantity="0.01", price="7000000")
print(order.status, order.cancel().status)
"""
    command = [sys.executable, "-W", "error", "-X", "dev", "-c", program]
    run = subprocess.run(command, capture_output=True, text=True, timeout=30, check=False)
    # In its development mode asyncio also says which step took more than 0.1 s: a busy machine is no fault of the program.
    said = [line for line in run.stderr.splitlines() if not line.startswith("Executing <")]
    assert (run.stdout, said, run.returncode) == ("new cancelled\n", [], 0)


def test_what_fails_to_connect_leaves_no_thread(venue: LiveVenue) -> None:
    before = len(own_threads())
    with pytest.raises(ConnectionLost, match="can't connect"):
        connect_sync("ws://127.0.0.1:9")
    with pytest.raises(ClientError, match="belong together"):
        connect_sync(venue.url, participant="anna")
    assert len(own_threads()) == before


def test_a_wait_that_is_interrupted_can_be_taken_up_again(anna: BlockingClient, maker: BlockingClient) -> None:
    order = anna.buy(BTC, quantity="0.01", price="8000000")
    begun = time.monotonic()
    with pytest.raises(TimeoutError):
        order.filled(timeout=0.2)
    assert 0.1 < time.monotonic() - begun < 5
    maker.sell(BTC, quantity="0.01", price="8000000")
    assert order.filled(timeout=5).status == "filled"
