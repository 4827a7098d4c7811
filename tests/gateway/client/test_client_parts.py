from __future__ import annotations

import asyncio
from decimal import Decimal
from zlib import crc32

import pytest

from gateway.client import ClientError, FellBehind, Stream, connect
from gateway.client.copies import streams as client_streams
from gateway.client.copies.book import LocalBook
from gateway.client.copies.local_copy import OutOfStep
from gateway.client.links.key import private_key
from gateway.client.links.link import Pings
from gateway.client.values.amounts import decimal_text
from gateway.client.values.values import refusal_of
from gateway.keys import new_private_key, public_key_hex, write_private_key
from gateway.outbound.channels.levels import checksum
from gateway.protocol.messages import BookSnapshot, BookUpdate, ExecutionReport, Hello, RequestRejected


def snapshot(seq: int, bids: list[tuple[str, str]], asks: list[tuple[str, str]]) -> BookSnapshot:
    return BookSnapshot(instrument="A/B", seq=seq, time=1, bids=bids, asks=asks, checksum=checksum(bids, asks))


def update(prev_seq: int, seq: int, bids: list[tuple[str, str]], check: int) -> BookUpdate:
    return BookUpdate(instrument="A/B", seq=seq, prev_seq=prev_seq, time=2, bids=bids, asks=[], checksum=check)


async def test_the_book_follows_snapshot_and_updates():
    book = LocalBook("A/B")
    assert book.best_bid is None
    book.apply(snapshot(5, [("10.0", "1"), ("9.0", "2")], [("11.0", "3")]))
    assert (book.best_bid, book.best_ask, book.seq) == ((10, 1), (11, 3), 5)
    after = [("10.5", "4"), ("9.0", "7")]
    book.apply(update(5, 9, [("10.5", "4"), ("10.0", "0"), ("9.0", "7")], checksum(after, [("11.0", "3")])))
    assert (book.bids, book.asks, book.seq, book.time) == ([(Decimal("10.5"), 4), (9, 7)], [(11, 3)], 9, 2)


async def test_prices_are_ordered_by_value_not_by_text():
    book = LocalBook("A/B")
    book.apply(snapshot(1, [("100.0", "1"), ("99.0", "1"), ("9.0", "1")], [("101.0", "1"), ("1000.0", "1")]))
    assert [price for price, _ in book.written("buy")] == ["100.0", "99.0", "9.0"]
    assert [price for price, _ in book.written("sell")] == ["101.0", "1000.0"]


async def test_the_checksum_counts_ten_levels_of_each_side():
    bids = [(f"{price}.0", "1") for price in range(100, 85, -1)]
    asks = [(f"{price}.0", "2") for price in range(101, 120)]
    book = LocalBook("A/B")
    book.apply(snapshot(1, bids, asks))
    text = "|".join([f"{price}.0:1" for price in range(100, 90, -1)] + [f"{price}.0:2" for price in range(101, 111)])
    assert book.checksum() == crc32(text.encode())


async def test_a_missing_update_and_a_wrong_checksum_are_found():
    book = LocalBook("A/B")
    book.apply(snapshot(5, [("10.0", "1")], []))
    with pytest.raises(OutOfStep, match="follows 6"):
        book.apply(update(6, 7, [("10.0", "2")], 0))
    assert book.bids == [(10, 1)]
    with pytest.raises(OutOfStep, match="checksum"):
        book.apply(update(5, 6, [("10.0", "2")], 12345))


async def test_waiting_for_a_change():
    book = LocalBook("A/B")
    waiting = asyncio.create_task(book.changed())
    await asyncio.sleep(0)
    assert not waiting.done()
    book.apply(snapshot(1, [], []))
    await asyncio.wait_for(waiting, 1)


@pytest.mark.parametrize(
    ("value", "text"), [("0.010", "0.010"), (7, "7"), (Decimal("1E-8"), "0.00000001"), (Decimal("6E+6"), "6000000")]
)
def test_amounts_are_written_plainly(value, text):
    assert decimal_text(value) == text


