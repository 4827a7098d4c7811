from __future__ import annotations

import pytest

from gateway.cli.small_table import show_small
from gateway.cli.terminal import Terminal
from gateway.words.chosen import speaking


def test_numbers_that_commands_are_asked_by_have_no_separators(capsys: pytest.CaptureFixture[str]) -> None:
    names = ("seq", "first_seq", "longest_first_seq", "as of seq", "alert", "case", "order", "count")
    show_small(Terminal(width=200), names, [[str(number) for number in range(1_001, 1_009)]])
    assert capsys.readouterr().out.split("\n")[3].split() == [
        *("1001", "1002", "1003", "1004", "1005", "1006", "1007", "1,008"),
    ]


def test_an_indented_sentence_is_read(capsys: pytest.CaptureFixture[str]) -> None:
    with speaking("ru"):
        Terminal(width=200).tell("    trade 43: 0.0006 BTC/RUB at 7999900, maker kira.south, taker lev.north")
    said = capsys.readouterr().out
    assert said.startswith("    сделка 43: ")
    assert "taker lev.north" not in said
