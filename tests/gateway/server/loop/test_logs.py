"""The log of a venue: short lines, few of a kind, what is left out is counted, and nobody waits for who does not read."""

from __future__ import annotations

import asyncio
import json
import logging
import os
import random
import select
import subprocess
import threading
import time
from contextlib import contextmanager, suppress

from hypothesis import given
from hypothesis import strategies as st

from engine.vocabulary.limits import (
    LOG_LINE_BYTES,
    LOG_LINES_PER_SECOND,
    LOG_LINES_PER_SECOND_IN_ALL,
    MAX_LOG_KINDS,
    MAX_WAITING_LOG_LINES,
)
from gateway.server.loop.logs import TOLD_KINDS, Log, loop_exception, rendered
from tests.support.gateway.links.raw_frames import Apart, frame, raw_connection
from tests.support.gateway.venues.small_venue import client, serve_command, venue_text


@contextmanager
def logging_to(log_format="text"):
    """A log that writes into a pipe; yields it, and what reads all that comes until it is closed."""
    # Others that take what is logged are left out: those of the test run would keep a gigabyte of long lines.
    root = logging.getLogger()
    others, root.handlers = root.handlers, []
    source, sink = os.pipe()
    log = Log(log_format, sink)
    log.begin()

    found: list[bytes] = []

    def collect():
        with os.fdopen(source, "rb") as file:
            found.extend(file)

    reading = threading.Thread(target=collect, daemon=True)
    reading.start()

    def read():
        assert log.end()
        os.close(sink)
        reading.join()
        return found

    try:
        yield log, read
    finally:
        log.end()
        root.handlers = others


@given(st.tuples(st.floats(0, 1e10), st.just("error"), st.text(), st.text(max_size=500), st.text(max_size=500)))
def test_a_line_is_short_whatever_is_said(line):
    for log_format in ("text", "json"):
        data = rendered(line, log_format)
        assert len(data) <= LOG_LINE_BYTES
        assert data.count(b"\n") == 1
        assert data.endswith(b"\n")
    found = json.loads(data)
    assert found["level"] == "error"
    assert found["message"].isprintable()


def test_a_kind_that_comes_too_often_is_counted():
    with logging_to() as (_, read):
        for number in range(1_000):
            logging.getLogger("gateway.test").warning("bad request %d", number)
        logging.getLogger("gateway.test").warning("something else")
        lines = b"".join(read()).decode().splitlines()
    assert len(lines) == LOG_LINES_PER_SECOND + 2
    assert [line.split(": ", 1)[1] for line in lines[LOG_LINES_PER_SECOND:]] == [
        "something else",
        f"{1_000 - LOG_LINES_PER_SECOND} lines left out: bad request %d",
    ]


def test_kinds_are_bounded_and_so_is_a_second():
    with logging_to() as (log, read):
        began = time.monotonic()
        for number in range(10_000):
            logging.getLogger("gateway.test").warning(f"kind {number}" + "x" * 100_000)
        assert len(log._counts) <= MAX_LOG_KINDS + 1
        lines = read()
    seconds = int(time.monotonic() - began) + 1
    assert len(lines) <= seconds * (LOG_LINES_PER_SECOND_IN_ALL + TOLD_KINDS + 1)
    left_out = sum(int(line.split()[3]) for line in lines if b"left out" in line)
    assert left_out + len(lines) - sum(b"left out" in line for line in lines) == 10_000


def test_an_exception_is_a_line_with_its_places():
    def fail():
        raise ValueError("no\nsuch\x1bthing" + "y" * 10_000)

    with logging_to("json") as (_, read):
        try:
            fail()
        except ValueError as error:
            loop_exception(
                None, {"message": "Fatal error: protocol call failed.", "exception": error, "other": "z" * 50_000}
            )
        (line,) = read()
    found = json.loads(line)
    assert found["message"] == "Fatal error: protocol call failed."
    assert found["error"].startswith(r"ValueError: no\nsuch\x1bthingyyy")
    assert " at test_logs.py:" in found["error"]
    assert "zzz" not in line.decode()


def filled_pipe():
    """A pipe that is full; returns both its ends."""
    source, sink = os.pipe()
    os.set_blocking(sink, False)
    with suppress(BlockingIOError):
        while True:
            os.write(sink, b"\n" * 4_096)
    os.set_blocking(sink, True)
    return source, sink


def test_who_does_not_read_holds_nobody_up():
    source, sink = filled_pipe()
    log = Log("text", sink)
    log.begin()
    try:
        began = time.monotonic()
        for number in range(20_000):
            log.emit(logging.LogRecord(f"gateway.{number}", logging.ERROR, "", 0, f"kind {number}", (), None))
            if number % 20 == 0:
                # Each second anew: as many lines as there may be.
                log._begun_s -= 1
        assert time.monotonic() - began < 5
        assert len(log._lines) <= MAX_WAITING_LOG_LINES
        assert log.end() is False
    finally:
        os.close(source)
    # The reader has gone: the thread ends.
    assert log._is_written.wait(5)
    os.close(sink)


def test_what_is_closed_is_no_error():
    source, sink = os.pipe()
    os.close(source)
    log = Log("text", sink)
    log.begin()
    logging.getLogger("gateway.test").warning("nobody reads")
    assert log.end()
    assert log.end()
    os.close(sink)


async def provoke(apart, rounds):
    """Requests that are wrong before the upgrade and frames that are wrong after it."""
    host, port = apart.url.removeprefix("ws://").split(":")
    for number in range(rounds):
        if number % 10:
            reader, writer = await asyncio.open_connection(host, int(port))
            writer.write(
                b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nSec-WebSocket-Version: " + b"\xff" * 6_000 + b"\r\n\r\n"
            )
        else:
            reader, writer = await raw_connection(apart)
            writer.write(frame(0x8F, b"no such opcode"))
        await asyncio.wait_for(reader.read(), 10)
        writer.close()


async def test_a_full_standard_error_and_a_thousand_bad_requests_hold_no_order_up(tmp_path):
    (tmp_path / "venue.toml").write_text(venue_text())
    source, sink = filled_pipe()
    command = serve_command(tmp_path, "--json", "--durability", "os")
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=sink) as process:  # noqa: ASYNC220
        os.close(sink)
        try:
            url = json.loads(await asyncio.to_thread(process.stdout.readline))["url"]
            async with client(url, "alice") as alice:

                async def trade(count):
                    waits = []
                    for _ in range(count):
                        began = time.perf_counter()
                        name = f"a{random.random()}"
                        assert (await alice.order("buy", "1", "90", name, account="alice"))["exec_type"] == "new"
                        waits.append(time.perf_counter() - began)
                        await asyncio.sleep(0.002)
                    return sorted(waits)[count * 99 // 100]

                quiet = await trade(500)
                bad = asyncio.create_task(provoke(Apart(url, process.pid), 1_000))
                noisy = await trade(500)
                await bad
                assert (await alice.ask(type="instruments"))["type"] == "instruments"
                print(f"p99 {quiet * 1e3:.1f} ms without, {noisy * 1e3:.1f} ms with bad requests")
                # A machine that others use may stand still for a while; a venue that is held up stands still for good.
                assert noisy < 0.5
        finally:
            process.terminate()
            assert process.wait(20) == 0
    # What came through is little.
    seen = b""
    while select.select([source], [], [], 0)[0] and (chunk := os.read(source, 65_536)):
        seen += chunk
    os.close(source)
    assert len(seen) < 200_000