@pytest.mark.parametrize("value", [0.1, True, None, b"1"])
def test_binary_floats_are_refused(value):
    with pytest.raises(TypeError, match="str, int or Decimal"):
        decimal_text(value)


def test_a_key_in_any_form(tmp_path):
    key = new_private_key()
    path = tmp_path / "key.pem"
    write_private_key(path, key)
    forms = [key, key.private_bytes_raw(), path, str(path), path.read_bytes()]
    assert {public_key_hex(private_key(form)) for form in forms} == {public_key_hex(key)}
    for bad in (b"short", tmp_path / "absent.pem", __file__):
        with pytest.raises(ClientError, match="private key"):
            private_key(bad)


async def nothing() -> None:
    return None


async def test_a_stream_ends_after_what_waits():
    stream: Stream[int] = Stream(nothing, nothing)
    stream.put(1)
    stream.put(2)
    stream.end(None)
    assert [each async for each in stream] == [1, 2]


async def test_a_slow_reader_is_told(monkeypatch):
    monkeypatch.setattr(client_streams, "MAX_WAITING", 4)
    stream: Stream[int] = Stream(nothing, nothing)
    for each in range(10):
        stream.put(each)
    assert [await anext(stream) for _ in range(3)] == [0, 1, 2]
    with pytest.raises(FellBehind):
        await anext(stream)


async def test_no_venue_and_half_a_login_are_said_plainly():
    with pytest.raises(ClientError, match="belong together"):
        async with connect("ws://127.0.0.1:1", "somebody"):
            pass
    with pytest.raises(ClientError, match="can't connect"):
        async with connect("ws://127.0.0.1:1"):
            pass


# ── pings ──────────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("pings", "said", "agreed"),
    [
        (Pings(), (5, 15), (5.0, 10.0)),
        (Pings(), (1, 3), (1.0, 2.0)),
        # Who is given no time at all is still given as long as until the next ping.
        (Pings(), (4, 4), (4.0, 4.0)),
        # A venue that says nothing.
        (Pings(), (0, 0), (5.0, 10.0)),
        (Pings(interval=0.5), (1, 3), (0.5, 2.0)),
        (Pings(timeout=None), (1, 3), (1.0, None)),
        (Pings(interval=None, timeout=7.0), (1, 3), (None, 7.0)),
    ],
)
def test_how_often_to_ping_is_what_the_venue_says_unless_the_program_does(pings, said, agreed):
    interval, timeout = (seconds * 10**9 for seconds in said)
    hello = Hello(
        venue="v",
        protocol="sbx.v1",
        core_version=1,
        nonce="n",
        durability="os",
        rulebook="r",
        time=1,
        heartbeat_interval=interval,
        heartbeat_timeout=timeout,
    )
    assert pings.agreed(hello) == agreed


def test_a_refusal_is_of_an_order_or_of_another_request() -> None:
    common = {
        "account": "a",
        "code": "compliance",
        "detail": "why",
        "rule": "R-1",
        "title": "t",
        "rules": ("R-1", "R-2"),
    }
    moment = {"order_id": 1, "exec_id": "1-0", "transact_time": 1, "order_status": "rejected", "exec_type": "rejected"}
    terms = {"client_order_id": "c", "instrument": "A/B", "side": "buy", "price": "1.50", "quantity": "2"}
    order = refusal_of(ExecutionReport(**common, **moment, **terms))  # type: ignore[arg-type]
    assert order is not None
    assert (order.price, order.quantity, order.side, order.rule) == (Decimal("1.5"), 2, "buy", "R-1")
    transfer = refusal_of(RequestRejected(client_order_id="t", **common))  # type: ignore[arg-type]
    assert transfer is not None
    assert (transfer.client_order_id, transfer.instrument, transfer.quantity) == ("t", "", None)
    assert transfer.rules == ("R-1", "R-2")
    accepted = {**moment, "order_status": "new", "exec_type": "new"}
    assert refusal_of(ExecutionReport(account="a", **accepted, **terms)) is None  # type: ignore[arg-type]
