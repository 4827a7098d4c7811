from __future__ import annotations

import pytest

from engine.record.segments import Torn
from gateway.cli.small_table import show_small
from gateway.cli.terminal import Terminal
from gateway.words.chosen import speaking, tr


def test_numbers_that_commands_are_asked_by_have_no_separators(capsys: pytest.CaptureFixture[str]) -> None:
    names = ("seq", "first_seq", "longest_first_seq", "as of seq", "alert", "case", "order", "count")
    show_small(Terminal(width=200), names, [[str(number) for number in range(1_001, 1_009)]])
    assert capsys.readouterr().out.split("\n")[3].split() == [
        *("1001", "1002", "1003", "1004", "1005", "1006", "1007", "1,008"),
    ]


def test_nor_have_names_that_are_numbers(capsys: pytest.CaptureFixture[str]) -> None:
    show_small(Terminal(width=200), ("participant", "key", "count"), [["1001", "2027", "1001"]])
    assert capsys.readouterr().out.split("\n")[3].split() == ["1001", "2027", "1,001"]


def test_an_indented_sentence_is_read(capsys: pytest.CaptureFixture[str]) -> None:
    with speaking("ru"):
        Terminal(width=200).tell("    trade 43: 0.0006 BTC/RUB at 7999900, maker kira.south, taker lev.north")
    said = capsys.readouterr().out
    assert said.startswith("    сделка 43: ")
    assert "taker lev.north" not in said


@pytest.mark.parametrize(
    ("is_seal", "last_seq", "russian"),
    [
        (True, 0, "подпись сегмента; команд не пропало"),
        (False, 12, "в нём были бы номера с 9 по 12"),
        (False, 0, "он начинался бы с номера 9"),
    ],
)
def test_a_torn_frame_is_told_in_russian(
    capsys: pytest.CaptureFixture[str], is_seal: bool, last_seq: int, russian: str
) -> None:
    torn = Torn(100, 120, "cut off: 20 of 172 bytes", first_seq=9, last_seq=last_seq, is_seal=is_seal)
    with speaking("ru"):
        Terminal(width=400).tell(f"torn: journal-00000001.sbxj: {torn}; this is what is durable before it")
    said = capsys.readouterr().out
    assert russian in said
    assert "bytes" not in said


@pytest.mark.parametrize(("kind", "russian"), [("alert", "сигнал"), ("case", "дело"), ("arrest", "арест")])
def test_a_venue_without_any_says_so_in_russian(kind: str, russian: str) -> None:
    with speaking("ru") as language:
        assert tr("the venue has none: {kind}", kind=language.story(kind)) == f"на площадке нет ни одного: {russian}"
