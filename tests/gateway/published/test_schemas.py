"""The schemas take what the venue takes and sends, and nothing else: sound requests, recorded sessions, and both with one thing wrong."""

from __future__ import annotations

import copy
import random
from collections import Counter
from typing import Any

import pytest

from engine.vocabulary.codes import CORE_VERSION
from gateway.protocol.messages import AnyReport, Error, ExecutionReport
from gateway.published.operations import channels, wire_name
from tests.support.gateway.feeds.handed_out import handed_out, rows_of
from tests.support.gateway.inprocess.fuzzing import ODD
from tests.support.gateway.protocol.bad_messages import MESSAGES as BAD
from tests.support.gateway.protocol.contract import (
    MESSAGES,
    REQUESTS,
    check_asked,
    check_received,
    closed_schemas,
    faults,
    is_decoded,
)
from tests.support.gateway.protocol.sound_requests import FULL
from tests.support.places import GOLDEN

SESSIONS = sorted(path.name for path in GOLDEN.glob(f"v{CORE_VERSION}*"))
WRONG: tuple[Any, ...] = (None, True, -1, 7, 2**70, "", "x" * 70, "1e5", [], ["x"], {}, {"a": 1})


# ── requests ───────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("request_", FULL, ids=lambda each: each["type"])
def test_a_sound_request_is_taken_whole_and_with_no_more_than_it_needs(request_):
    assert faults(request_, of_client=True) == []
    required = closed_schemas()[REQUESTS[request_["type"]].__name__]["required"]
    least = {key: value for key, value in request_.items() if key in required}
    assert faults(least, of_client=True) == []
    assert is_decoded(least)
    for field in required:
        without = {key: value for key, value in least.items() if key != field}
        assert faults(without, of_client=True), field
        assert not is_decoded(without), field
    assert faults({**least, "surprise": 1}, of_client=True)


@pytest.mark.parametrize("request_", FULL, ids=lambda each: each["type"])
def test_a_request_with_one_thing_wrong_fares_as_at_the_venue(request_):
    refused = 0
    for broken in _broken(request_, WRONG):
        check_asked(broken)
        refused += not is_decoded(broken)
    assert refused > len(request_)


def _broken(request: dict[str, Any], values: tuple[Any, ...]) -> list[dict[str, Any]]:
    """A request with each value, wherever it may stand."""
    found = []
    for place in _places(request):
        for value in values:
            broken = copy.deepcopy(request)
            holder: Any = broken
            for step in place[:-1]:
                holder = holder[step]
            holder[place[-1]] = value
            found.append(broken)
    return found


def _places(value: Any, above: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    pairs = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [place for key, each in pairs for place in ((*above, key), *_places(each, (*above, key)))]


def test_requests_drawn_by_chance_fare_as_at_the_venue():
    chance = random.Random(7)
    # A schema has one kind of number: it takes 1.0 for a 1.
    odd = tuple(value for value in ODD if not isinstance(value, float))
    counts: Counter[bool] = Counter()
    for _ in range(20_000):
        broken = copy.deepcopy(chance.choice(FULL))
        for _ in range(chance.randint(0, 2)):
            place = chance.choice(_places(broken))
            holder: Any = broken
            for step in place[:-1]:
                holder = holder[step]
            holder[place[-1]] = copy.deepcopy(chance.choice(odd))
            if chance.random() < 0.2:
                broken.pop(chance.choice(sorted(broken)))
        if isinstance(broken.get("type"), str):
            check_asked(broken)
            counts[is_decoded(broken)] += 1
    assert min(counts.values()) > 3_000


def test_what_the_page_of_bad_messages_has_is_refused_by_schemas_or_later():
    looked_at = 0
    for message, _, _ in BAD:
        is_one = isinstance(message, dict) and message.get("type") in REQUESTS
        if is_one and not any(isinstance(value, float) for value in message.values()):
            check_asked(message)
            looked_at += 1
    assert looked_at > 30


@pytest.mark.parametrize(("text", "is_one"), [
    ("1", True), ("0.5", True), ("12.50000000", True), ("1.123456789", False), (".5", False), ("5.", False), ("-1", False),
    ("1e5", False), ("1_0", False), ("\u0663", False), (" 1", False), ("", False),
])  # fmt: skip
def test_a_decimal_looks_like_one(text, is_one):
    order = next(each for each in FULL if each["type"] == "new_order")
    assert (faults({**order, "price": text}, of_client=True) == []) == is_one


# ── what the venue sends ───────────────────────────────────────────────────────────────────────────────────────────


def test_all_that_the_recorded_sessions_send_is_published():
    """Every report there is, and every channel."""
    seen: Counter[str] = Counter()
    mutated = random.Random(3)
    noticed = 0
    for name in SESSIONS:
        for message in handed_out(rows_of(GOLDEN / name)):
            check_received(message)
            seen[message["type"]] += 1
            if seen[message["type"]] <= 20:
                noticed += _is_noticed(message, mutated)
    expected = {wire_name(kind) for kind in AnyReport.__args__}
    expected |= {wire_name(kind) for channel in channels() for kind in channel.messages} - {"heartbeat"}
    assert expected <= set(seen), expected - set(seen)
    assert sum(seen.values()) > 15_000
    assert noticed == sum(min(count, 20) for count in seen.values())


def _is_noticed(message: dict[str, Any], chance: random.Random) -> bool:
    """Whether each of some changes of a message makes it unsound: a field more, one less that is needed, and another kind of value."""
    required = closed_schemas()[MESSAGES[message["type"]].__name__]["required"]
    gone = chance.choice(required)
    field = chance.choice(sorted(message))
    other = "word" if not isinstance(message[field], str) else 7
    changed = (
        {**message, "surprise": 1},
        {key: value for key, value in message.items() if key != gone},
        {**message, field: other},
        {**message, field: None},
    )
    return all(faults(each) for each in changed)


@pytest.mark.parametrize(
    ("field", "value"), [("exec_type", "gone"), ("side", "long"), ("price", "1,5"), ("reason", "phase")]
)
def test_a_word_or_a_decimal_of_no_venue_is_noticed(field, value):
    report = next(
        each
        for each in handed_out(rows_of(GOLDEN / SESSIONS[0]))
        if each["type"] == wire_name(ExecutionReport) and "price" in each
    )
    assert faults(report) == []
    assert faults({**report, field: value})


def test_a_code_of_no_catalogue_is_noticed():
    error = {"type": wire_name(Error), "code": "malformed", "detail": "x"}
    assert faults(error) == []
    assert faults({**error, "code": "strange"})
