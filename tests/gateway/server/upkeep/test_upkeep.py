"""What a venue sees to while it runs, and what a start finds of it: its journal's place, its head, its key, its clock."""

from __future__ import annotations

import asyncio
import errno
import json
import os
import shutil
import signal
import subprocess
import time

import pytest
from click.testing import CliRunner

from engine.vocabulary.limits import NS_PER_DAY
from gateway.cli.recordings.verify import command as verify_command
from gateway.core import new_exchange
from gateway.identity import IDENTITY_FILE
from gateway.journal.head import HEAD_FILE, HeadFile, read_head
from gateway.journal.reader import JournalReader
from gateway.server.sequencing.startup import start_venue
from tests.support.gateway.venues.small_venue import (
    client,
    serve_command,
    served_apart,
    serving,
    small_venue,
    url_of,
    venue_text,
)


@pytest.fixture
def directory(tmp_path):
    directory = tmp_path / "venue"
    directory.mkdir()
    (directory / "venue.toml").write_text(venue_text())
    return directory


def serve_again(directory, *options: str) -> subprocess.CompletedProcess[str]:
    """Another `sbx serve` that is expected to end by itself."""
    command = serve_command(directory, *options)
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=30)


def verify(directory, *options: str) -> tuple[int, dict[str, object]]:
    result = CliRunner().invoke(verify_command, [str(directory), "--json", *options])
    return result.exit_code, json.loads(result.stdout)


def everything(directory) -> dict[str, bytes]:
    return {str(path.relative_to(directory)): path.read_bytes() for path in directory.rglob("*") if path.is_file()}


def orders_until(process: subprocess.Popen[bytes], url: str, happens) -> int:
    """Trade until the venue ends; returns how many orders were acknowledged after something happened."""

    async def trade() -> int:
        async with client(url, "alice") as alice:
            await alice.order("buy", "1", "90", "before", account="alice")
            happens()
            acknowledged = 0
            try:
                while True:
                    await alice.order("buy", "1", "90", f"o{acknowledged}", account="alice")
                    acknowledged += 1
                    await asyncio.sleep(0.01)
            except Exception:  # noqa: BLE001 - the connection breaks, in one of several ways
                return acknowledged

    found = asyncio.run(asyncio.wait_for(trade(), 15))
    assert process.wait(10) == 70
    return found


def test_a_journal_that_is_renamed_halts_the_venue_and_no_other_begins_beside_it(directory):
    journal, elsewhere = directory / "journal", directory / "elsewhere"
    with served_apart(directory) as (url, process):
        orders_until(process, url, lambda: journal.rename(elsewhere))
    assert not journal.exists()
    # Whoever restarts what has ended must not begin anew, either.
    before = everything(directory)
    again = serve_again(directory)
    assert again.returncode == 1
    assert "its journal is not in" in again.stderr
    assert everything(directory) == before
    elsewhere.rename(journal)
    with served_apart(directory) as (url, _):

        async def listed() -> list[str]:
            async with client(url, "alice") as alice:
                return [order["client_order_id"] for order in await alice.open_orders("alice")]

        assert asyncio.run(listed())[0] == "before"


def test_a_venue_is_locked_although_its_journal_was_renamed(directory):
    with served_apart(directory) as (_, process):
        # It can't notice.
        process.send_signal(signal.SIGSTOP)
        try:
            (directory / "journal").rename(directory / "elsewhere")
            again = serve_again(directory, "--port", "0")
            assert (again.returncode, again.stderr.count("is in use by another process")) == (1, 1)
            (directory / "venue.key").rename(directory / "key")
            assert "is in use by another process" in serve_again(directory, "--port", "0").stderr
            # The key itself is locked, wherever it goes.
            other = directory.with_name("other")
            other.mkdir()
            shutil.copy(directory / "venue.toml", other)
            (directory / "key").rename(other / "venue.key")
            (directory / "elsewhere").rename(other / "journal")
            assert "is in use by another process" in serve_again(other, "--port", "0").stderr
        finally:
            process.send_signal(signal.SIGCONT)
        assert process.wait(10) == 70


def test_a_journal_that_is_removed_halts_the_venue(directory):
    with served_apart(directory) as (url, process):
        acknowledged = orders_until(process, url, lambda: shutil.rmtree(directory / "journal"))
    # A look a second.
    assert acknowledged <= 200
    assert serve_again(directory).returncode == 1


