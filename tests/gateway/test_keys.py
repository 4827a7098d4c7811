"""Hexadecimal digits are read as such, and nothing else with them."""

from __future__ import annotations

import click
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from gateway.cli.recordings.verify import parse_tip
from gateway.keys import (
    KeyFileError,
    exact_hex,
    has_signed,
    new_private_key,
    parse_public_key,
    public_key_bytes,
    public_key_hex,
)

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


SMALL = "01" + "00" * 31
ANYBODYS = bytes.fromhex(SMALL) + bytes(32)
"""What everybody can write, and what signs everything for a key that is no one's."""


def test_a_key_for_which_everybody_can_sign_is_none():
    Ed25519PublicKey.from_public_bytes(bytes.fromhex(SMALL)).verify(ANYBODYS, b"whatever is asked")
    assert not has_signed(bytes.fromhex(SMALL), b"whatever is asked", ANYBODYS)
    for point in (SMALL, SMALL[:-2] + "80", "00" * 32, "ec" + "ff" * 30 + "7f", "ee" + "ff" * 31):
        with pytest.raises(KeyFileError, match="everybody can sign for it"):
            parse_public_key(point)
