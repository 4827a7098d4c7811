from __future__ import annotations

import re

import pytest
from rich.table import Table

from gateway.cli.terminal import Terminal, styled

STYLE = re.compile(r"\x1b\[[0-9;]*m")
"""What rich itself sends for a style."""
HOSTILE = "a[/x][red]\x1b[2J\x9b\0\u202e:skull:\\"
SEEN = "a[/x][red]\\x1b[2J\\x9b\\x00\\u202e:skull:\\"


@pytest.fixture
def coloured(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.setenv("TERM", "xterm-256color")


@pytest.mark.usefixtures("coloured")
def test_text_is_shown_and_does_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    table = Table(HOSTILE, title=HOSTILE)
    table.add_row(HOSTILE)
    table.add_row(styled((HOSTILE, "bold red"), "\n"))
    console = Terminal(width=200)
    console.print(table)
    console.print(HOSTILE)
    console.tell((HOSTILE, "red"), HOSTILE + "\nforged", HOSTILE)
    output = capsys.readouterr().out
    assert "\x1b[31m" in output
    plain = STYLE.sub("", output)
    assert all(line.isprintable() for line in plain.split("\n"))
    assert plain.count(SEEN) == 8
    assert f"{SEEN}{SEEN}\\nforged{SEEN}" in plain.replace("\n", "")


def test_lines_of_our_own_stay(capsys: pytest.CaptureFixture[str]) -> None:
    Terminal().print("one\ntwo\u00a0three")
    assert capsys.readouterr().out == "one\ntwo\u00a0three\n"