async def test_it_says_what_happened(tmp_path):
    async with serving(
        tmp_path, halts=r"journal was removed or renamed while the venue ran\. Nothing more was"
    ) as server:
        (tmp_path / "journal").rename(tmp_path / "elsewhere")
        async with client(url_of(server), "alice") as alice:
            await alice.until_closed()


def test_an_idle_venue_notices_too(directory):
    with served_apart(directory) as (_, process):
        (directory / "journal" / "journal-00000001.sbxj").unlink()
        assert process.wait(10) == 70


# ── the head ───────────────────────────────────────────────────────────────────────────────────────────────────────


def wait_for_head(directory, seq: int) -> None:
    for _ in range(200):
        head = read_head(directory / "journal")
        if head is not None and head.seq >= seq:
            return
        time.sleep(0.05)
    pytest.fail(f"no head has {seq}")


def test_what_is_cut_off_after_a_kill_is_noticed_at_the_start_and_by_verify(directory):
    with served_apart(directory) as (url, process):

        async def enter() -> int:
            async with client(url, "alice") as alice:
                return int((await alice.order("buy", "1", "90", "a", account="alice"))["order_id"])

        seq = asyncio.run(enter())
        wait_for_head(directory, seq)
        process.kill()
        process.wait()
    status, found = verify(directory)
    assert (status, found["commands"]) == (0, seq)
    assert isinstance(found["head"], dict) and found["head"]["seq"] == seq
    segment = directory / "journal" / "journal-00000001.sbxj"
    data = segment.read_bytes()
    last = data.rindex(b"\xc1SBXFRAM\xc1")
    for end in (last, len(data) - 1):
        segment.write_bytes(data[:end])
        assert verify(directory)[0] == 1
        before = everything(directory)
        again = serve_again(directory)
        assert again.returncode == 1
        assert f"ends with sequence number {seq - 1}" in again.stderr and "was cut off" in again.stderr
        assert everything(directory) == before
    segment.write_bytes(data)
    with served_apart(directory):
        pass
    assert verify(directory)[0] == 0


def test_under_os_the_head_trails_and_verify_says_so(directory):
    with served_apart(directory, "--durability", "os") as (_, process):
        process.kill()
        process.wait()
    assert verify(directory)[1]["head"] is None
    text = CliRunner().invoke(verify_command, [str(directory)]).output
    assert "there is no head: whether something is missing at the end can't be told" in text
    with served_apart(directory, "--durability", "os") as (url, process):

        async def enter() -> None:
            async with client(url, "alice") as alice:
                await alice.order("buy", "1", "90", "a", account="alice")

        wait_for_head(directory, 1)
        asyncio.run(enter())
        process.kill()
        process.wait()
    text = CliRunner().invoke(verify_command, [str(directory)]).output
    assert "of the 1 commands after it, it can't be told whether others followed, and under durability os it" in text
    with served_apart(directory, "--durability", "os"):
        pass
    text = CliRunner().invoke(verify_command, [str(directory)]).output
    assert "all was on the disk\n" in text


async def test_a_head_that_cannot_be_written_halts_the_venue(tmp_path, monkeypatch):
    def fail(self: HeadFile, seq: int, link: bytes) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    async with serving(tmp_path, halts=r"the head of the journal can't be written.*No space left") as server:
        monkeypatch.setattr(HeadFile, "write", fail)
        async with client(url_of(server), "alice") as alice:
            await alice.until_closed()


async def test_a_venue_that_stops_in_order_leaves_a_head_of_all(tmp_path):
    async with serving(tmp_path) as server, client(url_of(server), "alice") as alice:
        await alice.order("buy", "1", "90", "a", account="alice")
    head = read_head(tmp_path / "journal")
    assert head is not None and head.seq == server.started.exchange.seq


# ── what others hold ───────────────────────────────────────────────────────────────────────────────────────────────


