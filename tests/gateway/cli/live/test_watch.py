"""`sbx watch` in a real terminal, as one picture, and as data."""

from __future__ import annotations

import asyncio
import json
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest
from click.testing import CliRunner, Result
from rich.cells import cell_len

from engine.record.rows import Row
from engine.vocabulary.messages.events import OrderAccepted
from gateway.cli.live.watch import command
from gateway.client import OrderRejected, connect
from tests.support.gateway.inprocess.saved_venue import save, traded
from tests.support.gateway.journal.journals import write_journal
from tests.support.gateway.processes.live_venue import LiveVenue, live_venue
from tests.support.gateway.processes.pseudo_terminal import pseudo_terminal
from tests.support.gateway.reporting.hostile import HostileStory
from tests.support.gateway.reporting.report_sessions import random_session


def watch(*arguments: object, status: int = 0, **environment: str) -> Result:
    found = CliRunner().invoke(command, [str(each) for each in arguments], env=environment, catch_exceptions=False)
    assert found.exit_code == status, found.output
    return found


def as_json(*arguments: object, **environment: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(watch(*arguments, "--json", **environment).stdout)
    return found


@pytest.fixture(scope="module")
def recorded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    directory = tmp_path_factory.mktemp("recorded")
    traded(directory, 1, 300)
    save(directory)
    traded(directory, 2, 100)
    return directory


@pytest.fixture(scope="module")
def venue(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveVenue]:
    with live_venue(tmp_path_factory.mktemp("venue")) as found:
        yield found


def test_somebody_walks_in_a_recorded_session(recorded: Path) -> None:
    with pseudo_terminal("watch", recorded, "--speed", "step") as terminal:
        before = terminal.modes()
        screen = terminal.shows("seq 19 of", "[step by step]", ">  BTC/RUB", "q quit")
        assert len(screen) == 24
        terminal.press("..")
        terminal.shows("seq 21 of")
        terminal.press("g301\x7f0\r")
        screen = terminal.shows("seq 300 of", ">", "BTC/RUB", "bid ", "ask ", "spread")
        assert max(map(cell_len, screen)) <= 80
        terminal.press("\x1b[D")
        terminal.shows("seq 299 of", "[paused (step by step)]")
        terminal.press("gnonsense\r")
        terminal.shows("'nonsense' is no moment")
        terminal.press("g12\x1b")
        terminal.until(lambda screen: "go to (" not in screen[-1] and "no moment" not in screen[-1])
        terminal.press("+")
        terminal.shows("[paused (speed 0.1x)]")
        terminal.press("?")
        terminal.shows("go to a moment, then Enter")
        terminal.press("x")
        terminal.shows("seq 299 of")
        terminal.resize(120, 36)
        screen = terminal.until(lambda screen: len(screen) == 36)
        assert any("hidden  orders" in line for line in screen)
        assert 80 < max(map(cell_len, screen)) <= 120
        terminal.resize(40, 10)
        screen = terminal.until(lambda screen: len(screen) == 10)
        assert max(map(cell_len, screen)) <= 40
        assert any(line.startswith("bid") for line in screen) and any(line.startswith("ask") for line in screen)
        terminal.press("+" * 20 + " ")
        terminal.shows("[the end]")
        terminal.press("q")
        assert terminal.ended() == 0
        assert terminal.modes() == before
        assert terminal.printed.endswith("\x1b[?25h\x1b[?1049l")


def test_a_live_venue_in_a_terminal(venue: LiveVenue) -> None:
    with pseudo_terminal("watch", venue.directory, "--instrument", "ETH/RUB") as terminal:
        before = terminal.modes()
        terminal.shows(f"sandbox at {venue.url}, live", "[connected]", "no trade of ETH/RUB")
        asyncio.run(_refused(venue))
        terminal.shows(
            "250,500", "0.300", "refused by RET-1", "daria.north", "Retail purchases capped", "1 accepted, 1 refused"
        )
        terminal.press("g12s\r")
        terminal.shows("a live venue can't be walked in")
        terminal.press(" ")
        terminal.shows("[paused (connected)]")
        terminal.press("n")
        terminal.shows("no trade of USDT/RUB")
        terminal.process.send_signal(signal.SIGTERM)
        assert terminal.ended() == 0
        assert terminal.modes() == before
        assert terminal.printed.endswith("\x1b[?25h\x1b[?1049l")


async def _refused(venue: LiveVenue) -> None:
    async with connect(venue.url, "mm-alpha", venue.key("mm-alpha")) as client:
        await client.sell("ETH/RUB", quantity="0.3", price="250500")
    async with connect(venue.url, "broker-north", venue.key("broker-north")) as client:
        with pytest.raises(OrderRejected):
            await client.buy("BTC/RUB", quantity="0.05", price="8000000", account="daria.north")


def test_what_breaks_off_leaves_the_terminal_as_it_was(tmp_path: Path) -> None:
    """A session of which one event is not what replays."""
    rows = random_session(11, 100).rows
    broken = next(seq for seq, _, _, events in rows if seq > 60 and any(type(each) is OrderAccepted for each in events))
    write_journal(tmp_path / "journal", [_broken(row) if row[0] == broken else row for row in rows])
    with pseudo_terminal("watch", tmp_path, "--speed", "step") as terminal:
        before = terminal.modes()
        terminal.shows("seq 15 of")
        terminal.press("+" * 20)
        assert terminal.ended() == 1
        assert terminal.modes() == before
        after = terminal.printed.partition("\x1b[?1049l")[2]
        assert f"Error: the replay differs from what was recorded since sequence number {broken}" in after.replace(
            "\r\n", ""
        )
        assert "Traceback" not in after
    with pseudo_terminal("watch", "ws://127.0.0.1:1") as terminal:
        assert terminal.ended() == 1
        assert "can't connect" in terminal.printed


def _broken(row: Row) -> Row:
    seq, time_ns, command, events = row
    return (
        seq,
        time_ns,
        command,
        [
            msgspec.structs.replace(event, client_order_id="other") if type(event) is OrderAccepted else event
            for event in events
        ],
    )


def test_no_name_acts_on_the_terminal(tmp_path: Path) -> None:
    story = HostileStory(tmp_path / "journal")
    step = story.steps["payment"]
    with pseudo_terminal("watch", tmp_path, "--from", step, "--speed", "step") as terminal:
        for width, height in ((80, 24), (160, 50)):
            terminal.resize(width, height)
            screen = terminal.until(
                lambda screen, height=height: len(screen) == height and f"seq {step} of" in screen[1]
            )
            assert any("refused by PAY-1  =1+firm[/x]" in line for line in screen)
            assert all(line.isprintable() for line in screen)
        terminal.press("\x03")
        assert terminal.ended() == 0


def test_one_picture_and_data_of_a_recorded_session(recorded: Path) -> None:
    found = as_json(recorded)
    assert (found["kind"], found["seq"], found["state"]) == ("recorded", found["last_seq"], "the end")
    assert found["time_moscow"] > "2026" and found["time_utc"].endswith("Z")
    assert found["chosen"] == found["book"]["instrument"] == "BTC/RUB"
    assert {"price", "quantity", "hidden", "orders"} == found["book"]["bids"][0].keys()
    assert found["tape"][0]["time_utc"].endswith("Z")
    assert as_json(recorded, "--from", 300)["seq"] == 300
    lines = watch(recorded, "--from", 300, "--once", COLUMNS="80").stdout.splitlines()
    assert max(map(len, lines)) == 80
    assert "seq 300 of" in lines[1] and lines[-1].strip()
    assert not any("q quit" in line for line in lines)


def test_one_picture_and_data_of_a_live_venue(venue: LiveVenue) -> None:
    found = as_json(venue.directory)
    assert (found["kind"], found["where"], found["notes"]) == ("live", f"sandbox at {venue.url}", [])
    public = as_json(SBX_URL=venue.url)
    assert public["notes"] and public["markets"] == found["markets"]
    keyed = as_json(venue.url, "--instrument", "ETH/RUB", SBX_KEY=str(venue.key("supervisor")))
    assert (keyed["notes"], keyed["chosen"]) == ([], "ETH/RUB")
    # What it has recorded so far.
    assert as_json(venue.directory, "--from", 1)["kind"] == "recorded"


def test_what_is_asked_wrongly_is_said(recorded: Path, venue: LiveVenue, tmp_path: Path) -> None:
    for arguments, message in (
        ((recorded, "--speed", "quick"), "--speed: 'quick' is no speed: write 10x"),
        ((recorded, "--from", "noon"), "'noon' is no moment"),
        ((recorded, "--instrument", "NO/SUCH"), "the session has no instrument NO/SUCH"),
        ((tmp_path,), "journal"),
        ((tmp_path / "nowhere",), "is no directory, and no URL"),
        ((venue.url, "--from", "1"), "a live venue has its own time"),
        ((venue.url, "--speed", "2x"), "a live venue has its own time"),
        ((venue.url, "--instrument", "NO/SUCH"), "the venue has no instrument NO/SUCH; it has BTC/RUB"),
        ((venue.url, "--key", tmp_path / "no.pem"), "no.pem"),
    ):
        assert message in watch(*arguments, status=2).stderr
    for url in ("ws://127.0.0.1:1", "ws://127.0.0.1:99999", "ws://a..b", "ws://[::1"):
        assert f"can't connect to {url}" in watch(url, "--once", status=1).stderr
    (tmp_path / "wrong.pem").write_bytes(venue.key("anna").read_bytes())
    assert "Error: " in watch(venue.url, "--key", tmp_path / "wrong.pem", "--participant", "boris", status=1).stderr
