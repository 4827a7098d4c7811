"""`KEY=VALUE`, as people type it: what is read, and the one refusal of each wrong one."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.vocabulary.limits import NS_PER_SECOND
from gateway.control.key_values import (
    Given,
    Key,
    any_text,
    decimal,
    flag,
    length_ns,
    length_said,
    one_of,
    parse,
    ppm,
    whole,
    width_ppm,
)
from gateway.control.names import ControlError
from tests.support.places import ROOT

KEYS = {
    "fee_ppm": Key(ppm),
    "band_ppm": Key(width_ppm),
    "count": Key(whole),
    "amount": Key(decimal),
    "wait": Key(length_ns, "wait_ns"),
    "open": Key(flag),
    "side": Key(one_of(("buy", "sell"))),
    "note": Key(any_text),
}


def test_each_value_is_read_under_the_name_that_the_command_has_for_it() -> None:
    typed = [
        "fee_ppm=-50",
        "band_ppm=0",
        "count=7",
        "amount=1.50",
        "wait=1h30m",
        "open=true",
        "side=sell",
        "note=a=b, c",
    ]
    read = {"fee_ppm": -50, "band_ppm": 0, "count": 7, "amount": "1.50", "wait_ns": 5_400 * NS_PER_SECOND, "open": True}
    assert parse(typed, KEYS) == Given({**read, "side": "sell", "note": "a=b, c"}, ", ".join(typed))
    assert parse([], KEYS) == Given({}, "")


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        (["count"], f"'count' has no =: write KEY=VALUE, with KEY one of {', '.join(KEYS)}"),
        (["cuont=1"], f"no key is called 'cuont'; did you mean count? KEY is one of {', '.join(KEYS)}"),
        (["zzz=1"], f"no key is called 'zzz': KEY is one of {', '.join(KEYS)}"),
        (["=1"], f"no key is called '': KEY is one of {', '.join(KEYS)}"),
        (["count=1", "count=1"], "count is given twice: give it once"),
        (["wait=1s", "wait=2s"], "wait is given twice: give it once"),
        (["fee_ppm=1.5"], "fee_ppm is a whole number of millionths, not '1.5'"),
        (["band_ppm=-1"], "band_ppm is a whole number of millionths, 0 for none, not '-1'"),
        (["count=-1"], "count is a whole number, not '-1'"),
        (["amount=1,5"], "amount is a decimal number, not '1,5'"),
        (["amount=٣"], "amount is a decimal number, not '٣'"),
        (["wait=90"], "wait is a length of time, such as 500ms, 30s, 2m or 1h, or 0, not '90'"),
        (["wait=0.0000001ms"], "wait is a length of time, such as 500ms, 30s, 2m or 1h, or 0, not '0.0000001ms'"),
        (["open=yes"], "open is true or false, not 'yes'"),
        (["side=long"], "side is one of buy, sell, not 'long'"),
        (["side=buy"], "give count, amount too, each as KEY=VALUE"),
    ],
)
def test_what_is_wrong_is_refused_with_what_to_do(typed: list[str], said: str) -> None:
    needed = ("count", "amount", "side") if typed == ["side=buy"] else ()
    with pytest.raises(ControlError) as refused:
        parse(typed, KEYS, needed)
    assert str(refused.value) == said


def test_what_is_about_people_is_not_repeated() -> None:
    with pytest.raises(ControlError, match=r"^what was given has no =: write KEY=VALUE, ") as refused:
        parse(["4500123456"], {"passport": Key(any_text)}, hides=True)
    assert "4500123456" not in str(refused.value)


@given(st.integers(0, 10**6).map(lambda tenths: tenths * NS_PER_SECOND // 10))
def test_a_length_that_is_said_can_be_typed(length: int) -> None:
    assert length_ns("it", length_said(length)) == length


def test_nothing_else_of_sbx_control_takes_keys_and_values_apart() -> None:
    """`set` has RULE.KEY=VALUE, and a step of a day HH:MM=PHASE: a setting and a time, no key of a list."""
    found = {
        file.relative_to(ROOT).as_posix()
        for folder in ("gateway/control", "gateway/cli/controls")
        for file in Path(ROOT / folder).glob("*.py")
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8")))
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr in ("partition", "split")
        and [each.value for each in node.args if isinstance(each, ast.Constant)] == ["="]
    }
    assert found == {
        "gateway/control/key_values.py", "gateway/control/trading_rules.py", "gateway/cli/controls/control.py",
    }  # fmt: skip
