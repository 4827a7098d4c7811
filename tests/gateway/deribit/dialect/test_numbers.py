"""Numbers of JSON and decimals of the venue: exact, both ways."""

from __future__ import annotations

import json
from decimal import Decimal
from fractions import Fraction

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.vocabulary.decimals import decimal_e8
from engine.vocabulary.limits import MAX_E8
from gateway.deribit.dialect.numbers import NotANumber, difference, e8, exact, millionths, number, quotient
from gateway.protocol.wire import parse_e8


@given(st.integers(0, MAX_E8))
def test_a_decimal_of_the_venue_is_the_same_number_there_and_back(value: int):
    text = decimal_e8(value)
    written = msgspec.json.encode(number(text)).decode()
    assert Decimal(written) == Decimal(value).scaleb(-8)
    assert parse_e8(exact(written)) == value


@given(st.integers(0, 10**12), st.integers(-12, 12))
def test_whatever_form_a_number_has_it_is_exact_or_refused(digits: int, exponent: int):
    text = f"{digits}e{exponent}"
    wanted = Fraction(digits) * Fraction(10) ** exponent * 10**8
    if wanted.denominator == 1 and wanted <= MAX_E8:
        assert parse_e8(exact(text)) == wanted
    else:
        with pytest.raises(NotANumber):
            exact(text)


@given(st.floats(0, 10**9).map(lambda value: round(value, 4)))
def test_what_python_and_javascript_make_of_a_decimal_is_read_as_it(value: float):
    text = json.dumps(value)
    assert Decimal(exact(text)) == Decimal(text)


@pytest.mark.parametrize("text", [
    "", " 1", "1 ", "+1", "-1", "-0", ".5", "5.", "1_0", "0x10", "NaN", "Infinity", "1e", "1e999", "١", "²", "1,5", "1e-9", "9" * 20, "9" * 300,
])  # fmt: skip
def test_what_is_no_number_here(text: str):
    with pytest.raises(NotANumber):
        exact(text)


def test_the_arithmetic_of_documents():
    assert (e8("-0.5"), e8("12")) == (-50_000_000, 1_200_000_000)
    assert (difference("10.5", "0.25"), difference("0.25", "10.5")) == ("10.25", "-10.25")
    assert quotient("1", "3") == "0.333333333333333333"
    assert (msgspec.json.encode(millionths(300)), msgspec.json.encode(millionths(-25))) == (b"0.000300", b"-0.000025")
