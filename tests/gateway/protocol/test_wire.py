from __future__ import annotations

import json
from decimal import Decimal
from itertools import islice
from typing import get_args

import msgspec
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from engine.book.assets import Asset
from engine.vocabulary import codes
from engine.vocabulary.codes import BUY, CROSS_BORDER, CRYPTO, FIAT, GTC, IOC, LIMIT, MARKET, OWN_ACCOUNT, SELL, SPOT
from engine.vocabulary.limits import MAX_E8
from engine.vocabulary.messages import commands
from engine.vocabulary.messages.events import AssetAdded, InstrumentListed
from gateway.inbound.translate import Known, to_command
from gateway.protocol import messages as m
from gateway.protocol import requests
from gateway.protocol.formats import MAX_CACHED_STRINGS, MAX_STRINGS, Cached, Formats, decimals_of
from gateway.protocol.wire import JSON, MSGPACK, UNDECODABLE, Malformed, Rows, frame_header, parse_amount, parse_e8

KNOWN = Known({}, {"RUB": Asset("RUB", 0, FIAT, 2)})


@pytest.mark.parametrize(
    ("names", "wire"),
    [
        (codes.SIDES, requests.Side),
        (codes.ORDER_TYPES, requests.OrderType),
        (codes.TIMES_IN_FORCE, requests.TimeInForce),
        (codes.SELF_TRADE_MODES, requests.SelfTrade),
        (codes.PEGS, requests.Peg),
        (codes.PURPOSES, requests.Purpose),
    ],
)
def test_a_request_may_say_what_the_core_knows(names, wire):
    assert get_args(wire) == names


# ── arrays in pieces ───────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("codec", [JSON, MSGPACK], ids=["json", "msgpack"])
@pytest.mark.parametrize(
    "sizes", [(), (1,), (15,), (15, 1), (16,), (7, 8), (3, 65_532), (65_535,), (65_536, 1), (1, 65_536)]
)
def test_an_array_made_in_pieces_is_the_array(codec, sizes):
    levels = [(f"{number}.5", "1") for number in range(sum(sizes))]
    rows = Rows(codec)
    left = iter(levels)
    for size in sizes:
        rows.add(list(islice(left, size)))
    in_pieces, at_once = (
        m.BookSnapshot(instrument="A", seq=1, time=2, bids=bids, asks=[("1", "2")], checksum=3)
        for bids in (rows.whole(), levels)
    )
    assert codec.frame(in_pieces) == codec.frame(at_once)


# ── decimals ───────────────────────────────────────────────────────────────────────────────────────────────────────


@given(st.integers(0, MAX_E8), st.integers(0, 8))
def test_what_is_in_bounds_is_read_exactly(value, fewer):
    value -= value % 10**fewer
    whole, fraction = divmod(value, 10**8)
    text = f"{whole}.{fraction:08}"[: -fewer or None].rstrip(".") if fewer < 8 else str(whole)
    assert parse_e8(text) == value
    assert Decimal(parse_e8(text)) == Decimal(text) * 10**8


@given(st.text(alphabet="0123456789.-+eE_ ,xnaif٣²", max_size=24) | st.text(max_size=12))
@example("1e2")
@example("٣")
@example("1_0")
@example("1\n")
def test_nothing_else_is(text):
    """Whatever passes is digits with at most one dot between them, and means what `Decimal` makes of it."""
    try:
        value = parse_e8(text)
    except Malformed:
        return
    assert set(text) <= set("0123456789.")
    assert text.count(".") <= 1
    assert text[0] != "." != text[-1]
    assert value == Decimal(text) * 10**8
    assert value <= MAX_E8


@pytest.mark.parametrize(
    ("text", "scale", "most", "value"),
    [("12.34", 2, 10_000, 1234), ("12", 2, 10_000, 1200), ("100", 2, 10_000, 10_000), ("007", 0, 10, 7)],
)
def test_amounts_have_the_scale_of_their_asset(text, scale, most, value):
    assert parse_amount(text, scale, most) == value


@pytest.mark.parametrize(
    ("text", "scale", "problem"),
    [("12.345", 2, "more than 2 decimals"), ("100.01", 2, "larger than 100"), ("1.0", 0, "more than 0 decimals")],
)
def test_amounts_that_do_not_fit(text, scale, problem):
    with pytest.raises(Malformed, match=problem):
        parse_amount(text, scale, 10_000)


@given(st.sampled_from([1, 5, 10**6, 5 * 10**7, 10**8, 25 * 10**8, 123]), st.integers(0, 10**9))
def test_strings_have_the_decimals_of_their_step(step_e8, count):
    text = decimals_of(step_e8, Cached())[count]
    assert parse_e8(text) == step_e8 * count
    assert len(text.partition(".")[2]) == max(-Decimal(step_e8).scaleb(-8).normalize().as_tuple().exponent, 0)


def test_the_cache_of_strings_is_bounded():
    cached = Cached()
    strings = decimals_of(10**8, cached)
    for count in range(MAX_CACHED_STRINGS + 5):
        assert strings[count] == str(count)
    assert len(strings) == cached.strings == 5


