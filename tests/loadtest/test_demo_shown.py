"""What is seen of a demonstration: the market while it runs, one screen at its end, a picture for a page."""

from __future__ import annotations

import asyncio
import re
import socket
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree

import pytest

from gateway.client import connect
from gateway.watching.scene import BookSeen as Book
from gateway.watching.scene import Level, Scene
from gateway.watching.scene import Market as Line
from loadtest.demo.show import KEYS, Rate, as_svg, figures
from loadtest.demo.summary import MORE, SEED
from loadtest.demo.tally import Tally
from tests.support.gateway.processes.pseudo_terminal import pseudo_terminal

WIDTH = 80


def demo(*arguments: str) -> list[str]:
    return [sys.executable, "-m", "gateway.cli", "demo", *arguments]


def printed(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(demo(*arguments), capture_output=True, text=True, timeout=120, check=False)


def test_it_ends_with_one_screen() -> None:
    done = printed("--seconds", "3")
    assert done.returncode == 0, done.stderr
    lines = done.stdout.splitlines()
    assert 24 <= len(lines) <= 40
    assert max(map(len, lines)) <= WIDTH
    assert lines[0] == "general-2026, 3.0 s, seed 1"
    assert re.fullmatch(r"[\d,]+ orders, \d+ a second: [\d,]+ accepted, [\d,]+ refused", lines[2])
    assert re.fullmatch(r"[\d,]+ amends, [\d,]+ cancels, \d+ transfers, \d+ marks of futures", lines[3])
    for what in ("p99", "instrument", "RET-1", "transfers refused: ", "journal   sound", "equal"):
        assert what in done.stdout
    # What depends on the seed, and what does not: in one line.
    assert lines[-2:] == [SEED, MORE]


def test_all_of_it_on_demand_and_lines_meanwhile() -> None:
    done = printed("--seconds", "6", "--full")
    assert done.returncode == 0, done.stderr
    lines = done.stdout.splitlines()
    assert len(lines) > 100
    assert SEED in lines
    assert "Transfers before the rules" in done.stdout
    # For a log: plain lines, and no codes.
    assert re.search(r"^  5\.\d of 6 s: [\d,]+ orders, \d+ a second; .*; p99 [\d.]+ ms$", done.stderr, re.M), (
        done.stderr
    )
    assert "\x1b" not in done.stdout + done.stderr


def test_on_a_terminal_it_shows_the_market() -> None:
    with pseudo_terminal("demo", "--seconds", "60", width=WIDTH, height=24) as terminal:
        screen = terminal.shows("> BTC/RUB", "spread", "taker", "refused by", " orders, ", "p99", "% ")
        assert len(screen) == 24
        assert screen[-1].strip() == KEYS
        assert "general-2026, seed 1, at ws://127.0.0.1:" in screen[0]
        assert re.search(r"\[\d+ of 60 s\]$", screen[0])
        terminal.press("n")
        terminal.shows("> ETH/RUB")
        terminal.resize(120, 40)
        terminal.until(lambda lines: len(lines) == 40 and any(len(line) > 100 for line in lines))
        # Who has seen enough need not wait a minute for the proof.
        terminal.press("q")
        assert terminal.ended() in {0, 1}
    assert "journal   sound" in terminal.printed
    # In green.
    assert "\x1b[32mequal" in terminal.printed


def free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        port: int = found.getsockname()[1]
        return port


def test_others_may_join(tmp_path: Path) -> None:
    port, kept = free_port(), tmp_path / "kept"
    with subprocess.Popen(
        demo("--seconds", "8", "--port", str(port), "--keep", str(kept)),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None and process.stderr is not None
        line = process.stderr.readline()
        assert line == f"ws://127.0.0.1:{port}: bots join as newcomer, key {kept}/keys/newcomer.pem\n"

        async def trade() -> str:
            key = kept / "keys" / "newcomer.pem"
            async with connect(f"ws://127.0.0.1:{port}", "newcomer", key, reconnect=False) as client:
                order = await client.buy("BTC/RUB", quantity="0.001", price="8400000")
                return str((await order.filled()).filled_quantity)

        assert asyncio.run(trade()) == "0.0010"
        output, errors = process.communicate(timeout=60)
    assert process.returncode == 0, errors
    assert f"kept in {kept}" in output


def test_a_picture_needs_nothing_from_elsewhere(tmp_path: Path) -> None:
    file = tmp_path / "demo.svg"
    done = printed("--seconds", "2", "--picture", str(file))
    assert f"the picture is in {file}" in done.stderr
    text = file.read_text(encoding="utf-8")
    root = ElementTree.fromstring(text)
    words = " ".join("".join(root.itertext()).replace("\u00a0", " ").split())
    for what in ("general-2026, seed 1", "BTC/RUB", "spread", "refused by", "2 of 2 s", "p99"):
        assert what in words, what
    assert re.findall(r"https?://[^\"]*", text) == ["http://www.w3.org/2000/svg"]
    assert printed("--seconds", "1", "--picture", str(tmp_path / "no" / "where.svg")).returncode == 2


def test_a_picture_follows_from_what_is_seen() -> None:
    scene = Scene(
        where="here",
        kind="live",
        state="1 of 2 s",
        is_paused=False,
        seq=7,
        last_seq=None,
        time_ns=0,
        chosen="A/B",
        markets=[
            Line("A/B", "continuous", last="1", change_percent_24h="-0.50"),
            Line("C/D", "halted", change_percent_24h="+0.50"),
        ],
        book=Book("A/B", [Level("1", "2")], [Level("2", "3")]),
        tape=[],
        verdicts=[],
        since_ns=None,
        accepted=0,
        refused=0,
        figures="5 orders, 2 a second",
    )
    assert as_svg(scene) == as_svg(scene)
    assert "5&#160;orders,&#160;2&#160;a&#160;second" in as_svg(scene)


def test_figures_are_counted_over_the_last_seconds(monkeypatch: pytest.MonkeyPatch) -> None:
    now = 0.0
    monkeypatch.setattr("loadtest.demo.show.time.monotonic", lambda: now)
    rate = Rate()
    assert rate.of(0) == 0.0
    seen = []
    for second in range(1, 11):
        now = float(second)
        # Ten a second, then none.
        seen.append(rate.of(10 * min(second, 5)))
    assert seen == [10.0, 10.0, 10.0, 10.0, 10.0, 20 / 3, 10 / 3, 0.0, 0.0, 0.0]
    tally = Tally(entered=1_234, accepted=1_000, rejected=234)
    tally.replied(0, 5_000_000)
    assert figures(tally, 7.4) == "1,234 orders, 7 a second; 1,000 accepted, 234 refused; p99 5.0 ms"