async def test_everybody_who_is_known_is_told_the_tip_and_verify_finds_it(tmp_path, monkeypatch):
    monkeypatch.setattr("gateway.server.upkeep.upkeep.TIP_EVERY_NS", 1)
    async with (
        serving(tmp_path) as server,
        client(url_of(server)) as alice,
        client(url_of(server), binary=True) as public,
        client(url_of(server)) as stranger,
    ):
        welcome = await alice.login("alice")
        await alice.order("buy", "1", "90", "a", account="alice")
        await public.ask(type="subscribe", channel="trades", instrument="BTC/RUB")
        tips = [await alice.until("journal_tip")]
        while tips[-1]["seq"] <= welcome["seq"]:
            tips.append(await alice.until("journal_tip"))
        assert tips[-1]["seq"] == server.started.exchange.seq == welcome["seq"] + 1
        assert abs(tips[-1]["time"] - time.time_ns()) < 60 * 10**9
        told = await public.until("journal_tip")
        assert set(told) == {"type", "seq", "link", "time"}
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(stranger.socket.recv(), 0.1)
    options = [option for tip in (welcome, *tips, told) for option in ("--tip", f"{tip['seq']}:{tip['link']}")]
    assert verify(tmp_path, *options)[0] == 0
    wrong = f"{welcome['seq']}:{tips[-1]['link']}"
    status, found = verify(tmp_path, "--tip", wrong)
    assert status == 1
    assert isinstance(found["damage"], dict) and f"the tip {wrong[:24]}... has" in str(found["damage"]["reason"])
    for text in ("x", "1:00", f"0:{welcome['link']}", f"x:{welcome['link']}", f":{welcome['link']}"):
        result = CliRunner().invoke(verify_command, [str(tmp_path), "--tip", text])
        assert result.exit_code == 2 and "no sequence number, a colon and 64" in result.output


async def test_an_hour_passes_between_two_tips(tmp_path):
    async with serving(tmp_path) as server, client(url_of(server), "alice") as alice:
        for _ in range(3):
            server._upkeep._look()
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(alice.socket.recv(), 0.1)
        server._upkeep._told_ns -= 3_600 * 10**9
        server._upkeep._look()
        assert (await alice.receive())["type"] == "journal_tip"


# ── the key, the modes, the clock ──────────────────────────────────────────────────────────────────────────────────


def test_a_journal_without_its_key_is_refused_and_nothing_is_written(directory):
    with served_apart(directory):
        pass
    key = (directory / "venue.key").read_bytes()
    (directory / "venue.key").unlink()
    before = everything(directory)
    again = serve_again(directory)
    assert again.returncode == 1
    assert "has a journal, but no venue.key" in again.stderr
    assert everything(directory) == before
    (directory / "venue.key").write_bytes(key)
    (directory / "venue.key").chmod(0o600)
    with served_apart(directory):
        pass


@pytest.mark.parametrize("ends_at", ["keep_venue_key", "JournalReader.batches"])
def test_a_first_start_that_a_crash_ended_is_gone_on_with(tmp_path, monkeypatch, ends_at):
    class Crash(BaseException):
        pass

    def crash(*_: object) -> None:
        raise Crash

    with monkeypatch.context() as patch:
        where = "gateway.server.sequencing.startup" if ends_at == "keep_venue_key" else "gateway.journal.reader"
        patch.setattr(f"{where}.{ends_at}", crash)
        with pytest.raises(Crash):
            start_venue(small_venue(), tmp_path, "os", new_exchange)
    assert [path.name for path in tmp_path.glob("venue.key*")] == ["venue.key.new"]
    started = start_venue(small_venue(), tmp_path, "os", new_exchange)
    started.writer.close()
    assert [path.name for path in tmp_path.glob("venue.key*")] == ["venue.key"]
    reader = JournalReader(tmp_path / "journal")
    assert sum(1 for _ in reader.rows()) == started.exchange.seq


def test_what_a_venue_writes_is_its_owners_alone(directory):
    previous = os.umask(0)
    try:
        with served_apart(directory) as (_, process):
            wait_for_head(directory, 1)
            process.kill()
            process.wait()
    finally:
        os.umask(previous)
    (directory / "venue.toml").unlink()
    modes = {path.name: path.stat().st_mode & 0o777 for path in directory.rglob("*") if path.is_file()}
    audit = {"participants-00000001.jsonl", "strangers-00000001.jsonl"}
    assert set(modes) == {"venue.key", IDENTITY_FILE, HEAD_FILE, "journal-00000001.sbxj", "running.url"} | audit
    assert set(modes.values()) == {0o600}


def test_a_start_with_a_clock_that_is_days_away_must_be_asked_for(directory):
    started = start_venue(small_venue(), directory, "os", new_exchange, wall=lambda: time.time_ns() - 20 * NS_PER_DAY)
    started.writer.close()
    again = serve_again(directory)
    assert again.returncode == 1
    assert "20.0 days ahead of the journal's last time" in again.stderr and "--accept-jump" in again.stderr
    with served_apart(directory, "--accept-jump") as (url, _):

        async def hello() -> int:
            async with client(url) as public:
                return int(public.hello["time"])

        assert abs(asyncio.run(hello()) - time.time_ns()) < 60 * 10**9
