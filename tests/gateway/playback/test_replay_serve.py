"""`sbx replay --serve` as a supervisor types it: a process of its own, on a real journal."""

from __future__ import annotations

import hashlib
import json
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from gateway.cli.main import group
from gateway.cli.serving.running import HALTED
from tests.support.gateway.inprocess.played_again import record
from tests.support.gateway.inprocess.saved_venue import save
from tests.support.gateway.venues.small_venue import NaiveBook, client, served_apart

COMMANDS = 80
LAST = 19 + COMMANDS
"""Nineteen commands set the venue up, four of them its participants."""


@pytest.fixture(scope="module")
def venue(tmp_path_factory: pytest.TempPathFactory) -> Path:
    directory = tmp_path_factory.mktemp("recorded") / "venue"
    record(directory, 1, COMMANDS)
    save(directory)
    return directory


@contextmanager
def replaying(directory: Path, *options: str) -> Iterator[subprocess.Popen[str]]:
    """The command in a process of its own; ended if it still runs."""
    command = [sys.executable, "-m", "gateway.cli", "replay", str(directory), "--serve", "0", *options]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        try:
            yield process
        finally:
            process.kill()


def line_of(process: subprocess.Popen[str]) -> str:
    assert process.stdout is not None
    return process.stdout.readline()


def files_of(directory: Path) -> dict[str, tuple[str, int]]:
    """All that is in a directory, with digests and times of change."""
    return {
        str(path.relative_to(directory)): (
            hashlib.sha256(path.read_bytes()).hexdigest() if path.is_file() else "",
            path.stat().st_mtime_ns,
        )
        for path in sorted(directory.rglob("*"))
    }


async def follow(url: str, until: str) -> tuple[NaiveBook, dict[str, Any]]:
    """Keep the book of a recording until a message of a type."""
    book = NaiveBook()
    async with client(url) as raw:
        await raw.send(type="subscribe", channel="book", instrument="BTC/RUB")
        while True:
            message = await raw.receive()
            if message["type"].startswith("book"):
                book.apply(message)
            if message["type"] == until:
                return book, message


async def test_it_serves_writes_nothing_and_ends_at_once(venue: Path) -> None:
    before = files_of(venue)
    with replaying(venue, "--speed", "max", "--json") as process:
        facts = json.loads(line_of(process))
        assert (facts["venue"], facts["seq"], facts["last_seq"], facts["notes"]) == ("small", 19, LAST, [])
        # It begins by itself, now that somebody is there.
        book, ended = await follow(facts["url"], "recording_ended")
        assert (ended["seq"], bool(book.best(1))) == (LAST, True)
        began = time.monotonic()
        process.terminate()
        assert process.wait(20) == 0
        assert time.monotonic() - began < 10
        assert process.stderr is not None
        assert process.stderr.read() == ""
    assert files_of(venue) == before


def test_each_line_is_a_step(venue: Path) -> None:
    with replaying(venue, "--speed", "step", "--from", str(LAST - 3)) as process:
        assert process.stdin is not None
        assert f"from sequence number {LAST - 3} of {LAST}" in line_of(process)
        for seq in range(LAST - 2, LAST + 1):
            process.stdin.write("\n")
            process.stdin.flush()
            said = line_of(process)
            assert said.startswith(f"after sequence number {seq}, ")
        assert said.endswith("that was all of it\n")
        process.stdin.close()
        time.sleep(0.2)
        assert process.poll() is None


async def test_it_shows_what_a_running_venue_has_recorded(tmp_path: Path) -> None:
    with served_apart(tmp_path) as (url, venue):
        async with client(url, "alice") as alice:
            await alice.order("buy", "1", "90", "first", account="alice")
            with replaying(tmp_path, "--speed", "max", "--json") as process:
                facts = json.loads(line_of(process))
                # What comes now is not in it.
                await alice.order("buy", "1", "91", "second", account="alice")
                book, _ = await follow(facts["url"], "recording_ended")
                assert book.best(10) == [("90.0", "1.0")]
                # The venue does not know of it.
                venue.kill()
                book, _ = await follow(facts["url"], "book_snapshot")
                assert book.best(10) == [("90.0", "1.0")]


async def test_damage_behind_the_moment_ends_it(venue: Path, tmp_path: Path) -> None:
    """Found when it is read: the index knew the journal before."""
    record(tmp_path, 1, 2_000, 64)
    with replaying(tmp_path, "--speed", "10x", "--json") as process:
        facts = json.loads(line_of(process))
        (segment,) = (tmp_path / "journal").glob("*.sbxj")
        with segment.open("r+b") as file:
            file.seek(-20_000, 2)
            file.write(b"damaged")
        async with client(facts["url"]) as raw:
            await raw.ask(type="subscribe", channel="book", instrument="BTC/RUB")
            await raw.until_closed()
        assert process.wait(20) == HALTED
        assert process.stderr is not None
        assert "the recording can't be shown beyond sequence number" in process.stderr.read()


# ── what is refused ────────────────────────────────────────────────────────────────────────────────────────────────


def run(*arguments: object) -> Result:
    return CliRunner().invoke(group, ["replay", *map(str, arguments)], catch_exceptions=False)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (("--speed", "10x"), "--from and --speed go with --serve"),
        (("--from", "1"), "--from and --speed go with --serve"),
        (("--serve", 0, "--until-seq", 5), "--until-seq does not go with --serve"),
        (("--serve", 0, "--speed", "fast"), "--speed: 'fast' is no speed: write 10x"),
        (("--serve", 0, "--from", "soon"), "--from: 'soon' is no moment"),
        (("--serve", 0, "--from", 10**9), "the session ends with sequence number"),
        (("--serve", 0, "--from", "2000-01-01"), "before the session's first command"),
    ],
)
def test_usage(venue: Path, options: tuple[object, ...], words: str) -> None:
    found = run(venue, *options)
    assert (found.exit_code, words in found.output) == (2, True), found.output


def test_a_port_that_is_taken(venue: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        found = run(venue, "--serve", port)
    assert found.exit_code == 1
    assert f"port {port} can't be served" in found.output


def test_the_venue_file_must_be_of_that_venue(venue: Path, tmp_path: Path) -> None:
    (tmp_path / "journal").symlink_to(venue / "journal")
    text = (venue / "venue.toml").read_text()
    (tmp_path / "venue.toml").write_text(text.replace('id = "small"', 'id = "other"'))
    found = run(tmp_path, "--serve", 0)
    assert found.exit_code == 1
    assert "is of venue 'other', and the journal of 'small'" in found.output
    (tmp_path / "venue.toml").write_text("[venue")
    found = run(tmp_path, "--serve", 0)
    assert (found.exit_code, "not valid TOML" in found.output) == (1, True)


async def test_without_a_venue_file_all_see_what_is_public(venue: Path, tmp_path: Path) -> None:
    (tmp_path / "journal").symlink_to(venue / "journal")
    with replaying(tmp_path, "--speed", "max", "--json") as process:
        facts = json.loads(line_of(process))
        assert "those can log in whom the journal knows" in facts["notes"][0]
        await follow(facts["url"], "recording_ended")
        async with client(facts["url"]) as raw:
            assert (await raw.login("alice"))["type"] == "welcome"
