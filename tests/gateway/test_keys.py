"""Hexadecimal digits are read as such, and nothing else with them."""

from __future__ import annotations

import click
import pytest

from gateway.cli.verify import parse_tip
from gateway.keys import KeyFileError, exact_hex, new_private_key, parse_public_key, public_key_bytes, public_key_hex

NO_HEX = ["{}\n", "\n{}", " {}", "{} ", "{}\t", "0x{}", "{}g", "{}a", "\uff10{}", "{}\0", "-{}"]
"""What may stand around digits."""


@pytest.mark.parametrize("around", NO_HEX)
def test_what_is_around_digits_is_not_passed_over(around):
    key = public_key_hex(new_private_key())
    with pytest.raises(ValueError, match="hexadecimal"):
        exact_hex(around.format(key))
    with pytest.raises(KeyFileError):
        parse_public_key(around.format(key))
    with pytest.raises(click.UsageError):
        parse_tip(f"7:{around.format(key)}")


def test_spaces_between_digits_are_none():
    with pytest.raises(ValueError, match="spaces"):
        exact_hex("ab cd")


def test_digits_are_read():
    key = new_private_key()
    assert parse_public_key(public_key_hex(key)) == public_key_bytes(key)
    assert parse_public_key(public_key_hex(key).upper()) == public_key_bytes(key)
    assert parse_tip("7:" + "ab" * 32).seq == 7


@pytest.mark.parametrize("seq", ["", "-7", "+7", " 7", "7_0", "\u0667", "7.0", "0"])
def test_the_number_of_a_tip_is_digits(seq):
    with pytest.raises(click.UsageError):
        parse_tip(f"{seq}:" + "ab" * 32)
