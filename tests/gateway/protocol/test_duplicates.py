"""A request with a key twice is malformed, in whatever way it is written; and no other is for that reason."""

from __future__ import annotations

import copy
import json
import random
from typing import Any

import msgspec
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from gateway.protocol import messages as m
from gateway.protocol.duplicates import DuplicateKey
from gateway.protocol.wire import JSON, MSGPACK, UNDECODABLE
from tests.support.gateway.protocol.own_codecs import (
    Pairs,
    has_key_twice_json,
    has_key_twice_msgpack,
    json_in_some_way,
    maps_in,
    msgpack_in_some_way,
    pairs_of,
)
from tests.support.gateway.protocol.sound_requests import FULL, KINDS, optional

NAMES = ["c", "a:b", ":", '":', "имя", "a,b", "x" * 40]


def test_there_is_one_of_every_type() -> None:
    assert [request["type"] for request in FULL] == list(KINDS)
    for request in FULL:
        for codec, encode in ((JSON, msgspec.json.encode), (MSGPACK, msgspec.msgpack.encode)):
            found = codec.decode(encode(request))
            kind = KINDS[request["type"]]
            assert type(found) is kind
            # All of its fields.
            assert {"type", *kind.__struct_fields__} == request.keys()


def written(chance: random.Random, twice: int) -> Pairs:
    """A request that says more or less than it need, with so many keys twice."""
    request = json.loads(json.dumps(chance.choice(FULL)))
    terms = [each for each in request.values() if isinstance(each, dict) and "side" in each]
    for part, kind in [(request, KINDS[request["type"]]), *((each, m.OrderTerms) for each in terms)]:
        for name, default in optional(kind).items():
            if chance.random() < 0.4:
                part.pop(name)
            elif chance.random() < 0.2:
                part[name] = {} if name == "arguments" else default
        for name in ("client_order_id", "account", "quote_id"):
            if part.get(name) and chance.random() < 0.3:
                part[name] = chance.choice([name for name in NAMES if '"' not in name])
    found: Pairs = pairs_of(request)
    for each in maps_in(found):
        if chance.random() < 0.5:
            chance.shuffle(each)
    for _ in range(twice):
        into = chance.choice([each for each in maps_in(found) if each])
        key, value = chance.choice(into)
        other = chance.choice([each for name, each in into if type(each) is type(value)])
        into.insert(chance.randrange(len(into) + 1), (key, copy.deepcopy(chance.choice([value, value, other]))))
    return found


def check(decode: Any, payload: bytes, has_key_twice: bool) -> bool | None:
    """Whether a key was found twice; None: what else is in it is wrong, too."""
    try:
        decode(payload)
    except DuplicateKey:
        found = True
    except UNDECODABLE:
        return None
    else:
        found = False
    assert found == has_key_twice, payload
    return found


@given(st.randoms(use_true_random=False), st.sampled_from([0, 0, 1, 1, 2]))
def test_a_key_twice_is_found_as_a_slow_reader_finds_it(chance: random.Random, twice: int) -> None:
    request = written(chance, twice)
    payload = json_in_some_way(request, chance).encode()
    assert has_key_twice_json(payload) == (twice > 0)
    check(JSON.decode, payload, twice > 0)
    packed = msgpack_in_some_way(request, chance)
    assert has_key_twice_msgpack(packed) == (twice > 0)
    check(MSGPACK.decode, packed, twice > 0)


def test_most_of_these_requests_are_sound_otherwise() -> None:
    chance = random.Random(1)
    found = [
        check(codec.decode, payload, twice > 0)
        for twice in (0, 1)
        for _ in range(1_000)
        for request in [written(chance, twice)]
        for codec, payload in (
            (JSON, json_in_some_way(request, chance).encode()),
            (MSGPACK, msgpack_in_some_way(request, chance)),
        )
    ]
    assert found.count(True) > 1_500
    assert found.count(False) > 1_900


@pytest.mark.parametrize("request_", FULL, ids=[request["type"] for request in FULL])
def test_every_key_of_every_request(request_: dict[str, Any]) -> None:
    """Each key once more, in every map, at its end and its beginning, in both codecs, close and wide."""
    for place in range(len(maps_in(pairs_of(request_)))):
        for number in range(len(maps_in(pairs_of(request_))[place])):
            for at_end in (True, False):
                request = pairs_of(request_)
                into = maps_in(request)[place]
                into.insert(len(into) if at_end else 0, into[number])
                for escaping in range(3):
                    text = json_in_some_way(request, random.Random(escaping))
                    with pytest.raises(DuplicateKey, match=f"'{into[0 if not at_end else -1][0]}' stands twice"):
                        JSON.decode(text.encode())
                with pytest.raises(DuplicateKey):
                    MSGPACK.decode(msgpack_in_some_way(request, random.Random(number)))


@pytest.mark.parametrize(
    "text",
    [
        # A colon that is spelled out, so that the sum comes out even.
        '{"type":"balances","id":1,"id":1,"account":"a\\u003ab"}',
        '{"type":"balances","id":1,"\\u0069d":2,"account":"a"}',
        # A key that is spelled out longer, and a request of the same length without.
        '{"type":"cancel_order","id":1,"account":"a","order_id":null,"order_id":1}',
        '{"type":"admin","id":1,"command":"c","arguments":{"a":1,"a":2}}',
        '{"type":"admin","id":1,"command":"c","arguments":{"a":{"b":{"c":"","c":""}}}}',
        '{"type":"admin","id":1,"command":"c","arguments":{"":1,"":18446744073709551616}}',
        '{"type":"admin","id":1,"command":"c","arguments":{},"arguments":{"a":1}}',
        '{"type":"balances","type":"balances","id":1,"account":"a"}',
    ],
)
def test_the_sum_is_not_fooled(text: str) -> None:
    with pytest.raises(DuplicateKey):
        JSON.decode(text.encode())


@given(st.binary(max_size=60))
@example(b"\xde\x00\x01\xa4type\xa8balances")
@example(b"\x80")
def test_noise_is_only_ever_undecodable(noise: bytes) -> None:
    for codec in (JSON, MSGPACK):
        with pytest.raises(UNDECODABLE):
            codec.decode(noise)


def test_numbers_of_any_size_are_read() -> None:
    text = b'{"type":"admin","id":1,"command":"c","arguments":{"a":18446744073709551616}}'
    assert isinstance(JSON.decode(text), m.Admin)