def test_the_caches_of_a_venue_are_bounded_together():
    cached = Cached()
    caches = [decimals_of(10**8, cached) for _ in range(MAX_STRINGS // 10_000 + 1)]
    for count in range(9_900):
        for strings in caches:
            assert strings[count] == str(count)
        assert cached.strings <= MAX_STRINGS
    assert cached.strings == sum(map(len, caches)) > MAX_STRINGS - MAX_CACHED_STRINGS
    # Those asked for first began again first.
    assert [len(strings) < 9_900 for strings in caches] == [True] + [False] * (len(caches) - 1)


def test_formats_are_learned_from_events():
    formats = Formats()
    for event in (AssetAdded("BTC", CRYPTO, 8), AssetAdded("RUB", FIAT, 2)):
        formats.learn(event)
    formats.learn(InstrumentListed("BTC/RUB", SPOT, "BTC", "RUB", 5 * 10**7, 10**5, 5))
    format_ = formats.instruments["BTC/RUB"]
    assert (format_.price[3], format_.quantity[3], format_.money[-3]) == ("1.5", "0.003", "-0.03")
    assert formats.amount("BTC", 1) == "0.00000001"


# ── requests ───────────────────────────────────────────────────────────────────────────────────────────────────────

ORDER = {"id": 1, "account": "a", "client_order_id": "c", "instrument": "X/Y", "side": "buy", "quantity": "1.5"}


@pytest.mark.parametrize(
    ("request_", "command"),
    [
        (
            m.NewOrder(**ORDER, price="10"),
            commands.NewOrder("p", "a", "c", "X/Y", BUY, LIMIT, GTC, 10 * 10**8, 15 * 10**7),
        ),
        (
            m.NewOrder(**{**ORDER, "side": "sell"}, price="0.1", time_in_force="ioc"),
            commands.NewOrder("p", "a", "c", "X/Y", SELL, LIMIT, IOC, 10**7, 15 * 10**7),
        ),
        (
            m.NewOrder(**ORDER, price="10", post_only=True),
            commands.NewOrder("p", "a", "c", "X/Y", BUY, LIMIT, GTC, 10 * 10**8, 15 * 10**7, True),
        ),
        (
            m.NewOrder(**ORDER, order_type="market"),
            commands.NewOrder("p", "a", "c", "X/Y", BUY, MARKET, GTC, 0, 15 * 10**7),
        ),
        (m.AmendOrder(id=1, account="a", order_id=9, price="2"), commands.AmendOrder("p", "a", 9, "", 2 * 10**8, 0)),
        (
            m.AmendOrder(id=1, account="a", client_order_id="c", quantity="2"),
            commands.AmendOrder("p", "a", 0, "c", 0, 2 * 10**8),
        ),
        (m.CancelOrder(id=1, account="a", order_id=9), commands.CancelOrder("p", "a", 9, "")),
        (m.CancelOrder(id=1, account="a", client_order_id="c"), commands.CancelOrder("p", "a", 0, "c")),
        (m.MassCancel(id=1, account="a"), commands.MassCancel("p", "a", "", -1)),
        (m.MassCancel(id=1, account="a", instrument="X/Y", side="sell"), commands.MassCancel("p", "a", "X/Y", SELL)),
        (
            m.Transfer(
                id=1,
                account="a",
                client_order_id="t",
                to_account="b",
                asset="RUB",
                amount="12.5",
                purpose="own_account",
            ),
            commands.Transfer("p", "a", "t", "b", "RUB", 1250, OWN_ACCOUNT),
        ),
        (
            m.Transfer(
                id=1,
                account="a",
                client_order_id="t",
                to_account="b",
                asset="RUB",
                amount="0.01",
                purpose="cross_border",
                contract_reference="contract 7",
            ),
            commands.Transfer("p", "a", "t", "b", "RUB", 1, CROSS_BORDER, "contract 7"),
        ),
        (
            m.RequestDelivery(id=1, account="a", instrument="BTC-FUT", quantity="0.5"),
            commands.RequestDelivery("p", "a", "BTC-FUT", 50_000_000),
        ),
    ],
)
def test_requests_as_commands_in_both_codecs(request_, command):
    for codec, encode in ((JSON, msgspec.json.encode), (MSGPACK, msgspec.msgpack.encode)):
        assert to_command(codec.decode(encode(request_)), "p", KNOWN) == command


@given(st.binary(max_size=200))
@example(b"\x91" * 5_000)
@example(b"[" * 5_000)
def test_bytes_that_are_no_request_say_so(payload):
    for codec in (JSON, MSGPACK):
        with pytest.raises(UNDECODABLE):
            codec.decode(payload)
        codec.find_id(payload)


_VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**70), 2**70)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)
_TYPES = [str(struct.__struct_config__.tag) for struct in m.AnyRequest.__args__]


@given(st.sampled_from(_TYPES), st.integers(0, 2**53 - 1), st.dictionaries(st.text(max_size=12), _VALUES, max_size=4))
def test_the_id_of_a_wrong_request_is_found(kind, request_id, rest):
    payload = json.dumps({**rest, "type": kind, "unknown": 1, "id": request_id}).encode()
    with pytest.raises(UNDECODABLE):
        JSON.decode(payload)
    assert JSON.find_id(payload) == request_id


# ── frames ─────────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("size", "header"),
    [
        (0, b"\x81\x00"),
        (125, b"\x81\x7d"),
        (126, b"\x81\x7e\x00\x7e"),
        (65_535, b"\x81\x7e\xff\xff"),
        (65_536, b"\x81\x7f\x00\x00\x00\x00\x00\x01\x00\x00"),
    ],
)
def test_frame_headers(size, header):
    assert frame_header(1, size) == header


@pytest.mark.parametrize("length", [0, 100, 5_000, 70_000])
def test_a_message_as_a_frame(length):
    message = m.Error(code="x" * length, detail="")
    for codec, first in ((JSON, b"\x81"), (MSGPACK, b"\x82")):
        framed = codec.frame(message)
        payload = codec.encode(message)
        assert framed == first + frame_header(1, len(payload))[1:] + payload
